"""Terms of all detectors and epochs: recovered, honest, and silent about what the data do not say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from detgui.errors import BadInput
from detgui.science.offset_exposures import Side
from detgui.science.offset_solve import Measurements, larger, solve

TERMS = {"nrca1": 0.013, "nrca2": -0.043, "nrca3": 0.022, "nrca4": -0.050}
DETECTORS = tuple(f"nrc{module}{number}" for module in "ab" for number in (1, 2, 3, 4))
TIMES, GRADIENTS = (0.0, 0.006, -0.004), (0.0, 0.004, 0.0)


def design(rng, n, epochs=3, gradient=True, patches="pq", numbers=(1, 2, 3, 4), noise=0.008, outliers=0.03):
    """Sources that both modules see in turn, as the paper's epochs do."""
    rows = []
    for source in range(n):
        number, in_p = rng.choice(numbers), rng.choice(list(patches)) == "p"
        d, mag = (1 if in_p else -1) * rng.uniform(0.2, 2.2), rng.uniform(18, 22)
        err = 0.002 + 0.01 * 10 ** (0.2 * (mag - 22))
        for epoch in range(epochs):
            detector = f"nrc{'b' if in_p == (epoch % 2 == 0) else 'a'}{number}"
            value = mag + TERMS.get(detector, 0.0) + TIMES[epoch] + GRADIENTS[epoch] * d * gradient + rng.normal() * np.hypot(err, noise)
            value += rng.normal(0, 0.5) if rng.random() < outliers else 0.0
            rows.append((source, epoch, DETECTORS.index(detector), value, err, d))
    source, epoch, detector, value, err, d = (np.array(column) for column in zip(*rows, strict=True))
    return Measurements(source, epoch, detector, value, err, d, ("1", "2", "3")[:epochs], DETECTORS)


def test_is_least_squares_where_nothing_is_off():
    rng = np.random.default_rng(5)
    data = design(rng, 60, noise=0.0, outliers=0.0, epochs=2)
    quiet = Measurements(data.source, data.epoch, data.detector, data.mag, data.err * 30, data.d, data.epochs, data.detectors)
    found = solve(quiet, gradient=True, replicates=20)
    columns = np.zeros((data.mag.size, 8 + 2 + 60))
    rows = np.arange(data.mag.size)
    columns[rows, data.detector] = 1
    columns[rows, 8] = data.epoch
    columns[rows, 9] = data.epoch * data.d
    columns[rows, 10 + data.source] = 1
    free = [0, 1, 2, 3, 8, 9, *range(10, 70)]  # module B is held at 0
    expected = np.linalg.lstsq(columns[:, free] / quiet.err[:, None], data.mag / quiet.err, rcond=None)[0]
    assert found.values[[0, 1, 2, 3, 8, 9]] == pytest.approx(expected[:6], abs=1e-8)
    assert found.values[4:8] == pytest.approx(np.zeros(4), abs=1e-12)


def test_errors_are_honest():
    rng = np.random.default_rng(2)
    pulls = []
    for seed in range(100):
        found = solve(design(rng, 140), gradient=True, replicates=60, seed=seed)
        pairs = [(found.difference(f"nrca{n}", f"nrcb{n}"), TERMS[f"nrca{n}"]) for n in (1, 2, 3, 4)]
        pairs += [(found.term("2"), TIMES[1]), (found.term("3"), TIMES[2]), (found.term("k 2"), GRADIENTS[1]), (found.term("k 3"), 0.0)]
        pulls.append([(value - truth) / err for (value, err), truth in pairs])
    low, high = np.percentile(np.ravel(pulls), (16, 84))
    assert (high - low) / 2 == pytest.approx(1.0, abs=0.1)
    assert np.abs(np.mean(pulls, axis=0)).max() < 0.3  # 100 pulls know a mean to 0.1


def test_what_the_data_do_not_say_is_not_said():
    data = design(np.random.default_rng(1), 80, epochs=2, patches="p", gradient=False)
    found = solve(data, replicates=30)
    assert not found.determined[[0, 1, 2, 3, 8]].any()  # offset and time cannot be told apart in one patch
    assert np.isnan(found.values[[0, 8]]).all()
    held = solve(data, time=False, replicates=30)
    assert held.determined.all()
    assert held.term("nrca2")[0] == pytest.approx(TERMS["nrca2"] + TIMES[1], abs=0.01)


def test_detectors_without_common_sources_are_sets_of_their_own():
    found = solve(design(np.random.default_rng(7), 120, epochs=2, gradient=False, numbers=(1, 2)), replicates=30)
    one, two = found.component[0], found.component[1]
    assert one != two
    assert (found.component[4], found.component[5]) == (one, two)
    assert np.isnan(found.difference("nrca1", "nrca2")[0])
    assert np.isnan(found.term("nrca3")[0])  # never seen
    assert not found.determined[2]


def test_one_set_of_many_detectors_holds_the_mean_of_module_b():
    rng = np.random.default_rng(9)
    data = design(rng, 200, epochs=2, gradient=False)
    shuffled = Measurements(
        data.source, data.epoch, rng.integers(0, 8, data.mag.size), data.mag, data.err, data.d, data.epochs, data.detectors
    )
    found = solve(shuffled, replicates=20)
    assert np.unique(found.component).size == 1
    assert found.values[4:8].mean() == pytest.approx(0, abs=1e-10)


