"""Lines through ramps against numpy.polyfit, dense linear algebra and stcal."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ramp_fakes import simulate_groups

from detgui.science.covariance import GroupTimes, Noise, group_covariance
from detgui.science.ramp_fit import chi_square_probability, fit_ramp, fit_rates, levels
from detgui.science.timing import GroupTiming

SINGLE = GroupTiming(20, 0.9, 0.9)
AVERAGED = GroupTiming(12, 5 * 0.9, 0.9, 4, 1)
NOISE = Noise(1.5, 8.0)


def ramp(timing, seed=1, rate=60.0):
    rng = np.random.default_rng(seed)
    signal = 700.0 + simulate_groups(rng, timing, rate, NOISE.gain, NOISE.read_noise, 1)[0]
    return signal, np.zeros(timing.ngroups, dtype=np.uint32)


def dense_line(signal, used, segments, covariance, weight):
    """Slope (DN/s), offsets and their errors by the normal equations; ``weight`` is the inverse weight matrix."""
    rows = np.flatnonzero(used)
    names = np.unique(segments[rows])
    return rows, names, np.linalg.inv(weight[np.ix_(rows, rows)]), covariance[np.ix_(rows, rows)]


def by_matrices(signal, used, segments, times, rate, method):
    covariance = group_covariance(rate, NOISE, times)
    rows, names, inverse, own = dense_line(signal, used, segments, covariance, covariance if method == "gls" else np.eye(signal.size))
    design = np.column_stack([times.mean[rows], *((segments[rows] == name).astype(float) for name in names)])
    weights = np.linalg.solve(design.T @ inverse @ design, design.T @ inverse)
    best = np.linalg.inv(own)
    optimal = np.linalg.solve(design.T @ best @ design, design.T @ best) @ signal[rows]
    left = signal[rows] - design @ optimal
    return weights @ signal[rows], np.sqrt(np.diag(weights @ own @ weights.T)), left @ best @ left


def ols_rate(signal, used, segments, times):
    return by_matrices(signal, used, segments, times, 1.0, "ols")[0][0]


def test_plain_line_is_polyfit():
    signal, flags = ramp(SINGLE)
    fitted = fit_ramp(signal, flags, GroupTimes.of(SINGLE), (1, 10), NOISE, "ols")
    per_group, _ = np.polyfit(np.arange(1, 11), signal[:10], 1)
    per_s, intercept = np.polyfit(SINGLE.group_times()[:10], signal[:10], 1)
    assert fitted.line.rate * SINGLE.tgroup == pytest.approx(per_group, rel=1e-12)
    assert fitted.line.rate == pytest.approx(per_s, rel=1e-12)
    assert fitted.line.intercept == pytest.approx(intercept, rel=1e-12)
    assert fitted.residual == pytest.approx(signal - (intercept + per_s * SINGLE.group_times()), abs=1e-9)
    late, _ = np.polyfit(np.arange(11, 21), fitted.residual[10:], 1)
    assert fitted.late_rate * SINGLE.tgroup == pytest.approx(late, rel=1e-9)
    assert fitted.late_line[10:] == pytest.approx(np.polyval(np.polyfit(np.arange(11, 21), fitted.residual[10:], 1), np.arange(11, 21)))
    assert np.isnan(fitted.late_line[:10]).all()


def test_plain_line_from_the_middle_is_polyfit():
    signal, flags = ramp(AVERAGED)
    fitted = fit_ramp(signal, flags, GroupTimes.of(AVERAGED), (4, 9), NOISE, "ols")
    assert fitted.line.rate * AVERAGED.tgroup == pytest.approx(np.polyfit(np.arange(4, 10), signal[3:9], 1)[0], rel=1e-12)
    assert list(np.flatnonzero(fitted.used)) == [3, 4, 5, 6, 7, 8]
    assert list(np.flatnonzero(fitted.late)) == [9, 10, 11]


@pytest.mark.parametrize("method", ["ols", "gls"])
@pytest.mark.parametrize("timing", [SINGLE, AVERAGED])
@pytest.mark.parametrize("flagged", [{}, {4: 4}, {0: 4, 3: 4, 4: 4, 7: 1}, {1: 4, 5: 5, 8: 4}, {0: 1, 1: 1, 6: 4}])
def test_lines_are_those_of_dense_matrices(method, timing, flagged):
    signal, flags = ramp(timing, seed=len(flagged))
    for group, flag in flagged.items():
        flags[group] = flag
        signal[group:] += 300.0 if flag & 4 else 0.0
    times = GroupTimes.of(timing)
    fitted = fit_ramp(signal, flags, times, (1, 10), NOISE, method)
    used = (flags & 1 == 0) & (np.arange(timing.ngroups) < 10)
    segments = np.cumsum(np.where(np.arange(timing.ngroups) > 0, flags & 4, 0) > 0)
    rate = ols_rate(signal, used, segments, times)
    if method == "gls":
        rate = by_matrices(signal, used, segments, times, rate, "gls")[0][0]
    values, errors, chi2 = by_matrices(signal, used, segments, times, rate, method)
    assert fitted.line.rate == pytest.approx(values[0], rel=1e-9)
    assert list(fitted.line.offsets.values()) == pytest.approx(list(values[1:]), rel=1e-9)
    assert fitted.rate_err == pytest.approx(errors[0], rel=1e-9)
    assert fitted.intercept_err == pytest.approx(errors[1], rel=1e-9)
    assert fitted.chi2 == pytest.approx(chi2, rel=1e-7)
    assert fitted.dof == used.sum() - len(np.unique(segments[used])) - 1
    assert fitted.line.weights @ signal == pytest.approx(fitted.line.rate, rel=1e-9)
    assert fitted.line.intercept_weights @ signal == pytest.approx(fitted.line.intercept, rel=1e-9)
    late = (flags & 1 == 0) & (np.arange(timing.ngroups) >= 10)
    late_rate = by_matrices(fitted.residual, late, segments, times, rate, method)[0][0]
    assert fitted.late_rate == pytest.approx(late_rate, rel=1e-6, abs=1e-9)
    assert fitted.late_weights @ signal == pytest.approx(fitted.late_rate, rel=1e-6, abs=1e-9)
    covariance = group_covariance(rate, NOISE, times)
    assert fitted.late_rate_err == pytest.approx(np.sqrt(fitted.late_weights @ covariance @ fitted.late_weights), rel=1e-9)


@pytest.mark.parametrize("timing", [SINGLE, AVERAGED, GroupTiming(4, 0.9, 0.9)])
@pytest.mark.parametrize("jump", [None, 2])
def test_optimal_line_is_stcals_for_the_same_count_rate(timing, jump):
    from stcal.ramp_fitting import likely_fit
    from stcal.ramp_fitting.likely_algo_classes import Covar

    signal, flags = ramp(timing, seed=9)
    times = GroupTimes.of(timing)
    covar = Covar(list(timing.frame_times()))
    use = np.ones((timing.ngroups - 1, 1), dtype=np.uint8)
    if jump is not None:
        flags[jump] = 4
        signal[jump:] += 500.0
        use[jump - 1] = 0
    plain = fit_ramp(signal, flags, times, (1, timing.ngroups), NOISE, "ols").line.rate
    guess, diffs = np.array([plain]), (np.diff(signal) / covar.delta_t)[:, None]
    for _ in range(2):
        theirs = likely_fit.fit_ramps(diffs, covar, np.array([NOISE.gain]), np.array([NOISE.read_noise]), guess, diffs2use=use)
        guess = theirs.countrate
    ours = fit_ramp(signal, flags, times, (1, timing.ngroups), NOISE, "gls")
    assert ours.line.rate == pytest.approx(theirs.countrate[0], rel=1e-9)
    assert ours.rate_err == pytest.approx(theirs.uncert[0], rel=1e-9)
    assert ours.chi2 == pytest.approx(theirs.chisq[0], rel=1e-6)


def stcal_ramp_data(signals, timing, algorithm):
    from stcal.ramp_fitting.ramp_fit_class import RampData
    from stdatamodels.jwst.datamodels import dqflags

    data = RampData()
    nramps = len(signals)
    cube = np.ascontiguousarray(signals.T[None, :, None, :], dtype=np.float32)
    pixels = np.zeros((1, nramps), dtype=np.uint32)
    data.set_arrays(cube, np.zeros(cube.shape, dtype=np.uint8), pixels, np.zeros((1, nramps), dtype=np.float32))
    data.set_meta("NIRSPEC", np.float32(timing.tframe), np.float32(timing.tgroup), timing.groupgap, timing.nframes, 0)
    data.set_dqflags(dqflags.pixel)
    data.start_row, data.num_rows, data.algorithm, data.rejection_threshold = 0, 1, algorithm, 20.0
    data.suppress_one_group_ramps = False
    return data


@pytest.mark.parametrize("timing", [SINGLE, AVERAGED])
def test_optimal_lines_agree_with_stcals_likelihood_fit(timing):
    """The whole of stcal's LIKELY algorithm, with its own count-rate guess, float32 data and CDS read noise."""
    from stcal.ramp_fitting.likely_fit import likely_ramp_fit

    rng = np.random.default_rng(77)
    signals = simulate_groups(rng, timing, 80.0, NOISE.gain, NOISE.read_noise, 30)
    shape = (1, len(signals))
    _, theirs, _ = likely_ramp_fit(
        stcal_ramp_data(signals, timing, "LIKELY"), np.full(shape, NOISE.read_noise * np.sqrt(2.0)), np.full(shape, NOISE.gain)
    )
    for index, signal in enumerate(signals):
        ours = fit_ramp(signal, np.zeros(signal.size, dtype=np.uint32), GroupTimes.of(timing), (1, signal.size), NOISE, "gls")
        assert abs(ours.line.rate - theirs["slope"][0, 0, index]) < 0.01 * ours.rate_err
        assert theirs["err"][0, 0, index] == pytest.approx(ours.rate_err, rel=0.01)
        assert theirs["chisq"][0, 0, index] == pytest.approx(ours.chi2, rel=0.05)


