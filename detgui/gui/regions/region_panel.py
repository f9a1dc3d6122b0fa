"""The dock of regions: the list, the numbers of what is selected, and what was done last."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from detgui.gui.regions.numbers_box import NumbersBox
from detgui.gui.regions.region_list import RegionList
from detgui.session.regions import regions_of
from detgui.session.session import Session
from detgui.session.state import SessionState

if TYPE_CHECKING:
    from detgui.session.region_numbers import LiveNumbers

NOTE_MS = 12_000
NOTHING = "Nothing drawn here yet.\nChoose a tool beside the image, or Regions > Import."


class RegionPanel(QWidget):
    """What the dock holds; `follow_numbers` makes its numbers live."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._live: LiveNumbers | None = None
        self.list = RegionList(session, self)
        self.numbers = NumbersBox(self)
        self.note = QLabel(self)
        self.note.setWordWrap(True)
        self.note.setContentsMargins(6, 2, 6, 4)
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.hide()
        self._until = QTimer(self, singleShot=True, interval=NOTE_MS)
        self._until.timeout.connect(self.note.hide)
        self._lay_out()
        self.numbers.left_out_wanted.connect(lambda name: session.set_tools(left_out=name))
        session.changed.connect(self._follow)
        self._show(session.state)

    def _lay_out(self) -> None:
        self.nothing = QLabel(NOTHING, self)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setWordWrap(True)
        self.nothing.setEnabled(False)
        upper = QWidget(self)
        self._pages = QStackedLayout(upper)
        self._pages.addWidget(self.nothing)
        self._pages.addWidget(self.list)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(upper, 1)
        column.addWidget(self.note)
        column.addWidget(self.numbers)

    def follow_numbers(self, live: LiveNumbers) -> None:
        """Show the numbers of ``live`` while the dock is seen."""
        self._live = live
        live.changed.connect(self.numbers.show_reading)
        live.failed.connect(self.numbers.show_failure)
        live.listen(self.isVisible())

    def say(self, sentence: str) -> None:
        """Say what was done, for a while."""
        self.note.setText(_breakable(sentence))
        self.note.setToolTip(sentence)
        self.note.show()
        self._until.start()

    def _follow(self, old: SessionState, new: SessionState) -> None:
        if old.regions is not new.regions or old.frame != new.frame or old.tools.left_out != new.tools.left_out:
            self._show(new)

    def _show(self, state: SessionState) -> None:
        there = bool(regions_of(state))
        self._pages.setCurrentWidget(self.list if there else self.nothing)
        self.numbers.setVisible(there)
        self.numbers.show_left_out(state.tools.left_out)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._live is not None:
            self._live.listen(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self._live is not None:
            self._live.listen(False)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "list"):
            self.list.refresh_icons()


def _breakable(sentence: str) -> str:
    """The sentence with places where a long file name may go on in the next line (zero-width spaces)."""
    return re.sub(r"(?<=[^\W_]{3})([_/\\-])(?=\w)", "\\1\u200b", sentence)