def test_without_each_epoch_the_detectors_stay_the_same():
    found = solve(design(np.random.default_rng(4), 300), gradient=True, leave_out=True, replicates=60)
    assert len(found.left_out) == 3
    for other in (found.left_out[0], found.left_out[2]):
        assert other is not None
        assert other.term("nrca2")[0] == pytest.approx(found.term("nrca2")[0], abs=4 * other.term("nrca2")[1])
    assert found.left_out[1] is None or np.isnan(found.left_out[1].difference("nrca1", "nrcb1")[0])  # epochs 1 and 3 see the same


def test_an_outlier_counts_less():
    data = design(np.random.default_rng(11), 100, outliers=0.0)
    data.mag[7] += 3.0
    found = solve(data, gradient=True, replicates=20)
    assert found.weights[7] < 0.1
    assert np.median(found.weights) == 1


def test_no_overlap():
    data = design(np.random.default_rng(1), 20, epochs=1)
    with pytest.raises(BadInput, match="no overlap"):
        solve(data)


def test_time_terms_between_epochs_of_the_same_detectors():
    data = design(np.random.default_rng(21), 150, gradient=False)
    same = data.epoch != 1
    arrays = [getattr(data, name)[same] for name in ("source", "epoch", "detector", "mag", "err", "d")]
    arrays[1] = arrays[1] // 2
    found = solve(Measurements(*arrays, ("1", "3"), DETECTORS), replicates=60)
    value, err = found.term("3")
    assert value == pytest.approx(TIMES[2], abs=4 * err)
    assert err < 0.002
    assert np.isnan(found.difference("nrca1", "nrcb1")[0])


def dithered(rng, n=120, dithers=6):
    """Two epochs of one array a module; every exposure of a detector has a zero level of its own."""
    source, epoch = np.repeat(np.arange(n), 2), np.tile([0, 1], n)
    in_p = source % 2 == 0
    detector = np.where(in_p == (epoch == 0), 1, 0)
    zero = rng.normal(0, 0.006, (2, 2, dithers))[epoch, detector]  # (2 n, dithers)
    level = rng.uniform(18, 22, n)[source] + np.where(detector == 0, TERMS["nrca1"], 0.0) + TIMES[1] * epoch
    single = level[:, None] + zero + rng.normal(0, 0.008, zero.shape)
    rows, turn = np.repeat(np.arange(2 * n), dithers), np.tile(np.arange(dithers), 2 * n)
    group = 2 * epoch + detector
    exposures = Side(rows, group[rows] * dithers + turn, single.ravel(), np.ones(rows.size), np.repeat(np.arange(4), dithers))
    err = np.full(2 * n, 0.008 / np.sqrt(dithers))
    return Measurements(source, epoch, detector, single.mean(axis=1), err, 0.0 * err, ("1", "2"), ("nrca1", "nrcb1"), exposures)


def test_exposures_that_err_together_widen_the_errors():
    rng, pulls, alone = np.random.default_rng(31), [], []
    for seed in range(120):
        data = dithered(rng)
        found, blind = (solve(each, replicates=100, seed=seed) for each in (data, replace(data, exposures=None)))
        assert found.exposures
        assert not blind.exposures
        for each, into in ((found, pulls), (blind, alone)):
            (value, err), (time, time_err) = each.difference("nrca1", "nrcb1"), each.term("2")
            into.append([(value - TERMS["nrca1"]) / err, (time - TIMES[1]) / time_err])
    assert np.std(pulls) == pytest.approx(1.05, abs=0.14)  # 240 pulls know it to 5 %; 20 degrees of freedom make it 1.05
    assert np.std(alone) > 2.0


def test_exposures_stay_with_their_measurements():
    data = dithered(np.random.default_rng(3))
    order = np.random.default_rng(4).permutation(data.mag.size)
    arrays = {name: getattr(data, name)[order] for name in ("source", "epoch", "detector", "mag", "err", "d")}
    exposures = replace(data.exposures, source=np.argsort(order)[data.exposures.source])
    one, two = solve(data, replicates=100), solve(replace(data, **arrays, exposures=exposures), replicates=100)
    assert two.errors == pytest.approx(one.errors, rel=1e-6)


def test_the_larger_covariance_is_larger_in_every_direction():
    rng = np.random.default_rng(6)
    one, two = (np.cov(rng.normal(size=(40, 4)) * rng.uniform(0.5, 2, 4), rowvar=False) for _ in range(2))
    found = larger(one, two)
    for each in (one, two):
        assert np.linalg.eigvalsh(found - each).min() > -1e-10
    assert larger(one, one / 9) == pytest.approx(one)
    assert larger(one, 4 * one) == pytest.approx(4 * one)


def test_a_source_in_one_exposure_does_not_move_when_exposures_are_drawn_again():
    """Of two exposures one has all but all of the weight; what the other alone sees is not lost in rounding."""
    side = Side(np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([25.0, 24.0, 24.1]), np.full(3, 1e4), np.zeros(2, np.int64))
    shifts = side.shifts(2, 100_000, np.random.default_rng(0))
    assert np.abs(shifts[:, 0]).max() < 1e-9
    assert np.abs(shifts[:, 1]).max() < 0.0501
    assert shifts[:, 1].std() == pytest.approx(0.05, rel=0.05)  # of the mean of two that differ by 0.1
