"""Errors of slope maps: standardised residuals on simulated data have width 1, with one integration and with many."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from scipy import stats

from detgui.analysis import slope_map
from detgui.data.exposure import open_one
from detgui.science.covariance import GroupTimes, Noise, group_covariance
from detgui.science.noise_sampling import noise_of_sample
from detgui.science.timing import GroupTiming
from detgui.science.variance_pooling import find_prior, one_sigma_factor, pooled_variance
from detgui.simulate.expose import write_exposure
from detgui.simulate.params import BotsParams


def width(values):
    low, high = np.quantile(values[np.isfinite(values)], [0.15865, 0.84135])
    return (high - low) / 2


def simulated(tmp_path, integrations):
    params = BotsParams(
        integrations=integrations, groups=20, columns=64, transit_depth=0, eclipse_depth=0, peak=2000, jumps=2e-4, seed=integrations
    )
    *files, truth = write_exposure(params, tmp_path, segments=min(2, integrations))
    return files, fits.getdata(truth, "LATESLOPE")


@pytest.mark.parametrize("integrations", [1, 2, 3, 5, 20, 100])
def test_pulls_are_one_wide(tmp_path, integrations):
    files, truth = simulated(tmp_path, integrations)
    with open_one(files, neighbours=False) as exposure:
        result = slope_map.run(exposure, slope_map.Params())
    pulls = ((result.slope - truth) / result.err)[result.count > 0]
    assert pulls.size >= 1000
    assert width(pulls) == pytest.approx(1, abs=0.1)
    words = "propagated" if integrations == 1 else "pooled"
    assert words in result.error_method


def test_given_noise_is_used(tmp_path):
    files, _ = simulated(tmp_path, 1)
    with open_one(files, neighbours=False) as exposure:
        low, high = (slope_map.run(exposure, slope_map.Params(gain=1.43, read_noise=noise)).err for noise in (8.0, 80.0))
    faint = np.nanargmin(low)
    assert high.flat[faint] / low.flat[faint] == pytest.approx(10, rel=0.1)


def test_error_of_one_integration_is_that_of_the_covariance(tmp_path):
    files, _ = simulated(tmp_path, 1)
    with open_one(files, neighbours=False) as exposure:
        result = slope_map.run(exposure, slope_map.Params(gain=1.5, read_noise=9.0))
        times = GroupTimes.of(exposure.timing)
        ramp = exposure.read_pixel(20, 16)[0].astype(float)
    from detgui.science.slope_weights import late_minus_early

    weights = late_minus_early(20, (1, 10))
    rate = (ramp[-1] - ramp[0]) / (times.mean[-1] - times.mean[0])
    expected = np.sqrt(weights @ group_covariance(rate, Noise(1.5, 9.0), times) @ weights)
    assert result.count[16, 20] == 1
    assert result.err[16, 20] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(("dof", "prior"), [(1, 6.0), (4, 20.0), (20, 5.0)])
def test_prior_is_found(dof, prior):
    rng = np.random.default_rng(dof)
    expected = rng.uniform(1, 50, 20000)
    true = 1.7 * expected * prior / rng.chisquare(prior, expected.size)
    measured = true * rng.chisquare(dof, expected.size) / dof
    found = find_prior(measured, np.full(expected.size, float(dof)), expected)
    assert found.dof == pytest.approx(prior, rel=0.3)
    assert np.median(found.scale) == pytest.approx(1.7, rel=0.05)
    variance, total = pooled_variance(measured, np.full(expected.size, float(dof)), expected, found)
    pulls = rng.normal(0, np.sqrt(true)) / (np.sqrt(variance) * one_sigma_factor(total))
    assert width(pulls) == pytest.approx(1, abs=0.05)


def test_a_pixel_unlike_the_others_keeps_its_scatter():
    rng = np.random.default_rng(1)
    dof = np.full(5000, 9.0)
    measured = rng.chisquare(9, 5000) / 9
    measured[7] = 400.0
    prior = find_prior(measured, dof, np.ones(5000))
    variance, total = pooled_variance(measured, dof, np.ones(5000), prior)
    assert variance[7] == pytest.approx(400.0)
    assert total[7] == 9
    assert np.median(variance) == pytest.approx(1, rel=0.02)


def test_one_sigma_factor_is_students():
    dof = np.array([1.0, 4.0, 19.0, 1e5])
    np.testing.assert_allclose(one_sigma_factor(dof), stats.t.ppf(stats.norm.cdf(1), dof), rtol=2e-3)


@pytest.mark.parametrize("frames", [1, 4])
def test_gain_and_read_noise_from_bends(frames):
    timing = GroupTiming(30, 0.9 * frames, 0.9, frames)
    times = GroupTimes.of(timing)
    rng = np.random.default_rng(frames)
    rates = np.repeat([5.0, 100.0, 1000.0], 400)
    ramps = np.concatenate(
        [rng.multivariate_normal(rate * times.mean, group_covariance(rate, Noise(1.6, 9.0), times), 400) for rate in (5.0, 100.0, 1000.0)]
    ).T
    ramps[12:, ::50] += 500.0  # jumps that no flag tells of
    good = np.ones(rates.size, bool)
    both = noise_of_sample(ramps, good, times)
    assert both.gain == pytest.approx(1.6, rel=0.06)
    assert both.read_noise == pytest.approx(9.0, rel=0.03)
    assert noise_of_sample(ramps, good, times, 1.6).read_noise == pytest.approx(9.0, rel=0.03)
    assert np.isnan(noise_of_sample(ramps[:2], good, times).read_noise)
