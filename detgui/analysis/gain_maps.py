"""Gain maps of pairs of flats against each other: their uncertainty, one against another, histograms (JWST-STScI-004622, 5.2 and 6.2)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.gain_types import Result
from detgui.errors import BadInput
from detgui.science.boxes import VOID, Boxes

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

FEWEST_BINS, MOST_BINS = 12, 60


@dataclass(frozen=True, slots=True)
class Difference:
    """Map of pair ``one`` less that of pair ``two`` (1-based): mean and standard deviation over the pixels, e-/DN, of ``boxes`` boxes."""

    one: int
    two: int
    mean: float
    std: float
    boxes: int


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """Uncertainty, e-/DN, of the gain of a box of average size, from differences of maps; NaN where there are none.

    ``single`` of one map: their standard deviation over sqrt 2, root mean square over all differences, with its error ``single_err``;
    ``mean`` of the mean of the ``maps`` maps: that over sqrt maps. ``percent`` of the gain ``single`` is; ``differences`` all of them.
    """

    single: float
    single_err: float
    mean: float
    percent: float
    maps: int
    differences: tuple[Difference, ...]


def uncertainty(result: Result, chosen: Mask | None = None) -> Uncertainty:
    """Uncertainty from the maps of the pairs used; ``chosen`` (n,) picks boxes, None takes all.

    The report takes the standard deviation over the pixels of a difference image: boxes count by their pixels, and what all boxes have in
    common (a lamp, a reset level) is not in it.
    """
    taken = np.ones(len(result.boxes), bool) if chosen is None else chosen
    pixels = result.boxes.pixels.astype(np.float64)
    found = []
    for one, two in combinations(result.pairs_used, 2):
        values = np.where(taken, result.pair_gain[one - 1] - result.pair_gain[two - 1], np.nan)
        found.append(Difference(one, two, *spread(values, pixels)))
    squares = [each.std**2 for each in found if np.isfinite(each.std)]
    maps = len(result.pairs_used)
    if not squares:
        return Uncertainty(np.nan, np.nan, np.nan, np.nan, maps, tuple(found))
    single = math.sqrt(float(np.mean(squares)) / 2.0)
    freedom = (maps - 1) * (max(each.boxes for each in found) - 1)
    gain = spread(np.where(taken, result.gain, np.nan), pixels)[0]
    return Uncertainty(single, single / math.sqrt(2.0 * freedom), single / math.sqrt(maps), 100.0 * single / gain, maps, tuple(found))


def spread(values: Array, pixels: Array) -> tuple[float, float, int]:
    """Mean and standard deviation over pixels of what is finite, and the number of boxes; the deviation is NaN for fewer than two.

    It is that of boxes of average size where the variance of a box goes with 1 / pixels, as photons make it.
    """
    there = np.isfinite(values)
    count = int(there.sum())
    if not count:
        return np.nan, np.nan, 0
    weights = pixels[there] / pixels[there].sum()
    mean = float(values[there] @ weights)
    if count < 2:
        return mean, np.nan, count
    return mean, float(np.sqrt(((values[there] - mean) ** 2 @ weights) * count / (count - 1))), count


def error_of_mean(errors: Array, pixels: Array) -> float:
    """Error of the mean over pixels of independent boxes."""
    there = np.isfinite(errors)
    return float(np.sqrt(((errors[there] * pixels[there]) ** 2).sum()) / pixels[there].sum()) if there.any() else np.nan


@dataclass(frozen=True, slots=True, eq=False)
class Scatter:
    """Gain of boxes in two maps, e-/DN, with errors; shapes (n,), only boxes measured in both.

    ``box`` is the number of the box, ``sector`` 1 to 4, ``void`` True for boxes in an epoxy void; ``first`` and ``second`` the pairs
    (1-based) whose mean each map is.
    """

    x: Array
    y: Array
    x_err: Array
    y_err: Array
    box: NDArray[np.int64]
    sector: NDArray[np.int64]
    void: Mask
    first: tuple[int, ...]
    second: tuple[int, ...]


def scatter(result: Result, first: Sequence[int] = (), second: Sequence[int] = ()) -> Scatter:
    """One map against another (figure 7): means of pairs ``first`` and ``second``, by default the first two pairs used.

    Raises `BadInput` for pairs that are not there, and where fewer than two pairs are used and none is named.
    """
    if not first and not second:
        if len(result.pairs_used) < 2:
            raise BadInput("a map is drawn against another one: it takes two pairs of flats, one is used")
        first, second = result.pairs_used[:1], result.pairs_used[1:2]
    count = result.pair_gain.shape[0]
    for number in (*first, *second):
        if not 1 <= number <= count:
            raise BadInput(f"there is no pair {number} of flats: the pairs are 1 to {count}")
    if not first or not second:
        raise BadInput("a map is drawn against another one: name the pairs of both")
    (x, x_err), (y, y_err) = _mean_map(result, first), _mean_map(result, second)
    there = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    void = result.boxes.kind[there] == VOID
    return Scatter(
        x[there], y[there], x_err[there], y_err[there], there, result.boxes.sector[there], void, tuple(first), tuple(second)
    )  # fmt: skip


def _mean_map(result: Result, pairs: Sequence[int]) -> tuple[Array, Array]:
    rows = [number - 1 for number in pairs]
    return result.pair_gain[rows].mean(axis=0), np.sqrt((result.pair_gain_err[rows] ** 2).sum(axis=0)) / len(rows)


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Pixels by value: ``edges`` (m + 1,) in the unit of the values, ``bulk`` and ``void`` (m,) how many pixels of either."""

    edges: Array
    bulk: NDArray[np.int64]
    void: NDArray[np.int64]


def histogram(values: Array, boxes: Boxes, bins: int | None = None) -> Histogram:
    """Histogram over the pixels of a map with ``values`` by box, shape (n,); bins None: as many as the boxes need.

    Raises `BadInput` where no value is finite.
    """
    there = np.isfinite(values)
    if not there.any():
        raise BadInput("no box has a value: there is nothing to count")
    count = bins or int(np.clip(2.0 * np.sqrt(there.sum()), FEWEST_BINS, MOST_BINS))
    low, high = float(values[there].min()), float(values[there].max())
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        low, high = low - 0.005 * abs(low) - 1e-6, high + 0.005 * abs(high) + 1e-6
    edges = np.linspace(low, high, count + 1)
    parts = []
    for inside in (boxes.kind != VOID, boxes.kind == VOID):
        chosen = there & inside
        parts.append(np.histogram(values[chosen], edges, weights=boxes.pixels[chosen])[0].astype(np.int64))
    return Histogram(edges, parts[0], parts[1])