def test_two_groups_are_stcals_plain_fit():
    from stcal.ramp_fitting.ols_fit import ols_ramp_fit_multi

    rng = np.random.default_rng(3)
    timing = GroupTiming(2, 0.9, 0.9)
    signals = simulate_groups(rng, timing, 500.0, NOISE.gain, NOISE.read_noise, 5).astype(np.float32).astype(np.float64)
    shape = (1, len(signals))
    read_noise = np.full(shape, NOISE.read_noise * NOISE.gain, dtype=np.float32)  # in electrons, of a single read
    image, _, _ = ols_ramp_fit_multi(
        stcal_ramp_data(signals, timing, "OLS_C"), False, read_noise, np.full(shape, NOISE.gain, dtype=np.float32), "optimal", "none"
    )
    for index, signal in enumerate(signals):
        ours = fit_ramp(signal, np.zeros(2, dtype=np.uint32), GroupTimes.of(timing), (1, 2), NOISE, "ols")
        assert ours.line.rate == pytest.approx(image["slope"][0, index], rel=1e-5)
        assert ours.line.rate == pytest.approx((signal[1] - signal[0]) / 0.9, rel=1e-12)
        assert np.isnan(ours.chi2)
        assert np.isnan(ours.late_rate)
        assert ours.rate_err == pytest.approx(np.sqrt(2 * NOISE.read_noise**2 + ours.line.rate * 0.9 / NOISE.gain) / 0.9, rel=1e-9)


