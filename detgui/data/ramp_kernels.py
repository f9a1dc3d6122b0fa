"""Compiled loops that average the ramps of some integrations while they are read, and that add up such averages again."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.data.stream_kernels import DONE, STOPPED, fill, float_of, int_of, read_flags
from detgui.science.jit import REDUCED_FASTMATH, kernel

TOGETHER = 4
"""Integrations that are added up in one go over the sums."""

_HUGE = np.float32(3.4e38)


@kernel(fastmath=REDUCED_FASTMATH)
def keep_valid(flags: NDArray[np.uint8], mask: Any, keep: NDArray[np.uint8], count: NDArray[np.int32]) -> None:
    """``keep`` is 1 where no flag of ``mask`` is set, and counted."""
    for i in range(flags.size):
        good = np.uint8(1) if (flags[i] & mask) == 0 else np.uint8(0)
        keep[i] = good
        count[i] += np.int32(good)


@kernel(fastmath=REDUCED_FASTMATH)
def weigh(count: NDArray[np.int32], share: NDArray[np.float32]) -> None:
    """``share = 1 / count``, 0 where that is 0."""
    for i in range(count.size):
        share[i] = np.float32(1.0) / np.float32(count[i]) if count[i] > 0 else np.float32(0.0)


@kernel(fastmath=REDUCED_FASTMATH)
def add_floats(
    words: NDArray[np.uint32],
    keep: NDArray[np.uint8],
    share: NDArray[np.float32],
    first: bool,
    out: NDArray[np.float32],
    broken: NDArray[np.uint8],
) -> None:
    """Add the kept pixels of four images, each times ``share``, to ``out`` (or begin it); ``broken`` where the sum is not finite.

    ``words`` and ``keep`` have shapes (4, n); an image that is not there is not kept.
    """
    a, b, c, d = words[0], words[1], words[2], words[3]
    k, m, n, o = keep[0], keep[1], keep[2], keep[3]
    zero = np.float32(0.0)
    for i in range(out.size):
        one = float_of(a[i]) if k[i] else zero
        two = float_of(b[i]) if m[i] else zero
        three = float_of(c[i]) if n[i] else zero
        four = float_of(d[i]) if o[i] else zero
        total = ((one + two) + (three + four)) * share[i]
        broken[i] |= np.uint8(0) if abs(total) <= _HUGE else np.uint8(1)
        out[i] = total if first else out[i] + total


@kernel(fastmath=REDUCED_FASTMATH)
def add_ints(
    words: NDArray[np.uint16], keep: NDArray[np.uint8], share: NDArray[np.float32], first: bool, zero: Any, out: NDArray[np.float32]
) -> None:
    """The same of 16-bit integers, ``zero`` (BZERO) added to each."""
    a, b, c, d = words[0], words[1], words[2], words[3]
    k, m, n, o = keep[0], keep[1], keep[2], keep[3]
    nothing = np.float32(0.0)
    for i in range(out.size):
        one = int_of(a[i]) + zero if k[i] else nothing
        two = int_of(b[i]) + zero if m[i] else nothing
        three = int_of(c[i]) + zero if n[i] else nothing
        four = int_of(d[i]) + zero if o[i] else nothing
        total = ((one + two) + (three + four)) * share[i]
        out[i] = total if first else out[i] + total


@kernel
def average_ramps(
    fds: NDArray[np.int32],
    sci: NDArray[np.int64],
    dq: NDArray[np.int64],
    item: int,
    zero: Any,
    frame: int,
    start: int,
    dq_groups: int,
    mask: Any,
    which: NDArray[np.int64],
    excluded: NDArray[np.uint8],
    buffer: NDArray[np.uint8],
    keep: NDArray[np.uint8],
    share: NDArray[np.float32],
    flags: NDArray[np.uint8],
    out: NDArray[np.float32],
    column: int,
    count: NDArray[np.int32],
    stop: NDArray[np.uint8],
    done: NDArray[np.int64],
) -> int:
    """Mean ramp and number of the valid ramps of some integrations, for the pixels ``start`` and on of a frame.

    ``fds``, ``sci``, ``dq``: descriptor and byte positions of each integration; ``which`` the row of ``excluded`` (n, pixels) that is its
    PIXELDQ; ``keep`` (integrations rounded up to `TOGETHER`, piece), ``share``, ``flags`` (piece,) and ``buffer`` are room. They are
    the pixels ``column`` and on of ``out`` (ngroups, n), 0 where ``count`` (pixels,) is 0: also where a valid ramp is not finite.
    Returns as `stream_kernels.reduce_slopes`.
    """
    pixels = count.size
    for begin in range(0, pixels, flags.size):
        size = min(flags.size, pixels - begin)
        marks, here, parts = flags[:size], count[begin : begin + size], share[:size]
        here[:] = 0
        keep[:, :] = 0
        for index in range(sci.size):
            marks[:] = excluded[which[index], begin : begin + size]
            if dq.size:
                came = read_flags(fds[index], dq[index] + start + begin, frame, dq_groups, size, buffer, stop, marks)
                if came != DONE:
                    return STOPPED if came == STOPPED else index
            keep_valid(marks, mask, keep[index, :size], here)
        weigh(here, parts)
        marks[:] = 0
        failed = add_ramps(fds, sci, item, zero, frame, start + begin, buffer, keep, parts, out, column + begin, marks, stop)
        if failed != DONE:
            return failed
        drop_broken(marks, out[:, column + begin : column + begin + size], here)
        done[0] += 1
    return DONE


@kernel
def add_ramps(
    fds: NDArray[np.int32],
    sci: NDArray[np.int64],
    item: int,
    zero: Any,
    frame: int,
    start: int,
    buffer: NDArray[np.uint8],
    keep: NDArray[np.uint8],
    share: NDArray[np.float32],
    out: NDArray[np.float32],
    column: int,
    broken: NDArray[np.uint8],
    stop: NDArray[np.uint8],
) -> int:
    """Mean of the kept ramps of ``broken.size`` pixels, from ``start`` on in a frame and from ``column`` on in ``out``.

    Everything else, and what is returned, as in `average_ramps`.
    """
    size = broken.size
    for first in range(0, sci.size, TOGETHER):
        kept = keep[first : first + TOGETHER, :size]
        for group in range(out.shape[0]):
            if stop[0]:
                return STOPPED
            for index in range(first, min(first + TOGETHER, sci.size)):
                place = sci[index] + (group * frame + start) * item
                if not fill(fds[index], buffer, (index - first) * size * item, size * item, place):
                    return index
            target = out[group, column : column + size]
            read = buffer[: TOGETHER * size * item]
            if item == 4:
                add_floats(read.view(np.uint32).reshape((TOGETHER, size)), kept, share, first == 0, target, broken)
            else:
                add_ints(read.view(np.uint16).reshape((TOGETHER, size)), kept, share, first == 0, zero, target)
    return DONE


@kernel
def drop_broken(broken: NDArray[np.uint8], out: NDArray[np.float32], count: NDArray[np.int32]) -> None:
    """Empty the pixels whose mean is not finite."""
    for i in range(broken.size):
        if broken[i]:
            out[:, i] = 0
            count[i] = 0


@kernel(fastmath=REDUCED_FASTMATH)
def add_weighted(mean: NDArray[np.float32], weight: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """``out += weight * mean``, all 1-D."""
    for i in range(out.size):
        out[i] += weight[i] * mean[i]


@kernel
def sum_ramps(
    mean: NDArray[np.float32], weights: NDArray[np.float32], bins: NDArray[np.int64], first: int, last: int, out: NDArray[np.float32]
) -> None:
    """Add some of the mean ramps (nbins, ngroups, pixels), weighted per pixel, to groups ``first`` to ``last - 1`` of ``out``.

    ``weights`` has shape (bins.size, pixels), ``out`` (ngroups, pixels).
    """
    for group in range(first, last):
        for number in range(bins.size):
            add_weighted(mean[bins[number], group], weights[number], out[group])
