"""The row of the cluster: two workers of a thread each against one, on a file that is in memory."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detgui.bench.measure import ramp_file
from detgui.bench.slope_rows import SHAPE, add_flags, in_turn
from detgui.data.exposure import open_one
from detgui.progress import no_progress

if TYPE_CHECKING:
    from detgui.tasks.cluster import Cluster

KEYS = ("dask2_vs_dask1",)
RUNS = 7
FIT_GROUPS = (1, 10)
TIMES = 6
"""Every block is reduced so many times, as in an exposure of 10 GB."""


def measure(folder: Path) -> dict[str, float]:
    """Time of the slope map's pass with one worker over that with two; nothing where distributed is not installed."""
    try:
        from distributed import LocalCluster
    except ImportError:
        return {}
    from detgui.tasks.cluster import connected

    path = add_flags(ramp_file(folder / "cluster_ramp.fits", SHAPE, "float32"), SHAPE)
    local: Callable[..., Any] = LocalCluster
    place: dict[str, Any] = {"host": "127.0.0.1", "dashboard_address": None, "local_directory": str(folder)}
    try:
        with contextlib.ExitStack() as stack:
            passes: list[Callable[[], object]] = []
            for workers in (1, 2):
                started = stack.enter_context(local(n_workers=workers, threads_per_worker=1, processes=True, **place))
                cluster = stack.enter_context(connected(started.scheduler_address))
                assert cluster is not None
                passes.append(partial(_pass, path, cluster))
            one, two = in_turn(RUNS, *passes)
    finally:
        path.unlink()
    return {"dask2_vs_dask1": one / two}


def _pass(path: Path, cluster: Cluster) -> None:
    from detgui.analysis import slope_map
    from detgui.analysis.slope_blocks import combine, reduce_block
    from detgui.analysis.slope_cluster import cut
    from detgui.tasks.blocks import map_blocks

    with open_one([path], neighbours=False) as exposure:
        tasks = TIMES * list(cut(exposure, slope_map.Params(fit_groups=FIT_GROUPS), 2))
        combine(map_blocks(cluster, reduce_block, tasks, no_progress), exposure.shape[2:])
