"""Hot pixels by rate against those flagged HOT: in the dark's own DQ, or in a MASK reference (JWST-STScI-009188, section 2)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from detgui.analysis.hot_types import Indices, Result, Series, date_of
from detgui.data.dark_maps import read_maps
from detgui.data.darks import DarkFile
from detgui.data.tables import plain, write_table
from detgui.errors import BadInput


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """Pixels above the rate and flagged ones, counted; ``flagged_only`` and ``hot_only`` flat indices of those that disagree."""

    hot: int
    flagged: int
    flagged_only: Indices
    hot_only: Indices


def against_mask(series: Series, epoch: int, mask: DarkFile, threshold: float = 1.0) -> Check:
    """Compare one dark with a MASK reference of the same detector. Raises `BadInput` for another detector, or no HOT."""
    if mask.kind != "mask" or not mask.hot_bit:
        raise BadInput(f"{mask.name} has no HOT flags to compare with")
    if mask.detector not in ("", series.detector) or mask.shape != series.shape:
        raise BadInput(f"{mask.name} is not a mask of {series.label}")
    maps = read_maps(series.files[epoch], series.unit, series.gain, errors=False)
    flags = read_maps(mask)
    hot = maps.valid & (maps.rate > threshold)
    flagged = flags.rate > 0
    return Check(
        int(np.count_nonzero(hot)),
        int(np.count_nonzero(flagged)),
        np.flatnonzero((flagged & ~hot).reshape(-1)),
        np.flatnonzero((hot & ~flagged).reshape(-1)),
    )


def write_disagreeing(result: Result, path: str | Path) -> int:
    """Write the pixels of every dark that its own DQ and its rates disagree about, as ``.ecsv`` or ``.csv``; returns their number.

    Columns: file, date, detector, readout, x, y (0-based), flagged, above (the threshold of the check). Raises `BadInput`.
    """
    names: list[str] = []
    places: list[Indices] = []
    for series in result.series:
        for dark, flagged, hot in zip(series.files, series.flagged_only, series.hot_only, strict=True):
            for found, is_flagged in ((flagged, True), (hot, False)):
                names += [f"{dark.name}\n{date_of(dark):%Y-%m-%d}\n{series.detector}\n{series.readout}"] * found.size
                y, x = np.divmod(found, series.shape[1])
                places.append(np.stack([x, y, np.full(found.size, is_flagged)], axis=1))
    values = np.concatenate(places) if places else np.empty((0, 3), np.int64)
    words = [name.split("\n") for name in names]
    columns = {
        title: (np.array([row[k] for row in words], dtype=str), "") for k, title in enumerate(("file", "date", "detector", "readout"))
    }
    numbers = {"x": (values[:, 0], "pix"), "y": (values[:, 1], "pix"), "flagged": (values[:, 2] != 0, ""), "above": (values[:, 2] == 0, "")}
    meta = {"hot_threshold": result.params.hot_threshold, "provenance": plain(result.provenance)}
    write_table(Path(path), columns | numbers, meta)
    return int(values.shape[0])
