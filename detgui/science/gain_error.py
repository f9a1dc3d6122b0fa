"""Gain of boxes from the line of variance against mean, with the error that reads of one ramp imply (JWST-STScI-004622, section 4).

Reads of one ramp share their photons, so that the scatter about an ordinary line says nothing about its error: lines are fitted by
generalised least squares with the covariance of `read_covariance`, made from figures pooled over boxes so that a box's own noise does not
choose its weights. The intercept is 2 (R^2 + K^2), noise of the reset included; R alone comes from differences of reads
(`gain_differences`). The mean of 1 / slope is too large by the square of the slope's relative error, which is taken off (second order of
the delta method). The error of the means is less than a thousandth and left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.science.photon_transfer import Moments
from detgui.science.read_covariance import (
    ADJACENT,
    LAG_ONE,
    LAG_TWO,
    NOISE_TERMS,
    READS,
    Linear,
    Ramp,
    Rows,
    by_parts,
    rows_of,
    variance_covariance,
)

__all__ = ["ADJACENT", "FEWEST", "LAG_ONE", "LAG_TWO", "NOISE_TERMS", "Gains", "Lines", "Noise", "classic", "fit_lines", "gain_of"]

Array = NDArray[np.float64]

FEWEST = 3
MOST_READS = 48
"""Of more within the limit, which share nearly all their photons, every second, third ... is in the line: it is hardly less exact."""


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Straight lines y = intercept + slope x of boxes, shapes (n,); NaN where a box has too few points.

    ``slope_weights`` and ``intercept_weights`` (n, m): what each y is multiplied with.
    """

    slope: Array
    slope_err: Array
    intercept: Array
    intercept_err: Array
    points: NDArray[np.int64]
    slope_weights: Array
    intercept_weights: Array


@dataclass(frozen=True, slots=True, eq=False)
class Noise:
    """2 R^2 of the pool of every box and its error, DN^2, shapes (n,).

    ``share`` of each box's own 2 R^2 in that of its pool, ``linear`` what that of a box is made of.
    """

    value: Array
    err: Array
    share: Array
    linear: Linear


@dataclass(frozen=True, slots=True, eq=False)
class Gains:
    """Gain (e-/DN) of boxes from one pair of flats, and 2 (R^2 + K^2) (``noise``, DN^2), shapes (n,); NaN where it could not be measured.

    ``inverse`` 1 / gain as the line has it and its error; ``linear`` and ``noise_linear`` what ``inverse`` and ``noise`` are made of;
    ``ramp`` what their covariance comes from.
    """

    gain: Array
    gain_err: Array
    noise: Array
    noise_err: Array
    points: NDArray[np.int64]
    inverse: Array
    inverse_err: Array
    linear: Linear
    noise_linear: Linear
    ramp: Ramp


def fit_lines(x: Array, y: Array, used: NDArray[np.bool_], covariance: Array) -> Lines:
    """Generalised least squares of every box: ``x``, ``y``, ``used`` (m, n), ``covariance`` of y (n, m, m)."""
    ok = (used & np.isfinite(x) & np.isfinite(y)).T
    points = ok.sum(axis=1)
    matrix = np.where(ok[:, :, None] & ok[:, None, :], covariance, 0.0)
    each = np.arange(x.shape[0])
    matrix[:, each, each] = np.where(ok, matrix[:, each, each], 1.0)
    design = np.where(ok[:, :, None], np.stack([np.ones_like(x.T), np.where(ok, x.T, 0.0)], axis=-1), 0.0)
    weighted = np.linalg.solve(matrix, design)
    normal = np.einsum("nmi,nmj->nij", design, weighted)
    good = points >= FEWEST
    inverse = np.full_like(normal, np.nan)
    inverse[good] = np.linalg.inv(normal[good])
    weights = np.einsum("nij,nmj->nim", inverse, weighted)
    values = np.einsum("nim,nm->ni", weights, np.where(ok, y.T, 0.0))
    return Lines(
        slope=values[:, 1],
        slope_err=np.sqrt(inverse[:, 1, 1]),
        intercept=values[:, 0],
        intercept_err=np.sqrt(inverse[:, 0, 0]),
        points=points.astype(np.int64),
        slope_weights=weights[:, 1],
        intercept_weights=weights[:, 0],
    )


