"""Flags by the file's own DQ_DEF: read, drawn, counted and named; astropy writes the files."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits

from detgui.data.exposure import open_one
from detgui.gui.image.picture import flag_counts
from detgui.science.dq import names
from detgui.session import work
from detgui.session.cache import Cache
from detgui.session.requests import ImageRequest
from detgui.session.shelf import Shelf
from detgui.session.state import Frame

FLAGS = [(0, 1, "DO_NOT_USE", ""), (1, 2, "WARM", ""), (2, 4, "HOT", ""), (9, 3, "NOT_ONE_BIT", "")]


def reference(path, flags=FLAGS, dq_type=np.uint8):
    primary = fits.PrimaryHDU()
    for key, value in {"TELESCOP": "JWST", "INSTRUME": "NIRSPEC", "DETECTOR": "NRS1", "REFTYPE": "DARK", "DATAMODL": "DarkModel"}.items():
        primary.header[key] = value
    dq = np.zeros((6, 8), dq_type)
    dq[1, 2], dq[3, 4], dq[5, 6] = 2, 4, 8
    rows = np.array(flags, dtype=[("BIT", "i4"), ("VALUE", "i4"), ("NAME", "S40"), ("DESCRIPTION", "S80")])
    sci = fits.ImageHDU(np.ones((6, 8), np.float32), name="SCI")
    fits.HDUList([primary, sci, fits.ImageHDU(dq, name="DQ"), fits.BinTableHDU(rows, name="DQ_DEF")]).writeto(path)
    return path


def test_the_table_names_the_bits(tmp_path):
    with open_one([reference(tmp_path / "dark.fits")]) as exposure:
        assert exposure.dq_definitions == {"DO_NOT_USE": 1, "WARM": 2, "HOT": 4}
        dq = exposure.read_flags("DQ")
        assert names(dq[1, 2], exposure.dq_definitions) == ("WARM",)
        assert flag_counts(dq, exposure.dq_definitions) == {"WARM": 1, "HOT": 1, "BIT 3": 1}


def test_a_table_without_names_counts_for_nothing(tmp_path):
    with open_one([reference(tmp_path / "dark.fits", flags=[(0, 3, "TWO_BITS", "")])]) as exposure:
        assert exposure.dq_definitions is None


def test_a_table_that_is_none_is_left_alone(tmp_path):
    path = reference(tmp_path / "dark.fits")
    with fits.open(path, mode="update") as hdus:
        hdus["DQ_DEF"].columns.change_name("NAME", "WHAT")
    with open_one([path]) as exposure:
        assert exposure.dq_definitions is None


def test_a_science_file_has_the_flags_of_jwst(flight_ramp):
    with open_one([flight_ramp]) as exposure:
        assert exposure.dq_definitions is None


def test_the_picture_draws_flags_by_that_table(tmp_path):
    shelf = Shelf()
    shelf.put("e1", open_one([reference(tmp_path / "dark.fits")]))
    request = ImageRequest(Frame("e1"), None, "linear", "minmax", 99.5, None, None, ("HOT", "WARM", "SATURATED"))
    answer = work.image(request, shelf, Cache(2**20))
    expected = np.zeros((6, 8), np.uint8)
    expected[3, 4], expected[1, 2] = 1, 2
    np.testing.assert_array_equal(answer.overlay, expected)
    assert answer.definitions["WARM"] == 2
    shelf.clear()


@pytest.mark.parametrize("name", ["jwst_nirspec_dark_0046.fits", "jwst_nircam_mask_0026_NRCA1.fits.gz"])
def test_real_references(shared_file, name):
    path = shared_file(name)
    table = fits.getdata(path, "DQ_DEF")
    with open_one([path]) as exposure:
        assert exposure.dq_definitions == {str(row["NAME"]).strip(): int(row["VALUE"]) for row in table}
