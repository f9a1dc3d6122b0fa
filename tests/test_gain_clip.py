"""Clipped moments against astropy, and the table of what clipping takes."""

import numpy as np
import pytest
from astropy.stats import sigma_clip
from gain_fakes import pairs

from detgui.analysis.box_clipper import BoxWork, Clipper, Images, Rooms
from detgui.errors import BadInput
from detgui.science import boxes, clip_factor, clip_plan
from detgui.science.detector import DetectorGeometry


def check_against_astropy(found, one, two, bad, level, tolerance=1e-6):
    with Clipper(found, level, correct=False) as clipper:
        moments = clipper.moments(one, two, bad)
    for box in range(len(found)):
        here = (found.labels == box) & (bad == 0) & np.isfinite(one) & np.isfinite(two)
        kept = [
            sigma_clip(each[here].astype(np.float64), sigma=level, cenfunc="mean", maxiters=None, masked=False)
            for each in (one + two, one - two)
        ]
        np.testing.assert_allclose(moments.mean[box], kept[0].mean(), rtol=tolerance)
        np.testing.assert_allclose(moments.variance[box], kept[1].var(ddof=1), rtol=tolerance)
        assert moments.pixels[box] == here.sum()


@pytest.mark.parametrize("size", [8, 20, 24, 32, 64])
@pytest.mark.parametrize("level", [2.5, 3.0])
def test_boxes_are_clipped_as_astropy_clips_them(size, level):
    """Small boxes side by side (8 and 20 pixels), large ones (24 and more) in one chunk and in several."""
    rng = np.random.default_rng(11)
    one, two = pairs(rng, (96, 64), groups=1)[:, 0]
    one[rng.random(one.shape) < 0.01] += 800.0
    two[5, 7], two[50, 3], one[40, 40] = np.nan, np.inf, -np.inf
    bad = (rng.random(one.shape) < 0.02).astype(np.uint8)
    check_against_astropy(boxes.cut(DetectorGeometry(96, 64), size), one, two, bad, level)


@pytest.mark.parametrize("size", [10, 40])
def test_voids_of_any_outline_are_clipped_as_astropy_clips_them(size):
    rng = np.random.default_rng(4)
    rows, columns = np.indices((120, 130))
    ring = np.abs(np.hypot(columns - 70, rows - 55) - 30) < 9
    found = boxes.cut(DetectorGeometry(120, 130), size, [ring], [rng.random((120, 130)) < 0.1])
    one, two = pairs(rng, (120, 130), groups=1)[:, 0]
    check_against_astropy(found, one, two, np.zeros(one.shape, np.uint8), 3.0)


