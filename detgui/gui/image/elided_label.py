"""A label that is cut where it does not fit."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from detgui.gui.image.caption import SEPARATOR

LEAST_NAME = 16  # characters of a first part that are kept


class ElidedLabel(QLabel):
    """One line that is cut in the middle where it does not fit; all of it is in the tooltip.

    Of parts between ``SEPARATOR`` the first, a long name, is cut before the others.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)

    @property
    def whole(self) -> str:
        """The text before it was cut."""
        return self._whole

    def show_text(self, text: str) -> None:
        """Show a text."""
        self._whole = text
        self.setToolTip(text)
        self._cut()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        metrics, middle = QFontMetrics(self.font()), Qt.TextElideMode.ElideMiddle
        name, separator, rest = self._whole.partition(SEPARATOR)
        room = self.width() - metrics.horizontalAdvance(separator + rest)
        if separator and room < metrics.horizontalAdvance(name):
            name = metrics.elidedText(name, middle, max(room, metrics.averageCharWidth() * LEAST_NAME))
        self.setText(metrics.elidedText(name + separator + rest, middle, self.width()))
