"""The references that the steps may use: type, where each comes from, and the choice by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLabel, QVBoxLayout, QWidget

from detgui.gui.common import plot_theme
from detgui.gui.common.buttons import flat_button
from detgui.gui.common.files import ask_files
from detgui.gui.common.rows_table import RowsTable
from detgui.gui.ramp.ramp_options import REFERENCE_FILTER
from detgui.session.step_work import Needed

HEADERS = (
    ("reference", "type, as CRDS and REFTYPE have it"),
    ("from", "chosen by hand, in the CRDS cache, fetched from the server, not needed with these settings, or missing"),
    ("file", "what is used"),
)
WORDS = {"given": "by hand", "cache": "CRDS cache", "server": "CRDS server", "missing": "missing"}
NOT_APPLICABLE = "N/A"
FILE_TIP = """Choose the file of the selected type by hand.
Of several files each is used for the type that it says (REFTYPE)."""


class ReferenceTable(QWidget):
    """Shows what is needed; ``wanted(type, file)`` with 'N/A' to do without and '' to leave it to CRDS.

    ``several(paths)`` for files that are each of the type that they say.
    """

    wanted = Signal(str, str)
    several = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[Needed, ...] = ()
        self._folder = ""
        self.rows = RowsTable("References of the steps", HEADERS)
        self.rows.setSelectionBehavior(RowsTable.SelectionBehavior.SelectRows)
        self.rows.setSelectionMode(RowsTable.SelectionMode.SingleSelection)
        self.rows.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.rows.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self.rows.itemSelectionChanged.connect(self._chosen)
        self.rows.cellDoubleClicked.connect(lambda *_: self.ask())
        self.title = QLabel("References", self)
        self.pick = flat_button("File…", FILE_TIP)
        self.without = flat_button("N/A", "Do without the selected type: most steps are skipped then")
        self.automatic = flat_button("CRDS", "Leave the selected type to CRDS")
        self.pick.clicked.connect(self.ask)
        self.without.clicked.connect(lambda: self._send(NOT_APPLICABLE))
        self.automatic.clicked.connect(lambda: self._send(""))
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self.title, 1)
        for button in (self.pick, self.without, self.automatic):
            head.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(head)
        column.addWidget(self.rows, 1)

    @property
    def selected(self) -> Needed | None:
        """The selected row, the only one where there is one, None for none."""
        row = self.rows.currentRow()
        if 0 <= row < len(self._rows):
            return self._rows[row]
        return self._rows[0] if len(self._rows) == 1 else None

    def show_references(self, needed: Sequence[Needed] | None) -> None:
        """Show them; None while they are looked for."""
        self.title.setText("References: looking…" if needed is None else "References" if needed else "References: none are used")
        if needed is None or tuple(needed) == self._rows:
            self._chosen()
            return
        before = self.selected
        self._rows = tuple(needed)
        warning = plot_theme.from_palette(self.palette()).warning
        texts = [(each.type, WORDS.get(each.state, each.state), Path(each.file).name if each.file else "") for each in needed]
        self.rows.show_rows(texts, [warning if each.state == "missing" else None for each in needed])
        for row, each in enumerate(needed):
            for column in range(3):
                self.rows.item(row, column).setToolTip(f"{each.file or WORDS.get(each.state, each.state)}\nused by {', '.join(each.steps)}")
        wanted = before.type if before is not None else next((each.type for each in needed if each.state == "missing"), "")
        place = next((row for row, each in enumerate(needed) if each.type == wanted), -1)
        if place >= 0:
            self.rows.selectRow(place)
        self._chosen()

    def _chosen(self) -> None:
        one = self.selected
        self.pick.setEnabled(one is not None)
        self.without.setEnabled(one is not None and one.file != NOT_APPLICABLE)
        self.automatic.setEnabled(one is not None and one.state == "given")

    def _send(self, file: str) -> None:
        one = self.selected
        if one is not None:
            self.wanted.emit(one.type, file)

    def ask(self) -> None:
        """Ask for the file of the selected type."""
        one = self.selected
        if one is None:
            return
        ask_files(self, f"{one.type} reference, or several of any type", REFERENCE_FILTER, self.take, self._folder)

    def take(self, paths: list[Path]) -> None:
        """Use one file for the selected type, several each for the type that it says."""
        self._folder = str(paths[0].parent)
        if len(paths) == 1:
            self._send(str(paths[0]))
        else:
            self.several.emit(paths)
