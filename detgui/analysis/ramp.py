"""One pixel's ramp, its line through the first groups and what is left (STScI-009234, section 3.2)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.pixel_noise import Neighbours, PixelNoise, check_given, find_noise, noise_table, with_given
from detgui.analysis.provenance import for_params, provenance, versions
from detgui.analysis.ramp_reading import (
    check_pixel,
    choose_integration,
    ends_of,
    mid_times,
    read_dq,
    read_levels,
    read_neighbours,
    read_ramps,
)
from detgui.analysis.ramp_table import as_table, summary, write
from detgui.analysis.ramp_types import DEFAULT_THRESHOLD, Overview, OverviewData, Params, RampData, Result
from detgui.data.exposure import Exposure
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.covariance import GroupTimes, group_variance
from detgui.science.ramp_fit import Method, RampFit, fit_ramp, fit_rates
from detgui.science.ramp_groups import (
    SATURATED,
    early_group_count,
    extrapolated_zero,
    saturated_from,
    segment_numbers,
    usable_groups,
)
from detgui.science.scatter import spread, spread_of_neighbours
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


def check_groups(name: str, ngroups: int, fit_groups: tuple[int, int] | None) -> None:
    """Raises `BadInput` for a range of groups that the ramps of the exposure ``name``, with ``ngroups`` groups, do not have."""
    if fit_groups is not None and not 1 <= fit_groups[0] <= fit_groups[1] <= ngroups:
        raise BadInput(f"{name}: groups {fit_groups[0]}-{fit_groups[1]} are not there; the ramp has groups 1 to {ngroups}")


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
    fitted = fit_ramp(data.signal, flags, times, early, noise.noise, _method(params.method))
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
    errors, error_notes = _errors(data, fitted, noise)
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
        notes=(*_fit_notes(data, fitted, early), *error_notes, *noise.notes, *data.notes),
        provenance={**data.provenance, **for_params(data.paths, data.exposure, made_with, "ramp")},
        signal_err=np.sqrt(group_variance(fitted.line.rate, noise.noise, times)),
        group_read_noise=noise.read_noise / float(np.sqrt(times.nframes)),
    )


def _method(name: str) -> Method:
    if name == "gls":
        return "gls"
    if name == "ols":
        return "ols"
    raise BadInput(f"there is no fit method {name!r}: it is 'ols' or 'gls'")


def _zero(data: RampData, flags: NDArray[np.uint32]) -> tuple[float, str]:
    if np.isfinite(data.superbias):
        return data.superbias, data.zero_source
    zero = extrapolated_zero(data.signal, usable_groups(data.signal, flags), segment_numbers(flags))
    return float(zero[0]), "first group extrapolated back by one group"


def _errors(data: RampData, fitted: RampFit, noise: PixelNoise) -> tuple[tuple[float, float, float], tuple[str, ...]]:
    """Errors of rate, intercept and late rate: from the covariance, else from the scatter between integrations, else NaN with the
    reason."""
    if noise.noise.known:
        return (fitted.rate_err, fitted.intercept_err, fitted.late_rate_err), ()
    missing = " and ".join(name for name, value in (("gain", noise.gain), ("read noise", noise.read_noise)) if not np.isfinite(value))
    verb = "are" if " and " in missing else "is"
    if data.neighbours is None:
        return (np.nan,) * 3, (f"no errors: the {missing} of the pixel {verb} not known and there are fewer than three integrations",)
    usable, segments = data.neighbours.usable, data.neighbours.segments
    weights = (fitted.line.weights, fitted.line.intercept_weights, fitted.late_weights)
    rate, intercept, late = (spread(each, data.neighbours.signal, usable, segments) for each in weights)
    if not np.isfinite(rate):
        return (np.nan,) * 3, (
            f"no errors: the {missing} of the pixel {verb} not known and fewer than three integrations are free of flags",
        )
    count = len(data.neighbours.signal)
    return (rate, intercept, late), (
        f"errors are the scatter between {count} integrations, that of the intercept with the reset's noise: {missing} not known",
    )


def _fit_notes(data: RampData, fitted: RampFit, early: tuple[int, int]) -> tuple[str, ...]:
    notes = []
    count = int(fitted.used.sum())
    if count < 2:
        notes.append(f"{'no' if count == 0 else 'one'} usable group in {early[0]}-{early[1]}: no line")
    elif not fitted.line.differences:
        notes.append("no two usable groups in one segment: no line")
    elif data.signal.size == 2:
        notes.append("two groups: no residual")
    elif not fitted.dof:
        notes.append("two groups in the fit: no chi-square")
    flagged, full = (data.groupdq & SATURATED) != 0, data.signal >= data.saturation
    if flagged.any():
        notes.append(f"saturated from group {int(np.argmax(flagged)) + 1}")
    if full.any() and not flagged[: int(np.argmax(full)) + 1].any():
        first = int(np.argmax(full)) + 1
        notes.append(
            f"the ramp ends before group {first}, which is not flagged but reaches the saturation level of {data.saturation:.0f} DN"
        )
    if data.timing is None or not data.timing.known:
        notes.append("no group times in the file: time counts groups")
    return tuple(notes)


def run(exposure: Exposure, params: Params, engine: object = None, progress: Progress = no_progress) -> Result:
    """`load` and `fit`. Raises `BadInput` for a pixel, integration or range that is not there, and for files without ramps."""
    return fit(load(exposure, params, progress), params)


def load_overview(exposure: Exposure, params: Params, progress: Progress = no_progress) -> OverviewData:
    """Read what `fit_overview` needs: the pixel in every integration. Raises `BadInput` as `load` does."""
    check_pixel(exposure, params.x, params.y)
    check_groups(exposure.name, exposure.shape[1], params.fit_groups)
    check_given(params.gain, params.read_noise)
    numbers = exposure.integrations
    signal, groupdq = read_ramps(exposure, params.x, params.y, [int(n) for n in numbers], progress)
    chosen = choose_integration(exposure, params.integration)
    levels = read_levels(exposure, params.x, params.y, params.superbias, params.saturation)
    noise = find_noise(
        exposure,
        params.x,
        params.y,
        params.gain,
        params.read_noise,
        lambda: read_neighbours(exposure, params.x, params.y, chosen, levels.saturation),
    )
    usable, segments = usable_groups(signal, saturated_from(signal, groupdq, levels.saturation)), segment_numbers(groupdq)
    zero = np.full(len(signal), levels.zero) if np.isfinite(levels.zero) else extrapolated_zero(signal, usable, segments)
    progress(1.0, "read")
    return OverviewData(exposure.name, numbers, signal, groupdq, usable, segments, zero, exposure.timing, noise, mid_times(exposure))


def fit_overview(data: OverviewData, params: Params) -> Overview:
    """Fit a pixel that was read in every integration; what may differ from the load is as in `fit`."""
    check_groups(data.exposure, data.signal.shape[1], params.fit_groups)
    noise = with_given(data.noise, params.gain, params.read_noise).noise
    group = np.arange(1, data.signal.shape[1] + 1)
    if params.fit_groups is None:
        first, last = 1, early_group_count(data.signal, data.usable, data.zero, params.threshold)[..., None]
    else:
        first, last = params.fit_groups[0], np.array(params.fit_groups[1])
    used = data.usable & (group >= first) & (group <= last)
    rate, error, _ = fit_rates(data.signal, used, data.segments, GroupTimes.of(data.timing), noise, _method(params.method))
    if not noise.known:
        error = np.where(np.isfinite(rate), spread_of_neighbours(rate), np.nan)
    tgroup = data.timing.tgroup
    return Overview(data.exposure, params, data.integration, rate * tgroup, error * tgroup, data.signal, data.groupdq, data.time_mjd)


def overview(exposure: Exposure, params: Params, engine: object = None, progress: Progress = no_progress) -> Overview:
    """The same pixel in every integration, each with its own early groups as `run` would choose them.

    Errors come from gain and read noise as in `run`; without them they are the scatter of neighbouring integrations' slopes.
    """
    return fit_overview(load_overview(exposure, params, progress), params)


def warm_up() -> None:
    """Import and read what the first fit would wait for (0.2 s); for a background task at start."""
    import scipy.linalg.lapack
    import scipy.special  # noqa: F401

    noise_table()
    versions()
