"""Single pixels through time: significance of a change, false discoveries among all pixels, and classes.

Benjamini & Hochberg (1995, J. R. Stat. Soc. B 57, 289): of the changes called significant, on average at most the given share is chance.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]

CLASSES = ("never hot", "always hot", "newly hot", "recovered", "coming and going", "not confirmed")
"""Number of a class is its place. 'not confirmed': became hot or recovered in fewer than the epochs asked for, or not significantly."""

NONE_PASSED = -1.0

NEVER, ALWAYS, NEW, RECOVERED, COMING_AND_GOING, NOT_CONFIRMED = range(len(CLASSES))


def benjamini_hochberg(p_values: Array, rate: float, tests: int | None = None) -> float:
    """Largest p-value that is significant at the false-discovery rate; -1 where none is (a p-value may be 0).

    ``tests``: number of tests made, where ``p_values`` are only the smallest of them (the others are above every one that is given). NaN
    counts as no test.
    """
    ordered = np.sort(p_values[np.isfinite(p_values)], axis=None)
    count = tests if tests is not None else ordered.size
    passed = np.flatnonzero(ordered <= rate * np.arange(1, ordered.size + 1) / max(count, 1))
    return float(ordered[passed[-1]]) if passed.size else NONE_PASSED


def two_sided(z: NDArray[np.floating]) -> Array:
    """Probability of a larger |z| of a Gaussian."""
    from scipy.special import erfc

    return np.asarray(erfc(np.abs(np.asarray(z, np.float64)) / math.sqrt(2.0)), np.float64)


def constancy(chi2: NDArray[np.floating], dof: NDArray[np.integer]) -> Array:
    """Probability of a larger chi^2 for a pixel that is constant; NaN without degrees of freedom."""
    from scipy.special import chdtrc

    freedom = np.asarray(dof, np.float64)
    return np.where(freedom > 0, chdtrc(np.maximum(freedom, 1), np.asarray(chi2, np.float64)), np.nan)


def error_scale(z: NDArray[np.floating]) -> float:
    """By how much errors are too small: width of the normalised differences of pixels that do not change, from their middle half."""
    good = z[np.isfinite(z)]
    if good.size < 100:
        return 1.0
    low, high = np.percentile(good[:: max(1, good.size // 500_000)], [25, 75])
    return float((high - low) / 1.34898)


def classify(hot: Bools, measured: Bools, persistence: int, significant: Bools) -> NDArray[np.int8]:
    """Class of each pixel from whether it was hot at each epoch, shape (m,).

    Parameters
    ----------
    hot, measured : shape (m, n), epochs in the order of time; where a pixel is not measured, nothing is said of it
    persistence : epochs in a row a new state has to last to the end of the series
    significant : shape (m,): whether the change of rate is
    """
    m = hot.shape[0]
    seen = measured.sum(axis=1)
    ever = (hot & measured).sum(axis=1)
    first, last, changes, run = _course(hot, measured)
    found = np.full(m, COMING_AND_GOING, np.int8)
    once = changes == 1
    lasting = once & (run >= persistence) & significant
    found[once & ~lasting] = NOT_CONFIRMED
    found[lasting & ~first & last] = NEW
    found[lasting & first & ~last] = RECOVERED
    found[ever == 0] = NEVER
    found[(ever == seen) & (seen > 0)] = ALWAYS
    return found


def _course(hot: Bools, measured: Bools) -> tuple[Bools, Bools, NDArray[np.int64], NDArray[np.int64]]:
    """First and last state, number of changes and length of the last run in measured epochs, each shape (m,)."""
    m = hot.shape[0]
    first, last = np.zeros(m, np.bool_), np.zeros(m, np.bool_)
    started = np.zeros(m, np.bool_)
    changes, run = np.zeros(m, np.int64), np.zeros(m, np.int64)
    for epoch in range(hot.shape[1]):
        now, here = hot[:, epoch], measured[:, epoch]
        first = np.where(here & ~started, now, first)
        turned = here & started & (now != last)
        changes += turned
        run = np.where(here, np.where(turned, 1, run + 1), run)
        last = np.where(here, now, last)
        started |= here
    return first, last, changes, run


def change_epoch(hot: Bools, measured: Bools) -> NDArray[np.int64]:
    """0-based epoch of the last change of state of each pixel, -1 where there was none, shape (m,)."""
    m = hot.shape[0]
    found = np.full(m, -1, np.int64)
    last, started = np.zeros(m, np.bool_), np.zeros(m, np.bool_)
    for epoch in range(hot.shape[1]):
        now, here = hot[:, epoch], measured[:, epoch]
        found[here & started & (now != last)] = epoch
        last = np.where(here, now, last)
        started |= here
    return found


def measured_before(changed: NDArray[np.int64], measured: Bools) -> NDArray[np.int64]:
    """0-based epoch at which each pixel was measured last before ``changed``, -1 where there is none, shape (m,)."""
    found = np.full(changed.size, -1, np.int64)
    for epoch in range(measured.shape[1]):
        found[measured[:, epoch] & (epoch < changed)] = epoch
    return found


def jump_significance(rate: Array, err: Array, epoch: NDArray[np.int64]) -> Array:
    """(mean from the epoch of change on - mean before) / its error, shape (m,), weighted by the errors; NaN without a change or errors.

    ``rate``, ``err`` shape (m, n), NaN where not measured.
    """
    good = np.isfinite(rate) & np.isfinite(err) & (err > 0)
    weight = np.where(good, 1.0 / np.where(good, err, 1.0) ** 2, 0.0)
    after = np.arange(rate.shape[1])[None, :] >= np.where(epoch < 0, rate.shape[1], epoch)[:, None]
    values = np.where(good, rate, 0.0)
    late, early = (weight * after).sum(axis=1), (weight * ~after).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        jump = (weight * values * after).sum(axis=1) / late - (weight * values * ~after).sum(axis=1) / early
        return np.asarray(jump / np.sqrt(1.0 / late + 1.0 / early), np.float64)
