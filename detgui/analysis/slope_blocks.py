"""Slopes of blocks of an exposure: the same reduction for the threads of this process and for the workers of a cluster.

``combine([reduce_block(task) for task in block_tasks(exposure, params)])`` gives the moments that `moments` gives, to rounding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from detgui.data import stream, stream_kernels
from detgui.data.exposure import Exposure
from detgui.data.reader import as_flags
from detgui.data.stream import Block, Gauge
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.dq import PIXEL
from detgui.science.slope_moments import Moments, slopes_of
from detgui.science.slope_weights import late_minus_early

if TYPE_CHECKING:
    from detgui.analysis.slope_map import Params

PIECE = 1 << 16
"""Pixels reduced at once: their sums stay in the core's own cache."""

BUFFER = 1 << 19
"""Bytes read at once."""

MOMENT_BYTES = 20
"""Of a pixel's moments in each thread."""

BAND_BYTES = 1 << 28
"""Bytes of all threads' moments; larger images are reduced in several bands of rows."""

ANY_FLAG = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, eq=False)
class BlockTask:
    """What a worker needs: a block, the weights of its groups (ngroups,), 1/group, and the DQ bits that exclude. Can be pickled."""

    block: Block
    weights: NDArray[np.float64]
    mask: int


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    """Moments of one block's rows; ``rows`` first and last."""

    rows: tuple[int, int]
    moments: Moments


def mask_of(flags: Sequence[str] | None) -> int:
    """DQ bits that exclude; every bit for None. Raises `BadInput` for a name that is no flag."""
    if flags is None:
        return ANY_FLAG
    for name in flags:
        if name not in PIXEL:
            raise BadInput(f"there is no DQ flag {name!r}: it is one of {', '.join(PIXEL)}")
    return sum(PIXEL[name] for name in dict.fromkeys(flags))


def chosen_integrations(exposure: Exposure, wanted: tuple[int, int] | None) -> NDArray[np.int64]:
    """Numbers of the integrations in a range, those that are there."""
    numbers = exposure.integrations
    return numbers if wanted is None else numbers[(numbers >= wanted[0]) & (numbers <= wanted[1])]


def chosen_rows(exposure: Exposure, roi: tuple[int, int, int, int] | None) -> tuple[int, int]:
    """First and last row that have to be read."""
    return (0, exposure.shape[2] - 1) if roi is None else (roi[1], roi[3])


