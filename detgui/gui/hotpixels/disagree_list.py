"""Pixels that are flagged HOT in a file's DQ or above the rate of the check, but not both: as columns of a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.hot_types import Series
from detgui.gui.common.list_table import ListColumn


@dataclass(frozen=True, slots=True, eq=False)
class Disagreeing:
    """``epoch``, ``x``, ``y`` (0-based) and whether the flag or the rate says hot, shapes (n,)."""

    epoch: NDArray[np.int64]
    x: NDArray[np.int64]
    y: NDArray[np.int64]
    flagged: NDArray[np.bool_]

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def columns(self, series: Series) -> list[ListColumn]:
        """Columns for the list."""
        dates = [f"{date:%Y-%m-%d}" for date in series.dates]
        said = np.where(self.flagged, "HOT in DQ, rate below", "rate above, not HOT")
        return [
            ListColumn("date", "of the file", self.epoch, lambda at: dates[at]),
            ListColumn("x", "0-based pixel", self.x),
            ListColumn("y", "0-based pixel", self.y),
            ListColumn("disagreement", "between the file's DQ and its rate", said),
        ]


def disagreeing(series: Series) -> Disagreeing:
    """All of a series, in the order of files."""
    parts = [
        (epoch, flat, flagged)
        for epoch, both in enumerate(zip(series.flagged_only, series.hot_only, strict=True))
        for flat, flagged in zip(both, (True, False), strict=True)
    ]
    flat = np.concatenate([each[1] for each in parts]) if parts else np.empty(0, np.int64)
    y, x = np.divmod(flat, series.shape[1])
    epoch = np.concatenate([np.full(each[1].size, each[0]) for each in parts])
    return Disagreeing(epoch, x, y, np.concatenate([np.full(each[1].size, each[2]) for each in parts]))
