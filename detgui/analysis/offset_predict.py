"""What a correction would do to the measured offsets, before any image is written: the same measurement on corrected magnitudes."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.analysis import offsets
from detgui.analysis.offset_factor import PUBLISHED_EPOCHS, CorrectParams, epoch_slope
from detgui.analysis.offset_types import Result
from detgui.data.catalogs import Catalog
from detgui.data.offset_tables import OffsetRow, OffsetTable, swap_reference
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.offset_detectors import LONG, module_of, number_of
from detgui.science.offset_sky import along

Array = NDArray[np.float64]

SCALES = {True: 0.063 / 60, False: 0.031 / 60}
"""Pixels of the long-wave and short-wave channel, arcmin (JDox, NIRCam Detector Overview)."""

SIDE, EDGE = 2048, 8
"""Pixels of a detector along x, and how far beyond its edge a source's centre may be."""

NO_X = "the published gradient runs along the detector's x, and not all sources have a place on a detector (mosaics give none)"


def predict(result: Result, table: OffsetTable, params: CorrectParams | None = None, progress: Progress = no_progress) -> Result:
    """The result as it would be after the correction: same sources, long axis and pair of epochs.

    ``params.epoch`` is not used: every measurement has its own. Raises `BadInput` where the table lacks all filters.
    """
    catalog = corrected(result.catalog, table, params or CorrectParams())
    again = replace(result.params, long_axis_pa=result.axis.angle, pair_epochs=result.pair_epochs)
    found = offsets.run(catalog, again, progress)
    return replace(found, axis_from=result.axis_from, provenance=_origin(result, table, params or CorrectParams()))


def _origin(result: Result, table: OffsetTable, params: CorrectParams) -> dict[str, Any]:
    """Where the measured result comes from, and what was taken off its magnitudes."""
    given = ", ".join(f"{each.name}={getattr(params, each.name)!r}" for each in fields(params) if each.name != "epoch")
    read = f"read_offsets({str(table.path)!r})" if table.path is not None else "offset_rows.table_of(result)"
    lines = [
        "from detgui.analysis import offset_predict, offset_rows",
        "from detgui.analysis.offset_factor import CorrectParams",
        "from detgui.data.offset_tables import read_offsets",
        "",
        f"after = offset_predict.predict(result, {read}, CorrectParams({given}))",
    ]
    corrected = {"table": table.name, "path": str(table.path or ""), "reference": params.reference, "gradient": params.gradient}
    python = str(result.provenance.get("python", "")) + "\n".join(lines) + "\n"
    return {**result.provenance, "python": python, "corrected_by": corrected}


def corrected(catalog: Catalog, table: OffsetTable, params: CorrectParams) -> Catalog:
    """The catalog with the magnitudes that corrected images would give. What the table lacks stays as it is, which the notes say.

    A gradient along x is left out, and the notes say so, where sources have no position on a detector. Raises `BadInput` where the table
    lacks everything.
    """
    mag = catalog.mag.copy()
    notes, any_ = [], False
    keys = np.char.add(np.char.add(catalog.detector, "|"), np.char.add(np.char.add(catalog.epoch, "|"), catalog.filter))
    for key in np.unique(keys):
        detector, epoch, filter_ = str(key).split("|")
        rows = np.flatnonzero(keys == key)
        try:
            row = table.row(number_of(detector), filter_)
        except BadInput as error:
            notes.append(str(error))
            continue
        any_ = True
        row = swap_reference(row, params.reference) if params.reference else row
        mag[rows] -= row.dmag(module_of(detector)) + _gradient(catalog, rows, row, table, replace(params, epoch=epoch), notes)
    if not any_:
        raise BadInput(notes[0] if notes else f"{table.name} has no row")
    return replace(catalog, mag=mag, notes=(*catalog.notes, *dict.fromkeys(notes)))


def _gradient(
    catalog: Catalog, rows: NDArray[np.int64], row: OffsetRow, table: OffsetTable, params: CorrectParams, notes: list[str]
) -> Array:
    """What the gradient takes off the magnitudes of some rows of one detector and epoch."""
    pair = table.pair_epochs or PUBLISHED_EPOCHS
    if row.slope and params.epoch not in pair:
        notes.append(f"{table.name} knows the gradient of epochs {pair[0]} and {pair[1]} only: epoch {params.epoch} is left without")
        return np.zeros(rows.size)
    k = epoch_slope(row, table, params.epoch, params.gradient)
    if not k:
        return np.zeros(rows.size)
    if table.axis is not None:
        return k * along(catalog.ra[rows], catalog.dec[rows], table.axis)
    x = catalog.x[rows]
    if not ((x > -EDGE) & (x < SIDE + EDGE)).all():  # False for NaN too: mosaics have pixels of their own
        notes.append(f"{NO_X}: {row.filt.upper()} of array {row.det} is shown without its gradient")
        return np.zeros(rows.size)
    return k * x * SCALES[row.det == LONG]
