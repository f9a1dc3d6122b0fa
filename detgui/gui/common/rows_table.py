"""A small table of rows with headers, for tables that are not numbers of one thing: sectors, pairs, studies."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget


class RowsTable(QTableWidget):
    """Texts in rows; Ctrl+C copies the selected cells, `tsv` all."""

    def __init__(self, name: str, headers: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        """``headers``: title and tooltip of every column."""
        super().__init__(0, len(headers), parent)
        self.setAccessibleName(name)
        self.setHorizontalHeaderLabels([title for title, _ in headers])
        for place, (_, tip) in enumerate(headers):
            self.horizontalHeaderItem(place).setToolTip(tip)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 4)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setStretchLastSection(True)
        self.horizontalHeader().setHighlightSections(False)
        self.setMinimumHeight(4 * self.fontMetrics().height() + 12)

    def show_rows(self, rows: Sequence[Sequence[str]], colours: Sequence[QColor | None] = ()) -> None:
        """Show texts; ``colours`` of the rows' first cells."""
        self.setRowCount(len(rows))
        for at, row in enumerate(rows):
            for column, text in enumerate(row):
                cell = self.item(at, column)
                if cell is None:
                    cell = QTableWidgetItem()
                    self.setItem(at, column, cell)
                cell.setText(text)
                cell.setToolTip(text)
            colour = colours[at] if at < len(colours) else None
            self.item(at, 0).setData(Qt.ItemDataRole.ForegroundRole, QBrush(colour) if colour is not None else None)

    def tsv(self) -> str:
        """The whole table as tab-separated text."""
        headers = [self.horizontalHeaderItem(place).text() for place in range(self.columnCount())]
        rows = [[self._text(row, place) for place in range(self.columnCount())] for row in range(self.rowCount())]
        return "\n".join("\t".join(row) for row in [headers, *rows])

    def _text(self, row: int, column: int) -> str:
        item = self.item(row, column)
        return item.text() if item is not None else ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not event.matches(QKeySequence.StandardKey.Copy):
            super().keyPressEvent(event)
            return
        rows: dict[int, list[str]] = {}
        for cell in sorted(self.selectedIndexes(), key=lambda each: (each.row(), each.column())):
            rows.setdefault(cell.row(), []).append(self._text(cell.row(), cell.column()))
        if rows:
            QGuiApplication.clipboard().setText("\n".join("\t".join(texts) for texts in rows.values()))