def bands(rows: tuple[int, int], nx: int, workers: int) -> list[tuple[int, int]]:
    """Rows cut into bands whose moments fit into `BAND_BYTES` for all threads."""
    most = max(1, BAND_BYTES // (MOMENT_BYTES * workers * nx))
    return [(first, min(first + most - 1, rows[1])) for first in range(rows[0], rows[1] + 1, most)]


def block_tasks(exposure: Exposure, params: Params, workers: int = 1, block_bytes: int = stream.BLOCK_BYTES) -> list[BlockTask]:
    """The whole work, cut into pieces for workers. Raises `BadInput` where the exposure was closed or changed."""
    weights = late_minus_early(exposure.shape[1], params.fit_groups)
    mask = mask_of(params.flags)
    numbers = chosen_integrations(exposure, params.integrations)
    cut = bands(chosen_rows(exposure, params.roi), exposure.shape[3], workers)
    return [BlockTask(block, weights, mask) for rows in cut for block in stream.blocks(exposure, numbers, rows, block_bytes)]


def reduce_block(task: BlockTask) -> Partial:
    """Open the block's file and reduce it. Raises `BadInput` where the file is not what it was or ends too early."""
    moments = Moments.zeros(task.block.pixels)
    with stream.opened(task.block) as fd:
        Reducer(task.weights, task.mask, moments).reduce(task.block, fd, Gauge())
    return Partial(task.block.rows, moments)


def combine(partials: Iterable[Partial], shape: tuple[int, int]) -> Moments:
    """Moments of an image of ``shape`` (ny, nx), flat; rows that no partial has stay empty."""
    ny, nx = shape
    whole = Moments.zeros(ny * nx)
    for partial in partials:
        part = slice(partial.rows[0] * nx, (partial.rows[1] + 1) * nx)
        Moments(whole.total[part], whole.squares[part], whole.count[part]).add(partial.moments)
    return whole


def moments(
    exposure: Exposure,
    params: Params,
    progress: Progress = no_progress,
    workers: int | None = None,
    part: tuple[float, float] = (0.0, 1.0),
) -> Moments:
    """The whole pass with threads of this process, shape (ny * nx,). Raises `BadInput` where a file changes or ends too early."""
    count = stream.workers_for(workers)
    stream_kernels.prepare()
    tasks = block_tasks(exposure, params, count, _block_bytes(exposure, count))
    by_rows: dict[tuple[int, int], list[BlockTask]] = {}
    for task in tasks:
        by_rows.setdefault(task.block.rows, []).append(task)
    partials: list[Partial] = []
    with exposure.hold() as held:
        for number, (rows, members) in enumerate(by_rows.items()):
            step = (part[1] - part[0]) / len(by_rows)
            here = (part[0] + number * step, part[0] + (number + 1) * step)
            made: list[Moments] = []

            def work(items: Iterator[Block], gauge: Gauge, members: list[BlockTask] = members, made: list[Moments] = made) -> None:
                own = Moments.zeros(members[0].block.pixels)
                reducer = Reducer(members[0].weights, members[0].mask, own)
                for block in items:
                    reducer.reduce(block, held[block.file.path], gauge)
                made.append(own)

            stream.share([task.block for task in members], work, progress, f"slopes of {exposure.name}", count, here)
            for own in made[1:]:
                made[0].add(own)
            partials.append(Partial(rows, made[0]))
    exposure.check()
    return combine(partials, exposure.shape[2:])


def _block_bytes(exposure: Exposure, workers: int) -> int:
    """Small exposures are cut finer, so that every thread has something to do."""
    return int(min(stream.BLOCK_BYTES, max(1 << 20, exposure.nbytes // (4 * workers))))


class Reducer:
    """One thread's way to add blocks of the same rows to its moments; it keeps the buffers."""

    def __init__(self, weights: NDArray[np.float64], mask: int, moments: Moments) -> None:
        self.weights, self.mask, self.moments = weights, mask, moments
        self._single = weights.astype(np.float32)
        self._piece = min(PIECE, moments.count.size)
        self._buffer = np.empty(0, np.uint8)

    def reduce(self, block: Block, fd: int, gauge: Gauge) -> None:
        """Add a block. Raises `BadInput` where its bytes are not there."""
        excluded = excluded_pixels(block, fd, self.mask)
        counter = gauge.begin(block.nbytes / max(1, block.sci.size * -(-block.pixels // self._piece)))
        if compiled(block):
            self._fast(block, fd, excluded, counter, gauge.stop)
        else:
            self._plain(block, fd, excluded, counter, gauge.stop)
        gauge.end(block.nbytes)

    def _fast(self, block: Block, fd: int, excluded: NDArray[np.uint8], counter: NDArray[np.int64], stop: NDArray[np.uint8]) -> None:
        if not self._buffer.size:
            self._buffer = np.empty(max(BUFFER, 8 * self._piece), np.uint8)
            self._slope = np.empty(self._piece, np.float32)
            self._flags = np.empty(self._piece, np.uint8)
        failed = stream_kernels.reduce_slopes(
            fd,
            block.sci,
            block.dq if self.mask & 0xFF else block.dq[:0],
            block.sci_form.raw.itemsize,
            block.frame,
            block.start,
            self._single,
            block.dq_groups,
            np.uint8(flag_byte(self.mask)),
            excluded,
            self._buffer,
            self._slope,
            self._flags,
            self.moments.total,
            self.moments.squares,
            self.moments.count,
            stop,
            counter,
        )
        if failed >= 0:
            raise stream.cut_short(block, fd)

    def _plain(self, block: Block, fd: int, excluded: NDArray[np.uint8], counter: NDArray[np.int64], stop: NDArray[np.uint8]) -> None:
        for index in range(block.sci.size):
            if stop[0]:
                return
            signal = stream.read_images(fd, block, block.sci_form, int(block.sci[index]), block.shape[0])
            flags = None
            if block.dq_form is not None:
                flags = as_flags(stream.read_images(fd, block, block.dq_form, int(block.dq[index]), block.dq_groups))
            slopes, good = slopes_of(signal, flags, self.weights, self.mask)
            good &= excluded == 0
            self.moments.add_slopes(slopes[None], good[None])
            counter[0] += -(-block.pixels // self._piece)


def compiled(block: Block) -> bool:
    """Whether the compiled loops can read the block: float32, or 16-bit integers, with GROUPDQ of one byte if any."""
    form = block.sci_form
    plain = form.raw.str in (">f4", ">i2") and form.scale == 1.0 and form.blank is None and (form.zero == 0.0 or form.xor != 0)
    flags = block.dq_form is None or (block.dq_form.raw.itemsize == 1 and not block.dq_form.scaled and not block.dq_form.xor)
    return plain and flags and stream_kernels.prepare()


def excluded_pixels(block: Block, fd: int, mask: int) -> NDArray[np.uint8]:
    """A byte for each pixel of the block, not zero (and seen by `flag_byte`) where PIXELDQ excludes it."""
    if block.pixeldq is None or block.pixeldq_form is None:
        return np.zeros(block.pixels, np.uint8)
    marks = as_flags(stream.read_images(fd, block, block.pixeldq_form, block.pixeldq, 1)[0])
    return np.where((marks & np.uint32(mask)) != 0, np.uint8(flag_byte(mask)), np.uint8(0)).astype(np.uint8)


def flag_byte(mask: int) -> int:
    """The bits of the mask that GROUPDQ, one byte a pixel, can have; one more where it has none of them."""
    return mask & 0xFF or 0x80
