"""Residual slope against distance from the trace: who loses, who gains, how far, and what an aperture suffers (STScI-009234, section 4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from detgui.data.tables import Columns
from detgui.errors import BadInput
from detgui.science.profile import (
    ApertureBias,
    Balance,
    Folded,
    Widths,
    aperture_bias,
    balance,
    falls_below,
    fold,
    noise_factor,
    widths,
    with_neighbours,
)
from detgui.science.trace import Trace

if TYPE_CHECKING:
    from detgui.analysis.slope_map import Result as SlopeMap

WARN_BELOW = 5.0
"""px; STScI-009234 section 4 cautions against apertures of a smaller half-width."""


@dataclass(frozen=True, slots=True)
class Params:
    """``bin`` and ``reach`` px of the folded profile; ``wing`` px out to which excesses are added up; ``background`` px beyond which rows
    tell the noise; ``bias_limit`` part of the flux (1e-4 is 100 ppm, what offsets between NRS1 and NRS2 amount to: section 4);
    ``largest`` half-width, px, of the aperture curve, in steps of ``step``."""

    bin: float = 0.25
    reach: float = 10.0
    wing: float = 8.0
    background: float = 10.0
    bias_limit: float = 1e-4
    largest: float = 12.0
    step: float = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """``folded`` profile, ``balance`` of losses and excesses per column, ``widths``: DN/group and px; ``aperture`` a part of the flux.

    ``noise_factor`` by which the rows away from the trace scatter more than their errors (NaN: too few rows); larger than 1.1, it is in
    all errors here. ``safe_half`` px from which on the bias stays within the limit, ``safe_range`` the same with the bias one error
    smaller and larger. ``columns`` with a trace and a valid slope.
    """

    exposure: str
    params: Params
    folded: Folded
    balance: Balance
    widths: Widths
    aperture: ApertureBias
    safe_half: float
    safe_range: tuple[float, float]
    noise_factor: float
    columns: int
    notes: tuple[str, ...]
    provenance: dict[str, object] = field(default_factory=dict)
    unit: str = "DN/group"


def check(params: Params) -> None:
    """Raises `BadInput` for numbers that cannot be."""
    for name in ("bin", "reach", "wing", "background", "bias_limit", "largest", "step"):
        if not 0 < getattr(params, name) < 1e4:
            raise BadInput(f"{name.replace('_', ' ')} must be larger than zero, not {getattr(params, name)}")
    if params.bin > params.reach or params.step > params.largest:
        raise BadInput("a bin is larger than the profile, or a step than the curve")
    if params.reach / params.bin > 10_000 or params.largest / params.step > 10_000:
        raise BadInput("the profile or the curve would have more than 10000 points")


def run(map_: SlopeMap, trace: Trace, rate: NDArray[np.floating] | None, params: Params | None = None) -> Result:
    """Profile of a slope map about a trace; ``rate`` is the image (DN/group) of the aperture's flux, None for no aperture curve."""
    return of_arrays(map_.slope, map_.err, trace, rate, params or Params(), map_.exposure, map_.provenance)


def of_arrays(
    slope: NDArray[np.floating],
    err: NDArray[np.floating],
    trace: Trace,
    rate: NDArray[np.floating] | None,
    params: Params,
    exposure: str = "",
    provenance: dict[str, object] | None = None,
) -> Result:
    """As `run`, of images of shape (ny, nx), DN/group. Raises `BadInput` where no pixel near the trace is valid."""
    check(params)
    distance = trace.distance(slope.shape[0])
    slope = with_neighbours(slope)
    near = np.isfinite(slope) & np.isfinite(err) & (np.abs(distance) <= params.reach)
    if not near.any():
        raise BadInput(f"{exposure or 'the map'}: no pixel within {params.reach:g} px of the trace has a slope with an error")
    factor = noise_factor(slope, err, distance, params.background, params.bin)
    scaled = err * (factor if factor > 1.1 else 1.0)
    folded = fold(slope, scaled, distance, params.bin, params.reach)
    half = np.arange(params.step, params.largest + params.step / 2, params.step)
    nothing = np.full(half.size, np.nan)
    curve = ApertureBias(half, nothing, nothing.copy()) if rate is None else aperture_bias(slope, scaled, rate, distance, half)
    size, sign = np.abs(curve.bias), np.sign(curve.bias)
    ends = [falls_below(half, sign * np.maximum(size + step * curve.err, 0.0), params.bias_limit) for step in (-1.0, 1.0)]
    safe = falls_below(half, curve.bias, params.bias_limit)
    sums = balance(folded, params.wing)
    columns = int(near.any(axis=0).sum())
    return Result(
        exposure,
        params,
        folded,
        sums,
        widths(folded),
        curve,
        safe,
        (ends[0], ends[1]),
        factor,
        columns,
        _notes(params, sums, factor, rate is not None and not np.isfinite(safe)),
        provenance or {},
    )


def _notes(params: Params, sums: Balance, factor: float, never: bool) -> tuple[str, ...]:
    notes = [
        "full width: between the outer half maxima of the excesses; core: between the zero crossings; both in px of the detector",
        "pixels beside one without a slope are left out: what they exchanged with it is seen on one side only",
    ]
    if not np.isfinite(sums.loss):
        notes.append("no loss in the middle is seen: no widths, losses or excesses")
    if np.isnan(factor):
        notes.append(f"too few rows beyond {params.background:g} px of the trace to test the errors")
    elif factor > 1.1:
        notes.append(f"errors are {factor:.2f} times those of independent pixels: that is how rows away from the trace scatter")
    if never:
        notes.append(f"no half-width up to {params.largest:g} px keeps the bias within {params.bias_limit * 1e6:g} ppm")
    notes.append(f"STScI-009234 section 4 cautions against half-widths below {WARN_BELOW:g} px")
    return tuple(notes)


def as_table(result: Result) -> tuple[Columns, dict[str, object]]:
    """The folded profile as columns, numbers as metadata."""
    profile = result.folded
    columns = {
        "distance": (profile.distance, "pix"),
        "slope": (profile.mean, result.unit),
        "slope_err": (profile.err, result.unit),
        "pixels": (profile.count, ""),
    }
    meta: dict[str, object] = {"exposure": result.exposure, "columns": result.columns, "noise_factor": result.noise_factor}
    for part in (result.balance, result.widths):
        meta |= {name: getattr(part, name) for name in part.__dataclass_fields__}
    return columns, {**meta, "notes": list(result.notes), "provenance": result.provenance}


def aperture_table(result: Result) -> tuple[Columns, dict[str, object]]:
    """The curve of the bias against half-width as columns."""
    curve = result.aperture
    columns = {"half_width": (curve.half, "pix"), "bias": (curve.bias, ""), "bias_err": (curve.err, "")}
    meta = {"exposure": result.exposure, "safe_half_px": result.safe_half, "safe_range_px": result.safe_range}
    return columns, {**meta, "bias_limit": result.params.bias_limit, "notes": list(result.notes), "provenance": result.provenance}
