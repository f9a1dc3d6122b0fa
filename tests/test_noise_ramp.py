"""Noise of group differences, and telegraph pixels, on ramps made with plain numpy."""

from __future__ import annotations

import numpy as np
import pytest
from noise_frames import order_of

from detgui.science.noise_hops import basis_of
from detgui.science.noise_lines import rms_of, split
from detgui.science.noise_pooled import Repeats, pooled
from detgui.science.noise_ramp import RampSums, finish, lag_matrix, lags_for
from detgui.science.noise_telegraph import chance, levels_of, telegraphs, two_levels


def ramp(rng, groups=8, size=128, rate=30.0, read=6.0, gain=1.0):
    photons = rng.poisson(rate * gain, (groups, size, size)).cumsum(axis=0) / gain
    return (photons + rng.normal(0, read, photons.shape)).astype(np.float32)


def noise_of(*ramps, order=None, flagged=None):
    order = order or order_of("NRCB1", 128, 128)
    n = len(ramps[0]) - 1
    sums = RampSums(order, ~order.reference, lags_for(n), box=32)
    for data in ramps:
        part = sums.integration((data[-1] - data[0]) / n, n)
        for group in range(n):
            part.add(data[group + 1] - data[group], flagged)
        part.end()
    return finish(sums)


def test_lost_means_are_put_back_exactly():
    """Expected products of residuals, by brute force from a covariance with the three lags."""
    n, truth = 7, np.array([5.0, -1.5, 0.4])
    covariance = sum(value * (np.eye(n, k=lag) + (np.eye(n, k=-lag) if lag else 0)) for lag, value in enumerate(truth))
    draws = np.random.default_rng(0).multivariate_normal(np.zeros(n), covariance, 200_000)
    rest = draws - draws.mean(axis=1, keepdims=True)
    measured = np.array([(rest[:, : n - lag] * rest[:, lag:]).mean() for lag in range(3)])
    np.testing.assert_allclose(np.linalg.solve(lag_matrix(n, 3), measured), truth, atol=0.03)


def test_read_noise_and_photons_come_apart():
    pulls = []
    for seed in range(12):
        found = noise_of(ramp(np.random.default_rng([1, seed]), gain=2.0))
        truth = np.array([15.0 + 72.0, -36.0, 0.0])  # P = rate / gain, R = 6
        pulls.append((found.covariance[0] - truth) / found.covariance_err[0])
        assert found.signal[0] == pytest.approx(30.0, abs=0.5)
    assert np.abs(np.mean(pulls, axis=0)).max() < 4 / np.sqrt(12)
    assert 0.5 < np.std(pulls) < 1.6
    assert found.read[0] == pytest.approx(6.0, abs=0.15)
    assert found.photon[0] == pytest.approx(15.0, abs=5 * found.photon_err[0])
    assert found.temporal[0] == pytest.approx(np.sqrt(87.0), abs=5 * found.temporal_err[0])
    assert found.spatial[0] == pytest.approx(np.sqrt(87.0), rel=0.01)


def test_pixels_that_drift_show_beyond_lag_one_where_they_are():
    rng = np.random.default_rng(2)
    data = ramp(rng, groups=10)
    walk = rng.normal(0, 12, (10, 32, 32)).cumsum(axis=0)
    data[:, 32:64, 64:96] += (2.0 * walk + np.roll(walk, 2, axis=0) * 3).astype(np.float32)
    found = noise_of(data)
    significance = np.abs(found.beyond / found.beyond_err)
    assert significance[1, 2] > 6
    significance[1, 2] = 0
    assert significance.max() < 4.5


def test_a_jump_leaves_its_pixel_out():
    data = ramp(np.random.default_rng(3))
    clean = noise_of(data)
    data[4:, 20:60, 20:60] += 500
    hit = noise_of(data)
    assert hit.covariance[0, 0] == pytest.approx(clean.covariance[0, 0], rel=0.03)
    assert hit.spatial[0] == pytest.approx(clean.spatial[0], rel=0.05)


def test_few_groups_tell_few_lags():
    assert [lags_for(n) for n in (0, 1, 2, 3, 9)] == [0, 0, 1, 2, 3]
    found = noise_of(ramp(np.random.default_rng(4), groups=2))
    assert np.isnan(found.temporal[0])
    assert found.spatial[0] == pytest.approx(np.sqrt(30 + 72), rel=0.02)


def hopping(rng, values, pixels, step, sigma=1.0, share=0.5):
    return rng.normal(0, sigma, (values, pixels)) + step * (rng.random((values, pixels)) < share)


def test_two_levels_are_found_at_their_size():
    rng = np.random.default_rng(5)
    found = two_levels(hopping(rng, 100, 200, 6.0, share=0.3))
    pulls = (found.step - 6.0) / found.step_err
    assert abs(pulls.mean()) < 0.3
    assert 0.7 < pulls.std() < 1.4
    assert found.share.mean() == pytest.approx(0.3, abs=0.02)
    assert telegraphs(found, 100, 200).mean() > 0.95


