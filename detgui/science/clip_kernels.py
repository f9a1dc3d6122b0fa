"""Compiled loops for the clipped moments of boxes of pixels: large boxes, one after the other.

The pixels of a box are copied into chunks of `CHUNK` values. Values are multiplied by 0 or 1 instead of being branched over, and every loop
over a chunk has a fixed length, so that the processor's vector registers are used. Sums over a chunk are float32 about a centre near the
mean, those over chunks float64: 1e-7 of the variance. A chunk remembers the smallest and largest value that it kept: while limits that
become narrower still contain both, its sums stay as they are.

Inner loops take no slices (each would count references, which costs as much as a hundred pixels) and whole unsigned indices (no test for
negative ones).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from detgui.science.jit import REDUCED_FASTMATH, kernel

CHUNK = 512
FILL = np.float32(1e18)
"""Stands for a pixel that does not count; its square is still finite, and it stays what it is when a centre is subtracted."""

LARGEST = np.float32(1e17)
SAMPLE = 9
"""Values whose median is the first centre."""

FAR = 16.0
"""A centre farther than the root of this many variances from the mean costs too many digits: it is moved to the mean."""

MOST_MOVES = 3
MOST_PASSES = 100
FEWEST = 2
LINE = 64
"""Bytes of a line of the processor's cache."""

INFINITE = np.int32(0x7F800000)
"""The bits of an infinite float32."""

U_CHUNK, U_NONE = np.uint64(CHUNK), np.uint64(0)

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Sums = tuple[Floats, Floats, Floats]
Room = tuple[Sums, NDArray[np.int32], NDArray[np.uint32], Floats, Doubles]
"""By chunk: number, sum and sum of squares of what was kept, the bits of the largest positive and of the most negative value kept; a few
values to find a centre; the sums over all chunks (3,)."""

Plan = tuple[NDArray[np.int64], ...]
At = np.uint64
Image = NDArray[np.float32] | NDArray[np.int16]


@kernel(fastmath=REDUCED_FASTMATH)
def gather(
    one: Image,
    two: Image,
    bad: NDArray[np.uint8],
    allowed: np.uint8,
    scale: np.float32,
    begin: At,
    count: At,
    minus: Floats,
    plus: Floats,
    place: At,
) -> None:
    """``scale`` times difference and sum of ``count`` pixels from ``begin`` on, into ``minus`` and ``plus`` from ``place`` on.

    `FILL` where ``bad`` is more than ``allowed`` or a pixel is not finite.
    """
    for i in range(count):
        first, second = np.float32(one[begin + i]), np.float32(two[begin + i])
        difference, total = (first - second) * scale, (first + second) * scale
        ok = bad[begin + i] <= allowed
        minus[place + i] = difference if ok & (abs(difference) <= LARGEST) else FILL
        plus[place + i] = total if ok & (abs(total) <= LARGEST) else FILL


