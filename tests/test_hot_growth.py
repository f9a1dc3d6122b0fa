"""Growth of hot pixels by generalised least squares: against textbook cases, and its errors by pulls on simulated histories."""

from __future__ import annotations

import numpy as np
import pytest
from hot_fakes import histories

from detgui.errors import BadInput
from detgui.science import hot_growth as growth

MONTHS = np.array([0.0, 3.1, 5.0, 9.0, 12.5, 15.0, 18.0, 24.0, 26.0, 31.0])
SPREAD = 0.12
"""Error of the width of 300 pulls, with three standard deviations."""


def fit_of(members, months, after=None):
    segment = np.zeros(months.size, int) if after is None else after.astype(int)
    noise = growth.noise_from_changes(months, growth.squared_changes(members), segment)
    return growth.fit_growth(months, members.sum(axis=0), noise, after)


def test_white_noise_alone_is_an_ordinary_line():
    counts = np.array([10.0, 14.0, 19.0, 17.0, 30.0])
    months = np.array([0.0, 1.0, 2.0, 5.0, 9.0])
    fit = growth.fit_growth(months, counts, growth.Noise(0.0, 4.0))
    slope, level = np.polyfit(months, counts, 1)
    covariance = 4.0 * np.linalg.inv(np.stack([months, np.ones(5)]) @ np.stack([months, np.ones(5)]).T)
    assert fit.rate == pytest.approx(slope)
    assert fit.level == pytest.approx(level)
    assert fit.rate_err == pytest.approx(np.sqrt(covariance[0, 0]))


def test_a_random_walk_alone_is_the_line_through_the_ends():
    """The best estimate of a drift from a Wiener process is (last - first) / time, its variance q / time."""
    months = np.array([2.0, 3.0, 7.0, 12.0])
    counts = np.array([5.0, 60.0, 20.0, 105.0])
    fit = growth.fit_growth(months, counts, growth.Noise(30.0, 0.0))
    assert fit.rate == pytest.approx(10.0, rel=1e-4)
    assert fit.rate_err == pytest.approx(np.sqrt(30.0 / 10.0), rel=1e-4)


def test_the_origin_of_time_does_not_matter():
    """A constant added to the covariance goes into the level."""
    rng = np.random.default_rng(5)
    counts = rng.normal(500, 30, MONTHS.size)
    noise = growth.Noise(40.0, 90.0)
    after = MONTHS > 12
    fit = growth.fit_growth(MONTHS, counts, noise, after)
    x = growth.design(MONTHS, after)
    t = MONTHS + 77.0
    covariance = noise.walk * np.minimum.outer(t, t) + noise.flicker * np.eye(t.size)
    normal = np.linalg.inv(x.T @ np.linalg.inv(covariance) @ x)
    parameters = normal @ x.T @ np.linalg.inv(covariance) @ counts
    assert fit.rate == pytest.approx(parameters[1])
    assert fit.step == pytest.approx(parameters[2])
    assert fit.rate_err == pytest.approx(np.sqrt(normal[1, 1]))
    assert fit.step_err == pytest.approx(np.sqrt(normal[2, 2]))


@pytest.mark.parametrize("lifted", [0.0, 0.4])
def test_pulls_of_the_rate_have_width_one(lifted):
    """Births 40 and deaths 10 a month, 60 pixels that flicker; with ``lifted`` a part of them comes with four neighbours."""
    rng = np.random.default_rng(11)
    truth = (40.0 - 10.0) * (1 + 4 * lifted)
    pulls, errors = [], []
    for _ in range(300):
        fit = fit_of(histories(rng, MONTHS, lifted=lifted), MONTHS)
        pulls.append((fit.rate - truth) / fit.rate_err)
        errors.append(fit.rate_err)
    assert np.std(pulls) == pytest.approx(1.0, abs=SPREAD)
    assert abs(np.mean(pulls)) < 0.18
    assert np.mean(errors) < 0.2 * truth


def test_ordinary_errors_would_be_too_small():
    """The same histories with independent errors of the scatter about the line: pulls are twice as wide."""
    rng = np.random.default_rng(12)
    pulls = []
    for _ in range(200):
        counts = histories(rng, MONTHS, flicker=4).sum(axis=0)
        (slope, _), covariance = np.polyfit(MONTHS, counts, 1, cov="unscaled")
        left = counts - np.polyval(np.polyfit(MONTHS, counts, 1), MONTHS)
        pulls.append((slope - 30.0) / np.sqrt(covariance[0, 0] * (left @ left) / (MONTHS.size - 2)))
    assert np.std(pulls) > 1.5


