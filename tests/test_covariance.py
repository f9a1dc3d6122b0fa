"""Covariance of groups against frame-by-frame simulation and stcal's formulas."""

from __future__ import annotations

import numpy as np
import pytest
from ramp_fakes import simulate_groups

from detgui.science.covariance import GroupTimes, Noise, group_covariance, group_variance, linear_variance, photon_form
from detgui.science.timing import GroupTiming

TIMINGS = [
    GroupTiming(8, 0.9, 0.9),
    GroupTiming(6, 5 * 0.9, 0.9, 4, 1),
    GroupTiming(5, 10 * 0.5, 0.5, 8, 2),
    GroupTiming(4, 0.364, 0.182, 1, 1),
]


@pytest.mark.parametrize("timing", TIMINGS)
def test_times_against_pairs_of_frames(timing):
    frames = timing.frame_times()
    earlier = np.minimum(frames[:, :, None], frames[:, None, :])
    assert timing.tau_times() == pytest.approx(earlier.mean(axis=(1, 2)))
    assert timing.group_times() == pytest.approx(frames.mean(axis=1))
    assert np.diff(timing.group_times()) == pytest.approx(timing.tgroup)


@pytest.mark.parametrize("timing", TIMINGS)
def test_covariance_of_simulated_frames(timing):
    rng = np.random.default_rng(20240901)
    count, rate, gain, read_noise = 30_000, 60.0, 1.6, 7.0
    groups = simulate_groups(rng, timing, rate, gain, read_noise, count)
    expected = group_covariance(rate, Noise(gain, read_noise), GroupTimes.of(timing))
    variance = np.diag(expected)
    error = np.sqrt((np.outer(variance, variance) + expected**2) / count)  # of a sample covariance of Gaussian numbers
    assert np.all(np.abs(np.cov(groups.T) - expected) < 5 * error)


@pytest.mark.parametrize("timing", TIMINGS)
def test_covariance_of_differences_is_stcals(timing):
    from stcal.ramp_fitting.likely_algo_classes import Covar

    rate, gain, read_noise = 42.0, 1.9, 5.5
    covar = Covar(list(timing.frame_times()))
    to_rates = np.diff(np.eye(timing.ngroups), axis=0) / covar.delta_t[:, None]
    ours = to_rates @ group_covariance(rate, Noise(gain, read_noise), GroupTimes.of(timing)) @ to_rates.T
    diagonal = rate / gain * covar.alpha_phnoise + read_noise**2 * covar.alpha_readnoise
    beside = rate / gain * covar.beta_phnoise + read_noise**2 * covar.beta_readnoise
    assert ours == pytest.approx(np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1), rel=1e-10, abs=1e-9)


def test_forms_without_a_matrix():
    rng = np.random.default_rng(5)
    times, noise = GroupTimes.of(TIMINGS[1]), Noise(1.7, 6.0)
    weights = rng.normal(size=(4, 6))
    matrix = group_covariance(33.0, noise, times)
    assert linear_variance(weights, 33.0, noise, times) == pytest.approx(np.diag(weights @ matrix @ weights.T))
    photon = group_covariance(noise.gain, Noise(noise.gain, 0.0), times)
    assert photon_form(weights, times) == pytest.approx(np.diag(weights @ photon @ weights.T))
    assert group_variance(33.0, noise, times) == pytest.approx(np.diag(matrix))


def test_a_negative_rate_has_no_photon_noise():
    times, noise = GroupTimes.of(TIMINGS[0]), Noise(1.7, 6.0)
    assert group_covariance(-5.0, noise, times) == pytest.approx(36.0 * np.eye(8))


def test_noise_that_is_not_known():
    assert not Noise(np.nan, 5.0).known
    assert not Noise(0.0, 5.0).known
    assert not Noise(1.5, np.nan).known
    assert Noise(1.5, 0.0).known
    assert np.isnan(group_variance(1.0, Noise(np.nan, 5.0), GroupTimes.of(TIMINGS[0]))).all()
