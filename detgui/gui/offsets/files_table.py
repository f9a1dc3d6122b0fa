"""The table of catalogs and images: what each file is; epoch, filter and detector can be typed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidgetItem, QWidget

from detgui.gui.common.rows_table import RowsTable
from detgui.session.offsets_options import OffsetFile
from detgui.session.offsets_work import FileFacts

HEADERS = (
    ("file", "tick the files that are used"),
    ("kind", "catalogs are read; images are measured, or shown as differences where there are catalogs"),
    ("epoch", "of columns or meta, of images by date; double-click to type another one"),
    ("filter", "of columns, meta or header; double-click to type another one"),
    ("detectors", "of columns, meta or header; double-click to type another one"),
    ("rows", "of a catalog that can be used"),
    ("missing", "why a file cannot be used; else what it lacks"),
)
FILE, KIND, EPOCH, FILTER, DETECTORS, ROWS, MISSING = range(len(HEADERS))
FIELDS = {EPOCH: "epoch", FILTER: "filter", DETECTORS: "detector"}
NAME_WIDTH = 170  # px
LOOKING = "looking…"
MOST_NAMES = 3


class FilesTable(RowsTable):
    """Rows in the order in which files were added."""

    use_wanted = Signal(object, bool)  # paths, on
    value_wanted = Signal(object, str, str)  # path, field, text
    remove_wanted = Signal(object)  # paths

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Catalogs and images", HEADERS, parent)
        self.paths: list[Path] = []
        self.warning = QColor()
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.horizontalHeader().setSectionResizeMode(FILE, QHeaderView.ResizeMode.Interactive)
        self.setColumnWidth(FILE, NAME_WIDTH)
        self.itemChanged.connect(self._edited)

    def show_files(self, files: Sequence[OffsetFile], facts: Sequence[FileFacts]) -> None:
        """Show files and what is known of them."""
        known = {each.path: each for each in facts}
        self.paths = [each.path for each in files]
        with QSignalBlocker(self):
            self.show_rows([_texts(each, known.get(each.path)) for each in files])
            for row, each in enumerate(files):
                self._finish_row(row, each, known.get(each.path))

    def selected_paths(self) -> list[Path]:
        """Files of the selected rows."""
        return [self.paths[row] for row in sorted({index.row() for index in self.selectedIndexes()}) if row < len(self.paths)]

    def _finish_row(self, row: int, each: OffsetFile, fact: FileFacts | None) -> None:
        for column in range(len(HEADERS)):
            item = self.item(row, column)
            editable = column in FIELDS
            item.setFlags((item.flags() | Qt.ItemFlag.ItemIsEditable) if editable else (item.flags() & ~Qt.ItemFlag.ItemIsEditable))
            if editable and getattr(each, FIELDS[column]):
                item.setToolTip("typed; delete the text to take what the file says")
        box = self.item(row, FILE)
        box.setFlags(box.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        box.setCheckState(Qt.CheckState.Checked if each.use else Qt.CheckState.Unchecked)
        box.setToolTip(str(each.path))
        if fact is not None and fact.detectors:
            self.item(row, DETECTORS).setToolTip(", ".join(name.upper() for name in fact.detectors))
        brush = QBrush(self.warning) if fact is not None and fact.why else None
        self.item(row, MISSING).setData(Qt.ItemDataRole.ForegroundRole, brush)

    def _edited(self, item: QTableWidgetItem) -> None:
        path = self.paths[item.row()]
        if item.column() == FILE:
            on = item.checkState() == Qt.CheckState.Checked
            selected = self.selected_paths()
            self.use_wanted.emit(selected if path in selected else [path], on)
        elif item.column() in FIELDS:
            self.value_wanted.emit(path, FIELDS[item.column()], item.text().strip())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete and self.selected_paths():
            self.remove_wanted.emit(self.selected_paths())
            return
        super().keyPressEvent(event)


def _texts(each: OffsetFile, fact: FileFacts | None) -> list[str]:
    if fact is None:
        return [each.path.name, "", each.epoch, each.filter.upper(), each.detector.upper(), "", LOOKING]
    detectors = [name.upper() for name in fact.detectors]
    shown = ", ".join(detectors) if len(detectors) <= MOST_NAMES else f"{len(detectors)}: {detectors[0]} … {detectors[-1]}"
    return [
        each.path.name,
        fact.kind,
        ", ".join(fact.epochs) or each.epoch,
        ", ".join(name.upper() for name in fact.filters) or each.filter.upper(),
        shown or each.detector.upper(),
        f"{fact.rows:,}" if fact.rows else "",
        fact.why or fact.lacks,
    ]
