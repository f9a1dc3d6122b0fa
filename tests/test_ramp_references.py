"""One pixel of reference files against astropy, and files that cannot be used."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from detgui.data.references import reference_value, single_read_noise
from detgui.errors import BadInput
from detgui.science.detector import DetectorGeometry

FULL = DetectorGeometry(2048, 2048, detector="NRS1", known=True)


def write_reference(path: Path, values, reftype="GAIN", detector="NRS1", unit=None, start=(1, 1)) -> Path:
    primary = fits.PrimaryHDU()
    primary.header["REFTYPE"], primary.header["DETECTOR"] = reftype, detector
    primary.header["SUBSTRT1"], primary.header["SUBSTRT2"] = start
    image = fits.ImageHDU(np.asarray(values, dtype=np.float32), name="SCI")
    if unit:
        image.header["BUNIT"] = unit
    fits.HDUList([primary, image]).writeto(path)
    return path


@pytest.fixture
def numbered(tmp_path):
    """A reference whose every pixel is 1000 y + x of the 0-based full frame."""
    y, x = np.mgrid[0:100, 0:200]
    return write_reference(tmp_path / "gain.fits", 1000 * y + x)


def test_subarray_is_cut_out_of_a_larger_reference(numbered):
    geometry = DetectorGeometry(16, 32, detector="NRS1", xstart=51, ystart=71, known=True)
    assert reference_value(numbered, "GAIN", geometry, 0, 0)[0] == 1000 * 70 + 50
    assert reference_value(numbered, "GAIN", geometry, 31, 15)[0] == 1000 * 85 + 81


def test_subarray_reference_for_the_same_subarray(tmp_path):
    path = write_reference(tmp_path / "bias.fits", np.arange(12).reshape(3, 4), "SUPERBIAS", start=(11, 21))
    geometry = DetectorGeometry(3, 4, detector="NRS1", xstart=11, ystart=21, known=True)
    assert reference_value(path, "SUPERBIAS", geometry, 3, 2)[0] == 11.0
    inner = DetectorGeometry(2, 2, detector="NRS1", xstart=12, ystart=22, known=True)
    assert reference_value(path, "SUPERBIAS", inner, 0, 0)[0] == 5.0


def test_a_pixel_outside_is_a_sentence(numbered):
    with pytest.raises(BadInput, match=r"gain\.fits \(200 x 100 pixels from 1, 1\) does not cover pixel 200, 0"):
        reference_value(numbered, "GAIN", FULL, 200, 0)


def test_wrong_detector_or_type_is_a_sentence(numbered):
    with pytest.raises(BadInput, match=r"gain\.fits is for detector NRS1, the exposure is of NRS2"):
        reference_value(numbered, "GAIN", DetectorGeometry(100, 200, detector="NRS2", known=True), 0, 0)
    with pytest.raises(BadInput, match=r"gain\.fits is a GAIN reference, not READNOISE"):
        reference_value(numbered, "READNOISE", FULL, 0, 0)


def test_files_that_cannot_be_used(tmp_path, numbered):
    cut = tmp_path / "cut.fits"
    cut.write_bytes(numbered.read_bytes()[:20_000])
    text = tmp_path / "text.fits"
    text.write_text("not a FITS file at all")
    empty = tmp_path / "empty.fits"
    empty.touch()
    cube = write_reference(tmp_path / "cube.fits", np.zeros((2, 3, 4)))
    packed = tmp_path / "packed.fits.gz"
    packed.write_bytes(gzip.compress(numbered.read_bytes())[:-400])
    for path in (cut, text, empty, cube, packed, tmp_path / "missing.fits", tmp_path):
        with pytest.raises(BadInput) as caught:
            reference_value(path, "GAIN", FULL, 0, 0)
        assert path.name in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_huge_claim_allocates_nothing(tmp_path, numbered):
    raw = numbered.read_bytes().replace(b"NAXIS1  =                  200", b"NAXIS1  =              2000000")
    path = tmp_path / "huge.fits"
    path.write_bytes(raw)
    with pytest.raises(BadInput, match=r"huge\.fits"):
        reference_value(path, "GAIN", FULL, 0, 0)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.fits")
    with pytest.raises(BadInput, match=r"pipe\.fits is not a regular file"):
        reference_value(tmp_path / "pipe.fits", "GAIN", FULL, 0, 0)


def test_a_reference_of_another_subarray_of_the_same_size(tmp_path):
    """As many pixels, but elsewhere on the detector: only what both have can be used."""
    y, x = np.mgrid[0:16, 0:16]
    path = write_reference(tmp_path / "gain.fits", 1000 * y + x, start=(101, 205))
    place = DetectorGeometry(16, 16, detector="NRS1", xstart=101, ystart=201, known=True)
    assert reference_value(path, "GAIN", place, 3, 9)[0] == 5003.0
    with pytest.raises(BadInput, match=r"does not cover pixel 3, 2"):
        reference_value(path, "GAIN", place, 3, 2)
    assert reference_value(path, "GAIN", DetectorGeometry(16, 16, detector="NRS1"), 3, 9)[0] == 9003.0


def test_packed_reference(tmp_path, numbered):
    packed = tmp_path / "packed.fits.gz"
    packed.write_bytes(gzip.compress(numbered.read_bytes()))
    assert reference_value(packed, "GAIN", FULL, 7, 3)[0] == 3007.0


def test_a_reference_that_changes_is_read_again(tmp_path):
    path = write_reference(tmp_path / "gain.fits", np.full((4, 4), 1.5))
    assert reference_value(path, "GAIN", FULL, 1, 1)[0] == 1.5
    path.unlink()
    write_reference(path, np.full((4, 5), 2.5))
    assert reference_value(path, "GAIN", FULL, 1, 1)[0] == 2.5


def test_single_read_noise_is_the_pipelines():
    """stcal's likelihood fit takes a READNOISE reference in DN and divides it by sqrt(2)."""
    from stcal.ramp_fitting import likely_fit

    assert single_read_noise(10.0, "DN", 1.9) == pytest.approx(10.0 / likely_fit.SQRT2)
    assert single_read_noise(10.0, "", np.nan) == pytest.approx(10.0 / np.sqrt(2.0))
    assert single_read_noise(19.0, "ELECTRONS", 1.9) == pytest.approx(10.0 / np.sqrt(2.0))
    assert np.isnan(single_read_noise(19.0, "electrons", np.nan))


