"""Counts and growth of hot pixels as rows: for the table on disk, for other programs, and for the window."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from detgui.analysis.hot_types import Result, Series, Trend, date_of
from detgui.data.darks import DarkFile
from detgui.data.tables import plain, write_table
from detgui.science.hot_growth import Growth
from detgui.science.hot_spill import Cross

Row = dict[str, Any]

COLUMNS = (
    "detector", "readout", "date", "threshold", "count", "count_centres", "hot_dq", "unit", "subarray", "kind", "dq_only", "rate_only",
    "measured", "unit_assumed", "file", "hot_mask", "mask_only", "rate_not_mask", "mask",
)  # fmt: skip
"""Columns of the trend table; ``dq_only`` and ``rate_only``: pixels flagged HOT that are not above the threshold of the check, and the
other way round; ``hot_mask``, ``mask_only``, ``rate_not_mask``: the same of the MASK reference in force, ``mask``, where one is given."""


def rows(result: Result) -> list[Row]:
    """A row for each file and threshold, in the order of series, thresholds and dates; ``threshold`` NaN and unit 'flag' for masks,
    ``hot_dq`` and ``hot_mask`` -1 where there are no HOT flags."""
    return [_row(series, trend, epoch) for series in result.series for trend in series.trends for epoch in range(len(series.files))]


def _row(series: Series, trend: Trend, epoch: int) -> Row:
    dark = series.files[epoch]
    own, other = series.dq_checks[epoch], series.mask_checks[epoch]
    return {
        "detector": series.detector,
        "readout": series.readout,
        "date": date_of(dark).strftime("%Y-%m-%dT%H:%M:%S"),
        "threshold": math.nan if trend.threshold is None else trend.threshold,
        "count": int(trend.counts[epoch]),
        "count_centres": int(trend.centres[epoch]),
        "hot_dq": int(series.hot_dq[epoch]),
        "unit": series.unit,
        "subarray": series.subarray,
        "kind": dark.kind,
        "dq_only": int(own.flagged_only.size) if own is not None else 0,
        "rate_only": int(own.hot_only.size) if own is not None else 0,
        "measured": int(series.measured[epoch]),
        "unit_assumed": dark.unit_from == "assumed",
        "file": dark.name,
        "hot_mask": other.flagged if other is not None else -1,
        "mask_only": int(other.flagged_only.size) if other is not None else 0,
        "rate_not_mask": int(other.hot_only.size) if other is not None else 0,
        "mask": other.source if other is not None else "",
    }


def growth_rows(result: Result, centres: bool = False) -> list[Row]:
    """A row for each series and threshold that has a trend: pixels a month of 30.4375 days and the step, with errors."""
    found = []
    for series in result.series:
        for trend in series.trends:
            growth = trend.growth_centres if centres else trend.growth
            if growth is not None:
                found.append(_growth_row(series, trend, growth))
    return found


def _growth_row(series: Series, trend: Trend, growth: Growth) -> Row:
    return {
        "detector": series.detector,
        "readout": series.readout,
        "threshold": math.nan if trend.threshold is None else trend.threshold,
        "rate_pix_per_month": growth.rate,
        "rate_err": growth.rate_err,
        "step_pix": growth.step,
        "step_err": growth.step_err,
        "steps": _steps(series, growth),
        "unit": series.unit,
        "subarray": series.subarray,
        "kind": series.files[0].kind if series.is_mask else "rates",
        "files": len(series.files),
        "chi2": growth.chi2,
        "dof": growth.dof,
        "q_pix2_per_month": growth.noise.walk,
        "s2_pix2": growth.noise.flicker,
        "noise_from": growth.noise.source,
    }


def _steps(series: Series, growth: Growth) -> list[Row]:
    """A row for each break: its date, and the step there."""
    return [
        {"break": f"{at:%Y-%m-%d}", "step_pix": float(step), "step_err": float(err)}
        for at, step, err in zip(series.breaks, growth.steps, growth.steps_err, strict=True)
    ]


def step_rows(result: Result) -> list[Row]:
    """What neighbours explain of each step, and the rest, with errors."""
    return [
        {
            "detector": series.detector,
            "readout": series.readout,
            "threshold": trend.threshold,
            "break": f"{at:%Y-%m-%d}",
            "explained_pix": share.explained,
            "explained_err": share.explained_err,
            "rest_pix": share.rest,
            "rest_err": share.rest_err,
            "share": share.share,
            "share_err": share.share_err,
        }
        for series in result.series
        if not series.is_mask
        for trend in series.trends
        for at, share in zip(series.breaks, trend.shares, strict=False)
    ]


def coupling_rows(result: Result) -> list[Row]:
    """Coupling of neighbours by series: of all files, or of those of each part between breaks, the newest first."""
    found = []
    for series in result.series:
        for when, cross in part_names(series)[::-1]:
            if not series.is_mask:
                found.append(
                    {
                        "detector": series.detector,
                        "readout": series.readout,
                        "files": when,
                        "coupling": cross.coupling,
                        "coupling_err": cross.coupling_err,
                        "scatter": cross.scatter,
                        "pixels": cross.count,
                        "stack": cross.stack.tolist(),
                    }
                )
    return found


def part_names(series: Series) -> list[tuple[str, Cross]]:
    """The parts between breaks in words, with their crosses: 'all', or 'before', 'after', or 'before', 'from 2023-06-15', ..."""
    dates = [f"from {at:%Y-%m-%d}" for at in series.breaks] if len(series.breaks) > 1 else ["after"] * len(series.breaks)
    return list(zip(["before", *dates] if dates else ["all"], series.part_crosses, strict=True))


def file_row(dark: DarkFile) -> Row:
    """What is said of one file in the list of files."""
    return {
        "file": dark.name,
        "kind": dark.kind,
        "detector": dark.detector,
        "readout": dark.readout,
        "subarray": dark.subarray,
        "date": dark.date.strftime("%Y-%m-%d") if dark.date else "",
        "date_from": dark.date_from,
        "unit": dark.unit,
        "unit_from": dark.unit_from,
        "gain": dark.gain,
        "rate_from": dark.rate,
        "missing": list(dark.missing),
        "notes": list(dark.notes),
    }


def summary(result: Result) -> Row:
    """Everything in numbers, for JSON."""
    return {
        "rows": [row | {name: row[name] if row[name] >= 0 else None for name in ("hot_dq", "hot_mask")} for row in rows(result)],
        "growth": growth_rows(result),
        "growth_centres": growth_rows(result, centres=True),
        "steps": step_rows(result),
        "coupling": coupling_rows(result),
        "files": [file_row(dark) for series in result.series for dark in series.files],
        "break": result.params.breaks[0] if result.params.breaks else None,
        "breaks": list(result.params.breaks),
        "refused": list(result.refused),
        "notes": list(result.notes),
        "units": {"rate_pix_per_month": "pix / (30.4375 d)", "step_pix": "pix", "threshold": "unit of the row"},
    }


def write(result: Result, path: str | Path) -> None:
    """Write the table of counts as ``.ecsv`` or ``.csv``, growth, steps and provenance in its metadata. Raises `BadInput`."""
    found = rows(result)
    columns = {name: (np.array([row[name] for row in found]), "") for name in COLUMNS}
    meta = {name: value for name, value in summary(result).items() if name not in ("rows", "files")}
    write_table(Path(path), columns, {name: plain(value) for name, value in meta.items()} | {"provenance": plain(result.provenance)})
