"""A dialog that says which column of the catalogs is which, where names differ from those that are recognised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QGridLayout, QLabel, QVBoxLayout, QWidget

RECOGNISED = "as recognised"
WORDS = {
    "id": ("identifier", "the same in all catalogs"),
    "ra": ("right ascension", "degrees, or an angle with a unit"),
    "dec": ("declination", "degrees, or an angle with a unit"),
    "mag": ("magnitude", "mag"),
    "mag_err": ("error of the magnitude", "mag"),
    "detector": ("detector", "nrca1 … nrcblong"),
    "epoch": ("epoch", "a number or a date"),
    "filter": ("filter", "such as F444W"),
    "x": ("x on the detector", "pixels"),
    "y": ("y on the detector", "pixels"),
    "exposure": ("exposure", "of single measurements"),
}
NONE = dict.fromkeys(("epoch", "filter", "detector"), "none: as the meta say")
"""Roles that a file's meta can have instead of a column."""


class ColumnsDialog(QDialog):
    """``chosen(columns)`` gives (role, name) for each role that a person chose a column for."""

    chosen = Signal(object)

    def __init__(
        self,
        columns: Sequence[tuple[str, str]],
        recognised: Mapping[str, str],
        given: Sequence[tuple[str, str]],
        parent: QWidget | None = None,
    ) -> None:
        """``columns``: (name, unit) of all catalogs; ``recognised`` role: name; ``given`` (role, name) chosen before."""
        super().__init__(parent)
        self.setWindowTitle("Columns of the catalogs")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.boxes: dict[str, QComboBox] = {}
        before = dict(given)
        grid = QGridLayout()
        for row, (role, (name, unit)) in enumerate(WORDS.items()):
            box = QComboBox(self)
            box.setAccessibleName(name)
            found = recognised.get(role, "")
            known = f"{RECOGNISED}: {found}" if found and role not in before else RECOGNISED if found else NONE.get(role, "none recognised")
            box.addItem(known, "")
            for column, its_unit in columns:
                box.addItem(f"{column} [{its_unit}]" if its_unit else column, column)
            box.setCurrentIndex(max(box.findData(before[role]), 0) if role in before else 0)
            label = QLabel(name, self)
            label.setBuddy(box)
            for column, widget in enumerate((label, box, QLabel(unit, self))):
                grid.addWidget(widget, row, column)
            self.boxes[role] = box
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(QLabel("A column that is chosen here is taken from every catalog that has it.", self))
        column.addLayout(grid)
        column.addWidget(buttons)

    def accept(self) -> None:
        """Send what was chosen."""
        self.chosen.emit(tuple((role, box.currentData()) for role, box in self.boxes.items() if box.currentData()))
        super().accept()
