"""Mean ramps of bins of consecutive integrations: from them the slope map of any N and any range of integrations follows at once.

The mean ramp of a pixel's valid integrations is all that the mean slope needs, whatever the early groups are. It does not tell the scatter
between integrations, so the errors of these maps are those of the last exact map, carried over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from detgui.analysis import slope_map as maps
from detgui.analysis.mean_ramp_maps import image, slope_map
from detgui.analysis.mean_ramp_types import MeanRamps, Params
from detgui.analysis.memory import own_bytes
from detgui.analysis.provenance import provenance
from detgui.analysis.ramp_bins import Bin, Binner, bins_of
from detgui.analysis.ramp_sums import CHUNK, chunks_of
from detgui.analysis.slope_blocks import chosen_integrations, chosen_rows, mask_of
from detgui.analysis.slope_noise import check_noise, find_slope_noise
from detgui.analysis.slope_warm import first_words
from detgui.data import stream, stream_kernels
from detgui.data.exposure import Exposure
from detgui.data.stream import Gauge
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress

__all__ = ["MeanRamps", "Params", "check", "image", "run", "slope_map"]

RESERVE = 120_000_000
RESERVE_PIXEL = 100
"""Bytes kept free for what is made of the ramps, as such and for each pixel."""

ALWAYS = 300_000_000
"""Bytes that the ramps may have even where the process is large already."""


def check(exposure: Exposure, params: Params) -> None:
    """Raise `BadInput`, in one sentence and before any work, for whatever cannot be averaged."""
    maps.check_ramp(exposure)
    maps.check_integrations(exposure, params.integrations)
    maps.check_roi(exposure, params.roi)
    mask_of(params.flags)
    check_noise(exposure, params.gain, params.read_noise)
    _bins_that_fit(exposure, params)
    exposure.check()


def _bins_that_fit(exposure: Exposure, params: Params) -> int:
    """How many bins may be made. Raises `BadInput` where not even one fits."""
    first, last = chosen_rows(exposure, params.roi)
    pixels = (last - first + 1) * exposure.shape[3]
    each = 4 * pixels * (exposure.shape[1] + 1)
    room = max(ALWAYS, params.max_bytes - own_bytes() - RESERVE - RESERVE_PIXEL * pixels - each)  # one for the ramp of a range
    most = int(room / (each * (1 + 1 / CHUNK)))
    if most < 1:
        raise BadInput(
            f"{exposure.name}: one mean ramp for every pixel needs {each / 1e6:.0f} MB, more than there is room for: choose a region"
        )
    wanted = chosen_integrations(exposure, params.integrations).size
    return int(min(most, wanted, params.max_bins or wanted))


def run(
    exposure: Exposure, params: Params, engine: object = None, progress: Progress = no_progress, workers: int | None = None
) -> MeanRamps:
    """Average the exposure in one pass. Raises `BadInput` for what `check` finds, and where a file changes or ends too early."""
    edges, mean, count = average(exposure, params, progress, workers)
    rows, numbers, mask = chosen_rows(exposure, params.roi), chosen_integrations(exposure, params.integrations), mask_of(params.flags)
    progress(0.95, "adding up the mean ramps")
    chunks, chunk_count = chunks_of(mean, count)
    noise = find_slope_noise(exposure, params.gain, params.read_noise, numbers, rows, mask)
    progress(1.0, "done")
    return MeanRamps(
        exposure=exposure.name,
        params=params,
        edges=edges,
        mean=mean,
        count=count,
        rows=rows,
        chunks=chunks,
        chunk_count=chunk_count,
        dq=maps.pixel_flags(exposure),
        geometry=exposure.geometry,
        noise=noise,
        notes=maps.notes_on(exposure, numbers),
        paths=tuple(record.path for record in exposure.files),
        header=exposure.header("PRIMARY"),
        provenance=provenance([exposure], params, "slopes"),
        integrations=numbers,
    )


def average(
    exposure: Exposure, params: Params, progress: Progress = no_progress, workers: int | None = None
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int32]]:
    """The pass alone: ``edges``, ``mean`` and ``count`` as in `MeanRamps`. Raises as `run`."""
    check(exposure, params)
    progress(0.0, first_words(f"mean ramps of {exposure.name}"))
    stream_kernels.prepare()
    rows = chosen_rows(exposure, params.roi)
    numbers = chosen_integrations(exposure, params.integrations)
    edges, bins = bins_of(numbers, _bins_that_fit(exposure, params))
    _, ngroups, _, nx = exposure.shape
    nrows = rows[1] - rows[0] + 1
    mean = np.empty((len(bins), ngroups, nrows, nx), np.float32)
    count = np.zeros((len(bins), nrows, nx), np.int32)
    _average(exposure, bins, rows, mask_of(params.flags), mean, count, progress, stream.workers_for(workers))
    return edges, mean, count


def _average(
    exposure: Exposure,
    bins: Sequence[NDArray[np.int64]],
    rows: tuple[int, int],
    mask: int,
    mean: NDArray[np.float32],
    count: NDArray[np.int32],
    progress: Progress,
    workers: int,
) -> None:
    """Fill ``mean`` and ``count``: every bin by one thread, or bands of it where there are few."""
    bands = max(1, min(rows[1] - rows[0] + 1, -(-2 * workers // len(bins))))
    starts = np.linspace(rows[0], rows[1] + 1, bands + 1).astype(int)
    with exposure.hold() as held:
        items = [
            Bin(number, tuple(stream.blocks(exposure, members, (int(low), int(high) - 1), 1 << 62)))
            for number, members in enumerate(bins)
            for low, high in pairwise(starts)
        ]

        def work(shared: Iterator[Bin], gauge: Gauge) -> None:
            binner = Binner(mask, held)
            for item in shared:
                binner.average(item, rows[0], mean[item.number], count[item.number], gauge)

        stream.share(items, work, progress, f"mean ramps of {exposure.name}", workers, (0.0, 0.95))
    exposure.check()
