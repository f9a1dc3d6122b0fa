"""Moments of slopes from blocks that the workers of an executor read and reduce, a Dask cluster's or other processes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Executor
from typing import TYPE_CHECKING

from detgui.analysis.slope_blocks import BlockTask, chosen_integrations, chosen_rows, combine, mask_of, reduce_block
from detgui.data import stream
from detgui.data.exposure import Exposure
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.slope_moments import Moments
from detgui.science.slope_weights import late_minus_early
from detgui.tasks.blocks import map_blocks

if TYPE_CHECKING:
    from detgui.analysis.slope_map import Params

BLOCK_BYTES = 1 << 28
"""Most bytes of a block: about a second of reading, so that the cost of sending it does not count and a lost worker loses little."""

LEAST_BYTES = 1 << 24
"""Blocks are not cut smaller than this to give every worker something."""

BLOCKS_EACH = 4
"""Blocks for each thread at least, where the exposure is large enough: workers are not equally fast."""

READ_BYTES = 1 << 18
"""Bytes that lie together in the file, at least, where images are cut into bands."""


def moments(
    exposure: Exposure, params: Params, executor: Executor, progress: Progress = no_progress, part: tuple[float, float] = (0.0, 1.0)
) -> Moments:
    """The whole pass with the executor's workers, shape (ny * nx,); equal to `slope_blocks.moments` to rounding.

    Raises `BadInput`, naming the worker, for a file that one does not have, and where a file changes or ends too early.
    """
    threads = int(getattr(executor, "threads", None) or os.cpu_count() or 1)
    tasks = list(cut(exposure, params, threads))
    packed = next((task.block.file.path.name for task in tasks if task.block.packed), None)
    if packed is not None:
        raise BadInput(f"{packed} is packed with gzip: unpack it to work on it with other processes")
    sizes = [task.block.nbytes for task in tasks]
    whole = combine(map_blocks(executor, reduce_block, tasks, progress, f"slopes of {exposure.name}", sizes, part), exposure.shape[2:])
    exposure.check()
    return whole


def cut(exposure: Exposure, params: Params, threads: int) -> Iterator[BlockTask]:
    """The work in blocks for ``threads`` workers.

    What a block sends back is as large as its rows, so blocks are bands of few rows of as many integrations as possible.
    """
    weights, mask = late_minus_early(exposure.shape[1], params.fit_groups), mask_of(params.flags)
    numbers, rows = chosen_integrations(exposure, params.integrations), chosen_rows(exposure, params.roi)
    _, ngroups, _, nx = exposure.shape
    row_bytes = nx * exposure.dtype.itemsize
    total = numbers.size * ngroups * (rows[1] - rows[0] + 1) * (row_bytes + nx)
    block_bytes = min(BLOCK_BYTES, max(LEAST_BYTES, total // (BLOCKS_EACH * threads)))
    in_file = -(-numbers.size // len(exposure.files))
    band = max(block_bytes // (in_file * ngroups * (row_bytes + nx)), -(-READ_BYTES // row_bytes), 1)
    for first in range(rows[0], rows[1] + 1, band):
        for block in stream.blocks(exposure, numbers, (first, min(first + band - 1, rows[1])), block_bytes):
            yield BlockTask(block, weights, mask)
