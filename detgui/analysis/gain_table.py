"""A gain map in numbers: the table of sectors with the voids apart (JWST-STScI-004622, table 7), and a summary for other programs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.gain_types import Array, Result
from detgui.data.tables import plain, write_table
from detgui.science.boxes import KINDS

UNITS = {"gain": "electron / DN", "gain_err": "electron / DN", "read_noise": "DN", "read_noise_err": "DN", "limit": "DN"}
Row = dict[str, Any]


def sector_rows(result: Result) -> list[Row]:
    """A row for each sector (1 to 4) and region (bulk, then void) that has boxes: means weighted by the number of pixels.

    Keys 'sector', 'amplifier', 'region', 'gain', 'gain_err' (e-/DN), 'read_noise', 'read_noise_err' (DN), 'n_boxes', 'n_pixels'; the
    boxes counted are those that were measured, NaN where none was.
    """
    boxes, rows = result.boxes, []
    for kind, region in enumerate(KINDS):
        for sector in np.unique(boxes.sector):
            here = (boxes.sector == sector) & (boxes.kind == kind)
            if here.any():
                rows.append(_row(result, int(sector), region, here))
    return sorted(rows, key=lambda row: (row["sector"], row["region"]))


def _row(result: Result, sector: int, region: str, here: NDArray[np.bool_]) -> Row:
    boxes = result.boxes
    measured = here & np.isfinite(result.gain)
    gain, error = _weighted(result.gain, result.gain_err, boxes.pixels, measured)
    noisy = measured & np.isfinite(result.read_noise) & np.isfinite(result.read_noise_err)
    noise, noise_err = _weighted(result.read_noise, result.read_noise_err, boxes.pixels, noisy)
    return {
        "sector": sector,
        "amplifier": boxes.amplifiers[int(np.flatnonzero(here)[0])],
        "region": region,
        "gain": gain,
        "gain_err": error,
        "read_noise": noise,
        "read_noise_err": noise_err,
        "n_boxes": int(measured.sum()),
        "n_pixels": int(boxes.pixels[measured].sum()),
    }


def _weighted(values: Array, errors: Array, pixels: NDArray[np.int64], chosen: NDArray[np.bool_]) -> tuple[float, float]:
    """Mean weighted by the number of pixels, and its error; boxes are independent."""
    if not chosen.any():
        return math.nan, math.nan
    weights = pixels[chosen] / pixels[chosen].sum()
    return float(values[chosen] @ weights), float(np.sqrt(((errors[chosen] * weights) ** 2).sum()))


def facts(result: Result) -> dict[str, Any]:
    """What a map is, by name: flats, pairs, limit, box, IPC, how errors were made, and what to know."""
    ipc = result.ipc
    return {
        "flats": list(result.flats),
        "pairs_used": list(result.pairs_used),
        "pairs": [
            {
                "pair": each.number,
                "used": each.used,
                "offset": each.offset,
                "offset_err": each.offset_err,
                "next_minus_this": each.difference,
                "next_minus_this_std": each.difference_std,
            }
            for each in result.pairs
        ],
        "limit": result.limit,
        "box": result.params.box,
        "clip": result.params.clip,
        "clip_correction": result.params.clip_correction,
        "ipc_factor": ipc.factor,
        "ipc": {
            "factor": ipc.factor,
            "method": ipc.method,
            "analytic": ipc.analytic,
            "kernel": ipc.kernel,
            "measured": ipc.measured,
        },
        "flat_groups": list(result.flat_groups),
        "flat_signal": result.flat_signal.tolist(),
        "flat_signal_std": result.flat_signal_std.tolist(),
        "map_err": list(result.map_err),
        "error_method": result.error_method,
        "notes": list(result.notes),
    }


def estimator_rows(result: Result) -> list[Row]:
    """Median gain over boxes by each method, and its median difference from the classic one, e-/DN."""
    rows = []
    for name, each in result.estimators.items():
        difference = each.gain - result.gain
        finite = np.isfinite(difference)
        if finite.any():
            rows.append(
                {
                    "estimator": name,
                    "gain": float(np.median(each.gain[finite])),
                    "gain_err": float(np.median(each.err[finite])),
                    "minus_classic": float(np.median(difference[finite])),
                }
            )
    return rows


def summary(result: Result) -> dict[str, Any]:
    """`facts`, the sectors and the estimators, ready for JSON: None where a number does not exist."""
    found = facts(result) | {"sectors": sector_rows(result), "estimators": estimator_rows(result), "units": dict(UNITS)}
    cleaned = _numbers(plain(found))
    return cleaned if isinstance(cleaned, dict) else {}


def _numbers(value: object) -> object:
    """JSON has no NaN: None stands for it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _numbers(item) for name, item in value.items()}
    return [_numbers(item) for item in value] if isinstance(value, list) else value


def write(result: Result, path: str | Path) -> None:
    """Write the table of sectors as ``.ecsv`` or ``.csv``. Raises `BadInput` for another extension or a place that cannot be written to."""
    rows = sector_rows(result)
    columns = {name: (np.array([row[name] for row in rows]), UNITS.get(name, "")) for name in rows[0]}
    write_table(Path(path), columns, facts(result) | {"provenance": plain(result.provenance)})
