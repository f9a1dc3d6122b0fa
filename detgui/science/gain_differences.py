"""Noise of reads and gain from differences of reads, in which the noise of the reset cancels.

Differences of adjacent groups of a pair of flats have the variance M / gain + 4 R^2 (M: signal that came in between, of both flats), those
of one ramp at lag one M / gain + 6 R^2 and at lag two M / gain + 4 R^2 (M: both increments). The photons cancel in lag one less
adjacent: R^2; with it each difference gives 1 / gain, and a line of that against the signal is taken to zero signal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.science.gain_error import FEWEST, Gains, Noise, classic, gain_of, lines_of, pooled_ramp
from detgui.science.photon_transfer import Moments
from detgui.science.read_covariance import (
    ADJACENT,
    COMBINATIONS,
    LAG_ONE,
    NOISE_TERMS,
    Linear,
    Ramp,
    cross,
    rows_of,
)

Array = NDArray[np.float64]

WILD = 5.0
"""Boxes farther than this many standard deviations from the median of their pool do not count for its noise."""


@dataclass(frozen=True, slots=True, eq=False)
class Inverse:
    """1 / gain of boxes from differences of reads of one pair, shapes (n,): ``value``, ``err``; ``gain``, ``gain_err`` e-/DN.

    ``linear``: what it is made of but for the noise of reads, of which ``noise_weight`` times 2 R^2 is taken off; ``extrapolated`` False
    for boxes of pools with too few differences for a line: their mean.
    """

    value: Array
    err: Array
    gain: Array
    gain_err: Array
    linear: Linear
    noise_weight: Array
    extrapolated: NDArray[np.bool_]


def read_noise(adjacent: Moments, lag_one: Moments, pool: NDArray[np.int64], ramp: Ramp) -> Noise:
    """2 R^2 of the boxes of each pool: mean over its boxes, weighted by their pixels, of those that are not wild.

    ``ramp`` has at least as many reads as the differences are made of. With f the ratio of the signals,
    variance(lag one) - f variance(adjacent) = (6 - 4 f) R^2 whatever the gain.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = lag_one.mean.mean(axis=0) / adjacent.mean.mean(axis=0)
        usual = np.isfinite(ratio) & (np.abs(ratio - 1.0) < 0.4)
    ratio = np.where(usual, ratio, 1.0)
    linear: Linear = tuple(
        (rows_of(which, found), np.repeat(factor[:, None], found.mean.shape[0], axis=1) / found.mean.shape[0])
        for which, found, factor in (
            (ADJACENT, adjacent, -2.0 * ratio / (6.0 - 4.0 * ratio)),
            (LAG_ONE, lag_one, 2.0 / (6.0 - 4.0 * ratio)),
        )
    )
    value = sum(np.einsum("nm,mn->n", weights, found.variance) for (_, weights), found in zip(linear, (adjacent, lag_one), strict=True))
    single = np.where(usual, value, np.nan)
    variance = cross(linear, linear, ramp)
    return _pooled(single, variance, adjacent.pixels.mean(axis=0), pool, linear)


def _pooled(single: Array, variance: Array, pixels: Array, pool: NDArray[np.int64], linear: Linear) -> Noise:
    value, error, share = np.zeros_like(single), np.zeros_like(single), np.zeros_like(single)
    for each in np.unique(pool):
        here = (pool == each) & np.isfinite(single) & np.isfinite(variance) & (pixels > 0)
        if not here.any():
            continue
        fine = here & (np.abs(single - np.median(single[here])) <= WILD * np.sqrt(np.where(here, variance, np.inf)))
        fine = fine if fine.any() else here
        share[fine] = pixels[fine] / pixels[fine].sum()
        value[pool == each] = float(share[fine] @ single[fine])
        error[pool == each] = float(np.sqrt(share[fine] ** 2 @ variance[fine]))
    return Noise(value, error, share, linear)