@pytest.mark.parametrize("size", [8, 40])
def test_digits_are_kept_far_from_zero_and_beside_wild_pixels(size):
    """Flats of 60,000 DN that differ by 30,000, a gradient across the box, and cosmic rays where the first centre is looked for."""
    rng = np.random.default_rng(5)
    ramp = np.linspace(0.0, 300.0, 80)[:, None]
    one, two = (np.float32(level + ramp + 8.0 * rng.standard_normal((80, 80))) for level in (60_000.0, 30_000.0))
    one[::size, ::size] += 4.0e6
    one[size // 2 :: size, ::size] += 2.0e6
    one[size - 1 :: size, size - 1 :: size] -= 3.0e6
    check_against_astropy(boxes.cut(DetectorGeometry(80, 80), size), one, two, np.zeros(one.shape, np.uint8), 3.0)


def test_a_heavy_tail_takes_many_passes():
    rng = np.random.default_rng(6)
    one = np.float32(1000.0 + 20.0 * rng.standard_cauchy((96, 96)))
    two = np.float32(1000.0 + 20.0 * rng.standard_normal((96, 96)))
    for size in (16, 48):
        check_against_astropy(boxes.cut(DetectorGeometry(96, 96), size), one, two, np.zeros(one.shape, np.uint8), 2.5)


@pytest.mark.parametrize("size", [8, 40])
def test_constant_boxes_have_no_variance(size):
    one = np.full((80, 80), 12345.678, np.float32)
    with Clipper(boxes.cut(DetectorGeometry(80, 80), size)) as clipper:
        moments = clipper.moments(one, one, np.zeros(one.shape, np.uint8))
    np.testing.assert_array_equal(moments.variance, 0.0)
    np.testing.assert_allclose(moments.mean, 2.0 * np.float64(one[0, 0]), rtol=1e-7)


@pytest.mark.parametrize("size", [8, 40])
def test_reads_kept_as_whole_numbers_give_the_same_figures(size):
    rng = np.random.default_rng(7)
    whole = [rng.normal(2000.0, 90.0, (80, 80)).astype(np.int16) for _ in range(2)]
    worse = rng.integers(0, 4, (80, 80)).astype(np.uint8)
    found = boxes.cut(DetectorGeometry(80, 80), size)
    with Clipper(found, 3.0, correct=False) as clipper:
        expected = clipper.moments(*(np.float32(each) * np.float32(0.25) for each in whole), (worse > 1).astype(np.uint8))
    out = np.empty((len(found), 2, 4))
    work = BoxWork(found.runs(), found.pixels, 3.0, 1)
    work.clip(0, Rooms(), Images(whole[0].reshape(-1), whole[1].reshape(-1), worse.reshape(-1), 1, 0.25), out)
    np.testing.assert_allclose(out[:, 1, 2], expected.mean, rtol=1e-6)
    np.testing.assert_allclose(out[:, 0, 3], expected.variance, rtol=1e-6)


@pytest.mark.parametrize("workers", [1, 3, 8])
def test_threads_share_the_boxes_out(workers):
    rng = np.random.default_rng(8)
    one, two = pairs(rng, (200, 150), groups=1)[:, 0]
    found = boxes.cut(DetectorGeometry(200, 150), 30, [np.hypot(*(np.indices((200, 150)) - 70)) < 10])
    assert found.pixels.min() <= 512 < found.pixels.max()
    results = []
    for count in (2, workers):
        with Clipper(found, workers=count) as clipper:
            results.append(clipper.moments(one, two, np.zeros(one.shape, np.uint8)).variance)
    np.testing.assert_array_equal(*results)
    assert np.isfinite(results[0]).all()


def test_groups_of_boxes_read_every_pixel_once_and_in_order():
    found = boxes.cut(DetectorGeometry(300, 260), 50, [np.hypot(*(np.indices((300, 260)) - 120)) < 60])
    plan = clip_plan.large(found.runs(), np.arange(len(found)))
    order, sizes, offsets, starts, lengths, places, first_boxes, first_runs = plan.arrays
    assert sorted(order) == list(range(len(found))) and (sizes == found.pixels[order]).all()
    assert lengths.sum() == found.pixels.sum()
    for group in range(len(plan)):
        runs = slice(first_runs[group], first_runs[group + 1])
        assert (np.diff(starts[runs]) > 0).all()
        scratch = np.full(plan.room * 512, -1)
        for start, length, place in zip(starts[runs], lengths[runs], places[runs], strict=True):
            assert (scratch[place : place + length] == -1).all()
            scratch[place : place + length] = found.labels.reshape(-1)[start : start + length]
        for at in range(first_boxes[group], first_boxes[group + 1]):
            assert (scratch[offsets[at] * 512 : offsets[at] * 512 + sizes[at]] == order[at]).all()


def test_level_zero_clips_nothing():
    one, two = pairs(np.random.default_rng(2), (16, 16), groups=1)[:, 0]
    with Clipper(boxes.cut(DetectorGeometry(16, 16), 16), 0.0) as clipper:
        moments = clipper.moments(one, two, np.zeros((16, 16), np.uint8))
    np.testing.assert_allclose(moments.variance, np.var(np.float64(one) - np.float64(two), ddof=1), rtol=1e-6)


def test_boxes_without_pixels_are_nan():
    one = np.ones((16, 16), np.float32)
    with Clipper(boxes.cut(DetectorGeometry(16, 16), 8)) as clipper:
        moments = clipper.moments(one, one, np.ones((16, 16), np.uint8))
    assert np.isnan(moments.variance).all() and np.isnan(moments.mean).all()


def test_factors_known_from_elsewhere():
    large, _ = clip_factor.factors(3.0, np.array([1e9]))
    assert large[0] == pytest.approx(0.9699, abs=1e-4)
    small, _ = clip_factor.factors(3.0, np.array([64.0]))
    assert small[0] == pytest.approx(0.977, abs=1.5e-3)
    assert clip_factor.factors(0.0, np.array([10.0]))[0][0] == 1.0
    with pytest.raises(BadInput, match=r"2\.7"):
        clip_factor.factors(2.7, np.array([10.0]))


@pytest.mark.parametrize(("level", "size"), [(3.0, 16), (3.0, 200), (2.5, 64)])
def test_factor_makes_the_clipped_variance_true(level, size):
    """Against astropy's clipping of Gaussian samples, which are not those of the table."""
    rng = np.random.default_rng(77)
    values = rng.standard_normal((1_200_000 // size, size))
    kept = sigma_clip(values, sigma=level, cenfunc="mean", maxiters=None, axis=1)
    variances = np.ma.var(kept, axis=1, ddof=1).filled(np.nan)
    factor, excess = clip_factor.factors(level, np.array([float(size)]))
    error = variances.std() / np.sqrt(variances.size)
    assert abs(variances.mean() / factor[0] - 1.0) < 4.0 * error / factor[0]
    assert (variances.std() / factor[0]) ** 2 == pytest.approx(excess[0] * 2.0 / (size - 1), rel=0.08)
