"""Windows that acquisitions read: drawn regions and subarrays, and the new hot pixels in each."""

from __future__ import annotations

import numpy as np

from detgui.analysis import hot_meaning
from detgui.analysis.hot_history import Result as History
from detgui.analysis.hot_meaning import InWindow
from detgui.gui.common.list_table import ListColumn
from detgui.gui.common.quantity import with_error
from detgui.gui.hotpixels.words import per_cent
from detgui.science.region_masks import cut_mask
from detgui.session.hot_options import HotOptions
from detgui.session.regions import DrawnRegion


def windows_of(history: History, drawn: tuple[DrawnRegion, ...], options: HotOptions) -> list[InWindow]:
    """What drawn regions, by their outlines, and subarrays hold; what lies outside the image is left out."""
    found = []
    for each in drawn:
        rows, columns, mask = cut_mask(each.region.shape, history.series.shape)
        if mask.any():
            y, x = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
            corners = (columns.start + int(x[0]), rows.start + int(y[0]), columns.start + int(x[-1]), rows.start + int(y[-1]))
            box = hot_meaning.window(corners, history.series, each.region.name or f"region {each.number}")
            found.append(hot_meaning.in_window(history, box, mask[y[0] : y[-1] + 1, x[0] : x[-1] + 1]))
    ny, nx = history.series.shape
    for each in options.windows:
        if each.x1 < nx and each.y1 < ny:
            box = hot_meaning.window((each.x0, each.y0, each.x1, each.y1), history.series, each.name)
            found.append(hot_meaning.in_window(history, box))
    return found


def window_columns(windows: list[InWindow]) -> list[ListColumn]:
    """Columns of the list of windows."""
    places = [each.window for each in windows]
    return [
        ListColumn(
            "window",
            "region (what is inside its outline counts) or subarray",
            np.array([each.name for each in places], dtype=str),
        ),
        ListColumn("x", "first and last column, 0-based", np.array([f"{each.x0}–{each.x1}" for each in places], dtype=str)),
        ListColumn("y", "first and last row, 0-based", np.array([f"{each.y0}–{each.y1}" for each in places], dtype=str)),
        ListColumn("new", "pixels that became hot and stayed so", np.array([each.new.size for each in windows], int)),
        ListColumn("hot now", "pixels that are hot in the last file", np.array([each.hot_now.size for each in windows], int)),
        ListColumn(
            "expected a year",
            "new hot pixels, if they appear anywhere alike",
            np.array([each.expected for each in windows], float),
            at=lambda at: with_error(windows[at].expected, windows[at].expected_err),
        ),
        ListColumn("P(a new one in a year)", "at least one", np.array([each.p_any for each in windows], float), per_cent),
    ]
