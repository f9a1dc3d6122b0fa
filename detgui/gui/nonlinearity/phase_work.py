"""What workers do for the Phases page. No Qt, no state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from detgui.analysis import mean_ramps, phase_maps, slope_map, trace
from detgui.analysis.origin import origin
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.profile import Folded, fold
from detgui.session.reading import reading
from detgui.session.shelf import Shelf

if TYPE_CHECKING:
    from detgui.analysis.mean_ramps import MeanRamps

NEAR = 5.0  # px from the trace, where the limits of the images are taken

Known = Mapping[slope_map.Params, slope_map.Result]


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """A difference of two phases, the profiles of the two, and limits (DN/group) that hold all maps, and all differences."""

    difference: phase_maps.Difference
    profiles: tuple[Folded, Folded] | None
    map_limit: float
    difference_limit: float


def maps_of(
    shelf: Shelf, key: str, params: phase_maps.Params, known: Known, found: trace.Result | None, find: trace.Params,
    progress: Progress = no_progress,
) -> tuple[phase_maps.Result, trace.Result | None]:  # fmt: skip
    """The exact maps of the phases, those that are ``known`` not made again, and the trace; None where there is no trace."""
    progress(0.0, "phases")
    with reading(shelf, key) as exposure:
        phase_maps.check(exposure, params)
        maps = []
        for number, phase in enumerate(params.phases):
            asked = replace(params.slopes, integrations=(phase.first, phase.last))
            share = _share(progress, number, len(params.phases) + 1, phase.name)
            maps.append(known[asked] if asked in known else slope_map.run(exposure, asked, progress=share))
        if found is None:
            try:
                found = trace.run(exposure, find, progress=_share(progress, len(params.phases), len(params.phases) + 1, "trace"))
            except BadInput:
                found = None
        notes = (phase_maps.REPORT_NOTE,) if params.phases == phase_maps.REPORT_PHASES else ()
        return phase_maps.Result(exposure.name, params, tuple(maps), notes, origin(exposure, params, "phase_maps")), found


def _share(progress: Progress, number: int, count: int, name: str) -> Progress:
    return lambda fraction, message: progress((number + fraction) / count, f"{name}: {message}")


def quick_maps(
    means: MeanRamps, params: phase_maps.Params, known: Known, before: phase_maps.Result, progress: Progress = no_progress
) -> phase_maps.Result:
    """The maps of the phases out of mean ramps, those that are ``known`` exact; errors carried over from an exact map of before."""
    progress(0.0, "phases")
    exact = next((each for each in before.maps if not each.approximate), None)
    maps = []
    for phase in params.phases:
        asked = replace(params.slopes, integrations=(phase.first, phase.last))
        maps.append(known.get(asked) or mean_ramps.slope_map(means, asked.fit_groups, asked.integrations, exact))
    return phase_maps.Result(before.exposure, params, tuple(maps), before.notes, before.provenance)


def compare(result: phase_maps.Result, first: str, second: str, found: trace.Result | None, progress: Progress = no_progress) -> Compared:
    """Difference of two phases with its verdict, their profiles, and common limits."""
    progress(0.0, "difference of phases")
    where = found.trace if found is not None else None
    difference = phase_maps.difference(result, first, second, where)
    ny = difference.slope.shape[0]
    distance = where.distance(ny) if where is not None else np.zeros(difference.slope.shape)
    near = np.abs(distance) <= NEAR
    profiles: Any = None
    if where is not None:
        params = result.params
        one, other = (result.map_of(name) for name in (first, second))
        profiles = tuple(fold(each.slope, each.err, distance, params.bin, params.profile_reach) for each in (one, other))
    slopes = [each.slope for each in result.maps]
    pairs = [one - other for i, one in enumerate(slopes) for other in slopes[i + 1 :]]
    return Compared(difference, profiles, limit_of(slopes, near), limit_of(pairs, near))


def limit_of(images: Any, near: Any, percentile: float = 99.5) -> float:
    """A limit that holds nearly all of the pixels of several images near the trace; 1 where there are none."""
    largest = 0.0
    for image in images:
        values = np.abs(image[near & np.isfinite(image)])
        if values.size:
            largest = max(largest, float(np.percentile(values, percentile)))
    return largest or 1.0
