"""The pages of the non-linearity tab: one row each, in the order of the switch."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from PySide6.QtWidgets import QWidget

from detgui.gui.nonlinearity.context import Context


@dataclass(frozen=True, slots=True)
class PageRow:
    """A page: its title in the switch (`NonlinearityOptions.page`), the widget's place, what it is for.

    The widget is made as ``Widget(context, parent)`` when the page is first shown. It may have: ``came_to_front()``, called whenever
    the page is shown; ``actions_for_menu()``; ``export_actions``, a dict of QActions for File > Export.
    """

    title: str
    module: str
    widget: str
    tip: str

    @property
    def exists(self) -> bool:
        """Whether the page is there: one that is not is not listed."""
        return find_spec(self.module) is not None

    def build(self, context: Context, parent: QWidget) -> QWidget:
        """Make the widget; its module is imported here, not with the window."""
        return getattr(import_module(self.module), self.widget)(context, parent)


_ROOM = "detgui.gui.nonlinearity"
PAGES = (
    PageRow("Map", f"{_ROOM}.map_page", "MapPage", "Slope that is left after the line, for every pixel"),
    PageRow("Profile", f"{_ROOM}.profile_page", "ProfilePage", "Slope against distance from the trace"),
    PageRow("Light curve", f"{_ROOM}.light_curve_page", "LightCurvePage", "Flux and place of the trace against integration; phases"),
    PageRow("Phases", f"{_ROOM}.phases_page", "PhasesPage", "Slope maps of the phases and their differences"),
    PageRow("Pair", f"{_ROOM}.pair_page", "PairPage", "Two detectors side by side"),
    PageRow("Charge", f"{_ROOM}.charge_page", "ChargePage", "Charge moved for each DN of contrast"),
)


def present() -> tuple[PageRow, ...]:
    """The pages that are there."""
    return tuple(row for row in PAGES if row.exists)
