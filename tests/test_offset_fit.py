"""The linear model of two modules against numpy, scipy, and simulated sources."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import least_squares

from detgui.errors import BadInput
from detgui.science import offset_fit
from detgui.science.offset_exposures import Side

TRUTH = {"offset": 0.03, "time": 0.01, "slope": 0.004}


def sources(rng, n, slope=False, time=False, outliers=0.05):
    """delta, err, d, in_p of n sources a patch; 0.01 mag beyond their errors and some that vary."""
    in_p = np.arange(2 * n) < n
    d = np.where(in_p, 1.0, -1.0) * rng.uniform(0.2, 2.2, 2 * n)
    err = rng.uniform(0.003, 0.02, 2 * n)
    truth = np.array([TRUTH["offset"], TRUTH["time"] * time, TRUTH["slope"] * slope])
    delta = np.where(in_p, 1, -1) * truth[0] + truth[1] + truth[2] * d + np.hypot(err, 0.01) * rng.standard_normal(2 * n)
    wild = rng.random(2 * n) < outliers
    delta[wild] += rng.normal(0, 0.5, wild.sum())
    return delta, err, d, in_p


def test_medians_by_hand():
    delta = np.array([0.01, 0.02, 0.03, 0.04, 0.05, -0.04, -0.03, -0.02, -0.01, 0.0])
    found = offset_fit.medians(delta, np.arange(10) < 5)
    assert (found.p, found.q) == pytest.approx((0.03, -0.02))
    assert found.p_mad == pytest.approx(0.01)
    assert found.offset == pytest.approx(0.025)
    assert found.time == pytest.approx(0.005)


def test_positive_means_that_module_a_is_fainter():
    in_p = np.arange(12) < 6
    mag_a, mag_b = 20.05, 20.0
    delta = np.where(in_p, mag_a - mag_b, mag_b - mag_a)  # later minus earlier: p has A later
    found = offset_fit.fit(delta, np.full(12, 0.01), np.where(in_p, 1.0, -1.0), in_p)
    assert found.offset == pytest.approx(0.05)
    assert (found.time, found.time_err, found.slope, found.slope_err) == (0, 0, 0, 0)


@pytest.mark.parametrize(("slope", "time"), [(False, False), (True, False), (True, True)])
def test_minimises_hubers_loss(slope, time):
    delta, err, d, in_p = sources(np.random.default_rng(3), 40, slope, time)
    found = offset_fit.fit(delta, err, d, in_p, slope=slope, time=time, replicates=20)
    x = offset_fit.design(d, in_p)[:, [True, time, slope]]
    sigma = np.hypot(err, found.scatter)
    other = least_squares(lambda v: (delta - x @ v) / sigma, np.zeros(x.shape[1]), loss="huber", f_scale=offset_fit.HUBER, xtol=1e-14)
    assert np.array([found.offset, found.time, found.slope])[[True, time, slope]] == pytest.approx(other.x, abs=2e-6)


def test_is_weighted_least_squares_where_nothing_is_off():
    rng = np.random.default_rng(4)
    in_p = np.arange(60) < 30
    d, err = rng.uniform(-2, 2, 60), rng.uniform(0.01, 0.03, 60)
    truth = np.array([0.02, 0.0, 0.003])
    delta = offset_fit.design(d, in_p) @ truth + 0.3 * err * rng.uniform(-1, 1, 60)  # no pull reaches Huber's limit
    found = offset_fit.fit(delta, err, d, in_p, slope=True, replicates=20)
    x = offset_fit.design(d, in_p)[:, [0, 2]]
    expected = np.linalg.lstsq(x / err[:, None], delta / err, rcond=None)[0]
    assert (found.offset, found.slope) == pytest.approx(tuple(expected), abs=1e-8)
    assert found.scatter == 0
    assert (found.weights == 1).all()


@pytest.mark.parametrize("n", [12, 30])
def test_errors_are_honest(n):
    rng = np.random.default_rng(n)
    pulls = []
    for seed in range(400):
        found = offset_fit.fit(*sources(rng, n, True, True), slope=True, time=True, replicates=200, seed=seed)
        pulls.append([(getattr(found, name) - TRUTH[name]) / getattr(found, name + "_err") for name in TRUTH])
    low, high = np.percentile(pulls, (16, 84), axis=0)
    assert (high - low) / 2 == pytest.approx(np.ones(3), abs=0.12)  # 400 pulls know a width to 5 %
    assert np.abs(np.mean(pulls, axis=0)).max() < 0.2


def sides(delta, exposure, group):
    """The earlier epoch free of error, the later one with an exposure for each source."""
    n = delta.size
    first = Side(np.arange(n), np.zeros(n, np.int64), np.zeros(n), np.ones(n), np.zeros(1, np.int64))
    return first, Side(np.arange(n), exposure, delta, np.ones(n), group)


def test_exposures_that_err_together_widen_the_error():
    rng = np.random.default_rng(6)
    pulls, alone = [], []
    for seed in range(150):
        in_p = np.arange(240) < 120
        exposure = np.tile(np.arange(12), 20) + 12 * ~in_p
        delta = np.where(in_p, 0.02, -0.02) + rng.normal(0, 0.01, 24)[exposure] + rng.normal(0, 0.005, 240)
        args = (delta, np.full(240, 0.005), np.where(in_p, 1.0, -1.0), in_p)
        found = offset_fit.fit(*args, exposures=sides(delta, exposure, np.arange(24) // 12), replicates=200, seed=seed)
        pulls.append((found.offset - 0.02) / found.offset_err)
        alone.append((found.offset - 0.02) / offset_fit.fit(*args, replicates=200, seed=seed).offset_err)
    assert np.std(pulls) == pytest.approx(1.0, abs=0.18)  # 150 pulls know it to 6 %; 24 exposures know their spread to 15 %
    assert np.std(alone) > 1.8


def test_sources_that_every_exposure_saw():
    """Six dithers of each epoch and detector, each with a zero level of its own; an offset is the difference of two means."""
    rng = np.random.default_rng(16)
    pulls, alone = [], []
    for seed in range(150):
        in_p = np.arange(60) < 30
        both = []
        for later in (0, 1):
            source, dither = np.repeat(np.arange(60), 6), np.tile(np.arange(6), 60)
            exposure = dither + 6 * ~in_p[source]
            mag = rng.normal(0, 0.01, 12)[exposure] + rng.normal(0, 0.004, 360) + later * np.where(in_p[source], 0.02, -0.02)
            both.append(Side(source, exposure, mag, np.ones(360), np.arange(12) // 6))
        assert all(side.enough for side in both)
        means = [np.bincount(side.source, side.mag) / 6 for side in both]
        args = (means[1] - means[0], np.full(60, 0.004 * np.sqrt(2 / 6)), np.where(in_p, 1.0, -1.0), in_p)
        found = offset_fit.fit(*args, exposures=tuple(both), replicates=200, seed=seed)
        pulls.append((found.offset - 0.02) / found.offset_err)
        alone.append((found.offset - 0.02) / offset_fit.fit(*args, replicates=200, seed=seed).offset_err)
    assert np.std(pulls) == pytest.approx(1.0, abs=0.2)
    assert np.std(alone) > 2.5


def test_outliers_count_less():
    delta, err, d, in_p = sources(np.random.default_rng(8), 50, outliers=0.0)
    delta[[3, 70]] += 2.0
    found = offset_fit.fit(delta, err, d, in_p, replicates=50)
    assert found.weights[[3, 70]].max() < 0.05
    assert found.offset == pytest.approx(TRUTH["offset"], abs=5 * found.offset_err)


def test_too_few_sources():
    in_p = np.arange(12) < 4
    with pytest.raises(BadInput, match="patch p has 4 sources"):
        offset_fit.fit(np.zeros(12), np.ones(12), np.zeros(12), in_p)
    with pytest.raises(BadInput, match="patch q has 4 sources"):
        offset_fit.medians(np.zeros(12), ~in_p)


def test_one_exposure_is_none_to_draw_from():
    one = Side(np.arange(4), np.array([0, 0, 1, 2]), np.zeros(4), np.ones(4), np.array([0, 1, 1]))
    assert not one.enough
