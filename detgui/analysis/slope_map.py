"""Residual late slope of every pixel, mean over integrations (STScI-009234, section 3.2).

For every integration and pixel without a flag in any group: line through the first groups, subtracted, line through the difference in the
later groups; its slope is averaged over the integrations. One pass over the files, in memory that does not depend on their size.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detgui.analysis import slope_blocks, slope_cluster
from detgui.analysis.pixel_noise import Given
from detgui.analysis.provenance import provenance
from detgui.analysis.slope_blocks import BlockTask, Partial, block_tasks, chosen_integrations, chosen_rows, combine, mask_of, reduce_block
from detgui.analysis.slope_errors import errors_of
from detgui.analysis.slope_noise import SlopeNoise, check_noise, find_slope_noise
from detgui.analysis.slope_warm import first_words
from detgui.data.exposure import Exposure
from detgui.data.reader import as_flags
from detgui.data.segments import ranges
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.detector import DetectorGeometry
from detgui.science.slope_moments import Moments
from detgui.science.slope_weights import FEWEST_EARLY, FEWEST_LATE, late_minus_early

__all__ = ["BlockTask", "Params", "Partial", "Result", "block_tasks", "check", "combine", "finish", "reduce_block", "run", "write"]

Roi = tuple[int, int, int, int]
UNIT = "DN/group"


@dataclass(frozen=True, slots=True)
class Params:
    """What to map.

    Attributes
    ----------
    fit_groups : first and last group of the early line, 1-based, inclusive (the report's first ten, about 10,000 DN); all after are late
    integrations : first and last, 1-based, inclusive, across the whole exposure; None: all that are there
    roi : (x0, y0, x1, y1), 0-based, inclusive; None: all pixels
    flags : names of the DQ flags that exclude a pixel in an integration; None: any flag at all (DQ == 0, the report)
    gain, read_noise : e-/DN and DN of a single read, or reference files; None: built-in table, else from the ramps themselves
    """

    fit_groups: tuple[int, int] = (1, 10)
    integrations: tuple[int, int] | None = None
    roi: Roi | None = None
    flags: tuple[str, ...] | None = None
    gain: Given = None
    read_noise: Given = None


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """A map of mean slopes; images have the exposure's shape (ny, nx).

    ``slope`` and ``err`` DN/group (float32, NaN where ``count`` is 0 and outside the region), ``count`` valid integrations (int32), ``dq``
    PIXELDQ (uint32, 0 where there is none). ``integrations`` first and last used, ``n_integrations`` how many there were.
    ``approximate`` is True for maps from binned mean ramps. ``noise`` is what the errors were made with.
    """

    exposure: str
    params: Params
    slope: NDArray[np.float32]
    err: NDArray[np.float32]
    count: NDArray[np.int32]
    dq: NDArray[np.uint32]
    integrations: tuple[int, int]
    n_integrations: int
    error_method: str
    geometry: DetectorGeometry
    approximate: bool = False
    notes: tuple[str, ...] = ()
    provenance: dict[str, object] = field(default_factory=dict)
    header: object = None
    noise: SlopeNoise | None = None
    paths: tuple[Path, ...] = ()
    unit: str = UNIT


def check(exposure: Exposure, params: Params) -> None:
    """Raise `BadInput`, in one sentence and before any work, for whatever cannot be mapped."""
    check_ramp(exposure)
    check_fit_groups(exposure, params.fit_groups)
    check_integrations(exposure, params.integrations)
    check_roi(exposure, params.roi)
    mask_of(params.flags)
    check_noise(exposure, params.gain, params.read_noise)
    exposure.check()


def check_ramp(exposure: Exposure) -> None:
    """Raise `BadInput` where there are no ramps."""
    if not exposure.is_ramp:
        raise BadInput(f"{exposure.files[0].path.name}: no ramp in it (a {exposure.kind} product has one value per pixel and integration)")
    if exposure.kind not in ("uncal", "ramp"):
        raise BadInput(f"{exposure.files[0].path.name}: a slope map needs ramps (uncal or ramp), this is a {exposure.kind} product")


def check_fit_groups(exposure: Exposure, fit_groups: tuple[int, int]) -> None:
    """Raise `BadInput` where a line would have too few groups."""
    check_groups(exposure.name, exposure.shape[1], fit_groups)


def check_groups(name: str, ngroups: int, fit_groups: tuple[int, int]) -> None:
    """The same for a ramp of ``ngroups`` groups."""
    first, last = fit_groups
    if not 1 <= first <= last <= ngroups:
        raise BadInput(f"{name}: groups {first}-{last} are not there, the ramp has groups 1 to {ngroups}")
    if last - first + 1 < FEWEST_EARLY:
        raise BadInput(f"{name}: the early line needs at least {FEWEST_EARLY} groups, {first}-{last} are {last - first + 1}")
    if ngroups - last < FEWEST_LATE:
        left = {0: "none is", 1: "one is"}[ngroups - last]
        raise BadInput(f"{name}: the late line needs at least {FEWEST_LATE} groups, {left} left after group {last} of {ngroups}")


def check_integrations(exposure: Exposure, wanted: tuple[int, int] | None) -> None:
    """Raise `BadInput` for a range that is not all there."""
    if wanted is None:
        return
    first, last = wanted
    numbers = exposure.integrations
    if last < first:
        raise BadInput(f"{exposure.name}: integrations {first}-{last} is an empty range")
    if first < 1 or last > int(numbers[-1]) or last < int(numbers[0]):
        raise BadInput(f"{exposure.name}: integrations {first}-{last} are not there, it has {ranges(numbers.tolist())}")
    gaps = np.setdiff1d(np.arange(first, last + 1), numbers)
    if gaps.size:
        plural = "s" if gaps.size > 1 else ""
        raise BadInput(f"{exposure.name}: integration{plural} {ranges(gaps.tolist())} of {first}-{last} missing in the files given")


def check_roi(exposure: Exposure, roi: Roi | None) -> None:
    """Raise `BadInput` for a region that is empty or reaches outside."""
    if roi is None:
        return
    x0, y0, x1, y1 = roi
    ny, nx = exposure.shape[2:]
    if x1 < x0 or y1 < y0:
        raise BadInput(f"{exposure.name}: the region {x0},{y0},{x1},{y1} is empty, its second corner lies before the first")
    if x0 < 0 or y0 < 0 or x1 >= nx or y1 >= ny:
        raise BadInput(f"{exposure.name}: the region {x0},{y0},{x1},{y1} reaches outside, x is 0 to {nx - 1} and y 0 to {ny - 1}")


def run(
    exposure: Exposure, params: Params, engine: Executor | None = None, progress: Progress = no_progress, workers: int | None = None
) -> Result:
    """Map the exposure. ``workers`` threads of this process read and reduce (None: the processors, at most 8), or those of ``engine``:
    an executor with workers that see the same files, such as `tasks.cluster.Cluster`.

    Raises `BadInput` for what `check` finds, where no pixel is valid, and where a file changes or ends too early while it is read.
    """
    check(exposure, params)
    progress(0.0, first_words(f"slopes of {exposure.name}"))
    if engine is None:
        moments = slope_blocks.moments(exposure, params, progress, workers, (0.0, 0.97))
    else:
        moments = slope_cluster.moments(exposure, params, engine, progress, (0.0, 0.97))
    return finish(exposure, params, moments, progress)


def finish(exposure: Exposure, params: Params, moments: Moments, progress: Progress = no_progress) -> Result:
    """The result from the moments of all blocks, however they were made. Raises `BadInput` where no pixel is valid."""
    numbers = chosen_integrations(exposure, params.integrations)
    shape = exposure.shape[2:]
    inside = region(shape, params.roi).reshape(-1)
    if not (moments.count[inside] > 0).any():
        raise BadInput(_nothing(exposure, params, numbers))
    progress(0.97, "errors of the slopes")
    noise = find_slope_noise(exposure, params.gain, params.read_noise, numbers, chosen_rows(exposure, params.roi), mask_of(params.flags))
    error, method = errors_of(moments, inside, noise, late_minus_early(exposure.shape[1], params.fit_groups))
    progress(1.0, "done")
    return Result(
        exposure=exposure.name,
        params=params,
        slope=np.where(inside, moments.mean, np.nan).reshape(shape).astype(np.float32),
        err=np.where(inside, error, np.nan).reshape(shape).astype(np.float32),
        count=np.where(inside, moments.count, 0).reshape(shape).astype(np.int32),
        dq=pixel_flags(exposure),
        integrations=(int(numbers[0]), int(numbers[-1])),
        n_integrations=int(numbers.size),
        error_method=method,
        geometry=exposure.geometry,
        notes=notes_on(exposure, numbers),
        provenance=provenance([exposure], params, "slopes"),
        header=exposure.header("PRIMARY"),
        noise=noise,
        paths=tuple(record.path for record in exposure.files),
    )


def region(shape: tuple[int, int], roi: Roi | None) -> NDArray[np.bool_]:
    """Mask of the pixels of a region, shape (ny, nx)."""
    inside = np.zeros(shape, bool)
    x0, y0, x1, y1 = roi or (0, 0, shape[1] - 1, shape[0] - 1)
    inside[y0 : y1 + 1, x0 : x1 + 1] = True
    return inside


def pixel_flags(exposure: Exposure) -> NDArray[np.uint32]:
    """PIXELDQ of all files together, shape (ny, nx); zeros where there is none."""
    flags = np.zeros(exposure.shape[2:], np.uint32)
    if "PIXELDQ" in exposure.planes:
        seen: set[Path] = set()
        for run_ in exposure.runs("PIXELDQ"):
            if run_.path not in seen:
                seen.add(run_.path)
                flags |= as_flags(exposure.read_image("PIXELDQ", run_.integration))
    return flags


def notes_on(exposure: Exposure, numbers: NDArray[np.int64]) -> tuple[str, ...]:
    """What to know about the data that were used."""
    notes = []
    gaps = np.setdiff1d(np.arange(numbers[0], numbers[-1] + 1), numbers)
    if gaps.size:
        notes.append(f"integration{'s' if gaps.size > 1 else ''} {ranges(gaps.tolist())} missing")
    if "GROUPDQ" not in exposure.planes:
        notes.append("no GROUPDQ: jumps and saturation are not excluded")
    if exposure.cal_step("linearity") != "COMPLETE":
        notes.append("not corrected for non-linearity: the slopes contain all of it")
    return tuple(notes)


def _nothing(exposure: Exposure, params: Params, numbers: NDArray[np.int64]) -> str:
    where = "in the region " if params.roi else ""
    which = "any flag" if params.flags is None else " or ".join(params.flags)
    return (
        f"{exposure.name}: no valid pixel {where}in integrations {numbers[0]}-{numbers[-1]}, every ramp has {which} in one of its groups "
        "or a value that is not finite"
    )


def write(result: Result, path: str | Path) -> None:
    """Write SLOPE, ERR, COUNT and DQ as FITS (`slope_file`). Raises `BadInput` for a place that cannot be written to."""
    from detgui.analysis.slope_file import write as write_file

    write_file(result, Path(path))