def extrapolated(found: Moments, which: str, line: Gains, read: Noise, limit: float, pool: NDArray[np.int64]) -> Inverse:
    """1 / gain of boxes from the differences ``found`` (m, n) of reads, a line against the signal up to ``limit`` taken to zero.

    ``line`` is that of `gain_error.classic` for the same pair and ``read`` the noise of its reads. In a pool with a box that has fewer than
    three differences that end within the limit, the mean is taken. The error holds that of the noise of reads.
    """
    ramp = line.ramp
    rows = rows_of(which, found)
    variance, mean, weights = found.variance, found.mean, np.abs(COMBINATIONS[which])
    reads = [np.nan_to_num(ramp.mean[at : at + mean.shape[0]]) for at in range(weights.size)]
    signal = sum(part * each for part, each in zip(weights / weights.sum(), reads, strict=True)) / 2.0
    used = (reads[-1] <= 2.0 * limit) & (mean > 0) & np.isfinite(variance)
    below = np.where(mean > 0, mean, 1.0)
    term = NOISE_TERMS[which] / 2.0
    lines = lines_of(signal, (variance - term * read.value) / below, used, rows, ramp, below)
    straight = _have_lines(used.sum(axis=0), pool)
    shares = np.where(straight[:, None], lines.intercept_weights / below.T, _mean_weights(used, below))
    shares = np.where(np.isfinite(shares), shares, 0.0)
    noise_weight = term * shares.sum(axis=1)
    there = used.any(axis=0)
    value = np.where(there, np.einsum("nm,mn->n", shares, np.nan_to_num(variance)) - noise_weight * read.value, np.nan)
    linear: Linear = ((rows, shares),)
    own = cross(linear, linear, ramp) - 2.0 * noise_weight * read.share * cross(linear, read.linear, ramp)
    error = np.where(there, np.sqrt(np.maximum(own + (noise_weight * read.err) ** 2, 0.0)), np.nan)
    return Inverse(value, error, *gain_of(value, error, ramp.slope), linear, noise_weight, straight)


def _have_lines(points: NDArray[np.int64], pool: NDArray[np.int64]) -> NDArray[np.bool_]:
    """True for the boxes of pools in which each box that has any point has enough for a line."""
    straight = np.zeros(points.shape, bool)
    for each in np.unique(pool):
        here = (pool == each) & (points > 0)
        straight[pool == each] = here.any() and int(points[here].min()) >= FEWEST
    return straight


def _mean_weights(used: NDArray[np.bool_], below: Array) -> Array:
    """Of the sum of the variances over the sum of the signals, shape (n, m)."""
    total = np.where(used, below, 0.0).sum(axis=0)
    weights: Array = (np.where(used, 1.0, 0.0) / np.where(total > 0, total, 1.0)).T
    return weights


@dataclass(frozen=True, slots=True, eq=False)
class PairGains:
    """All that one pair of flats says of its boxes: ``line`` of variance against mean, ``noise`` of reads (None with too few groups) and
    ``others`` by estimator."""

    line: Gains
    noise: Noise | None
    others: dict[str, Inverse]


def measure_pair(reads: Moments, differences: dict[str, Moments], limit: float, pool: NDArray[np.int64]) -> PairGains:
    """Gains from the moments of ``reads`` (G, n) and of ``differences`` of the first of them (`ADJACENT`, `LAG_ONE`, `LAG_TWO`)."""
    adjacent, lag_one = differences.get(ADJACENT), differences.get(LAG_ONE)
    if adjacent is None or lag_one is None:
        return PairGains(classic(reads, limit, pool), None, {})
    groups = adjacent.mean.shape[0] + 1
    rough = read_noise(adjacent, lag_one, pool, pooled_ramp(reads, limit, pool, None, groups)[2])
    line = classic(reads, limit, pool, rough, groups)
    noise = read_noise(adjacent, lag_one, pool, line.ramp)  # its error now without the noise of the reset
    others = {which: extrapolated(found, which, line, noise, limit, pool) for which, found in differences.items()}
    return PairGains(line, noise, others)
