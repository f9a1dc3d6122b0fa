"""What a region of a map holds: robust range, excesses against losses, balance; and the ratio of two maps' ranges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

BLOCK_COLUMNS = 16
"""Columns drawn together in the bootstrap: what is next to each other is alike."""


@dataclass(frozen=True, slots=True)
class Range:
    """Robust range of values, with errors: the ``low`` and ``high`` percentiles, ``half`` their half-difference ("+-20 DN/group")."""

    low: float
    low_err: float
    high: float
    high_err: float
    half: float
    half_err: float


def robust_range(values: NDArray[Any], percentiles: tuple[float, float], draws: int = 200, seed: int = 0) -> Range:
    """Range of an image, shape (ny, nx), without NaN; errors by bootstrap over blocks of columns."""
    drawn = _drawn(values, percentiles, draws, seed)
    good = values[np.isfinite(values)]
    if not good.size:
        return Range(*[np.nan] * 6)
    low, high = (float(each) for each in np.percentile(good, percentiles))
    halves = (drawn[:, 1] - drawn[:, 0]) / 2
    spread = [float(each.std(ddof=1)) for each in (drawn[:, 0], drawn[:, 1], halves)]
    return Range(low, spread[0], high, spread[1], (high - low) / 2, spread[2])


def ratio_of_ranges(
    first: NDArray[Any], second: NDArray[Any], percentiles: tuple[float, float], draws: int = 200, seed: int = 0
) -> tuple[float, float]:
    """Half-range of one image, shape (ny, nx), over that of another, and its error by bootstrap over blocks of columns.

    ``percentiles`` of the finite pixels are the ends of the range. (NaN, NaN) where the second has none.
    """
    halves = [np.diff(np.percentile(each[np.isfinite(each)], percentiles))[0] / 2 for each in (first, second)]
    drawn = [np.diff(_drawn(each, percentiles, draws, seed + index), axis=1)[:, 0] / 2 for index, each in enumerate((first, second))]
    if not halves[1] > 0:
        return np.nan, np.nan
    return float(halves[0] / halves[1]), float((drawn[0] / drawn[1]).std(ddof=1))


def _drawn(values: NDArray[Any], percentiles: tuple[float, float], draws: int, seed: int) -> FloatArray:
    """Percentiles of ``draws`` images put together from blocks of columns, shape (draws, 2)."""
    there = np.flatnonzero(np.isfinite(values).any(axis=0))
    blocks = [values[:, columns] for columns in np.array_split(there, max(1, there.size // BLOCK_COLUMNS))]
    parts = [block[np.isfinite(block)] for block in blocks]
    rng = np.random.default_rng(seed)
    out = np.full((draws, 2), np.nan)
    for index in range(draws if there.size else 0):
        chosen = rng.integers(0, len(parts), len(parts))
        out[index] = np.percentile(np.concatenate([parts[number] for number in chosen]), percentiles)
    return out


@dataclass(frozen=True, slots=True)
class Charge:
    """Excesses against losses of independent pixels, unit of the map.

    ``excesses`` and ``losses`` are numbers of pixels further than the threshold from zero, ``excess`` and ``loss`` their sums with errors,
    ``by_chance`` how many there would be of each without any effect. ``net`` is the sum over all pixels, the ``filled`` ones included, with
    its error and ``probability`` that charge which is conserved gives a sum as far from zero.
    """

    excesses: int
    excess: float
    excess_err: float
    losses: int
    loss: float
    loss_err: float
    by_chance: float
    net: float
    net_err: float
    probability: float
    pixels: int
    filled: int = 0


FILL_REACH = 8
"""Columns on either side that tell what a pixel without value would have held."""


def charge(values: NDArray[Any], err: NDArray[Any], threshold: float = 3.0, inside: NDArray[np.bool_] | None = None) -> Charge:
    """Count what pixels of an image, shape (ny, nx), gained and lost; NaN leaves a pixel out; ``threshold`` in errors.

    Charge is conserved in the whole image, not in the pixels that happen to be good: in ``net`` a pixel without value counts with the mean
    of its row nearby (see `fill`), and its error with their scatter. ``inside`` tells which pixels belong to the region (None: all).
    """
    from scipy.special import erfc

    good = np.isfinite(values) & np.isfinite(err) & (err > 0)
    data, error = values[good].astype(np.float64), err[good].astype(np.float64)
    up, down = data > threshold * error, data < -threshold * error
    guesses, variances = fill(values if inside is None else np.where(inside, values, np.nan), inside)
    net, net_err = float(data.sum() + guesses.sum()), float(np.sqrt((error**2).sum() + variances.sum()))
    return Charge(
        int(up.sum()),
        float(data[up].sum()),
        float(np.sqrt((error[up] ** 2).sum())),
        int(down.sum()),
        float(data[down].sum()),
        float(np.sqrt((error[down] ** 2).sum())),
        float(data.size * 0.5 * erfc(threshold / np.sqrt(2))),
        net,
        net_err,
        float(erfc(abs(net) / net_err / np.sqrt(2))) if net_err > 0 else np.nan,
        data.size,
        guesses.size,
    )


def fill(values: NDArray[Any], inside: NDArray[np.bool_] | None = None, reach: int = FILL_REACH) -> tuple[FloatArray, FloatArray]:
    """What the NaN pixels of an image, shape (ny, nx), would have held, and the variances of that; 1-D, one entry for each that is filled.

    Mean and scatter of the finite pixels of the same row within ``reach`` columns: residual slopes change slowly along the dispersion.
    Pixels at the rim (reference pixels), outside ``inside``, or with fewer than two finite pixels on a side are not filled.
    """
    known = np.isfinite(values)
    sums = [np.cumsum(np.pad(each, ((0, 0), (reach + 1, reach))), axis=1) for each in (known, np.where(known, values, 0.0))]
    squares = np.cumsum(np.pad(np.where(known, values, 0.0) ** 2, ((0, 0), (reach + 1, reach))), axis=1)
    nx = values.shape[1]

    def within(total: NDArray[Any], first: int, last: int) -> NDArray[Any]:
        """Sum over the columns x + first .. x + last of every x."""
        start, stop = reach + first, reach + last + 1
        return np.asarray(total[:, stop : stop + nx] - total[:, start : start + nx])

    both = (within(sums[0], -reach, -1) >= 2) & (within(sums[0], 1, reach) >= 2)
    holes = ~known & both & (True if inside is None else inside)
    count, total, square = (within(each, -reach, reach)[holes].astype(np.float64) for each in (*sums, squares))
    mean = total / count
    return mean, np.maximum(square - count * mean**2, 0.0) / (count - 1)
