"""Straight lines through ramps whose segments have offsets of their own and a common slope: weights, plain and optimal.

Ramps are laid end to end in flat arrays, one entry for each group that is used, in order of ramp and group. One ramp and thousands cost
the same few array operations.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from detgui.science.covariance import GroupTimes, Noise

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class UsedGroups:
    """The groups that go into a line: ``row`` (ramp), ``group`` (from 0) and ``segment`` of each, flat; ``shape`` (nramps, ngroups)."""

    row: IntArray
    group: IntArray
    segment: IntArray
    shape: tuple[int, int]
    times: GroupTimes

    @classmethod
    def of(cls, used: BoolArray, segments: IntArray, times: GroupTimes) -> UsedGroups:
        """Flat form of ``used`` and ``segments``, both of shape (nramps, ngroups)."""
        row, group = np.nonzero(used)
        number = segments[row, group]
        starts = np.ones(row.size, dtype=bool)
        starts[1:] = (row[1:] != row[:-1]) | (number[1:] != number[:-1])
        return cls(row, group, np.cumsum(starts) - 1, (used.shape[0], used.shape[1]), times)

    @cached_property
    def linked(self) -> BoolArray:
        """Whether an entry and the next one are of one segment: only such differences tell about the slope."""
        return np.asarray(self.segment[1:] == self.segment[:-1])

    @cached_property
    def first(self) -> IntArray:
        """Position of each segment's first entry."""
        return np.flatnonzero(np.diff(self.segment, prepend=-1))

    @cached_property
    def time(self) -> FloatArray:
        """Mean time of each entry, s."""
        return np.asarray(self.times.mean[self.group])

    @cached_property
    def tau(self) -> FloatArray:
        """Variance-weighted time of each entry, s."""
        return np.asarray(self.times.tau[self.group])

    @cached_property
    def differences(self) -> IntArray:
        """Differences within segments, for each ramp: what is left of its groups after the offsets."""
        return np.bincount(self.row[1:][self.linked], minlength=self.shape[0])

    def spread(self, values: FloatArray) -> FloatArray:
        """Flat values as (nramps, ngroups), 0 elsewhere."""
        out = np.zeros(self.shape)
        out[self.row, self.group] = values
        return out

    def row_sum(self, values: FloatArray) -> FloatArray:
        """Sum of flat values over each ramp, shape (nramps,)."""
        return np.asarray(np.bincount(self.row, weights=values, minlength=self.shape[0]), dtype=np.float64)

    def segment_mean(self, values: FloatArray) -> FloatArray:
        """Mean of flat values over each segment, shape (nsegments,)."""
        return np.asarray(np.bincount(self.segment, weights=values) / np.bincount(self.segment))


def plain_weights(used: UsedGroups) -> FloatArray:
    """Weights of the least-squares slope, 1/s, flat: slope = sum(weights * signal) for each ramp; zero where a ramp has no slope."""
    centred = used.time - used.segment_mean(used.time)[used.segment]
    power = used.row_sum(centred**2)[used.row]
    return np.asarray(np.divide(centred, power, out=np.zeros_like(centred), where=power > 0))


@dataclass(frozen=True, eq=False)
class Whitener:
    """Inverse covariance of the differences between neighbouring used groups of a segment.

    Differences are independent of everything but their neighbours (Brandt 2024, equations 28 and 29), and a free offset for each segment
    is the same as leaving out the difference across the jump, so generalised least squares with offsets needs one tridiagonal system.
    """

    used: UsedGroups
    diagonal: FloatArray
    beside: FloatArray

    @classmethod
    def of(cls, used: UsedGroups, rate: FloatArray, noise: Noise) -> Whitener:
        """Covariance at ``rate`` DN/s, shape (nramps,), of differences in DN."""
        linked = used.linked
        photon = noise.photon_scale(rate)[used.row[1:]]
        read = noise.read_variance(used.times.nframes)
        diagonal = np.where(linked, photon * (used.tau[1:] + used.tau[:-1] - 2.0 * used.time[:-1]) + 2.0 * read, 1.0)
        shared = (photon * (used.time[1:] - used.tau[1:]) - read)[:-1]
        return cls(used, diagonal, np.where(linked[1:] & linked[:-1], shared, 0.0))

    def solve(self, *columns: FloatArray) -> tuple[FloatArray, ...]:
        """Inverse covariance times each flat column of differences (length one less than the entries)."""
        from scipy.linalg.lapack import dptsv

        if not self.diagonal.size:
            return tuple(np.zeros(0) for _ in columns)
        right = np.stack(columns, axis=1)
        if self.diagonal.size == 1:  # the LAPACK wrapper wants at least one neighbour
            solved = right / self.diagonal
        else:
            _, _, solved, info = dptsv(self.diagonal, self.beside, right)
            if info:
                solved = np.full_like(right, np.nan)
        return tuple(solved[:, i] for i in range(len(columns)))

    def differences(self, values: FloatArray) -> FloatArray:
        """Differences of flat values, 0 across jumps and ramps."""
        return np.where(self.used.linked, np.diff(values), 0.0)

    def on_groups(self, weights: FloatArray) -> FloatArray:
        """Weights of differences as weights of the groups."""
        out = np.zeros(self.used.row.size)
        out[1:] += weights
        out[:-1] -= weights
        return out


@dataclass(frozen=True, eq=False)
class OptimalLine:
    """Generalised least squares: slope ``weights`` (1/s, flat), ``slope`` DN/s and ``chi2`` (nramps,), and ``pull``, the inverse
    covariance times the residual differences (flat), which carries noise that groups share over to the offsets."""

    weights: FloatArray
    slope: FloatArray
    chi2: FloatArray
    pull: FloatArray


def optimal_line(whitener: Whitener, signal: FloatArray) -> OptimalLine:
    """Best line under the covariance in ``whitener`` through the flat ``signal`` DN; ramps without a difference get zero weights and
    slope."""
    used = whitener.used
    dt, dy = whitener.differences(used.time), whitener.differences(signal)
    white_t, white_y = whitener.solve(dt, dy)
    owner = used.row[1:]
    power = np.bincount(owner, weights=dt * white_t, minlength=used.shape[0])
    safe = np.where(power > 0, power, np.inf)
    slope = np.bincount(owner, weights=dt * white_y, minlength=used.shape[0]) / safe
    chi2 = np.bincount(owner, weights=dy * white_y, minlength=used.shape[0]) - slope**2 * power
    weights = whitener.on_groups(white_t / safe[owner])
    return OptimalLine(weights, slope, np.maximum(chi2, 0.0), white_y - slope[owner] * white_t)


def iterated_line(used: UsedGroups, signal: FloatArray, noise: Noise) -> tuple[OptimalLine, FloatArray]:
    """OLS slope, covariance, line, covariance, line: the line, and the rates (nramps,) that its covariance was made with, DN/s."""
    slope = used.row_sum(plain_weights(used) * signal)
    made_with = optimal_line(Whitener.of(used, slope, noise), signal).slope
    return optimal_line(Whitener.of(used, made_with, noise), signal), made_with
