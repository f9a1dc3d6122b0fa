"""Geometry against the pipeline's own frame transforms, reference-pixel sections and IRS2 mask."""

from __future__ import annotations

import numpy as np
import pytest

from detgui.science.detector import AXES, DetectorGeometry

reffile_utils = pytest.importorskip("jwst.lib.reffile_utils")
refpix = pytest.importorskip("jwst.refpix.reference_pixels")
irs2 = pytest.importorskip("jwst.refpix.irs2_subtract_reference")

NIR = sorted(name for name in AXES if not name.startswith("MIR"))


def geometry(detector: str, **changes) -> DetectorGeometry:
    nx, ny = (1032, 1024) if detector.startswith("MIR") else (2048, 2048)
    fast, slow = AXES[detector]
    settings = {"ny": ny, "nx": nx, "detector": detector, "fastaxis": fast, "slowaxis": slow, "noutputs": 4, "known": True}
    return DetectorGeometry(**{**settings, **changes})


def science_frames(detector: str) -> tuple[np.ndarray, np.ndarray]:
    """1-based raw (column, row) of every pixel of the full frame in science orientation, made by the pipeline."""
    nx, ny = (1032, 1024) if detector.startswith("MIR") else (2048, 2048)
    row, column = np.mgrid[1 : ny + 1, 1 : nx + 1]
    return tuple(reffile_utils.detector_science_frame_transform(index, *AXES[detector]) for index in (column, row))


def test_every_detector_of_the_offline_table():
    expected = {"NRCA1": (-1, 2), "NRCA2": (1, -2), "NRCB1": (1, -2), "NRCB2": (-1, 2), "NRCALONG": (-1, 2), "NRCBLONG": (1, -2)}
    assert {name: AXES[name] for name in expected} == expected
    assert AXES["NRCA5"] == AXES["NRCALONG"]
    assert AXES["NRCB5"] == AXES["NRCBLONG"]


@pytest.mark.parametrize("name", ["add_wcs_default_acq1"])
def test_axes_agree_with_a_flight_header(flight_ramp, name):
    from astropy.io import fits

    header = fits.getheader(flight_ramp)
    assert AXES[header["DETECTOR"]] == (header["FASTAXIS"], header["SLOWAXIS"])


@pytest.mark.parametrize("detector", sorted(AXES))
@pytest.mark.parametrize("corner", [(1, 1), (887, 601)])
def test_to_detector_is_the_pipelines_transform(detector, corner):
    columns, rows = science_frames(detector)
    x0, y0 = corner
    shape = geometry(detector, xstart=x0, ystart=y0, nx=columns.shape[1] - x0 + 1, ny=columns.shape[0] - y0 + 1)
    rng = np.random.default_rng(3)
    for x, y in zip(rng.integers(0, shape.nx, 50), rng.integers(0, shape.ny, 50), strict=True):
        full = shape.to_full(int(x), int(y))
        assert full == (x + x0, y + y0)
        assert shape.to_detector(int(x), int(y)) == (columns[full[1] - 1, full[0] - 1], rows[full[1] - 1, full[0] - 1])


@pytest.mark.parametrize("detector", NIR)
def test_amplifier_map_is_the_sections_of_refpix(detector):
    in_detector = np.zeros((2048, 2048), np.uint8)
    for number, letter in enumerate("ABCD", 1):
        r0, r1, c0, c1 = refpix.NIR_reference_sections[letter]["data"]
        in_detector[r0:r1, c0:c1] = number
    expected = reffile_utils.detector_science_frame_transform(in_detector, *AXES[detector])
    assert np.array_equal(geometry(detector).amplifier_map(), expected)


def test_miri_outputs_are_the_sections_of_refpix():
    expected = np.zeros((1024, 1032), np.uint8)
    for number, letter in enumerate("ABCD", 1):
        r0, r1, c0, c1, step = refpix.MIR_reference_sections[letter]["data"]
        expected[r0:r1, c0:c1:step] = number
    shape = geometry("MIRIMAGE")
    assert np.array_equal(shape.amplifier_map(), expected)
    assert shape.amplifier_boundaries() == ("x", ())


@pytest.mark.parametrize(
    ("detector", "letters"),
    [("NRCA1", "DCBA"), ("NRCB1", "ABCD"), ("NRS1", "ABCD"), ("NRS2", "DCBA"), ("NIS", "DCBA"), ("GUIDER1", "DCBA"), ("GUIDER2", "ABCD")],
)
def test_letters_left_to_right_or_upwards(detector, letters):
    shape = geometry(detector)
    axis, edges = shape.amplifier_boundaries()
    assert axis == ("x" if detector.startswith("NRC") else "y")
    assert edges == (511.5, 1023.5, 1535.5)
    centres = [255, 767, 1279, 1791]
    assert "".join(shape.amplifier(c, 9) if axis == "x" else shape.amplifier(9, c) for c in centres) == letters


