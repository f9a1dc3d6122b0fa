"""One bin of integrations averaged to a mean ramp for every pixel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.slope_blocks import compiled, excluded_pixels, flag_byte
from detgui.data import ramp_kernels, stream
from detgui.data.reader import as_flags
from detgui.data.stream import Block, Gauge

PIECE = 1 << 15
"""Pixels averaged at once: with `TOGETHER` integrations their bytes stay in the core's own cache."""

MANY = 64
"""Integrations from which single ones are not told apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Bin:
    """A bin's number and its blocks: one for each file that it has integrations in, all of the same rows."""

    number: int
    blocks: tuple[Block, ...]

    @property
    def rows(self) -> tuple[int, int]:
        """First and last row."""
        return self.blocks[0].rows

    @property
    def nbytes(self) -> int:
        """Bytes that are read."""
        return sum(block.nbytes for block in self.blocks)


def bins_of(numbers: NDArray[np.int64], most: int) -> tuple[NDArray[np.int64], list[NDArray[np.int64]]]:
    """Edges, (nbins + 1,), and members of at most ``most`` bins of equal numbers of consecutive integrations, the last maybe smaller.

    Many integrations are taken a multiple of `TOGETHER` at a time: finer bins cost the pass more than they tell while a range is dragged.
    """
    size = -(-numbers.size // max(1, most))
    if numbers.size >= MANY:
        size = -(-size // ramp_kernels.TOGETHER) * ramp_kernels.TOGETHER
    members = [numbers[start : start + size] for start in range(0, numbers.size, size)]
    return np.array([*(int(each[0]) for each in members), int(numbers[-1]) + 1], np.int64), members


class Binner:
    """One thread's way to average bins; it keeps the buffers. ``held``: descriptors of the files."""

    def __init__(self, mask: int, held: Mapping[Path, int]) -> None:
        self.mask, self.held = mask, held
        self._buffer = np.empty(0, np.uint8)

    def average(self, item: Bin, row: int, mean: NDArray[np.float32], count: NDArray[np.int32], gauge: Gauge) -> None:
        """Fill the bin's rows in ``mean`` (ngroups, nrows, nx) and ``count`` (nrows, nx), which begin with ``row`` of the exposure.

        Raises `BadInput` where bytes are not there.
        """
        low, high = item.rows[0] - row, item.rows[1] - row + 1
        piece = min(PIECE, item.blocks[0].pixels)
        counter = gauge.begin(item.nbytes / -(-item.blocks[0].pixels // piece))
        if all(compiled(block) for block in item.blocks):
            self._fast(item, piece, mean, low * mean.shape[2], count[low:high], counter, gauge.stop)
        else:
            self._plain(item, mean[:, low:high], count[low:high], gauge.stop)
        gauge.end(item.nbytes)

    def _fast(
        self,
        item: Bin,
        piece: int,
        mean: NDArray[np.float32],
        column: int,
        count: NDArray[np.int32],
        counter: NDArray[np.int64],
        stop: NDArray[np.uint8],
    ) -> None:
        blocks = item.blocks
        form = blocks[0].sci_form
        sci = np.concatenate([block.sci for block in blocks])
        which = np.repeat(np.arange(len(blocks)), [block.sci.size for block in blocks])
        together = ramp_kernels.TOGETHER
        self._buffer = self._buffer if self._buffer.size else np.empty(4 * together * PIECE, np.uint8)
        failed = ramp_kernels.average_ramps(
            np.array([self.held[blocks[number].file.path] for number in which], np.int32),
            sci,
            np.concatenate([block.dq for block in blocks]) if self.mask & 0xFF else np.empty(0, np.int64),
            form.raw.itemsize,
            np.float32(form.xor),
            blocks[0].frame,
            blocks[0].start,
            blocks[0].dq_groups,
            np.uint8(flag_byte(self.mask)),
            which.astype(np.int64),
            np.stack([excluded_pixels(block, self.held[block.file.path], self.mask) for block in blocks]),
            self._buffer,
            np.zeros((-(-sci.size // together) * together, piece), np.uint8),
            np.empty(piece, np.float32),
            np.empty(piece, np.uint8),
            mean.reshape(len(mean), -1),
            column,
            count.reshape(-1),
            stop,
            counter,
        )
        if failed >= 0:
            block = blocks[int(which[failed])]
            raise stream.cut_short(block, self.held[block.file.path])

    def _plain(self, item: Bin, mean: NDArray[np.float32], count: NDArray[np.int32], stop: NDArray[np.uint8]) -> None:
        total = np.zeros((mean.shape[0], count.size))
        number = np.zeros(count.size, np.int32)
        for block in item.blocks:
            fd = self.held[block.file.path]
            excluded = excluded_pixels(block, fd, self.mask) != 0
            for index in range(block.sci.size):
                if stop[0]:
                    return
                signal = stream.read_images(fd, block, block.sci_form, int(block.sci[index]), block.shape[0])
                good = ~excluded
                if block.dq_form is not None:
                    flags = as_flags(stream.read_images(fd, block, block.dq_form, int(block.dq[index]), block.dq_groups))
                    good &= (np.bitwise_or.reduce(flags, axis=0) & np.uint32(self.mask)) == 0
                total[:, good] += signal[:, good].astype(np.float64)
                number += good
        broken = ~np.isfinite(total).all(axis=0)
        total[:, broken], number[broken] = 0.0, 0
        mean[:] = (total / np.maximum(number, 1)).reshape(mean.shape)
        count[:] = number.reshape(count.shape)
