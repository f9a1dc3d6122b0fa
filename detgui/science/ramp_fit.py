"""The line through a ramp's early groups, what is left of it, and the line through what is left (STScI-009234, section 3.2).

The model is ``signal = offset of the segment + rate * time``: time in s since the reset, a new segment at each jump, one rate. Errors are
those of the weights propagated through the ramp's own covariance (`covariance`), whichever way the weights were made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from detgui.science.covariance import GroupTimes, Noise, linear_variance
from detgui.science.ramp_groups import segment_numbers, usable_groups
from detgui.science.ramp_lines import UsedGroups, Whitener, iterated_line, optimal_line, plain_weights

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
Method = Literal["gls", "ols"]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line through some groups of one ramp.

    ``rate`` DN/s; ``weights`` (ngroups,) give it as ``weights @ signal``, ``intercept_weights`` (ngroups,) the level at time 0, DN, of
    the first segment that has fitted groups; ``offsets`` maps those segments to their level at time 0, DN.
    """

    rate: float
    weights: FloatArray
    intercept_weights: FloatArray
    offsets: dict[int, float]
    differences: int  # between groups of one segment: degrees of freedom plus one

    @property
    def intercept(self) -> float:
        """Level at time 0 of the first segment with fitted groups, DN."""
        return next(iter(self.offsets.values()), np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class RampFit:
    """One ramp, fitted; arrays (ngroups,), DN, NaN where a number does not exist. Rates are DN/s.

    ``late_rate`` is the slope of the residual of the late groups and ``late_weights`` gives it as ``late_weights @ signal``.
    """

    used: BoolArray
    late: BoolArray
    segments: IntArray
    line: Line
    fit: FloatArray
    residual: FloatArray
    late_line: FloatArray
    late_rate: float
    late_weights: FloatArray
    chi2: float
    dof: int
    probability: float
    rate_err: float
    intercept_err: float
    late_rate_err: float


def _nothing(ngroups: int) -> Line:
    return Line(np.nan, np.full(ngroups, np.nan), np.full(ngroups, np.nan), {}, 0)


def _plain_line(used: UsedGroups, signal: FloatArray) -> Line:
    weights = plain_weights(used)
    rate = float(weights @ (signal - signal[0]))  # the weights add up to zero: taking off a level only keeps digits
    mean_time, mean_signal = used.segment_mean(used.time), used.segment_mean(signal)
    first = (used.segment == 0) / np.count_nonzero(used.segment == 0) - mean_time[0] * weights
    return _line(used, rate, weights, first, mean_signal - rate * mean_time)


def _optimal_line(used: UsedGroups, signal: FloatArray, whitener: Whitener, photon: float, read: float) -> Line:
    """Best line and its offsets: what groups share with the kept differences is taken out of the differences across jumps and the first
    group."""
    best = optimal_line(whitener, signal)
    rate = float(best.slope[0])
    shared = photon * (used.time - used.tau) - read  # covariance of the differences before and after each entry
    steps = np.diff(signal) - rate * np.diff(used.time)
    explained = np.zeros_like(steps)
    explained[1:] += shared[1:-1] * best.pull[:-1]
    explained[:-1] += shared[1:-1] * best.pull[1:]
    level = signal[0] - rate * used.time[0]
    corner = shared[0] if used.linked.size and used.linked[0] else 0.0
    if corner:
        level -= corner * best.pull[0]
    offsets = level + np.concatenate([[0.0], np.cumsum((steps - explained)[~used.linked])])
    first = np.zeros(used.row.size)
    first[0] = 1.0
    if corner:
        unit = np.zeros(used.row.size - 1)
        unit[0] = corner
        first -= whitener.on_groups(whitener.solve(unit)[0] * used.linked)
    return _line(used, rate, best.weights, first - (first @ used.time) * best.weights, offsets)


def _line(used: UsedGroups, rate: float, weights: FloatArray, intercept_weights: FloatArray, levels: FloatArray) -> Line:
    offsets = {int(position): float(level) for position, level in zip(used.first, levels, strict=True)}
    return Line(rate, used.spread(weights)[0], used.spread(intercept_weights)[0], offsets, int(used.differences[0]))


def fit_line(
    signal: FloatArray, used: BoolArray, segments: IntArray, times: GroupTimes, noise: Noise, method: Method, rate: float | None = None
) -> tuple[Line, float, float]:
    """Line through the ``used`` groups (ngroups,) of ``signal`` DN; with it the rate (DN/s) its covariance was made with and chi-square.

    ``rate`` fixes the covariance; None iterates it from the data. Chi-square is that of a straight line with offsets under the covariance,
    the same for both methods; NaN without noise or with fewer than two differences. Without noise the weights are the plain ones.
    """
    flat = UsedGroups.of(used[None], segments[None], times)
    if not flat.row.size or not flat.differences[0]:
        return _nothing(signal.size), np.nan, np.nan
    values = signal[flat.group]
    segment_of = segments[flat.group[flat.first]]
    if method == "ols" or not noise.known:
        line = _plain_line(flat, values)
        rate = line.rate if rate is None else rate
        whitener = Whitener.of(flat, np.array([rate]), noise) if noise.known else None
    else:
        if rate is None:
            start = flat.row_sum(plain_weights(flat) * values)
            rate = float(optimal_line(Whitener.of(flat, start, noise), values).slope[0])
        whitener = Whitener.of(flat, np.array([rate]), noise)
        line = _optimal_line(flat, values, whitener, float(noise.photon_scale(rate)), noise.read_variance(times.nframes))
    chi2 = float(optimal_line(whitener, values).chi2[0]) if whitener is not None and line.differences > 1 else np.nan
    offsets = dict(zip((int(s) for s in segment_of), line.offsets.values(), strict=True))
    return Line(line.rate, line.weights, line.intercept_weights, offsets, line.differences), float(rate), chi2


def levels(line: Line, segments: IntArray) -> FloatArray:
    """Offset, DN, that the line has at each group, shape (ngroups,).

    A segment without fitted groups goes on with the offset of the one before it (before the first: with the first), so that a jump that
    the line knows nothing about stays visible in the residual.
    """
    if not line.offsets:
        return np.full(segments.shape, np.nan)
    known = np.fromiter(line.offsets.keys(), dtype=np.int64)
    values = np.fromiter(line.offsets.values(), dtype=np.float64)
    return np.asarray(values[np.clip(np.searchsorted(known, segments, side="right") - 1, 0, None)])


def fit_ramp(
    signal: FloatArray, groupdq: NDArray[np.uint32], times: GroupTimes, early: tuple[int, int], noise: Noise, method: Method
) -> RampFit:
    """Fit groups ``early`` (first and last, 1-based, inclusive) of one ramp, and the residuals of the usable groups after them.

    ``signal`` DN and ``groupdq`` have shape (ngroups,). The late line has its own slope and own offsets, one for each segment, and needs
    two usable groups of one segment. Its error takes along that the residual holds the early line's error.
    """
    number = np.arange(1, signal.size + 1)
    usable, segments = usable_groups(signal, groupdq), segment_numbers(groupdq)
    used = usable & (number >= early[0]) & (number <= early[1])
    late = usable & (number > early[1])
    line, rate, chi2 = fit_line(signal, used, segments, times, noise, method)
    fit = levels(line, segments) + line.rate * times.mean
    residual = signal - fit
    late_line, late_rate = np.full(signal.size, np.nan), np.nan
    late_weights = np.full(signal.size, np.nan)
    above = fit_line(residual, late, segments, times, noise, method, rate)[0] if np.isfinite(line.rate) else _nothing(signal.size)
    if np.isfinite(above.rate):
        late_rate, late_weights = above.rate, above.weights - line.weights
        late_line[late] = (levels(above, segments) + above.rate * times.mean)[late]
    else:
        late = np.zeros_like(late)
    dof = max(line.differences - 1, 0)
    return RampFit(
        used,
        late,
        segments,
        line,
        fit,
        residual,
        late_line,
        late_rate,
        late_weights,
        chi2,
        dof,
        chi_square_probability(chi2, dof),
        _error(line.weights, rate, noise, times),
        _error(line.intercept_weights, rate, noise, times),
        _error(late_weights, rate, noise, times),
    )


def chi_square_probability(chi2: float, dof: int) -> float:
    """Probability of a chi-square at least as large; NaN without degrees of freedom."""
    if dof < 1 or not np.isfinite(chi2):
        return np.nan
    from scipy.special import chdtrc

    return float(chdtrc(dof, chi2))


def _error(weights: FloatArray, rate: float, noise: Noise, times: GroupTimes) -> float:
    return float(np.sqrt(linear_variance(weights, rate, noise, times))) if noise.known else np.nan


def fit_rates(
    signal: FloatArray, used: BoolArray, segments: IntArray, times: GroupTimes, noise: Noise, method: Method
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Rates of the early lines of many ramps at once: rate and its error, DN/s, shape (nramps,), and the weights, 1/s, (nramps, ngroups).

    ``signal`` DN, ``used`` and ``segments`` have shape (nramps, ngroups). NaN for ramps without two usable groups in one segment, and for
    errors without noise.
    """
    flat = UsedGroups.of(used, segments, times)
    values = signal[flat.row, flat.group]
    values = values - values[np.searchsorted(flat.row, flat.row)]
    if method == "gls" and noise.known:
        best, made_with = iterated_line(flat, values, noise)
        weights, rate = best.weights, best.slope
    else:
        weights = plain_weights(flat)
        rate = made_with = flat.row_sum(weights * values)
    spread = flat.spread(weights)
    error = np.sqrt(linear_variance(spread, made_with, noise, times)) if noise.known else np.full(rate.size, np.nan)
    none = flat.differences == 0
    return np.where(none, np.nan, rate), np.where(none, np.nan, error), spread
