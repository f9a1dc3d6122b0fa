"""Compiled loops over the sample that display limits and histogram come from; each runs in one go, so that other threads can work."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.science.jit import kernel

SAMPLED = ("float32", "float64", "uint16")
_EXPONENT = np.int32(0x7F800000)
_MAGNITUDE = np.int32(0x7FFFFFFF)


@kernel
def ordered_extremes(bits: NDArray[np.int32]) -> tuple[np.int32, np.int32]:
    """Smallest and largest finite float32 of their ``bits``, as integers in the same order; the first is larger where there is none.

    Integers, because a loop over floats that minds NaN is not vectorised.
    """
    low, high = _MAGNITUDE, np.int32(-0x80000000)
    for i in range(bits.size):
        word = bits[i]
        place = word ^ ((word >> np.int32(31)) & _MAGNITUDE)
        finite = (word & _EXPONENT) != _EXPONENT
        low = min(low, place if finite else _MAGNITUDE)
        high = max(high, place if finite else np.int32(-0x80000000))
    return low, high


@kernel
def gather(values: NDArray[Any], step: int, largest: float, out: NDArray[np.float64]) -> int:
    """Every ``step``-th value that is finite, within +-``largest``, to the front of ``out``; returns how many; all 1-D."""
    count = 0
    for i in range(0, values.size, step):
        value = float(values[i])
        if np.isfinite(value):
            out[count] = min(max(value, -largest), largest)
            count += 1
    return count


@kernel
def clipped_slope(ordered: NDArray[np.float64], sigma: float, least: int, width: int, iterations: int) -> float:
    """Slope per rank of the line through sorted values, clipped again and again; NaN where fewer than ``least`` are left."""
    size = ordered.size
    good = np.ones(size, np.bool_)
    bad_before = np.zeros(size + 1, np.int64)
    after = (width - 1) // 2
    slope, before, count = 0.0, size + 1, size
    for _ in range(iterations):
        if count >= before or count < least:
            break
        centre, mean = 0.0, 0.0
        for i in range(size):
            if good[i]:
                centre += i
                mean += ordered[i]
        centre /= count
        mean /= count
        product, square = 0.0, 0.0
        for i in range(size):
            if good[i]:
                product += (i - centre) * (ordered[i] - mean)
                square += (i - centre) * (i - centre)
        slope = product / square
        offset, scatter = 0.0, 0.0
        for i in range(size):
            if good[i]:
                offset += ordered[i] - mean - slope * (i - centre)
        offset /= count
        for i in range(size):
            if good[i]:
                scatter += (ordered[i] - mean - slope * (i - centre) - offset) ** 2
        limit = sigma * np.sqrt(scatter / count)
        for i in range(size):
            bad = not good[i] or abs(ordered[i] - mean - slope * (i - centre)) > limit
            bad_before[i + 1] = bad_before[i] + bad
        before, count = count, 0
        for i in range(size):
            first, last = max(i + after + 1 - width, 0), min(i + after + 1, size)
            good[i] = bad_before[last] == bad_before[first]
            count += good[i]
    return slope if count >= least else np.nan


@kernel
def count_between(values: NDArray[np.float64], edges: NDArray[np.float64], first: int, last: int, counts: NDArray[np.int64]) -> None:
    """Add to ``counts`` the values of each bin, which has its left edge and not its right one, the last bin both; all 1-D.

    Edges ``first`` to ``last`` are even; values lie between the outer edges.
    """
    scale = (last - first) / (edges[last] - edges[first])
    for i in range(values.size):
        value = values[i]
        if value < edges[first]:
            place = 0
        elif value >= edges[last]:
            place = edges.size - 2
        else:
            place = first + int((value - edges[first]) * scale)
            while value < edges[place]:
                place -= 1
            while value >= edges[place + 1]:
                place += 1
        counts[min(place, counts.size - 1)] += 1


def signatures(numba: Any) -> list[tuple[Any, tuple[Any, ...]]]:
    """Kernels and the types of their arguments, for `kernels.warm`."""

    def line(dtype: str) -> Any:
        return numba.types.Array(getattr(numba.types, dtype), 1, "C")

    whole, number = numba.types.int64, numba.types.float64
    jobs: list[tuple[Any, tuple[Any, ...]]] = [(gather, (line(dtype), whole, number, line("float64"))) for dtype in SAMPLED]
    jobs.append((ordered_extremes, (line("int32"),)))
    jobs.append((clipped_slope, (line("float64"), number, whole, whole, whole)))
    jobs.append((count_between, (line("float64"), line("float64"), whole, whole, line("int64"))))
    return jobs
