"""Telegraph pixels: values that hop between two levels, by the likelihood of two levels against one.

Hops between the groups of a ramp are fitted in `noise_hops`, those of other series here. Pixels of more variance than their neighbours
are tried; the chance of each to be plain noise comes from simulated Gaussian series of the same length, and the list is cut at a rate of
false discoveries (Benjamini & Hochberg 1995).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from detgui.science.noise_hops import FEWEST_GROUPS, Levels, hops_of, without_parabola

Floats = NDArray[np.float64]

FEWEST_VALUES = 12
FALSE_DISCOVERIES = 0.01
LEAST_SEPARATION = 2.0
"""Standard deviations about a level; closer levels are not told apart."""

LEAST_SHARE = 0.06
LEAST_HOPS = 4
"""A cosmic ray makes one or two: it does not come back."""

PASSES = 40
TRIALS = 2000


def two_levels(series: Floats) -> Levels:
    """Two Gaussians of one width by expectation and maximisation; ``series`` (values, pixels), no NaN."""
    n = series.shape[0]
    spread = np.maximum(series.std(axis=0), 1e-12)
    order = np.sort(series, axis=0)
    best: tuple[Floats, ...] | None = None
    for at in (0.5, 0.15, 0.85):
        cut = order[int(at * (n - 1))] + 1e-9 * spread
        low = np.where(series <= cut, series, 0.0).sum(axis=0) / np.maximum((series <= cut).sum(axis=0), 1)
        above = np.maximum((series > cut).sum(axis=0), 1)
        high = np.where(series > cut, series, 0.0).sum(axis=0) / above
        found = _maximise(series, low, high, spread * 0.6)
        best = found if best is None else tuple(np.where(found[-1] > best[-1], new, old) for new, old in zip(found, best, strict=True))
    assert best is not None
    low, high, sigma, share, likelihood = best
    swap = low > high
    low, high, share = np.where(swap, high, low), np.where(swap, low, high), np.where(swap, 1 - share, share)
    single = -n * np.log(spread) - n / 2
    up = series > (low + high) / 2
    hops = (up[1:] != up[:-1]).sum(axis=0)
    step_err = sigma * np.sqrt(1 / np.maximum(n * share, 1) + 1 / np.maximum(n * (1 - share), 1))
    return Levels(high - low, step_err, sigma, share, hops, likelihood - single, np.zeros(hops.shape, np.bool_))


def _maximise(series: Floats, low: Floats, high: Floats, sigma: Floats) -> tuple[Floats, ...]:
    share = np.full(low.shape, 0.5)
    floor = 0.05 * np.maximum(series.std(axis=0), 1e-12)
    for _ in range(PASSES):
        first = np.log1p(-share) - 0.5 * ((series - low) / sigma) ** 2
        second = np.log(share) - 0.5 * ((series - high) / sigma) ** 2
        weight = 1 / (1 + np.exp(np.clip(first - second, -60, 60)))
        total = np.clip(weight.sum(axis=0), 1e-6, len(series) - 1e-6)
        high = (weight * series).sum(axis=0) / total
        low = ((1 - weight) * series).sum(axis=0) / (len(series) - total)
        variance = (weight * (series - high) ** 2 + (1 - weight) * (series - low) ** 2).sum(axis=0) / len(series)
        sigma = np.maximum(np.sqrt(variance), floor)
        share = np.clip(total / len(series), 0.02, 0.98)
    first = np.log1p(-share) - 0.5 * ((series - low) / sigma) ** 2 - np.log(sigma)
    second = np.log(share) - 0.5 * ((series - high) / sigma) ** 2 - np.log(sigma)
    return low, high, sigma, share, np.logaddexp(first, second).sum(axis=0)


def levels_of(series: Floats, groups: int = 1) -> Levels:
    """Levels of series (values, pixels); those of ramps (``groups`` values of each integration) as `noise_hops.hops_of` wants them."""
    return two_levels(series) if groups < FEWEST_GROUPS else hops_of(series, groups)


@lru_cache(maxsize=8)
def _null(n: int, groups: int) -> tuple[Floats, float]:
    """Sorted gains of Gaussian series of ``n`` values, and the scale of their exponential tail."""
    series = np.random.default_rng(12345).normal(size=(n, TRIALS))
    gains = np.sort(levels_of(series if groups < FEWEST_GROUPS else without_parabola(series, groups), groups).gain)
    tail = gains[-TRIALS // 20 :]
    return gains, float((tail - tail[0]).mean())


def chance(gain: Floats, n: int, groups: int = 1) -> Floats:
    """Chance that a Gaussian series of ``n`` values gains at least that much; beyond the simulated ones an exponential tail."""
    gains, scale = _null(n, groups)
    start = gains[-TRIALS // 20]
    share = 1 - np.searchsorted(gains, gain, "left") / TRIALS
    with np.errstate(over="ignore"):
        return np.asarray(np.where(gain > start, 0.05 * np.exp(-(gain - start) / scale), share), np.float64)


def telegraphs(levels: Levels, n: int, tested: int, groups: int = 1, rate: float = FALSE_DISCOVERIES) -> NDArray[np.bool_]:
    """Which series are telegraphs, of ``tested`` that were tried.

    The gain does not depend on a series' variance, so pixels chosen by their variance are as likely as others to gain by chance.
    """
    p = chance(levels.gain, n, groups)
    real = (levels.step >= LEAST_SEPARATION * levels.sigma) & ~levels.repeats
    real &= (np.minimum(levels.share, 1 - levels.share) * n >= max(2.0, LEAST_SHARE * n)) & (levels.hops >= LEAST_HOPS)
    p = np.where(real, p, 1.0)
    order = np.argsort(p)
    passed = np.flatnonzero(p[order] <= rate * np.arange(1, p.size + 1) / max(tested, p.size))
    found = np.zeros(p.size, np.bool_)
    if passed.size:
        found[order[: passed[-1] + 1]] = True
    return found & real
