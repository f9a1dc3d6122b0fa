"""Non-blocking messages: one clear sentence each, with the traceback behind a Details button where there is one."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QMessageBox, QWidget

TITLE = "detgui"
GATHER_MS = 150
MOST_SHOWN = 12


def message(parent: QWidget | None, text: str, *, more: str = "", details: str = "", warning: bool = True) -> QMessageBox:
    """Show a message box that blocks nothing; ``details`` go behind a button."""
    box = QMessageBox(parent)
    box.setWindowTitle(TITLE)
    box.setIcon(QMessageBox.Icon.Warning if warning else QMessageBox.Icon.Information)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(text)
    box.setInformativeText(more)
    if details:
        box.setDetailedText(details)
    box.setStandardButtons(QMessageBox.StandardButton.Ok)
    box.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setModal(False)  # what is open can be used while the message stands beside it
    box.show()
    return box


class Troubles:
    """Gathers the sentences that come together (ten files dropped at once) and shows them in one dialog."""

    def __init__(self, parent: QWidget) -> None:
        self._parent = parent
        self._waiting: list[tuple[str, str]] = []
        self._timer = QTimer(parent, singleShot=True, interval=GATHER_MS)
        self._timer.timeout.connect(self.show)
        self.box: QMessageBox | None = None

    def add(self, sentence: str, details: str = "") -> None:
        """Show a sentence soon, together with those that follow at once; the same sentence is shown once."""
        if (sentence, details) not in self._waiting:
            self._waiting.append((sentence, details))
        if self.box is None:
            self._timer.start()

    def show(self) -> None:
        """Show what was gathered, unless a dialog is still open; what comes meanwhile is shown after it."""
        if not self._waiting or self.box is not None:
            return
        waiting, self._waiting = self._waiting, []
        details = "\n\n".join(detail for _, detail in waiting if detail)
        self.box = message(self._parent, *_headline([sentence for sentence, _ in waiting]), details=details)
        self.box.finished.connect(self._closed)

    def _closed(self) -> None:
        self.box = None
        if self._waiting:
            self._timer.start()


def _headline(sentences: list[str]) -> tuple[str]:
    if len(sentences) == 1:
        return (sentences[0],)
    shown = [f"• {sentence}" for sentence in sentences[:MOST_SHOWN]]
    if len(sentences) > MOST_SHOWN:
        shown.append(f"… and {len(sentences) - MOST_SHOWN} more")
    return (f"{len(sentences)} things went wrong:\n\n" + "\n".join(shown),)