def test_pulls_of_rate_and_step_at_a_break():
    rng = np.random.default_rng(13)
    after = MONTHS > 10
    rates, steps = [], []
    for _ in range(300):
        members = histories(rng, MONTHS)
        members = np.vstack([members, np.repeat([[0.0] * 4 + [1.0] * 6], 150, axis=0)])  # pixels that the new definition adds
        fit = fit_of(members, MONTHS, after)
        rates.append((fit.rate - 30.0) / fit.rate_err)
        steps.append((fit.step - 150.0) / fit.step_err)
    assert np.std(rates) == pytest.approx(1.0, abs=SPREAD)
    assert np.std(steps) == pytest.approx(1.0, abs=SPREAD)
    assert abs(np.mean(steps)) < 0.18


def test_pulls_of_two_steps():
    """Two changes of definition, each with a step of its own beside one slope."""
    rng = np.random.default_rng(23)
    part = np.digitize(MONTHS, [8.0, 20.0])
    pulls = []
    for _ in range(250):
        added = np.vstack([np.repeat([(part == 1) * 1.0], 300, axis=0), np.repeat([(part == 2) * 1.0], 80, axis=0)])
        fit = fit_of(np.vstack([histories(rng, MONTHS), added]), MONTHS, part)
        pulls.append([(fit.rate - 30) / fit.rate_err, *((fit.steps - [300.0, -220.0]) / fit.steps_err)])
    assert np.std(pulls, axis=0) == pytest.approx(1.0, abs=SPREAD)
    assert np.abs(np.mean(pulls, axis=0)).max() < 0.2


def test_two_steps_are_those_of_ordinary_least_squares_where_noise_is_white():
    rng = np.random.default_rng(24)
    part = np.digitize(MONTHS, [8.0, 20.0])
    counts = rng.normal(200, 10, MONTHS.size) + 5 * MONTHS - 70 * (part >= 1) + 33 * (part == 2)
    fit = growth.fit_growth(MONTHS, counts, growth.Noise(0.0, 100.0), part)
    x = np.stack([np.ones(MONTHS.size), MONTHS, part >= 1, part == 2], axis=1).astype(float)
    best, *_ = np.linalg.lstsq(x, counts, rcond=None)
    assert [fit.level, fit.rate, *fit.steps] == pytest.approx(best.tolist())
    assert fit.steps_err == pytest.approx(10 * np.sqrt(np.diag(np.linalg.inv(x.T @ x)))[2:])
    assert fit.dof == MONTHS.size - 4


def test_files_that_are_off_as_a_whole_move_counts_and_centres_together():
    """All pixels are centres: neighbours explain nothing of the step, and that is known exactly whatever the files do."""
    rng = np.random.default_rng(25)
    after = MONTHS > 10
    members = histories(rng, MONTHS, flicker=0)
    counts = members.sum(axis=0) + rng.normal(0, 60, MONTHS.size)
    single = growth.noise_from_changes(MONTHS, growth.squared_changes(members), after.astype(int))
    used = growth.with_common_flicker(MONTHS, counts, single, after)
    assert used.flicker > 1000
    fit = growth.fit_growth(MONTHS, counts, used, after)
    (share,) = growth.step_shares(MONTHS, fit, fit, growth.shared_noise(single, (single, single), (used, used)))
    assert share.explained == 0
    assert share.explained_err == pytest.approx(0.0, abs=1e-3 * fit.step_err)


def test_births_deaths_and_flicker_are_found():
    rng = np.random.default_rng(14)
    found = []
    for _ in range(60):
        members = histories(rng, MONTHS)
        noise = growth.noise_from_changes(MONTHS, growth.squared_changes(members), np.zeros(MONTHS.size, int))
        found.append((noise.walk, noise.flicker))
    walk, flicker = np.mean(found, axis=0)
    assert walk == pytest.approx(40.0 + 10.0, rel=0.06)
    assert flicker == pytest.approx(60 / 4, rel=0.15)


def test_pixels_that_appear_five_at_a_time_scatter_more():
    """One cross a time of five pixels: the variance is 25, not 5, for each birth."""
    rng = np.random.default_rng(15)
    one = [
        growth.noise_from_changes(MONTHS, growth.squared_changes(histories(rng, MONTHS, 40, 0, 0, 100, 1.0)), np.zeros(10, int))
        for _ in range(30)
    ]
    assert np.mean([each.walk for each in one]) == pytest.approx(40 * 25, rel=0.1)


