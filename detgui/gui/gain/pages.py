"""The pages of the gain tab: one row each, in the order of the switch (`GainOptions.page` is a title)."""

from __future__ import annotations

from detgui.gui.pages.page_row import PageRow

_ROOM = "detgui.gui.gain"
PAGES = (
    PageRow("Calibrate", f"{_ROOM}.calibrate_page", "CalibratePage", "Raw flats through superbias, reference pixels and linearity"),
    PageRow("Map", f"{_ROOM}.map_page", "MapPage", "Gain of every box: histogram, medians, image"),
    PageRow("Pairs", f"{_ROOM}.pairs_page", "PairsPage", "Light of the flats, and which pairs are used"),
    PageRow("Box", f"{_ROOM}.box_page", "BoxPage", "Variance against mean of the box under the mouse"),
    PageRow("Sectors", f"{_ROOM}.sectors_page", "SectorsPage", "Gain and read noise of the sectors, voids apart"),
    PageRow("Estimators", f"{_ROOM}.estimators_page", "EstimatorsPage", "Gain by other ways on the same boxes"),
    PageRow("Maps", f"{_ROOM}.maps_page", "MapsPage", "The map of one pair against that of another"),
    PageRow("Studies", f"{_ROOM}.studies_page", "StudiesPage", "What the size of the boxes and the limit do"),
    PageRow("Compare", f"{_ROOM}.compare_page", "ComparePage", "The map against any gain file"),
)
