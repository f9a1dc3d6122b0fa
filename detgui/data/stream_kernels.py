"""Compiled loops that read a ramp with positioned reads and reduce it at once, so that nothing but the reduction is ever in memory.

Bytes are read into a buffer that stays in the core's own cache, and turned from big-endian where they are used. The loops hold no
interpreter lock, and look at ``stop`` between two reads. All of it is in one file because numba's cache looks only at a function's own.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.science.jit import REDUCED_FASTMATH, kernel, numba_or_none

DONE = -1
"""What the loops return where everything was reduced."""

STOPPED = -2
"""What they return where ``stop`` was set; any other number is the place of the integration that could not be read."""

UNREADABLE = -3
"""What the loops within them return where something could not be read."""

_HUGE = np.float32(3.4e38)

pread: Any = None
"""The system's positioned read, known to compiled code only; `prepare` sets it."""


def prepare() -> bool:
    """Make the loops ready to be called; False where there is no numba or no positioned read (Windows)."""
    global pread
    numba = numba_or_none()
    if numba is None or sys.platform == "win32":
        return False
    if pread is None:
        types = numba.types
        pread = types.ExternalFunction("pread", types.intp(types.int32, types.uintp, types.uintp, types.int64))
    return True


@kernel
def fill(fd: int, buffer: NDArray[np.uint8], start: int, size: int, offset: int) -> bool:
    """Read ``size`` bytes at ``offset`` of the file into ``buffer[start:]``; False where they are not there."""
    address = buffer.ctypes.data + start
    done = 0
    while done < size:
        got = pread(np.int32(fd), np.uintp(address + done), np.uintp(size - done), np.int64(offset + done))
        if got <= 0:
            return False
        done += got
    return True


@kernel
def fill_frames(fd: int, buffer: NDArray[np.uint8], frames: int, size: int, offset: int, step: int) -> bool:
    """Read ``size`` bytes of each of ``frames`` images that lie ``step`` bytes apart, one after the other into ``buffer``."""
    if size == step:
        return fill(fd, buffer, 0, frames * size, offset)
    for frame in range(frames):  # noqa: SIM110  (compiled)
        if not fill(fd, buffer, frame * size, size, offset + frame * step):
            return False
    return True


@kernel
def float_of(word: Any) -> Any:
    """The float32 whose bytes, in reverse order, are the uint32 ``word``."""
    outer = (word >> np.uint32(24)) | (word << np.uint32(24))
    inner = ((word >> np.uint32(8)) & np.uint32(0xFF00)) | ((word << np.uint32(8)) & np.uint32(0xFF0000))
    return np.uint32(outer | inner).view(np.float32)


@kernel
def int_of(word: Any) -> Any:
    """The int16 whose bytes, in reverse order, are the uint16 ``word``, as float32. BZERO is left out: the weights add up to zero."""
    return np.float32(np.int16((word >> np.uint16(8)) | (word << np.uint16(8))))


