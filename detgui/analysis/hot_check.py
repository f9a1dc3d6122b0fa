"""Hot pixels by rate against those flagged HOT, in the dark's own DQ and in MASK references among the files.

Source: JWST-STScI-009188, section 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.hot_types import Check, Indices, Result, Series, date_of
from detgui.data.dark_maps import Bools, DarkMaps, read_maps
from detgui.data.darks import DarkFile
from detgui.data.tables import plain, write_table
from detgui.errors import BadInput

DQ = "DQ"
"""Source of flags that are the dark's own."""

FIRST_DATE = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class HotFlags:
    """Active pixels that a MASK reference flags HOT, flat indices."""

    mask: DarkFile
    flagged: Indices


def hot_flags(darks: Sequence[DarkFile]) -> tuple[tuple[HotFlags, ...], list[str]]:
    """The flags of the MASK references among some files that know HOT, and a sentence for each that cannot be read."""
    found, refused = [], []
    for mask in darks:
        if mask.kind == "mask" and mask.hot_bit:
            try:
                found.append(HotFlags(mask, np.flatnonzero(read_maps(mask).rate > 0)))
            except BadInput as error:
                refused.append(str(error))
    return tuple(found), refused


def in_force(flags: Sequence[HotFlags], dark: DarkFile) -> HotFlags | None:
    """The newest MASK reference of the dark's pixels with a USEAFTER that is not later than the dark, None without one."""
    known = [each for each in flags if of_same_pixels(each.mask, dark) and date_of(each.mask) <= date_of(dark)]
    return max(known, key=lambda each: each.mask.date or FIRST_DATE, default=None)


def of_same_pixels(mask: DarkFile, dark: DarkFile) -> bool:
    """Whether a mask is of the detector and the part of it that a dark is of."""
    places = [(each.detector, each.shape, each.geometry.xstart, each.geometry.ystart) for each in (mask, dark)]
    return places[0] == places[1]


def compare(maps: DarkMaps, flagged: Bools, threshold: float, source: str) -> Check:
    """Flagged pixels, shape (ny, nx), against those above a rate; flagged ones without a rate disagree too."""
    above = maps.valid & (maps.rate > threshold)
    only = [np.flatnonzero((one & ~other).reshape(-1)) for one, other in ((flagged, above), (above, flagged))]
    rates = [np.where(maps.valid.reshape(-1)[flat], maps.rate.reshape(-1)[flat], np.float32(np.nan)) for flat in only]
    return Check(source, int(np.count_nonzero(flagged)), int(np.count_nonzero(above)), only[0], only[1], rates[0], rates[1])


def flagged_image(flags: HotFlags, shape: tuple[int, int]) -> Bools:
    """The flags as an image, shape (ny, nx)."""
    found = np.zeros(shape, np.bool_)
    found.reshape(-1)[flags.flagged] = True
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Disagreeing:
    """Pixels that disagree, in the order of files: ``epoch``, ``x``, ``y`` (0-based), ``source`` of the flags (place in ``sources``),
    ``flagged`` or else above the rate, ``rate`` in the unit of the series (NaN: not measured), shapes (m,)."""

    epoch: Indices
    x: Indices
    y: Indices
    source: Indices
    flagged: NDArray[np.bool_]
    rate: NDArray[np.float32]
    sources: tuple[str, ...]


def disagreeing(series: Series) -> Disagreeing:
    """All pixels of a series that rates and flags disagree about."""
    parts = [
        (epoch, check.source, flagged, flat, rate)
        for epoch, checks in enumerate(zip(series.dq_checks, series.mask_checks, strict=True))
        for check in checks
        if check is not None
        for flagged, flat, rate in ((True, check.flagged_only, check.flagged_rate), (False, check.hot_only, check.hot_rate))
    ]
    sources = tuple(dict.fromkeys(each[1] for each in parts))
    sizes = [each[3].size for each in parts]
    y, x = np.divmod(np.concatenate([np.empty(0, np.int64), *(each[3] for each in parts)]), series.shape[1])
    return Disagreeing(
        epoch=np.repeat(np.array([each[0] for each in parts], np.int64), sizes),
        x=x,
        y=y,
        source=np.repeat(np.array([sources.index(each[1]) for each in parts], np.int64), sizes),
        flagged=np.repeat(np.array([each[2] for each in parts], np.bool_), sizes),
        rate=np.concatenate([np.empty(0, np.float32), *(each[4] for each in parts)]),
        sources=sources,
    )


def write_disagreeing(result: Result, path: str | Path) -> int:
    """Write the pixels of every dark that flags and its rates disagree about, as ``.ecsv`` or ``.csv``; returns their number.

    Columns: file, date, detector, readout, x, y (0-based), source ('DQ' or the name of a MASK reference), flagged, above (the threshold of
    the check), rate, unit. Raises `BadInput`.
    """
    found = [(series, disagreeing(series)) for series in result.series]
    names = ("file", "date", "detector", "readout", "source", "unit")
    words: dict[str, list[str]] = {name: [] for name in names}
    for series, each in found:
        files = [(dark.name, f"{date_of(dark):%Y-%m-%d}", series.detector, series.readout) for dark in series.files]
        for epoch, source in zip(each.epoch, each.source, strict=True):
            for name, word in zip(names, (*files[epoch], each.sources[source], series.unit), strict=True):
                words[name].append(word)
    columns = {name: (np.array(words[name], dtype=str), "") for name in names}

    def joined(name: str) -> NDArray[np.generic]:
        return np.concatenate([getattr(each, name) for _, each in found])

    flagged = joined("flagged").astype(np.bool_)
    numbers = {"x": (joined("x"), "pix"), "y": (joined("y"), "pix"), "flagged": (flagged, ""), "above": (~flagged, "")}
    meta = {"hot_threshold": result.params.hot_threshold, "provenance": plain(result.provenance)}
    write_table(Path(path), columns | numbers | {"rate": (joined("rate"), "")}, meta)
    return int(flagged.size)
