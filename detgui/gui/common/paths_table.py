"""A table whose rows stand for files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QItemSelectionModel, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidgetItem, QWidget

from detgui.gui.common.colours import is_dark, warning_colour
from detgui.gui.common.rows_table import RowsTable

FILE = 0  # column of the name
LOOKING = "looking…"
Flag = QItemSelectionModel.SelectionFlag
_FOREGROUND = Qt.ItemDataRole.ForegroundRole


class PathsTable(RowsTable):
    """Texts in rows, one for each of ``paths``, which subclasses set; Delete takes the selected ones away."""

    use_wanted = Signal(object, bool)  # paths, on
    remove_wanted = Signal(object)  # paths

    def __init__(self, name: str, headers: Sequence[tuple[str, str]], name_width: int, parent: QWidget | None = None) -> None:
        """``name_width`` in px, of the first column, whose texts are cut in the middle."""
        super().__init__(name, headers, parent)
        self.paths: list[Path] = []
        self._in_rows: list[Path] = []  # that are shown
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.horizontalHeader().setSectionResizeMode(FILE, QHeaderView.ResizeMode.Interactive)
        self.setColumnWidth(FILE, name_width)

    def show_rows(self, rows: Sequence[Sequence[str]], colours: Sequence[QColor | None] = ()) -> None:
        """Show texts of ``paths``; files that were selected stay so where their rows are others now."""
        selected, now, before = set(self.selected_paths()), self.currentRow(), self._in_rows
        super().show_rows(rows, colours)
        if before == self.paths:
            return
        self._in_rows = list(self.paths)
        with QSignalBlocker(self):
            self.clearSelection()
            column = max(self.currentColumn(), FILE)
            if 0 <= now < len(before) and before[now] in self.paths:
                self.setCurrentCell(self.paths.index(before[now]), column, Flag.NoUpdate)
            for row, path in enumerate(self.paths):
                if path in selected:
                    self.selectionModel().select(self.model().index(row, FILE), Flag.Select | Flag.Rows)

    def selected_paths(self) -> list[Path]:
        """Files of the selected rows."""
        rows = sorted({index.row() for index in self.selectedIndexes()})
        return [self._in_rows[row] for row in rows if row < len(self._in_rows)]

    def meant_paths(self, row: int) -> list[Path]:
        """The files that a deed in a row is for: all selected ones where its own is one of them."""
        path, selected = self.paths[row], self.selected_paths()
        return selected if path in selected else [path]

    # for subclasses

    def show_use(self, row: int, on: bool) -> None:
        """Show a box before a name, ticked where the file is used."""
        box = self.item(row, FILE)
        box.setFlags(box.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        box.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)

    def send_use(self, box: QTableWidgetItem) -> None:
        """Say that a box was ticked or cleared."""
        self.use_wanted.emit(self.meant_paths(box.row()), box.checkState() == Qt.CheckState.Checked)

    def set_editable(self, row: int, column: int, on: bool) -> None:
        """Let a person type into a cell, or not."""
        flags, edit = self.item(row, column).flags(), Qt.ItemFlag.ItemIsEditable
        self.item(row, column).setFlags(flags | edit if on else flags & ~edit)

    def warn(self, row: int, column: int, on: bool) -> None:
        """Mark a text as something to mind, or not."""
        self.item(row, column).setData(_FOREGROUND, QBrush(warning_colour(is_dark(self.palette()))) if on else None)

    # Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete and self.selected_paths():
            self.remove_wanted.emit(self.selected_paths())
            return
        super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() != QEvent.Type.PaletteChange:
            return
        with QSignalBlocker(self):
            for row in range(self.rowCount()):
                for column in range(self.columnCount()):
                    item = self.item(row, column)
                    if item is not None and item.data(_FOREGROUND) is not None:
                        self.warn(row, column, True)
