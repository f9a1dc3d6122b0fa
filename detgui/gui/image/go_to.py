"""A small dialog that asks for a pixel by its numbers."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLabel, QSpinBox, QWidget


class GoToPixel(QDialog):
    """``chosen(x, y)``: 0-based pixel of an image of nx x ny."""

    chosen = Signal(int, int)

    def __init__(self, nx: int, ny: int, pixel: tuple[int, int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Go to pixel")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        form = QFormLayout(self)
        form.addRow(QLabel("Counted from 0; DS9 shows one more."))
        self.x, self.y = QSpinBox(self), QSpinBox(self)
        for name, spin, size, value in (("x", self.x, nx, pixel[0]), ("y", self.y, ny, pixel[1])):
            spin.setRange(0, size - 1)
            spin.setValue(value)
            spin.selectAll()
            form.addRow(f"{name} (0 to {size - 1})", spin)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form.addRow(buttons)

    def accept(self) -> None:
        self.chosen.emit(self.x.value(), self.y.value())
        super().accept()
