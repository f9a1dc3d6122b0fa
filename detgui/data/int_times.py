"""The INT_TIMES table: when the integrations began and ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.data.layout import read_header
from detgui.data.parts import Part

COLUMNS = tuple(f"int_{when}_{scale}" for scale in ("MJD_UTC", "BJD_TDB") for when in ("start", "mid", "end"))
NUMBER = "integration_number"


def int_times(parts: Sequence[Part], integrations: NDArray[np.int64]) -> dict[str, NDArray[Any]] | None:
    """Times of ``integrations``, shape (nints,), days (MJD UTC and BJD TDB), NaN where the tables have none or 0; None without a table.

    A segment's table may hold its own integrations or those of the whole exposure: rows are found by integration_number.
    """
    tables = [table for part in parts if (table := _read(part)) is not None]
    if not tables:
        return None
    times: dict[str, NDArray[Any]] = {NUMBER: integrations.copy()}
    times |= {name: np.full(integrations.size, np.nan) for name in COLUMNS}
    for table in tables:
        rows = np.searchsorted(integrations, table[NUMBER])
        inside = (rows < integrations.size) & (integrations[np.minimum(rows, integrations.size - 1)] == table[NUMBER])
        for name in COLUMNS:
            if name in table:
                times[name][rows[inside]] = np.where(table[name][inside] == 0.0, np.nan, table[name][inside])
    return times


def table_rows(part: Part, name: str) -> Any:
    """The rows of a binary table of one file (astropy FITS_rec); None where it is missing, empty or damaged."""
    from astropy.io import fits

    hdu = next((each for each in part.hdus if each.name == name and not each.image and each.data_size), None)
    if hdu is None:
        return None
    header, _ = read_header(part.file, hdu.header_offset)
    raw = part.file.read_bytes(hdu.data_offset, hdu.data_size)
    try:
        return fits.BinTableHDU.fromstring(header.tostring().encode("ascii") + raw).data
    except Exception:  # astropy raises all sorts of exceptions for a damaged table
        return None


def _read(part: Part) -> dict[str, NDArray[Any]] | None:
    """The table of one file; None where it is missing, empty or not as it should be."""
    data = table_rows(part, "INT_TIMES")
    if data is None:
        return None
    try:
        names = {str(name).lower(): name for name in data.names}
        table: dict[str, NDArray[Any]] = {NUMBER: np.asarray(data[names[NUMBER]], np.int64)}
        return table | {name: np.asarray(data[names[name.lower()]], np.float64) for name in COLUMNS if name.lower() in names}
    except Exception:  # a damaged table: the exposure is shown without its times
        return None
