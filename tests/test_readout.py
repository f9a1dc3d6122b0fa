"""The read-out of single pixels, by hand and on the real flight ramp."""

from __future__ import annotations

import math

import numpy as np
import pytest
from astropy.io import fits
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st

from detgui.analysis.readout import Readout, readout, time_text, value_text
from detgui.data.wcs import Place
from detgui.errors import BadInput
from detgui.science.detector import AXES, DetectorGeometry


def geometry(detector="NRS1", **changes):
    fast, slow = AXES[detector]
    settings = {"ny": 32, "nx": 2048, "detector": detector, "fastaxis": fast, "slowaxis": slow, "known": True}
    return DetectorGeometry(**{**settings, **changes})


VALUES = np.full((32, 2048), 23511, np.uint16)
DQ = np.zeros((32, 2048), np.uint32)
DQ[14, 1032] = 4


def test_the_line_of_a_nirspec_pixel():
    shape = geometry(xstart=1, ystart=946, noutputs=4)
    found = readout(shape, "DN", VALUES, DQ, None, 1032, 14, Place(wavelength_um=3.9104))
    # NRS1 has its fast axis along +y and its slow one along +x: raw column 960 is read by output B (513 to 1024).
    assert found.as_text() == "x 1032 y 14  DS9 1033 15  full 1033 960  det 960 1033  23511 DN  JUMP_DET  amp B  wave 3.91 um"


def test_everything_known():
    shape = geometry("NRCA1", ny=2048, noutputs=4)
    values = np.zeros((2048, 2048), np.float32)
    values[3, 2046] = 1.5
    time = Time("2022-04-27T00:31:02.123", scale="utc")
    found = readout(shape, "DN/s", values, None, None, 2046, 3, Place(14.5, -72.25, note="coarse"), time.mjd)
    assert found.detector == (2, 4)
    assert (found.ra_deg, found.dec_deg, found.note) == (14.5, -72.25, "coarse")
    expected = "x 2046 y 3  DS9 2047 4  full 2047 4  det 2 4  1.5 DN/s  amp A  reference pixel  RA 14.500000 Dec -72.250000"
    assert found.as_text() == expected + "  2022-04-27T00:31:02.123 UTC"


def test_a_file_without_geometry_has_no_other_frames():
    found = readout(DetectorGeometry(ny=32, nx=2048), "", VALUES, None, None, 0, 31)
    assert found.as_text() == "x 0 y 31  DS9 1 32  23511"
    assert found.full == found.detector == (1, 32)


def test_one_output_without_a_letter():
    assert "one output" in readout(geometry(noutputs=1, ystart=900), "DN", VALUES, None, None, 5, 5).as_text()
    assert "output" not in readout(geometry(noutputs=0, ystart=900), "DN", VALUES, None, None, 5, 5).as_text()


def test_irs2_reference_sample():
    shape = geometry(ny=3200, irs2=True, noutputs=5)
    found = readout(shape, "DN", np.zeros((3200, 2048), np.uint16), None, None, 7, 12)
    assert (found.amplifier, found.full, found.detector, found.reference_pixel) == ("R", (0, 0), (0, 0), True)
    assert found.as_text() == "x 7 y 12  DS9 8 13  no pixel: IRS2 reference sample  0 DN"


def test_own_flag_names():
    dq = np.full((32, 2048), 130, np.uint8)
    found = readout(geometry(), "DN", VALUES, dq, {"REFERENCE_PIXEL": 2, "HOT": 128}, 5, 5)
    assert found.flags == ("REFERENCE_PIXEL", "HOT")


@pytest.mark.parametrize("pixel", [(-1, 0), (0, -1), (2048, 0), (0, 32)])
def test_pixels_outside(pixel):
    with pytest.raises(BadInput, match="outside the image of 2048 x 32 pixels"):
        readout(geometry(), "DN", VALUES, None, None, *pixel)


def test_flight_ramp(flight_ramp):
    with fits.open(flight_ramp) as hdus:
        image, header = hdus["SCI"].data[0, 0], hdus[0].header
    shape = DetectorGeometry(
        ny=128,
        nx=128,
        detector=header["DETECTOR"],
        fastaxis=header["FASTAXIS"],
        slowaxis=header["SLOWAXIS"],
        xstart=header["SUBSTRT1"],
        ystart=header["SUBSTRT2"],
        known=True,
    )
    found = readout(shape, "DN", image, None, None, 60, 70)
    assert found.value == image[70, 60]
    assert found.full == (887 + 60, 1022 + 70)
    # GUIDER2: fast axis along +y, slow axis along -x.
    assert found.detector == (1092, 2049 - 947)
    assert found.amplifier == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (23511, "23511"),
        (-3, "-3"),
        (4294967295, "4294967295"),
        (65535.0, "65535"),
        (1234567.0, "1234567"),
        (1.23456789, "1.23457"),
        (-0.000123456789, "-0.000123457"),
        (1e30, "1e+30"),
        (math.nan, "NaN"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (True, "1"),
    ],
)
def test_value_text(value, text):
    assert value_text(value) == text


@given(st.floats(59500, 61500))
def test_time_is_astropys(mjd):
    ours, theirs = time_text(mjd), Time(mjd, format="mjd", scale="utc")
    assert abs((Time(ours, scale="utc") - theirs).sec) < 2e-3


def test_no_time():
    assert time_text(math.nan) == ""
    assert time_text(1e12) == ""
    assert readout(geometry(), "DN", VALUES, None, None, 0, 0, integration_time=None).time_iso == ""


def test_values_are_plain_numbers():
    for dtype in (np.uint16, np.float32, np.float64, np.int32):
        found = readout(geometry(), "DN", VALUES.astype(dtype), None, None, 3, 3)
        assert type(found.value) in (int, float)
        assert isinstance(hash(found), int)
    assert isinstance(found, Readout)
