"""Slope maps of phases of a time series, their differences, and whether the differences have structure along the trace.

STScI-009234 section 3.2, figures 6 to 8.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from detgui.analysis import slope_map
from detgui.analysis.origin import origin
from detgui.analysis.phases import REPORT_NOTE, REPORT_PHASES, Phase, check_phases, load_phases, save_phases
from detgui.analysis.verdict import Verdict, judge
from detgui.data.exposure import Exposure
from detgui.data.tables import Columns
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.profile import Folded, fold, noise_factor, with_neighbours
from detgui.science.trace import Trace

__all__ = [
    "REPORT_NOTE",
    "REPORT_PHASES",
    "Difference",
    "Params",
    "Phase",
    "Result",
    "Verdict",
    "as_table",
    "difference",
    "load_phases",
    "run",
    "save_phases",
]


@dataclass(frozen=True, slots=True)
class Params:
    """``phases`` to map; ``slopes`` how each is mapped (its integrations are those of the phase); ``reach`` px from the trace that the
    verdict looks at; ``bin`` and ``profile_reach`` px of the folded profile; ``background`` px beyond which rows are the control;
    ``probability`` below which there is structure."""

    phases: tuple[Phase, ...] = REPORT_PHASES
    slopes: slope_map.Params = slope_map.Params()  # noqa: RUF009 (frozen)
    reach: int = 5
    bin: float = 0.25
    profile_reach: float = 10.0
    background: float = 8.0
    probability: float = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """One phase minus another: ``slope``, ``err`` (DN/group) and ``significance`` (slope over err), shape (ny, nx), NaN where either lacks
    a value; ``folded`` against distance from the trace; ``verdict``. ``folded`` and ``verdict`` are None without a trace."""

    first: Phase
    second: Phase
    slope: NDArray[np.float64]
    err: NDArray[np.float64]
    significance: NDArray[np.float64]
    folded: Folded | None
    verdict: Verdict | None
    notes: tuple[str, ...] = ()
    unit: str = "DN/group"


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """Mean slope map of every phase, in the order of ``params.phases``."""

    exposure: str
    params: Params
    maps: tuple[slope_map.Result, ...]
    notes: tuple[str, ...] = ()
    provenance: dict[str, object] = field(default_factory=dict)

    def map_of(self, name: str) -> slope_map.Result:
        """The map of the phase of that name. Raises `BadInput` where there is none."""
        return self.maps[_index(self.params.phases, name)]


def _index(phases: Sequence[Phase], name: str) -> int:
    names = [phase.name for phase in phases]
    if name not in names:
        raise BadInput(f"there is no phase {name!r}; there are {', '.join(names)}")
    return names.index(name)


def check(exposure: Exposure, params: Params) -> None:
    """Raises `BadInput`, in one sentence and before any work, for phases or parameters that cannot be mapped."""
    check_phases(params.phases)
    if not 1 <= params.reach <= 100 or not 0 < params.bin <= params.profile_reach or not 0 < params.probability < 1:
        raise BadInput("the reach must be 1 to 100 px, a bin smaller than the profile, and the probability between 0 and 1")
    for phase in params.phases:
        try:
            slope_map.check(exposure, replace(params.slopes, integrations=(phase.first, phase.last)))
        except BadInput as error:
            raise BadInput(f"phase {phase.name}: {error}") from error


def run(exposure: Exposure, params: Params, engine: Executor | None = None, progress: Progress = no_progress) -> Result:
    """Map every phase. Raises `BadInput` for what `check` finds."""
    check(exposure, params)
    maps = []
    for number, phase in enumerate(params.phases):
        share = _share(progress, number, len(params.phases), phase.name)
        maps.append(slope_map.run(exposure, replace(params.slopes, integrations=(phase.first, phase.last)), engine, share))
    return Result(exposure.name, params, tuple(maps), _notes(params), origin(exposure, params, "phase_maps"))


def _share(progress: Progress, number: int, count: int, name: str) -> Progress:
    return lambda fraction, message: progress((number + fraction) / count, f"{name}: {message}")


def _notes(params: Params) -> tuple[str, ...]:
    return (REPORT_NOTE,) if params.phases == REPORT_PHASES else ()


def difference(result: Result, first: str, second: str, trace: Trace | None) -> Difference:
    """Map of phase ``first`` minus map of phase ``second``. Raises `BadInput` for a name that no phase has."""
    one, other = result.map_of(first), result.map_of(second)
    phases = [result.params.phases[_index(result.params.phases, name)] for name in (first, second)]
    return of_maps((one.slope, one.err), (other.slope, other.err), phases[0], phases[1], trace, result.params)


def of_maps(
    one: tuple[NDArray[np.floating], NDArray[np.floating]],
    other: tuple[NDArray[np.floating], NDArray[np.floating]],
    first: Phase,
    second: Phase,
    trace: Trace | None,
    params: Params,
) -> Difference:
    """As `difference`, of (slope, err) images, DN/group, shape (ny, nx)."""
    if one[0].shape != other[0].shape:
        raise BadInput("the maps of two phases do not have the same size")
    slope = one[0].astype(np.float64) - other[0]
    err = np.hypot(one[1].astype(np.float64), other[1])
    slope = np.where(np.isfinite(err), slope, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        significance = np.where(err > 0, slope / err, np.nan)
    if trace is None:
        return Difference(first, second, slope, err, significance, None, None, ("no trace: no profile and no verdict",))
    distance = trace.distance(slope.shape[0])
    seen = with_neighbours(slope)
    folded = fold(seen, err, distance, params.bin, params.profile_reach)
    mean = (one[0].astype(np.float64) + other[0]) / 2
    name = f"{first.name} − {second.name}"
    found = judge(seen, mean, trace.centre, name, params.reach, int(np.ceil(params.background)), params.probability)
    factor = noise_factor(seen, err, distance, params.background, params.bin)
    notes = (f"away from the trace the folded difference scatters {factor:.2f} times its errors",) if factor > 1.1 else ()
    overlap = max(first.first, second.first) <= min(first.last, second.last)
    shared = ("the phases share integrations: errors of the difference are too large and the verdict too cautious",) if overlap else ()
    return Difference(first, second, slope, err, significance, folded, found, (*notes, *shared))


def as_table(found: Difference) -> tuple[Columns, dict[str, object]]:
    """The folded difference as columns, the verdict as metadata. Raises `BadInput` without a trace."""
    if found.folded is None or found.verdict is None:
        raise BadInput("a difference without a trace has no profile")
    folded, verdict = found.folded, found.verdict
    columns = {
        "distance": (folded.distance, "pix"),
        "difference": (folded.mean, found.unit),
        "difference_err": (folded.err, found.unit),
        "pixels": (folded.count, ""),
    }
    meta: dict[str, object] = {"first": str(found.first), "second": str(found.second), "verdict": verdict.sentence}
    meta |= {name: getattr(verdict, name) for name in verdict.NUMBERS}
    return columns, {**meta, "notes": [*verdict.notes, *found.notes]}
