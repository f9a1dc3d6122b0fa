"""Which pairs of flats go into a gain: pairs whose map is off are left out (JWST-STScI-004622, section 5.4)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.errors import BadInput
from detgui.science.robust import MAD_TO_SIGMA

Array = NDArray[np.float64]

LARGEST_OFFSET = 0.01
"""The report kept a pair that was 0.8 % low and left out those that were 1.5 to 4 % low."""

LARGEST_PULL = 4.0


@dataclass(frozen=True, slots=True)
class PairFigures:
    """How a pair (``number``, 1-based) compares with the others: ``offset`` of its median box ratio from 1 and the error of that, ``used``,
    and table 5 of the report: mean and standard deviation over boxes of the next pair's map minus this one's (e-/DN, NaN for the last)."""

    number: int
    offset: float
    offset_err: float
    used: bool
    difference: float
    difference_std: float

    @property
    def off(self) -> bool:
        """Whether that is more than `LARGEST_OFFSET` and more than `LARGEST_PULL` errors."""
        return _too_far(self.offset, self.offset_err)


def choose(
    gains: Array, wanted: str | Sequence[int] = "auto", errors: Array | None = None
) -> tuple[tuple[int, ...], tuple[PairFigures, ...]]:
    """Numbers (1-based) of the pairs to use, and the figures of all, from the maps ``gains`` (pairs, boxes) and their ``errors``.

    ``auto`` takes out, the worst first, a pair whose median ratio to the median of the others is off by more than 1 % and by more than 4
    of its errors, as long as three are left to compare. Raises `BadInput` for a pair that is not there.
    """
    count = gains.shape[0]
    used = list(range(count))
    if wanted == "auto":
        while len(used) > 2:
            figures = [_offset(gains, errors, pair, used) for pair in used]
            pulls = [abs(offset) if _too_far(offset, error) else 0.0 for offset, error in figures]
            worst = int(np.argmax(pulls))
            if pulls[worst] == 0.0:
                break
            used.pop(worst)
    elif wanted != "all":
        numbers = sorted({int(number) for number in wanted})
        missing = [number for number in numbers if not 1 <= number <= count]
        if missing or not numbers:
            raise BadInput(f"there is no pair {missing[0] if missing else ''} of flats: the pairs are 1 to {count}".replace("  ", " "))
        used = [number - 1 for number in numbers]
    return tuple(pair + 1 for pair in used), tuple(_figures(gains, errors, pair, used) for pair in range(count))


def _too_far(offset: float, error: float) -> bool:
    return abs(offset) > max(LARGEST_OFFSET, LARGEST_PULL * error)


def _offset(gains: Array, errors: Array | None, pair: int, used: Sequence[int]) -> tuple[float, float]:
    """Median ratio to the median of the other pairs, less 1, and its error.

    The error is that of the boxes' own errors, those of the others' median included; where there are none, what the ratios scatter by. A
    changed gradient lowers large boxes more than small ones: such a pair must not be kept because its boxes scatter.
    """
    others = [each for each in used if each != pair]
    if not others:
        return float("nan"), float("nan")
    with np.errstate(invalid="ignore"):
        ratio = gains[pair] / np.median(gains[others], axis=0)
    there = np.isfinite(ratio)
    if not there.any():
        return 0.0, float("inf")
    ratio = ratio[there]
    middle = float(np.median(ratio))
    if errors is None:
        spread = MAD_TO_SIGMA * float(np.median(np.abs(ratio - middle)))
    else:
        relative = (errors / gains)[:, there]
        both = relative[pair] ** 2 + _median_variance(len(others)) * (relative[others] ** 2).mean(axis=0)
        spread = float(1.0 / np.mean(1.0 / np.sqrt(both)))  # a median looks at the density about the middle
    return middle - 1.0, spread * float(np.sqrt(_median_variance(ratio.size)))


def _median_variance(count: int) -> float:
    """Variance of the median of so many equal Gaussians, that of one being 1 (good for odd numbers, even ones are better)."""
    return math.pi / (2.0 * (count + math.pi / 2.0 - 1.0))


def _figures(gains: Array, errors: Array | None, pair: int, used: Sequence[int]) -> PairFigures:
    offset, error = _offset(gains, errors, pair, used)
    mean = std = float("nan")
    if pair + 1 < gains.shape[0]:
        difference = gains[pair + 1] - gains[pair]
        difference = difference[np.isfinite(difference)]
        if difference.size:
            mean, std = float(difference.mean()), float(difference.std())
    return PairFigures(pair + 1, offset, error, pair in used, mean, std)


def mean_of_pairs(values: Array, errors: Array) -> tuple[Array, Array]:
    """Mean over pairs, (npairs, nboxes) to (nboxes,), and its error in the same unit; NaN where no pair was measured."""
    there = np.isfinite(values) & np.isfinite(errors)
    count = there.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(there, values, 0.0).sum(axis=0) / count
        error = np.sqrt((np.where(there, errors, 0.0) ** 2).sum(axis=0)) / count
    return np.where(count > 0, mean, np.nan), np.where(count > 0, error, np.nan)
