"""The table of catalogs and images: what each file is; epoch, filter and detector can be typed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QTableWidgetItem, QWidget

from detgui.gui.common.paths_table import FILE, LOOKING, PathsTable
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
EPOCH, FILTER, DETECTORS, MISSING = ([name for name, _ in HEADERS].index(each) for each in ("epoch", "filter", "detectors", "missing"))
FIELDS = {EPOCH: "epoch", FILTER: "filter", DETECTORS: "detector"}
NAME_WIDTH = 170  # px
MOST_NAMES = 3


class FilesTable(PathsTable):
    """Rows in the order in which files were added."""

    value_wanted = Signal(object, str, str)  # path, field, text

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Catalogs and images", HEADERS, NAME_WIDTH, parent)
        self.itemChanged.connect(self._edited)

    def show_files(self, files: Sequence[OffsetFile], facts: Sequence[FileFacts]) -> None:
        """Show files and what is known of them."""
        known = {each.path: each for each in facts}
        self.paths = [each.path for each in files]
        with QSignalBlocker(self):
            self.show_rows([_texts(each, known.get(each.path)) for each in files])
            for row, each in enumerate(files):
                self._finish_row(row, each, known.get(each.path))

    def _finish_row(self, row: int, each: OffsetFile, fact: FileFacts | None) -> None:
        for column in range(len(HEADERS)):
            self.set_editable(row, column, column in FIELDS)
            if column in FIELDS and getattr(each, FIELDS[column]):
                self.item(row, column).setToolTip("typed; delete the text to take what the file says")
        self.show_use(row, each.use)
        self.item(row, FILE).setToolTip(str(each.path))
        if fact is not None and fact.detectors:
            self.item(row, DETECTORS).setToolTip(", ".join(name.upper() for name in fact.detectors))
        self.warn(row, MISSING, fact is not None and bool(fact.why))

    def _edited(self, item: QTableWidgetItem) -> None:
        if item.column() == FILE:
            self.send_use(item)
        elif item.column() in FIELDS:
            self.value_wanted.emit(self.paths[item.row()], FIELDS[item.column()], item.text().strip())


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
