"""Positioned reads of contiguous runs and of many scattered pieces.

A run is read and swapped in pieces small enough to stay in a core's cache. Scattered pieces (one pixel of every group) are first
announced to the system, which then fetches them side by side, and read one after the other; where the system cannot be told, threads do it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.data import piece_kernels
from detgui.data.files import OpenFile
from detgui.data.pixels import PixelFormat
from detgui.progress import Progress, no_progress
from detgui.science import kernels

CHUNK = 1 << 19  # bytes; stays in a core's cache until it is swapped
KERNEL_CHUNK = 1 << 24  # with the compiled swap; larger, because after each chunk a busy window's thread may keep this one waiting
BATCH = 1024  # scattered pieces between two progress calls
THREADS = 16
_CAN_ADVISE = hasattr(os, "posix_fadvise")
Offsets = NDArray[np.int64]


def read_run(file: OpenFile, fd: int, offset: int, form: PixelFormat, out: NDArray[Any]) -> None:
    """Read ``out.size`` consecutive pixels from byte ``offset`` into the 1-D contiguous ``out`` (dtype ``form.value``)."""
    step = (KERNEL_CHUNK if kernels.ready() else CHUNK) // form.raw.itemsize
    spare = np.empty(min(step, out.size) * form.raw.itemsize, np.uint8) if form.scaled else None
    for start in range(0, out.size, step):
        part = out[start : start + step]
        chunk = part.view(np.uint8) if spare is None else spare[: part.size * form.raw.itemsize]
        file.read_at(fd, chunk.data, offset + start * form.raw.itemsize)
        form.decode(chunk, part)


def read_scattered(
    file: OpenFile,
    fd: int,
    offsets: Sequence[int] | NDArray[np.int64],
    form: PixelFormat,
    out: NDArray[Any],
    progress: Progress = no_progress,
    message: str = "",
) -> None:
    """Read one short row of pixels at each byte offset; ``out`` has shape (len(offsets), pixels), contiguous, dtype ``form.value``."""
    offsets = np.asarray(offsets, np.int64)
    length = out.shape[1] * form.raw.itemsize
    chunk = np.empty((len(offsets), length), np.uint8) if form.scaled else out.view(np.uint8).reshape(len(offsets), length)
    read = _announced if _CAN_ADVISE else _threaded
    for start in range(0, len(offsets), BATCH):
        progress(start / len(offsets), message)
        read(file, fd, offsets[start : start + BATCH], chunk[start : start + BATCH])
    form.decode(chunk.reshape(-1), out.reshape(-1))


def _announced(file: OpenFile, fd: int, offsets: Offsets, chunk: NDArray[np.uint8]) -> None:
    wanted, length = os.POSIX_FADV_WILLNEED, chunk.shape[1]
    if piece_kernels.ready():
        piece_kernels.announce_pieces(fd, offsets, length, wanted)
    else:
        try:
            for offset in offsets.tolist():
                os.posix_fadvise(fd, offset, length, wanted)
        except OSError:  # a file system that takes no advice
            return _threaded(file, fd, offsets, chunk)
    _plain(file, fd, offsets, chunk)


def _plain(file: OpenFile, fd: int, offsets: Offsets, chunk: NDArray[np.uint8]) -> None:
    line, length = chunk.reshape(-1), chunk.shape[1]
    done = piece_kernels.read_pieces(fd, offsets, length, line) if piece_kernels.ready() else 0
    view = line.data
    for index, offset in enumerate(offsets[done:].tolist(), done):  # also a piece that could not be read: it says why
        file.read_at(fd, view[index * length : (index + 1) * length], offset)


def _threaded(file: OpenFile, fd: int, offsets: Offsets, chunk: NDArray[np.uint8]) -> None:
    share = max(4, -(-len(offsets) // THREADS))
    starts = range(0, len(offsets), share)
    with ThreadPoolExecutor(len(starts), "detgui-read") as pool:
        list(pool.map(lambda s: _plain(file, fd, offsets[s : s + share], chunk[s : s + share]), starts))