@kernel(fastmath=REDUCED_FASTMATH)
def add_four_floats(words: NDArray[np.uint32], size: int, weights: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Add four weighted images of ``size`` pixels, which lie one after the other in ``words``, to ``out``."""
    one, two, three, four = words[:size], words[size : 2 * size], words[2 * size : 3 * size], words[3 * size : 4 * size]
    a, b, c, d = weights[0], weights[1], weights[2], weights[3]
    for i in range(size):
        out[i] += a * float_of(one[i]) + b * float_of(two[i]) + c * float_of(three[i]) + d * float_of(four[i])


@kernel(fastmath=REDUCED_FASTMATH)
def add_two_floats(words: NDArray[np.uint32], size: int, weights: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """The same with two images."""
    one, two = words[:size], words[size : 2 * size]
    a, b = weights[0], weights[1]
    for i in range(size):
        out[i] += a * float_of(one[i]) + b * float_of(two[i])


@kernel(fastmath=REDUCED_FASTMATH)
def add_one_float(words: NDArray[np.uint32], weight: Any, out: NDArray[np.float32]) -> None:
    """The same with one image."""
    for i in range(out.size):
        out[i] += weight * float_of(words[i])


@kernel(fastmath=REDUCED_FASTMATH)
def add_four_ints(words: NDArray[np.uint16], size: int, weights: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """As `add_four_floats`, of 16-bit integers."""
    one, two, three, four = words[:size], words[size : 2 * size], words[2 * size : 3 * size], words[3 * size : 4 * size]
    a, b, c, d = weights[0], weights[1], weights[2], weights[3]
    for i in range(size):
        out[i] += a * int_of(one[i]) + b * int_of(two[i]) + c * int_of(three[i]) + d * int_of(four[i])


@kernel(fastmath=REDUCED_FASTMATH)
def add_one_int(words: NDArray[np.uint16], weight: Any, out: NDArray[np.float32]) -> None:
    """As `add_one_float`, of 16-bit integers."""
    for i in range(out.size):
        out[i] += weight * int_of(words[i])


@kernel
def add_images(
    buffer: NDArray[np.uint8], item: int, images: int, size: int, weights: NDArray[np.float32], out: NDArray[np.float32]
) -> None:
    """Add weighted ``images`` of ``size`` pixels of ``item`` bytes each, one after the other in ``buffer``, to ``out``."""
    at = 0
    if item == 4:
        words = buffer.view(np.uint32)
        while images - at >= 4:
            add_four_floats(words[at * size :], size, weights[at:], out)
            at += 4
        if images - at >= 2:
            add_two_floats(words[at * size :], size, weights[at:], out)
            at += 2
        if images - at == 1:
            add_one_float(words[at * size :], weights[at], out)
    else:
        halves = buffer.view(np.uint16)
        while images - at >= 4:
            add_four_ints(halves[at * size :], size, weights[at:], out)
            at += 4
        while at < images:
            add_one_int(halves[at * size :], weights[at], out)
            at += 1


@kernel
def gather_flags(buffer: NDArray[np.uint8], images: int, size: int, out: NDArray[np.uint8]) -> None:
    """Bitwise or of ``images`` of ``size`` bytes, one after the other in ``buffer``, into ``out``."""
    for image in range(images):
        part = buffer[image * size : (image + 1) * size]
        for i in range(size):
            out[i] |= part[i]


@kernel
def read_flags(
    fd: int, place: int, frame: int, images: int, size: int, buffer: NDArray[np.uint8], stop: NDArray[np.uint8], out: NDArray[np.uint8]
) -> int:
    """Bitwise or into ``out`` of the first ``size`` bytes of ``images`` that lie ``frame`` bytes apart, the first of them at ``place``.

    As many are read at once as ``buffer`` holds. Returns `DONE`, `STOPPED` or `UNREADABLE`.
    """
    several = buffer.size // size
    for first in range(0, images, several):
        some = min(several, images - first)
        if stop[0]:
            return STOPPED
        if not fill_frames(fd, buffer, some, size, place + first * frame, frame):
            return UNREADABLE
        gather_flags(buffer, some, size, out)
    return DONE


@kernel(fastmath=REDUCED_FASTMATH)
def fold(
    slope: NDArray[np.float32],
    flags: NDArray[np.uint8],
    mask: Any,
    total: NDArray[np.float64],
    squares: NDArray[np.float64],
    count: NDArray[np.int32],
) -> None:
    """Add the slopes of one integration where no flag of ``mask`` is set and the slope is finite.

    A float32 and its square are exact in float64, so plain sums lose less than the slopes' own rounding for any number of integrations.
    """
    for i in range(slope.size):
        good = (flags[i] & mask) == 0 and abs(slope[i]) <= _HUGE
        value = np.float64(slope[i]) if good else 0.0
        total[i] += value
        squares[i] += value * value
        count[i] += np.int32(1) if good else np.int32(0)


@kernel
def reduce_slopes(
    fd: int,
    sci: NDArray[np.int64],
    dq: NDArray[np.int64],
    item: int,
    frame: int,
    start: int,
    weights: NDArray[np.float32],
    dq_groups: int,
    mask: Any,
    excluded: NDArray[np.uint8],
    buffer: NDArray[np.uint8],
    slope: NDArray[np.float32],
    flags: NDArray[np.uint8],
    total: NDArray[np.float64],
    squares: NDArray[np.float64],
    count: NDArray[np.int32],
    stop: NDArray[np.uint8],
    done: NDArray[np.int64],
) -> int:
    """Sum, sum of squares and number of the slopes of some integrations, for pixels ``start`` to ``start + total.size`` of a frame.

    ``sci`` and ``dq`` are the byte positions of the integrations' signal (``item`` bytes a pixel, float32 or int16) and flags (a byte a
    pixel, ``dq_groups`` images; none where ``dq`` is empty), ``frame`` the pixels of an image. ``excluded`` (total.size,) has a bit of
    ``mask`` set where a pixel counts in no integration. ``slope`` and ``flags`` are room for one piece; its size and that of ``buffer``
    say how much is read at once. ``done`` counts integrations times pieces. Returns `DONE`, `STOPPED` or the place that failed.
    """
    groups = weights.size
    for index in range(sci.size):
        for begin in range(0, total.size, slope.size):
            size = min(slope.size, total.size - begin)
            values, marks = slope[:size], flags[:size]
            values[:] = 0
            marks[:] = excluded[begin : begin + size]
            if dq.size:
                came = read_flags(fd, dq[index] + start + begin, frame, dq_groups, size, buffer, stop, marks)
                if came != DONE:
                    return STOPPED if came == STOPPED else index
            several = buffer.size // (size * item)
            for group in range(0, groups, several):
                images = min(several, groups - group)
                if stop[0]:
                    return STOPPED
                place = sci[index] + (group * frame + start + begin) * item
                if not fill_frames(fd, buffer, images, size * item, place, frame * item):
                    return index
                add_images(buffer, item, images, size, weights[group:], values)
            fold(values, marks, mask, total[begin : begin + size], squares[begin : begin + size], count[begin : begin + size])
            done[0] += 1
    return DONE
