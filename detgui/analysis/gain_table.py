"""A gain map in numbers: the table of sectors with the voids apart (JWST-STScI-004622, table 7), and a summary for other programs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.gain_compare import Comparison
from detgui.analysis.gain_maps import uncertainty
from detgui.analysis.gain_types import Array, Result
from detgui.data.tables import plain, write_table
from detgui.science.boxes import KINDS
from detgui.science.read_covariance import ADJACENT, LAG_ONE, LAG_TWO

GAIN = "electron / DN"
_ESTIMATES = tuple(f"gain_{name}{end}" for name in (ADJACENT, LAG_ONE, LAG_TWO) for end in ("", "_err"))
_IN_GAIN = ("gain", "gain_err", "box_err", "map_err", "ipc_err", "systematic", "compared", *_ESTIMATES)
_NOISES = ("read_noise", "reset_noise", "intercept_noise")
UNITS = dict.fromkeys(_IN_GAIN, GAIN) | dict.fromkeys((*_NOISES, *(f"{name}_err" for name in _NOISES), "limit"), "DN")
"""Unit of every column of the table that has one."""

MEANINGS = {
    "gain": "mean over the pixels of the sector's boxes",
    "gain_err": "its statistical error from the boxes' own",
    "read_noise": "of a single read, from differences of reads; where there are too few of them, intercept_noise",
    "box_err": "statistical error of a box of the mean map, root mean square",
    "map_err": "the same from differences of the maps of pairs (section 6.2)",
    "ipc_err": "error of the IPC factor measured on the flats: all sectors have it in common, gain_err is without it",
    "reset_noise": "of the reset: what the intercept has beyond that",
    "intercept_noise": "of a read with that of the reset: the root of half the line's intercept",
    "systematic": "by how much the estimators disagree beyond their errors, the largest",
    "compared": "gain in the file that the map was compared with",
    "compared_ratio": "that over the map's",
}
Row = dict[str, Any]


def sector_rows(result: Result, comparison: Comparison | None = None) -> list[Row]:
    """A row for each sector (1 to 4) and region (bulk, then void) that has boxes: means weighted by the number of pixels.

    Keys 'sector', 'amplifier', 'region', 'gain', 'gain_err' (e-/DN), 'read_noise' (DN), 'n_boxes', 'n_pixels'; then 'read_noise_err' and
    what `MEANINGS` says, 'gain_NAME' and 'gain_NAME_err' of the other estimators, and with a ``comparison`` 'compared',
    'compared_ratio' and its error; `UNITS`. The boxes counted are those that were measured, NaN where none was.
    """
    boxes, rows = result.boxes, []
    for kind, region in enumerate(KINDS):
        for sector in np.unique(boxes.sector):
            here = (boxes.sector == sector) & (boxes.kind == kind)
            if here.any():
                row = _row(result, int(sector), region, here) | _others(result, int(sector), region, here)
                rows.append(row | (_compared(comparison, here) if comparison is not None else {}))
    return sorted(rows, key=lambda row: (row["sector"], row["region"]))


def _row(result: Result, sector: int, region: str, here: NDArray[np.bool_]) -> Row:
    boxes = result.boxes
    measured = here & np.isfinite(result.gain)
    gain, error = weighted(result.gain, result.gain_err, boxes.pixels, measured)
    squares, _ = weighted(result.gain_err**2, np.zeros(len(boxes)), boxes.pixels, measured)
    noises = _noises(result, sector, region)
    return {
        "sector": sector,
        "amplifier": boxes.amplifiers[int(np.flatnonzero(here)[0])],
        "region": region,
        "gain": gain,
        "gain_err": error,
        "read_noise": noises.pop("read_noise"),
        "n_boxes": int(measured.sum()),
        "n_pixels": int(boxes.pixels[measured].sum()),
        "box_err": math.sqrt(squares),
        "map_err": uncertainty(result, measured).mean,
        **({"ipc_err": gain * result.ipc.factor_err / result.ipc.factor} if result.ipc.method == "measured" else {}),
        **noises,
    }


def _noises(result: Result, sector: int, region: str) -> Row:
    """Noises of a sector and region (DN) with their errors, and the disagreement of the estimators (e-/DN)."""
    for each in result.sectors:
        if each.sector == sector and KINDS[each.kind] == region:
            intercept = (each.read_noise, each.read_noise_err)
            single = (each.single_read_noise, each.single_read_noise_err)
            figures = (single if math.isfinite(single[0]) else intercept, (each.reset_noise, each.reset_noise_err), intercept)
            found = {f"{name}{end}": float(value) for name, pair in zip(_NOISES, figures, strict=True) for end, value in _ended(pair)}
            return found | {"systematic": float(each.systematic)}
    return dict.fromkeys((*(f"{name}{end}" for name in _NOISES for end in ("", "_err")), "systematic"), math.nan)


def _ended(pair: tuple[float, float]) -> tuple[tuple[str, float], ...]:
    return ("", pair[0]), ("_err", pair[1])


def _others(result: Result, sector: int, region: str, here: NDArray[np.bool_]) -> Row:
    """The estimators beside the classic one; their errors hold that of the noise of reads, which all boxes have in common."""
    found: Row = {}
    own = next((each.differences for each in result.sectors if (each.sector, KINDS[each.kind]) == (sector, region)), {})
    for name, each in result.estimators.items():
        if name != "classic":
            measured = here & np.isfinite(each.gain) & np.isfinite(each.err)
            value, apart = weighted(each.gain, each.err, result.boxes.pixels, measured)
            found[f"gain_{name}"], found[f"gain_{name}_err"] = value, own[name].own_err if name in own else apart
    return found


def _compared(comparison: Comparison, here: NDArray[np.bool_]) -> Row:
    pixels, there = comparison.boxes.pixels, here & np.isfinite(comparison.ratio)
    value, _ = weighted(comparison.gain, comparison.gain_err, pixels, here & np.isfinite(comparison.gain))
    ratio, error = weighted(comparison.ratio, comparison.ratio_err, pixels, there)
    return {"compared": value, "compared_ratio": ratio, "compared_ratio_err": error}


def weighted(values: Array, errors: Array, pixels: NDArray[np.int64], chosen: NDArray[np.bool_]) -> tuple[float, float]:
    """Mean weighted by the number of pixels, and its error; boxes are independent."""
    if not chosen.any():
        return math.nan, math.nan
    weights = pixels[chosen] / pixels[chosen].sum()
    return float(values[chosen] @ weights), float(np.sqrt(((errors[chosen] * weights) ** 2).sum()))


def facts(result: Result, comparison: Comparison | None = None) -> dict[str, Any]:
    """What a map is, by name: flats, pairs, limit, box, IPC, how errors were made, and what to know."""
    ipc = result.ipc
    found = {
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
            "measured_err": ipc.measured_err,
        },
        "flat_groups": list(result.flat_groups),
        "flat_signal": result.flat_signal.tolist(),
        "flat_signal_std": result.flat_signal_std.tolist(),
        "map_uncertainty": _maps(result),
        "error_method": result.error_method,
        "notes": list(result.notes),
    }
    return found | ({"compared_with": compared_facts(comparison)} if comparison is not None else {})


def _maps(result: Result) -> Row:
    """Uncertainty from differences of maps, e-/DN (section 6.2)."""
    found = uncertainty(result)
    differences = [{"one": each.one, "two": each.two, "mean": each.mean, "std": each.std} for each in found.differences]
    return {
        "single": found.single,
        "single_err": found.single_err,
        "mean": found.mean,
        "percent": found.percent,
        "differences": differences,
    }


def compared_facts(comparison: Comparison) -> Row:
    """The file, and its gain over the map's: mean, error of the mean, standard deviation over pixels, extremes."""
    ratio = comparison.ratio[np.isfinite(comparison.ratio)]
    return {
        "file": str(comparison.path),
        "ratio": comparison.mean,
        "ratio_err": comparison.mean_err,
        "ratio_std": comparison.std,
        "ratio_least": float(ratio.min()),
        "ratio_most": float(ratio.max()),
        "covered": comparison.covered,
        "notes": list(comparison.notes),
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


def summary(result: Result, comparison: Comparison | None = None) -> dict[str, Any]:
    """`facts`, the sectors and the estimators, ready for JSON: None where a number does not exist."""
    rows = sector_rows(result, comparison)
    units = {name: UNITS[name] for name in (*rows[0], "limit") if name in UNITS}
    return for_json(facts(result, comparison) | {"sectors": rows, "estimators": estimator_rows(result), "units": units})


def for_json(found: dict[str, Any]) -> dict[str, Any]:
    """``found`` of plain numbers and texts, None where a number is NaN or infinite, which JSON does not have."""
    cleaned = _numbers(plain(found))
    return cleaned if isinstance(cleaned, dict) else {}


def _numbers(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _numbers(item) for name, item in value.items()}
    return [_numbers(item) for item in value] if isinstance(value, list) else value


def write(result: Result, path: str | Path, comparison: Comparison | None = None) -> None:
    """Write the table of sectors as ``.ecsv`` or ``.csv``. Raises `BadInput` for another extension or a place that cannot be written to."""
    rows = sector_rows(result, comparison)
    columns = {name: (np.array([row[name] for row in rows]), UNITS.get(name, "")) for name in rows[0]}
    meta = facts(result, comparison) | {"columns": {name: text for name, text in MEANINGS.items() if name in rows[0]}}
    write_table(Path(path), columns, meta | {"provenance": plain(result.provenance)})
