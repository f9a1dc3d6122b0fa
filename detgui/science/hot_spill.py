"""Hot pixels, counted; and their neighbours, which inter-pixel capacitance lifts (JWST-STScI-009188, section 2).

Of a hot pixel's charge each of its four neighbours shows a small part, so one hot pixel makes a cross of five. The coupling is measured
on crosses of isolated hot pixels, and a pixel that its neighbours' flux times this coupling accounts for is no centre.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.science.robust import sigma_of

Image = NDArray[np.float32]
Bools = NDArray[np.bool_]
Array = NDArray[np.float64]

REACH = 2
"""Half the side of the stacked cut-outs, pixels."""

FEWEST = 6
"""Isolated hot pixels below which no coupling is measured."""

SIDES = ((0, -1), (0, 1), (-1, 0), (1, 0))
"""(dy, dx) of left, right, below, above."""


@dataclass(frozen=True, slots=True, eq=False)
class Cross:
    """The stacked cross of isolated hot pixels.

    ``stack`` and ``stack_err``: flux relative to the centre's, shape (5, 5); ``coupling``: mean of the four neighbours, per unit of the
    centre's measured flux, with ``coupling_err``; ``sides``: left, right, below, above; ``scatter``: spread of a single neighbour's
    coupling from pixel to pixel; ``count``: pixels stacked. NaN where there are fewer than `FEWEST`.
    """

    stack: Array
    stack_err: Array
    coupling: float
    coupling_err: float
    sides: tuple[float, float, float, float]
    scatter: float
    count: int

    @property
    def measured(self) -> bool:
        """True where there were enough pixels."""
        return math.isfinite(self.coupling)


def counts_above(rate: Image, valid: Bools, thresholds: Sequence[float]) -> NDArray[np.int64]:
    """Valid pixels strictly above each threshold, shape (len(thresholds),)."""
    good = rate[valid]
    return np.array([np.count_nonzero(good > threshold) for threshold in thresholds], np.int64)


def measure_cross(rate: Image, valid: Bools, least: float, err: Image | None = None) -> Cross:
    """Stack the cut-outs of isolated hot pixels.

    ``least``: rate of a centre; a centre is brighter than everything within 4 pixels times 10, all of which is valid. The level far from
    hot pixels (median of all) is taken off. Medians over pixels are used: neighbours that are hot themselves do not count. ``err`` keeps
    out centres whose neighbours are too noisy for their number to say anything (error above a tenth of the coupling scale 0.01).
    """
    level = float(np.median(rate[valid])) if valid.any() else math.nan
    y, x = _isolated(rate, valid, least)
    if err is not None and y.size > 4 * FEWEST:
        quiet = np.median([err[y + dy, x + dx] for dy, dx in SIDES], axis=0) < 1e-3 * rate[y, x]
        if quiet.sum() >= FEWEST:
            y, x = y[quiet], x[quiet]
    steps = np.arange(-REACH, REACH + 1)
    cuts = rate[y[:, None, None] + steps[:, None], x[:, None, None] + steps[None, :]].astype(np.float64) - level
    return stack_cuts(cuts)


def stack_cuts(cuts: Array) -> Cross:
    """The cross of background-free cut-outs of shape (n, 5, 5)."""
    side = 2 * REACH + 1
    if cuts.shape[0] < FEWEST:
        nothing = np.full((side, side), math.nan)
        return Cross(nothing, nothing.copy(), math.nan, math.nan, (math.nan,) * 4, math.nan, int(cuts.shape[0]))
    shares = cuts / cuts[:, REACH : REACH + 1, REACH : REACH + 1]
    four = np.stack([shares[:, REACH + dy, REACH + dx] for dy, dx in SIDES])
    sides = np.median(four, axis=1)
    errors = _median_error(four.T)
    return Cross(
        stack=np.median(shares, axis=0),
        stack_err=_median_error(shares),
        coupling=float(sides.mean()),
        coupling_err=float(max(math.sqrt((errors**2).sum()) / 4, 1e-12)),
        sides=(float(sides[0]), float(sides[1]), float(sides[2]), float(sides[3])),
        scatter=float(np.mean([sigma_of(row) for row in four])),
        count=int(shares.shape[0]),
    )


def _median_error(values: Array) -> Array:
    """Error of the median along the first axis, from the order statistics sqrt(n) / 2 on either side of it.

    Unlike 1.25 sigma / sqrt(n) it holds for values of different accuracy: faint centres scatter much more than bright ones.
    """
    ordered = np.sort(values, axis=0)
    count = ordered.shape[0]
    reach = math.sqrt(count) / 2
    low, high = (min(max(round(count / 2 - 0.5 + sign * reach), 0), count - 1) for sign in (-1, 1))
    return np.asarray((ordered[high] - ordered[low]) / 2, np.float64)


def combine(crosses: Sequence[Cross]) -> Cross:
    """The mean cross of several files, weighted by their numbers of pixels; what is not measured is left out.

    The same pixels are in every file, so the error is that of the file with most of them, not of their sum.
    """
    good = [cross for cross in crosses if cross.measured]
    if not good:
        return stack_cuts(np.empty((0, 2 * REACH + 1, 2 * REACH + 1)))
    weights = np.array([cross.count for cross in good], float)
    weights /= weights.sum()
    best = max(good, key=lambda cross: cross.count)

    def mean(values: Sequence[float]) -> float:
        return float(weights @ np.array(values))

    sides = [mean([cross.sides[k] for cross in good]) for k in range(4)]
    return Cross(
        stack=np.tensordot(weights, np.stack([cross.stack for cross in good]), 1),
        stack_err=best.stack_err,
        coupling=mean([cross.coupling for cross in good]),
        coupling_err=best.coupling_err,
        sides=(sides[0], sides[1], sides[2], sides[3]),
        scatter=mean([cross.scatter for cross in good]),
        count=best.count,
    )


def _isolated(rate: Image, valid: Bools, least: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(y, x) of valid pixels above ``least`` with nothing within 4 pixels above a tenth of their rate but what coupling explains."""
    ny, nx = rate.shape
    y, x = np.nonzero(valid & (rate > least))
    reach = 4
    inside = (y >= reach) & (y < ny - reach) & (x >= reach) & (x < nx - reach)
    y, x = y[inside], x[inside]
    keep = np.ones(y.size, np.bool_)
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            if (dy, dx) != (0, 0):
                other = rate[y + dy, x + dx]
                near = max(abs(dy), abs(dx)) <= REACH
                keep &= (valid[y + dy, x + dx] | ~np.bool_(near)) & ~(other > 0.1 * rate[y, x])
    return y[keep], x[keep]


