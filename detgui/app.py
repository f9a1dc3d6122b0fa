"""The composition root: builds session, engine and window, and sets pyqtgraph's options once."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication

from detgui import __version__
from detgui.errors import DetguiError
from detgui.gui.common import garbage
from detgui.gui.window.main_window import MainWindow
from detgui.gui.window.parts import Parts
from detgui.gui.window.theme import apply_theme
from detgui.marks import mark
from detgui.progress import Progress
from detgui.start import Start

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Start", "application", "build_window", "run", "screenshot"]


NO_FONTS = "the system has no fonts, so no text can be shown; on Debian or Ubuntu: apt-get install fonts-dejavu-core"

SWITCH_S = 0.001
"""A worker in the middle of a computation lets the window go on after so many seconds; Python's own 0.005 is seen while stepping."""


def application() -> QApplication:
    """The QApplication, made where there is none."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    sys.setswitchinterval(SWITCH_S)
    made = QApplication(["detgui"])
    made.setApplicationName("detgui")
    made.setApplicationDisplayName("detgui")
    made.setApplicationVersion(__version__)
    made.setDesktopFileName("detgui")
    if not QFontDatabase.families():
        raise DetguiError(NO_FONTS)
    apply_theme(made, "system")
    garbage.collect_here_only(made)
    return made


def set_plot_options() -> None:
    """Options of pyqtgraph for the whole program; before any of its items is made."""
    import pyqtgraph

    pyqtgraph.setConfigOptions(imageAxisOrder="row-major", useNumba=False, useOpenGL=False, exitCleanup=False)


def warm_kernels(progress: Progress) -> None:
    """Import what the first file, click and hover would wait for, and compile or load the compiled kernels; runs in a worker."""
    progress(0.0, "loading the FITS reader")
    import_module("astropy.io.fits")
    from detgui.analysis import ramp
    from detgui.data import piece_kernels
    from detgui.science import kernels

    piece_kernels.warm()
    kernels.warm(lambda fraction, message: progress(0.2 + 0.6 * fraction, message))
    ramp.warm_up()
    for name in ("astropy.table", "astropy.wcs"):
        progress(0.9, "loading tables and sky coordinates")
        import_module(name)
    progress(1.0, "kernels are ready")


def warm_slopes(progress: Progress) -> None:
    """Compile or load the kernels of the passes over all ramps, which the first slope map would wait for; runs in a worker."""
    from detgui.analysis.slope_warm import warm_up

    warm_up(progress)


def build_window(start: Start, parts: Parts | None = None) -> MainWindow:
    """Build the window with its session and engine; `open_asked` opens the files."""
    parts = parts or Parts(start.workers)
    window = MainWindow(parts, set_plot_options)
    if start.theme is not None:
        parts.session.set_theme(start.theme)
    if start.size is not None:
        window.setWindowState(Qt.WindowState.WindowNoState)
        window.resize(*start.size)
        window.default_layout()
    if start.files:
        window.expect_files()
    return window


def open_asked(window: MainWindow, start: Start) -> None:
    """Open what was asked for; then show the integration and group and choose the pixel, as soon as there is an exposure."""
    window.attach()
    if start.demo:
        window.commands.open_example()
    if not start.files:
        return
    parts = window.parts

    def show(*_: object) -> None:
        if parts.session.state.current is None:
            return
        parts.exposures.opened.disconnect(show)
        parts.session.go_to(integration=start.integration, group=start.group)
        if start.pixel is not None:
            parts.session.choose_pixel(*start.pixel)
        if missing := start.missing(parts.session.state):
            window.troubles.add(missing)

    parts.exposures.opened.connect(show)
    if start.regions:
        window.region_commands.import_files(start.regions, wait=True)
    window.commands.open_paths(start.files, start.join)


def run(start: Start) -> int:
    """Open the window and stay until it is closed; returns the exit status."""
    from detgui import signals

    with signals.qt_messages_logged():
        program = application()
        window = build_window(start)
        signals.show_unexpected(window.show_unexpected)
        stop_listening = signals.close_on_interrupt(window.close)
        begin(window, start)
        status = program.exec()
        stop_listening()
        stopped = window.shut()
        signals.show_unexpected(None)
    if not stopped:
        signals.leave_at_once(status)
    return status


def begin(window: MainWindow, start: Start) -> None:
    """Show the window; what imports slowly follows its first paint."""
    parts = window.parts
    if start.theme is None:
        parts.session.set_theme(parts.settings.get("theme", "system"))
    if start.size is None:
        window.layout_keeper.recall()
        window.panels_ready.connect(window.layout_keeper.recall_splitters)

    def painted() -> None:
        mark("window")
        open_asked(window, start)
        if not start.files and not start.demo:
            window.commands.offer_last_session()
        parts.keeper.start()
        QTimer.singleShot(0, window.build_panels)

    def warm() -> None:
        mark("ready")
        garbage.spare_what_is_there()
        with suppress(RuntimeError):  # the window may be closing
            parts.engine.submit(warm_slopes, lane="warm")

    def ready() -> None:
        mark("image")
        task = parts.engine.submit(warm_kernels, lane="warm")
        _when_ended(parts, task.id, warm)

    window.first_painted.connect(painted)
    window.panels_ready.connect(ready)
    window.show()


def _when_ended(parts: Parts, task: int, do: Callable[[], None]) -> None:
    def hear(event: object) -> None:
        if getattr(event, "task", None) == task and getattr(event, "kind", "") in ("done", "failed"):
            parts.bridge.task_event.disconnect(hear)
            do()

    parts.bridge.task_event.connect(hear)


def screenshot(start: Start, path: Path) -> int:
    """Write a picture of the window once image and ramp are drawn; raises `DetguiError` where that does not come to pass."""
    from detgui import signals
    from detgui.screenshot import take

    with signals.qt_messages_logged():
        application()
        window = build_window(start)
        try:
            take(window, start, path, lambda: open_asked(window, start))
        finally:
            window.shut()
    return 0


if __name__ == "__main__":
    sys.exit(run(Start(files=tuple(Path(name) for name in sys.argv[1:]))))
