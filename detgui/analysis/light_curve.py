"""White-light curve and movements of the trace from the first groups of the ramps (STScI-009234, section 3.1)."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.analysis import trace as trace_analysis
from detgui.analysis.origin import origin
from detgui.analysis.rates import RateReader, check_ramps, left_out, numbers_in, sample, sample_size, spread_out
from detgui.data.exposure import Exposure
from detgui.data.tables import Columns
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.light import Plan, Point, background_rows, make_plan, measure, outliers, point_scatter, without_background
from detgui.science.robust import nan_median

MOST_THREADS = 4
BYTES_AT_ONCE = 400_000_000
"""Memory of the integrations that are read and measured at the same time."""


@dataclass(frozen=True, slots=True)
class Params:
    """How the light curve is made.

    ``fit_groups`` first and last group of the rate; ``aperture`` full width, px, about the trace; ``background`` px from the trace beyond
    which the column's median is taken (the report: 10 and 10); ``outlier_sigma`` and ``outlier_window`` of the rolling median (5 sigma;
    integrations); ``centroid`` half-width, px, of the window of the shift along y; ``integrations`` None all; ``flags`` that exclude a
    pixel, None any flag; ``trace`` how the trace is found; ``sample`` integrations of the template.
    """

    fit_groups: tuple[int, int] = (1, 10)
    aperture: float = 10.0
    background: float = 10.0
    outlier_sigma: float = 5.0
    outlier_window: int = 9
    centroid: float = 5.0
    integrations: tuple[int, int] | None = None
    flags: tuple[str, ...] | None = None
    trace: trace_analysis.Params = trace_analysis.Params()  # noqa: RUF009 (frozen)
    sample: int = 64


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """One row for each integration, arrays of shape (n,).

    ``flux`` DN/group in the aperture, ``relative`` to the median of what is no outlier; ``x_shift`` and ``y_shift`` px from the template;
    each with a standard error. ``outlier`` is marked, not removed. ``replaced`` pixels that took the template's value. ``time`` mid-time,
    days, in ``time_scale`` ('BJD_TDB', 'MJD_UTC', '' where the file has no times: NaN). ``scatter`` of the relative flux from point to
    point, to compare with the errors.
    """

    exposure: str
    params: Params
    integration: NDArray[np.int64]
    time: NDArray[np.float64]
    time_scale: str
    flux: NDArray[np.float64]
    flux_err: NDArray[np.float64]
    relative: NDArray[np.float64]
    relative_err: NDArray[np.float64]
    x_shift: NDArray[np.float64]
    x_err: NDArray[np.float64]
    y_shift: NDArray[np.float64]
    y_err: NDArray[np.float64]
    outlier: NDArray[np.bool_]
    replaced: NDArray[np.int64]
    scatter: float
    trace: trace_analysis.Result
    notes: tuple[str, ...]
    provenance: dict[str, object]


def check(exposure: Exposure, params: Params) -> None:
    """Raises `BadInput` for parameters that cannot be, before anything is read."""
    trace_analysis.check(params.trace)
    check_ramps(exposure, params.fit_groups, params.integrations, params.flags)
    for name in ("aperture", "background", "outlier_sigma", "centroid"):
        if not 0 < getattr(params, name) < 1e4:
            raise BadInput(f"{name.replace('_', ' ')} must be larger than zero, not {getattr(params, name)}")
    if params.outlier_window < 3:
        raise BadInput(f"the rolling median needs 3 or more integrations, not {params.outlier_window}")
    if numbers_in(exposure, params.integrations).size < 2:
        raise BadInput(f"{exposure.name}: a light curve needs two or more integrations")


def run(
    exposure: Exposure,
    params: Params,
    engine: object = None,
    progress: Progress = no_progress,
    trace: trace_analysis.Result | None = None,
) -> Result:
    """Measure every integration; reads the groups of the rate only, a few integrations at a time.

    ``trace`` is found in the template where none is given. Pixels with a flag in PIXELDQ are left out of all integrations; pixels flagged
    in a group of the rate, or more than 8 times their own scatter off, take the template's value scaled to the integration. Raises
    `BadInput` for bad parameters and where there is no trace.
    """
    check(exposure, params)
    numbers = numbers_in(exposure, params.integrations)
    reader = RateReader(exposure, params.fit_groups, params.flags)
    chosen = spread_out(numbers, sample_size(exposure, params.sample))
    images = sample(reader, chosen, lambda fraction, message: progress(0.1 * fraction, message))
    out = left_out(exposure, params.flags)
    found = trace or trace_analysis.find(np.where(out, np.nan, nan_median(images, axis=0)), params.trace, exposure.name)
    plan, notes = _plan(images, out, found, params)
    del images
    points = list(_measured(reader, numbers, plan, lambda fraction, message: progress(0.1 + 0.9 * fraction, message)))
    return _result(exposure, params, numbers, points, found, notes)


def _plan(
    images: NDArray[np.float32], out: NDArray[np.bool_], found: trace_analysis.Result, params: Params
) -> tuple[Plan, tuple[str, ...]]:
    distance = found.distance()
    rows = background_rows(distance, params.background, ~out)
    for image in images:
        image[:] = without_background(image, ~np.isfinite(image), rows)
    plan = make_plan(images, out, distance, rows, params.aperture / 2, params.centroid)
    with_trace = np.isfinite(found.trace.centre)
    bare = int(with_trace.sum() - ((rows >= 0).any(axis=0) & with_trace).sum()) if rows.size else int(with_trace.sum())
    notes = [
        f"{int(((distance < params.aperture / 2) & (distance > -params.aperture / 2) & out).sum())} flagged pixels of the aperture left out"
    ]
    if bare:
        notes.append(f"{bare} columns have too few pixels beyond {params.background:g} px of the trace: no 1/f noise removed there")
    still = int((with_trace & ~plan.window.any(axis=0)).sum())
    if still:
        notes.append(f"{still} columns with a flagged pixel near the trace do not tell its shift along y")
    return plan, tuple(notes)


def _measured(reader: RateReader, numbers: NDArray[np.int64], plan: Plan, progress: Progress) -> Iterator[Point]:
    """Every integration's `Point`, in order; worker threads are a few integrations ahead."""

    def one(number: int) -> Point:
        return measure(*reader.read(number), plan)

    frame = int(np.prod(reader.exposure.shape[2:])) * (16 * (reader.groups[1] - reader.groups[0] + 1) + 64)
    workers = max(1, min(os.cpu_count() or 1, MOST_THREADS, BYTES_AT_ONCE // frame))
    with ThreadPoolExecutor(workers, thread_name_prefix="light-curve") as pool:
        waiting: deque[Future[Point]] = deque()
        done = 0
        try:
            for number in numbers:
                waiting.append(pool.submit(one, int(number)))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
                    done += 1
                    progress(done / numbers.size, f"light curve, integration {int(number)}")
            while waiting:
                yield waiting.popleft().result()
            progress(1.0, "light curve")
        finally:
            for future in waiting:
                future.cancel()


def _result(
    exposure: Exposure,
    params: Params,
    numbers: NDArray[np.int64],
    points: list[Point],
    found: trace_analysis.Result,
    notes: tuple[str, ...],
) -> Result:
    names = ("flux", "flux_err", "x_shift", "x_err", "y_shift", "y_err")
    columns = {name: np.array([getattr(point, name) for point in points]) for name in names}
    flux = columns["flux"]
    wild = outliers(flux, params.outlier_window, params.outlier_sigma)
    level = float(np.nanmedian(flux[~wild])) if np.isfinite(flux[~wild]).any() else np.nan
    relative, relative_err = flux / level, columns["flux_err"] / level
    scatter = point_scatter(relative[~wild])
    time, scale = _times(exposure, numbers)
    typical = float(np.nanmedian(relative_err)) if np.isfinite(relative_err).any() else np.nan
    if np.isfinite(scatter) and scatter > 1.3 * typical:
        said = f"points scatter by {scatter * 1e6:.0f} ppm, {scatter / typical:.1f} times their errors: more than the noise of the columns"
        notes = (*notes, said)
    if exposure.kind == "uncal":
        notes = (*notes, "raw counts: the detector's non-linearity is in the flux")
    return Result(
        exposure.name,
        params,
        numbers,
        time,
        scale,
        relative=relative,
        relative_err=relative_err,
        **columns,
        outlier=wild,
        replaced=np.array([point.replaced for point in points], np.int64),
        scatter=scatter,
        trace=found,
        notes=notes,
        provenance=origin(exposure, params, "light_curve"),
    )


def _times(exposure: Exposure, numbers: NDArray[np.int64]) -> tuple[NDArray[np.float64], str]:
    """Mid-times of the integrations, days, and their scale; NaN and '' where the file has none."""
    table = exposure.int_times()
    rows = np.searchsorted(exposure.integrations, numbers)
    for scale in ("BJD_TDB", "MJD_UTC"):
        if table is not None and np.isfinite(times := table[f"int_mid_{scale}"][rows]).any():
            return np.asarray(times, np.float64), scale
    return np.full(numbers.size, np.nan), ""


def as_table(result: Result) -> tuple[Columns, dict[str, object]]:
    """Columns (values and unit) and metadata; one row for each integration."""
    units = {"flux": "DN/group", "x": "pix", "y": "pix"}
    columns: dict[str, tuple[NDArray[np.generic], str]] = {"integration": (result.integration, ""), "time": (result.time, "d")}
    for name in ("flux", "flux_err", "relative", "relative_err", "x_shift", "x_err", "y_shift", "y_err", "outlier", "replaced"):
        columns[name] = (getattr(result, name), units.get(name.split("_")[0], ""))
    meta = {"exposure": result.exposure, "time_scale": result.time_scale, "scatter": result.scatter, "notes": list(result.notes)}
    return columns, {**meta, "provenance": result.provenance}
