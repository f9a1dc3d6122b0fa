"""The table of darks: what each file is, whether it is used, and the date that a person types where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidgetItem, QWidget

from detgui.gui.common.rows_table import RowsTable
from detgui.gui.hotpixels import words
from detgui.session.hot_options import HotFile
from detgui.session.hot_work import FileFacts

HEADERS = (
    ("file", "tick the files that are used"),
    ("date", "USEAFTER, else DATE-BEG, DATE-OBS or the name; where there is none, double-click and type YYYY-MM-DD"),
    ("detector", "as the header says, else the name"),
    ("read-out", "TRAD or IRS2, from READPATT; masks are for both"),
    ("unit", "of the rates; (assumed) where the file does not say"),
    ("kind", "dark reference, rate image, MASK reference, plain image of bad pixels; subarray where it is not the full frame"),
    ("left out, missing", "why a file is left out; else what it lacks and what to know"),
)
FILE, DATE, DETECTOR, READOUT, UNIT, KIND, WHY = range(len(HEADERS))
NAME_WIDTH = 190  # px
LOOKING = "looking…"


class FilesTable(RowsTable):
    """Rows in the order of series and dates, files that are left out last."""

    use_wanted = Signal(object, bool)  # paths, on
    date_wanted = Signal(object, str)  # path, text
    remove_wanted = Signal(object)  # paths

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Darks and masks", HEADERS, parent)
        self.paths: list[Path] = []
        self.warning = QColor()
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.horizontalHeader().setSectionResizeMode(FILE, QHeaderView.ResizeMode.Interactive)
        self.setColumnWidth(FILE, NAME_WIDTH)
        self.itemChanged.connect(self._edited)

    def show_files(self, files: Sequence[HotFile], facts: Sequence[FileFacts]) -> None:
        """Show files and what is known of them."""
        known = {each.path: each for each in facts}
        ordered = sorted(files, key=lambda each: _order(known.get(each.path)))
        self.paths = [each.path for each in ordered]
        with QSignalBlocker(self):
            self.show_rows([_texts(each, known.get(each.path)) for each in ordered])
            for row, each in enumerate(ordered):
                self._finish_row(row, each, known.get(each.path))

    def selected_paths(self) -> list[Path]:
        """Files of the selected rows."""
        return [self.paths[row] for row in sorted({index.row() for index in self.selectedIndexes()}) if row < len(self.paths)]

    def _finish_row(self, row: int, each: HotFile, fact: FileFacts | None) -> None:
        dark = fact.dark if fact is not None else None
        box = self.item(row, FILE)
        box.setFlags((box.flags() | Qt.ItemFlag.ItemIsUserCheckable) & ~Qt.ItemFlag.ItemIsEditable)
        box.setCheckState(Qt.CheckState.Checked if each.use else Qt.CheckState.Unchecked)
        box.setToolTip(f"{each.path}\n{fact.why}" if fact is not None and fact.why else str(each.path))
        for column in range(1, len(HEADERS)):
            self.item(row, column).setFlags(self.item(row, column).flags() & ~Qt.ItemFlag.ItemIsEditable)
        if dark is not None:
            self.item(row, DATE).setToolTip(words.date_source(dark))
            if dark.date is None or dark.date_from == "typed":
                self.item(row, DATE).setFlags(self.item(row, DATE).flags() | Qt.ItemFlag.ItemIsEditable)
        left_out = fact is not None and bool(fact.why)
        marked = {
            FILE: left_out,
            WHY: left_out,
            DATE: dark is not None and dark.date is None,
            UNIT: dark is not None and dark.unit_from == "assumed",
        }
        for column in range(len(HEADERS)):
            brush = QBrush(self.warning) if marked.get(column) else None
            self.item(row, column).setData(Qt.ItemDataRole.ForegroundRole, brush)

    def _edited(self, item: QTableWidgetItem) -> None:
        path = self.paths[item.row()]
        if item.column() == FILE:
            on = item.checkState() == Qt.CheckState.Checked
            selected = self.selected_paths()
            self.use_wanted.emit(selected if path in selected else [path], on)
        elif item.column() == DATE:
            self.date_wanted.emit(path, item.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete and self.selected_paths():
            self.remove_wanted.emit(self.selected_paths())
            return
        super().keyPressEvent(event)


def _order(fact: FileFacts | None) -> tuple[object, ...]:
    """By series and date, whether a file is used or not, so that ticking does not move it; left out ones and strangers after."""
    dark = fact.dark if fact is not None else None
    if fact is None or dark is None:
        return 2, fact.path.name if fact is not None else ""
    date = f"{dark.date:%Y%m%d%H%M%S}" if dark.date is not None else ""
    return int(bool(fact.why)), dark.detector, "" if dark.is_mask else dark.readout, dark.subarray, dark.kind, date, dark.name


def _texts(each: HotFile, fact: FileFacts | None) -> list[str]:
    dark = fact.dark if fact is not None else None
    if fact is None or dark is None:
        return [each.path.name, "", "", "", "", "", fact.why if fact is not None else LOOKING]
    assumed = " (assumed)" if dark.unit_from == "assumed" else " (typed)" if dark.unit_from == "typed" else ""
    size = "" if dark.subarray == "FULL" else f", {dark.subarray}"
    return [
        each.path.name,
        f"{dark.date:%Y-%m-%d}" if dark.date is not None else "type one",
        dark.detector or "unknown",
        dark.readout,
        "flags" if dark.is_mask else f"{dark.unit}{assumed}",
        f"{dark.kind}{size}",
        fact.why or words.missing(dark),
    ]
