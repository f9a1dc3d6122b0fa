"""The command line: exit status, one line on stderr for every kind of mistake, JSON alone on stdout, nothing half-written."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table
from cli_help import run
from data_files import JWST, counts, segment, write

from detgui.cli.arguments import group_range, number_or_file, positive, size
from detgui.cli.parser import parse


@pytest.mark.parametrize(
    "argv",
    [
        ("ramp",),
        ("ramp", "a.fits"),
        ("ramp", "a.fits", "--pixel", "1"),
        ("ramp", "a.fits", "--pixel", "1", "x", "-o", "o.ecsv"),
        ("ramp", "a.fits", "--pixel", "1", "2", "--integration", "0", "-o", "o.ecsv"),
        ("ramp", "a.fits", "--pixel", "1", "2", "--fit-groups", "5-2", "-o", "o.ecsv"),
        ("ramp", "a.fits", "--pixel", "1", "2", "--fit-groups", "0-4", "-o", "o.ecsv"),
        ("ramp", "a.fits", "--pixel", "1", "2", "--fit-groups", "few", "-o", "o.ecsv"),
        ("ramp", "a.fits", "--pixel", "1", "2", "--method", "magic", "-o", "o.ecsv"),
        ("ramp", "a.fits", "--pixel", "1", "2", "--gain", "-3", "-o", "o.ecsv"),
        ("ramp", "a.fits", "--pixel", "1", "2", "--gain", "nan", "-o", "o.ecsv"),
        ("ramp", "a.fits", "--pixel", "1", "2", "--workers", "0", "-o", "o.ecsv"),
        ("ramp", "a.fits", "--pixel", "1", "2"),
        ("ramp", "a.fits", "--pixel", "1", "2", "--unheard-of", "-o", "o.ecsv"),
        ("info",),
        ("info", "a.fits", "--scheduler", "tcp://127.0.0.1:8786"),
        ("--scheduler", "tcp://127.0.0.1:8786", "info", "a.fits"),
        ("simulate",),
        ("simulate", "nonsense", "-o", "x"),
        ("simulate", "bots"),
        ("simulate", "bots", "-o", ""),
        ("ramp", "a.fits", "--pixel", "1", "2", "-o", ""),
        ("info", ""),
        ("bench", "--unheard-of"),
        ("bench", "--json", "unheard-of"),
        ("--size", "12", "a.fits"),
        ("--theme", "pink"),
        ("--screenshot", "out.png"),
        ("--screenshot", "out.txt", "a.fits"),
        ("--screenshot", "nowhere/out.png", "a.fits"),
        ("--unheard-of",),
    ],
)
def test_bad_use_is_one_line_and_status_2(capsys, tmp_path, monkeypatch, argv):
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, *argv)
    assert status == 2
    assert out == ""
    assert len(err) == 1
    assert err[0].startswith("detgui")
    assert "Traceback" not in err[0]
    assert list(tmp_path.iterdir()) == []


def _not_fits(path: Path) -> None:
    path.write_bytes(b"hello " * 1000)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _table_only(path: Path) -> None:
    from astropy.io import fits

    table = fits.BinTableHDU.from_columns([fits.Column("a", "E", array=np.arange(3.0))])
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(path)


def _missing(path: Path) -> None:
    pass


BAD_FILES = {"not FITS": _not_fits, "empty": _empty, "table": _table_only, "missing": _missing}


def bad_file(folder: Path, kind: str) -> Path:
    path = folder / f"bad_{kind.replace(' ', '_')}.fits"
    BAD_FILES[kind](path)
    return path


@pytest.mark.parametrize("kind", BAD_FILES)
@pytest.mark.parametrize("verb", ["info", "ramp"])
def test_bad_file_is_named_in_one_line(capsys, tmp_path, verb, kind):
    path = bad_file(tmp_path, kind)
    output = tmp_path / "ramp.ecsv"
    options = ("--pixel", 1, 1, "-o", output) if verb == "ramp" else ()
    status, out, err = run(capsys, verb, path, *options)
    assert status == 2
    assert out == ""
    assert len(err) == 1
    assert path.name in err[0]
    assert not output.exists()


def test_cut_short_and_lying_header(capsys, tmp_path, flight_ramp):
    whole = flight_ramp.read_bytes()
    cut = tmp_path / "cut_uncal.fits"
    cut.write_bytes(whole[: len(whole) // 3])
    lying = tmp_path / "lying_uncal.fits"
    at = whole.index(b"NAXIS4  =")
    lying.write_bytes(whole[:at] + b"NAXIS4  =         2000000000" + whole[at + 28 :])
    for path in (cut, lying):
        status, out, err = run(capsys, "ramp", path, "--pixel", 5, 5, "-o", tmp_path / "o.ecsv")
        assert (status, out, len(err)) == (2, "", 1), err
        assert path.name in err[0]
    assert not (tmp_path / "o.ecsv").exists()


@pytest.mark.parametrize(
    "options",
    [("--pixel", 128, 3), ("--pixel", -1, 3), ("--pixel", 3, 3, "--integration", 7), ("--pixel", 3, 3, "--fit-groups", "1-3")],
)
def test_pixel_integration_and_group_that_are_not_there(capsys, tmp_path, flight_ramp, options):
    status, out, err = run(capsys, "ramp", flight_ramp, *options, "-o", tmp_path / "o.ecsv")
    assert (status, out, len(err)) == (2, "", 1), err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--gain", "--read-noise", "--superbias", "--saturation"])
def test_reference_file_that_is_not_there(capsys, tmp_path, flight_ramp, option):
    status, _, err = run(capsys, "ramp", flight_ramp, "--pixel", 3, 3, option, tmp_path / "gone.fits", "-o", tmp_path / "o.ecsv")
    assert (status, len(err)) == (2, 1), err
    assert "gone.fits" in err[0]
    assert list(tmp_path.iterdir()) == []


def test_output_that_cannot_be_written(capsys, tmp_path, flight_ramp):
    status, _, err = run(capsys, "ramp", flight_ramp, "--pixel", 3, 3, "-o", tmp_path / "nowhere" / "o.ecsv")
    assert (status, len(err)) == (2, 1)
    assert "nowhere" in err[0]
    status, _, err = run(capsys, "ramp", flight_ramp, "--pixel", 3, 3, "-o", tmp_path)
    assert (status, len(err)) == (2, 1)


def test_output_never_replaces_an_input(capsys, tmp_path, flight_ramp):
    mine = tmp_path / "in.fits"
    mine.write_bytes(flight_ramp.read_bytes())
    status, _, err = run(capsys, "ramp", mine, "--pixel", 3, 3, "-o", mine)
    assert (status, len(err)) == (2, 1)
    assert mine.read_bytes() == flight_ramp.read_bytes()


def test_info_json_of_the_flight_ramp(capsys, flight_ramp):
    status, out, err = run(capsys, "info", flight_ramp, "--json")
    assert (status, err) == (0, [])
    said = json.loads(out)
    assert said["shape"] == [6, 2, 128, 128]
    assert said["dtype"] == "uint16"
    assert said["detector"] == "GUIDER2"
    assert said["bytes"] == flight_ramp.stat().st_size
    assert {"kind", "instrument", "unit", "files"} <= set(said)


def test_info_as_text(capsys, flight_ramp):
    status, out, err = run(capsys, "info", flight_ramp)
    assert (status, err) == (0, [])
    assert "GUIDER2" in out


def test_some_files_unusable_is_still_a_result(capsys, tmp_path, flight_ramp):
    bad = [bad_file(tmp_path, "empty"), bad_file(tmp_path, "not FITS")]
    status, out, err = run(capsys, "info", bad[0], flight_ramp, bad[1], "--json")
    assert status == 0
    assert json.loads(out)["detector"] == "GUIDER2"
    assert len(err) == 2
    assert bad[0].name in err[0]
    assert bad[1].name in err[1]


def test_all_files_unusable_names_each(capsys, tmp_path):
    bad = [bad_file(tmp_path, "empty"), bad_file(tmp_path, "not FITS")]
    status, out, err = run(capsys, "info", *bad)
    assert (status, out) == (2, "")
    assert [path.name in line for path, line in zip(bad, err, strict=True)] == [True, True]


def test_ramp_writes_what_is_in_the_bytes(capsys, tmp_path, flight_ramp):
    from astropy.io import fits
    from astropy.table import Table

    output = tmp_path / "ramp.ecsv"
    x, y, integration = 61, 70, 4
    status, out, err = run(capsys, "ramp", flight_ramp, "--pixel", x, y, "--integration", integration, "--json", "-o", output)
    assert status == 0, err
    table = Table.read(output)
    with fits.open(flight_ramp) as hdus:
        raw = hdus["SCI"].data[integration - 1, :, y, x].astype(float)
    assert {"integration", "group", "time", "signal", "groupdq", "fit", "residual"} <= set(table.colnames)
    np.testing.assert_array_equal(np.asarray(table["signal"]), raw)
    np.testing.assert_array_equal(table["group"], [1, 2])
    np.testing.assert_array_equal(table["integration"], integration)
    summary = json.loads(out)
    assert summary["slope"] == pytest.approx(raw[1] - raw[0])
    assert summary["late_slope"] is None  # two groups: NaN, which JSON does not have


def test_two_exposures_are_not_one(capsys, tmp_path, flight_ramp):
    other = tmp_path / "jw00001001001_03101_00001_guider2_uncal.fits"
    other.write_bytes(flight_ramp.read_bytes())
    status, out, err = run(capsys, "ramp", flight_ramp, other, "--pixel", 3, 3, "-o", tmp_path / "o.ecsv")
    assert (status, out) == (2, "")
    assert len(err) == 1
    assert not (tmp_path / "o.ecsv").exists()


def test_unexpected_failure_is_one_line_and_logged(capsys, monkeypatch, own_folders, flight_ramp):
    import detgui.analysis.info as info

    def broken(*_):
        raise ZeroDivisionError("of all things")

    monkeypatch.setattr(info, "describe", broken)
    status, out, err = run(capsys, "info", flight_ramp)
    assert (status, out, len(err)) == (1, "", 1)
    assert "of all things" in err[0]
    log = own_folders / "state" / "log" / "detgui.log"
    assert "Traceback" in log.read_text()


def test_verbs_win_over_files(tmp_path, monkeypatch):
    assert parse(["info", "x.fits"]).verb == "info"
    assert parse(["./info"]).verb == "window"
    assert parse(["./info"]).files == [Path("info")]
    assert parse(["--quiet", "--workers", "2", "info", "x.fits"]).workers == 2
    assert parse(["--", "info"]).verb == "window"
    assert parse([]).files == []
    assert parse(["a.fits", "--no-join"]).join is False


def test_values_of_options():
    assert group_range("1-10") == (1, 10)
    assert group_range("3-4") == (3, 4)
    assert group_range("8") == (1, 8)
    assert positive("3") == 3
    assert size("1280x800") == (1280, 800)
    assert number_or_file("1.5") == 1.5
    assert number_or_file("gain.fits") == Path("gain.fits")


def test_a_mistyped_verb_is_not_taken_for_a_file(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, "infoo", "a.fits")
    assert (status, out) == (2, "")
    assert err == ["detgui: 'infoo' is neither a verb nor a file (see detgui --help)"]
    (tmp_path / "infoo").touch()
    assert parse(["infoo"]).files == [Path("infoo")]


def test_segments_of_two_exposures_are_bad_input(capsys, tmp_path):
    """Whatever tells them apart: detector, or what the headers say of segments with the same name."""
    one = segment(tmp_path, 1, 2)
    for other in ({"detector": "nrs2"}, {"suffix": "ramp"}, {"shape": (4, 5, 6)}, {"primary": {"EXSEGTOT": 3}}, {"first": 2}):
        (tmp_path / "other").mkdir(exist_ok=True)
        two = segment(tmp_path / "other", 2, 2, **other)
        status, out, err = run(capsys, "ramp", one, two, "--pixel", 1, 1, "-o", tmp_path / "out.ecsv")
        assert (status, out, len(err)) == (2, "", 1)
        assert two.stem in err[0]
        assert not (tmp_path / "out.ecsv").exists()


def test_segments_kept_apart_are_not_one_exposure(capsys, tmp_path):
    files = [segment(tmp_path, number, 2) for number in (1, 2)]
    status, out, err = run(capsys, "ramp", *files, "--no-join", "--pixel", 1, 1, "-o", tmp_path / "out.ecsv")
    assert (status, out, len(err)) == (2, "", 1)
    assert err[0].endswith("--no-join keeps segments apart, so give one of them")


def test_what_cannot_be_done_is_one_line_whatever_else_is_odd(capsys, tmp_path):
    """A missing segment is a warning beside a result, and no second line beside an error."""
    first = segment(tmp_path, 1, 3)
    segment(tmp_path, 3, 3)
    status, _, err = run(capsys, "ramp", first, "--pixel", 1, 1, "--integration", 6, "-o", tmp_path / "out.ecsv")
    assert (status, len(err)) == (2, 1)
    assert "integration 6 is not there; it has 1 to 4, 9 to 12" in err[0]
    status, _, err = run(capsys, "ramp", first, "--pixel", 1, 1, "--integration", 9, "-o", tmp_path / "out.ecsv")
    assert (status, len(err)) == (0, 1)
    assert "segment 2 of 3 (integrations 5-8) missing" in err[0]


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--read-noise", "1e300", "not possible"),
        ("--gain", "1e-300", "not possible"),
        ("--gain", "0", "neither a positive number nor a file"),
        ("--superbias", "", "an empty name is no file"),
        ("--gain", "", "an empty name is no file"),
        ("--fit-groups", "1-99", "groups 1-99 are not there"),
    ],
)
def test_numbers_that_no_detector_has(capsys, tmp_path, flight_ramp, option, value, words):
    status, out, err = run(capsys, "ramp", flight_ramp, "--pixel", 1, 1, option, value, "-o", tmp_path / "out.ecsv")
    assert (status, out, len(err)) == (2, "", 1)
    assert words in err[0]


def test_a_read_noise_of_zero_is_a_number(capsys, tmp_path, flight_ramp):
    status, _, err = run(capsys, "ramp", flight_ramp, "--pixel", 1, 1, "--gain", 2, "--read-noise", 0, "-o", tmp_path / "out.ecsv")
    assert (status, err) == (0, [])


def test_places_that_cannot_be(capsys, tmp_path, flight_ramp):
    for output in (tmp_path / ("long" * 100 + ".ecsv"), tmp_path / "ramp.txt"):
        status, out, err = run(capsys, "ramp", tmp_path / "not_opened.fits", "--pixel", 1, 1, "-o", output)
        assert (status, out, len(err)) == (2, "", 1)
        assert output.name in err[0]


def test_a_reference_is_not_replaced_by_the_result(capsys, tmp_path, flight_ramp):
    reference = tmp_path / "gain.ecsv"
    reference.write_text("any")
    status, _, err = run(capsys, "ramp", flight_ramp, "--pixel", 1, 1, "--gain", reference, "-o", reference)
    assert (status, reference.read_text()) == (2, "any")
    assert "would replace an input file" in err[0]


def test_one_of_several_images(capsys, tmp_path):
    data = counts((2, 4, 5, 6))
    path = write(tmp_path / "two_uncal.fits", JWST, ("SCI,1", data), ("SCI,2", data + 1000))
    output = tmp_path / "out.ecsv"
    for extra, start, said in (((), 0, 1), (("--extver", 1), 0, 0), (("--extver", 2), 1000, 0)):
        status, _, err = run(capsys, "ramp", path, "--pixel", 3, 2, *extra, "-o", output)
        assert (status, len(err)) == (0, said)
        table = Table.read(output)
        assert table["signal"].tolist() == (data[0, :, 2, 3] + start).tolist()
        words = shlex.split(table.meta["provenance"]["command"])
        assert words[words.index("--extver") + 1] == str(extra[1] if extra else 1)
    status, _, err = run(capsys, "ramp", path, "--pixel", 3, 2, "--extver", 3, "-o", output)
    assert (status, len(err)) == (2, 1)
    assert "two_uncal.fits has no SCI extension 3" in err[0]
