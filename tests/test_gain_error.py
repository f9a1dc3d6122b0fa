"""Gain, read noise and their errors on flats with known truth: every estimator, by pulls over boxes."""

import numpy as np
import pytest
from gain_fakes import moments, pairs, width

from detgui.analysis.box_clipper import Clipper
from detgui.science import boxes, gain_error, read_covariance
from detgui.science.detector import DetectorGeometry
from detgui.science.gain_differences import measure_pair
from detgui.science.photon_transfer import stacked

SHAPE = (512, 512)
BOXES = boxes.cut(DetectorGeometry(*SHAPE), 16)
ONE_POOL = np.zeros(len(BOXES), int)
ESTIMATORS = ("adjacent", "lag1", "lag2")


@pytest.fixture(scope="module")
def measured():
    """Three pairs in 1024 boxes of 16 pixels, in which the gain has an error of 11 %; gain 2, read noise 5 DN."""
    rng = np.random.default_rng(3)
    return [measure_pair(*moments(*pairs(rng, SHAPE), BOXES), 5000.0, ONE_POOL) for _ in range(3)]


def small(pulls, common=0.0):
    """True where the mean of pulls is 0 within four of its errors; ``common`` is what all have together."""
    there = np.isfinite(pulls)
    return abs(np.mean(pulls[there])) < 4.0 * np.sqrt(1.0 / there.sum() + common**2)


def test_standardised_errors_of_the_line_have_width_one(measured):
    lines = [each.line for each in measured]
    inverse = np.concatenate([(each.inverse - 0.5) / each.inverse_err for each in lines])
    gains = np.concatenate([(each.gain - 2.0) / each.gain_err for each in lines])
    noises = np.concatenate([(each.noise - 50.0) / each.noise_err for each in lines])
    for pulls in (inverse, gains, noises):
        assert 0.95 < width(pulls) < 1.05
        assert small(pulls)


def test_mean_of_inverse_slopes_has_no_bias(measured):
    """At errors of 11 % the mean of 1 / slope would be 1.2 % high."""
    gains, slopes = (np.concatenate(each) for each in ([m.line.gain for m in measured], [m.line.inverse for m in measured]))
    error = gains.std() / np.sqrt(gains.size)
    assert abs(gains.mean() - 2.0) < 3.0 * error
    assert (1.0 / slopes).mean() - 2.0 > 4.0 * error


def test_no_bias_in_a_large_simulation():
    """Six million pixels of pairs know the gain to 0.07 %: photons, clipping, its correction and the fit leave nothing beyond that."""
    rng, cut = np.random.default_rng(34), boxes.cut(DetectorGeometry(*SHAPE), 32)
    bad, pool, found = np.zeros(SHAPE, np.uint8), np.zeros(256, int), []
    with Clipper(cut) as clipper:
        for _ in range(24):
            reads = [clipper.moments(*each, bad) for each in zip(*pairs(rng, SHAPE), strict=True)]
            found.append(gain_error.classic(stacked(reads), 5000.0, pool))
    gains = np.concatenate([each.gain for each in found])
    error = float(np.mean(found[0].gain_err)) / np.sqrt(gains.size)
    assert error < 0.0016
    assert abs(gains.mean() - 2.0) < 3.5 * error


@pytest.mark.parametrize("which", ESTIMATORS)
def test_standardised_errors_of_differences_have_width_one(measured, which):
    inverse, gains, common = [], [], []
    for each in measured:
        other = each.others[which]
        inverse.append((other.value - 0.5) / other.err)
        gains.append((other.gain - 2.0) / other.gain_err)
        common.append(np.nanmedian(other.noise_weight * each.noise.err / other.err))  # the noise of reads is that of the pool
    shared = float(np.mean(common)) / np.sqrt(len(measured))
    assert shared < 0.05
    assert 0.95 < width(np.concatenate(inverse)) < 1.05
    assert 0.95 < width(np.concatenate(gains)) < 1.05
    assert small(np.concatenate(inverse), shared)
    assert (measured[0].others[which].extrapolated == (which != "lag2")).all()


