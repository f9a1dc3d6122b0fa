"""Tables of offsets between NIRCam's modules, in the format that the PEARLS JWIDF authors published, with added columns of ours."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from detgui.data.catalog_files import read_any
from detgui.data.tables import write_table
from detgui.errors import BadInput
from detgui.resources import resource
from detgui.science.offset_detectors import MODULES, NUMBERS
from detgui.science.offset_sky import LongAxis

PUBLISHED = "idf_zpcor_1130_pmap.ecsv"
"""Ma et al. 2023 (PEARLS JWIDF), jwst_1130.pmap, github.com/Jerry-Ma/idf_nircam_cal_recipe, BSD 3-clause."""

UNITS = dict.fromkeys(("dmag_ab", "dmag_ab_err", "dmag_a", "dmag_b", "dmag_time", "dmag_time_err"), "mag") | dict.fromkeys(
    ("slope", "slope_err"), "mag / arcmin"
)
NEEDED = ("det", "filt", "dmag_ab", "dmag_a", "dmag_b", "slope")


@dataclass(frozen=True, slots=True)
class OffsetRow:
    """Offset of one array in one filter: ``det`` '1' to '4' or 'long', ``filt`` in small letters, magnitudes in mag, ``slope`` in
    mag/arcmin.

    ``dmag_ab`` is m_A - m_B; ``dmag_a`` and ``dmag_b`` are what is taken off the magnitudes of the modules (fluxes times
    10^(dmag/2.5)). ``dmag_time`` is the later epoch minus the earlier, NaN where the table does not say.
    """

    det: str
    filt: str
    dmag_ab: float
    dmag_ab_err: float
    dmag_a: float
    dmag_b: float
    slope: float
    slope_err: float
    dmag_time: float = math.nan
    dmag_time_err: float = math.nan
    n_p: int = 0
    n_q: int = 0

    def dmag(self, module: str) -> float:
        """What is taken off the magnitudes of module 'A' or 'B'."""
        return self.dmag_a if module == "A" else self.dmag_b


@dataclass(frozen=True, slots=True)
class OffsetTable:
    """Rows, and what the gradient needs: ``axis`` and ``pair_epochs`` of our own tables, both None in published ones."""

    rows: tuple[OffsetRow, ...]
    name: str = ""
    path: Path | None = None
    axis: LongAxis | None = None
    pair_epochs: tuple[str, str] | None = None
    reference: str = "B"
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def own(self) -> bool:
        """Whether gradients run along the long axis of the table's own meta; else as in the published recipe."""
        return self.axis is not None

    def row(self, det: str, filt: str) -> OffsetRow:
        """The row of an array and a filter. Raises `BadInput` where there is none."""
        found = [each for each in self.rows if (each.det, each.filt) == (det, filt.lower())]
        if not found:
            filters = sorted({each.filt.upper() for each in self.rows if each.det == det})
            has = f"for array {det} it has {', '.join(filters)}" if filters else f"it has nothing of array {det}"
            raise BadInput(f"{self.name} has no offset of array {det} in {filt.upper()}: {has}")
        return found[0]

    def row_slope(self, det: str, filt: str) -> float:
        """Slope of an array in a filter, mag/arcmin; 0 where the table has none."""
        return next((each.slope for each in self.rows if (each.det, each.filt) == (det, filt.lower())), 0.0)


def published() -> OffsetTable:
    """The authors' table, the default of who has none."""
    return read_offsets(resource(PUBLISHED))


def read_offsets(path: str | Path) -> OffsetTable:
    """A table of either kind. Raises `BadInput` naming the file and what is wrong with it."""
    path = Path(path)
    table = read_any(path)
    missing = [name for name in NEEDED if name not in table.columns]
    if missing:
        raise BadInput(f"{path.name} is no table of offsets: it lacks {', '.join(missing)}")
    rows = tuple(_row(path, table, at) for at in range(len(table)))
    keys = [(each.det, each.filt) for each in rows]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice:
        raise BadInput(f"{path.name} has array {twice[0]} in {twice[1].upper()} twice")
    meta = {str(name): value for name, value in table.meta.items()}
    return OffsetTable(rows, path.name, path, _axis(path, meta), _pair(path, meta), str(meta.get("reference", "B")), meta)


def _row(path: Path, table: Any, at: int) -> OffsetRow:
    det = str(table["det"][at]).strip().lower()
    det = "long" if det == "5" else det
    if det not in NUMBERS:
        raise BadInput(f"{path.name}: {det!r} is no array: {', '.join(NUMBERS)}")
    values: dict[str, Any] = {"det": det, "filt": str(table["filt"][at]).strip().lower()}
    for each in fields(OffsetRow)[2:]:
        if each.name not in table.columns:
            if each.name.endswith("_err"):
                values[each.name] = math.nan
            continue
        value = float(np.ma.filled(np.ma.asarray(table[each.name][at], dtype=float), math.nan))
        if each.name in NEEDED and each.name != "slope" and not math.isfinite(value):
            raise BadInput(f"{path.name}: {each.name} of array {det} in {values['filt'].upper()} is no number")
        values[each.name] = int(value) if each.name.startswith("n_") else value
    if not math.isfinite(values["slope"]):
        values["slope"] = 0.0
    return OffsetRow(**values)


def _axis(path: Path, meta: Mapping[str, Any]) -> LongAxis | None:
    names = ("long_axis_pa_deg", "origin_ra", "origin_dec")
    given = [name for name in names if meta.get(name) is not None]
    if not given:
        return None
    try:
        angle, ra, dec = (float(meta[name]) for name in names)
    except (KeyError, TypeError, ValueError):
        angle = ra = dec = math.nan
    if not all(map(math.isfinite, (angle, ra, dec))):
        raise BadInput(f"{path.name}: its meta need numbers for all of {', '.join(names)}")
    return LongAxis(angle, ra, dec)


def _pair(path: Path, meta: Mapping[str, Any]) -> tuple[str, str] | None:
    value = meta.get("pair_epochs")
    if value is None:
        return None
    words = [str(each).strip() for each in (value.split(",") if isinstance(value, str) else value if isinstance(value, Sequence) else [])]
    if len(words) != 2 or not all(words):
        raise BadInput(f"{path.name}: pair_epochs in its meta is {value!r}, not two epochs")
    return words[0], words[1]


def write_offsets(path: Path, rows: Sequence[OffsetRow], meta: Mapping[str, object]) -> None:
    """Write rows as ECSV or CSV; the file appears complete or not at all. Raises `BadInput` for a place that cannot be written to."""
    columns = {each.name: (np.array([getattr(row, each.name) for row in rows]), UNITS.get(each.name, "")) for each in fields(OffsetRow)}
    write_table(path, columns, meta)


def swap_reference(row: OffsetRow, reference: str) -> OffsetRow:
    """The row with the offset given to the module that is not the ``reference`` 'A' or 'B', or half to each for 'mean'.

    Raises `BadInput` for another reference.
    """
    if reference == "mean":
        return replace(row, dmag_a=row.dmag_ab / 2, dmag_b=-row.dmag_ab / 2)
    if reference not in MODULES:
        raise BadInput(f"the reference is module A, module B or their mean, not {reference}")
    return replace(row, dmag_a=row.dmag_ab * (reference == "B"), dmag_b=-row.dmag_ab * (reference == "A") + 0.0)
