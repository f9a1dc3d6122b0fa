"""GAIN reference files and the table of sectors."""

import json
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from crds_cache import certify, make_cache
from gain_fakes import pairs
from test_gain_map import SIDE, truth, write_flat

from detgui.analysis import gain_file, gain_map, gain_table
from detgui.analysis.gain_types import Ipc
from detgui.analysis.reference_origin import useafter, valid_pedigree
from detgui.data.exposure import open_exposures
from detgui.errors import BadInput
from detgui.science.boxes import cut


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flats")
    reads = pairs(np.random.default_rng(21), (SIDE, SIDE), 5, 900.0, truth()[0], 6.0, flats=4)
    exposures = open_exposures([write_flat(folder / f"flat_{at}_ramp.fits", each) for at, each in enumerate(reads)], join=False)
    try:
        return gain_map.run(exposures, gain_map.Params(box=64, voids=(truth()[1],)))
    finally:
        for each in exposures:
            each.close()


@pytest.fixture(scope="module")
def whole(result):
    """A map of the full frame: the same figures in other boxes."""
    geometry = replace(result.geometry, nx=2048, ny=2048, xstart=1, ystart=1)
    boxes = cut(geometry, 512)
    values = {name: np.resize(getattr(result, name), len(boxes)) for name in ("gain", "gain_err", "read_noise", "read_noise_err", "noise")}
    by_pair = {name: np.stack([values["gain"]] * 2) for name in ("pair_gain", "pair_gain_err")}
    return replace(result, geometry=geometry, boxes=boxes, estimators={}, **values, **by_pair)


def test_the_reference_file_is_a_gain_model(result, tmp_path):
    datamodels = pytest.importorskip("stdatamodels.jwst.datamodels")
    path = tmp_path / "gain.fits"
    gain_file.write(result, path)
    with datamodels.GainModel(path, strict_validation=True) as model:
        model.validate()
        np.testing.assert_array_equal(model.data, result.map())
        assert (model.meta.reftype, model.meta.author, model.meta.pedigree) == ("GAIN", "detgui", "DUMMY")
        assert model.meta.useafter == "2014-07-01T00:00:00"
        assert model.meta.instrument.detector == "NRCB1"
        assert (model.meta.subarray.xstart, model.meta.subarray.ysize) == (417, SIDE)
    assert [each.name for each in tmp_path.iterdir()] == ["gain.fits"]


def test_crds_accepts_it(result, whole, tmp_path):
    """The full frame and a part of it, the error and the boxes in extensions of their own."""
    environ = make_cache(tmp_path / "crds")
    gain_file.write(whole, tmp_path / "full.fits")
    gain_file.write(result, tmp_path / "part.fits")
    status, lines = certify([tmp_path / "full.fits", tmp_path / "part.fits"], environ)
    complaints = [line for line in lines if ("ERROR" in line or "WARNING" in line) and "comparison context" not in line]
    assert (status, complaints) == (0, [])
    assert all(any("Certifying" in line and name in line for line in lines) for name in ("full.fits", "part.fits"))
    with fits.open(tmp_path / "full.fits", mode="update") as hdus:
        del hdus[0].header["USEAFTER"]
        hdus["SCI"].header["BUNIT"] = "DN"
    status, lines = certify([tmp_path / "full.fits"], environ)
    assert status != 0 and any("USEAFTER" in line for line in lines) and any("BUNIT" in line for line in lines)


def test_what_was_not_measured_is_nan(result, tmp_path):
    gain = result.gain.copy()
    gain[3] = np.nan
    gain_file.write(replace(result, gain=gain), tmp_path / "gain.fits")
    with fits.open(tmp_path / "gain.fits") as hdus:
        image, labels, table = hdus["SCI"].data, hdus["BOX"].data, hdus["BOXES"].data
        assert image.shape == (SIDE, SIDE) and image.dtype == np.dtype(">f4")
        np.testing.assert_array_equal(np.isnan(image), result.boxes.labels == 3)
        np.testing.assert_array_equal(labels, result.boxes.labels + 1)
        np.testing.assert_allclose(table["gain"][labels[50, 50] - 1], image[50, 50], rtol=1e-6)
        np.testing.assert_allclose(hdus["ERR"].data, result.err_map())
        assert table.columns["gain"].unit == "ELECTRONS/DN" and set(table["region"]) == {"bulk", "void"}


def test_what_is_said_of_the_file_is_written(result, tmp_path):
    path = tmp_path / "gain.fits"
    gain_file.write(result, path, gain_file.Origin("2022-07-01", "A. Stronomer", "GROUND", "B1 gain", ("first line", "gr\u00fcn")))
    header = fits.getheader(path)
    assert (header["USEAFTER"], header["AUTHOR"], header["PEDIGREE"], header["DESCRIP"]) == (
        "2022-07-01T00:00:00", "A. Stronomer", "GROUND", "B1 gain",
    )  # fmt: skip
    history = "".join(str(header["HISTORY"]).split("\n"))
    for words in ("first line", "gr?n", "pairs used: 1, 2", "limit 5000 DN", "for IPC (none)", "sector 2 void", "flat_3_ramp.fits"):
        assert words in history


