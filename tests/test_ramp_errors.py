"""Error bars tell the truth: pulls, chi-square and bias on simulated ramps."""

from __future__ import annotations

import numpy as np
import pytest
from ramp_fakes import simulate_groups

from detgui.science.covariance import GroupTimes, Noise
from detgui.science.ramp_fit import fit_ramp, fit_rates
from detgui.science.ramp_lines import UsedGroups, Whitener, optimal_line
from detgui.science.timing import GroupTiming

CASES = {
    "bright, single frames": (GroupTiming(20, 0.9, 0.9), 400.0, ()),
    "faint, averaged frames": (GroupTiming(12, 5 * 0.9, 0.9, 4, 1), 3.0, ()),
    "averaged frames, jumps": (GroupTiming(14, 10 * 0.9, 0.9, 8, 2), 30.0, (3, 11)),
    "single frames, jumps": (GroupTiming(24, 2 * 0.9, 0.9, 1, 1), 80.0, (1, 5, 17)),
}
NOISE = Noise(1.5, 8.0)
COUNT = 1500


def half_width(pulls):
    low, high = np.percentile(pulls, [15.865, 84.135])
    return (high - low) / 2


@pytest.fixture(scope="module", params=[(name, method) for name in CASES for method in ("ols", "gls")], ids=lambda p: f"{p[0]}-{p[1]}")
def fits(request):
    name, method = request.param
    timing, rate, jumps = CASES[name]
    rng = np.random.default_rng(sum(map(ord, name)))
    signals = 1000.0 + simulate_groups(rng, timing, rate, NOISE.gain, NOISE.read_noise, COUNT)
    flags = np.zeros(timing.ngroups, dtype=np.uint32)
    for jump in jumps:
        flags[jump] = 4
        signals[:, jump:] += rng.exponential(500.0, size=(COUNT, 1))
    times, last = GroupTimes.of(timing), timing.ngroups // 2
    return rate, [fit_ramp(signal, flags, times, (1, last), NOISE, method) for signal in signals]


def test_pulls_have_width_one(fits):
    rate, fitted = fits
    slope = np.array([(f.line.rate - rate) / f.rate_err for f in fitted])
    intercept = np.array([(f.line.intercept - 1000.0) / f.intercept_err for f in fitted])
    late = np.array([f.late_rate / f.late_rate_err for f in fitted])
    for pulls in (slope, intercept, late):
        assert half_width(pulls) == pytest.approx(1.0, abs=0.1)
        assert abs(np.median(pulls)) < 0.1


def test_chi_square_probability_is_uniform(fits):
    from scipy.stats import kstest

    _, fitted = fits
    assert kstest([f.probability for f in fitted], "uniform").pvalue > 1e-3


@pytest.mark.parametrize("rate", [0.0, 1.0, 5.0, 30.0, 300.0])
def test_weights_from_the_same_data_hardly_bias_the_slope(rate):
    """Weights that depend on the data pull the slope (Brandt 2024, PASP 136, 045004); compare with weights of the true rate."""
    timing = GroupTiming(10, 0.9, 0.9)
    times = GroupTimes.of(timing)
    signals = simulate_groups(np.random.default_rng(int(rate) + 1), timing, rate, NOISE.gain, NOISE.read_noise, 20_000)
    used, segments = np.ones(signals.shape, dtype=bool), np.zeros(signals.shape, dtype=np.int64)
    rates, _, _ = fit_rates(signals, used, segments, times, NOISE, "gls")
    flat = UsedGroups.of(used, segments, times)
    true = optimal_line(Whitener.of(flat, np.full(len(signals), rate), NOISE), signals.ravel()).slope
    error = true.std()
    assert abs(rates.mean() - rate) < 0.1 * error
    assert abs((rates - true).mean()) < 0.02 * error
    assert rates.std() < 1.01 * error


def test_the_optimal_line_is_at_least_as_good_as_the_plain_one():
    timing, rate, _ = CASES["bright, single frames"]
    signals = simulate_groups(np.random.default_rng(6), timing, rate, NOISE.gain, NOISE.read_noise, 4000)
    used, segments = np.ones(signals.shape, dtype=bool), np.zeros(signals.shape, dtype=np.int64)
    plain, plain_error, _ = fit_rates(signals, used, segments, GroupTimes.of(timing), NOISE, "ols")
    best, best_error, _ = fit_rates(signals, used, segments, GroupTimes.of(timing), NOISE, "gls")
    assert best.std() < 0.97 * plain.std()
    assert plain.std() == pytest.approx(np.median(plain_error), rel=0.05)
    assert best.std() == pytest.approx(np.median(best_error), rel=0.05)
