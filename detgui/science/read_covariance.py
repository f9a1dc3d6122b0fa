"""Covariance of the variances that a pair of flats gives: of its reads and of differences of reads.

Reads of one ramp share their photons and the noise of its reset: reads g and h of the difference of two flats have the covariance
S_gh = b M_min(g, h) + 2 R^2 [g = h] + 2 K^2 (M_g mean of the sum frame, b = 1 / gain, R noise of a read, K of the reset, DN).
Combinations of reads with the weights W have W S W', and sample variances of Gaussians over n pixels the covariance 2 C_gh^2 / (n - 1).
Variances of single ramps are means over the two ramps of the pair, half of C each; with each other and with those of the pair's
difference they have half of the relative covariance. Clipping adds what is left over of its influence function, which begins with the
fourth Hermite polynomial: (excess - 1) rho^4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.science.photon_transfer import Moments

Array = NDArray[np.float64]
Places = NDArray[np.int64]

READS, ADJACENT, LAG_ONE, LAG_TWO = "reads", "adjacent", "lag1", "lag2"
COMBINATIONS = {READS: (1,), ADJACENT: (-1, 1), LAG_ONE: (1, -2, 1), LAG_TWO: (1, -1, -1, 1)}
"""Weights of consecutive reads."""

RAMPS = {READS: 1, ADJACENT: 1, LAG_ONE: 2, LAG_TWO: 2}
"""1: variance of the difference of the two flats; 2: mean of the variances of each of them."""

NOISE_TERMS = {ADJACENT: 4.0, LAG_ONE: 6.0, LAG_TWO: 4.0}
"""R^2 in the variance of differences of reads: the sum of the squares of their weights, twice that for a pair of flats."""

AT_ONCE = 1 << 22
"""Numbers in the covariance matrices that are held at once."""


def read_covariance(mean: Array, slope: Array, noise: Array, reset: Array | float = 0.0) -> Array:
    """Covariance of the reads of a difference of two flats, shape (n, G, G), from ``mean`` (G, n) of the sum, ``slope`` 1 / gain,
    ``noise`` 2 R^2 and ``reset`` 2 K^2 (n,)."""
    ramp = np.maximum.accumulate(np.maximum(np.nan_to_num(mean), 0.0), axis=0).T
    shared = np.minimum(ramp[:, :, None], ramp[:, None, :]) * slope[:, None, None]
    groups = np.arange(mean.shape[0])
    shared += np.asarray(reset, np.float64).reshape(-1, 1, 1)
    shared[:, groups, groups] += noise[:, None]
    return shared


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Measured variances (m, n boxes) of combinations of reads: ``which`` of `COMBINATIONS`, ``starts`` (m,) their first reads (0-based);
    ``pixels`` of one flat and ``excess`` (m, n)."""

    which: str
    starts: NDArray[np.int64]
    pixels: Array
    excess: Array

    def of(self, part: slice) -> Rows:
        """Those of some boxes."""
        return Rows(self.which, self.starts, self.pixels[:, part], self.excess[:, part])


def rows_of(which: str, found: Moments, starts: NDArray[np.int64] | None = None) -> Rows:
    """Rows of moments (m, n) whose combinations begin with the reads ``starts`` (m,), by default one after the other."""
    first = np.arange(found.mean.shape[0]) if starts is None else starts
    return Rows(which, first, found.pixels / RAMPS[which], found.excess)


def variance_covariance(reads: Array, one: Rows, other: Rows) -> Array:
    """Covariance of the variances of ``one`` with those of ``other``, shape (n, m, m'), from that of the reads (n, G, G)."""
    found = np.zeros((reads.shape[0], one.starts.size, other.starts.size))
    if READS in (one.which, other.which):
        i, j = np.arange(one.starts.size)[:, None], np.arange(other.starts.size)[None, :]
        found[:] = _elements(reads, one, other, i, j)
    else:
        for i, j in _near(one, other):
            found[:, i, j] = _elements(reads, one, other, i, j)
    return found


