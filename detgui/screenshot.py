"""A picture of the window, taken when image and ramp are drawn; for documents and for machines without a display."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEventLoop, QTimer

from detgui.errors import BadInput, Cancelled, DetguiError
from detgui.gui.common import pictures
from detgui.gui.window.main_window import MainWindow
from detgui.session.requests import Trouble
from detgui.signals import close_on_interrupt
from detgui.start import Start

PATIENCE_MS = 120_000  # the first start compiles the kernels
REST_MS = 10_000  # what is read behind the image has had its time
SETTLE_MS = 250  # what came last is painted and laid out


class _Watch:
    """Listens until the image and, where there is one, the ramp have come."""

    def __init__(self, window: MainWindow, start: Start) -> None:
        self.window, self.start = window, start
        self.trouble: Trouble | None = None
        self.missing = ""
        self.interrupted = False
        self.image = self.ramps = self.asked = False
        self.rests = 0
        self.loop = QEventLoop()
        parts = window.parts
        parts.exposures.opened.connect(self._opened)
        parts.exposures.notice.connect(self._fail)
        parts.loader.trouble.connect(self._fail)
        parts.loader.image.connect(self._image)
        parts.loader.ramps.connect(self._ramps)

    def _opened(self, *_: Any) -> None:
        session = self.window.parts.session
        if session.state.current is not None:
            if session.state.pixel is None and self.start.pixel is None:
                session.move_pixel(0, 0)  # the middle
            self.missing = self.start.missing(session.state)
            self.asked = True
            self._look()

    def interrupt(self) -> None:
        """Wait no longer."""
        self.interrupted = True
        self.loop.quit()

    def _fail(self, trouble: Trouble) -> None:
        self.trouble = self.trouble or trouble
        self.loop.quit()

    def _image(self, answer: object) -> None:
        self.image = answer is not None
        self._look()

    def _ramps(self, answers: tuple[object, ...]) -> None:
        self.ramps = bool(answers)
        self._look()

    def _look(self) -> None:
        current = self.window.parts.session.state.current
        if self.missing:
            self.loop.quit()
        elif self.asked and self.image and current is not None and (self.ramps or not current.is_ramp):
            QTimer.singleShot(SETTLE_MS, self._rest)

    def _rest(self) -> None:
        """Wait a while for what else is read (sky, times), so that no progress is in the picture."""
        if self.window.parts.engine.busy and self.rests < REST_MS // SETTLE_MS:
            self.rests += 1
            QTimer.singleShot(SETTLE_MS, self._rest)
        else:
            self.loop.quit()


def take(window: MainWindow, start: Start, path: Path, open_asked: Callable[[], None]) -> None:
    """Write the picture; ``open_asked`` opens the files.

    Raises `BadInput` for what is not there (file, pixel, integration, group), `DetguiError` where the window stays blank, `Cancelled`
    after Ctrl-C.
    """
    window.attach()
    window.show()
    window.build_panels()
    window.parts.keeper.bring_regions()
    open_asked()
    watch = _Watch(window, start)
    QTimer.singleShot(PATIENCE_MS, watch.loop.quit)
    stop_listening = close_on_interrupt(watch.interrupt)
    watch.loop.exec()
    stop_listening()
    if watch.interrupted:
        raise Cancelled("interrupted")
    if watch.trouble is not None:
        raise BadInput(watch.trouble.sentence)
    if watch.missing:
        raise BadInput(watch.missing)
    if start.regions and window.region_commands.trouble:
        raise BadInput(window.region_commands.trouble)
    if not watch.image:
        raise DetguiError(f"{start.files[0]}: no image was drawn within {PATIENCE_MS // 1000} s")
    if window.image_panel is None or pictures.is_blank(window.image_panel.grab().toImage()):
        raise DetguiError(f"{start.files[0]}: the window stayed blank")
    pictures.save(window.grab().toImage(), path)
