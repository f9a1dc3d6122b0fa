"""The table of numbers: a row for each quantity, a column for each ramp; selectable and copyable."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt
from PySide6.QtGui import QAction, QColor, QGuiApplication, QIcon, QKeySequence, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from detgui.gui.ramp.ramp_facts import Fact, as_tsv

Column = tuple[str, QColor | None, list[Fact]]
_ROLE = Qt.ItemDataRole
PEEP = 0.7  # part of the width that the chosen pixel takes at most beside others, so that they are seen to be there


class NumbersModel(QAbstractTableModel):
    """Facts of several ramps; the first column is the chosen pixel."""

    def __init__(self, parent=None) -> None:
        super().__init__(parent)
        self.columns: list[Column] = []

    def show(self, columns: list[Column]) -> None:
        """Replace what is shown; cells are only told to redraw where the shape stays."""
        same = [c[0] for c in columns] == [c[0] for c in self.columns] and self.rowCount() == (len(columns[0][2]) if columns else 0)
        if same and columns:
            self.columns = columns
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.columnCount() - 1)
            return
        self.beginResetModel()
        self.columns = columns
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return len(self.columns[0][2]) if self.columns else 0

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return len(self.columns)

    def data(self, index: QModelIndex, role: int = _ROLE.DisplayRole) -> Any:
        fact = self.columns[index.column()][2][index.row()]
        if role == _ROLE.DisplayRole:
            return fact.text
        if role == _ROLE.ToolTipRole:
            return f"{fact.text}\n{fact.more}" if fact.more else fact.text
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _ROLE.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return self.columns[0][2][section].label if role == _ROLE.DisplayRole and self.columns else None
        name, colour, _ = self.columns[section]
        if role == _ROLE.DisplayRole:
            return name
        if role == _ROLE.DecorationRole and colour is not None:
            swatch = QPixmap(10, 10)
            swatch.fill(colour)
            return QIcon(swatch)
        if role == _ROLE.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None


class NumbersTable(QTableView):
    """Shows the facts; Ctrl+C copies the selected cells."""

    def __init__(self, parent=None) -> None:
        super().__init__(parent)
        self._model = NumbersModel(self)
        self.setModel(self._model)
        self.tight = False  # columns as wide as their numbers: many fit, but their widths change with the numbers
        self.setAccessibleName("Numbers of the fitted ramps")
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setWordWrap(False)
        side = self.verticalHeader()
        side.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        side.setDefaultSectionSize(self.fontMetrics().height() + 3)
        side.setMinimumSectionSize(12)
        side.setHighlightSections(False)
        top = self.horizontalHeader()
        top.setHighlightSections(False)
        top.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        copy = QAction("Copy the selected numbers\tCtrl+C", self)
        copy.triggered.connect(self.copy_selection)
        self.addAction(copy)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def show_columns(self, columns: list[Column]) -> None:
        """Show ramps: (name, colour or None, facts); the first is the chosen one."""
        before = self._model.columnCount()
        self._model.show(columns)
        if len(columns) != before or self.tight:
            self._spread()

    def tsv(self) -> str:
        """The whole table as tab-separated text."""
        return as_tsv([(name, rows) for name, _, rows in self._model.columns]) if self._model.columns else ""

    def copy_selection(self) -> None:
        cells = sorted(self.selectionModel().selectedIndexes(), key=lambda i: (i.row(), i.column()))
        rows: dict[int, list[str]] = {}
        for cell in cells:
            rows.setdefault(cell.row(), []).append(str(cell.data()))
        if rows:
            QGuiApplication.clipboard().setText("\n".join("\t".join(texts) for texts in rows.values()))

    def keyPressEvent(self, event) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):  # the view's own way copies one cell
            self.copy_selection()
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event) -> None:
        super().resizeEvent(event)
        self._spread()

    def _spread(self) -> None:
        count, width = self._model.columnCount(), self.viewport().width()
        if not count:
            return
        if self.tight and count > 1:
            header, space = self.horizontalHeader(), 2 * self.fontMetrics().averageCharWidth()
            for column in range(count):
                self.setColumnWidth(column, min(space + max(self.sizeHintForColumn(column), header.sectionSizeHint(column)), width))
            return
        metrics = self.fontMetrics()
        chosen = metrics.horizontalAdvance("12345.67 ± 0.12 DN/group (12.3 σ)  ")
        pinned = metrics.horizontalAdvance("12345.6 ± 1.2 DN/group  ")
        if count > 1:
            chosen = min(chosen, int(PEEP * width))
        room = [chosen, *[pinned] * (count - 1)]
        spare = max(width - sum(room), 0) / count
        for column, wanted in enumerate(room):
            self.setColumnWidth(column, width if count == 1 else int(min(wanted + spare, width)))

    def changeEvent(self, event) -> None:
        super().changeEvent(event)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 3)