def own_rate(rate: Image, valid: Bools, y: NDArray[np.int64], x: NDArray[np.int64], cross: Cross) -> tuple[Array, Array]:
    """Rate of some pixels without what their four neighbours lend them, and the uncertainty of what was taken off, each shape (n,).

    Taken off is coupling x (neighbour - level) for neighbours brighter than the level; its uncertainty is the scatter of the coupling
    from pixel to pixel times the same.
    """
    level = float(np.median(rate[valid])) if valid.any() else 0.0
    ny, nx = rate.shape
    lent, square = np.zeros(y.size), np.zeros(y.size)
    for dy, dx in SIDES:
        row, column = y + dy, x + dx
        inside = (row >= 0) & (row < ny) & (column >= 0) & (column < nx)
        row, column = np.clip(row, 0, ny - 1), np.clip(column, 0, nx - 1)
        flux = np.where(inside, rate[row, column], level).astype(np.float64) - level
        flux = np.where(np.isfinite(flux) & (flux > 0), flux, 0.0)
        lent += flux
        square += flux**2
    return rate[y, x].astype(np.float64) - max(cross.coupling, 0.0) * lent, max(cross.scatter, 0.0) * np.sqrt(square)


def centres_above(rate: Image, valid: Bools, threshold: float, cross: Cross, sigma: float = 3.0) -> tuple[NDArray[np.int64], Bools]:
    """Positions (flat index) of valid pixels strictly above a threshold, and which of them are centres.

    No centre is what its neighbours explain: its own rate is not above the threshold by more than ``sigma`` times the uncertainty of the
    neighbours' part, and a neighbour is brighter than itself. Without a measured coupling every pixel is a centre.
    """
    flat = np.flatnonzero((valid & (rate > threshold)).reshape(-1))
    if not cross.measured or flat.size == 0:
        return flat, np.ones(flat.size, np.bool_)
    y, x = np.divmod(flat, rate.shape[1])
    own, doubt = own_rate(rate, valid, y, x, cross)
    lifted = _brightest_neighbour(rate, y, x) > rate[y, x]
    return flat, ~((own <= threshold + sigma * doubt) & lifted)


def _brightest_neighbour(rate: Image, y: NDArray[np.int64], x: NDArray[np.int64]) -> Array:
    ny, nx = rate.shape
    best = np.full(y.size, -math.inf)
    for dy, dx in SIDES:
        row, column = y + dy, x + dx
        inside = (row >= 0) & (row < ny) & (column >= 0) & (column < nx)
        value = rate[np.clip(row, 0, ny - 1), np.clip(column, 0, nx - 1)]
        best = np.where(inside & np.isfinite(value), np.maximum(best, np.nan_to_num(value, nan=-math.inf)), best)
    return best
