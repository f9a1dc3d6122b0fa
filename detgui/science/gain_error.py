"""Gain and read noise of a box from the variances of its groups, with the error that reads of one ramp imply.

Reads of one ramp share their photons and the noise of its reset: reads g and h >= g of the difference of two flats have the covariance
S_gh = b M_g + 2 R^2 [g = h] + 2 K^2 (M_g mean of the sum frame, b = 1 / gain, R noise of a read, K of the reset, DN). The intercept of the
line is 2 (R^2 + K^2); R alone comes from differences of reads (`read_noise`). Combinations x = W r of reads have the covariance
C = W S W', and the variances of Gaussian x over n pixels have the covariance 2 C_gh^2 / (n - 1). Clipping adds to it what is left over of
its influence function, which begins with the fourth Hermite polynomial: (excess - 1) rho^4 of 2 C_gg C_hh / (n - 1). The error of the
means is less than a thousandth of that and left out. Lines are fitted by generalised least squares with that covariance, made from figures
pooled over boxes so that a box's own noise does not choose its weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.science.photon_transfer import Moments

Array = NDArray[np.float64]

AT_ONCE = 1 << 22
"""Numbers in the covariance matrices that are held at once."""

FEWEST = 3
MEDIAN_ERROR = 1.2533  # of a median, in units of the error of a mean


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Straight lines y = intercept + slope x of boxes, shapes (n,); NaN where a box has too few points. ``covariance`` of the two."""

    slope: Array
    slope_err: Array
    intercept: Array
    intercept_err: Array
    covariance: Array
    points: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Noise:
    """2 R^2 of boxes and its error, DN^2, shapes (n,)."""

    value: Array
    err: Array


def read_covariance(mean: Array, slope: Array, noise: Array, reset: Array | float = 0.0) -> Array:
    """Covariance of the reads of a difference of two flats, shape (n, G, G), from ``mean`` (G, n) of the sum, ``slope`` 1 / gain,
    ``noise`` 2 R^2 and ``reset`` 2 K^2 (n,)."""
    ramp = np.maximum.accumulate(np.maximum(mean, 0.0), axis=0).T
    shared = np.minimum(ramp[:, :, None], ramp[:, None, :]) * slope[:, None, None]
    groups = np.arange(mean.shape[0])
    shared += np.asarray(reset, np.float64).reshape(-1, 1, 1)
    shared[:, groups, groups] += noise[:, None]
    return shared


def variance_covariance(covariance: Array, pixels: Array, excess: Array) -> Array:
    """Covariance of the sample variances, shape (n, m, m), of combinations with ``covariance`` (n, m, m); ``pixels``, ``excess`` (m, n)."""
    most = np.maximum(pixels.T[:, :, None], pixels.T[:, None, :])
    diagonal = np.einsum("nii->ni", covariance)
    both = diagonal[:, :, None] * diagonal[:, None, :]
    rho2 = covariance**2 / np.maximum(both, np.finfo(np.float64).tiny)
    extra = np.sqrt((excess.T[:, :, None] - 1.0) * (excess.T[:, None, :] - 1.0))
    found: Array = 2.0 * both / np.maximum(most - 1.0, 1.0) * (rho2 + extra * rho2**2)
    return found


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
    right = np.einsum("nmi,nm->ni", weighted, np.where(ok, y.T, 0.0))
    good = points >= FEWEST
    inverse = np.full_like(normal, np.nan)
    inverse[good] = np.linalg.inv(normal[good])
    values = np.einsum("nij,nj->ni", inverse, right)
    return Lines(
        values[:, 1], np.sqrt(inverse[:, 1, 1]), values[:, 0], np.sqrt(inverse[:, 0, 0]), inverse[:, 0, 1], points.astype(np.int64)
    )


@dataclass(frozen=True, slots=True, eq=False)
class Gains:
    """Gain (e-/DN) of boxes from one pair of flats, and 2 R^2 (``noise``, DN^2), shapes (n,); NaN where it could not be measured."""

    gain: Array
    gain_err: Array
    noise: Array
    noise_err: Array
    points: NDArray[np.int64]


def classic(found: Moments, limit: float, pool: NDArray[np.int64], read: Noise | None = None) -> Gains:
    """Gain from the line of variance against mean over the groups with a mean of at most ``limit`` on the single frame.

    ``found`` of shapes (G, n); ``pool`` (n,) numbers boxes whose figures are pooled for the covariance: same sector and region.
    ``read`` is the noise of reads alone; without it all of the intercept is taken for it.
    """
    used = (found.mean <= 2.0 * limit) & (found.variance > 0)
    last = int(np.max(np.nonzero(used.any(axis=1))[0], initial=0)) + 1
    part = _first(found, last)
    slope, intercept = _pooled_line(part, used[:last], pool)
    noise = intercept if read is None else np.clip(read.value, 1e-3, None)
    lines = _in_parts(part, used[:last], slope, noise, np.maximum(intercept - noise, 0.0))
    gain = np.where(lines.slope > 0, 1.0 / lines.slope, np.nan)
    scale = np.where(lines.slope > 0, lines.slope / slope, np.nan)  # an error of a variance goes with the variance
    return Gains(gain, lines.slope_err * scale * gain**2, lines.intercept, lines.intercept_err, lines.points)


def _first(found: Moments, last: int) -> Moments:
    return Moments(found.mean[:last], found.variance[:last], found.pixels[:last], found.factor[:last], found.excess[:last])


