"""The steps that run: one button each, in their order; a menu adds others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from detgui.analysis.step_table import STEPS, StepInfo, in_order
from detgui.data.kinds import RAMP_KINDS
from detgui.gui.common.buttons import flat_button, menu_button
from detgui.gui.image.flow import FlowLayout
from detgui.gui.image.menus import StickyMenu, checkable
from detgui.session.state import OpenExposure

ADD_TIP = """Steps that run one after the other, each on what the one before has written.
They run in the order of the pipeline."""


def unfit(info: StepInfo, source: OpenExposure | None, instrument: str) -> str:
    """Why a step cannot run on an exposure, '' where it can, or could after others."""
    if source is None:
        return ""
    if info.instruments and instrument and instrument.upper() not in info.instruments:
        return f"for {' and '.join(info.instruments)} only"
    if info.takes == "ramp" and source.kind not in RAMP_KINDS:
        return "takes ramps"
    return ""


class StepPicker(QWidget):
    """Shows the chosen steps; ``chosen(steps)`` and ``shown(step)`` say what a person wants."""

    chosen = Signal(object)
    shown = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps: tuple[str, ...] = ()
        self._unfit: Callable[[StepInfo], str] = lambda info: ""
        self.menu = StickyMenu(self)
        self.menu.setToolTipsVisible(True)
        self.menu.addAction("…")  # an empty menu is not opened at all
        self.menu.aboutToShow.connect(self._fill)
        self.add = menu_button("Steps", ADD_TIP, self.menu)
        self.buttons: dict[str, QWidget] = {}
        self._flow = FlowLayout(self, spacing=3)
        self._flow.addWidget(self.add)

    def show_steps(self, steps: Sequence[str], shown: str, changed: Sequence[str], why_not: Callable[[StepInfo], str]) -> None:
        """Show the steps, the one whose settings are shown, and which have ``changed`` settings."""
        self._unfit = why_not
        if tuple(steps) != self._steps:
            self._steps = tuple(steps)
            for button in self.buttons.values():
                self._flow.removeWidget(button)
                button.hide()
                button.deleteLater()
            self.buttons = {name: self._button(name) for name in steps}
            self.updateGeometry()
        for name, button in self.buttons.items():
            button.setChecked(name == shown)
            button.setText(f"{name} •" if name in changed else name)
            reason = why_not(STEPS[name]) if name in STEPS else ""
            button.setToolTip("\n".join(filter(None, (STEPS[name].what, "settings differ from the defaults" * (name in changed), reason))))
        for action in self.menu.actions():  # the menu stays open while steps are ticked
            if action.isCheckable():
                action.setChecked(action.data() in self._steps)

    def _button(self, name: str) -> QWidget:
        button = flat_button(name, "")
        button.setCheckable(True)
        button.clicked.connect(lambda _, name=name: self.shown.emit(name))
        self._flow.addWidget(button)
        button.show()
        return button

    def _fill(self) -> None:
        self.menu.clear()
        for name, info in STEPS.items():
            if name == "firstframe" or name == "pixel_replace":
                self.menu.addSeparator()
            reason = self._unfit(info)
            action = checkable(self.menu, f"{name}   {info.what}" + (f"   ({reason})" if reason else ""), name in self._steps)
            action.setData(name)
            action.setEnabled(not reason or name in self._steps)
            action.triggered.connect(lambda on, name=name: self._tick(name, on))

    def _tick(self, name: str, on: bool) -> None:
        left = tuple(each for each in self._steps if each != name)
        self.chosen.emit(in_order((*left, name)) if on else left)
