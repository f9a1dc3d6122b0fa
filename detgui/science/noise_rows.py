"""Lines along the slow axis of excessive noise: one detector column read with a bad reference or a bad amplifier.

In NIRSpec files these are image rows. Each line's spread is compared with that of its neighbours in the same output; a line is
called noisy at a family-wise false-alarm rate for the whole image.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.science.noise_lines import Split
from detgui.science.read_order import ReadOrder
from detgui.science.robust import MAD_TO_SIGMA, nan_median

Floats = NDArray[np.float64]

ALPHA = 0.01
"""Chance that a clean image has any line that is called noisy."""

WINDOW = 64
"""Neighbours, on both sides together, that a line is compared with."""

SHARED = 1.5
"""Squares of neighbouring differences have a correlation of 1/4 on either side: their mean varies by that much more."""

FEWEST_PIXELS = 30
LEAST_EXCESS = 0.1
"""A line at least this part noisier than its neighbours is worth a name; less is the detector's own variety."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Noise of every place along the fast axis.

    Attributes
    ----------
    noise, err : (n_fast,) standard deviation along the slow axis, image's unit; NaN with too few pixels
    usual : (n_fast,) what its neighbours have
    significance : (n_fast,) standard deviations of the logarithm above ``usual``
    noisy : places of lines that are too noisy, 0-based
    """

    noise: Floats
    err: Floats
    usual: Floats
    significance: Floats
    noisy: NDArray[np.intp]


@dataclass(slots=True)
class RowSums:
    """Adds up the squares of several images, such as the differences of a ramp's groups; ``expected`` their variances by the errors."""

    squares: Floats
    count: Floats
    fourth: Floats
    expected: Floats

    @classmethod
    def empty(cls, n_fast: int) -> RowSums:
        """Nothing added yet."""
        return cls(*(np.zeros(n_fast) for _ in range(4)))

    def add(self, found: Split, err: NDArray[np.float32] | None = None) -> None:
        """Add an image; ``err`` (slow, fast) its standard deviations, as far as they are known.

        From differences of neighbours along the slow axis: what is left of a source changes little from one to the next.
        """
        both = found.good[1:] & found.good[:-1]
        squares = np.where(both, (found.rest[1:] - found.rest[:-1]) ** 2, np.float32(0)) * np.float32(0.5)
        count = both.sum(axis=0)
        self.squares += squares.sum(axis=0, dtype=np.float64)
        self.fourth += (squares**2).sum(axis=0, dtype=np.float64)
        self.count += count
        if err is not None:
            variance = np.where(found.good, err, 0).astype(np.float64) ** 2
            self.expected += np.where(both, 0.5 * (variance[1:] + variance[:-1]), 0.0).sum(axis=0)


def rows(sums: RowSums, order: ReadOrder, alpha: float = ALPHA) -> Rows:
    """Noise of every line, and those that stand out."""
    enough = sums.count >= FEWEST_PIXELS
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = np.where(enough, sums.squares / sums.count, np.nan)
        noise = np.sqrt(variance)
        kurtosis = np.clip(sums.fourth / sums.count / (sums.squares / sums.count) ** 2, 1.5, 30.0)
        relative = np.sqrt(SHARED * (kurtosis - 1) / (4 * sums.count))
        expected = sums.expected / sums.count
        known = enough & np.isfinite(expected) & (expected > 0)
        scale = np.sqrt(expected) if known.sum() == enough.sum() and known.any() else np.ones(noise.size)
        logarithm = np.log(noise / scale)
    usual, significance = np.full(noise.size, np.nan), np.full(noise.size, np.nan)
    for number in range(len(order.names)):
        members = order.members(number)
        middle = _local(logarithm[members])
        rest = logarithm[members] - middle
        # Gaussian scatter: an excess of kurtosis of the line itself must not hide it.
        theory = np.sqrt(SHARED / (2 * np.maximum(sums.count[members], 1)))
        spread = MAD_TO_SIGMA * np.median(np.abs(rest[np.isfinite(rest)])) if np.isfinite(rest).any() else 0.0
        usual[members] = np.exp(middle) * scale[members]
        significance[members] = rest / np.maximum(theory, spread)
    return Rows(noise, noise * relative, usual, significance, _noisy(significance, noise / usual, alpha))


def _noisy(significance: Floats, ratio: Floats, alpha: float) -> NDArray[np.intp]:
    from scipy.special import ndtri

    tested = np.isfinite(significance).sum()
    if not tested:
        return np.empty(0, np.intp)
    limit = -ndtri(alpha / tested)
    with np.errstate(invalid="ignore"):
        return np.flatnonzero((significance > limit) & (ratio > 1 + LEAST_EXCESS))


def _local(values: Floats) -> Floats:
    """Median of the nearest `WINDOW` values around each, itself left out; shifted inwards at the ends."""
    n = values.size
    half = WINDOW // 2
    if n <= WINDOW + 1:
        return np.full(n, float(nan_median(values))) if n else values
    views = np.lib.stride_tricks.sliding_window_view(values, 2 * half + 1)
    start = np.clip(np.arange(n) - half, 0, n - 2 * half - 1)
    stack = views[start].copy()
    stack[np.arange(n), np.arange(n) - start] = np.nan
    return nan_median(stack, axis=1)


def noisy_samples(lines: NDArray[np.float32], samples: NDArray[np.intp], alpha: float = ALPHA) -> NDArray[np.intp]:
    """Which of the reference samples (places along the fast axis) of a raw IRS2 frame (slow, fast) are too noisy.

    Their common level in each line is taken off; drifts by differences of lines.
    """
    if samples.size < 16:
        return np.empty(0, np.intp)
    values = lines[:, samples].astype(np.float64)
    values -= np.median(values, axis=1, keepdims=True)
    step = np.diff(values, axis=0) / np.sqrt(2.0)
    noise = MAD_TO_SIGMA * np.median(np.abs(step - np.median(step, axis=0)), axis=0)
    deviation = np.maximum(noise, np.minimum(values.std(axis=0), 20 * noise))
    logarithm = np.log(np.maximum(deviation, 1e-9))
    rest = logarithm - np.median(logarithm)
    theory = 1.2 / np.sqrt(lines.shape[0])  # of a median absolute deviation, or of correlated levels
    spread = max(theory, MAD_TO_SIGMA * float(np.median(np.abs(rest))))
    places = _noisy(rest / spread, np.exp(rest), alpha)
    return np.asarray(samples[places], np.intp)