def _pooled_line(found: Moments, used: NDArray[np.bool_], pool: NDArray[np.int64]) -> tuple[Array, Array]:
    """Slope and 2 R^2 of ordinary lines, the median over boxes of a pool, given to each of its boxes."""
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


def _in_parts(found: Moments, used: NDArray[np.bool_], slope: Array, noise: Array, reset: Array) -> Lines:
    groups, boxes = found.mean.shape
    step = max(1, AT_ONCE // groups**2)
    parts = []
    for begin in range(0, boxes, step):
        part = slice(begin, begin + step)
        reads = read_covariance(np.nan_to_num(found.mean[:, part]), slope[part], noise[part], reset[part])
        matrix = variance_covariance(reads, found.pixels[:, part], found.excess[:, part])
        parts.append(fit_lines(found.mean[:, part], found.variance[:, part], used[:, part], matrix))
    names = ("slope", "slope_err", "intercept", "intercept_err", "covariance", "points")
    return Lines(*(np.concatenate([getattr(each, name) for each in parts]) for name in names))


ADJACENT, LAG_ONE, LAG_TWO = "adjacent", "lag1", "lag2"
COMBINATIONS = {ADJACENT: (-1, 1), LAG_ONE: (1, -2, 1), LAG_TWO: (1, -1, -1, 1)}
"""Weights of consecutive reads; the noise term is R^2 times the sum of their squares, twice that for a pair of flats: 4, 6 and 4."""

NOISE_TERMS = {ADJACENT: 4.0, LAG_ONE: 6.0, LAG_TWO: 4.0}


def combination_matrix(groups: int, which: str) -> Array:
    """W (m, groups): the combinations of ``which`` that a ramp of ``groups`` reads has."""
    weights = COMBINATIONS[which]
    count = max(0, groups - len(weights) + 1)
    matrix = np.zeros((count, groups))
    for row in range(count):
        matrix[row, row : row + len(weights)] = weights
    return matrix


def read_noise(adjacent: Moments, lag_one: Moments, pool: NDArray[np.int64]) -> Noise:
    """2 R^2 of the boxes of each pool from differences of reads, in which the reset cancels.

    With f the ratio of the signals, variance(lag one) - f variance(adjacent) = (6 - 4 f) R^2: the photons cancel, whatever the gain.
    The median over the boxes of a pool; its error from their scatter, or where there are few boxes from the variances' own errors.
    """
    ratio = lag_one.mean.mean(axis=0) / adjacent.mean.mean(axis=0)
    variances = adjacent.variance.mean(axis=0), lag_one.variance.mean(axis=0)
    squares = (variances[1] - ratio * variances[0]) / (6.0 - 4.0 * ratio)
    pixels = np.maximum(adjacent.pixels.mean(axis=0) * adjacent.mean.shape[0], 2.0)
    single = variances[0] * np.sqrt(2.0 / pixels)  # of one box: two variances of like size and error, over 2
    value, error = np.zeros_like(squares), np.zeros_like(squares)
    for each in np.unique(pool):
        here = (pool == each) & np.isfinite(squares)
        if here.any():
            value[pool == each] = max(2.0 * float(np.median(squares[here])), 0.0)
            error[pool == each] = 2.0 * MEDIAN_ERROR * float(np.median(single[here])) / np.sqrt(here.sum())
    return Noise(value, error)


def extrapolated(found: Moments, which: str, reads: Moments, gain: float, read: Noise, limit: float) -> tuple[Array, Array]:
    """Gain and error of boxes from differences of reads, extrapolated to zero signal.

    ``found`` (m, n): ``mean`` the signal that came between the reads (sum of the two frames or increments), ``variance`` of the
    difference; ``reads`` the moments of the reads themselves, ``gain`` about what is expected, ``read`` 2 R^2. Each combination has
    1 / gain = (variance - k R^2) / mean; a line of it against the signal, up to ``limit`` on the single frame, is taken to zero.
    """
    weights = combination_matrix(reads.mean.shape[0], which)
    signal = np.abs(weights) / np.abs(weights).sum(axis=1, keepdims=True) @ np.nan_to_num(reads.mean) / 2.0
    last = weights.shape[1] - weights.shape[0]
    used = (reads.mean[last:] <= 2.0 * limit) & (found.mean > 0)
    noise = np.nan_to_num(read.value) / 2.0
    with np.errstate(invalid="ignore", divide="ignore"):
        inverse = (found.variance - NOISE_TERMS[which] * noise) / found.mean
    boxes = found.mean.shape[1]
    shared = read_covariance(np.nan_to_num(reads.mean), np.full(boxes, 1.0 / gain), np.maximum(2.0 * noise, 1e-3))
    combined = weights @ shared @ weights.T / (1.0 if which == ADJACENT else 2.0)
    matrix = variance_covariance(combined, found.pixels, found.excess)
    term = NOISE_TERMS[which] / 2.0 * np.nan_to_num(read.err)
    means = np.where(found.mean > 0, found.mean, 1.0).T
    matrix = (matrix + (term**2)[:, None, None]) / (means[:, :, None] * means[:, None, :])
    lines = fit_lines(signal, inverse, used, matrix)
    found_gain = np.where(lines.intercept > 0, 1.0 / lines.intercept, np.nan)
    return found_gain, lines.intercept_err * found_gain**2
