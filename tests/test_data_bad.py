"""Files that cannot be used: one sentence each that names the file, and nothing but BadInput whatever the bytes."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from data_files import JWST, counts, sparse, write
from hypothesis import given, settings
from hypothesis import strategies as st

from detgui.data.exposure import open_exposures, open_many, open_one
from detgui.errors import BadInput


def refusal(path: Path) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(BadInput) as caught:
        open_exposures([path])
    text = str(caught.value)
    assert path.name in text
    assert "\n" not in text
    assert "Error" not in text
    return text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"these are notes\n" * 400, "is not a FITS file"),
        (b"PK\x03\x04" + bytes(5000), "a zip archive"),
        (b"#ASDF 1.0.0\n" + bytes(5000), "an ASDF file"),
        (b"<html>" + bytes(5000), "a text page"),
        (b"SIMPLE", "has only 6 bytes"),
        (b"SIMPLE  =                    T" + b" " * 50, "cut short or damaged"),
        (bytes(6000), "is not a FITS file"),
        (b"\x1f\x8b" + bytes(50), "is damaged"),
    ],
)
def test_not_fits(tmp_path, content, words):
    path = tmp_path / "thing.fits"
    path.write_bytes(content)
    assert words in refusal(path)


def test_missing_folder_and_pipe(tmp_path):
    assert "does not exist" in refusal(tmp_path / "nowhere.fits")
    (tmp_path / "folder.fits").mkdir()
    assert "is a folder" in refusal(tmp_path / "folder.fits")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.fits")
        assert "is not a regular file" in refusal(tmp_path / "pipe.fits")


def test_no_permission(tmp_path, monkeypatch):
    path = write(tmp_path / "a.fits", JWST, ("SCI", counts((5, 6))))

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    assert "permission denied" in refusal(path)


def test_names_that_no_file_can_have(tmp_path):
    with pytest.raises(BadInput):
        open_exposures([tmp_path / "a\0b.fits"])
    with pytest.raises(BadInput):
        open_exposures([tmp_path / ("n" * 5000)])


def test_tables_only(tmp_path):
    table = fits.BinTableHDU(np.zeros(3, [("a", "f8")]), name="CATALOG")
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(tmp_path / "cat.fits")
    assert "tables only" in refusal(tmp_path / "cat.fits")


def test_no_data_at_all(tmp_path):
    fits.PrimaryHDU().writeto(tmp_path / "bare.fits")
    assert "an empty header only" in refusal(tmp_path / "bare.fits")


def test_a_list_is_no_image(tmp_path):
    assert "has no image" in refusal(write(tmp_path / "spectrum.fits", {}, ("FLUX", counts((50,), "float32"))))


@pytest.mark.parametrize("dims", [(2, 1, 2, 3, 4), (2, 2, 2, 1, 1, 2)])
def test_too_many_axes(tmp_path, dims):
    assert f"{len(dims)}-D array" in refusal(write(tmp_path / "deep.fits", JWST, ("SCI", counts(dims))))


def test_an_axis_of_length_zero(tmp_path):
    sparse(tmp_path / "a_uncal.fits", JWST, (2, 0, 5, 6))
    assert "an axis of SCI has length 0" in refusal(tmp_path / "a_uncal.fits")


def test_tile_compressed(tmp_path):
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(counts((40, 40), "int16"), name="SCI")]).writeto(tmp_path / "a.fits")
    assert "tile-compressed" in refusal(tmp_path / "a.fits")


def test_cut_short_says_both_numbers(tmp_path):
    offset = sparse(tmp_path / "a_uncal.fits", JWST, (2, 10, 2048, 2048))
    os.truncate(tmp_path / "a_uncal.fits", offset + 1_000_000)
    text = refusal(tmp_path / "a_uncal.fits")
    assert "167,772,160 bytes" in text
    assert "holds 1,000,000" in text


@pytest.mark.parametrize("axis", [10**6, 2**40, 2**62, 2**66])
def test_header_that_claims_more_than_the_file_holds(tmp_path, axis):
    path = tmp_path / "a_uncal.fits"
    sparse(path, JWST, (2, 3, 5, 6))
    old = b"NAXIS4  =                    2"
    raw = path.read_bytes()
    assert old in raw
    path.write_bytes(raw.replace(old, b"NAXIS4  =" + str(axis).rjust(21).encode()))
    assert f"{axis * 180:,} bytes" in refusal(path)


@pytest.mark.parametrize("card", [b"BITPIX  =                   17", b"NAXIS   =                   -4", b"NAXIS   = 'four    '          "])
def test_damaged_structure(tmp_path, card):
    path = tmp_path / "a_uncal.fits"
    sparse(path, JWST, (2, 3, 5, 6))
    raw = path.read_bytes()
    start = raw.rindex(card[:9], 0, raw.index(b"NAXIS1"))
    path.write_bytes(raw[:start] + card + raw[start + 30 :])
    assert "is damaged" in refusal(path)


def test_hubble_files_are_named_and_what_they_lack(tmp_path):
    words = {"TELESCOP": "HST", "INSTRUME": "WFC3", "DETECTOR": "IR"}
    text = refusal(write(tmp_path / "ibcd_flt.fits", words, ("SCI", counts((5, 6), "float32"))))
    assert "is an HST file (WFC3), not a JWST one" in text
    assert "NGROUPS" in text


def test_pixels_removed(tmp_path):
    words = JWST | {"SUBSIZE1": 2048, "SUBSIZE2": 2048, "NGROUPS": 10}
    text = refusal(write(tmp_path / "a_uncal.fits", words, ("SCI", counts((1, 1, 1, 1)))))
    assert "claims 2048 x 2048 pixels and 10 groups but SCI is 1 x 1 x 1 x 1, so the pixels were removed" in text


def test_rubbish_after_the_end_is_a_warning(tmp_path):
    path = write(tmp_path / "a_uncal.fits", JWST, ("SCI", counts((2, 3, 5, 6))))
    with path.open("ab") as file:
        file.write(b"notes" * 100)
    with open_one([path]) as exposure:
        assert "500 bytes after the last extension were ignored" in exposure.warnings[0]


def test_one_bad_file_does_not_hide_the_others(tmp_path):
    good = write(tmp_path / "a_uncal.fits", JWST, ("SCI", counts((2, 3, 5, 6))))
    (tmp_path / "b.fits").write_text("no")
    exposures, troubles = open_many([tmp_path / "b.fits", good, tmp_path / "c.fits", good])
    assert [each.name for each in exposures] == ["a_uncal"]
    assert [str(each).split()[0].rsplit("/")[-1] for each in troubles] == ["b.fits", "c.fits"]
    exposures[0].close()


@pytest.fixture(scope="module")
def valid(tmp_path_factory) -> tuple[bytes, np.ndarray]:
    """The bytes of a valid ramp with a few planes, and its SCI."""
    data = counts((2, 3, 5, 6))
    path = tmp_path_factory.mktemp("valid") / "a_uncal.fits"
    write(path, JWST | {"NGROUPS": 3}, ("SCI", data), ("PIXELDQ", counts((5, 6), "uint32")), ("GROUPDQ", counts((2, 3, 5, 6), "uint8")))
    return path.read_bytes(), data


def opens_or_says(raw: bytes, data: np.ndarray | None) -> None:
    """Open bytes as a file and read all of it: right data or `BadInput`, never anything else."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a_uncal.fits"
        path.write_bytes(raw)
        try:
            exposures = open_exposures([path])
        except BadInput as refused:
            assert "a_uncal.fits" in str(refused)
            assert "\n" not in str(refused)
            return
        for exposure in exposures:
            with exposure:
                if data is not None:
                    np.testing.assert_array_equal(exposure.read_block(), data)
                for plane in exposure.planes:
                    exposure.read_image(plane)
                    exposure.read_pixel(0, 0, plane)
                exposure.read_dq()
                exposure.headers()
                exposure.int_times()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_truncation(valid, data):
    raw, truth = valid
    opens_or_says(raw[: data.draw(st.integers(0, len(raw)))], truth)


@pytest.mark.filterwarnings("error")  # a damaged card is no reason to write to somebody's terminal
@settings(max_examples=250, deadline=None)
@given(st.data())
def test_any_damage_to_the_headers(valid, data):
    raw, _ = valid
    damaged = bytearray(raw)
    for _ in range(data.draw(st.integers(1, 6))):
        # anywhere in the headers; the keyword values at the start of a header are hit more often than by chance
        start = data.draw(st.sampled_from([0, 2880, 5760, 8640, 11520]))
        place = min(len(raw) - 1, start + data.draw(st.integers(0, 2000)))
        damaged[place] = data.draw(st.one_of(st.integers(0, 255), st.sampled_from(b"0123456789-+.'ET ")))
    opens_or_says(bytes(damaged), None)
