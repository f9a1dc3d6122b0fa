"""Errors of fluxes where the noise of pixels is correlated: against sums worked out in full, and on drizzled mosaics."""

from __future__ import annotations

import numpy as np
import pytest
from drizzle_help import drizzled, write_mosaic
from scipy.ndimage import convolve

from detgui.analysis import offset_photometry
from detgui.science import offset_noise
from detgui.science.offset_noise import ALONE, correlation, sum_error, tiles
from detgui.science.offset_photometry import Footprint, measure

KERNEL = np.outer([0.25, 0.5, 0.25], [0.2, 0.6, 0.2])


@pytest.fixture(scope="module")
def blurred():
    """White noise of width 2 through a kernel."""
    return convolve(np.random.default_rng(1).normal(0, 2.0, (500, 400)), KERNEL, mode="wrap")


def test_correlation_is_that_of_the_kernel(blurred):
    from scipy.signal import correlate

    use = np.random.default_rng(2).random(blurred.shape) < 0.6
    found = correlation(np.where(use, blurred, 1e6) + 3.0, np.full(blurred.shape, 2.0), use, reach=3)
    expected = np.zeros((7, 7))
    expected[1:6, 1:6] = correlate(KERNEL, KERNEL)
    assert found == pytest.approx(expected, abs=0.006)


def test_large_images_are_sampled_evenly(blurred, monkeypatch):
    shapes = {(1024, 1024): 1, (1025, 3000): 6, (9000, 9000): 16}
    for shape, count in shapes.items():
        found = tiles(shape)
        assert len(found) == count
        assert found[0][0].start == found[0][1].start == 0
        assert found[-1][0].stop >= shape[0]
        assert found[-1][1].stop >= shape[1]
    whole = correlation(blurred, np.full(blurred.shape, 2.0), np.ones(blurred.shape, bool))
    monkeypatch.setattr(offset_noise, "TILE", 130)
    assert correlation(blurred, np.full(blurred.shape, 2.0), np.ones(blurred.shape, bool)) == pytest.approx(whole, abs=0.01)


def test_outliers_of_the_sky_do_not_count(blurred):
    spoilt = blurred.copy()
    spoilt[np.random.default_rng(3).random(blurred.shape) < 0.002] += 200.0
    everywhere, err = np.ones(blurred.shape, bool), np.full(blurred.shape, 2.0)
    assert correlation(spoilt, err, everywhere)[8, 8] == pytest.approx(correlation(blurred, err, everywhere)[8, 8], rel=0.02)


def test_too_few_pixels_are_taken_as_independent(blurred):
    few = np.zeros(blurred.shape, bool)
    few[:10, :10] = True
    found = correlation(blurred, np.ones(blurred.shape), few)
    assert found[8, 8] == 1.0
    assert found.sum() == 1.0


def test_error_of_a_sum_is_the_double_sum():
    rng = np.random.default_rng(4)
    noise, shared = rng.uniform(0, 1, (4, 6)), rng.uniform(0, 1, (5, 5))
    shared = shared + shared[::-1, ::-1]  # of a pair either way
    total = 0.0
    for a in np.ndindex(noise.shape):
        for b in np.ndindex(noise.shape):
            dy, dx = a[0] - b[0], a[1] - b[1]
            total += noise[a] * noise[b] * (shared[dy + 2, dx + 2] if max(abs(dy), abs(dx)) <= 2 else 0.0)
    assert sum_error(noise, shared) == pytest.approx(np.sqrt(total))
    assert sum_error(noise, ALONE) == pytest.approx(np.sqrt((noise**2).sum()))


def test_spread_of_empty_places(blurred):
    """Fluxes of places with nothing are as wide as their errors, and wider than those of independent pixels."""
    nothing, err = np.zeros(blurred.shape, bool), np.full(blurred.shape, 2.0)
    shared = correlation(blurred, err, ~nothing)
    rows, columns = np.mgrid[:11, :11]
    mask, ident = np.hypot(rows - 5, columns - 5) <= 5, np.eye(2)
    found = [
        measure(blurred, err, nothing, nothing, Footprint(mask, x - 5, y - 5, (x, y), ident, (4.0, 4.0, 0.0)), (x, y), ident, shared)
        for x in range(10, 390, 13)
        for y in range(10, 490, 13)
    ]
    assert np.std([each.iso / each.iso_err for each in found]) == pytest.approx(1.0, abs=0.06)
    assert np.std([each.kron / each.kron_err for each in found]) == pytest.approx(1.0, abs=0.06)
    assert np.std([each.iso for each in found]) > 1.5 * np.sqrt(mask.sum()) * 2.0 * np.sqrt((KERNEL**2).sum())


@pytest.mark.parametrize("scale", [0.03, 0.06])  # arcsec: half a pixel of the detector, and the paper's
def test_magnitudes_of_drizzled_mosaics_have_honest_errors(tmp_path, scale):
    rng = np.random.default_rng(5)
    size = round(20 / scale)
    grid = np.arange(round(1 / scale), size - round(1 / scale), 0.95 / scale)
    x, y = (each.ravel() + rng.uniform(-3, 3, grid.size**2) for each in np.meshgrid(grid, grid))
    mag = rng.uniform(20.0, 22.3, x.size)
    epochs = (("1", "NRCBLONG", "2022-07-08", 3.0), ("2", "NRCALONG", "2023-01-06", 183.0))
    files = []
    for epoch, detector, date, angle in epochs:
        sci, err = drizzled(rng, size, scale, angle, x, y, mag)
        files.append(write_mosaic(tmp_path / f"epoch{epoch}_i2d.fits", sci, err, scale, detector, date))
    catalog = offset_photometry.run(files)
    one, two = (catalog.take(catalog.epoch == epoch) for epoch, *_ in epochs)
    _, a, b = np.intersect1d(one.ident, two.ident, return_indices=True)
    pulls = (two.mag[b] - one.mag[a]) / np.hypot(one.err[a], two.err[b])
    low, high = np.percentile(pulls, (16, 84))
    assert a.size > 250
    assert (high - low) / 2 == pytest.approx(1.0, abs=0.1)
