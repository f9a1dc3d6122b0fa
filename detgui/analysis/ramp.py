"""One pixel's ramp, its line through the first groups and what is left (STScI-009234, section 3.2)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.pixel_noise import Neighbours, PixelNoise, check_given, find_noise, noise_table, with_given
from detgui.analysis.provenance import for_params, provenance, versions
from detgui.analysis.ramp_notes import errors_of, notes_of
from detgui.analysis.ramp_overview import fit_overview, load_overview, overview
from detgui.analysis.ramp_reading import (
    check_groups,
    check_pixel,
    choose_integration,
    ends_of,
    read_dq,
    read_levels,
    read_neighbours,
    read_ramps,
)
from detgui.analysis.ramp_table import as_table, summary, write
from detgui.analysis.ramp_types import DEFAULT_THRESHOLD, Overview, OverviewData, Params, RampData, Result, method_of
from detgui.data.exposure import Exposure
from detgui.progress import Progress, no_progress
from detgui.science.covariance import GroupTimes, group_variance
from detgui.science.ramp_fit import RampFit, fit_ramp
from detgui.science.ramp_groups import (
    early_group_count,
    extrapolated_zero,
    saturated_from,
    segment_numbers,
    usable_groups,
)
from detgui.science.timing import GroupTiming

__all__ = [
    "Overview",
    "OverviewData",
    "Params",
    "RampData",
    "Result",
    "as_table",
    "fit",
    "fit_overview",
    "load",
    "load_overview",
    "overview",
    "run",
    "summary",
    "warm_up",
    "write",
]


def load(exposure: Exposure, params: Params, progress: Progress = no_progress) -> RampData:
    """Read what `fit` needs. Raises `BadInput` for a pixel, integration or range that is not there, and for files without ramps."""
    check_pixel(exposure, params.x, params.y)
    check_groups(exposure.name, exposure.shape[1], params.fit_groups)
    check_given(params.gain, params.read_noise)
    integration = choose_integration(exposure, params.integration)
    progress(0.0, f"reading pixel {params.x}, {params.y}")
    signal, groupdq = read_ramps(exposure, params.x, params.y, [integration])
    levels = read_levels(exposure, params.x, params.y, params.superbias, params.saturation)
    progress(0.5, "gain and read noise")
    neighbours: list[Neighbours | None] = []

    def read() -> Neighbours | None:
        neighbours.append(read_neighbours(exposure, params.x, params.y, integration, levels.saturation))
        return neighbours[0]

    noise = find_noise(exposure, params.x, params.y, params.gain, params.read_noise, read)
    progress(1.0, "read")
    return RampData(
        exposure.name,
        integration,
        signal[0],
        groupdq[0],
        read_dq(exposure, params.x, params.y, integration),
        exposure.timing,
        noise,
        levels.zero,
        levels.zero_source,
        levels.saturation,
        None if noise.complete or not neighbours else neighbours[0],
        levels.notes,
        tuple(record.path for record in exposure.files),
        provenance([exposure], params, "ramp"),
    )


def fit(data: RampData, params: Params) -> Result:
    """Fit a pixel that was read; fast enough to follow the mouse (well under 1 ms after the first call).

    ``fit_groups``, ``method``, ``threshold``, and a gain or read noise given as numbers may differ from those it was loaded with.
    A group at or above the saturation level ends the ramp as a SATURATED one does. The convention is
    ``signal = intercept + slope_per_s * time`` with time in s since the reset, and ``slope = slope_per_s * tgroup``.
    Raises `BadInput` for groups that are not there.
    """
    check_groups(data.exposure, data.signal.size, params.fit_groups)
    noise = with_given(data.noise, params.gain, params.read_noise)
    timing = data.timing or GroupTiming(data.signal.size, 1.0, 1.0, known=False)
    times = GroupTimes.of(timing)
    flags = saturated_from(data.signal, data.groupdq, data.saturation)
    zero, zero_source = _zero(data, flags)
    usable = usable_groups(data.signal, flags)
    early = params.fit_groups or (1, int(early_group_count(data.signal, usable, zero, params.threshold)))
    fitted = fit_ramp(data.signal, flags, times, early, noise.noise, method_of(params.method))
    return _result(data, params, noise, timing, (zero, zero_source), early, fitted)


def _result(
    data: RampData,
    params: Params,
    noise: PixelNoise,
    timing: GroupTiming,
    zero: tuple[float, str],
    early: tuple[int, int],
    fitted: RampFit,
) -> Result:
    """The fit in the units that people use."""
    errors, error_notes = errors_of(data, fitted, noise)
    rate_unit = 1.0 if timing.known else np.nan
    made_with = replace(params, integration=data.integration)
    if params.threshold != DEFAULT_THRESHOLD:
        made_with = replace(made_with, fit_groups=early, threshold=DEFAULT_THRESHOLD)
    times = GroupTimes.of(timing)
    return Result(
        exposure=data.exposure,
        params=params,
        integration=data.integration,
        group=np.arange(1, data.signal.size + 1),
        time=times.mean,
        signal=data.signal,
        groupdq=data.groupdq,
        fit=fitted.fit,
        residual=fitted.residual,
        late_line=fitted.late_line,
        fit_groups=ends_of(fitted.used, early),
        used=fitted.used,
        late=fitted.late,
        segment_starts=tuple(int(start) + 1 for start in np.flatnonzero(np.diff(fitted.segments, prepend=-1))),
        pixeldq=data.pixeldq,
        zero_level=zero[0],
        zero_source=zero[1],
        intercept=fitted.line.intercept,
        intercept_err=errors[1],
        slope=fitted.line.rate * timing.tgroup,
        slope_err=errors[0] * timing.tgroup,
        slope_per_s=fitted.line.rate * rate_unit,
        slope_per_s_err=errors[0] * rate_unit,
        late_slope=fitted.late_rate * timing.tgroup,
        late_slope_err=errors[2] * timing.tgroup,
        chi2=fitted.chi2,
        dof=fitted.dof,
        probability=fitted.probability,
        gain=noise.gain,
        gain_source=noise.gain_source,
        read_noise=noise.read_noise,
        read_noise_source=noise.read_noise_source,
        saturation=data.saturation,
        notes=(*notes_of(data, fitted, early), *error_notes, *noise.notes, *data.notes),
        provenance={**data.provenance, **for_params(data.paths, data.exposure, made_with, "ramp")},
        signal_err=np.sqrt(group_variance(fitted.line.rate, noise.noise, times)),
        group_read_noise=noise.read_noise / float(np.sqrt(times.nframes)),
    )


def _zero(data: RampData, flags: NDArray[np.uint32]) -> tuple[float, str]:
    if np.isfinite(data.superbias):
        return data.superbias, data.zero_source
    zero = extrapolated_zero(data.signal, usable_groups(data.signal, flags), segment_numbers(flags))
    return float(zero[0]), "first group extrapolated back by one group"


def run(exposure: Exposure, params: Params, engine: object = None, progress: Progress = no_progress) -> Result:
    """`load` and `fit`. Raises `BadInput` for a pixel, integration or range that is not there, and for files without ramps."""
    return fit(load(exposure, params, progress), params)


def warm_up() -> None:
    """Import and read what the first fit would wait for (0.2 s); for a background task at start."""
    import scipy.linalg.lapack
    import scipy.special  # noqa: F401

    noise_table()
    versions()