def test_optimal_and_plain_lines_agree_with_stcals_segment_fit():
    """OLS_C weights groups by a power of the distance from the middle: another estimator, within a fraction of the error."""
    from stcal.ramp_fitting.ols_fit import ols_ramp_fit_multi

    rng = np.random.default_rng(8)
    signals = simulate_groups(rng, SINGLE, 300.0, NOISE.gain, NOISE.read_noise, 40)
    shape = (1, len(signals))
    image, _, _ = ols_ramp_fit_multi(
        stcal_ramp_data(signals, SINGLE, "OLS_C"),
        False,
        np.full(shape, NOISE.read_noise * NOISE.gain, dtype=np.float32),
        np.full(shape, NOISE.gain, dtype=np.float32),
        "optimal",
        "none",
    )
    used = np.ones(signals.shape, dtype=bool)
    rate, error, _ = fit_rates(signals, used, np.zeros(signals.shape, dtype=np.int64), GroupTimes.of(SINGLE), NOISE, "gls")
    pull = (rate - image["slope"][0]) / error
    assert np.sqrt(np.mean(pull**2)) < 0.4
    assert abs(pull.mean()) < 0.15


@pytest.mark.parametrize("method", ["ols", "gls"])
def test_many_ramps_at_once_are_single_ramps(method):
    rng = np.random.default_rng(21)
    signals = simulate_groups(rng, AVERAGED, 90.0, NOISE.gain, NOISE.read_noise, 60)
    flags = np.where(rng.random(signals.shape) < 0.15, 4, 0).astype(np.uint32)
    flags |= np.where(rng.random(signals.shape) < 0.1, 1, 0).astype(np.uint32)
    flags[0] = 1  # no group at all
    flags[1] = 4  # every group a segment
    times = GroupTimes.of(AVERAGED)
    number = np.arange(1, 13)
    last = rng.integers(2, 13, size=60)
    jumps = flags & 4
    jumps[:, 0] = 0
    segments = np.cumsum(jumps > 0, axis=1)
    used = (flags & 1 == 0) & (number <= last[:, None])
    rate, error, weights = fit_rates(signals, used, segments, times, NOISE, method)
    assert np.isnan(rate[:2]).all()
    for index in range(60):
        one = fit_ramp(signals[index], flags[index], times, (1, int(last[index])), NOISE, method)
        assert rate[index] == pytest.approx(one.line.rate, rel=1e-9, nan_ok=True)
        assert error[index] == pytest.approx(one.rate_err, rel=1e-9, nan_ok=True)
        if np.isfinite(one.line.rate):
            assert weights[index] == pytest.approx(one.line.weights, rel=1e-8, abs=1e-12)


