"""The pages of the offsets tab: one row each, in the order of the switch (`OffsetsOptions.page` is a title)."""

from __future__ import annotations

from detgui.gui.pages.page_row import PageRow

_ROOM = "detgui.gui.offsets"
PAGES = (
    PageRow("Inputs", f"{_ROOM}.inputs_page", "InputsPage", "Catalogs or images of several epochs, and how sources are matched and fitted"),
    PageRow("Overview", f"{_ROOM}.overview_page", "OverviewPage", "Offsets of all arrays: patch p against q, and array by array"),
    PageRow("Step", f"{_ROOM}.step_page", "StepPage", "One filter, array and pair of epochs: every source"),
    PageRow("Solution", f"{_ROOM}.solution_page", "SolutionPage", "All detectors and epochs of a filter at once"),
    PageRow("Correction", f"{_ROOM}.correction_page", "CorrectionPage", "Calibrated images brought to one photometric scale, and back"),
)
