"""Every header of the shown exposure's files, one HDU at a time, searched as one types."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QHBoxLayout, QHeaderView, QLabel, QLineEdit, QTableView, QVBoxLayout, QWidget

from detgui.errors import DetguiError
from detgui.gui.window.header_table import COLUMNS, Card, FoundDelegate, HeaderFilter, HeaderModel, is_heading
from detgui.gui.window.parts import Parts
from detgui.progress import Progress
from detgui.session.state import SessionState
from detgui.tasks.events import TaskEvent

if TYPE_CHECKING:
    from detgui.session.shelf import Shelf

LANE = "header"
REPLACED_MS = 500
SEGMENT = re.compile(r"seg\d+")
Headers = tuple[tuple[str, tuple[Card, ...]], ...]


def read_cards(shelf: Shelf, key: str, progress: Progress) -> Headers:
    """(HDU's name, its cards as text) of every HDU of an open exposure; runs in a worker."""
    progress(0.0, "reading headers")
    with shelf.borrow(key) as exposure:
        return tuple((name, tuple(_card(card) for card in header.cards)) for name, header in exposure.headers())


def _card(card: Any) -> Card:
    try:
        value = card.value
    except Exception:  # a card that breaks the standard is shown as it stands in the file
        return (card.keyword, card.image[10:].strip(), "")
    if isinstance(value, bool):
        value = "T" if value else "F"
    return (card.keyword, str(value), card.comment)


def short_name(name: str) -> str:
    """HDU first, then the end of the file's name: the beginning is what segments of one exposure share."""
    file, colon, hdu = name.rpartition(": ")
    segment = SEGMENT.search(file)
    return f"{hdu}  {segment[0] if segment else file}" if colon else name


class HeaderViewer(QWidget):
    """HDU chooser, search line and table; reads while it is visible only."""

    def __init__(self, parts: Parts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parts = parts
        self._shown_key: str | None = None
        self._headers: Headers = ()
        self._generation = 0
        self.hdu = QComboBox(self)
        self.hdu.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.hdu.setMinimumContentsLength(8)
        self.hdu.setToolTip("Header-data unit")
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Search")
        self.search.setClearButtonEnabled(True)
        self.note = QLabel(self)
        self.note.setWordWrap(True)
        self.note.hide()
        self.model = HeaderModel()
        self.filter = HeaderFilter()
        self.filter.setSourceModel(self.model)
        self.table = self._make_table()
        self._lay_out()
        self.hdu.currentIndexChanged.connect(self._show_hdu)
        self.search.textChanged.connect(self._search)
        self._again = QTimer(self, singleShot=True, interval=REPLACED_MS)  # a map is replaced many times while something is dragged
        self._again.timeout.connect(self._read)
        parts.session.changed.connect(self._state_changed)
        parts.bridge.task_event.connect(self._answer)

    def _make_table(self) -> QTableView:
        table = QTableView(self)
        table.setModel(self.filter)
        table.setItemDelegate(FoundDelegate(self.filter))
        table.setShowGrid(False)
        table.setAlternatingRowColors(True)
        table.setWordWrap(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 4)
        table.horizontalHeader().setStretchLastSection(True)
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        table.setColumnWidth(0, self.fontMetrics().horizontalAdvance("M" * 8) + 8)
        table.setColumnWidth(1, self.fontMetrics().horizontalAdvance("0" * 14))
        copy = QAction("Copy header rows", table)
        copy.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self.copy)
        table.addAction(copy)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        return table

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(3)
        top.addWidget(self.hdu, 2)
        top.addWidget(self.search, 3)
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 2, 2, 2)
        column.setSpacing(3)
        column.addLayout(top)
        column.addWidget(self.note)
        column.addWidget(self.table, 1)

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        self._follow(self._parts.session.state)

    def copy(self) -> None:
        """Copy the selected rows, or all that are shown, with tabs between the columns."""
        rows = sorted({index.row() for index in self.table.selectionModel().selectedRows()}) or range(self.filter.rowCount())
        lines = ["\t".join(str(self.filter.index(row, column).data()) for column in range(3)) for row in rows]
        QGuiApplication.clipboard().setText("\n".join(lines))

    def _state_changed(self, old: SessionState, new: SessionState) -> None:
        if self.isVisible():
            self._follow(new)
            if old.revisions != new.revisions:
                self._again.start()

    def _follow(self, state: SessionState) -> None:
        key = state.frame.exposure if state.frame else None
        if key == self._shown_key:
            return
        self._shown_key = key
        self._show_headers(())
        self._read()

    def _read(self) -> None:
        if self._shown_key is not None and self._parts.session.state.exposure(self._shown_key) is not None:
            try:
                task = self._parts.engine.submit(read_cards, self._parts.exposures.shelf, self._shown_key, lane=LANE, quick=True)
            except RuntimeError:  # the window is closing: the timer was still running
                return
            self._generation = task.generation

    def _answer(self, event: TaskEvent) -> None:
        if event.lane != LANE or event.generation != self._generation:
            return
        if event.kind == "done":
            self._show_headers(event.result)
        elif event.kind == "failed":
            plain = isinstance(event.error, (DetguiError, OSError))
            self._show_note(str(event.error) if plain else "The headers of this file cannot be read.")

    def _show_note(self, text: str) -> None:
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def _show_headers(self, headers: Headers) -> None:
        name = self.hdu.currentText()
        self._headers = headers
        self._show_note("")
        self.hdu.blockSignals(True)
        self.hdu.clear()
        for place, (full, _) in enumerate(headers):
            self.hdu.addItem(short_name(full))
            self.hdu.setItemData(place, full, Qt.ItemDataRole.ToolTipRole)
        self.hdu.setCurrentIndex(max(0, self.hdu.findText(name)) if headers else -1)
        self.hdu.blockSignals(False)
        self._show_hdu(self.hdu.currentIndex())

    def _show_hdu(self, index: int) -> None:
        self.model.show(self._headers[index][1] if 0 <= index < len(self._headers) else ())
        self._span()

    def _span(self) -> None:
        """Give text that is no value the whole width."""
        self.table.clearSpans()
        for row in range(self.filter.rowCount()):
            card = self.model.cards[self.filter.mapToSource(self.filter.index(row, 0)).row()]
            if is_heading(card):
                self.table.setSpan(row, 0, 1, len(COLUMNS))
            elif card[0] in ("COMMENT", "HISTORY"):
                self.table.setSpan(row, 1, 1, len(COLUMNS) - 1)

    def _search(self, text: str) -> None:
        self.filter.search(text)
        self._span()
        self.table.viewport().update()
        if self.filter.rowCount() == 0 and text:
            self._show_note(self._elsewhere(text))
        else:
            self._show_note("")

    def _elsewhere(self, text: str) -> str:
        """Says which other HDUs hold what is searched."""
        words = text.casefold().split()
        names = [name for name, cards in self._headers if any(all(word in " ".join(card).casefold() for word in words) for card in cards)]
        return f"Not in this HDU; found in {', '.join(names)}." if names else "Not found in any HDU."