def test_saturation_ends_the_ramp():
    signal, flags = ramp(SINGLE)
    flags[8:] = 2
    fitted = fit_ramp(signal, flags, GroupTimes.of(SINGLE), (1, 20), NOISE, "ols")
    assert fitted.line.rate * SINGLE.tgroup == pytest.approx(np.polyfit(np.arange(8), signal[:8], 1)[0])
    assert not fitted.late.any()
    assert np.isfinite(fitted.residual).all()


def test_one_saturated_group_ends_it_too():
    signal, flags = ramp(SINGLE)
    flags[8] = 2
    assert list(np.flatnonzero(fit_ramp(signal, flags, GroupTimes.of(SINGLE), (1, 20), NOISE, "gls").used)) == list(range(8))


def test_a_jump_after_the_early_groups_stays_in_the_residual():
    """The early line does not know the later segment's offset; the late line has an offset of its own."""
    timing = GroupTiming(20, 1.0, 1.0)
    signal = 100.0 * timing.group_times()
    signal[14:] += 1000.0
    signal[10:] -= 2.0 * np.arange(1, 11)
    flags = np.zeros(20, dtype=np.uint32)
    flags[14] = 4
    fitted = fit_ramp(signal, flags, GroupTimes.of(timing), (1, 10), NOISE, "ols")
    assert fitted.residual[14] == pytest.approx(990.0)
    assert fitted.late_rate == pytest.approx(-2.0)
    assert fitted.late_line[10:] == pytest.approx(fitted.residual[10:])


def test_an_early_jump_is_taken_out():
    timing = GroupTiming(10, 1.0, 1.0)
    signal = 50.0 + 100.0 * timing.group_times()
    signal[4:] += 777.0
    flags = np.zeros(10, dtype=np.uint32)
    flags[4] = 4
    for method in ("ols", "gls"):
        fitted = fit_ramp(signal, flags, GroupTimes.of(timing), (1, 10), NOISE, method)
        assert fitted.line.rate == pytest.approx(100.0)
        assert fitted.line.intercept == pytest.approx(50.0)
        assert fitted.residual == pytest.approx(np.zeros(10), abs=1e-9)
        assert levels(fitted.line, fitted.segments)[[3, 4]] == pytest.approx([50.0, 827.0])


