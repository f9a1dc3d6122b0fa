"""A small dialog that asks for a frame of an exposure by its integration and group."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QSpinBox, QWidget

from detgui.session.state import Frame, OpenExposure


class ChooseFrame(QDialog):
    """``chosen(Frame)``: a frame of ``exposure``, of the plane of ``start``; numbers that are not there become the nearest that are."""

    chosen = Signal(object)

    def __init__(self, title: str, exposure: OpenExposure, start: Frame, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._exposure, self._plane = exposure, start.plane
        form = QFormLayout(self)
        here = start if start.exposure == exposure.key else replace(start, integration=exposure.integrations[0], group=1)
        first, last = exposure.integrations
        self.integration = self._row(form, "Integration", first, last, here.integration)
        self.group = self._row(form, "Group", 1, exposure.shape[1], here.group)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form.addRow(buttons)

    def _row(self, form: QFormLayout, name: str, first: int, last: int, value: int) -> QSpinBox:
        spin = QSpinBox(self)
        spin.setRange(first, last)
        spin.setValue(value)
        spin.setEnabled(last > first)
        spin.selectAll()
        form.addRow(f"{name} ({first} to {last})", spin)
        return spin

    def accept(self) -> None:
        number = self._exposure.nearest_integration(self.integration.value())
        self.chosen.emit(Frame(self._exposure.key, self._plane, number, self.group.value()))
        super().accept()
