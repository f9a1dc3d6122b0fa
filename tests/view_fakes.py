"""A loader for tests of the image panel: answers at once, with images made here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QMainWindow

from detgui.gui.image.image_panel import ImagePanel
from detgui.science import display, dq
from detgui.session.requests import ImageAnswer, ImageRequest
from detgui.session.resolve import resolve
from detgui.session.session import Session
from detgui.session.state import OpenExposure

SATURATED, HOT, DO_NOT_USE = 2, 2048, 1
LEFT, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier


def exposure(key: str = "a", shape=(3, 5, 40, 60), first: int = 1, **fields) -> OpenExposure:
    name = f"jw01366003001_04101_0000{key}_nrs1_ramp"
    last = first + shape[0] - 1
    return OpenExposure(key, name, "ramp", shape, "DN", ("SCI", "ERR", "GROUPDQ"), (first, last), (Path(f"{name}.fits"),), **fields)


def values(frame, shape) -> np.ndarray:
    """1000 i + 100 g + y + x / 100: every pixel says where it is."""
    y, x = np.mgrid[0 : shape[2], 0 : shape[3]]
    offset = 5.0 * (ord(frame.exposure[0]) - ord("a"))
    return (1000.0 * frame.integration + 100.0 * frame.group + y + x / 100 + offset).astype(np.float32)


def flags(shape) -> np.ndarray:
    found = np.zeros(shape[2:], np.uint32)
    found[3, 4] = SATURATED
    found[10:14, 20:30] = HOT | DO_NOT_USE
    return found


class FakeLoader(QObject):
    """Answers every change of the session in the same call; while ``quiet`` it keeps what was asked in ``asked``."""

    image, blink, flags, trouble = (Signal(object) for _ in range(4))

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.quiet = False
        self.asked: list[ImageRequest] = []
        self._session = session
        self._shown: list[ImageRequest | None] = [None, None]
        session.changed.connect(lambda _old, _new: self.answer())

    def answer(self) -> None:
        wanted = resolve(self._session.state)
        for place, (request, signal) in enumerate(((wanted.image, self.image), (wanted.blink, self.blink))):
            if request == self._shown[place]:
                continue
            if request is not None:
                self.asked.append(request)
            if not self.quiet:
                self._shown[place] = request
                signal.emit(None if request is None else self.picture(request))

    def picture(self, request: ImageRequest) -> ImageAnswer:
        shape = self._session.state.exposure(request.frame.exposure).shape
        shown = values(request.frame, shape)
        if request.subtract is not None:
            shown = shown - values(request.subtract, shape)
        low, high = display.limits(shown, request.limits, request.percentile, request.low, request.high)
        found = display.histogram(shown, low, high)
        quality = flags(shape)
        overlay = dq.first_flag_overlay(quality, request.dq_flags) if request.dq_flags else None
        indices = display.to_indices(shown, low, high, request.stretch)
        return ImageAnswer(
            request, shown, indices, quality, overlay, low, high, found.counts, found.edges, found.minimum, found.maximum, "DN"
        )  # fmt: skip


def pixels(widget) -> np.ndarray:
    """What a widget shows, shape (height, width, 3)."""
    from PySide6.QtGui import QImage

    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)


def image_window(qtbot) -> QMainWindow:
    """A window with the panel in it, two exposures open, the first shown."""
    window = QMainWindow()
    qtbot.addWidget(window)
    window.session = Session()
    window.loader = FakeLoader(window.session)
    window.panel = ImagePanel(window.session, window.loader)
    window.setCentralWidget(window.panel)
    window.resize(600, 720)
    window.show()
    qtbot.waitExposed(window)
    window.session.add_exposures([exposure("a"), exposure("b")])
    window.activateWindow()
    window.panel.view.setFocus()
    qtbot.waitUntil(window.panel.view.hasFocus)
    return window


def click(qtbot, panel, x, y, modifier=Qt.KeyboardModifier.NoModifier):
    place = panel.view.place_of(x, y).toPoint()
    viewport = panel.view.viewport()
    qtbot.mouseMove(viewport, place)
    qtbot.mouseClick(viewport, LEFT, modifier, place)
    QApplication.processEvents()


def press(qtbot, panel, *keys, modifier=Qt.KeyboardModifier.NoModifier):
    for key in keys:
        qtbot.keyClick(panel.view, key, modifier)


def turn(widget, delta, place):
    event = QWheelEvent(
        place, widget.mapToGlobal(place), QPoint(), QPoint(0, delta), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)