@pytest.mark.parametrize("which", ("classic", *ESTIMATORS))
def test_mean_over_pairs_has_width_one(measured, which):
    several = [each.line if which == "classic" else each.others[which] for each in measured]
    gain = np.mean([each.gain for each in several], axis=0)
    error = np.sqrt(np.sum([each.gain_err**2 for each in several], axis=0)) / len(several)
    assert 0.93 < width((gain - 2.0) / error) < 1.07


def test_noise_of_reads_is_that_of_the_simulation(measured):
    pulls = [(each.noise.value[0] - 50.0) / each.noise.err[0] for each in measured]
    assert np.abs(pulls).max() < 3.5
    assert all(each.noise.err[0] < 5.0 for each in measured)


def test_a_box_by_itself_knows_that_its_noise_is_its_own():
    """Pools of one box: the noise of reads comes from the same variances as the gain."""
    rng, own = np.random.default_rng(31), np.arange(len(BOXES))
    found = [measure_pair(*moments(*pairs(rng, SHAPE), BOXES), 5000.0, own) for _ in range(2)]
    for which in ESTIMATORS:
        pulls = np.concatenate([(each.others[which].value - 0.5) / each.others[which].err for each in found])
        assert 0.93 < width(pulls) < 1.07
    assert 0.93 < width(np.concatenate([(each.noise.value - 50.0) / each.noise.err for each in found])) < 1.07


def test_an_ordinary_fits_scatter_would_be_wrong(measured):
    """The scatter about a line through correlated points says too little: what the covariance is for."""
    reads, _ = moments(*pairs(np.random.default_rng(3), SHAPE), BOXES)
    slopes, errors = [], []
    for box in range(reads.mean.shape[1]):
        (slope, _), matrix = np.polyfit(reads.mean[:, box], reads.variance[:, box], 1, cov=True)
        slopes.append(slope)
        errors.append(np.sqrt(matrix[0, 0]))
    assert width((np.array(slopes) - 0.5) / np.array(errors)) > 1.15


def test_noise_of_the_reset_does_not_spoil_errors_or_read_noise():
    """All reads of a ramp share the noise of its reset: 20 DN here, beside 5 DN for each read."""
    rng, pulls = np.random.default_rng(6), {"gain": [], "noise": [], "read": []}
    for _ in range(2):
        one, two = (each + 20.0 * rng.standard_normal(SHAPE, np.float32) for each in pairs(rng, SHAPE))
        found = measure_pair(*moments(one, two, BOXES), 5000.0, ONE_POOL)
        pulls["gain"].append((found.line.gain - 2.0) / found.line.gain_err)
        pulls["noise"].append((found.line.noise - 2.0 * (5.0**2 + 20.0**2)) / found.line.noise_err)
        pulls["read"].append((found.noise.value[:1] - 50.0) / found.noise.err[:1])
    assert np.abs(np.concatenate(pulls.pop("read"))).max() < 3.5
    for each in pulls.values():
        assert 0.93 < width(np.concatenate(each)) < 1.07
        assert small(np.concatenate(each))


@pytest.mark.parametrize(("groups", "rate", "there"), [(3, 1500.0, ("adjacent", "lag1")), (4, 1100.0, ESTIMATORS)])
def test_few_groups_give_means_of_differences(groups, rate, there):
    """With fewer than three differences there is no line to take to zero signal: their mean, with an error that holds."""
    found = measure_pair(*moments(*pairs(np.random.default_rng(4), SHAPE, groups, rate), BOXES), 5000.0, ONE_POOL)
    assert tuple(found.others) == there
    for name, other in found.others.items():
        assert (other.extrapolated == (name == "adjacent" and groups == 4)).all()
        assert 0.92 < width((other.value - 0.5) / other.err) < 1.08
        assert abs(np.mean(other.value) - 0.5) < 4.0 * np.hypot(np.mean(other.err) / 32.0, np.mean(other.noise_weight) * found.noise.err[0])


