"""The pages of the noise tab: one row each, in the order of the switch (`NoiseOptions.page` is a title)."""

from __future__ import annotations

from detgui.gui.pages.page_row import PageRow

_ROOM = "detgui.gui.noise"
PAGES = (
    PageRow("Guide", f"{_ROOM}.guide_page", "GuidePage", "Known artifacts: how to see them here and what to try"),
    PageRow("1/f", f"{_ROOM}.flicker_page", "FlickerPage", "Levels of the lines along the slow axis, and their power spectrum"),
    PageRow("Columns", f"{_ROOM}.columns_page", "ColumnsPage", "Odd minus even detector columns by amplifier: alternating columns"),
    PageRow("Lines", f"{_ROOM}.lines_page", "LinesPage", "Lines of excessive noise, bad reference pixels, telegraph pixels"),
    PageRow("CDS", f"{_ROOM}.cds_page", "CdsPage", "Noise of group differences, and their covariance"),
    PageRow("Snowballs", f"{_ROOM}.snowballs_page", "SnowballsPage", "Clusters of jumps, one after the other on the image"),
    PageRow("Spectrum", f"{_ROOM}.spectrum_page", "SpectrumPage", "Extraction aperture, profile, divots of the 1-D spectrum"),
    PageRow("Run", f"{_ROOM}.run_page", "RunPage", "Run steps of the pipeline with settings and references of your choice"),
    PageRow("Compare", f"{_ROOM}.compare_page", "ComparePage", "Two exposures: what got better, what got worse"),
    PageRow("Sweep", f"{_ROOM}.sweep_page", "SweepPage", "A setting over values, and the diagnosis against it"),
)
