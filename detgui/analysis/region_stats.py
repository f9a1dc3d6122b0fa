"""Statistics of a slope map inside a region: range, excesses against losses, histogram (STScI-009234, sections 3.2 and 4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from detgui.data.tables import Columns
from detgui.errors import BadInput
from detgui.science.profile import with_neighbours
from detgui.science.ranges import Charge, Range, charge, ratio_of_ranges, robust_range

if TYPE_CHECKING:
    from detgui.analysis.slope_map import Result as SlopeMap


@dataclass(frozen=True, slots=True)
class Params:
    """``percentiles`` of the robust range; ``threshold`` errors from which a pixel counts as excess or loss; ``bins`` of the histogram,
    which reaches out to ``reach`` times the range; ``whole`` leaves pixels beside one without a slope out of the sums of charge (a flagged
    hot pixel gives to its neighbours what is not seen to be lost)."""

    percentiles: tuple[float, float] = (0.5, 99.5)
    threshold: float = 3.0
    bins: int = 100
    reach: float = 2.0
    whole: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """Statistics of the valid pixels of a region, DN/group.

    ``noise_half`` is the half-range that the errors alone would give. ``edges`` (bins + 1) and ``counts`` (bins) of the histogram,
    ``below`` and ``above`` what lies outside it.
    """

    exposure: str
    params: Params
    pixels: int
    median: float
    mean: float
    mean_err: float
    range: Range
    noise_half: float
    charge: Charge
    conserved: str
    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    below: int
    above: int
    notes: tuple[str, ...] = ()
    provenance: dict[str, object] = field(default_factory=dict)
    unit: str = "DN/group"


def run(map_: SlopeMap, mask: NDArray[np.bool_] | None = None, params: Params | None = None) -> Result:
    """Statistics of a slope map where ``mask``, shape (ny, nx), is True (None: everywhere). Raises `BadInput` where nothing is valid."""
    params = params or Params()
    check(params)
    return of_arrays(map_.slope, map_.err, mask, params, map_.exposure, map_.provenance)


def check(params: Params) -> None:
    """Raises `BadInput` for numbers that cannot be."""
    low, high = params.percentiles
    if not 0 <= low < high <= 100:
        raise BadInput(f"percentiles go from 0 to 100, not {low:g} to {high:g}")
    if params.threshold <= 0 or not 2 <= params.bins <= 100_000 or params.reach <= 0:
        raise BadInput("the threshold and the reach must be larger than zero and the histogram must have 2 to 100000 bins")


def of_arrays(
    slope: NDArray[np.floating],
    err: NDArray[np.floating],
    mask: NDArray[np.bool_] | None,
    params: Params,
    exposure: str = "",
    provenance: dict[str, object] | None = None,
) -> Result:
    """As `run`, of images ``slope`` and ``err`` (DN/group), shape (ny, nx)."""
    chosen = np.ones(slope.shape, bool) if mask is None else mask
    good = chosen & np.isfinite(slope)
    if not good.any():
        raise BadInput(f"{exposure or 'the map'}: there is no valid pixel in the region")
    values = np.where(good, slope, np.nan).astype(np.float64)
    found = robust_range(values, params.percentiles)
    # Masked by the region only afterwards: a neighbour outside the region still is a neighbour.
    sums = charge(np.where(chosen, with_neighbours(slope) if params.whole else slope, np.nan), err, params.threshold, chosen)
    with_err = good & np.isfinite(err)
    noise = np.random.default_rng(0).standard_normal(int(with_err.sum())) * err[with_err]
    limit = params.reach * max(abs(found.low), abs(found.high)) or 1.0
    counts, edges = np.histogram(values[good], params.bins, (-limit, limit))
    return Result(
        exposure,
        params,
        int(good.sum()),
        float(np.median(values[good])),
        sums.net / max(sums.pixels, 1),
        sums.net_err / max(sums.pixels, 1),
        found,
        float(np.diff(np.percentile(noise, params.percentiles))[0] / 2) if noise.size else np.nan,
        sums,
        conserved(sums),
        edges,
        counts,
        int((values[good] < -limit).sum()),
        int((values[good] > limit).sum()),
        _notes(params),
        provenance or {},
    )


def _notes(params: Params) -> tuple[str, ...]:
    beside = ("in the sum, a pixel without a slope, or beside one, counts with the mean of its row nearby",) if params.whole else ()
    return (*beside, "errors of sums take pixels as independent: noise that columns share is not in them")


def conserved(sums: Charge) -> str:
    """One sentence: is the sum consistent with zero?"""
    if not np.isfinite(sums.probability):
        return "no errors: whether charge is conserved cannot be said"
    share = abs(sums.net) / max(abs(sums.loss), abs(sums.excess), 1e-30)
    digits = max(0, 1 - int(np.floor(np.log10(sums.net_err)))) if sums.net_err > 0 else 0
    value = f"sum {sums.net:+.{digits}f} ± {sums.net_err:.{digits}f} DN/group over {sums.pixels} pixels, p = {sums.probability:.2g}"
    if sums.probability >= 1e-3:
        return f"charge is conserved within the errors ({value})"
    return f"charge is not conserved ({value}; {100 * share:.2g} % of what moves)"


def ratio(first: SlopeMap, second: SlopeMap, masks: tuple[NDArray[np.bool_] | None, NDArray[np.bool_] | None] = (None, None),
          percentiles: tuple[float, float] = (0.5, 99.5)) -> tuple[float, float]:  # fmt: skip
    """Robust half-range of one map over that of another, with its error (the report finds about 3 for NRS1 over NRS2)."""
    images = [
        np.where(True if mask is None else mask, each.slope, np.nan).astype(np.float64)
        for each, mask in zip((first, second), masks, strict=True)
    ]
    for each, image in zip((first, second), images, strict=True):
        if not np.isfinite(image).any():
            raise BadInput(f"{each.exposure}: there is no valid pixel in the region")
    return ratio_of_ranges(images[0], images[1], percentiles)


def as_table(result: Result) -> tuple[Columns, dict[str, object]]:
    """The histogram as columns, everything else as metadata."""
    columns = {"low": (result.edges[:-1], result.unit), "high": (result.edges[1:], result.unit), "pixels": (result.counts, "")}
    numbers = {
        name: getattr(result, name)
        for name in ("exposure", "pixels", "median", "mean", "mean_err", "noise_half", "conserved", "below", "above")
    }
    parts = {f"range_{name}": getattr(result.range, name) for name in ("low", "low_err", "high", "high_err", "half", "half_err")}
    sums = {name: getattr(result.charge, name) for name in Charge.__dataclass_fields__}
    return columns, {**numbers, **parts, **sums, "unit": result.unit, "notes": list(result.notes), "provenance": result.provenance}
