"""Where the parts of the ramp panel lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QSpinBox,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from detgui.gui.common.buttons import flat_button, menu_button
from detgui.gui.common.script_line import ScriptLine
from detgui.gui.ramp.neighbours_box import NeighboursBox
from detgui.gui.ramp.ramp_actions import VIEWS, RampActions
from detgui.gui.ramp.ramp_export import KINDS
from detgui.gui.ramp.ramp_numbers import NumbersTable
from detgui.gui.ramp.ramp_options import RampOptionsBox
from detgui.gui.ramp.ramp_overview import OverviewPlot
from detgui.gui.ramp.ramp_plot import RampPlot

_SHORT = {"ramp": "Ramp", "overlay": "All ramps", "slopes": "Slopes"}


@dataclass(slots=True)
class Parts:
    """The widgets that the panel talks to."""

    pages: QStackedWidget
    message: QLabel
    content: QWidget
    plots: QStackedWidget
    plot: RampPlot
    overview: OverviewPlot
    numbers: NumbersTable
    neighbours: NeighboursBox
    options: RampOptionsBox
    options_button: QToolButton
    script: ScriptLine
    n: QSpinBox
    why: QLabel
    busy: QLabel
    notes: QLabel
    trouble: QLabel
    compare_menu: QMenu
    export_actions: dict[str, QAction]


def build(panel: QWidget, actions: RampActions, session: Any) -> Parts:
    """Make the widgets of the panel and lay them out."""
    pages, content = QStackedWidget(panel), QWidget(panel)
    message = _label("", centre=True)
    pages.addWidget(message)
    pages.addWidget(content)
    compare_menu, export_menu = QMenu(panel), QMenu(panel)
    export_actions = _fill_export(export_menu, actions)
    n, why, busy = _spin(), _label(""), _label("reading…")
    busy.setVisible(False)
    why.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    options = RampOptionsBox(session.set_ramp, panel)
    options.setVisible(False)
    options_button = flat_button("Options", "Method, gain, read noise and reference files")
    options_button.setCheckable(True)
    options_button.toggled.connect(options.setVisible)
    plots, plot, overview = QStackedWidget(panel), RampPlot(panel), OverviewPlot(panel)
    plots.addWidget(plot)
    plots.addWidget(overview)
    numbers, neighbours, script = NumbersTable(panel), NeighboursBox(panel), ScriptLine(panel)
    notes, trouble = _label(""), _label("")
    notes.setVisible(False)
    trouble.setVisible(False)

    reset = _action_button(actions.reset, "Rule")
    compare = menu_button("Compare", "The same pixel in other open files", compare_menu)
    head = _row(*_view_buttons(actions), None, compare, menu_button("Export", "Copy and export", export_menu))
    fit = _row(_label("N"), n, why, busy, reset, _action_button(actions.time, "Time"), options_button)
    column = QVBoxLayout(content)
    column.setContentsMargins(4, 4, 4, 4)
    column.setSpacing(3)
    column.addLayout(head)
    column.addLayout(fit)
    column.addWidget(options)
    column.addWidget(_splitter(plots, numbers, neighbours), 1)
    for label in (notes, trouble):
        label.setWordWrap(True)
    for widget in (notes, trouble, script):
        column.addWidget(widget)
    outer = QVBoxLayout(panel)
    outer.setContentsMargins(0, 0, 0, 0)
    outer.addWidget(pages)
    return Parts(
        pages, message, content, plots, plot, overview, numbers, neighbours, options, options_button, script, n, why, busy, notes, trouble,
        compare_menu, export_actions,
    )  # fmt: skip


def _splitter(plots: QWidget, numbers: QWidget, neighbours: QWidget) -> QSplitter:
    below = QSplitter(Qt.Orientation.Horizontal)
    below.addWidget(numbers)
    below.addWidget(_titled("DN/group", "Slope of the ramps of the 3 x 3 pixels over the groups of the early line", neighbours))
    below.setStretchFactor(0, 3)
    below.setStretchFactor(1, 1)
    below.setObjectName("ramp numbers and neighbours")
    whole = QSplitter(Qt.Orientation.Vertical)
    whole.addWidget(plots)
    whole.addWidget(below)
    whole.setStretchFactor(0, 5)
    whole.setStretchFactor(1, 2)
    whole.setChildrenCollapsible(False)
    whole.setSizes([520, 240])
    below.setSizes([340, 124])
    whole.setObjectName("ramp plots and numbers")
    return whole


def _titled(title: str, tip: str, widget: QWidget) -> QWidget:
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(1)
    label = QLabel(title)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    label.setToolTip(tip)
    column.addWidget(label)
    column.addWidget(widget, 1)
    return box


def _fill_export(menu: QMenu, actions: RampActions) -> dict[str, QAction]:
    menu.addAction(actions.copy)
    menu.addSeparator()
    made = {"ecsv": QAction("ECSV…", menu)}
    menu.addAction(actions.ecsv)
    for kind in KINDS:
        if kind != "ecsv":
            made[kind] = menu.addAction(f"Export as {kind.upper()}…")
    return made


def _view_buttons(actions: RampActions) -> list[QWidget]:
    return [_action_button(actions.views[key], _SHORT[key]) for key, _, _ in VIEWS]


def _action_button(action: QAction, text: str) -> QToolButton:
    action.setIconText(text)
    button = flat_button(text, action.toolTip())
    button.setDefaultAction(action)
    button.setText(text)
    button.setAccessibleName(action.text())
    return button


def _spin() -> QSpinBox:
    spin = QSpinBox()
    spin.setKeyboardTracking(False)
    spin.setToolTip(
        "N: last group of the early line, 1-based.\nDefault: the groups that reach 10,000 DN above zero (STScI-009234, section 3.2)"
    )
    spin.setAccessibleName("N, last group of the early line")
    spin.setMinimumWidth(54)
    spin.lineEdit().returnPressed.connect(spin.clearFocus)  # or the next key would go into the field
    return spin


def _label(text: str, centre: bool = False) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(centre)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if centre:
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setMargin(24)
    return label


def _row(*widgets: QWidget | None) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(4)
    for widget in widgets:
        if widget is None:
            row.addStretch(1)
        else:
            row.addWidget(
                widget, 1 if isinstance(widget, QLabel) and widget.sizePolicy().horizontalPolicy() == QSizePolicy.Policy.Ignored else 0
            )
    return row
