"""The line that says everything about the pixel under the mouse."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from detgui.gui.common.colours import blend
from detgui.gui.image.pixel_facts import PixelFacts
from detgui.session.state import SessionState

_GAP = 12
_STEP = 12  # widths grow in steps, px, so that parts seldom move
# Parts of `Readout.parts` in the order in which they are left out where the line is too long: time, full frame, DS9, detector, sky.
_LEAST_NEEDED = (10, 2, 1, 3, 8, 7)
_VALUE = 4


class ReadoutBar(QWidget):
    """Pixel, value, unit, flags, amplifier, sky or wavelength and time of the pixel under the mouse, else of the chosen one.

    Made with the `ImagePanel` it reads from, or told by `follow` later. Parts keep their places while the mouse moves.
    """

    def __init__(self, parent: QWidget | None = None, panel: Any = None) -> None:
        super().__init__(parent)
        self._panel: Any = None
        self._pixel: tuple[int, int] | None = None  # under the mouse
        self._parts: tuple[str, ...] = ()
        self._widths: dict[int, float] = {}
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Read-out of the pixel")
        if panel is not None:
            self.follow(panel)

    def follow(self, panel: Any) -> None:
        """Show the pixels of that `ImagePanel`."""
        self._panel = panel
        self._facts = PixelFacts(panel.exposures, panel.asker, self.renew)
        panel.hovered.connect(self._hovered)
        panel.shown.connect(lambda _answer: self.renew())
        panel.session.changed.connect(self._state_changed)
        self.renew()

    @property
    def text(self) -> str:
        """The whole line."""
        return "  ".join(part for part in self._parts if part)

    def renew(self) -> None:
        """Read the pixel again."""
        panel = self._panel
        answer = panel.pointed if panel is not None else None
        pixel = self._pixel or (panel.session.state.pixel if panel is not None else None)
        found = self._facts.readout(answer, *pixel) if answer is not None and pixel is not None else None
        parts = found.parts() if found is not None else ()
        if parts != self._parts:
            self._parts = parts
            self._widen()
            self.setToolTip(self._tip(found) if found is not None else "")
            self.update()

    def _widen(self) -> None:
        metrics = self.fontMetrics()
        for number, part in enumerate(self._parts):
            if part:
                self._widths[number] = max(self._widths.get(number, 0.0), float(-(-metrics.horizontalAdvance(part) // _STEP) * _STEP))

    @staticmethod
    def _tip(found: Any) -> str:
        lines = ["Pixel under the mouse, else the chosen one", *(part for part in found.parts() if part)]
        return "\n".join([*lines, found.note] if found.note else lines)

    def _hovered(self, pixel: tuple[int, int] | None) -> None:
        self._pixel = pixel
        self.renew()

    def _state_changed(self, old: SessionState, new: SessionState) -> None:
        if old.exposures != new.exposures:
            self._facts.forget({each.key for each in new.exposures})
        if old.frame is None or new.frame is None or old.frame.exposure != new.frame.exposure:
            self._widths.clear()
            self._widen()
        if old.pixel != new.pixel:
            self.renew()

    def sizeHint(self) -> QSize:
        return QSize(400, self.fontMetrics().height() + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(100, self.fontMetrics().height() + 4)

    def places(self) -> list[tuple[int, float, float]]:
        """(number of the part, left, width) of the parts that are drawn, px."""
        # A part that comes and goes, such as flags, keeps its room only as long as there is enough.
        drawn = [number for number in range(len(self._parts)) if self._parts[number] or number in self._widths]
        for number in (*(n for n in drawn if not self._parts[n]), *_LEAST_NEEDED):
            if self._needed(drawn) <= self.width():
                break
            if number in drawn:
                drawn.remove(number)
        found, left = [], 2.0
        for number in drawn:
            found.append((number, left, self._widths[number]))
            left += self._widths[number] + _GAP
        return found

    def _needed(self, drawn: list[int]) -> float:
        return 2.0 + sum(self._widths[number] + _GAP for number in drawn) - _GAP

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        text = self.palette().color(QPalette.ColorRole.WindowText)
        faint = blend(text, self.palette().color(QPalette.ColorRole.Window), 0.35)
        for number, left, width in self.places():
            painter.setPen(text if number in (0, _VALUE, _VALUE + 1) else faint)
            shown = painter.fontMetrics().elidedText(self._parts[number], Qt.TextElideMode.ElideRight, int(self.width() - left) + 1)
            painter.drawText(QRectF(left, 0, width + 1, self.height()), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
