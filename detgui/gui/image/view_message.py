"""A word in the corner of the image: what is awaited, what went wrong."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QWidget

BUSY_MS = 150
"""What takes longer than this is announced."""
NOTE_MS = 3000


class ViewMessage(QLabel):
    """A small plate in the upper right corner, hidden while there is nothing to say."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAutoFillBackground(True)
        self.setMargin(4)
        self.setWordWrap(True)
        self.hide()
        self._soon = ""
        self._timer = QTimer(self, singleShot=True, interval=BUSY_MS)
        self._timer.timeout.connect(lambda: self.say(self._soon))
        self._end = QTimer(self, singleShot=True, interval=NOTE_MS)
        self._end.timeout.connect(lambda: self.say(""))

    def say(self, text: str) -> None:
        """Say it now, until something else is said; '' is nothing."""
        self._timer.stop()
        if not text and self._end.isActive():
            return
        self._end.stop()
        if text != self.text():
            self.setText(text)
            self.place()
        self.setVisible(bool(text))

    def say_soon(self, text: str) -> None:
        """Say it if nothing else is said before `BUSY_MS` are over."""
        self._soon = text
        if not self._timer.isActive() and not (self.isVisible() and self.text() == text):
            self._timer.start()

    def note(self, text: str) -> None:
        """Say something that goes away by itself."""
        self.say(text)
        if text:
            self._end.start()

    def hush(self) -> None:
        """Take a note away before its time: what it was about has changed."""
        if self._end.isActive():
            self._end.stop()
            self.say("")

    def place(self) -> None:
        """Go to the corner, no wider than the image."""
        room = max(80, self.parentWidget().width() - 90)
        width = self.fontMetrics().horizontalAdvance(self.text()) + 2 * self.margin() + 6
        self.setFixedWidth(min(width, room))
        self.adjustSize()
        self.move(max(0, self.parentWidget().width() - self.width() - 12), 10)
