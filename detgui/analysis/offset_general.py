"""Terms of all detectors and epochs of a filter at once, whatever the design of the observations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detgui.analysis.offset_sources import FilterData, exposures_of, good
from detgui.analysis.offset_types import FilterResult, Params
from detgui.errors import BadInput
from detgui.progress import Progress
from detgui.science.offset_detectors import number_of
from detgui.science.offset_sky import LongAxis, along
from detgui.science.offset_solve import Measurements, Solution, solve


def solve_filter(data: FilterData, axis: LongAxis, params: Params, progress: Progress) -> FilterResult:
    """One robust solve with all time terms free, and one more without each epoch."""
    measured = measurements(data, axis, params)
    gradient = any(params.slope_free(number_of(name)) for name in data.detectors)
    try:
        solution = solve(measured, gradient=gradient, leave_out=len(data.epochs) > 2, seed=params.seed, progress=progress)
    except BadInput as error:
        return FilterResult(data.filter, data.epochs, data.detectors, None, (), f"{data.filter.upper()}: {error}")
    return FilterResult(data.filter, data.epochs, data.detectors, solution, undetermined(solution))


def measurements(data: FilterData, axis: LongAxis, params: Params) -> Measurements:
    """What the solve takes: measurements of sources that are bright enough in the mean."""
    weight = 1.0 / data.err**2
    total = np.bincount(data.source, weight)
    mean = np.bincount(data.source, weight * data.mag) / np.where(total > 0, total, 1.0)
    keep = good(data, params) & (mean[data.source] <= params.mag_limit)
    source, epoch, detector = data.source[keep], data.epoch[keep], data.detector[keep]
    d = along(data.ra[keep], data.dec[keep], axis)
    exposures = exposures_of(data, np.flatnonzero(keep))
    return Measurements(source, epoch, detector, data.mag[keep], data.err[keep], d, data.epochs, data.detectors, exposures)


def undetermined(solution: Solution) -> tuple[str, ...]:
    """Names of the terms that the data do not fix."""
    return tuple(name for name, fixed in zip(solution.names, solution.determined, strict=True) if not fixed)


def undetermined_notes(filters: Sequence[FilterResult]) -> list[str]:
    """One sentence for each filter whose data leave something open."""
    notes = []
    for each in filters:
        if each.trouble:
            notes.append(each.trouble)
        elif each.undetermined:
            notes.append(f"{each.filter.upper()}: the data do not determine {', '.join(map(term_name, each.undetermined))}")
    return notes


def term_name(name: str) -> str:
    """A term for people."""
    if name.startswith("nrc"):
        return name
    return f"the gradient of epoch {name[2:]}" if name.startswith("k ") else f"the time term of epoch {name}"