def _near(one: Rows, other: Rows) -> list[tuple[Places, Places]]:
    """Places of differences that have a read in common, along diagonals: all others are independent."""
    found = []
    for offset in range(1 - len(COMBINATIONS[other.which]), len(COMBINATIONS[one.which])):
        j = np.searchsorted(other.starts, one.starts + offset)
        there = j < other.starts.size
        there[there] = other.starts[j[there]] == one.starts[there] + offset
        found.append((np.flatnonzero(there), j[there]))
    return found


def _elements(reads: Array, one: Rows, other: Rows, i: Places, j: Places) -> Array:
    """Covariances of the variances number ``i`` of ``one`` with number ``j`` of ``other``, places that broadcast to the shape wanted."""
    ramps = RAMPS[one.which], RAMPS[other.which]
    combined = _combined(reads, one, other, i, j)
    left, right = _combined(reads, one, one, i, i), _combined(reads, other, other, j, j)
    most = np.maximum(np.moveaxis(one.pixels[i], -1, 0), np.moveaxis(other.pixels[j], -1, 0))
    excess = (np.sqrt(np.maximum(np.moveaxis(rows.excess[at], -1, 0) - 1.0, 0.0)) for rows, at in ((one, i), (other, j)))
    second, fourth = _shared(*ramps)
    square = combined**2
    found: Array = square * (second + fourth * square * (next(excess) / left) * (next(excess) / right))
    found *= 2.0 / (ramps[0] * ramps[1]) / np.maximum(most - 1.0, 1.0)
    return found


def _combined(reads: Array, one: Rows, other: Rows, i: Places, j: Places) -> Array:
    """W S W' at the places."""
    total: Array | float = 0.0
    for k, weight in enumerate(COMBINATIONS[one.which]):
        for m, factor in enumerate(COMBINATIONS[other.which]):
            total = total + (weight * factor) * reads[:, one.starts[i] + k, other.starts[j] + m]
    return np.asarray(total)


def _shared(one: int, other: int) -> tuple[float, float]:
    """Parts of rho^2 and rho^4, rho that within one frame, which variances of the pair and of single ramps have in common."""
    if one == other:
        return (1.0, 1.0) if one == 1 else (0.5, 0.5)
    return 0.5, 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Ramp:
    """What the covariance of the reads of boxes is made of: ``mean`` (G, n), ``slope``, ``noise``, ``reset`` (n,)."""

    mean: Array
    slope: Array
    noise: Array
    reset: Array

    def covariance(self, part: slice) -> Array:
        """`read_covariance` of some boxes."""
        return read_covariance(self.mean[:, part], self.slope[part], self.noise[part], self.reset[part])


Linear = tuple[tuple[Rows, Array], ...]
"""A figure of every box that is a sum of measured variances: rows and their weights, shape (n, m)."""


def cross(one: Linear, other: Linear, ramp: Ramp) -> Array:
    """Covariance of two figures of the same box, shape (n,)."""

    def work(part: slice) -> tuple[Array]:
        reads = ramp.covariance(part)
        total = np.zeros(reads.shape[0])
        for rows, weights in one:
            for others, factors in other:
                total += _weighted(reads, rows.of(part), others.of(part), weights[part], factors[part])
        return (total,)

    return by_parts(ramp.mean, work)[0]


def _weighted(reads: Array, one: Rows, other: Rows, weights: Array, factors: Array) -> Array:
    """Sum of the covariances of the variances, times their ``weights`` (n, m) and ``factors`` (n, m')."""
    if READS in (one.which, other.which):
        found: Array = np.einsum("nij,ni,nj->n", variance_covariance(reads, one, other), weights, factors, optimize=True)
        return found
    return sum(
        ((_elements(reads, one, other, i, j) * weights[:, i] * factors[:, j]).sum(axis=1) for i, j in _near(one, other)),
        start=np.zeros(reads.shape[0]),
    )


def by_parts(mean: Array, work: Callable[[slice], tuple[Array, ...]]) -> tuple[Array, ...]:
    """``work`` on as many boxes at once as `AT_ONCE` allows for ``mean`` (G, n); each of its arrays put together along the boxes."""
    groups, boxes = mean.shape
    step = max(1, AT_ONCE // max(1, groups**2))
    parts = [work(slice(begin, begin + step)) for begin in range(0, boxes, step)]
    return tuple(np.concatenate(each) for each in zip(*parts, strict=True))
