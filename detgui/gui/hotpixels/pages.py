"""The pages of the hot-pixel tab: one row each, in the order of the switch (`HotOptions.page` is a title)."""

from __future__ import annotations

from detgui.gui.pages.page_row import PageRow

_ROOM = "detgui.gui.hotpixels"
PAGES = (
    PageRow("Files", f"{_ROOM}.files_page", "FilesPage", "Darks and masks: detector, read-out, date, unit, what is missing"),
    PageRow("Counts", f"{_ROOM}.counts_page", "CountsPage", "Hot pixels against date, growth and step"),
    PageRow("Spill-over", f"{_ROOM}.spill_page", "SpillPage", "Crosses of hot pixels, and what they explain of the step"),
    PageRow("Pixels", f"{_ROOM}.pixels_page", "PixelsPage", "One pixel against date; newly hot, recovered, coming and going"),
    PageRow("Changes", f"{_ROOM}.changes_page", "ChangesPage", "What changed between two epochs"),
    PageRow("Risk", f"{_ROOM}.risk_page", "RiskPage", "Unmasked hot pixels in exposures and target acquisitions"),
)
