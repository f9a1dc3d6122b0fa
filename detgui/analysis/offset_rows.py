"""The table of a measurement: one row for each array and filter, in the format of the published one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from detgui.analysis.offset_types import REFERENCES, FilterResult, PairResult, Params, Result
from detgui.data.catalog_dates import META, to_meta
from detgui.data.offset_tables import OffsetRow, OffsetTable, swap_reference, write_offsets
from detgui.errors import BadInput
from detgui.science.offset_detectors import detector_name


def make_rows(
    pairs: Sequence[PairResult], filters: Sequence[FilterResult], pair: tuple[str, str], params: Params, troubles: Sequence[str] = ()
) -> tuple[OffsetRow, ...]:
    """Rows of one pair of epochs. Raises `BadInput` where there is none, with the first reason."""
    chosen = [each for each in pairs if each.epochs == pair]
    if not chosen:
        raise BadInput(troubles[0] if troubles else f"epochs {pair[0]} and {pair[1]} have no array to compare")
    rows = [_row(each) for each in chosen]
    if params.reference in REFERENCES:
        return tuple(swap_reference(row, params.reference) for row in rows)
    return tuple(_to_detector(row, each, filters, params.reference) for row, each in zip(rows, chosen, strict=True))


def _row(pair: PairResult) -> OffsetRow:
    fit, free = pair.fit, pair.free
    return OffsetRow(
        pair.number,
        pair.filter,
        fit.offset,
        fit.offset_err,
        fit.offset,
        0.0,
        fit.slope,
        fit.slope_err,
        free.time,
        free.time_err,
        fit.n_p,
        fit.n_q,
    )


def _to_detector(row: OffsetRow, pair: PairResult, filters: Sequence[FilterResult], reference: str) -> OffsetRow:
    """Both modules' arrays relative to one detector, from the solve of all of them."""
    name = detector_name(reference)
    solution = next((each.solution for each in filters if each.filter == pair.filter), None)
    a, b = (solution.difference(each, name)[0] if solution is not None and each != name else 0.0 for each in pair.detectors)
    if not (math.isfinite(a) and math.isfinite(b)):
        raise BadInput(
            f"{pair.filter.upper()}: {pair.detectors[0]} and {pair.detectors[1]} share no sources with {name}, it cannot be their reference"
        )
    return replace(row, dmag_a=a, dmag_b=b)


def table_of(result: Result) -> OffsetTable:
    """The table of a result as `offset_correct` takes it, before it is written."""
    return OffsetTable(result.rows, "the measured table", None, result.axis, result.pair_epochs, result.params.reference, meta(result))


def meta(result: Result) -> dict[str, Any]:
    """What the table says of itself."""
    return {
        "pair_epochs": [_number(each) for each in result.pair_epochs],
        "long_axis_pa_deg": result.axis.angle,
        "long_axis_from": result.axis_from,
        "origin_ra": result.axis.ra,
        "origin_dec": result.axis.dec,
        "reference": result.params.reference,
        "dmag_ab": "m_A - m_B, T free" if result.params.free_time else "m_A - m_B, T = 0; dmag_time from the fit with T free",
        "gradient": "mag/arcmin along the long axis, later epoch minus earlier; d = 0 at the origin",
        **({META: to_meta(result.catalog.dates)} if result.catalog.dates else {}),
        "notes": list(result.notes),
        "troubles": list(result.troubles),
        "provenance": result.provenance,
    }


def _number(text: str) -> int | str:
    return int(text) if text.isdecimal() else text


def write(result: Result, path: Path) -> None:
    """Write the table (.ecsv or .csv). Raises `BadInput`."""
    write_offsets(path, result.rows, meta(result))


def summary(result: Result) -> dict[str, Any]:
    """Everything measured as numbers and texts, for JSON."""
    return {
        "pair_epochs": list(result.pair_epochs),
        "epochs": list(result.epochs),
        "long_axis_pa_deg": result.axis.angle,
        "long_axis_from": result.axis_from,
        "origin_ra": result.axis.ra,
        "origin_dec": result.axis.dec,
        "reference": result.params.reference,
        "rows": [_fields(row) for row in result.rows],
        "pairs": [pair_numbers(each) for each in result.pairs],
        "filters": [filter_numbers(each) for each in result.filters],
        "alignment": [_fields(each) for each in result.alignments],
        "notes": list(result.notes),
        "troubles": list(result.troubles),
        "units": {"dmag": "mag", "slope": "mag/arcmin", "alignment": "mas"},
    }


def _fields(row: Any) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(row).items()}


def pair_numbers(pair: PairResult) -> dict[str, Any]:
    """One step's medians and fits."""
    numbers: dict[str, Any] = {"filt": pair.filter, "det": pair.number, "epochs": list(pair.epochs)}
    for name in ("p", "p_mad", "q", "q_mad", "offset", "time", "err"):
        numbers[f"median_{name}"] = getattr(pair.medians, name)
    for prefix, fit in (("", pair.fit), ("free_", pair.free)):
        for name in ("offset", "offset_err", "time", "time_err", "slope", "slope_err", "scatter"):
            numbers[prefix + name] = getattr(fit, name)
    return numbers | {"n_p": pair.fit.n_p, "n_q": pair.fit.n_q, "time_test_sigma": pair.time_test, "exposures_drawn": pair.exposures}


def filter_numbers(each: FilterResult) -> dict[str, Any]:
    """One filter's terms, with what they are without each epoch."""
    if each.solution is None:
        return {"filt": each.filter, "trouble": each.trouble}
    solution = each.solution
    terms = {name: list(solution.term(name)) for name in solution.names}
    left = {
        epoch: None if other is None else {name: list(other.term(name)) for name in other.names}
        for epoch, other in zip(each.epochs, solution.left_out, strict=False)
    }
    return {
        "filt": each.filter,
        "terms": terms,
        "undetermined": list(each.undetermined),
        "sources": solution.sources,
        "scatter": solution.scatter,
        "without_epoch": left,
    }
