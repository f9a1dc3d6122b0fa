"""The pipeline's log as it comes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QColor, QFontDatabase, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from detgui.gui.common import plot_theme

MOST_LINES = 5000


class LogView(QPlainTextEdit):
    """Lines at the end, warnings in their colour; follows the end unless a person scrolled up."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setMaximumBlockCount(MOST_LINES)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSizeF(max(7.0, 0.9 * self.font().pointSizeF()))
        self.setFont(font)
        self.setAccessibleName("Log of the pipeline")
        self.setPlaceholderText("The log of the pipeline comes here.")

    def add(self, lines: Sequence[str]) -> None:
        """Put lines at the end."""
        bar = self.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 2
        theme = plot_theme.from_palette(self.palette())
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.beginEditBlock()
        for line in lines:
            style = QTextCharFormat()
            loud = line.startswith(("WARNING: ", "ERROR: ", "CRITICAL: "))
            style.setForeground(QColor(theme.warning if loud else theme.foreground))
            if not self.document().isEmpty():
                cursor.insertBlock()
            cursor.insertText(line, style)
        cursor.endEditBlock()
        if at_end:
            bar.setValue(bar.maximum())
