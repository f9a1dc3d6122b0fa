"""The pages of the non-linearity tab: one row each, in the order of the switch (`NonlinearityOptions.page` is a title)."""

from __future__ import annotations

from detgui.gui.pages.page_row import PageRow

_ROOM = "detgui.gui.nonlinearity"
PAGES = (
    PageRow("Map", f"{_ROOM}.map_page", "MapPage", "Slope that is left after the line, for every pixel"),
    PageRow("Profile", f"{_ROOM}.profile_page", "ProfilePage", "Slope against distance from the trace"),
    PageRow("Light curve", f"{_ROOM}.light_curve_page", "LightCurvePage", "Flux and place of the trace against integration; phases"),
    PageRow("Phases", f"{_ROOM}.phases_page", "PhasesPage", "Slope maps of the phases and their differences"),
    PageRow("Pair", f"{_ROOM}.pair_page", "PairPage", "Two detectors side by side"),
    PageRow("Charge", f"{_ROOM}.charge_page", "ChargePage", "Charge moved for each DN of contrast"),
)
