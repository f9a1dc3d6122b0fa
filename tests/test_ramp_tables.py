"""What is written is what was measured, with units, provenance, and the way to make it again."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

import numpy as np
import pytest
from astropy.table import QTable, Table
from data_files import segment
from test_ramp_analysis import exposure, pixel
from test_ramp_references import write_reference

from detgui.analysis import provenance, ramp
from detgui.cli.parser import parse
from detgui.data.exposure import open_exposures, open_one
from detgui.data.tables import write_table
from detgui.errors import BadInput


@pytest.fixture
def result():
    return ramp.run(exposure(nints=3), pixel(integration=2))


def test_ecsv_has_columns_units_and_metadata(tmp_path, result):
    path = tmp_path / "ramp.ecsv"
    ramp.write(result, path)
    table = QTable.read(path)
    assert table.colnames[:7] == ["integration", "group", "time", "signal", "groupdq", "fit", "residual"]
    assert str(table["time"].unit) == "s"
    for name in ("signal", "fit", "residual"):
        assert str(table[name].unit).lower() in ("dn", "adu")
    assert table["signal"].value == pytest.approx(result.signal)
    assert table["residual"].value == pytest.approx(result.signal - result.fit)
    assert set(table["integration"]) == {2}
    assert table["group"].tolist() == list(range(1, 21))
    for name in ("intercept", "intercept_err", "slope", "slope_err", "late_slope", "late_slope_err", "chi2", "dof", "probability"):
        assert table.meta[name] == pytest.approx(getattr(result, name))
    assert table.meta["gain"] == 1.5
    assert table.meta["gain_source"] == "given"
    assert table.meta["read_noise_source"] == "given"
    assert table.meta["fit_groups"] == [1, 12]
    assert table.meta["pixel"] == [1, 0]
    assert table.meta["units"]["slope"] == "DN/group"
    assert table.meta["provenance"]["files"][0]["bytes"] == 10


def test_numbers_that_do_not_exist_are_nan(tmp_path):
    path = tmp_path / "ramp.ecsv"
    ramp.write(ramp.run(exposure(rate=1.0), pixel(gain=None)), path)
    table = Table.read(path)
    assert np.isnan(table.meta["late_slope"])
    assert np.isnan(table.meta["slope_err"])
    assert any("no errors" in note for note in table.meta["notes"])


def test_csv_holds_the_same(tmp_path, result):
    path = tmp_path / "ramp.csv"
    ramp.write(result, path)
    table = Table.read(path, format="ascii.csv", comment="#")
    assert np.asarray(table["signal"]) == pytest.approx(result.signal)
    lines = [line[2:] for line in path.read_text().splitlines() if line.startswith("# ")]
    meta = {name: value for name, _, value in (line.partition(": ") for line in lines)}
    assert json.loads(meta["slope"]) == result.slope
    assert json.loads(meta["provenance"])["versions"]["numpy"] == np.__version__
    assert meta["unit of signal"] == "DN"


def test_summary_is_json(result):
    text = json.dumps(ramp.summary(result), allow_nan=False)
    assert json.loads(text)["slope"] == result.slope
    assert json.loads(json.dumps(ramp.summary(ramp.run(exposure(rate=1.0), pixel())), allow_nan=False))["late_slope"] is None


@pytest.mark.parametrize("name", ["ramp.txt", "ramp", "ramp.fits"])
def test_unknown_extension(tmp_path, result, name):
    with pytest.raises(BadInput, match=r"\.ecsv or \.csv"):
        ramp.write(result, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to(tmp_path, result):
    with pytest.raises(BadInput, match=r"ramp\.ecsv cannot be written: "):
        ramp.write(result, tmp_path / "missing" / "ramp.ecsv")
    (tmp_path / "folder.ecsv").mkdir()
    with pytest.raises(BadInput, match=r"folder\.ecsv cannot be written: "):
        ramp.write(result, tmp_path / "folder.ecsv")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.ecsv"]


def test_a_failed_write_leaves_the_old_file(tmp_path, result, monkeypatch):
    path = tmp_path / "ramp.ecsv"
    path.write_text("old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(BadInput, match="No space left on device"):
        ramp.write(result, path)
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("ramp.ecsv", "old")]


def test_names_that_are_not_utf8(tmp_path):
    for name in ("a.csv", "a.ecsv"):
        write_table(tmp_path / name, {"a": (np.arange(2), "")}, {"file": os.fsdecode(b"bad\xff.fits")})
    assert b"bad\xff.fits" in (tmp_path / "a.csv").read_bytes()
    assert Table.read(tmp_path / "a.ecsv").meta["file"] == os.fsdecode(b"bad\xff.fits")


def test_overwriting_may_be_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")
    with pytest.raises(BadInput, match="already there"):
        write_table(path, {"a": (np.arange(2), "")}, {}, overwrite=False)
    write_table(path, {"a": (np.arange(2), ""), "b": (np.array(["x,y", 'say "z"']), "")}, {})
    assert path.read_text() == 'a,b\n0,"x,y"\n1,"say ""z"""\n'


