"""Compiled loops of the display, and whether they are ready: until then the same is done with numpy."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.progress import Progress, no_progress
from detgui.science import kernels_sample
from detgui.science.jit import kernel, numba_or_none

BLOCK = 4096  # positions kept in the core's own cache between the two loops
LAST_POSITION = 65534  # of the fine table; the one after it is for values that are not finite
_HUGE = sys.float_info.max

STRETCHED = ("float32", "float64", "int32", "uint32")
LOOKED_UP = ("uint16", "uint8")
SWAPPED = ("uint16", "uint32")


@kernel
def stretch(values: NDArray[Any], low: float, scale: float, table: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """``out = table[(values - low) * scale]`` with positions clipped to the table, its last entry where values are not finite; all 1-D."""
    positions = np.empty(BLOCK, np.uint16)
    for start in range(0, values.size, BLOCK):
        # Slices, not offsets: only then do both loops vectorise.
        part = values[start : start + BLOCK]
        result = out[start : start + BLOCK]
        for i in range(part.size):
            value = float(part[i])
            position = (value - low) * scale
            position = position if position > 0.0 else 0.0
            position = min(position, 65534.0)
            positions[i] = np.int32(position) if abs(value) <= _HUGE else np.int32(65535)
        for i in range(result.size):
            result[i] = table[positions[i]]


@kernel
def straight(values: NDArray[Any], low: float, scale: float, out: NDArray[np.uint8]) -> None:
    """``out = (values - low) * scale`` rounded and clipped to 0..253, 255 where values are not finite; all 1-D."""
    for i in range(values.size):
        value = float(values[i])
        level = (value - low) * scale + 0.5
        level = level if level > 0.5 else 0.5
        level = min(level, 253.5)
        out[i] = np.int32(level) if abs(value) <= _HUGE else np.int32(255)


@kernel
def look_up(values: NDArray[Any], table: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """``out = table[values]`` for unsigned integers that cannot lie outside the table; all 1-D."""
    for i in range(values.size):
        out[i] = table[values[i]]


@kernel
def pick(
    indices: NDArray[np.uint8], rows: NDArray[np.intp], columns: NDArray[np.intp], colours: NDArray[np.uint32], out: NDArray[np.uint32]
) -> None:
    """``out = colours[indices[rows, columns]]`` of each row with each column; numbers outside are taken as the nearest that is inside."""
    last_row, last_column = indices.shape[0] - 1, indices.shape[1] - 1
    inside = np.empty(columns.size, np.intp)
    for c in range(columns.size):
        inside[c] = min(max(columns[c], 0), last_column)
    for r in range(rows.size):
        line, result = indices[min(max(rows[r], 0), last_row)], out[r]
        for c in range(columns.size):
            result[c] = colours[line[inside[c]]]


@kernel
def first_flags(dq: NDArray[np.uint32], bits: NDArray[np.uint32], out: NDArray[np.uint8]) -> None:
    """``out = 1 +`` position of the first of ``bits`` that is set in ``dq``, 0 where none is; all 1-D."""
    wanted = np.uint32(0)
    for k in range(bits.size):
        wanted |= bits[k]
    for i in range(dq.size):
        out[i] = 0
        value = dq[i] & wanted
        if value != 0:
            for k in range(bits.size):
                if value & bits[k]:
                    out[i] = k + 1
                    break


@kernel
def swap(numbers: NDArray[Any], mask: Any) -> None:
    """Reverse the bytes of every unsigned integer in place, then exclusive-or it with ``mask`` of the same type; 1-D."""
    if numbers.itemsize == 2:
        for i in range(numbers.size):
            value = np.uint16(numbers[i])
            numbers[i] = np.uint16((value >> np.uint16(8)) | (value << np.uint16(8))) ^ mask
    else:
        for i in range(numbers.size):
            word = np.uint32(numbers[i])
            outer = (word >> np.uint32(24)) | (word << np.uint32(24))
            inner = ((word >> np.uint32(8)) & np.uint32(0xFF00)) | ((word << np.uint32(8)) & np.uint32(0xFF0000))
            numbers[i] = (outer | inner) ^ mask


_state = {"ready": False}


def ready() -> bool:
    """True once `warm` compiled everything in this process."""
    return _state["ready"]


def warm(progress: Progress = no_progress) -> None:
    """Import numba and compile every kernel of the display, or load it from the cache; takes seconds the first time.

    Call it in a worker. Without numba nothing happens and the numpy way stays in use.
    """
    progress(0.0, "loading numba")
    numba = numba_or_none()
    if numba is None:
        return
    jobs = _signatures(numba) + kernels_sample.signatures(numba)
    for number, (function, signature) in enumerate(jobs):
        progress((number + 1) / (len(jobs) + 1), "compiling the display")
        function.compile(*signature)
    _state["ready"] = True
    progress(1.0, "display compiled")


def _signatures(numba: Any) -> list[tuple[Any, tuple[Any, ...]]]:
    def line(dtype: str, axes: int = 1) -> Any:
        return numba.types.Array(getattr(numba.types, dtype), axes, "C")

    table = line("uint8")
    number = numba.types.float64
    jobs: list[tuple[Any, tuple[Any, ...]]] = [(stretch, (line(dtype), number, number, table, table)) for dtype in STRETCHED]
    jobs += [(straight, (line(dtype), number, number, table)) for dtype in STRETCHED]
    jobs += [(look_up, (line(dtype), table, table)) for dtype in LOOKED_UP]
    jobs.append((first_flags, (line("uint32"), line("uint32"), table)))
    jobs.append((pick, (line("uint8", 2), line("intp"), line("intp"), line("uint32"), line("uint32", 2))))
    jobs += [(swap, (line(dtype), getattr(numba.types, dtype))) for dtype in SWAPPED]
    return jobs