@kernel
def first_centre(values: Floats, begin: At, size: int, sample: Floats) -> np.float32:
    """Median of `SAMPLE` of the values, the lower one of two, those that do not count excepted; 0 where that is as good a centre."""
    found = 0
    for at in range(SAMPLE):
        value = values[begin + np.uint64(at * (size - 1) // (SAMPLE - 1))]
        if abs(value) <= LARGEST:
            place = found
            while place > 0 and sample[place - 1] > value:
                sample[place] = sample[place - 1]
                place -= 1
            sample[place] = value
            found += 1
    if found == 0 or abs(sample[(found - 1) // 2]) < sample[found - 1] - sample[0]:
        return np.float32(0)
    return np.float32(sample[(found - 1) // 2])


@kernel(fastmath=REDUCED_FASTMATH)
def recentre(values: Floats, begin: At, chunks: int, shift: np.float32, low: np.float32, high: np.float32, room: Room) -> None:
    """Subtract ``shift`` from ``chunks`` chunks of ``values`` from ``begin`` on; then as `sweep`, but without the ends of what was kept."""
    (counts, firsts, seconds), most, _, _, _ = room
    one, nothing = np.float32(1), np.float32(0)
    for chunk in range(chunks):
        first = begin + np.uint64(chunk) * U_CHUNK
        count, total, squares = np.float32(0), np.float32(0), np.float32(0)
        for i in range(U_CHUNK):
            value = values[first + i] - shift
            values[first + i] = value
            keep = one if (value >= low) & (value <= high) else nothing
            value = value * keep
            count += keep
            total += value
            squares += value * value
        counts[chunk], firsts[chunk], seconds[chunk] = count, total, squares
        most[chunk] = INFINITE


@kernel(fastmath=REDUCED_FASTMATH)
def sweep(
    values: Floats,
    signed: NDArray[np.int32],
    unsigned: NDArray[np.uint32],
    begin: At,
    chunks: int,
    low: np.float32,
    high: np.float32,
    room: Room,
) -> None:
    """Number, sum and sum of squares of the values of every chunk from ``low`` to ``high``, ends included, into ``room``.

    ``signed`` and ``unsigned`` are the same bits as ``values``; the largest of the former are those of the largest positive value kept,
    of the latter those of the most negative one: whole numbers have a maximum that vectorises whatever NaN is. A chunk in which these
    are inside already keeps its sums.
    """
    (counts, firsts, seconds), most, least, _, _ = room
    tops, bottoms = most.view(np.float32), least.view(np.float32)
    one, nothing = np.float32(1), np.float32(0)
    around = (low <= nothing) & (high >= nothing)
    for chunk in range(chunks):
        if around & (low <= bottoms[chunk]) & (tops[chunk] <= high):
            continue
        first = begin + np.uint64(chunk) * U_CHUNK
        count, total, squares = np.float32(0), np.float32(0), np.float32(0)
        top, bottom = np.int32(0), np.uint32(0)
        for i in range(U_CHUNK):
            value = values[first + i]
            inside = (value >= low) & (value <= high)
            keep = one if inside else nothing
            value = value * keep
            positive = signed[first + i] if inside else np.int32(0)
            negative = unsigned[first + i] if inside else np.uint32(0)
            count += keep
            total += value
            squares += value * value
            top = positive if positive > top else top
            bottom = negative if negative > bottom else bottom
        counts[chunk], firsts[chunk], seconds[chunk] = count, total, squares
        most[chunk], least[chunk] = top, bottom


@kernel(fastmath=REDUCED_FASTMATH)
def add_up(sums: Sums, chunks: int, total: Doubles) -> None:
    """Sums over the first ``chunks`` into ``total`` (3,)."""
    counts, firsts, seconds = sums
    count, first, second = 0.0, 0.0, 0.0
    for chunk in range(chunks):
        count += np.float64(counts[chunk])
        first += np.float64(firsts[chunk])
        second += np.float64(seconds[chunk])
    total[0], total[1], total[2] = count, first, second


@kernel
def clip(
    values: Floats,
    signed: NDArray[np.int32],
    unsigned: NDArray[np.uint32],
    begin: At,
    size: int,
    level: float,
    room: Room,
    out: Doubles,
    place: int,
) -> None:
    """Number before clipping, number left, mean and variance (n - 1) of ``size`` values from ``begin`` on, into ``out`` at ``place``.

    Values farther than ``level`` standard deviations (n) from the mean are left out, again and again until none is; 0 or less: no
    clipping. Mean and variance are NaN for fewer than two values. ``values`` (flat; ``signed`` and ``unsigned`` are their bits) is changed;
    what is after ``size`` in the last chunk has to be `FILL`.
    """
    sums, most, _, sample, total = room
    chunks = -(-size // CHUNK)
    low, high = -LARGEST, LARGEST
    shift = first_centre(values, begin, size, sample)
    if shift == 0:
        for chunk in range(chunks):
            most[chunk] = INFINITE
        sweep(values, signed, unsigned, begin, chunks, low, high, room)
    else:
        recentre(values, begin, chunks, shift, low, high, room)
    add_up(sums, chunks, total)
    out[place] = total[0]
    centre, moves, before = float(shift), 1, -1.0
    for _ in range(MOST_PASSES):
        if moves < MOST_MOVES and far(total):
            shift = np.float32(total[1] / total[0])
            centre, moves, before = centre + float(shift), moves + 1, -1.0
            low, high = (low - shift if low > -LARGEST else low), (high - shift if high < LARGEST else high)
            recentre(values, begin, chunks, shift, low, high, room)
        elif level <= 0 or total[0] < FEWEST or total[0] == before:
            break
        else:
            before = total[0]
            mean = total[1] / before
            reach = level * math.sqrt(max(0.0, total[2] / before - mean * mean))
            low, high = max(low, np.float32(mean - reach)), min(high, np.float32(mean + reach))
            sweep(values, signed, unsigned, begin, chunks, low, high, room)
        add_up(sums, chunks, total)
    finish(total, centre, out, place)


@kernel
def far(total: Doubles) -> bool:
    """Whether sums about a centre lose digits because it is far from the mean."""
    count = max(total[0], 1.0)
    mean = total[1] / count
    return bool(mean * mean > FAR * max(0.0, total[2] / count - mean * mean))


@kernel
def finish(total: Doubles, centre: float, out: Doubles, place: int) -> None:
    """Number left, mean and variance (n - 1) from sums about ``centre``, into ``out`` after ``place``; NaN for fewer than two."""
    count = total[0]
    out[place + 1] = count
    if count < FEWEST:
        out[place + 2] = out[place + 3] = np.nan
    else:
        mean = total[1] / count
        out[place + 2] = centre + mean
        out[place + 3] = max(0.0, total[2] - count * mean * mean) / (count - 1)


@kernel
def clip_groups(
    one: Image,
    two: Image,
    bad: NDArray[np.uint8],
    allowed: np.uint8,
    scale: np.float32,
    plan: Plan,
    span: tuple[int, int],
    level: float,
    scratch: tuple[Floats, Floats],
    room: Room,
    out: Doubles,
) -> None:
    """`clip` of the difference and of the sum of two flat images in boxes, into ``out`` (flat: boxes, 2, 4).

    The images are ``scale`` times ``one`` and ``two``, and a pixel counts where ``bad`` is at most ``allowed``. ``plan`` is that of
    `clip_plan.large`, of which the groups ``span[0]`` to ``span[1] - 1`` are done; ``scratch`` has room for the chunks of the largest
    group, twice.
    """
    order, sizes, offsets, starts, lengths, places, boxes, runs = plan
    minus, plus = scratch
    bits = (minus.view(np.int32), minus.view(np.uint32), plus.view(np.int32), plus.view(np.uint32))
    for group in range(span[0], span[1]):
        for run in range(runs[group], runs[group + 1]):
            gather(one, two, bad, allowed, scale, np.uint64(starts[run]), np.uint64(lengths[run]), minus, plus, np.uint64(places[run]))
        for at in range(boxes[group], boxes[group + 1]):
            begin, size, place = offsets[at] * CHUNK, sizes[at], 8 * order[at]
            for i in range(begin + size, begin + -(-size // CHUNK) * CHUNK):
                minus[i] = plus[i] = FILL
            clip(minus, bits[0], bits[1], np.uint64(begin), size, level, room, out, place)
            clip(plus, bits[2], bits[3], np.uint64(begin), size, level, room, out, place + 4)


@kernel
def clip_rows(rows: Floats, level: float, out: Doubles) -> None:
    """`clip` of every row of ``rows`` (boxes, pixels) into ``out`` (boxes, 4)."""
    size = rows.shape[1]
    used = -(-size // CHUNK)
    values = np.empty(used * CHUNK, np.float32)
    room = (
        (np.empty(used, np.float32), np.empty(used, np.float32), np.empty(used, np.float32)),
        np.empty(used, np.int32),
        np.empty(used, np.uint32),
        np.empty(SAMPLE, np.float32),
        np.empty(3, np.float64),
    )
    for row in range(rows.shape[0]):
        values[:size] = rows[row]
        values[size:] = FILL
        clip(values, values.view(np.int32), values.view(np.uint32), U_NONE, size, level, room, out[row], 0)


def aligned(shape: tuple[int, ...], dtype: DTypeLike = np.float32) -> NDArray[Any]:
    """Zeros that begin where a line of the processor's cache does: a vector that lies across two lines is loaded twice."""
    count = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.zeros(count + LINE, np.uint8)
    begin = -raw.ctypes.data % LINE
    return raw[begin : begin + count].view(dtype).reshape(shape)


def room_for(chunks: int) -> Room:
    """Room for the sums of that many chunks."""
    sums = np.empty(chunks, np.float32), np.empty(chunks, np.float32), np.empty(chunks, np.float32)
    return sums, np.empty(chunks, np.int32), np.empty(chunks, np.uint32), np.empty(SAMPLE, np.float32), np.empty(3)
