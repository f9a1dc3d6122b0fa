"""Compiled loops over many small positioned reads: one pixel of a long exposure is 150,000 of them, and Python takes 10 us for each.

The loops hold no interpreter lock. Where there is no numba, or no positioned read (Windows), `ready` stays False.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.science.jit import kernel, numba_or_none

pread: Any = None
"""The system's positioned read, known to compiled code only; `warm` sets it."""

posix_fadvise: Any = None
"""The system's call that fetches a piece of a file ahead; only where there is one."""

_state = {"ready": False}


@kernel
def read_pieces(fd: int, offsets: NDArray[np.int64], length: int, out: NDArray[np.uint8]) -> int:
    """Read ``length`` bytes at each offset, one after the other into ``out``; returns how many pieces could be read."""
    address = out.ctypes.data
    for i in range(offsets.size):
        done = 0
        while done < length:
            place = np.uintp(address + i * length + done)
            got = pread(np.int32(fd), place, np.uintp(length - done), np.int64(offsets[i] + done))
            if got <= 0:
                return i
            done += got
    return int(offsets.size)


@kernel
def announce_pieces(fd: int, offsets: NDArray[np.int64], length: int, advice: int) -> None:
    """Tell the system which pieces will be read, so that it fetches them side by side; that it cannot is no matter."""
    for i in range(offsets.size):
        posix_fadvise(np.int32(fd), np.int64(offsets[i]), np.int64(length), np.int32(advice))


def ready() -> bool:
    """True once `warm` compiled the loops in this process."""
    return _state["ready"]


def warm() -> None:
    """Compile the loops, or load them from the cache; for a worker."""
    global pread, posix_fadvise
    numba = numba_or_none()
    if numba is None or sys.platform == "win32":
        return
    types = numba.types
    whole, line = types.int64, types.Array(types.int64, 1, "C")
    pread = types.ExternalFunction("pread", types.intp(types.int32, types.uintp, types.uintp, types.int64))
    read_pieces.compile(whole, line, whole, types.Array(types.uint8, 1, "C"))
    if sys.platform == "linux":
        posix_fadvise = types.ExternalFunction("posix_fadvise", types.int32(types.int32, types.int64, types.int64, types.int32))
        announce_pieces.compile(whole, line, whole, whole)
    _state["ready"] = True