@pytest.mark.parametrize(("detector", "fastaxis"), [("NRS1", 2), ("NRS2", -2)])
def test_irs2_rows_are_the_pipelines(tmp_path, detector, fastaxis):
    from jwst.refpix.irs2_subtract_reference import make_irs2_mask

    mask = make_irs2_mask(2048, 3200, 16, 4)
    science = mask if fastaxis > 0 else mask[::-1]  # as strip_ref_pixels does for NRS2
    expected = np.where(science, np.cumsum(science) - 1.0, np.nan)
    path = write_reference(tmp_path / "gain.fits", np.arange(2048)[:, None] * np.ones(2), detector=detector)
    geometry = DetectorGeometry(3200, 2, detector=detector, fastaxis=fastaxis, slowaxis=1, irs2=True, known=True)
    found = [reference_value(path, "GAIN", geometry, 1, y)[0] for y in range(3200)]
    assert found == pytest.approx(expected, nan_ok=True)


def test_irs2_frame_finds_its_pixel(tmp_path):
    path = write_reference(tmp_path / "gain.fits", np.arange(2048)[:, None] * np.ones(8))
    geometry = DetectorGeometry(3200, 8, detector="NRS1", fastaxis=2, slowaxis=1, irs2=True, known=True)
    assert reference_value(path, "GAIN", geometry, 2, 640)[0] == 0.0
    assert reference_value(path, "GAIN", geometry, 2, 652)[0] == 8.0
    assert np.isnan(reference_value(path, "GAIN", geometry, 2, 650)[0])
    assert np.isnan(reference_value(path, "GAIN", geometry, 2, 0)[0])


def test_real_references(shared_file):
    gain, noise = shared_file("nircam_gain_NRCBLONG_CV2.fits.gz"), shared_file("nircam_readnoise_NRCBLONG_CV2.fits.gz")
    geometry = DetectorGeometry(64, 64, detector="NRCBLONG", xstart=101, ystart=201, known=True)
    assert reference_value(gain, "GAIN", geometry, 3, 4)[0] == pytest.approx(1.9)
    value, unit = reference_value(noise, "READNOISE", geometry, 3, 4)
    assert unit == "ELECTRONS"
    assert value == fits.getdata(noise)[204, 103]
    bias = shared_file("jwst_nirspec_superbias_0075.fits")
    header = fits.getheader(bias)
    inside = DetectorGeometry(8, 8, detector="NRS1", xstart=header["SUBSTRT1"] + 10, ystart=header["SUBSTRT2"] + 5, known=True)
    assert reference_value(bias, "SUPERBIAS", inside, 1, 2)[0] == fits.getdata(bias, "SCI")[7, 11]