@pytest.mark.parametrize(
    "given",
    [
        {"useafter": "soon"}, {"pedigree": "GUESS"}, {"pedigree": "INFLIGHT"}, {"pedigree": "INFLIGHT 2022-08-01 2022-07-01"},
        {"author": " "}, {"descrip": "gr\u00fcn"},
    ],
)  # fmt: skip
def test_what_crds_would_not_take_is_refused(result, tmp_path, given):
    with pytest.raises(BadInput):
        gain_file.write(result, tmp_path / "gain.fits", gain_file.Origin(**given))
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("DUMMY", True), ("GROUND", True), ("MODEL 2022-07-01 2022-08-01", True), ("INFLIGHT 2022-07-01 2022-08-01", True),
        ("GROUND 2022-07-01 2022-08-01", False), ("INFLIGHT 2022-07-01", False), ("INFLIGHT 2022-13-01 2022-14-01", False), ("", False),
    ],
)  # fmt: skip
def test_pedigrees_are_what_crds_takes(text, good):
    """Against CRDS itself."""
    assert valid_pedigree(text) == good
    core = pytest.importorskip("crds.certify.validators.core")
    from crds.core.generic_tpn import TpnInfo

    validator = core.JwstpedigreeValidator(TpnInfo("PEDIGREE", "H", "C", "R", ("&JWSTPEDIGREE",)), {})
    try:
        validator._check_value("file.fits", text)
        taken = True
    except Exception:
        taken = False
    assert taken == good


def test_dates_of_the_flats():
    origin = gain_file.Origin()
    assert useafter(origin, {"DATE-OBS": "2022-07-01", "TIME-OBS": "01:02:03.456"}) == "2022-07-01T01:02:03"
    assert useafter(origin, {}) == "2022-01-01T00:00:00"
    assert useafter(gain_file.Origin("2023-01-01T00:00:00.000Z"), {"DATE-OBS": "2022-07-01"}) == "2023-01-01T00:00:00"


def test_the_table_has_the_reports_rows(result, tmp_path):
    gain_table.write(result, tmp_path / "gain.ecsv")
    table = Table.read(tmp_path / "gain.ecsv")
    assert table.colnames[:8] == ["sector", "amplifier", "region", "gain", "gain_err", "read_noise", "n_boxes", "n_pixels"]
    assert list(zip(table["sector"], table["region"], table["amplifier"], strict=True)) == [
        (1, "bulk", "A"), (1, "void", "A"), (2, "bulk", "B"), (2, "void", "B"),
    ]  # fmt: skip
    expected = np.array([2.0, 1.9, 2.2, 2.09])
    assert (np.abs(table["gain"] - expected) < 4.0 * table["gain_err"]).all()
    assert (table["gain_err"] < 0.06).all()
    for name in ("read_noise", "intercept_noise"):
        assert (np.abs(table[name] - 6.0) < 4.0 * table[f"{name}_err"]).all()
    assert (np.abs(table["gain_adjacent"] - expected) < 4.0 * table["gain_adjacent_err"]).all()
    assert table["n_pixels"].sum() == SIDE**2
    units = {name: str(table[name].unit) for name in table.colnames if table[name].unit is not None}
    assert units["gain"] == units["gain_lag1_err"] == units["systematic"] == units["map_err"] == "electron / DN"
    assert units["read_noise"] == units["reset_noise_err"] == "DN" and "n_boxes" not in units
    meta = table.meta
    assert meta["pairs_used"] == [1, 2] and meta["limit"] == 5000.0 and "generalised least squares" in meta["error_method"]
    assert meta["provenance"]["files"][0]["path"].endswith("flat_0_ramp.fits") and meta["map_uncertainty"]["mean"] > 0


def test_the_error_of_a_measured_ipc_factor_is_given_apart(result, tmp_path):
    assert "ipc_err" not in gain_table.sector_rows(result)[0]
    measured = replace(result, ipc=Ipc(0.95, "measured", measured=0.95, measured_err=0.019))
    gain_table.write(measured, tmp_path / "gain.ecsv")
    table = Table.read(tmp_path / "gain.ecsv")
    assert table["ipc_err"] == pytest.approx(0.02 * table["gain"]) and str(table["ipc_err"].unit) == "electron / DN"
    assert "common" in table.meta["columns"]["ipc_err"]
    header = gain_file.as_hdus(measured, "gain.fits", gain_file.Origin())[0].header
    assert any("0.95000 +- 0.01900 for IPC (measured)" in line for line in header["HISTORY"])


def test_the_noise_of_a_box_is_called_what_it_is(result):
    """Of a read with that of the reset, which the table of sectors calls intercept_noise."""
    boxes = gain_file.as_hdus(result, "gain.fits", gain_file.Origin())["BOXES"].data
    assert boxes["intercept_noise"] == pytest.approx(result.read_noise) and "read_noise" not in boxes.names


def test_weights_are_pixels(result):
    rows = gain_table.sector_rows(result)
    boxes = result.boxes
    here = (boxes.sector == 2) & (boxes.kind == 0)
    (row,) = [each for each in rows if each["sector"] == 2 and each["region"] == "bulk"]
    assert row["gain"] == pytest.approx(np.average(result.gain[here], weights=boxes.pixels[here]))
    share = boxes.pixels[here] / boxes.pixels[here].sum()
    assert row["gain_err"] == pytest.approx(np.sqrt(np.sum((share * result.gain_err[here]) ** 2)))
    assert row["box_err"] == pytest.approx(np.sqrt(np.average(result.gain_err[here] ** 2, weights=boxes.pixels[here])))


def test_a_summary_is_json(result):
    gain = result.gain.copy()
    gain[result.boxes.sector == 1] = np.nan
    found = json.loads(json.dumps(gain_table.summary(replace(result, gain=gain)), allow_nan=False))
    assert found["sectors"][0]["gain"] is None and found["sectors"][0]["n_boxes"] == 0
    assert found["units"]["gain"] == "electron / DN" and found["units"]["limit"] == "DN"