def test_provenance_says_everything(flight_ramp):
    (found,) = open_exposures([flight_ramp])
    with found:
        made = ramp.run(found, ramp.Params(60, 70, 3, gain=1.9)).provenance
    status = flight_ramp.stat()
    (record,) = made["files"]
    assert record["path"] == str(flight_ramp)
    assert record["bytes"] == status.st_size
    assert record["modified"] == provenance.iso_time(status.st_mtime)
    assert {"detgui", "python", "numpy", "astropy", "jwst"} <= set(made["versions"])
    assert made["parameters"]["gain"] == 1.9
    assert json.loads(json.dumps(made)) == made


@pytest.mark.skipif(os.name == "nt", reason="shlex splits as POSIX shells do")
def test_the_command_line_makes_the_same_params(tmp_path):
    from detgui.cli.parser import parse

    memory, reference = exposure(nints=3), tmp_path / "a gain's file.fits"
    params = ramp.Params(1, 0, 2, (1, 9), "gls", reference, 7.5)
    words = shlex.split(str(provenance.for_params([memory.files[0].path], memory.name, params, "ramp")["command"]))
    assert words[0] == "detgui"
    args = parse(words[1:])
    assert args.pixel == [1, 0]
    assert (args.integration, args.fit_groups, args.method) == (2, (1, 9), "gls")
    assert (args.gain, args.read_noise) == (reference, 7.5)
    assert args.files == [memory.files[0].path]


def test_another_threshold_is_told_by_its_groups():
    """The command line has no threshold: the groups that it led to stand for it."""
    made = ramp.run(exposure(), pixel(threshold=5000.0))
    assert made.fit_groups == (1, 6)
    assert "--fit-groups 1-6" in made.provenance["command"]
    assert "threshold" not in made.provenance["command"]


def test_python_survives_the_table(tmp_path, result):
    """Readers of ECSV leave out empty lines, in which YAML keeps line breaks unless they are quoted."""
    path = tmp_path / "ramp.ecsv"
    ramp.write(result, path)
    assert Table.read(path).meta["provenance"] == result.provenance
    assert result.provenance["python"].count("\n") > 4
    texts = ["one\n\ntwo\n", "\n", " blanks ", "back\\slash \\n", 'a "quoted"\nline: {x}', "\u2028\u00e9\t\n", ""]
    texts.append("long " * 60 + "\n" + "words " * 60)
    write_table(path, {"a": (np.arange(1), "")}, {"texts": texts, "more": {"deep": {"key": texts}}})
    assert Table.read(path).meta == {"texts": texts, "more": {"deep": {"key": texts}}}


def test_segments_are_made_again_as_they_were_opened(tmp_path):
    """Neighbours that lie beside a segment must not slip into what is made again from it, nor shift the first integration."""
    paths = [segment(tmp_path, number, 3) for number in (1, 2, 3)]
    with open_one([paths[1]], join=False) as alone, open_one([paths[1]]) as joined:
        for found, nints in ((alone, 4), (joined, 12)):
            result = ramp.run(found, ramp.Params(x=2, y=1, gain=1.5))
            words = shlex.split(str(result.provenance["command"]))
            args = parse(words[1:])
            files = args.files
            with open_one(files, join=args.join, neighbours=args.join) as again:
                assert again.shape == (nints, 3, 5, 6)
                assert args.integration == result.integration == found.integrations[0]
            names: dict[str, object] = {}
            exec(str(result.provenance["python"]), names)
            assert names["exposure"].files == found.files
            assert names["result"].signal.tolist() == result.signal.tolist()
            names["exposure"].close()


def test_references_are_named_for_any_folder(tmp_path, monkeypatch):
    write_reference(tmp_path / "gain.fits", np.full((2, 3), 1.25))
    monkeypatch.chdir(tmp_path)
    made = ramp.run(exposure(detector="NRS1"), pixel(gain=Path("gain.fits"))).provenance
    assert f"--gain {tmp_path / 'gain.fits'} " in made["command"]
    assert repr(str(tmp_path / "gain.fits")) in made["python"]
    assert made["parameters"]["gain"] == str(tmp_path / "gain.fits")


def test_a_link_is_written_through_and_a_protected_file_is_left_alone(tmp_path, result, monkeypatch):
    target, link = tmp_path / "target.ecsv", tmp_path / "link.ecsv"
    link.symlink_to(target.name)
    ramp.write(result, link)
    assert link.is_symlink()
    assert Table.read(target).meta["slope"] == result.slope
    monkeypatch.setattr("detgui.data.tables.os.access", lambda path, mode: False)
    before = target.read_bytes()
    with pytest.raises(BadInput, match=r"target\.ecsv cannot be written: it is there already and write-protected"):
        ramp.write(result, link)
    assert target.read_bytes() == before


def test_the_python_makes_the_same_result(flight_ramp):
    (found,) = open_exposures([flight_ramp])
    params = ramp.Params(60, 70, 3, gain=1.9, read_noise=7.0, method="gls")
    with found:
        expected = ramp.run(found, params)
        names: dict = {}
        exec(str(expected.provenance["python"]), names)
    names["exposure"].close()
    assert names["result"].slope == expected.slope
    assert names["result"].params == params
