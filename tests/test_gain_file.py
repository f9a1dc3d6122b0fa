"""GAIN reference files, the table of sectors, and ``detgui gain``."""

import json

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from gain_fakes import pairs
from test_gain_map import SIDE, truth, write_flat

from detgui.__main__ import main
from detgui.analysis import gain_file, gain_map, gain_table
from detgui.data.exposure import open_exposures
from detgui.errors import BadInput


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flats")
    reads = pairs(np.random.default_rng(21), (SIDE, SIDE), 5, 900.0, truth()[0], 6.0, flats=4)
    return [write_flat(folder / f"flat_{at}_ramp.fits", each) for at, each in enumerate(reads)]


@pytest.fixture(scope="module")
def result(files):
    exposures = open_exposures(files, join=False, neighbours=False)
    try:
        return gain_map.run(exposures, gain_map.Params(box=64, voids=(truth()[1],)))
    finally:
        for each in exposures:
            each.close()


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


def test_what_is_said_of_the_file_is_written(result, tmp_path):
    path = tmp_path / "gain.fits"
    gain_file.write(result, path, gain_file.Origin("2022-07-01T00:00:00", "A. Stronomer", "GROUND", "B1 gain", ("first line",)))
    header = fits.getheader(path)
    assert (header["USEAFTER"], header["AUTHOR"], header["PEDIGREE"], header["DESCRIP"]) == (
        "2022-07-01T00:00:00", "A. Stronomer", "GROUND", "B1 gain",
    )  # fmt: skip
    assert "first line" in str(header["HISTORY"])


@pytest.mark.parametrize("given", [{"useafter": "soon"}, {"pedigree": "GUESS"}, {"author": " "}])
def test_what_crds_would_not_take_is_refused(result, tmp_path, given):
    with pytest.raises(BadInput):
        gain_file.write(result, tmp_path / "gain.fits", gain_file.Origin(**given))
    assert not any(tmp_path.iterdir())


def test_the_table_has_the_reports_rows(result, tmp_path):
    gain_table.write(result, tmp_path / "gain.ecsv")
    table = Table.read(tmp_path / "gain.ecsv")
    assert list(zip(table["sector"], table["region"], table["amplifier"], strict=True)) == [
        (1, "bulk", "A"), (1, "void", "A"), (2, "bulk", "B"), (2, "void", "B"),
    ]  # fmt: skip
    expected = np.array([2.0, 1.9, 2.2, 2.09])
    assert (np.abs(table["gain"] - expected) < 4.0 * table["gain_err"]).all()
    assert (table["gain_err"] < 0.06).all()
    assert table["n_pixels"].sum() == SIDE**2
    assert str(table["gain"].unit) == "electron / DN"


def test_the_verb_writes_everything(files, tmp_path, capsys):
    void = np.zeros((SIDE, SIDE), np.uint8)
    void[truth()[1]] = 1
    outputs = ["-o", str(tmp_path / "gain.fits"), "--table", str(tmp_path / "gain.csv"), "--json", "--quiet"]
    status = main(["gain", *map(str, files), "--box", "96", "--limit", "4000", "--pairs", "2", "--ipc-centre", "1.025", *outputs])
    found = json.loads(capsys.readouterr().out)
    assert status == 0
    assert (found["pairs_used"], found["limit"], found["box"]) == ([2], 4000.0, 96)
    assert found["ipc_factor"] == pytest.approx(0.95)
    assert [(each["sector"], each["region"]) for each in found["sectors"]] == [(1, "bulk"), (2, "bulk")]
    assert {"gain", "gain_err", "n_boxes"} <= set(found["sectors"][0])
    assert fits.getdata(tmp_path / "gain.fits").shape == (SIDE, SIDE)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--ipc-centre", "0.976", "--json"), "inverse"),
        ((), "say where"),
        (("--limit", "100", "--json"), "fewer than three groups"),
        (("-o", "gain.txt"), "as .fits"),
        (("--voids", "missing.reg", "--json"), "missing.reg"),
        (("--pairs", "7", "--json"), "no pair 7"),
        (("--clip", "2.7", "--json"), "not tabulated"),
    ],
)
def test_bad_use_is_one_sentence(files, capsys, options, words):
    assert main(["gain", *map(str, files), "--quiet", *options]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.strip().splitlines()) == 1 and words in captured.err
