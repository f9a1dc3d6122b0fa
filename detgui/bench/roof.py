"""The roof: reading bytes and adding them up, with as many threads and the same positioned reads as the passes over ramps."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.slope_blocks import BUFFER
from detgui.data import stream_kernels
from detgui.data.stream_kernels import fill
from detgui.science.jit import REDUCED_FASTMATH, kernel


@kernel(fastmath=REDUCED_FASTMATH)
def add_up(words: NDArray[np.uint64]) -> int:
    """Sum of the words."""
    total = np.uint64(0)
    for i in range(words.size):
        total += words[i]
    return int(total)


@kernel
def read_and_add(fd: int, offset: int, size: int, buffer: NDArray[np.uint8]) -> int:
    """Sum of ``size`` bytes from ``offset``, as 64-bit words, -1 where they cannot be read; ``size`` a multiple of 8."""
    total = 0
    for start in range(0, size, buffer.size):
        count = min(buffer.size, size - start)
        if not fill(fd, buffer, 0, count, offset + start):
            return -1
        total += add_up(buffer[:count].view(np.uint64))
    return total


class Roof:
    """Threads that read the bytes of a file and add them up: with positioned reads, or through a memory map."""

    def __init__(self, path: Path, workers: int) -> None:
        stream_kernels.prepare()
        self.path, self.workers = path, workers
        self.size = path.stat().st_size // (8 * workers) * 8 * workers
        self._buffers = [np.empty(BUFFER, np.uint8) for _ in range(workers)]

    def read(self) -> None:
        """With positioned reads into a buffer for each thread."""
        fd = os.open(self.path, os.O_RDONLY)
        share = self.size // self.workers
        try:
            with ThreadPoolExecutor(self.workers) as pool:
                list(pool.map(lambda k: read_and_add(fd, k * share, share, self._buffers[k]), range(self.workers)))
        finally:
            os.close(fd)

    def mapped(self) -> None:
        """Through a memory map: without the copy, but a file cut short under it ends the program."""
        words = np.memmap(self.path, np.uint64, "r", shape=(self.size // 8,))
        share = words.size // self.workers
        with ThreadPoolExecutor(self.workers) as pool:
            list(pool.map(lambda k: add_up(words[k * share : (k + 1) * share]), range(self.workers)))
