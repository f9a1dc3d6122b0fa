"""Clipped moments against astropy, and the table of what clipping takes."""

import numpy as np
import pytest
from astropy.stats import sigma_clip
from gain_fakes import pairs

from detgui.analysis.box_clipper import Clipper
from detgui.errors import BadInput
from detgui.science import boxes, clip_factor
from detgui.science.detector import DetectorGeometry


@pytest.mark.parametrize("size", [8, 32])
@pytest.mark.parametrize("level", [2.5, 3.0])
def test_boxes_are_clipped_as_astropy_clips_them(size, level):
    rng = np.random.default_rng(11)
    one, two = pairs(rng, (96, 64), groups=1)[:, 0]
    one[rng.random(one.shape) < 0.01] += 800.0
    two[5, 7] = np.nan
    bad = (rng.random(one.shape) < 0.02).astype(np.uint8)
    found = boxes.cut(DetectorGeometry(96, 64), size)
    with Clipper(found, level, correct=False) as clipper:
        moments = clipper.moments(one, two, bad)
    for box in range(len(found)):
        here = (found.labels == box) & (bad == 0) & np.isfinite(two)
        kept = [
            sigma_clip(each[here].astype(np.float64), sigma=level, cenfunc="mean", maxiters=None, masked=False)
            for each in (one + two, one - two)
        ]
        np.testing.assert_allclose(moments.mean[box], kept[0].mean(), rtol=1e-6)
        np.testing.assert_allclose(moments.variance[box], kept[1].var(ddof=1), rtol=1e-6)
        assert moments.pixels[box] == here.sum()


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
