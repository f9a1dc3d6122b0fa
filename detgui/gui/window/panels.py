"""The working panels: one row each, in the order of the tabs."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from detgui.session.loader import Loader
    from detgui.session.session import Session


@dataclass(frozen=True, slots=True)
class PanelRow:
    """A tab: its title (`SessionState.tab`), the widget's place, the key that brings it to the front, and what it is for."""

    title: str
    module: str
    widget: str
    key: str
    tip: str

    def build(self, session: Session, loader: Loader, parent: QWidget) -> QWidget:
        """Make the widget; its module is imported here, not with the window."""
        return getattr(import_module(self.module), self.widget)(session, loader, parent)


PANELS = (PanelRow("Ramp", "detgui.gui.ramp.ramp_panel", "RampPanel", "Ctrl+1", "One pixel's ramp, its line and what is left"),)
