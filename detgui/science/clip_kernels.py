"""Compiled loops for the clipped moments of boxes of pixels.

Pixels are multiplied by 0 or 1 instead of being branched over, so that the loops use the processor's vector registers. Sums of `CHUNK`
values are float32 about a centre near the mean, the sum over chunks is float64: 1e-7 of the variance.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from detgui.science.jit import REDUCED_FASTMATH, kernel

CHUNK = 512
FILL = np.float32(1e18)
"""Stands for a pixel that does not count; its square is still finite."""

LARGEST = np.float32(1e17)
SAMPLE = 64
MOST_PASSES = 100
FEWEST = 2


@kernel(fastmath=REDUCED_FASTMATH)
def moments_between(values: NDArray[np.float32], low: np.float32, high: np.float32, out: NDArray[np.float64]) -> None:
    """Number, sum and sum of squares, into ``out`` (3,), of the values from ``low`` to ``high``, ends included."""
    out[:] = 0.0
    for begin in range(0, values.size, CHUNK):
        part = values[begin : begin + CHUNK]
        count, total, squares = np.float32(0), np.float32(0), np.float32(0)
        for i in range(part.size):
            keep = np.float32(1) if (part[i] >= low) & (part[i] <= high) else np.float32(0)
            value = part[i] * keep
            count += keep
            total += value
            squares += value * value
        out[0] += count
        out[1] += total
        out[2] += squares


@kernel(fastmath=REDUCED_FASTMATH)
def shift(values: NDArray[np.float32], centre: np.float32) -> None:
    """Subtract ``centre`` from the values, those that do not count excepted."""
    for i in range(values.size):
        value = values[i]
        values[i] = value - centre if value <= LARGEST else FILL


@kernel
def near_mean(values: NDArray[np.float32]) -> np.float32:
    """Mean of a few values that count, 0 where none does."""
    total, count = 0.0, 0
    for value in values:
        if value <= LARGEST:
            total += value
            count += 1
            if count == SAMPLE:
                break
    return np.float32(total / max(1, count))


@kernel
def clip(values: NDArray[np.float32], level: float, room: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Number before clipping, number left, mean and variance (n - 1) of ``values``, into ``out`` (4,).

    Values farther than ``level`` standard deviations (n) from the mean are left out, again and again until none is; 0 or less: no
    clipping. Mean and variance are NaN for fewer than two values. ``values`` is changed, ``room`` is (3,).
    """
    centre = near_mean(values)
    shift(values, centre)
    low, high = -LARGEST, LARGEST
    moments_between(values, low, high, room)
    out[0] = room[0]
    for _ in range(MOST_PASSES):
        count = room[0]
        if level <= 0 or count < FEWEST:
            break
        mean = room[1] / count
        reach = level * math.sqrt(max(0.0, room[2] / count - mean * mean))
        low, high = max(low, np.float32(mean - reach)), min(high, np.float32(mean + reach))
        moments_between(values, low, high, room)
        if room[0] == count:
            break
    count = room[0]
    out[1] = count
    if count < FEWEST:
        out[2] = out[3] = np.nan
    else:
        mean = room[1] / count
        out[2] = centre + mean
        out[3] = max(0.0, room[2] - count * mean * mean) / (count - 1)


@kernel(fastmath=REDUCED_FASTMATH)
def gather(
    one: NDArray[np.float32],
    two: NDArray[np.float32],
    sign: np.float32,
    bad: NDArray[np.uint8],
    out: NDArray[np.float32],
) -> None:
    """``one + sign * two`` of a run of pixels, `FILL` where one is bad or not finite."""
    for i in range(out.size):
        value = one[i] + sign * two[i]
        out[i] = value if (abs(value) <= LARGEST) & (bad[i] == 0) else FILL


@kernel
def clip_boxes(
    one: NDArray[np.float32],
    two: NDArray[np.float32],
    bad: NDArray[np.uint8],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
    boxes: NDArray[np.int64],
    span: tuple[int, int],
    level: float,
    values: NDArray[np.float32],
    out: NDArray[np.float64],
) -> None:
    """`clip` of the difference and of the sum of two flat images in boxes ``span[0]`` to ``span[1] - 1``, into ``out`` (boxes, 2, 4).

    Box k has the runs ``boxes[k]`` to ``boxes[k + 1] - 1`` of pixels, each from ``starts`` on and ``lengths`` long; ``values`` has room
    for the largest box.
    """
    room = np.empty(3, np.float64)
    for box in range(span[0], span[1]):
        for which in range(2):
            sign = np.float32(-1) if which == 0 else np.float32(1)
            size = 0
            for run in range(boxes[box], boxes[box + 1]):
                begin, end = starts[run], starts[run] + lengths[run]
                gather(one[begin:end], two[begin:end], sign, bad[begin:end], values[size : size + end - begin])
                size += end - begin
            clip(values[:size], level, room, out[box, which])


@kernel
def clip_rows(values: NDArray[np.float32], level: float, out: NDArray[np.float64]) -> None:
    """`clip` of every row of ``values`` (boxes, pixels), which are changed, into ``out`` (boxes, 4)."""
    room = np.empty(3, np.float64)
    for row in range(values.shape[0]):
        clip(values[row], level, room, out[row])
