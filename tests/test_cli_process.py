"""The command line as a process: signals, the terminal and its progress bar, a machine without display or libraries."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from cli_help import child, run

from detgui.cli import main
from detgui.cli.terminal import ProgressBar, bar_line, plain
from detgui.errors import Cancelled
from detgui.progress import clock


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
