"""Memory of images that are not shown any more, for the next ones: fresh memory costs more than reading into it."""

from __future__ import annotations

import math
import weakref
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from detgui.progress import Progress, no_progress

SMALLEST = 1 << 20  # bytes; smaller arrays are allocated as usual


class Buffers:
    """Gives arrays whose memory comes back when the last of them and of its views is gone. Thread-safe."""

    def __init__(self, spare_bytes: int) -> None:
        """``spare_bytes``: so much unused memory is kept at most."""
        self._most = spare_bytes
        self._spare: dict[int, list[NDArray[np.uint8]]] = {}  # size in bytes: blocks; lists are changed by single calls only

    @property
    def spare_bytes(self) -> int:
        """Bytes that are kept unused."""
        return sum(size * len(blocks) for size, blocks in list(self._spare.items()))

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """A contiguous array with any content."""
        kind = np.dtype(dtype)
        size = math.prod(shape) * kind.itemsize
        if size < SMALLEST:
            return np.empty(shape, kind)
        try:
            block = self._spare[size].pop()
        except (KeyError, IndexError):
            block = np.empty(size, np.uint8)
        # Every view of this array holds on to it, not to the block: numpy looks through arrays only.
        array = np.frombuffer(block.data, kind)
        weakref.finalize(array, self._take_back, block).atexit = False
        return array.reshape(shape)

    def has(self, sizes: tuple[int, ...]) -> bool:
        """Whether unused memory of each of these numbers of bytes is kept; small ones need none."""
        return all(size < SMALLEST or self._spare.get(size) for size in sizes)

    def reserve(self, sizes: tuple[int, ...], progress: Progress = no_progress) -> None:
        """Make memory of each of these numbers of bytes ready, as far as unused memory may be kept."""
        for size in sizes:
            if self.has((size,)):
                continue
            block = np.empty(size, np.uint8)
            for start in range(0, size, SMALLEST):
                progress(start / size, "making room")
                block[start : start + SMALLEST] = 0  # the system gives memory when it is first written to
            self._take_back(block)

    def _take_back(self, block: NDArray[np.uint8]) -> None:
        if self.spare_bytes + block.size <= self._most:
            self._spare.setdefault(block.size, []).append(block)
