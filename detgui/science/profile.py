"""A map of slopes against distance from the trace: folded profile, what the middle loses and the wings gain, how wide, how much it matters.

All errors take the errors of pixels as independent; `noise_factor` says whether the rows away from the trace agree with that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Folded:
    """Mean over all columns against distance from the trace.

    Shapes (nbins,): ``distance`` px at the middle of each bin, positive above the trace; ``mean`` and its standard error ``err`` in the
    unit of the map; ``count`` pixels. NaN where a bin has no pixel. ``width`` of a bin, px.
    """

    distance: FloatArray
    mean: FloatArray
    err: FloatArray
    count: NDArray[np.int64]
    width: float


@dataclass(frozen=True, slots=True)
class Balance:
    """What the middle of a column loses and the wings gain, unit of the map summed over the pixels of one column.

    ``loss`` (negative) between the zero crossings ``edges`` (px), ``excess`` from there out to ``reach`` px, ``net`` their sum.
    """

    loss: float
    loss_err: float
    excess: float
    excess_err: float
    net: float
    net_err: float
    edges: tuple[float, float]
    reach: float


@dataclass(frozen=True, slots=True)
class Widths:
    """Widths of the migration, px: ``core`` between the zero crossings, ``full`` between the outer half maxima of the excesses."""

    core: float
    core_err: float
    full: float
    full_err: float


@dataclass(frozen=True, slots=True, eq=False)
class ApertureBias:
    """Slope inside an aperture over rate inside it, for apertures of half-width ``half`` px; shapes (n,); a fraction of the flux."""

    half: FloatArray
    bias: FloatArray
    err: FloatArray


def fold(values: NDArray[Any], err: NDArray[Any], distance: FloatArray, width: float = 0.25, reach: float = 10.0) -> Folded:
    """Fold a map, shape (ny, nx), in bins of ``width`` px out to ``reach`` px; NaN anywhere leaves a pixel out.

    The mean is not weighted: bright columns are noisier and have more migration, and weights would tell of the faint ones.
    """
    half = round(reach / width)
    number = np.floor(np.where(np.isfinite(distance), distance, np.inf) / width + 0.5)
    good = np.isfinite(values) & np.isfinite(err) & (np.abs(number) <= half)
    index = number[good].astype(np.int64) + half
    size = 2 * half + 1
    count = np.bincount(index, minlength=size)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.bincount(index, values[good], size) / np.where(count, count, np.nan)
        error = np.sqrt(np.bincount(index, err[good].astype(np.float64) ** 2, size)) / np.where(count, count, np.nan)
    return Folded(width * np.arange(-half, half + 1, dtype=np.float64), mean, error, count, width)


def with_neighbours(values: NDArray[Any]) -> NDArray[Any]:
    """The map without pixels that have a neighbour (of four) without value, shape (ny, nx).

    Charge that such a pixel took from, or gave to, its neighbour is seen on one side only: beside a hot pixel that is flagged, excesses
    are all there is.
    """
    known = np.isfinite(values)
    padded = np.pad(known, 1, constant_values=True)
    whole = known & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return np.where(whole, values, np.nan)


def noise_factor(values: NDArray[Any], err: NDArray[Any], distance: FloatArray, beyond: float = 10.0, width: float = 0.25) -> float:
    """By how much means of ``values``, shape (ny, nx), folded over ``distance``, scatter more than their errors away from the trace.

    Away is ``beyond`` px and further, bins are ``width`` px; NaN with few bins.

    Half the 68.3 % interval of mean over error, about zero. 1 where pixels are independent;
    read-out noise that neighbouring columns share makes it larger.
    """
    reach = float(np.nanmax(np.abs(distance))) if np.isfinite(distance).any() else 0.0
    if reach <= beyond:
        return np.nan
    folded = fold(values, err, distance, width, reach)
    away = (np.abs(folded.distance) >= beyond) & (folded.count >= 50)
    if away.sum() < 8:
        return np.nan
    return float(np.percentile(np.abs(folded.mean[away] / folded.err[away]), 68.27))


def balance(folded: Folded, reach: float = 8.0) -> Balance:
    """Losses in the middle and excesses in the wings out to ``reach`` px, by adding up the folded profile.

    The middle is what lies around the trace between the nearest zero crossings of the profile. NaN where the profile has no such middle.
    """
    left, right = crossings(folded)
    inside = (folded.distance >= left) & (folded.distance <= right)
    wings = ~inside & (np.abs(folded.distance) <= reach)
    loss, loss_err = _sum(folded, inside)
    excess, excess_err = _sum(folded, wings)
    if not np.isfinite(left):
        loss = loss_err = excess = excess_err = np.nan
    net, net_err = _sum(folded, np.abs(folded.distance) <= reach)
    return Balance(loss, loss_err, excess, excess_err, net, net_err, (left, right), reach)


def _sum(folded: Folded, chosen: BoolArray) -> tuple[float, float]:
    """Sum over the pixels of a column (they are 1 px apart) and its error."""
    filled = chosen & np.isfinite(folded.mean)
    return float(folded.mean[filled].sum() * folded.width), float(np.sqrt((folded.err[filled] ** 2).sum()) * folded.width)


def crossings(folded: Folded) -> tuple[float, float]:
    """Distances, px, at which the profile crosses zero on either side of its minimum within 2 px of the trace; NaN, NaN without.

    There is a minimum where three bins on end are together more than four errors below zero.
    """
    found = crossings_of(folded.distance, folded.mean)
    near = np.abs(folded.distance) <= 2.0
    middle = int(np.argmin(np.where(near & np.isfinite(folded.mean), folded.mean, np.inf)))
    around = slice(max(middle - 1, 0), middle + 2)
    if not folded.mean[around].sum() < -4.0 * float(np.sqrt((folded.err[around] ** 2).sum())):
        return np.nan, np.nan
    return found


def crossings_of(distance: FloatArray, mean: FloatArray) -> tuple[float, float]:
    """As `crossings`, whatever the errors."""
    near = np.abs(distance) <= 2.0
    middle = int(np.argmin(np.where(near & np.isfinite(mean), mean, np.inf)))
    return _walk(distance, mean, middle, -1, 0.0), _walk(distance, mean, middle, 1, 0.0)


def _walk(distance: FloatArray, mean: FloatArray, start: int, step: int, level: float) -> float:
    """Distance at which the profile passes ``level`` for the first time from ``start`` on, interpolated; NaN where it does not."""
    sign = np.sign(mean[start] - level)
    at = start
    while 0 <= at + step < mean.size:
        here, there = mean[at] - level, mean[at + step] - level
        if np.isfinite(there) and sign * there <= 0:
            return float(distance[at] + (distance[at + step] - distance[at]) * here / (here - there))
        at += step
    return np.nan


def widths(folded: Folded, draws: int = 200, seed: int = 0) -> Widths:
    """Widths of a profile whose middle loses; errors from ``draws`` profiles with the errors drawn anew. NaN without such a middle."""
    if not np.isfinite(crossings(folded)).all():
        return Widths(np.nan, np.nan, np.nan, np.nan)
    rng = np.random.default_rng(seed)
    mean = np.where(np.isfinite(folded.mean), folded.mean, 0.0)
    err = np.where(np.isfinite(folded.err), folded.err, 0.0)
    value = _widths(folded.distance, mean)
    drawn = np.array([_widths(folded.distance, mean + err * rng.standard_normal(mean.size)) for _ in range(draws)])
    spread = (
        0.5 * np.diff(np.nanpercentile(drawn, [15.87, 84.13], axis=0), axis=0)[0] if np.isfinite(drawn).any(axis=0).all() else [np.nan] * 2
    )
    return Widths(float(value[0]), float(spread[0]), float(value[1]), float(spread[1]))


def _widths(distance: FloatArray, mean: FloatArray) -> tuple[float, float]:
    left, right = crossings_of(distance, mean)
    if not (np.isfinite(left) and np.isfinite(right)):
        return np.nan, np.nan
    return right - left, _outer(distance, mean, right, 1) - _outer(distance, mean, left, -1)


def _outer(distance: FloatArray, mean: FloatArray, edge: float, side: int) -> float:
    """Outer half maximum of the excess beyond the zero crossing ``edge``, looked for within 4 px of it."""
    beyond = (side * distance > side * edge) & (side * (distance - edge) < 4.0)
    if not beyond.any():
        return np.nan
    top = int(np.argmax(np.where(beyond, mean, -np.inf)))
    return _walk(distance, mean, top, side, mean[top] / 2) if mean[top] > 0 else np.nan


def aperture_bias(slope: NDArray[Any], err: NDArray[Any], rate: NDArray[Any], distance: FloatArray, half: FloatArray) -> ApertureBias:
    """Sum of the slope inside apertures of half-width ``half`` px about the trace over the sum of ``rate`` there (same unit).

    Pixels at the edge count with the part of them that is inside; pixels without slope or rate are in neither sum.
    """
    good = np.isfinite(slope) & np.isfinite(err) & np.isfinite(rate) & (np.abs(distance) < half.max() + 0.5)
    away = np.abs(distance[good])
    order = np.argsort(away)
    away, parts = away[order], [plane[good].astype(np.float64)[order] for plane in (slope, err, rate)]
    bias, error = np.full((2, half.size), np.nan)
    for index, h in enumerate(half):
        last = int(np.searchsorted(away, h + 0.5))
        inside = np.clip(h + 0.5 - away[:last], 0.0, 1.0)
        total = float(inside @ parts[2][:last])
        if total > 0:
            bias[index] = inside @ parts[0][:last] / total
            error[index] = np.sqrt(inside**2 @ parts[1][:last] ** 2) / total
    return ApertureBias(half, bias, error)


def falls_below(half: FloatArray, bias: FloatArray, limit: float) -> float:
    """Half-width, px, from which on the bias, shape (n,), stays within ``limit`` of zero, interpolated; NaN where it never does."""
    size = np.abs(bias)
    above = np.flatnonzero(size > limit)
    if not above.size:
        return float(half[0]) if np.isfinite(size).any() else np.nan
    last = int(above[-1])
    if last + 1 >= half.size or not np.isfinite(size[last + 1]):
        return np.nan
    part = (size[last] - limit) / (size[last] - size[last + 1])
    return float(half[last] + part * (half[last + 1] - half[last]))
