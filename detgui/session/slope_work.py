"""What workers do for the non-linearity panel: maps of residual slopes, exact and out of mean ramps, as exposures. No Qt, no state."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from math import prod
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from detgui.data.exposure import Exposure
from detgui.data.memory_exposure import MapExposure
from detgui.progress import Progress, no_progress
from detgui.session.nonlinearity import NonlinearityOptions
from detgui.session.reading import reading
from detgui.session.shelf import Shelf

if TYPE_CHECKING:
    from detgui.analysis import mean_ramps, slope_map


def map_params(options: NonlinearityOptions) -> slope_map.Params:
    """Parameters of the exact map; the region of interest only chooses what is counted, the map is whole."""
    from detgui.analysis import slope_map

    return slope_map.Params(
        fit_groups=(1, options.fit_last),
        integrations=options.integrations,
        flags=options.flags,
        gain=options.gain,
        read_noise=options.read_noise,
    )


def means_params(options: NonlinearityOptions) -> mean_ramps.Params:
    """Parameters of the mean ramps: of all integrations, so that any range can be dragged."""
    from detgui.analysis import mean_ramps

    return mean_ramps.Params(flags=options.flags)


def check(shelf: Shelf, key: str, params: slope_map.Params) -> None:
    """Raise `BadInput`, one sentence, where no map can be made."""
    from detgui.analysis import slope_map

    with shelf.borrow(key) as exposure:
        slope_map.check(exposure, params)


FindExecutor = Callable[[Progress], Executor | None]


def threads_here(progress: Progress) -> None:
    """No executor: the pass makes its own threads."""


def exact_map(
    shelf: Shelf, key: str, params: slope_map.Params, find_executor: FindExecutor = threads_here, progress: Progress = no_progress
) -> slope_map.Result:
    """The map of one pass over the ramps, by the workers of an executor where there is one."""
    from detgui.analysis import slope_map

    progress(0.0, "residual slopes")
    with reading(shelf, key) as exposure:
        return slope_map.run(exposure, params, engine=find_executor(progress), progress=progress)


def mean_ramps_of(shelf: Shelf, key: str, params: mean_ramps.Params, progress: Progress = no_progress) -> mean_ramps.MeanRamps:
    """Mean ramps of bins of consecutive integrations, in a pass of its own."""
    from detgui.analysis import mean_ramps

    progress(0.0, "mean ramps")
    with reading(shelf, key) as exposure:
        return mean_ramps.run(exposure, params, progress=progress)


def quick_map(
    means: mean_ramps.MeanRamps, params: slope_map.Params, exact: slope_map.Result | None, progress: Progress = no_progress
) -> tuple[slope_map.Result, float]:
    """The map out of mean ramps and how long it took, s; its error is that of the exact map carried over."""
    from detgui.analysis import mean_ramps

    began = perf_counter()
    result = mean_ramps.slope_map(means, params.fit_groups, params.integrations, exact)
    return result, perf_counter() - began


def as_exposure(result: slope_map.Result, source: Exposure) -> MapExposure:
    """A map as an exposure with the planes SLOPE, ERR, COUNT and DQ."""
    from detgui.analysis import slope_map

    planes = {"SLOPE": result.slope, "ERR": result.err, "COUNT": result.count, "DQ": result.dq}
    return MapExposure(
        map_name(source.name),
        {name: np.asarray(plane) for name, plane in planes.items() if plane is not None},
        unit=result.unit,
        units={"COUNT": "integrations", "DQ": ""},
        signed=("SLOPE",),
        source=source,
        headers=partial(headers, result),
        write=partial(slope_map.write, result),
    )


def headers(result: slope_map.Result) -> list[tuple[str, Any]]:
    """(HDU, header) of the file that would be written."""
    from detgui.analysis.slope_file import as_hdus

    return [(hdu.name, hdu.header) for hdu in as_hdus(result)]


def map_name(source: str) -> str:
    """'..._nrs1_slopes' of '..._nrs1_ramp'."""
    root, _, suffix = source.rpartition("_")
    return f"{root if root and suffix.isalnum() else source}_slopes"


def words(result: slope_map.Result) -> str:
    """What is said of a map beside the image."""
    first, last = result.integrations
    parts = [f"groups {result.params.fit_groups[0]}–{result.params.fit_groups[1]}", f"integrations {first}–{last}"]
    return ", ".join([*parts, *(["approximate"] if result.approximate else [])])


def save(exposure: MapExposure, path: Path, progress: Progress = no_progress) -> Path:
    """Write a map; returns the path."""
    progress(0.0, "writing")
    if exposure.write is not None:
        exposure.write(path)
    return path


def nbytes(result: slope_map.Result) -> int:
    """Bytes of a map's arrays."""
    return sum(plane.nbytes for plane in (result.slope, result.err, result.count, result.dq) if plane is not None)


def pass_bytes(exposure: Exposure) -> int:
    """Bytes that one pass over the ramps of an exposure reads."""
    planes = [plane for plane in ("SCI", "GROUPDQ") if plane in exposure.planes]
    return sum(prod(exposure.plane_shape(plane)) * exposure.plane_dtype(plane).itemsize for plane in planes)


def kept_label(result: slope_map.Result, whole: tuple[int, int]) -> str:
    """What a map is called that is kept beside the live one: 'slopes N = 10, 1-60'."""
    label = f"slopes N = {result.params.fit_groups[1]}"
    return label if result.integrations == whole else f"{label}, {result.integrations[0]}–{result.integrations[1]}"


def kept_name(result: slope_map.Result, name: str, whole: tuple[int, int]) -> str:
    """Its name, which tells it from the live one and from others: '..._nrs1_slopes-N10-1-60'."""
    name = f"{name}-N{result.params.fit_groups[1]}"
    return name if result.integrations == whole else f"{name}-{result.integrations[0]}-{result.integrations[1]}"