def gain_of(inverse: Array, error: Array, pooled: Array) -> tuple[Array, Array]:
    """Gain without the bias of the mean of 1 / x, and its error, from 1 / gain of boxes.

    The error is that of a box with the ``pooled`` 1 / gain: one that went with the box's own noise would favour low gains in a mean.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        gain = np.where(inverse > 0, 1.0 / inverse, np.nan) / (1.0 + (error / pooled) ** 2)
        return gain, np.where(np.isfinite(gain), error / pooled**2, np.nan)


def classic(found: Moments, limit: float, pool: NDArray[np.int64], read: Noise | None = None, groups: int = 0) -> Gains:
    """Gain from the line of variance against mean over the groups with a mean of at most ``limit`` on the single frame.

    ``found`` of shapes (G, n); ``pool`` (n,) numbers boxes whose figures are pooled for the covariance: same sector and region.
    ``read`` is the noise of reads alone; without it all of the intercept is taken for it. ``groups`` that ``ramp`` has at least.
    """
    part, used, ramp = pooled_ramp(found, limit, pool, read, groups)
    step = -(-part.mean.shape[0] // MOST_READS)
    taken = Moments(*(getattr(part, name)[::step] for name in Moments.__slots__))
    rows = rows_of(READS, taken, np.arange(0, part.mean.shape[0], step))
    lines = lines_of(taken.mean, taken.variance, used[::step], rows, ramp)
    gain, error = gain_of(lines.slope, lines.slope_err, ramp.slope)
    return Gains(
        gain=gain,
        gain_err=error,
        noise=lines.intercept,
        noise_err=lines.intercept_err,
        points=lines.points,
        inverse=lines.slope,
        inverse_err=lines.slope_err,
        linear=((rows, lines.slope_weights),),
        noise_linear=((rows, lines.intercept_weights),),
        ramp=ramp,
    )


def pooled_ramp(
    found: Moments, limit: float, pool: NDArray[np.int64], read: Noise | None = None, groups: int = 0
) -> tuple[Moments, NDArray[np.bool_], Ramp]:
    """The reads up to the last one within the limit (at least ``groups``), which of them are used, and what their covariance is made of."""
    used = (found.mean <= 2.0 * limit) & (found.variance > 0)
    last = max(groups, int(np.max(np.nonzero(used.any(axis=1))[0], initial=0)) + 1)
    part, used = first_reads(found, last), used[:last]
    slope, intercept = _pooled_line(part, used, pool)
    noise = intercept if read is None else np.clip(read.value, 1e-3, None)
    return part, used, Ramp(part.mean, slope, noise, np.maximum(intercept - noise, 0.0))


def lines_of(x: Array, y: Array, used: NDArray[np.bool_], rows: Rows, ramp: Ramp, divisor: Array | None = None) -> Lines:
    """`fit_lines` with the covariance of the variances of ``rows``, over ``divisor`` (m, n) where y is that part of the variances."""

    def work(part: slice) -> tuple[Array, ...]:
        some = rows.of(part)
        matrix = variance_covariance(ramp.covariance(part), some, some)
        if divisor is not None:
            below = divisor[:, part].T
            matrix = matrix / (below[:, :, None] * below[:, None, :])
        found = fit_lines(x[:, part], y[:, part], used[:, part], matrix)
        return tuple(getattr(found, name) for name in Lines.__slots__)

    return Lines(*by_parts(ramp.mean, work))  # type: ignore[arg-type]


def first_reads(found: Moments, groups: int) -> Moments:
    """Moments of the first groups."""
    return Moments(found.mean[:groups], found.variance[:groups], found.pixels[:groups], found.factor[:groups], found.excess[:groups])


def _pooled_line(found: Moments, used: NDArray[np.bool_], pool: NDArray[np.int64]) -> tuple[Array, Array]:
    """Slope and intercept of ordinary lines, the median over boxes of a pool, given to each of its boxes."""
    weight = np.where(used & np.isfinite(found.variance) & np.isfinite(found.mean), 1.0, 0.0)
    x, y = np.where(weight > 0, found.mean, 0.0), np.where(weight > 0, found.variance, 0.0)
    total = np.maximum(weight.sum(axis=0), 1.0)
    mx, my = x.sum(axis=0) / total, y.sum(axis=0) / total
    spread = (weight * (x - mx) ** 2).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = (weight * (x - mx) * (y - my)).sum(axis=0) / spread
    noise = my - slope * mx
    slopes, noises = np.full_like(slope, np.nan), np.full_like(slope, np.nan)
    for each in np.unique(pool):
        here = (pool == each) & np.isfinite(slope)
        if here.any():
            slopes[pool == each] = max(float(np.median(slope[here])), 1e-6)
            noises[pool == each] = max(float(np.median(noise[here])), 1e-3)
    return np.where(np.isfinite(slopes), slopes, 1.0), np.where(np.isfinite(noises), noises, 1.0)
