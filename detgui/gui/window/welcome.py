"""What is shown while nothing is open: ways to begin."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QFont, QIcon, QPalette
from PySide6.QtWidgets import QCommandLinkButton, QFrame, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

MOST_RECENT = 8


class WelcomePage(QWidget):
    """Buttons for the actions that open something, the recent files, and a place to drop files on."""

    open_recent = Signal(object)  # Path
    reopen = Signal()

    def __init__(self, actions: Sequence[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QWidget(self)
        column.setMaximumWidth(520)
        self._column = QVBoxLayout(column)
        self._column.setSpacing(6)
        self._heading("detgui", 1.9)
        self._faint("See what the detector did to a ramp.")
        self._column.addSpacing(14)
        for action in actions:
            self._column.addWidget(_action_button(action, column))
        self.reopen_button = QCommandLinkButton("Reopen the last session", "", column)
        self.reopen_button.setIcon(QIcon())
        self.reopen_button.clicked.connect(self.reopen)
        self.reopen_button.hide()
        self._column.addWidget(self.reopen_button)
        self._column.addSpacing(10)
        self._recent_title = self._heading("Recent", 1.1)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        self._column.addLayout(self._recent)
        self._column.addSpacing(14)
        self._column.addWidget(_drop_place(column))
        outer = QVBoxLayout(self)
        outer.addStretch(2)
        outer.addWidget(column, 0, Qt.AlignmentFlag.AlignHCenter)
        outer.addStretch(3)
        column.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        column.setMinimumWidth(440)
        self.show_recent(())

    def show_recent(self, paths: Sequence[Path]) -> None:
        """List recent files, newest first."""
        while (item := self._recent.takeAt(0)) is not None:
            item.widget().deleteLater()
        shown = paths[:MOST_RECENT]
        self._recent_title.setVisible(bool(shown))
        for path in shown:
            self._recent.addWidget(self._recent_button(path))

    def offer_session(self, names: Sequence[str]) -> None:
        """Offer to open again what was open last; nothing is offered for no names."""
        self.reopen_button.setVisible(bool(names))
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        room = self.reopen_button.fontMetrics().horizontalAdvance("M" * 28)
        name = self.reopen_button.fontMetrics().elidedText(names[0] if names else "", Qt.TextElideMode.ElideMiddle, room)
        self.reopen_button.setDescription(name + more)
        self.reopen_button.setToolTip("\n".join(names))

    def _recent_button(self, path: Path) -> QPushButton:
        button = QPushButton(path.name, self)
        button.setFlat(True)
        # Not by the style sheet's own colours: they are those of the theme in which the button was made.
        button.setStyleSheet("QPushButton { text-align: left; padding: 3px 8px; color: palette(window-text); }")
        button.setToolTip(str(path))
        button.clicked.connect(lambda: self.open_recent.emit(path))
        return button

    def _heading(self, text: str, scale: float) -> QLabel:
        label = QLabel(text, self)
        font = QFont(label.font())
        font.setPointSizeF(font.pointSizeF() * scale)
        font.setWeight(QFont.Weight.DemiBold)
        label.setFont(font)
        self._column.addWidget(label)
        return label

    def _faint(self, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._column.addWidget(label)
        return label


def _action_button(action: QAction, parent: QWidget) -> QCommandLinkButton:
    button = QCommandLinkButton(action.text().replace("&", "").rstrip("…"), action.toolTip(), parent)
    key = action.shortcut().toString(action.shortcut().SequenceFormat.NativeText)
    button.setDescription(f"{action.statusTip()}  ({key})" if key else action.statusTip())
    button.clicked.connect(action.trigger)
    action.changed.connect(lambda: button.setIcon(action.icon()))
    return button


def _drop_place(parent: QWidget) -> QFrame:
    frame = QFrame(parent)
    frame.setFrameShape(QFrame.Shape.StyledPanel)
    frame.setMinimumHeight(64)
    text = QLabel("Drop FITS files anywhere in this window", frame)
    text.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    text.setAlignment(Qt.AlignmentFlag.AlignCenter)
    QVBoxLayout(frame).addWidget(text)
    return frame
