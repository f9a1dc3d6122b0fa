"""Pixels that are flagged HOT or above the rate of the check, but not both: as columns of a list."""

from __future__ import annotations

import numpy as np

from detgui.analysis.hot_check import DQ, disagreeing
from detgui.analysis.hot_types import Series
from detgui.gui.common.list_table import ListColumn
from detgui.gui.common.quantity import MISSING, plain


def disagree_sum(series: Series) -> str:
    """How many pixels of all files disagree, and how."""
    checks = [each for each in (*series.dq_checks, *series.mask_checks) if each is not None]
    flagged, above = (sum(getattr(each, name).size for each in checks) for name in ("flagged_only", "hot_only"))
    total = sum(each.above for each in checks)
    return f"of {total:,} pixels above the rate of the check {above:,} are not flagged HOT; {flagged:,} are flagged and not above it"


def disagree_columns(series: Series) -> list[ListColumn]:
    """Columns of all of a series, in the order of files."""
    found = disagreeing(series)
    dates = [f"{date:%Y-%m-%d}" for date in series.dates]
    said = np.where(found.flagged, np.where(np.isfinite(found.rate), "flagged, rate below", "flagged, no rate"), "rate above, not flagged")
    sources = ["HOT in DQ" if each == DQ else f"HOT in {each}" for each in found.sources]
    return [
        ListColumn("date", "of the file", found.epoch, lambda at: dates[at]),
        ListColumn("x", "0-based pixel", found.x),
        ListColumn("y", "0-based pixel", found.y),
        ListColumn(
            f"rate ({series.unit})", "in that file", found.rate, lambda rate: plain(float(rate), 4) if np.isfinite(rate) else MISSING
        ),
        ListColumn("disagreement", "between flag and rate", said),
        ListColumn("flags", "of the file's own DQ, or of the MASK reference in force", found.source, lambda at: sources[at]),
    ]
