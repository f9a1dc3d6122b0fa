"""Even and odd columns by reference pixels: against jwst's own routine, and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from detgui.errors import BadInput
from detgui.science.detector import AXES, FULL_SIZE, DetectorGeometry
from detgui.science.even_odd import EVEN, ODD, clipped_mean, read_layout, reference_levels, subtract_levels


def geometry(detector="NRCB1", ny=FULL_SIZE, nx=FULL_SIZE, xstart=1, ystart=1, noutputs=4, **more):
    fast, slow = AXES[detector]
    return DetectorGeometry(ny, nx, detector, fast, slow, xstart, ystart, noutputs, known=True, **more)


def frames(shape, seed=3):
    """Two groups with noise, a level for each sector and parity, and a few reference pixels far off."""
    rng = np.random.default_rng(seed)
    values = rng.normal(5000, 12, (2, *shape)).astype(np.float32)
    values[:, rng.integers(0, 4, 40), rng.integers(0, shape[1], 40)] += 3000
    return values


def jwst_refpix(values, place):
    """The groups after jwst's refpix, odd and even columns, no side pixels."""
    from jwst.refpix import reference_pixels
    from stdatamodels.jwst import datamodels

    model = datamodels.RampModel(values[None].copy())
    model.pixeldq = np.where(place.reference_pixels(), 2147483648, 0).astype(np.uint32)  # REFERENCE_PIXEL alone
    model.meta.instrument.name = (
        "NIRCAM" if place.detector.startswith("NRC") else "NIRSPEC" if place.detector.startswith("NRS") else "NIRISS"
    )
    model.meta.instrument.detector = place.detector
    model.meta.exposure.noutputs = place.noutputs
    for name, value in {
        "name": "FULL" if place.full_frame else "GENERIC",
        "xstart": place.xstart,
        "ystart": place.ystart,
        "xsize": place.nx,
        "ysize": place.ny,
        "fastaxis": place.fastaxis,
        "slowaxis": place.slowaxis,
    }.items():
        setattr(model.meta.subarray, name, value)
    kernel = {"refpix_algorithm": "median", "sirs_kernel_model": None, "sigreject": 4.0, "gaussmooth": 1.0, "halfwidth": 30}
    status = reference_pixels.correct_model(
        model,
        odd_even_columns=True,
        use_side_ref_pixels=False,
        side_smoothing_length=11,
        side_gain=1.0,
        odd_even_rows=True,
        conv_kernel_params=kernel,
        siglimit=3.0,
    )
    assert status == reference_pixels.REFPIX_OK
    return model.data[0]


@pytest.mark.parametrize(
    "place",
    [
        geometry("NRCB1"),
        geometry("NRCA1"),
        geometry("NRS1"),
        geometry("NIS"),
        geometry("NRCB1", ny=256),
        geometry("NRCA1", ny=64, ystart=1985),
    ],
    ids=["B1", "A1", "NRS1", "NIS", "bottom rows", "top rows"],
)
def test_as_jwst_does_it(place):
    values = frames((place.ny, place.nx))
    columns = np.arange(place.nx) if place.fast_is_x else np.arange(place.ny)
    offset = np.where(columns % 2, 400.0, -300.0) + 50 * (columns // 512)
    values += (offset[None, None, :] if place.fast_is_x else offset[None, :, None]).astype(np.float32)
    expected = jwst_refpix(values, place)
    layout = read_layout(place)
    levels = reference_levels(values, layout)
    assert levels.shape == (2, 4, 2)
    assert np.abs(levels[:, :, ODD] - levels[:, :, EVEN]).min() > 600
    subtract_levels(values, layout, levels)
    np.testing.assert_allclose(values, expected, atol=0.02)


def test_odd_columns_are_those_of_the_detector():
    """On a detector that is read from right to left the first column of the file is number 2048, an even one."""
    for detector, first_is_even in (("NRCA1", True), ("NRCB1", False)):
        place = geometry(detector)
        values = np.zeros((1, FULL_SIZE, FULL_SIZE), np.float32)
        values[:, :, 0::2] = 10.0
        levels = reference_levels(values, read_layout(place))
        np.testing.assert_allclose(levels[0, :, EVEN if first_is_even else ODD], 10.0)
        np.testing.assert_allclose(levels[0, :, ODD if first_is_even else EVEN], 0.0)


def test_a_subarray_with_an_odd_first_column_and_one_output():
    place = geometry("NRCB1", ny=32, nx=64, xstart=102, ystart=1, noutputs=1)
    layout = read_layout(place)
    assert layout.names == ("",)
    values = np.zeros((1, 32, 64), np.float32)
    values[:, :, 0::2] = 10.0  # full-frame columns 102, 104, ... (NRCB1 is read from left to right)
    levels = reference_levels(values, layout)
    np.testing.assert_allclose(levels, [[[10.0, 0.0]]])
    subtract_levels(values, layout, levels)
    assert not values.any()


def test_pixels_that_must_not_be_used_are_left_out():
    place = geometry("NRCB1", ny=64)
    layout = read_layout(place)
    values = np.full((1, 64, FULL_SIZE), 100.0, np.float32)
    values[:, 0, :512] = 300.0
    values[:, 1, 10] = np.nan
    usable = np.ones((64, FULL_SIZE), bool)
    usable[0, :512] = False
    np.testing.assert_allclose(reference_levels(values, layout, usable), 100.0)
    usable[:4, :512] = False
    levels = reference_levels(values, layout, usable)
    assert np.isnan(levels[0, 0]).all()
    before = values.copy()
    subtract_levels(values, layout, levels)
    np.testing.assert_array_equal(values[:, :, :512], before[:, :, :512])
    np.testing.assert_allclose(values[:, :, 512:], 0.0)


def test_clipping_is_scipys():
    from scipy.stats import sigmaclip

    rng = np.random.default_rng(5)
    values = rng.normal(0, 1, (20, 300))
    values[:, :7] += rng.uniform(3, 40, (20, 7))
    expected = [sigmaclip(row, 3.0, 3.0).clipped.mean() for row in values]
    np.testing.assert_allclose(clipped_mean(values, np.ones(values.shape, bool), 3.0), expected, rtol=1e-12)
    assert np.isnan(clipped_mean(values, np.zeros(values.shape, bool), 3.0)).all()


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (geometry("NRCB1", ny=64, ystart=500), "no reference rows"),
        (DetectorGeometry(2048, 2048), "near-infrared JWST detector"),
        (geometry("NRS1", ny=3200, nx=2048, irs2=True), "IRS2"),
    ],
)
def test_where_there_is_nothing_to_go_by(place, words):
    with pytest.raises(BadInput, match=words):
        read_layout(place)
