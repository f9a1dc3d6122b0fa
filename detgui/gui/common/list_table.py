"""A list of many rows out of arrays: sorted by a click on a header, stepped through with keys, copied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QItemSelectionModel, QModelIndex, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

_ROLE = Qt.ItemDataRole


@dataclass(frozen=True, slots=True, eq=False)
class ListColumn:
    """Title, tooltip, values to sort by, and how a value is written: ``text(value)``, or ``at(place)`` in the arrays."""

    title: str
    tip: str
    values: NDArray[Any]
    text: Callable[[Any], str] = str
    at: Callable[[int], str] | None = None

    def write(self, place: int) -> str:
        """What is shown of a place in the arrays."""
        return self.at(place) if self.at is not None else self.text(self.values[place])


class ListModel(QAbstractTableModel):
    """Columns of one length, shown in the order ``order``."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.columns: list[ListColumn] = []
        self.order: NDArray[np.int64] = np.empty(0, np.int64)
        self.by = (-1, False)  # column sorted by, and whether the largest is first

    def show(self, columns: Sequence[ListColumn]) -> None:
        """Show other columns, sorted as before."""
        self.beginResetModel()
        self.columns = list(columns)
        self.order = np.arange(columns[0].values.size if columns else 0)
        self._sort()
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self.by = (column, order == Qt.SortOrder.DescendingOrder)
        self.layoutAboutToBeChanged.emit()
        self._sort()
        self.layoutChanged.emit()

    def _sort(self) -> None:
        column, down = self.by
        if not 0 <= column < len(self.columns):
            return
        values = self.columns[column].values
        order = np.argsort(values, kind="stable")
        if down:  # the largest first, what is no number last
            good = np.isfinite(values[order]) if values.dtype.kind == "f" else np.ones(order.size, bool)
            order = np.concatenate([order[good][::-1], order[~good]])
        self.order = order

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return int(self.order.size)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return len(self.columns)

    def data(self, index: QModelIndex, role: int = _ROLE.DisplayRole) -> Any:
        if role in (_ROLE.DisplayRole, _ROLE.ToolTipRole):
            column = self.columns[index.column()]
            return column.write(int(self.order[index.row()]))
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _ROLE.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and section < len(self.columns):
            if role == _ROLE.DisplayRole:
                return self.columns[section].title
            if role == _ROLE.ToolTipRole:
                return self.columns[section].tip
            if role == _ROLE.TextAlignmentRole:
                return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None


class ListTable(QTableView):
    """Rows are chosen with the mouse, with the arrow keys, or with `step`; ``chosen(place)`` is a place in the arrays."""

    chosen = Signal(int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = ListModel(self)
        self.setModel(self._model)
        self.setAccessibleName(name)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setSortingEnabled(True)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 4)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setStretchLastSection(True)
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setMinimumHeight(4 * self.fontMetrics().height() + 12)
        self.selectionModel().currentRowChanged.connect(self._current_changed)

    @property
    def rows(self) -> int:
        """Rows in the list."""
        return self._model.rowCount()

    @property
    def place(self) -> int:
        """Place in the arrays of the chosen row, -1 for none."""
        row = self.currentIndex().row()
        return int(self._model.order[row]) if 0 <= row < self.rows else -1

    @property
    def row(self) -> int:
        """Number of the chosen row, -1 for none."""
        return self.currentIndex().row()

    def show_list(self, columns: Sequence[ListColumn]) -> None:
        """Show other rows; none is chosen."""
        with QSignalBlocker(self.selectionModel()):
            self._model.show(columns)
        metrics = self.fontMetrics()
        for at, column in enumerate(columns):
            seen = [column.write(place) for place in range(0, column.values.size, max(1, column.values.size // 50))]
            widest = max([metrics.horizontalAdvance(text) for text in seen], default=0)
            self.setColumnWidth(at, max(widest, metrics.horizontalAdvance(column.title) + 18) + 14)

    def step(self, step: int) -> None:
        """Choose the next row, or the one before; the first where none is chosen."""
        if self.rows:
            self.choose_row(min(max(self.row + step, 0), self.rows - 1) if self.row >= 0 else 0)

    def choose_row(self, row: int) -> None:
        """Choose a row as the mouse would."""
        index = self._model.index(row, 0)
        self.selectionModel().setCurrentIndex(
            index, QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        )
        self.scrollTo(index)

    def mark(self, place: int) -> None:
        """Show a place in the arrays as chosen, or none (-1), without saying so."""
        if place == self.place:
            return
        with QSignalBlocker(self.selectionModel()):
            if place < 0:
                self.clearSelection()
                self.setCurrentIndex(QModelIndex())
            else:
                self.choose_row(int(np.flatnonzero(self._model.order == place)[0]))
        self.viewport().update()

    def _current_changed(self, now: QModelIndex, _before: QModelIndex) -> None:
        if now.isValid():
            self.chosen.emit(int(self._model.order[now.row()]))

    def tsv(self) -> str:
        """The whole list as tab-separated text."""
        return self._lines(range(self.rows))

    def _lines(self, rows: Sequence[int]) -> str:
        columns = self._model.columns
        head = "\t".join(column.title for column in columns)
        return "\n".join([head, *("\t".join(c.write(int(self._model.order[row])) for c in columns) for row in rows)])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self._lines(sorted({index.row() for index in self.selectedIndexes()})))
            return
        super().keyPressEvent(event)
