"""What a correction would do to offsets that were measured: magnitudes are corrected, then everything is fitted again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from detgui.analysis import offsets
from detgui.analysis.offset_factor import PUBLISHED_EPOCHS, CorrectParams, epoch_slope
from detgui.analysis.offset_types import Result
from detgui.data.catalogs import Catalog
from detgui.data.offset_tables import OffsetTable, swap_reference
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.offset_detectors import LONG, module_of, number_of
from detgui.science.offset_sky import along

Array = NDArray[np.float64]

PIXEL = {True: 0.063, False: 0.031}
"""Arcsec, of the long-wave and the short-wave arrays (JWST documentation, NIRCam detector overview)."""

COLUMNS = 2048


def predict(
    result: Result, table: OffsetTable, params: CorrectParams | None = None, progress: Progress = no_progress, *, columns: bool = True
) -> Result:
    """The offsets that corrected images would give, measured with the same parameters and the same long axis.

    The epoch of ``params`` does not count: each measurement has its own. ``columns``: whether x of the catalog is a column of the
    detector, which gradients of the published recipe need. What could not be corrected is said in the notes. Raises `BadInput` where
    the corrected magnitudes cannot be measured.
    """
    progress(0.0, "correcting the magnitudes")
    mag, notes = corrected_magnitudes(result, table, params or CorrectParams(), columns)
    again = replace(result.params, pair_epochs=result.pair_epochs, long_axis_pa=result.axis.angle)
    found = offsets.run(replace(result.catalog, mag=mag), again, progress)
    return replace(found, axis_from=result.axis_from, notes=(*notes, *found.notes))


def corrected_magnitudes(result: Result, table: OffsetTable, params: CorrectParams, columns: bool = True) -> tuple[Array, tuple[str, ...]]:
    """(magnitudes of the result's catalog after the correction, what could not be corrected)."""
    catalog = result.catalog
    mag, notes = catalog.mag.copy(), []
    words = np.stack([catalog.detector, catalog.filter, catalog.epoch])
    groups, of = np.unique(words, axis=1, return_inverse=True)
    epochs = dict(zip(result.pair_epochs, table.pair_epochs or PUBLISHED_EPOCHS, strict=True)) if not table.own else {}
    for at, (detector, band, epoch) in enumerate(groups.T.tolist()):
        rows = np.flatnonzero(of.ravel() == at)
        try:
            row = table.row(number_of(detector), band)
            row = swap_reference(row, params.reference) if params.reference else row
        except BadInput as error:
            notes.append(f"not corrected: {error}")
            continue
        mag[rows] -= row.dmag(module_of(detector))
        try:
            k = epoch_slope(row, table, epochs.get(epoch, epoch), params.gradient)
        except BadInput:
            pair = " and ".join(table.pair_epochs or result.pair_epochs)
            notes.append(f"{band.upper()}: epoch {epoch} is corrected without the gradient, which is known for epochs {pair}")
            continue
        if k:
            mag[rows] -= k * _distances(catalog, rows, table, columns, notes)
    return mag, tuple(dict.fromkeys(notes))


def _distances(catalog: Catalog, rows: NDArray[np.int64], table: OffsetTable, columns: bool, notes: list[str]) -> Array:
    """Arcmin along the gradient of some measurements; 0 where that is not known."""
    if table.axis is not None:
        return along(catalog.ra[rows], catalog.dec[rows], table.axis)
    x = catalog.x[rows] if columns else np.full(rows.size, np.nan)
    good = np.isfinite(x) & (x > -1) & (x < COLUMNS)
    if not good.all():
        notes.append(
            "the published gradient needs the detector column of every source: it is left out of the prediction where that is not known"
        )
    scale = PIXEL[number_of(str(catalog.detector[rows[0]])) == LONG]
    return np.where(good, x, 0.0) * scale / 60.0


def largest(results: Sequence[Result]) -> list[float]:
    """The largest |A| of the tables, mag, one for each result; NaN for one without rows."""
    return [max((abs(row.dmag_ab) for row in each.rows), default=float("nan")) for each in results]
