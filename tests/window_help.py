"""Whole windows for tests, closed when the test is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from detgui import app
from detgui.gui.window.main_window import MainWindow
from detgui.start import Start

PATIENCE = 60_000  # ms; the first ramp compiles a kernel


def windows() -> Iterator[Callable[..., MainWindow]]:
    """Builds windows and closes them at the end."""
    made = []

    def make(*files: Path, panels: bool = False, **options) -> MainWindow:
        app.application()
        start = Start(files=files, **({"size": (1280, 800)} | options))
        window = app.build_window(start)
        made.append(window)
        app.begin(window, start)
        if panels:
            window.build_panels()
        return window

    yield make
    for window in made:
        window.close()
        window.deleteLater()


def opened(qtbot, window: MainWindow, count: int = 1) -> None:
    qtbot.waitUntil(lambda: len(window.parts.session.state.exposures) == count, timeout=PATIENCE)