@pytest.mark.parametrize("detector", ["NRCA1", "NRCB1", "NRS1", "NRS2", "MIRIFULONG"])
def test_single_pixels_agree_with_the_map_in_a_subarray(detector):
    shape = geometry(detector, nx=40, ny=30, xstart=500, ystart=1010 if detector != "MIRIFULONG" else 900)
    outputs = shape.amplifier_map()
    reference = shape.reference_pixels()
    letters = np.array([[shape.amplifier(x, y) for x in range(40)] for y in range(30)])
    assert np.array_equal(letters, np.array(list(" ABCD"))[outputs])
    assert np.array_equal([[shape.is_reference(x, y) for x in range(40)] for y in range(30)], reference)


def test_subarray_boundaries_lie_between_the_letters():
    shape = geometry("NRCA1", nx=100, ny=10, xstart=480, ystart=1)
    axis, edges = shape.amplifier_boundaries()
    assert (axis, edges) == ("x", (32.5,))
    assert [shape.amplifier(x, 0) for x in (0, 32, 33, 99)] == ["D", "D", "C", "C"]


def test_outputs_that_are_not_known():
    one = geometry("NRS1", nx=512, ny=32, xstart=1025, ystart=957, noutputs=1)
    assert one.amplifier(3, 3) == ""
    assert one.single_output
    assert not one.amplifier_map().any()
    assert one.amplifier_boundaries() == ("y", ())
    unknown = geometry("NIS", ny=96, ystart=1803, noutputs=0)
    assert unknown.amplifier(3, 3) == ""
    assert geometry("NIS", noutputs=0).amplifier(3, 3) == "D"


def test_files_without_geometry():
    plain = DetectorGeometry(ny=2048, nx=2048)
    assert plain.to_full(0, 1) == plain.to_detector(0, 1) == (1, 2)
    assert plain.amplifier(0, 0) == ""
    assert not plain.reference_pixels().any()
    assert not plain.is_reference(0, 0)


def test_reference_pixels_of_the_full_frame():
    border = np.ones((2048, 2048), bool)
    border[4:-4, 4:-4] = False
    assert np.array_equal(geometry("NRCA1").reference_pixels(), border)
    miri = np.zeros((1024, 1032), bool)
    miri[:, :4] = miri[:, -4:] = True
    assert np.array_equal(geometry("MIRIMAGE").reference_pixels(), miri)


def test_reference_pixels_that_fall_inside_a_subarray():
    mask = geometry("NRCA1", nx=64, ny=32, xstart=1985, ystart=1).reference_pixels()
    expected = np.zeros((32, 64), bool)
    expected[:4, :] = expected[:, -4:] = True
    assert np.array_equal(mask, expected)


@pytest.mark.parametrize("detector", ["NRS1", "NRS2"])
class TestIrs2:
    def raw(self, detector):
        return geometry(detector, ny=3200, noutputs=5, irs2=True)

    def science(self, detector):
        mask = irs2.make_irs2_mask(2048, 3200, 16, 4)
        return mask if detector == "NRS1" else mask[::-1]

    def test_samples_and_pixels(self, detector):
        shape, mask = self.raw(detector), self.science(detector)
        rows = [shape.irs2_science_row(y) for y in range(3200)]
        assert [row is not None for row in rows] == mask.tolist()
        assert [row for row in rows if row is not None] == list(range(1, 2049))

    def test_reference_samples_are_no_pixels(self, detector):
        shape, mask = self.raw(detector), self.science(detector)
        assert {shape.to_full(7, int(y)) for y in np.flatnonzero(~mask)} == {(0, 0)}
        assert {shape.to_detector(7, int(y)) for y in np.flatnonzero(~mask)} == {(0, 0)}
        assert {shape.amplifier(7, int(y)) for y in np.flatnonzero(~mask)} == {"R"}

    def test_a_science_sample_is_the_pixel_of_the_stripped_frame(self, detector):
        shape, mask = self.raw(detector), self.science(detector)
        stripped = geometry(detector, noutputs=5, irs2=True)
        assert not stripped.interleaved
        for new, old in enumerate(np.flatnonzero(mask)):
            assert shape.to_detector(100, int(old)) == stripped.to_detector(100, new)
            assert shape.amplifier(100, int(old)) == stripped.amplifier(100, new)

    def test_maps(self, detector):
        shape, mask = self.raw(detector), self.science(detector)
        stripped = geometry(detector, noutputs=5, irs2=True)
        assert np.array_equal(shape.amplifier_map()[mask], stripped.amplifier_map())
        assert not shape.amplifier_map()[~mask].any()
        assert shape.reference_pixels()[~mask].all()
        assert np.array_equal(shape.reference_pixels()[mask], stripped.reference_pixels())

    def test_boundaries(self, detector):
        axis, edges = self.raw(detector).amplifier_boundaries()
        assert (axis, edges) == ("y", (639.5, 1279.5, 1919.5, 2559.5))
