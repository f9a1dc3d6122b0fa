"""Masks with hot pixels, for the pipeline and for target acquisition, the check against DQ, and what the command line writes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from cli_help import run
from crds_cache import certify, make_cache
from hot_fakes import cross_image, write_dark

from detgui.analysis import hot_check, hot_history, hot_mask_file, hot_pixels
from detgui.analysis.gain_file import Origin
from detgui.errors import BadInput
from detgui.science.dq import PIXEL
from detgui.simulate.dark_files import write_darks
from detgui.simulate.dark_params import DarkParams


@pytest.fixture(scope="module")
def darks(tmp_path_factory):
    params = DarkParams(size=256, epochs=8, hot=300, births=20, deaths=4, telegraph=30, seed=5)
    return write_darks(params, tmp_path_factory.mktemp("darks"))[:-1]


@pytest.fixture(scope="module")
def history(darks):
    return hot_history.run(hot_pixels.run(darks).series[0], hot_history.Params())


def full_frame(tmp_path, name="d.fits", dq=None):
    rate = cross_image((2048, 2048), {(100, 200): 50.0, (1000, 1500): 5.0, (2, 2): 50.0})
    return write_dark(tmp_path / name, rate, dq=dq, SUBARRAY="FULL")


def test_an_updated_mask_is_a_mask_model(history, tmp_path):
    datamodels = pytest.importorskip("stdatamodels.jwst.datamodels")
    hot = hot_mask_file.pixels_to_mask(history)
    made = hot_mask_file.update(history.series, hot)
    hot_mask_file.write_mask(made, tmp_path / "mask.fits", Origin("2025-01-01T00:00:00", "A. Stronomer", "GROUND", "hot pixels"))
    with datamodels.MaskModel(tmp_path / "mask.fits", strict_validation=True) as model:
        model.validate()
        assert ((model.dq & PIXEL["HOT"] > 0) == hot).all()
        assert ((model.dq & PIXEL["DO_NOT_USE"] > 0) == hot).all()
        assert (model.meta.reftype, model.meta.useafter, model.meta.instrument.detector) == ("MASK", "2025-01-01T00:00:00", "NRS1")


def test_crds_certifies_the_mask(tmp_path):
    series = hot_pixels.run([full_frame(tmp_path)]).series[0]
    hot = np.zeros(series.shape, bool)
    hot[100, 200] = True
    made = hot_mask_file.update(series, hot)
    path = tmp_path / "mask.fits"
    hot_mask_file.write_mask(made, path, Origin(None, None, "GROUND", None))
    status, lines = certify([path], make_cache(tmp_path / "crds"))
    assert status == 0, lines
    assert not [line for line in lines if "ERROR" in line and "0 errors" not in line]


def test_a_former_mask_keeps_its_flags_and_releases_if_asked(tmp_path):
    series = hot_pixels.run([full_frame(tmp_path)]).series[0]
    dq = np.zeros((2048, 2048), np.uint32)
    dq[100, 200], dq[500, 500], dq[600, 600], dq[0, 0] = 1 | 8, 1 | 8, 1 | 4, 2
    primary = fits.PrimaryHDU()
    primary.header.update({"TELESCOP": "JWST", "REFTYPE": "MASK", "DETECTOR": "NRS1"})
    names = [(0, 1, "DO_NOT_USE", ""), (1, 2, "REFERENCE_PIXEL", ""), (2, 4, "DEAD", ""), (3, 8, "HOT", "")]
    table = fits.BinTableHDU(np.array(names, [("BIT", "i4"), ("VALUE", "u4"), ("NAME", "S40"), ("DESCRIPTION", "S80")]), name="DQ_DEF")
    fits.HDUList([primary, fits.ImageHDU(dq, name="DQ"), table]).writeto(tmp_path / "former.fits")
    hot = np.zeros(series.shape, bool)
    hot[100, 200] = hot[7, 7] = hot[0, 0] = True
    kept = hot_mask_file.update(series, hot, tmp_path / "former.fits")
    both = PIXEL["HOT"] | PIXEL["DO_NOT_USE"]
    assert [kept.flags[place] for place in ((100, 200), (500, 500), (7, 7))] == [both] * 3
    assert kept.flags[600, 600] == PIXEL["DEAD"] | PIXEL["DO_NOT_USE"]
    assert kept.flags[0, 0] == PIXEL["REFERENCE_PIXEL"]
    assert np.argwhere(kept.added).tolist() == [[7, 7]]
    released = hot_mask_file.update(series, hot, tmp_path / "former.fits", release=True)
    assert released.flags[500, 500] == 0
    assert released.flags[600, 600] == PIXEL["DEAD"] | PIXEL["DO_NOT_USE"]
    assert np.argwhere(released.released).tolist() == [[500, 500]]


def test_reference_pixels_are_not_do_not_use(tmp_path):
    series = hot_pixels.run([full_frame(tmp_path)]).series[0]
    made = hot_mask_file.update(series, np.zeros(series.shape, bool))
    assert made.flags[0, 0] == PIXEL["REFERENCE_PIXEL"]
    assert (made.flags == PIXEL["REFERENCE_PIXEL"]).sum() == 2048**2 - 2040**2


def test_a_target_acquisition_mask_and_its_difference(history, tmp_path):
    hot = hot_mask_file.pixels_to_mask(history)
    flat = np.random.default_rng(1).normal(1, 0.01, hot.shape).astype(np.float32)
    flat[10, 10] = 0.0
    fits.PrimaryHDU(flat).writeto(tmp_path / "flat.fits")
    made = hot_mask_file.update_ta(history.series, hot, tmp_path / "flat.fits")
    hot_mask_file.write_ta(made, tmp_path / "ta.fits", 3.0)
    with fits.open(tmp_path / "ta.fits") as hdus:
        assert ((hdus["MASK"].data == 1) == (hot | (flat == 0))).all()
        assert ((hdus["DIFFERENCE"].data == 1) == (hot & (flat != 0))).all()
        assert hdus["FORMER"].data.sum() == 1
        assert (hdus["FLAT"].data[hot] == 0).all()
        np.testing.assert_array_equal(hdus["FLAT"].data[~hot], flat[~hot])
        header = hdus[0].header
        assert (header["HOTLEVEL"], header["INSTRUME"], header["DETECTOR"], header["SUBARRAY"]) == (3.0, "NIRSPEC", "NRS1", "GENERIC")
        assert (header["SUBSTRT1"], header["SUBSTRT2"], header["SUBSIZE1"], header["SUBSIZE2"]) == (897, 897, 256, 256)


def test_list_masks_and_windows_of_the_command_line(capsys, darks, tmp_path):
    names = {name: tmp_path / f"{name}.{'ecsv' if name == 'list' else 'fits'}" for name in ("list", "mask", "ta-mask")}
    options = [word for name, path in names.items() for word in (f"--{name}", path)]
    status, out, err = run(capsys, "hotpixels", *darks, *options, "--threshold", 3, "--window", "0,0,255,255", "--json")
    assert (status, err) == (0, [])
    said = json.loads(out)
    assert len(Table.read(names["list"])) == said["new"] == len(said["windows"][0]["new"])
    assert (fits.getdata(names["mask"], "DQ") & PIXEL["HOT"] > 0).sum() == said["mask_added"]
    assert fits.getdata(names["ta-mask"], "MASK").sum() == said["ta_mask_added"]


def test_risk_map_unmasked_and_disagreeing_of_the_command_line(capsys, darks, tmp_path):
    risk, disagree = tmp_path / "risk.fits", tmp_path / "dis.ecsv"
    options = ("--risk-map", risk, "--months", 6, "--disagree", disagree, "--cadence", 3, "--on", "2022-12-29", "--json")
    status, out, err = run(capsys, "hotpixels", *darks, *options)
    assert (status, err) == (0, [])
    said = json.loads(out)
    image, header = fits.getdata(risk, "RISK"), fits.getheader(risk)
    assert image.mean() == pytest.approx(said["risk_map"]["p_stamp"], rel=1e-3)
    cards = {"PSTAMP": "p_stamp", "PSTAMPER": "p_stamp_err", "PANY": "p_any", "PANYERR": "p_any_err"}
    cards |= {"PFEWER": "p_fewer_than_5", "PFEWERR": "p_fewer_than_5_err"}
    assert {card: header[card] for card in cards} == pytest.approx({card: said["risk_map"][cards[card]] for card in cards}, rel=1e-12)
    assert header["PANYERR"] > 0 and header["PFEWERR"] > 0
    assert [header[key] for key in ("INSTRUME", "DETECTOR", "SUBARRAY", "SUBSTRT1", "SUBSIZE2")] == ["NIRSPEC", "NRS1", "GENERIC", 897, 256]
    assert said["risk_map"]["rate_pix_per_month"] == said["growth"][0]["rate_pix_per_month"]
    row = said["unmasked"][0]
    assert row["worst"] == pytest.approx(1.5 * said["growth"][0]["rate_pix_per_month"])
    assert row["mask_date"] == "2022-09-30"
    assert row["since_middle"] == pytest.approx(90 / 30.4375 * said["growth"][0]["rate_pix_per_month"], rel=0.02)
    assert len(Table.read(disagree)) == said["disagreeing"] == 0


def test_a_mask_of_two_detectors_writes_nothing(capsys, tmp_path):
    files = [write_dark(tmp_path / f"{name}.fits", np.zeros((64, 64), np.float32), DETECTOR=name) for name in ("NRS1", "NRS2")]
    options = ("--list", tmp_path / "new.ecsv", "--mask", tmp_path / "mask.fits", "-o", tmp_path / "trend.ecsv")
    status, out, err = run(capsys, "hotpixels", *files, *options)
    assert (status, out, len(err)) == (2, "", 1)
    assert "one detector" in err[0]
    assert len(list(tmp_path.iterdir())) == 2


def test_a_list_of_disagreeing_pixels(tmp_path):
    rate = cross_image((60, 60), {(10, 12): 5.0, (20, 22): 5.0})
    dq = np.zeros(rate.shape, np.uint32)
    dq[10, 12] = dq[40, 42] = 2048 | 1
    found = hot_pixels.run([write_dark(tmp_path / "d.fits", rate, dq=dq)])
    assert hot_check.write_disagreeing(found, tmp_path / "x.ecsv") == 2
    table = Table.read(tmp_path / "x.ecsv")
    rows = sorted((int(row["x"]), int(row["y"]), bool(row["flagged"]), bool(row["above"])) for row in table)
    assert rows == [(22, 20, False, True), (42, 40, True, False)]
    assert set(table["file"]) == {"d.fits"}


def mask_of(tmp_path, name, pixels, useafter):
    """A MASK reference of the full frame with some (y, x) HOT."""
    hot = np.zeros((2048, 2048), bool)
    for y, x in pixels:
        hot[y, x] = True
    series = hot_pixels.run([full_frame(tmp_path, f"of_{name}")]).series[0]
    hot_mask_file.write_mask(hot_mask_file.update(series, hot), tmp_path / name, Origin(useafter=useafter))
    return tmp_path / name


def test_darks_are_compared_with_the_mask_reference_in_force(capsys, tmp_path):
    """The MASK among the files with the newest USEAFTER that is not later than the dark, of the same detector and pixels."""
    dark = full_frame(tmp_path)  # of 2023-01-01, with two pixels that see above 1 DN/s
    old = mask_of(tmp_path, "old.fits", [(100, 200)], "2021-01-01T00:00:00")
    right = mask_of(tmp_path, "right.fits", [(100, 200), (800, 700)], "2022-12-31T00:00:00")
    late = mask_of(tmp_path, "late.fits", [(5, 5)], "2023-01-02T00:00:00")
    found = hot_pixels.run([old, dark, right, late])
    series = next(each for each in found.series if not each.is_mask)
    (check,) = series.mask_checks
    assert series.dq_checks == (None,)
    assert (check.source, check.flagged, check.above) == ("right.fits", 2, 2)
    assert check.flagged_only.tolist() == [800 * 2048 + 700]
    assert check.hot_only.tolist() == [1000 * 2048 + 1500]
    assert check.hot_rate.tolist() == [5.0]
    status, out, _ = run(capsys, "hotpixels", dark, right, "--json", "--disagree", tmp_path / "dis.ecsv")
    row = next(each for each in json.loads(out)["rows"] if each["kind"] == "dark")
    assert (status, row["hot_dq"], row["hot_mask"], row["mask_only"], row["rate_not_mask"]) == (0, None, 2, 1, 1)
    table = Table.read(tmp_path / "dis.ecsv")
    assert sorted(zip(table["x"], table["y"], table["source"], table["flagged"], strict=True)) == [
        (700, 800, "right.fits", True), (1500, 1000, "right.fits", False),
    ]  # fmt: skip
    (none,) = [each for each in hot_pixels.run([dark, late]).series if not each.is_mask]
    assert none.mask_checks == (None,)
    assert sum("is in force" in note for note in none.notes) == 1


def test_a_mask_of_the_comparison_is_no_second_series_of_the_updated_one(capsys, darks, tmp_path):
    mask, again = tmp_path / "first.fits", tmp_path / "second.fits"
    assert run(capsys, "hotpixels", *darks, "--mask", mask, "--quiet")[0] == 0
    status, _, err = run(capsys, "hotpixels", *darks, mask, "--mask", again, "--quiet")
    assert status == 0, err
    assert np.array_equal(fits.getdata(mask, "DQ"), fits.getdata(again, "DQ"))


def test_darks_that_cannot_be_followed_are_named_beside_masks_that_can(capsys, tmp_path, monkeypatch):
    files = [full_frame(tmp_path), *(mask_of(tmp_path, f"{year}.fits", [(9, 9)], f"{year}-01-01T00:00:00") for year in (2020, 2021))]
    run_history = hot_history.run

    def changed(series, *args):
        if not series.is_mask:
            raise BadInput("d.fits changed on disk: add it again")
        return run_history(series, *args)

    monkeypatch.setattr(hot_history, "run", changed)
    status, out, err = run(capsys, "hotpixels", *files, "--mask", tmp_path / "m.fits")
    assert (status, out, err[-1]) == (2, "", "detgui: d.fits changed on disk: add it again")


def test_a_flagged_pixel_without_a_rate_disagrees_and_says_so(tmp_path):
    rate = cross_image((60, 60), {(10, 12): 5.0})
    rate[30, 30] = np.nan
    dq = np.zeros(rate.shape, np.uint32)
    dq[10, 12] = dq[30, 30] = 2048 | 1
    series = hot_pixels.run([write_dark(tmp_path / "d.fits", rate, dq=dq)]).series[0]
    found = hot_check.disagreeing(series)
    assert (found.x.tolist(), found.y.tolist(), found.flagged.tolist(), found.sources) == ([30], [30], [True], ("DQ",))
    assert np.isnan(found.rate).all()