def test_a_sector_with_brighter_boxes_is_not_taken_apart():
    """A fifth group within the limit in one half only: a line for lag one there, a mean in the other half, none without a value."""
    rate = np.where(np.arange(512) < 256, 960.0, 1040.0) * np.ones((512, 1))
    reads, differences = moments(*pairs(np.random.default_rng(33), SHAPE, 5, rate), BOXES)
    half = (BOXES.x > 256).astype(int)
    other = measure_pair(reads, differences, 5000.0, half).others["lag1"]
    assert (other.extrapolated == (half == 0)).all() and np.isfinite(other.value).all()
    assert not measure_pair(reads, differences, 5000.0, ONE_POOL).others["lag1"].extrapolated.any()
    for part in (half == 0, half == 1):
        assert 0.9 < width(((other.value - 0.5) / other.err)[part]) < 1.1


def test_many_groups_within_the_limit():
    """60 groups: every second one is in the line, all are in the differences, few of which have a read in common."""
    rng, cut = np.random.default_rng(35), boxes.cut(DetectorGeometry(256, 256), 16)
    found = [measure_pair(*moments(*pairs(rng, (256, 256), 60, 80.0), cut), 5000.0, np.zeros(256, int)) for _ in range(2)]
    assert found[0].line.points.max() == 30
    for name in ("classic", *ESTIMATORS):
        several = [each.line if name == "classic" else each.others[name] for each in found]
        values, errors = (np.concatenate([getattr(each, what) for each in several]) for what in ("gain", "gain_err"))
        assert 0.9 < width((values - 2.0) / errors) < 1.1
        assert abs(np.mean(values) - 2.0) < 4.0 * np.mean(errors) / np.sqrt(values.size)


def test_too_few_groups_are_nan():
    found = boxes.cut(DetectorGeometry(32, 32), 16)
    reads, differences = moments(*pairs(np.random.default_rng(1), (32, 32), groups=2), found)
    result = measure_pair(reads, differences, 5000.0, np.zeros(4, int))
    assert np.isnan(result.line.gain).all()
    assert result.noise is None and not result.others


def test_covariance_of_variances_by_simulation():
    """Variances of reads, of differences of the pair and of single ramps, against samples of all of them from the same draws."""
    rng, groups, size = np.random.default_rng(5), 4, 40
    steps = rng.normal(0.0, [3.0, 2.0, 2.5, 2.0], (2, 20000, size, groups))  # two flats
    flats = np.cumsum(steps, axis=-1) + rng.normal(0.0, 1.5, steps.shape)
    reads = np.cov((flats[0] - flats[1]).reshape(-1, groups).T)
    rows, samples = [], []
    for which, weights in read_covariance.COMBINATIONS.items():
        starts = np.arange(groups - len(weights) + 1)
        ones = np.ones((starts.size, 1))
        rows.append(read_covariance.Rows(which, starts, size * ones, ones))
        mixed = np.stack([sum(weight * flats[..., start + at] for at, weight in enumerate(weights)) for start in starts], axis=-1)
        used = (mixed[0] - mixed[1])[None] if which in ("reads", "adjacent") else mixed
        samples.append(used.var(axis=2, ddof=1).mean(axis=0))
    expected = np.block([[read_covariance.variance_covariance(reads[None], one, two)[0] for two in rows] for one in rows])
    found = np.cov(np.concatenate(samples, axis=1).T)
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert np.abs((found - expected) / scale).max() < 0.035  # four errors of a correlation from 20000 draws


def test_combinations_have_the_reports_noise_terms():
    for which, term in read_covariance.NOISE_TERMS.items():
        weights = np.array(read_covariance.COMBINATIONS[which])
        frames = 2.0 if which == "adjacent" else 1.0
        assert frames * (weights**2).sum() == term
        assert weights.sum() == 0


def test_gain_of_a_box_with_no_slope_is_nan():
    gain, error = gain_error.gain_of(np.array([-0.1, 0.5]), np.array([0.05, 0.05]), np.array([0.5, 0.5]))
    assert np.isnan(gain[0]) and np.isnan(error[0])
    assert gain[1] == pytest.approx(2.0 / 1.01) and error[1] == pytest.approx(0.2)
