"""The list of phases: colour, name and typed range of each, and how they are added, kept and brought back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import (
    QColorDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from detgui.gui.common.buttons import flat_button, menu_button
from detgui.gui.common.icons import icon
from detgui.gui.nonlinearity.phase_text import clipped, new_phase
from detgui.session.nonlinearity import PhaseRange

MOST_ROWS = 4  # that are shown without scrolling


class _Row:
    """The widgets of one phase."""

    def __init__(self, grid: QGridLayout, row: int, box: PhasesBox) -> None:
        self.colour = QToolButton()
        self.colour.setAutoRaise(True)
        self.colour.setToolTip("Colour of the phase")
        self.colour.setAccessibleName("Colour of the phase")
        self.name = QLineEdit()
        self.name.setAccessibleName("Name of the phase")
        self.name.setMinimumWidth(70)
        self.first, self.last = QSpinBox(), QSpinBox()
        for spin, word in ((self.first, "First"), (self.last, "Last")):
            spin.setKeyboardTracking(False)
            spin.setAccessibleName(f"{word} integration of the phase")
            spin.setToolTip(f"{word} integration of the phase, 1-based and inclusive")
            spin.setMinimumWidth(58)
        self.drop = QToolButton()
        self.drop.setAutoRaise(True)
        self.drop.setIcon(icon("close", box))
        self.drop.setProperty("icon_name", "close")
        self.drop.setToolTip("Delete the phase")
        self.drop.setAccessibleName("Delete the phase")
        for place, widget in enumerate(self.widgets):
            grid.addWidget(widget, row, place)
        self.colour.clicked.connect(lambda: box.ask_colour(row))
        self.name.editingFinished.connect(lambda: box.rename(row, self.name.text()))
        for spin in (self.first, self.last):
            spin.valueChanged.connect(lambda _: box.set_range(row, self.first.value(), self.last.value()))
        self.drop.clicked.connect(lambda: box.delete(row))

    @property
    def widgets(self) -> tuple[QWidget, ...]:
        return self.colour, self.name, self.first, self.last, self.drop

    def show_phase(self, phase: PhaseRange, limits: tuple[int, int]) -> None:
        swatch = QPixmap(12, 12)
        swatch.fill(QColor(phase.colour))
        self.colour.setIcon(QIcon(swatch))
        blockers = [QSignalBlocker(each) for each in (self.name, self.first, self.last)]
        if not self.name.hasFocus() or self.name.text() != phase.name:
            self.name.setText(phase.name)
        for spin, value in ((self.first, phase.first), (self.last, phase.last)):
            spin.setRange(min(limits[0], value), max(limits[1], value))
            spin.setValue(value)
        del blockers


class PhasesBox(QWidget):
    """Shows phases and sends what a person does: ``wanted(phases, text)``, ``report_wanted``, ``save_wanted``, ``load_wanted``."""

    wanted = Signal(object, str)
    report_wanted = Signal()
    save_wanted = Signal()
    load_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._phases: tuple[PhaseRange, ...] = ()
        self._limits = (1, 1)
        self.rows: list[_Row] = []
        self.add = flat_button("Add phase", "A phase in the widest gap; then drag it on the curve or type its range")
        self.report = flat_button("Report's ranges", "The ranges of STScI-009234, figure 6, as an example")
        self.menu = QMenu(self)
        self.save = self.menu.addAction("Save phases…", self.save_wanted.emit)
        self.menu.addAction("Load phases…", self.load_wanted.emit)
        self.menu.addSeparator()
        self.clear = self.menu.addAction("Delete all", lambda: self.wanted.emit((), "Delete all phases"))
        self.more = menu_button("Phases", "Save, load, delete", self.menu)
        self._lay_out()
        self.add.clicked.connect(self._add_one)
        self.report.clicked.connect(self.report_wanted)

    def _lay_out(self) -> None:
        inside = QWidget(self)
        self.grid = QGridLayout(inside)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setHorizontalSpacing(3)
        self.grid.setVerticalSpacing(2)
        self.grid.setColumnStretch(1, 1)
        self.grid.setRowStretch(1000, 1)
        self.scroll = QScrollArea(self)
        self.scroll.setWidget(inside)
        self.scroll.setWidgetResizable(True)
        self.scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self.scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout()
        row.setSpacing(4)
        for widget in (self.add, self.report, self.more):
            row.addWidget(widget)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(row)
        column.addWidget(self.scroll)

    def show_phases(self, phases: tuple[PhaseRange, ...], limits: tuple[int, int]) -> None:
        """Show phases of a series of integrations ``limits``."""
        self._phases, self._limits = phases, limits
        while len(self.rows) < len(phases):
            self.rows.append(_Row(self.grid, len(self.rows), self))
        while len(self.rows) > len(phases):
            for widget in self.rows.pop().widgets:
                widget.hide()
                widget.deleteLater()
        for row, phase in zip(self.rows, phases, strict=True):
            row.show_phase(phase, limits)
        self.save.setEnabled(bool(phases))
        self.clear.setEnabled(bool(phases))
        height = self.rows[0].name.sizeHint().height() + 2 if self.rows else 0
        self.scroll.setFixedHeight(height * min(len(phases), MOST_ROWS) + (2 if phases else 0))

    # what a person does

    def _add_one(self) -> None:
        self.wanted.emit((*self._phases, new_phase(self._phases, *self._limits)), "Add phase")

    def delete(self, row: int) -> None:
        """Take a phase away."""
        self.wanted.emit(self._phases[:row] + self._phases[row + 1 :], "Delete phase")

    def rename(self, row: int, name: str) -> None:
        """Give a phase another name; an empty one, or that of another phase, is not taken."""
        others = {each.name for place, each in enumerate(self._phases) if place != row}
        if row >= len(self._phases) or not name.strip() or name.strip() in others:
            self.show_phases(self._phases, self._limits)
            return
        self._change(row, "Name of the phase", lambda phase: replace(phase, name=name.strip()))

    def set_range(self, row: int, first: int, last: int) -> None:
        """Give a phase another range."""
        self._change(row, "Range of the phase", lambda phase: clipped(replace(phase, first=first, last=last), *self._limits))

    def ask_colour(self, row: int) -> None:
        """Ask for a phase's colour with the platform's dialog."""
        dialog = QColorDialog(QColor(self._phases[row].colour), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(
            lambda colour: self._change(row, "Colour of the phase", lambda phase: replace(phase, colour=colour.name()))
        )
        dialog.open()

    def _change(self, row: int, text: str, change: Callable[[PhaseRange], PhaseRange]) -> None:
        if row < len(self._phases):
            changed = (*self._phases[:row], change(self._phases[row]), *self._phases[row + 1 :])
            if changed != self._phases:
                self.wanted.emit(changed, text)
