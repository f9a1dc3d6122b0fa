"""Labels with sentences that can be selected, and the one that says what is wrong."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLabel, QWidget

from detgui.gui.common.colours import is_dark, warning_colour


def sentence_label(parent: QWidget | None = None) -> QLabel:
    """Words that wrap, and that the mouse can select."""
    label = QLabel(parent, wordWrap=True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


class TroubleLabel(QLabel):
    """What is wrong, in the warning colour of a light or a dark window; hidden while there is nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, wordWrap=True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._colour()
        self.hide()

    def show_sentence(self, sentence: str) -> None:
        """Say what is wrong, '' for nothing."""
        self.setText(sentence)
        self.setVisible(bool(sentence))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._colour()

    def _colour(self) -> None:
        colour = warning_colour(is_dark(self.palette()))
        if colour != self.palette().color(self.foregroundRole()):
            palette = QPalette()  # all else is as around it
            palette.setColor(self.foregroundRole(), colour)
            self.setPalette(palette)