@pytest.mark.parametrize("kept", [[], [3]])
def test_fewer_than_two_groups_give_no_line(kept):
    signal, flags = ramp(SINGLE)
    flags[:] = 1
    flags[kept] = 0
    fitted = fit_ramp(signal, flags, GroupTimes.of(SINGLE), (1, 20), NOISE, "gls")
    for value in (fitted.line.rate, fitted.line.intercept, fitted.rate_err, fitted.chi2, fitted.probability, fitted.late_rate):
        assert np.isnan(value)
    assert np.isnan(fitted.residual).all()


def test_a_nan_group_is_left_out():
    signal, flags = ramp(SINGLE)
    signal[3] = np.nan
    fitted = fit_ramp(signal, flags, GroupTimes.of(SINGLE), (1, 10), NOISE, "ols")
    keep = [0, 1, 2, 4, 5, 6, 7, 8, 9]
    assert fitted.line.rate * SINGLE.tgroup == pytest.approx(np.polyfit(keep, signal[keep], 1)[0])
    assert np.isnan(fitted.residual[3])


def test_without_noise_the_weights_are_plain_and_errors_missing():
    signal, flags = ramp(SINGLE)
    fitted = fit_ramp(signal, flags, GroupTimes.of(SINGLE), (1, 10), Noise(np.nan, np.nan), "gls")
    assert fitted.line.rate * SINGLE.tgroup == pytest.approx(np.polyfit(np.arange(10), signal[:10], 1)[0])
    assert np.isnan([fitted.rate_err, fitted.intercept_err, fitted.late_rate_err, fitted.chi2]).all()


def test_a_dark_noiseless_pixel_has_a_line():
    fitted = fit_ramp(np.full(20, 5.0), np.zeros(20, dtype=np.uint32), GroupTimes.of(SINGLE), (1, 10), Noise(1.5, 0.0), "gls")
    assert fitted.line.rate == pytest.approx(0.0, abs=1e-12)
    assert fitted.line.intercept == pytest.approx(5.0)


def test_probability_is_scipys():
    from scipy.stats import chi2

    assert chi_square_probability(12.3, 8) == pytest.approx(chi2.sf(12.3, 8))
    assert np.isnan(chi_square_probability(1.0, 0))
    assert np.isnan(chi_square_probability(np.nan, 3))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_flags_give_a_line_or_nan(data):
    """Whatever the flags and holes: no exception, an error for every slope, shifts that only move the intercept."""
    ngroups = data.draw(st.integers(2, 12))
    flags = np.array(data.draw(st.lists(st.sampled_from([0, 0, 0, 1, 2, 4, 5, 6]), min_size=ngroups, max_size=ngroups)), dtype=np.uint32)
    values = data.draw(st.lists(st.floats(-1e5, 1e5) | st.just(np.nan), min_size=ngroups, max_size=ngroups))
    first = data.draw(st.integers(1, ngroups))
    early = (first, data.draw(st.integers(first, ngroups)))
    method = data.draw(st.sampled_from(["ols", "gls"]))
    times = GroupTimes.of(GroupTiming(ngroups, 4.5, 0.9, 4, 1))
    fitted = fit_ramp(np.array(values), flags, times, early, NOISE, method)
    moved = fit_ramp(np.array(values) + 1000.0, flags, times, early, NOISE, method)
    assert np.isfinite(fitted.line.rate) == np.isfinite(fitted.rate_err) == np.isfinite(fitted.line.intercept)
    assert np.isfinite(fitted.late_rate) == np.isfinite(fitted.late_rate_err) == bool(fitted.late.any())
    assert moved.line.rate == pytest.approx(fitted.line.rate, rel=1e-6, abs=1e-5, nan_ok=True)
    assert moved.line.intercept == pytest.approx(fitted.line.intercept + 1000.0, rel=1e-6, abs=1e-3, nan_ok=True)
    assert not (fitted.used & fitted.late).any()
    assert not (fitted.used & ((flags & 1) != 0)).any()
