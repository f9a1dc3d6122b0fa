"""The program as a process: how it starts and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PATIENCE = 120.0  # s; the first start compiles the kernels


def started(folder: Path, *command) -> subprocess.Popen[str]:
    marks = folder / "marks"
    program = subprocess.Popen(
        [sys.executable, *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "DETGUI_MARKS": str(marks)},
    )
    deadline = time.monotonic() + PATIENCE
    while program.poll() is None and time.monotonic() < deadline and not (marks.exists() and "image" in marks.read_text()):
        time.sleep(0.05)
    return program


def ended(program: subprocess.Popen[str]) -> tuple[str, str]:
    """What it said until it ended; killed where it does not end."""
    try:
        return program.communicate(timeout=20)
    finally:
        program.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one child process here")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_closes_the_window(tmp_path, flight_ramp, number):
    program = started(tmp_path, "-m", "detgui", flight_ramp)
    program.send_signal(number)
    out, err = ended(program)
    assert (program.returncode, out, err) == (0, "", "")


HANGS = """
import sys, threading, time
from detgui import app
from detgui.start import Start
from PySide6.QtCore import QTimer

def deaf(progress):
    threading.Event().wait(600)  # a read that hangs: it asks nobody whether to go on

build = app.build_window
def with_hanging_work(start, parts=None):
    window = build(start, parts)
    window.parts.engine.submit(deaf, title="hangs")
    window.panels_ready.connect(lambda: QTimer.singleShot(200, window.close))
    return window

app.build_window = with_hanging_work
sys.exit(app.run(Start()))
"""


def test_closing_does_not_wait_for_work_that_hangs(tmp_path):
    program = started(tmp_path, "-c", HANGS)
    out, err = ended(program)
    assert (program.returncode, out, err) == (0, "", "")


FLOOD = """
import sys, time
from detgui import app
from detgui.start import Start
from PySide6.QtCore import QTimer

def busy(progress):
    while True:
        progress(0.5, "busy")
        time.sleep(0.001)

build = app.build_window
def with_busy_work(start, parts=None):
    window = build(start, parts)
    for number in range(4):
        window.parts.engine.submit(busy, title=f"busy {number}")
    window.panels_ready.connect(lambda: QTimer.singleShot(500, window.close))
    return window

app.build_window = with_busy_work
sys.exit(app.run(Start()))
"""


def test_closing_while_four_tasks_report_every_millisecond(tmp_path):
    program = started(tmp_path, "-c", FLOOD)
    out, err = ended(program)
    assert (program.returncode, out, err) == (0, "", "")


def test_without_fonts_there_is_one_sentence(monkeypatch):
    from PySide6.QtGui import QFontDatabase
    from PySide6.QtWidgets import QApplication

    from detgui import app
    from detgui.errors import DetguiError

    class Nothing:
        @staticmethod
        def instance() -> None:
            return None

        def __init__(self, *_: object) -> None:
            pass

        def __getattr__(self, name: str):
            return lambda *_: None

    monkeypatch.setattr(app, "QApplication", Nothing)
    monkeypatch.setattr(QFontDatabase, "families", staticmethod(lambda *_: []))
    with pytest.raises(DetguiError, match="fonts"):
        app.application()
    assert QApplication is not Nothing


def test_the_window_is_built_without_what_imports_slowly(tmp_path):
    code = (
        "import sys\n"
        "from detgui.app import Start, application, build_window\n"
        "application()\n"
        "window = build_window(Start())\n"
        "heavy = {'numpy', 'scipy', 'astropy', 'numba', 'pyqtgraph'} & set(sys.modules)\n"
        "window.shut()\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "DETGUI_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
