"""Fixtures for every test: no display, fresh settings and cache, and a leak fails the test that leaked."""

from __future__ import annotations

import gc
import importlib.util
import os
import threading
import time
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[1]
SHARED = TOP.parent / "shared" / "data"

PATIENCE = 60_000  # ms; a slow machine with other work

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Compiling the kernels takes longer than most tests: all test processes share what was compiled.
os.environ.setdefault("NUMBA_CACHE_DIR", str(TOP / ".pytest_cache" / "numba"))


@pytest.fixture
def shared_file():
    """Path of a real file in ../shared/data; skips, saying so, where it is missing."""

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"../shared/data/{name} is not here")
        return path

    return find


@pytest.fixture(scope="session")
def flight_ramp() -> Path:
    """The real flight ramp inside the installed jwst package: FGS GUIDER2, uint16, 6 integrations x 2 groups x 128 x 128."""
    spec = importlib.util.find_spec("jwst")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "lib" / "tests" / "data" / "add_wcs_default_acq1.fits"


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory, monkeypatch):
    """Settings, cache and autosave go to a fresh folder; DETGUI_HOME is what the program looks at first."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("DETGUI_HOME", str(home))
    return home


@pytest.fixture
def qtbot(qtbot):
    """That of pytest-qt, with patience: a condition about something that is not there yet is one that does not hold yet."""
    wait = qtbot.waitUntil

    def patient(condition, timeout: int = PATIENCE) -> None:
        trouble: list[Exception] = []

        def holds() -> bool:
            try:
                result = condition()  # None of a function that asserts
                return result is None or bool(result)
            except (AttributeError, LookupError, TypeError) as error:
                trouble[:] = [error]
                return False

        try:
            wait(holds, timeout=timeout)
        except qtbot.TimeoutError as error:
            raise error from (trouble[0] if trouble else None)

    qtbot.waitUntil = patient
    return qtbot


@pytest.fixture
def make_window(qtbot):
    """Builds windows of the whole program, and closes them at the end."""
    from window_help import windows

    yield from windows()


@pytest.fixture(autouse=True)
def garbage_in_this_thread():
    """Collected as in the program: never by a worker, where it would destroy the Qt objects of earlier tests."""
    from detgui.gui.common.garbage import collect_due

    gc.disable()
    yield
    gc.unfreeze()  # a window that was ready spared all there was
    collect_due()


IDLE = ("pytest_timeout", "execnet", "Dask-Callback-Thread", "Dask-Offload")
"""Threads that others keep for the life of the process, and that run nothing of ours after a test."""


@pytest.fixture(autouse=True)
def no_stray_threads():
    """Worker threads that outlive their test crash the interpreter later: fail here instead."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        stray = [t for t in threading.enumerate() if t not in before and t.is_alive() and not t.name.startswith(IDLE)]
        if not stray:
            return
        time.sleep(0.02)
    pytest.fail(f"threads left running: {[t.name for t in stray]}")
