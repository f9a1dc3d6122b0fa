"""Gain, read noise and their errors on flats with known truth."""

import numpy as np
import pytest
from gain_fakes import pairs

from detgui.analysis.box_clipper import Clipper
from detgui.science import boxes, gain_error
from detgui.science.detector import DetectorGeometry
from detgui.science.photon_transfer import stacked

SHAPE = (512, 512)


def width(pulls):
    low, high = np.nanpercentile(pulls, [16, 84])
    return (high - low) / 2.0


@pytest.fixture(scope="module")
def measured():
    """Moments of the reads and of the differences of reads of three pairs, in boxes of 16 pixels."""
    rng, bad = np.random.default_rng(3), np.zeros(SHAPE, np.uint8)
    made = []
    with Clipper(boxes.cut(DetectorGeometry(*SHAPE), 16)) as clipper:
        for _ in range(3):
            one, two = pairs(rng, SHAPE)
            steps, others = np.diff(one, axis=0), np.diff(two, axis=0)
            reads = stacked([clipper.moments(*each, bad) for each in zip(one, two, strict=True)])
            adjacent = stacked([clipper.moments(*each, bad) for each in zip(steps, others, strict=True)])
            lag1 = stacked([clipper.moments(steps[k + 1], steps[k], bad) for k in range(len(steps) - 1)])
            lag2 = stacked([clipper.moments(steps[k + 2], steps[k], bad) for k in range(len(steps) - 2)])
            made.append((reads, {"adjacent": adjacent, "lag1": lag1, "lag2": lag2}))
    return made


def test_standardised_errors_have_width_one(measured):
    found = [gain_error.classic(reads, 5000.0, np.zeros(reads.mean.shape[1], int)) for reads, _ in measured]
    gains = np.concatenate([(1.0 / each.gain - 0.5) / (each.gain_err / each.gain**2) for each in found])
    noises = np.concatenate([(each.noise - 50.0) / each.noise_err for each in found])
    assert 0.9 < width(gains) < 1.1
    assert 0.9 < width(noises) < 1.1
    slopes = np.concatenate([1.0 / each.gain for each in found])
    assert abs(slopes.mean() - 0.5) < 4.0 * slopes.std() / np.sqrt(slopes.size)
    assert abs(np.mean(noises)) < 4.0 / np.sqrt(noises.size)


def test_an_ordinary_fits_scatter_would_be_wrong(measured):
    """The scatter about a line through correlated points says too little: what the covariance is for."""
    reads, _ = measured[0]
    slopes, errors = [], []
    for box in range(reads.mean.shape[1]):
        (slope, _), matrix = np.polyfit(reads.mean[:, box], reads.variance[:, box], 1, cov=True)
        slopes.append(slope)
        errors.append(np.sqrt(matrix[0, 0]))
    assert width((np.array(slopes) - 0.5) / np.array(errors)) > 1.15


@pytest.mark.parametrize("which", ["adjacent", "lag1"])
def test_other_estimators_agree_within_their_errors(measured, which):
    pulls = []
    for reads, others in measured:
        noise = gain_error.read_noise(others["adjacent"], others["lag1"], np.zeros(reads.mean.shape[1], int))
        gain, error = gain_error.extrapolated(others[which], which, reads, 2.0, noise, 5000.0)
        pulls.append((1.0 / gain - 0.5) / (error / gain**2))
    joined = np.concatenate(pulls)
    assert 0.85 < width(joined) < 1.15
    assert abs(np.nanmean(joined)) < 0.15


def test_noise_of_the_reset_does_not_spoil_errors_or_read_noise():
    """All reads of a ramp share the noise of its reset: 20 DN here, beside 5 DN for each read."""
    rng, bad, pool = np.random.default_rng(6), np.zeros(SHAPE, np.uint8), np.zeros(1024, int)
    one, two = (each + 20.0 * rng.standard_normal(SHAPE, np.float32) for each in pairs(rng, SHAPE))
    steps, others = np.diff(one, axis=0), np.diff(two, axis=0)
    with Clipper(boxes.cut(DetectorGeometry(*SHAPE), 16)) as clipper:
        reads = stacked([clipper.moments(*each, bad) for each in zip(one, two, strict=True)])
        adjacent = stacked([clipper.moments(*each, bad) for each in zip(steps, others, strict=True)])
        lag1 = stacked([clipper.moments(steps[k + 1], steps[k], bad) for k in range(len(steps) - 1)])
    noise = gain_error.read_noise(adjacent, lag1, pool)
    assert abs(noise.value[0] - 50.0) < 4.0 * noise.err[0] < 60.0
    found = gain_error.classic(reads, 5000.0, pool, noise)
    assert 0.9 < width((1.0 / found.gain - 0.5) / (found.gain_err / found.gain**2)) < 1.1
    assert 0.9 < width((found.noise - 2.0 * (5.0**2 + 20.0**2)) / found.noise_err) < 1.1


def test_covariance_of_variances_by_simulation():
    """The formula for 2 C^2 / (n - 1) against samples drawn from C."""
    rng = np.random.default_rng(5)
    matrix = np.array([[4.0, 3.0], [3.0, 9.0]])
    draws = rng.multivariate_normal([0.0, 0.0], matrix, (20000, 40))
    variances = draws.var(axis=1, ddof=1)
    expected = gain_error.variance_covariance(matrix[None], np.full((2, 1), 40.0), np.ones((2, 1)))[0]
    np.testing.assert_allclose(np.cov(variances.T), expected, rtol=0.05)


def test_combinations_have_the_reports_noise_terms():
    for which, term in gain_error.NOISE_TERMS.items():
        weights = np.array(gain_error.COMBINATIONS[which])
        frames = 2.0 if which == "adjacent" else 1.0
        assert frames * (weights**2).sum() == term
        assert weights.sum() == 0


def test_too_few_groups_are_nan():
    one, two = pairs(np.random.default_rng(1), (32, 32), groups=2)
    with Clipper(boxes.cut(DetectorGeometry(32, 32), 16)) as clipper:
        reads = stacked([clipper.moments(*each, np.zeros((32, 32), np.uint8)) for each in zip(one, two, strict=True)])
    found = gain_error.classic(reads, 5000.0, np.zeros(4, int))
    assert np.isnan(found.gain).all()
