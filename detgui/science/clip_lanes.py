"""Compiled loops for the clipped moments of small boxes: `LANES` boxes side by side, one in every lane of the vector registers.

The same rule as `clip_kernels.clip`. Values lie as (pixel, lane), so that no loop over the few pixels of a box is needed: every step takes
`STEP` pixels of all boxes. Sums of `BLOCK` pixels are float32 about a centre of the box's own, those over blocks float64. All arrays are
flat, as in `clip_kernels`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from detgui.science.clip_kernels import (
    CHUNK,
    FAR,
    FEWEST,
    FILL,
    LARGEST,
    MOST_PASSES,
    SAMPLE,
    U_NONE,
    At,
    Doubles,
    Floats,
    Image,
    Plan,
    aligned,
    clip,
    gather,
)
from detgui.science.jit import REDUCED_FASTMATH, kernel

LANES = 64
STEP = 4
BLOCK = 64
MOST_PIXELS = 512
"""Larger boxes are not small: one chunk of `clip_kernels` takes the largest."""

L1 = np.uint64(LANES)
L2, L3, L4 = np.uint64(2 * LANES), np.uint64(3 * LANES), np.uint64(4 * LANES)

Work = tuple[Floats, Doubles, Floats]
"""Lanes after lanes: limits low and high, number, sum and sum of squares of a block; sums over blocks of the same three, numbers before;
centres and what they are moved by."""

Index = NDArray[np.uint16]


@kernel(fastmath=REDUCED_FASTMATH)
def block_sums(values: Floats, begin: int, end: int, state: Floats) -> None:
    """Add the pixels ``begin`` to ``end - 1`` (a multiple of `STEP`) of ``values`` to number, sum and sum of squares in ``state``."""
    one, nothing = np.float32(1), np.float32(0)
    for at in range(begin, end, STEP):
        base = np.uint64(at) * L1
        for lane in range(L1):
            low, high = state[lane], state[L1 + lane]
            a, b, c, d = values[base + lane], values[base + L1 + lane], values[base + L2 + lane], values[base + L3 + lane]
            ka = one if (a >= low) & (a <= high) else nothing
            kb = one if (b >= low) & (b <= high) else nothing
            kc = one if (c >= low) & (c <= high) else nothing
            kd = one if (d >= low) & (d <= high) else nothing
            a, b, c, d = a * ka, b * kb, c * kc, d * kd
            state[L2 + lane] += (ka + kb) + (kc + kd)
            state[L3 + lane] += (a + b) + (c + d)
            state[L4 + lane] += (a * a + b * b) + (c * c + d * d)


@kernel(fastmath=REDUCED_FASTMATH)
def lane_sums(values: Floats, rows: int, state: Floats, sums: Doubles) -> None:
    """Number, sum and sum of squares, into ``sums``, of the first ``rows`` pixels of ``values`` between the limits of ``state``."""
    for lane in range(L3):
        sums[lane] = 0.0
    for begin in range(0, rows, BLOCK):
        block_sums(values, begin, min(begin + BLOCK, rows), state)
        for lane in range(L3):
            sums[lane] += state[L2 + lane]
            state[L2 + lane] = np.float32(0)


@kernel(fastmath=REDUCED_FASTMATH)
def recentre_lanes(values: Floats, rows: int, centres: Floats, which: At) -> None:
    """Subtract the lanes of ``centres`` from ``which`` on from the first ``rows`` pixels of ``values``."""
    for at in range(rows):
        base = np.uint64(at) * L1
        for lane in range(L1):
            values[base + lane] -= centres[which + lane]


@kernel(fastmath=REDUCED_FASTMATH)
def narrow(sums: Doubles, level: float, state: Floats) -> None:
    """Limits ``level`` standard deviations from the mean where they are narrower; the numbers are kept as those before."""
    for lane in range(L1):
        count = sums[lane]
        some = count if count > 1.0 else 1.0
        mean = sums[L1 + lane] / some
        variance = sums[L2 + lane] / some - mean * mean
        reach = level * math.sqrt(variance if variance > 0.0 else 0.0)
        low, high = np.float32(mean - reach), np.float32(mean + reach)
        state[lane] = low if low > state[lane] else state[lane]
        state[L1 + lane] = high if high < state[L1 + lane] else state[L1 + lane]
        sums[L3 + lane] = count


@kernel(fastmath=REDUCED_FASTMATH)
def first_centres(values: Floats, rows: int, centres: Floats) -> None:
    """Medians of three pixels of every lane; where they do not count the smallest one, and 0 where none does."""
    second, third = np.uint64(rows // 2) * L1, np.uint64(rows - STEP) * L1
    for lane in range(L1):
        a, b, c = values[lane], values[second + lane], values[third + lane]
        low, high = (a if a < b else b), (b if a < b else a)
        middle = high if high < c else c
        middle = middle if middle > low else low
        least = low if low < c else c
        found = middle if middle <= LARGEST else least
        centres[lane] = found if found <= LARGEST else np.float32(0)


@kernel(fastmath=REDUCED_FASTMATH)
def to_means(sums: Doubles, state: Floats, centres: Floats) -> None:
    """Add the means to the centres, keep them as what these are moved by, and take them from the limits of ``state``."""
    for lane in range(L1):
        count = sums[lane]
        by = np.float32(sums[L1 + lane] / (count if count > 1.0 else 1.0))
        centres[L1 + lane] = by
        centres[lane] += by
        state[lane] -= by
        state[L1 + lane] -= by


@kernel(fastmath=REDUCED_FASTMATH)
def changes(sums: Doubles) -> float:
    """In how many lanes the number is not what it was before."""
    found = 0.0
    for lane in range(L1):
        found += 1.0 if sums[lane] != sums[L3 + lane] else 0.0
    return found


@kernel(fastmath=REDUCED_FASTMATH)
def finish_lanes(sums: Doubles, centres: Floats, out: Doubles) -> float:
    """Number left, mean and variance (n - 1) into ``out`` (4, LANES) after the first, NaN for fewer than two values.

    Returns in how many lanes the centre is far from the mean.
    """
    found = 0.0
    for lane in range(L1):
        count = sums[lane]
        some, enough = (count if count > 1.0 else 1.0), count >= FEWEST
        mean = sums[L1 + lane] / some
        square = sums[L2 + lane] / some - mean * mean
        square = square if square > 0.0 else 0.0
        less = count - 1.0 if enough else 1.0
        out[L1 + lane] = count
        out[L2 + lane] = centres[lane] + mean if enough else np.nan
        out[L3 + lane] = square * count / less if enough else np.nan
        found += 1.0 if mean * mean > FAR * square else 0.0
    return found


@kernel
def clip_lanes(values: Floats, rows: int, level: float, work: Work, out: Doubles) -> float:
    """`clip_kernels.clip` of every lane of the first ``rows`` pixels of ``values``, a multiple of `STEP`, into ``out`` (flat: 4, LANES).

    Pixels that do not count are `FILL`; ``values`` is changed. Returns in how many lanes digits were lost: those have to be done alone.
    """
    state, sums, centres = work
    first_centres(values, rows, centres)
    recentre_lanes(values, rows, centres, U_NONE)
    for lane in range(LANES):
        state[lane], state[LANES + lane] = -LARGEST, LARGEST
    lane_sums(values, rows, state, sums)
    for lane in range(LANES):
        out[lane] = sums[lane]
    if level > 0:
        narrow(sums, level, state)
        lane_sums(values, rows, state, sums)
    to_means(sums, state, centres)
    recentre_lanes(values, rows, centres, L1)
    for lane in range(LANES):
        sums[3 * LANES + lane] = -1.0
    for _ in range(MOST_PASSES):
        lane_sums(values, rows, state, sums)
        if level <= 0 or changes(sums) == 0:
            break
        narrow(sums, level, state)
    return finish_lanes(sums, centres, out)


@kernel
def take(strip: Floats, index: Index, begin: At, count: At, values: Floats) -> None:
    """``strip`` at ``count`` places of ``index``: the pixels of `LANES` boxes side by side."""
    for i in range(count):
        values[i] = strip[index[begin + i]]


@kernel
def clip_strips(
    one: Image,
    two: Image,
    bad: NDArray[np.uint8],
    allowed: np.uint8,
    scale: np.float32,
    plan: Plan,
    index: Index,
    span: tuple[int, int],
    level: float,
    scratch: tuple[Floats, Floats, Floats],
    work: Work,
    out: Doubles,
) -> None:
    """`clip_kernels.clip` of the difference and of the sum of two flat images in small boxes, into ``out`` (flat: boxes, 2, 4).

    As `clip_kernels.clip_groups`, with the arrays and the index of `clip_plan.small`; ``scratch`` has room for the pixels of the largest
    group, twice, and for `LANES` of the largest box.
    """
    order, starts, spans, places, first_spans, batches, firsts, rows = plan
    minus, plus, lanes = scratch
    found = np.empty(4 * LANES, np.float64)
    minus[0] = plus[0] = FILL
    for group in range(span[0], span[1]):
        for each in range(first_spans[group], first_spans[group + 1]):
            gather(one, two, bad, allowed, scale, np.uint64(starts[each]), np.uint64(spans[each]), minus, plus, np.uint64(places[each]))
        for batch in range(batches[group], batches[group + 1]):
            begin, size = np.uint64(rows[batch]) * L1, rows[batch + 1] - rows[batch]
            for which in range(2):
                strip = minus if which == 0 else plus
                take(strip, index, begin, np.uint64(size) * L1, lanes)
                lost = clip_lanes(lanes, size, level, work, found)
                for box in range(firsts[batch], firsts[batch + 1]):
                    for figure in range(4):
                        out[8 * order[box] + 4 * which + figure] = found[figure * LANES + box - firsts[batch]]
                if lost > 0:
                    clip_alone(strip, index, begin, size, level, order[firsts[batch] : firsts[batch + 1]], out, 4 * which)


@kernel
def clip_alone(strip: Floats, index: Index, begin: At, rows: int, level: float, boxes: NDArray[np.int64], out: Doubles, place: int) -> None:
    """`clip_kernels.clip` of one lane after the other, into ``out``, at ``place`` of every box."""
    chunk = np.empty(CHUNK, np.float32)
    sums = (np.empty(1, np.float32), np.empty(1, np.float32), np.empty(1, np.float32))
    room = (sums, np.empty(1, np.int32), np.empty(1, np.uint32), np.empty(SAMPLE, np.float32), np.empty(3, np.float64))
    for lane in range(boxes.size):
        chunk[:] = FILL
        for at in range(rows):
            chunk[at] = strip[index[begin + np.uint64(at) * L1 + np.uint64(lane)]]
        clip(chunk, chunk.view(np.int32), chunk.view(np.uint32), U_NONE, rows, level, room, out, 8 * boxes[lane] + place)


@kernel
def lane_index(runs: Plan, firsts: NDArray[np.int64], rows: NDArray[np.int64], index: Index) -> None:
    """Fill ``index`` (flat: rows, LANES): for every batch of boxes, one in a lane, the places of its pixels in the strip, 0 after them.

    ``runs``: first run of every box, place and length of every run; batch b has boxes ``firsts[b]`` and rows ``rows[b]`` on.
    """
    first, places, lengths = runs
    index[:] = 0
    for batch in range(firsts.size - 1):
        for box in range(firsts[batch], firsts[batch + 1]):
            at = rows[batch] * LANES + box - firsts[batch]
            for run in range(first[box], first[box + 1]):
                for place in range(places[run], places[run] + lengths[run]):
                    index[at] = place
                    at += LANES


def work_for() -> Work:
    """Room for `clip_lanes`."""
    return aligned((5 * LANES,)), aligned((4 * LANES,), np.float64), aligned((2 * LANES,))
