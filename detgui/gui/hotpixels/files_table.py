"""The table of darks: what each file is, whether it is used, and the dates and units that a person types."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QTableWidgetItem, QWidget

from detgui.gui.common.paths_table import FILE, LOOKING, PathsTable
from detgui.gui.hotpixels import words
from detgui.session.hot_options import HotFile
from detgui.session.hot_work import FileFacts

HEADERS = (
    ("file", "tick the files that are used"),
    ("date", "USEAFTER, else DATE-BEG, DATE-OBS or the name; where there is none, double-click and type YYYY-MM-DD"),
    ("detector", "as the header says, else the name"),
    ("read-out", "TRAD or IRS2, from READPATT; masks are for both"),
    ("unit", "of the rates; (assumed) where the file does not say; double-click and type DN/s or e-/s, nothing for what the file says"),
    ("kind", "dark reference, rate image, MASK reference, plain image of bad pixels; subarray where it is not the full frame"),
    ("left out, missing", "why a file is left out; else what it lacks and what to know"),
)
DATE, READOUT, UNIT, WHY = ([name for name, _ in HEADERS].index(each) for each in ("date", "read-out", "unit", "left out, missing"))
NAME_WIDTH = 190  # px


class FilesTable(PathsTable):
    """Rows in the order of series and dates, files that are left out last."""

    date_wanted = Signal(object, str)  # path, text
    unit_wanted = Signal(object, str)  # paths, text

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Darks and masks", HEADERS, NAME_WIDTH, parent)
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
        self.setColumnHidden(READOUT, not any(self.item(row, READOUT).text() for row in range(self.rowCount())))  # masks have none

    def _finish_row(self, row: int, each: HotFile, fact: FileFacts | None) -> None:
        dark = fact.dark if fact is not None else None
        self.show_use(row, each.use)
        self.item(row, FILE).setToolTip(f"{each.path}\n{fact.why}" if fact is not None and fact.why else str(each.path))
        typed = dark is not None and (dark.date is None or dark.date_from == "typed")
        for column in range(len(HEADERS)):
            self.set_editable(row, column, (typed and column == DATE) or (column == UNIT and dark is not None and not dark.is_mask))
        if dark is not None:
            self.item(row, DATE).setToolTip(words.date_source(dark))
        left_out = fact is not None and bool(fact.why)
        marked = {
            FILE: left_out,
            WHY: left_out,
            DATE: dark is not None and dark.date is None,
            UNIT: dark is not None and dark.unit_from == "assumed",
        }
        for column in range(len(HEADERS)):
            self.warn(row, column, marked.get(column, False))

    def _edited(self, item: QTableWidgetItem) -> None:
        if item.column() == FILE:
            self.send_use(item)
        elif item.column() == DATE:
            self.date_wanted.emit(self.paths[item.row()], item.text())
        elif item.column() == UNIT:
            self.unit_wanted.emit(self.meant_paths(item.row()), item.text())


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
