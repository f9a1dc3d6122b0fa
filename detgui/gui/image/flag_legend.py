"""The drawn flags with their colour and hatching, in a corner of the image."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from detgui.gui.common.colours import flag_colour, flag_pattern
from detgui.gui.image.hatching import swatch

_ROW = 18


class FlagLegend(QWidget):
    """Names of the drawn flags; lets the mouse through."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._texts: tuple[str, ...] = ()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_flags(self, names: tuple[str, ...], present: tuple[str, ...]) -> None:
        """Show these flags, and of which of them the image has none."""
        texts = tuple(name if name in present else f"{name}: none" for name in names)
        if texts != self._texts:
            self._names, self._texts = names, texts
            width = max((self.fontMetrics().horizontalAdvance(text) for text in texts), default=0)
            self.resize(width + 32, _ROW * len(names) + 6)
            self.place()
            self.update()
        self.setVisible(bool(names))

    def place(self) -> None:
        """Go to the lower right corner of the image."""
        parent = self.parentWidget()
        self.move(max(0, parent.width() - self.width() - 12), max(0, parent.height() - self.height() - 56))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(0, 0, 0, 170))
        for row, (name, text) in enumerate(zip(self._names, self._texts, strict=True)):
            painter.setPen(QColor("#FFFFFF" if text == name else "#A8A8A8"))
            top = 3 + row * _ROW
            swatch(flag_colour(name), flag_pattern(name)).paint(painter, QRect(5, top + 1, 16, 16))
            painter.drawText(QRect(26, top, self.width(), _ROW), Qt.AlignmentFlag.AlignVCenter, text)