def test_noise_of_residuals_agrees_with_histories_on_long_series():
    rng = np.random.default_rng(16)
    months = np.arange(0.0, 120.0, 2.0)
    found = [growth.noise_from_residuals(months, histories(rng, months, flicker=400).sum(axis=0)) for _ in range(12)]
    assert np.median([each.walk for each in found]) == pytest.approx(50.0, rel=0.35)
    assert np.median([each.flicker for each in found]) == pytest.approx(100.0, rel=0.35)
    assert {each.source for each in found} == {"residuals"}


def test_a_zero_level_that_moves_raises_the_error():
    """Files that are off as a whole: pixels do not flicker by themselves, and histories alone would give too small an error."""
    rng = np.random.default_rng(17)
    pulls = []
    for _ in range(200):
        members = histories(rng, MONTHS, flicker=0)
        counts = members.sum(axis=0) + rng.normal(0, 60, MONTHS.size)
        noise = growth.noise_from_changes(MONTHS, growth.squared_changes(members), np.zeros(10, int))
        raised = growth.with_common_flicker(MONTHS, counts, noise)
        assert "residuals" in raised.source
        fit = growth.fit_growth(MONTHS, counts, raised)
        pulls.append((fit.rate - 30) / fit.rate_err)
    assert np.std(pulls) == pytest.approx(1.0, abs=0.35)


def test_three_dates_that_are_no_line_raise_the_error():
    """One degree of freedom is enough to see that counts do not follow the line: 0, 100, 0 pixels with next to no noise."""
    months, counts = np.array([0.0, 10.0, 20.0]), np.array([0.0, 100.0, 0.0])
    raised = growth.with_common_flicker(months, counts, growth.Noise(0.1, 0.1))
    fit = growth.fit_growth(months, counts, raised)
    assert fit.chi2 == pytest.approx(1.0, abs=1e-6)
    assert fit.rate_err > 3  # a straight line through the first two would be 10 a month


def test_noise_that_fits_stays():
    rng = np.random.default_rng(18)
    members = histories(rng, MONTHS)
    noise = growth.noise_from_changes(MONTHS, growth.squared_changes(members), np.zeros(10, int))
    assert growth.with_common_flicker(MONTHS, members.sum(axis=0), noise) == noise


def test_share_of_a_step_has_an_error_that_fits():
    """Neighbours of 150 pixels and 50 centres come with a new definition: 75 % of the step are neighbours."""
    rng = np.random.default_rng(19)
    after = MONTHS > 10
    segment = after.astype(int)
    shares, explained = [], []
    for _ in range(250):
        pixels = histories(rng, MONTHS)
        centres = np.vstack([pixels, np.repeat([[0.0] * 4 + [1.0] * 6], 50, axis=0)])
        extra = np.repeat([[0.0] * 4 + [1.0] * 6], 150, axis=0)
        whole, alone = np.vstack([centres, extra]), np.vstack([centres, 0 * extra])
        noise = [growth.noise_from_changes(MONTHS, growth.squared_changes(*each), segment) for each in ((whole,), (alone,), (whole, alone))]
        fits = [growth.fit_growth(MONTHS, each.sum(axis=0), one, after) for each, one in zip((whole, alone), noise[:2], strict=True)]
        share = growth.step_shares(MONTHS, *fits, noise[2])[0]
        shares.append((share.rest - 50.0) / share.rest_err)
        explained.append(share.explained)
    assert np.std(shares) == pytest.approx(1.0, abs=0.15)
    assert np.mean(explained) == pytest.approx(150.0, abs=1e-6)


@pytest.mark.parametrize(
    ("months", "after"),
    [([3.0], None), ([3.0, 3.0], None), ([0.0, 5.0], [False, True]), ([0.0, 0.0, 5.0], [False, False, True])],
)
def test_too_few_dates_are_refused(months, after):
    months = np.array(months)
    with pytest.raises(BadInput, match="dates"):
        growth.fit_growth(months, np.zeros(months.size), growth.Noise(1.0, 1.0), None if after is None else np.array(after))


def test_months_have_30_4375_days():
    np.testing.assert_allclose(growth.months_between([100.0, 100.0 + 365.25]), [0.0, 12.0])


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        ([0, 1], "a step beside a trend: darks of at least 3 dates are needed, two of them without a break between them"),
        ([0, 1, 2], "2 steps beside a trend: darks of at least 4 dates are needed, two of them without a break between them"),
    ],
)
def test_what_steps_beside_a_trend_need_is_said(part, sentence):
    growth.check_epochs(np.arange(len(part) + 1.0), np.array([0, *part]))
    with pytest.raises(BadInput, match=f"^{sentence}$"):
        growth.check_epochs(np.arange(float(len(part))), np.array(part))