@pytest.mark.parametrize("values", [20, 60])
def test_gaussian_pixels_are_no_telegraphs_at_the_stated_rate(values):
    found = two_levels(np.random.default_rng(6).normal(0, 3, (values, 3000)))
    p = chance(found.gain, values)
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.02)
    assert (p < 0.005).mean() < 0.012
    assert telegraphs(found, values, 3000).sum() <= 1


def ramps_of(series, groups):
    """Series (integrations, groups, pixels) less the parabola of every integration, as (values, pixels)."""
    basis = basis_of(groups)
    return (series - np.einsum("gk,hk,ihp->igp", basis, basis, series)).reshape(-1, series.shape[2])


@pytest.mark.parametrize(("integrations", "groups", "step", "least"), [(4, 10, 7.5, 0.9), (2, 20, 5.0, 0.8), (8, 10, 8.0, 0.97)])
def test_hops_survive_the_parabola_that_was_taken_off(integrations, groups, step, least):
    rng = np.random.default_rng(7)
    series = hopping(rng, groups * integrations, 300, step).reshape(integrations, groups, 300)
    found = levels_of(ramps_of(series, groups), groups)
    assert np.median(found.step) == pytest.approx(step, abs=0.3)
    assert (np.abs(found.step - step) < 4 * found.step_err).mean() > 0.95
    assert telegraphs(found, groups * integrations, 300, groups).mean() > least
    flat = rng.normal(size=(integrations, groups, 2000))
    noise = levels_of(ramps_of(flat, groups), groups)
    assert (chance(noise.gain, groups * integrations, groups) < 0.05).mean() == pytest.approx(0.05, abs=0.025)
    assert telegraphs(noise, groups * integrations, 2000, groups).sum() <= 1


def test_slow_hops_are_found_as_well():
    rng = np.random.default_rng(8)
    state = (rng.random((40, 200)) < 0.2).cumsum(axis=0) % 2
    series = rng.normal(size=(40, 200)) + 7.5 * state
    found = levels_of(ramps_of(series.reshape(2, 20, 200), 20), 20)
    assert telegraphs(found, 40, 200, 20).mean() > 0.8


@pytest.mark.parametrize(("integrations", "groups"), [(4, 10), (1, 40), (4, 40)])
def test_cosmic_rays_curves_and_walks_are_no_telegraphs(integrations, groups):
    """Pixels whose groups scatter about a parabola for other reasons: jumps that stay, a curve, photons that add up."""
    rng = np.random.default_rng(9)
    shape = integrations, groups, 300
    noise = rng.normal(size=shape)
    hit = rng.random((integrations, 1, 300)) < 0.4
    jump = hit * rng.exponential(60, hit.shape) * (np.arange(groups)[None, :, None] >= rng.integers(1, groups, hit.shape))
    curve = 20 * np.linspace(-1, 1, groups)[None, :, None] ** 3
    walk = 3 * rng.normal(size=shape).cumsum(axis=1)
    for spoilt in (jump, curve, walk):
        found = levels_of(ramps_of(noise + spoilt, groups), groups)
        assert telegraphs(found, integrations * groups, 300, groups).sum() <= 1


@pytest.mark.parametrize(("lag", "same"), [(1, 0.0), (1, 0.6), (2, 0.6)])
def test_the_part_of_the_noise_that_all_images_share(lag, same):
    """Images with a pattern of their own in every pixel; of differences of groups the neighbours share a read besides."""
    rng = np.random.default_rng(10)
    order = order_of("NRCB1", 128, 128)
    pattern = np.sqrt(same) * rng.normal(size=(128, 128))
    reads = rng.normal(size=(13, 128, 128)) / np.sqrt(2)
    noise = np.diff(reads, axis=0) if lag == 2 else rng.normal(size=(12, 128, 128))
    repeats = Repeats(lag)
    for each in np.sqrt(1 - same) * noise + pattern:
        repeats.add(split(each.astype(np.float32), ~order.reference, order, look=False))
    assert repeats.part == pytest.approx(same, abs=0.02)


@pytest.mark.parametrize("same", [0.0, 0.8])
def test_errors_of_a_pooled_rms_know_of_a_pattern_that_stays(same):
    """Pulls of width 1, where the white errors of the levels of 20 images are partly the same."""
    pulls = []
    for seed in range(200):
        rng = np.random.default_rng([11, seed])
        true = rng.normal(0, 0.7, (20, 200)) + np.sin(np.arange(200) / 5)
        errors = np.sqrt(same) * rng.normal(size=200) + np.sqrt(1 - same) * rng.normal(size=(20, 200))
        white = np.ones((20, 200))
        found, factor = pooled([rms_of(*each) for each in zip(true + errors, white, strict=True)], true + errors, white, same)
        pulls.append((found.variance - true.var(axis=1, ddof=1).mean()) / found.variance_err)
    assert np.std(pulls) == pytest.approx(1, abs=0.2)
    assert abs(np.mean(pulls)) < 0.3
    assert factor == pytest.approx(1.0) if same == 0 else factor > 3
