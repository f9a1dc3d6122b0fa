"""Sums over integrations from which mean, scatter and count of slopes come; sums of different blocks can be added up in any order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Sum (DN/group), sum of squares and number of the slopes of valid integrations, each of shape (npixels,)."""

    total: FloatArray
    squares: FloatArray
    count: NDArray[np.int32]

    @classmethod
    def zeros(cls, pixels: int) -> Moments:
        """Nothing added yet."""
        return cls(np.zeros(pixels), np.zeros(pixels), np.zeros(pixels, np.int32))

    def add(self, other: Moments) -> None:
        """Add the sums of other integrations of the same pixels, in place."""
        np.add(self.total, other.total, out=self.total)
        np.add(self.squares, other.squares, out=self.squares)
        np.add(self.count, other.count, out=self.count)

    def add_slopes(self, slopes: FloatArray, good: NDArray[np.bool_]) -> None:
        """Add slopes of some integrations, both of shape (n, npixels), where they are good."""
        values = np.where(good, slopes, 0.0)
        np.add(self.total, values.sum(axis=0), out=self.total)
        np.add(self.squares, (values**2).sum(axis=0), out=self.squares)
        np.add(self.count, good.sum(axis=0, dtype=np.int32), out=self.count)

    @property
    def mean(self) -> FloatArray:
        """Mean slope, DN/group, NaN where nothing was added."""
        return np.asarray(np.divide(self.total, self.count, out=np.full(self.total.shape, np.nan), where=self.count > 0))

    @property
    def variance(self) -> FloatArray:
        """Variance of a single slope between integrations (divisor n - 1), NaN with fewer than two."""
        mean = np.divide(self.total, self.count, out=np.zeros_like(self.total), where=self.count > 0)
        centred = np.maximum(self.squares - mean * self.total, 0.0)
        return np.asarray(np.divide(centred, self.count - 1.0, out=np.full(centred.shape, np.nan), where=self.count > 1))


def slopes_of(signal: NDArray[Any], flags: NDArray[Any] | None, weights: FloatArray, mask: int) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Slopes (DN/group) and whether they count, both of shape (npixels,), of one integration read into memory.

    ``signal`` DN and ``flags`` have shape (ngroups, npixels); a slope counts where no group has a flag of ``mask`` and it is finite.
    """
    used = np.flatnonzero(weights)
    with np.errstate(invalid="ignore", over="ignore"):
        slopes = weights[used] @ signal[used].astype(np.float64, copy=False)
    good = np.isfinite(slopes)
    if flags is not None:
        good &= (np.bitwise_or.reduce(flags, axis=0) & mask) == 0
    return slopes, good
