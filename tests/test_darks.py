"""What darks, masks and bad-pixel images say of themselves, and their pixels."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from astropy.io import fits
from hot_fakes import write_dark

from detgui.data.dark_maps import read_flags, read_maps, read_pixels
from detgui.data.dark_words import date_in_name, readout_of, unit_of
from detgui.data.darks import describe
from detgui.errors import BadInput


def rates(ny=40, nx=60):
    return np.random.default_rng(1).normal(0.01, 0.005, (ny, nx)).astype(np.float32)


def test_a_nirspec_dark_as_stdatamodels_writes_it(tmp_path):
    datamodels = pytest.importorskip("stdatamodels.jwst.datamodels")
    rate = rates()
    with datamodels.DarkNirspecModel(dark_rate=rate) as model:
        model.dark_rate_unc = np.full(rate.shape, 0.02, np.float32)
        model.data = np.zeros((3, *rate.shape), np.float32)
        model.err = np.zeros((3, *rate.shape), np.float32)
        model.dq = np.zeros(rate.shape, np.uint32)
        model.dq[3, 4] = 4
        model.dq_def = np.array([(0, 1, "DO_NOT_USE", ""), (2, 4, "HOT", "")], dtype=model.get_dtype("dq_def"))
        model.meta.instrument.detector, model.meta.instrument.name = "NRS2", "NIRSPEC"
        model.meta.exposure.readpatt, model.meta.useafter = "NRSIRS2RAPID", "2024-02-03T04:05:06"
        model.meta.reftype = "DARK"
        model.save(tmp_path / "dark.fits")
    dark = describe(tmp_path / "dark.fits")
    assert (dark.kind, dark.detector, dark.readout, dark.rate, dark.uncertainty) == ("dark", "NRS2", "IRS2", "DRK", "UNC")
    assert dark.date == datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert (dark.unit, dark.unit_from) == ("DN/s", "assumed")
    assert "unit" in dark.missing
    maps = read_maps(dark)
    np.testing.assert_array_equal(maps.rate, rate)
    np.testing.assert_array_equal(maps.err, np.float32(0.02))


def test_hot_is_the_bit_of_the_files_own_table(tmp_path):
    dq = np.zeros((40, 60), np.uint32)
    dq[5, 6], dq[7, 8] = 2048, 1
    dark = describe(write_dark(tmp_path / "d.fits", rates(), dq=dq))
    hot = read_maps(dark).hot
    assert np.argwhere(hot).tolist() == [[5, 6]]


@pytest.mark.parametrize(
    ("text", "unit"),
    [("e/s", "e-/s"), ("e-/s", "e-/s"), ("electron s-1", "e-/s"), ("electrons/s", "e-/s"), ("DN/s", "DN/s"), ("DN s**-1", "DN/s"),
     ("ADU/s", "DN/s"),
     ("DN", ""), ("", ""), ("MJy/sr", "")],
)  # fmt: skip
def test_units_as_files_write_them(text, unit):
    assert unit_of(text) == unit


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("nrc_badpix_230120_NRCALONG.fits.gz", (2023, 1, 20)),
        ("jwst_nircam_newhot_NRCA1_extra20231129.fits.gz", (2023, 11, 29)),
        ("dark_2024-06-01.fits", (2024, 6, 1)),
        ("jwst_nirspec_dark_0046.fits", None),
        ("jw01345061001_07201_00001_nrcalong_rate.fits", None),
        ("bad_239912.fits", None),
    ],
)
def test_dates_in_names(name, date):
    assert date_in_name(name) == (datetime(*date, tzinfo=UTC) if date else None)


def test_readouts():
    assert [readout_of(each) for each in ("NRSRAPID", "NRS", "NRSIRS2RAPID", "NRSIRS2", "", "ANY")] == [
        "TRAD",
        "TRAD",
        "IRS2",
        "IRS2",
        "",
        "",
    ]


def test_a_typed_date_and_unit_win(tmp_path):
    path = write_dark(tmp_path / "d.fits", rates())
    dark = describe(path, datetime(2020, 1, 1, tzinfo=UTC), "e-/s")
    assert (dark.date.year, dark.date_from, dark.unit, dark.unit_from) == (2020, "typed", "e-/s", "typed")


def test_conversion_with_the_files_gain_or_a_given_one(tmp_path):
    rate = rates()
    own = describe(write_dark(tmp_path / "own.fits", rate, unit="e-/s", GAIN=2.0))
    np.testing.assert_allclose(read_maps(own, "DN/s").rate, rate / 2)
    np.testing.assert_allclose(read_maps(own, "DN/s", 4.0).err, 0.01 / 4)
    none = describe(write_dark(tmp_path / "none.fits", rate, unit="e-/s"))
    with pytest.raises(BadInput, match=r"none.fits.*no gain"):
        read_maps(none, "DN/s")


def test_reference_pixels_and_nan_are_not_valid(tmp_path):
    rate = np.zeros((2048, 2048), np.float32)
    rate[100, 100] = np.nan
    dq = np.zeros(rate.shape, np.uint32)
    dq[200, 200] = 2**31
    maps = read_maps(describe(write_dark(tmp_path / "d.fits", rate, dq=dq)))
    assert maps.valid.sum() == 2040**2 - 2
    assert not maps.valid[:4].any()
    assert not maps.valid[:, -4:].any()
    assert not maps.valid[100, 100]
    assert not maps.valid[200, 200]


def test_the_slope_of_a_stack_is_least_squares_in_seconds(tmp_path):
    rng = np.random.default_rng(2)
    stack = rng.normal(0, 5, (6, 20, 30)) + 3.5 * 20.0 * np.arange(6)[:, None, None]
    header = {"TELESCOP": "JWST", "DETECTOR": "NRCA1", "REFTYPE": "DARK", "TGROUP": 20.0, "USEAFTER": "2023-01-01T00:00:00"}
    primary = fits.PrimaryHDU()
    primary.header.update(header)
    image = fits.ImageHDU(stack.astype(np.float32), fits.Header({"BUNIT": "DN"}), "SCI")
    fits.HDUList([primary, image]).writeto(tmp_path / "stack.fits")
    dark = describe(tmp_path / "stack.fits")
    assert dark.rate == "slope of SCI"
    wanted = np.polyfit(20.0 * np.arange(6), stack.reshape(6, -1), 1)[0].reshape(20, 30)
    np.testing.assert_allclose(read_maps(dark).rate, wanted, rtol=1e-5, atol=1e-6)


def test_the_frame_time_is_calculated_where_it_is_missing(tmp_path):
    """0.22572 s for SUB512 of NIRSpec, 32 pixels along the fast axis (JDox)."""
    stack = np.arange(3.0)[:, None, None] * np.ones((3, 32, 512))
    primary = fits.PrimaryHDU()
    keys = {"DETECTOR": "NRS1", "REFTYPE": "DARK", "READPATT": "NRSRAPID", "FASTAXIS": 2, "SLOWAXIS": 1, "SUBARRAY": "SUB512"}
    primary.header.update({"TELESCOP": "JWST", **keys, "SUBSTRT1": 1025, "SUBSTRT2": 957, "SUBSIZE1": 512, "SUBSIZE2": 32})
    fits.HDUList([primary, fits.ImageHDU(stack.astype(np.float32), name="SCI")]).writeto(tmp_path / "s.fits")
    dark = describe(tmp_path / "s.fits")
    assert dark.step == pytest.approx(0.22572)
    assert any("frame time" in note for note in dark.notes)


def test_a_plane_of_the_wrong_shape_is_ignored_and_said(tmp_path):
    path = write_dark(tmp_path / "d.fits", rates(), err=None)
    with fits.open(path, mode="append") as hdus:
        hdus.append(fits.ImageHDU(np.zeros((60, 40), np.float32), name="UNC"))
    dark = describe(path)
    assert dark.uncertainty == ""
    assert any("UNC (60 x 40) does not fit" in note for note in dark.notes)
    assert read_maps(dark).err is None


def test_a_plain_mask_counts_its_lowest_bit_and_leaves_other_values_out(tmp_path):
    values = np.zeros((50, 50), np.int16)
    values[10, 10], values[:2], values[20, 20] = 1, 1024, 1025
    fits.PrimaryHDU(values).writeto(tmp_path / "bad_250101_NRCA1.fits")
    dark = describe(tmp_path / "bad_250101_NRCA1.fits")
    maps = read_maps(dark)
    assert (dark.kind, dark.unit, dark.detector) == ("bad pixels", "flag", "NRCA1")
    assert np.argwhere(maps.rate > 0).tolist() == [[10, 10], [20, 20]]
    assert maps.valid.sum() == 48 * 50


@pytest.mark.parametrize(
    ("count", "sentence"),
    [
        (1, "1 pixel holds 1024, neither 0 nor bad: it counts as not measured"),
        (2, "2 pixels hold 1024, neither 0 nor bad: they count as not measured"),
    ],
)
def test_pixels_of_a_plain_mask_that_were_not_looked_at_are_told(tmp_path, count, sentence):
    values = np.zeros((50, 50), np.int16)
    values[10, 10], values[20, :count] = 1, 1024
    fits.PrimaryHDU(values).writeto(tmp_path / "bad_250101_NRCA1.fits")
    assert read_maps(describe(tmp_path / "bad_250101_NRCA1.fits")).notes == (sentence,)


def test_single_pixels_are_those_of_the_map(tmp_path):
    dark = describe(write_dark(tmp_path / "d.fits", rates(), unit="e-/s", GAIN=2.0))
    maps = read_maps(dark, "DN/s")
    y, x = np.array([0, 7, 39]), np.array([59, 3, 0])
    rate, err = read_pixels(dark, y, x, "DN/s", None)
    np.testing.assert_allclose(rate, maps.rate[y, x])
    np.testing.assert_allclose(err, maps.err[y, x])


@pytest.mark.parametrize("reftype", ["GAIN", "SUPERBIAS", "FLAT"])
def test_other_references_are_no_darks(tmp_path, reftype):
    path = write_dark(tmp_path / "x.fits", rates(), reftype=reftype)
    with pytest.raises(BadInput, match=rf"x.fits is no dark: it is a {reftype}"):
        describe(path)


def test_exposures_and_pictures_are_no_darks(tmp_path, flight_ramp):
    with pytest.raises(BadInput, match="no dark"):
        describe(flight_ramp)
    fits.PrimaryHDU(np.ones((20, 20), np.float32)).writeto(tmp_path / "image.fits")
    with pytest.raises(BadInput, match="no dark"):
        describe(tmp_path / "image.fits")


def test_the_real_subarray_dark(shared_file):
    dark = describe(shared_file("jwst_nirspec_dark_0046.fits"))
    assert (dark.detector, dark.readout, dark.subarray, dark.unit, dark.rate) == ("NRS1", "TRAD", "SUB512", "DN/s", "slope of SCI")
    assert any(note.startswith("UNC (512 x 32) does not fit") for note in dark.notes)
    assert dark.definitions["HOT"] == 4
    stack = fits.getdata(dark.path, "SCI").astype(float)
    wanted = np.polyfit(0.22572 * np.arange(10), stack.reshape(10, -1), 1)[0].reshape(32, 512)
    maps = read_maps(dark)
    np.testing.assert_allclose(maps.rate, wanted, rtol=1e-4, atol=0.02)
    assert maps.hot.sum() == (fits.getdata(dark.path, "DQ") & 4 > 0).sum()


def test_the_real_mask(shared_file):
    dark = describe(shared_file("jwst_nircam_mask_0026_NRCA1.fits.gz"))
    assert (dark.kind, dark.detector, dark.hot_bit) == ("mask", "NRCA1", 128)
    np.testing.assert_array_equal(read_flags(dark), fits.getdata(dark.path, "DQ"))
