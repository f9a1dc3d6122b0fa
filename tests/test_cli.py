"""The command line: exit status, one line on stderr for every kind of mistake, JSON alone on stdout, nothing half-written."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table
from data_files import JWST, counts, segment, write

from detgui.cli import main
from detgui.cli.parser import group_range, number_or_file, parse, positive, size
from detgui.cli.terminal import ProgressBar, bar_line, plain
from detgui.errors import Cancelled
from detgui.progress import clock


def run(capsys, *argv) -> tuple[int, str, list[str]]:
    """Exit status, stdout, and the lines of stderr."""
    capsys.readouterr()
    status = main([str(word) for word in argv])
    out, err = capsys.readouterr()
    return status, out, err.splitlines()


def child(*argv, **environment) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **environment}
    return subprocess.run(
        [sys.executable, "-m", "detgui", *map(str, argv)], capture_output=True, text=True, timeout=120, env=env, check=False
    )


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


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Cancelled()])
def test_interrupted_is_130(capsys, monkeypatch, flight_ramp, error):
    import detgui.analysis.info as info

    def stopped(*_):
        raise error

    monkeypatch.setattr(info, "describe", stopped)
    status, out, err = run(capsys, "info", flight_ramp)
    assert (status, out, err) == (130, "", ["detgui: interrupted"])


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one child process here")
def test_ctrl_c_leaves_nothing_behind(tmp_path):
    folder = tmp_path / "out"
    command = [sys.executable, "-m", "detgui", "simulate", "bots", "--integrations", "300", "-o", str(folder)]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (folder.exists() and any(folder.iterdir())):
        time.sleep(0.1)
    program.send_signal(signal.SIGINT)
    out, err = program.communicate(timeout=60)
    assert program.returncode == 130, err
    assert out == ""
    assert err.splitlines() == ["detgui: interrupted"]
    assert not folder.exists() or list(folder.iterdir()) == []


def test_help_is_quick_to_import():
    """No Qt, astropy, numpy or numba before it is known what to do."""
    code = (
        "import sys\nfrom detgui.cli import main\n"
        "status = main(['info', '--help'])\n"
        "heavy = {'PySide6', 'astropy', 'numpy', 'numba', 'pyqtgraph'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else status)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "--json" in done.stdout


def test_no_display_is_one_sentence(tmp_path, flight_ramp):
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux can be without a display")
    nothing = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": ""}
    for argv in ((flight_ramp,), ("demo",), ()):
        done = child(*argv, **nothing)
        assert done.returncode == 1
        assert done.stdout == ""
        assert len(done.stderr.splitlines()) == 1
        assert "display" in done.stderr


def test_missing_libraries_are_named(monkeypatch):
    from detgui import display
    from detgui.errors import DetguiError

    monkeypatch.setattr(display.sys, "platform", "linux")
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    monkeypatch.setattr(display, "loads", lambda name: name not in ("libEGL.so.1", "libxcb-cursor.so.0"))
    with pytest.raises(DetguiError, match=r"libEGL.*libxcb-cursor.*apt-get install libegl1 libxcb-cursor0"):
        display.check_libraries()
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert display.missing_libraries() == ["libEGL.so.1"]


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


def test_plain_values_for_json():
    value = {"a": np.float32("nan"), "b": np.arange(3), "c": Path("x"), "d": (1, None, True), "e": np.int64(4), "f": float("inf")}
    assert plain(value) == {"a": None, "b": [0, 1, 2], "c": "x", "d": [1, None, True], "e": 4, "f": None}


def test_progress_bar_text():
    assert clock(12) == "0:12"
    assert clock(3723) == "1:02:03"
    assert bar_line(0.5, "fitting", 10.0) == "[############............]  50 %  0:10 left  fitting"
    assert "left" not in bar_line(0.0, "", None)


def test_progress_bar_is_silent_without_a_terminal(capsys):
    with ProgressBar() as bar:
        bar(0.5, "half")
    assert capsys.readouterr() == ("", "")


def test_progress_bar_cleans_up(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with ProgressBar() as bar:
        bar(0.5, "half")
    drawn = capsys.readouterr().err
    assert "50 %" in drawn
    assert drawn.endswith("\r")
    with ProgressBar(quiet=True) as bar:
        bar(0.5, "half")
    assert capsys.readouterr().err == ""


def test_verbs_that_are_not_there_yet_are_not_taken_for_files(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(capsys, "gain", "flat1.fits", "flat2.fits") == (2, "", ["detgui: gain is not available yet (see detgui --help)"])
    status, out, err = run(capsys, "infoo", "a.fits")
    assert (status, out) == (2, "")
    assert err == ["detgui: 'infoo' is neither a verb nor a file (see detgui --help)"]
    (tmp_path / "gain").touch()
    assert parse(["gain"]).files == [Path("gain")]


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


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_signals_end_the_work_and_leave_nothing(capsys, tmp_path, monkeypatch, name, status):
    from detgui.simulate import expose

    written = expose._write_segment

    def killed(*args):
        os.kill(os.getpid(), getattr(signal, name))
        yield from written(*args)

    before = signal.getsignal(getattr(signal, name))
    monkeypatch.setattr(expose, "_write_segment", killed)
    found = run(capsys, "simulate", "bots", "--integrations", 2, "--groups", 3, "--columns", 16, "-o", tmp_path / "new")
    assert found == (status, "", ["detgui: interrupted"])
    assert list(tmp_path.iterdir()) == []
    assert signal.getsignal(getattr(signal, name)) == before


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_an_interrupt_that_a_library_swallows_is_raised_again(capsys, tmp_path, monkeypatch):
    from detgui.simulate import expose

    made = expose.make_scene

    def swallow(params):
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)
        return made(params)

    monkeypatch.setattr(expose, "make_scene", swallow)
    status, _, err = run(capsys, "simulate", "bots", "--integrations", 2, "--groups", 3, "--columns", 16, "-o", tmp_path / "new")
    assert (status, err) == (130, ["detgui: interrupted"])
    assert list(tmp_path.iterdir()) == []

    def fail(params):
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)
        raise ImportError("half imported")

    monkeypatch.setattr(expose, "make_scene", fail)
    status, _, err = run(capsys, "simulate", "bots", "--integrations", 2, "--groups", 3, "--columns", 16, "-o", tmp_path / "new")
    assert (status, err) == (130, ["detgui: interrupted"])


def test_without_stderr_errors_do_not_land_on_stdout(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["info", str(tmp_path / "missing.fits")]) == 2
    monkeypatch.undo()
    assert capsys.readouterr().out == ""


def test_the_bar_is_never_wider_than_the_terminal(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "50")
    with ProgressBar() as progress:
        progress(0.5, "a message that has no end " * 4)
    assert max(len(line) for line in capsys.readouterr().err.split("\r")) == 49


def test_a_name_that_the_terminal_cannot_write(tmp_path, flight_ramp):
    path = tmp_path / "\u2603.fits"
    path.write_bytes(flight_ramp.read_bytes())
    found = child("info", path, PYTHONIOENCODING="ascii")
    assert (found.returncode, found.stderr) == (0, "")
    assert "\\u2603" in found.stdout


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
