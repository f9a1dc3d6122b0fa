"""Live statistics of the selected regions under their list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QWidget

from detgui.gui.common.buttons import flat_button
from detgui.gui.common.labels import sentence_label
from detgui.gui.common.quantity import MISSING, plain, with_error
from detgui.gui.image.elided_label import ElidedLabel

if TYPE_CHECKING:
    from detgui.session.region_numbers import Reading

CHOICES = (
    ("nothing", "all pixels", "Every pixel that has a value is counted"),
    ("do not use", "no DO_NOT_USE", "Pixels that are flagged DO_NOT_USE are not counted"),
    ("flagged", "no flagged", "Pixels with any flag are not counted"),
)
ROWS = ("pixels", "mean", "median", "σ (MAD)", "range")
TIPS = {
    "pixels": "Pixels whose centre is inside and that have a value. Where they share values, as in boxes of a map, there are no errors",
    "mean": "Mean, with the standard deviation over the square root of the number of pixels",
    "median": "Median, with the error of a Gaussian's",
    "σ (MAD)": "Standard deviation of a Gaussian from the median absolute deviation: 1.4826 MAD",
    "range": "Smallest and largest value",
}


class NumbersBox(QWidget):
    """Five numbers with errors and units, which pixels they leave out, and the way to every group."""

    left_out_wanted = Signal(str)
    groups_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(6, 4, 6, 4)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(1)
        self.title = ElidedLabel(self)
        grid.addWidget(self.title, 0, 0, 1, 2)
        self.values: dict[str, QLabel] = {}
        for row, name in enumerate(ROWS, start=1):
            label, value = QLabel(name, self), QLabel(MISSING, self)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            for each in (label, value):
                each.setToolTip(TIPS[name])
            grid.addWidget(label, row, 0)
            grid.addWidget(value, row, 1)
            self.values[name] = value
        grid.setColumnStretch(1, 1)
        self.note = sentence_label(self)
        self.note.hide()
        grid.addWidget(self.note, len(ROWS) + 1, 0, 1, 2)
        self._add_choices(grid, len(ROWS) + 2)
        self.show_reading(None)

    def _add_choices(self, grid: QGridLayout, row: int) -> None:
        self.left_out = QComboBox(self)
        self.left_out.setAccessibleName("Pixels counted")
        self.left_out.setMinimumContentsLength(8)
        self.left_out.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for place, (name, text, tip) in enumerate(CHOICES):
            self.left_out.addItem(text, name)
            self.left_out.setItemData(place, tip, Qt.ItemDataRole.ToolTipRole)
        self.left_out.setToolTip("Which flagged pixels are left out of the statistics")
        self.left_out.activated.connect(lambda place: self.left_out_wanted.emit(CHOICES[place][0]))
        self.groups = flat_button("Groups…", "Statistics of the selected regions in every group and integration, as a plot and a table")
        self.groups.clicked.connect(self.groups_wanted)
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addWidget(self.left_out, 1)
        line.addWidget(self.groups)
        grid.addLayout(line, row, 0, 1, 2)

    def show_left_out(self, name: str) -> None:
        """Show which pixels are left out."""
        self.left_out.setCurrentIndex(next(place for place, choice in enumerate(CHOICES) if choice[0] == name))

    def show_reading(self, reading: Reading | None) -> None:
        """Show the numbers, None for none."""
        self.groups.setEnabled(reading is not None)
        note = "" if reading is None else noted(reading)
        self.note.setText(note)
        self.note.setVisible(bool(note))
        if reading is None:
            self.title.show_text("no region selected")
            for value in self.values.values():
                value.setText(MISSING)
            return
        names = reading.wish.names
        self.title.show_text(names[0] if len(names) == 1 else f"{len(names)} regions together")
        for name, text in texts(reading).items():
            self.values[name].setText(text)
            self.values[name].setToolTip(f"{TIPS[name]}\n{text}")

    def show_failure(self, sentence: str) -> None:
        """Say why there are no numbers."""
        self.show_reading(None)
        self.title.show_text(sentence)


def texts(reading: Reading) -> dict[str, str]:
    """What the rows say; '≈' before what comes from a sample."""
    found, unit = reading.numbers, reading.unit
    about = "≈ " if found.approximate else ""
    spread = f"{plain(found.minimum)} … {plain(found.maximum)} {unit}".rstrip() if found.pixels else MISSING
    return {
        "pixels": str(found.pixels),
        "mean": with_error(found.mean, found.mean_err, unit),
        "median": about + with_error(found.median, found.median_err, unit),
        "σ (MAD)": about + with_error(found.sigma, found.sigma_err, unit),
        "range": spread,
    }


def noted(reading: Reading) -> str:
    """What has to be known beside the numbers, '' for nothing."""
    found = reading.numbers
    notes = (
        (found.left_out, f"{found.left_out} left out"),
        (found.shared, "no errors: pixels share values"),
        (reading.flags_follow, "flags follow"),
    )
    return "; ".join(text for there, text in notes if there)
