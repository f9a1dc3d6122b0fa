"""The spectral trace of an exposure (STScI-009234, section 3.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.origin import origin
from detgui.analysis.rates import RateReader, check_ramps, left_out, numbers_in, sample, sample_size, spread_out
from detgui.data.exposure import Exposure
from detgui.data.tables import Columns
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.robust import nan_median
from detgui.science.trace import KNOT_COLUMNS, MEDIAN_COLUMNS, SIGMA, SIGNIFICANCE, Trace, find_trace


@dataclass(frozen=True, slots=True)
class Params:
    """How the trace is found.

    ``sigma`` px of the Gaussian; ``window`` columns of the running median (the report's 10); ``knot_columns`` columns between the knots
    of the spline; ``significance`` of a column's signal, in units of the noise; ``fit_groups`` groups and ``sample`` number of the
    integrations of the mean image; ``integrations`` they are taken from, None all; ``flags`` that exclude a pixel, None any.
    """

    sigma: float = SIGMA
    window: int = MEDIAN_COLUMNS
    knot_columns: int = KNOT_COLUMNS
    significance: float = SIGNIFICANCE
    fit_groups: tuple[int, int] = (1, 10)
    integrations: tuple[int, int] | None = None
    sample: int = 32
    flags: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """The trace, in 0-based px along y, and the image it was found in (DN/group, shape (ny, nx), NaN where flagged)."""

    exposure: str
    params: Params
    trace: Trace
    image: NDArray[np.float64]
    notes: tuple[str, ...] = ()
    provenance: dict[str, object] = field(default_factory=dict)

    def distance(self) -> NDArray[np.float64]:
        """Distance of every pixel from the trace, px, positive above it, shape (ny, nx)."""
        return self.trace.distance(self.image.shape[0])


def check(params: Params) -> None:
    """Raises `BadInput` for numbers that cannot be."""
    limits = (("sigma", 0.3, 50.0, " px"), ("window", 2, 1000, " columns"), ("knot_columns", 8, 2048, " columns"))
    for name, low, high, unit in (*limits, ("significance", 1.0, 1000.0, ""), ("sample", 2, 4096, " integrations")):
        if not low <= getattr(params, name) <= high:
            raise BadInput(f"{name.replace('_', ' ')} must be between {low} and {high}{unit}, not {getattr(params, name)}")


def find(image: NDArray[Any], params: Params, exposure: str = "the image", provenance: dict[str, object] | None = None) -> Result:
    """The trace in an image of signal, any unit, shape (ny, nx), NaN where a pixel has none. Raises `BadInput` where there is no trace."""
    check(params)
    values = np.asarray(image, np.float64)
    trace = find_trace(values, params.sigma, params.window, params.knot_columns, params.significance)
    if not trace.found:
        raise BadInput(f"{exposure}: there is no trace along x whose columns are above {params.significance:g} times the noise")
    return Result(exposure, params, trace, values, _notes(trace), provenance or {})


def run(exposure: Exposure, params: Params, engine: object = None, progress: Progress = no_progress) -> Result:
    """The trace in the mean rate image of the first groups. Raises `BadInput` for bad parameters and where there is no trace."""
    check(params)
    check_ramps(exposure, params.fit_groups, params.integrations, params.flags)
    numbers = spread_out(numbers_in(exposure, params.integrations), sample_size(exposure, params.sample))
    images = sample(RateReader(exposure, params.fit_groups, params.flags), numbers, progress)
    image = np.where(left_out(exposure, params.flags), np.nan, nan_median(images, axis=0))
    progress(1.0, "trace found")
    return find(image, params, exposure.name, origin(exposure, params, "trace"))


def _notes(trace: Trace) -> tuple[str, ...]:
    none = int(np.isnan(trace.centre).sum())
    found = [f"{int(trace.used.sum())} columns used, which scatter {trace.rms:.3f} px about the spline"]
    return (*found, f"{none} columns without signal have no centre") if none else tuple(found)


def as_table(result: Result) -> tuple[Columns, dict[str, object]]:
    """Columns (values and unit) and metadata; one row for each column of the detector."""
    trace = result.trace
    columns = {
        "x": (np.arange(trace.centre.size), "pix"),
        "centre": (trace.centre, "pix"),
        "centre_err": (trace.err, "pix"),
        "column_centre": (trace.column_centre, "pix"),
        "used": (trace.used, ""),
    }
    return columns, {"exposure": result.exposure, "rms_px": trace.rms, "notes": list(result.notes), "provenance": result.provenance}
