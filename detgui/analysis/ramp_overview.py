"""One pixel's slope in every integration of an exposure."""

from __future__ import annotations

import numpy as np

from detgui.analysis.pixel_noise import check_given, find_noise, with_given
from detgui.analysis.ramp_reading import check_groups, check_pixel, choose_integration, mid_times, read_levels, read_neighbours, read_ramps
from detgui.analysis.ramp_types import Overview, OverviewData, Params, method_of
from detgui.data.exposure import Exposure
from detgui.progress import Progress, no_progress
from detgui.science.covariance import GroupTimes
from detgui.science.ramp_fit import fit_rates
from detgui.science.ramp_groups import early_group_count, extrapolated_zero, saturated_from, segment_numbers, usable_groups
from detgui.science.scatter import spread_of_neighbours


def load_overview(exposure: Exposure, params: Params, progress: Progress = no_progress) -> OverviewData:
    """Read what `fit_overview` needs: the pixel in every integration. Raises `BadInput` as `ramp.load` does."""
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
    """Fit a pixel that was read in every integration; what may differ from the load is as in `ramp.fit`."""
    check_groups(data.exposure, data.signal.shape[1], params.fit_groups)
    noise = with_given(data.noise, params.gain, params.read_noise).noise
    group = np.arange(1, data.signal.shape[1] + 1)
    if params.fit_groups is None:
        first, last = 1, early_group_count(data.signal, data.usable, data.zero, params.threshold)[..., None]
    else:
        first, last = params.fit_groups[0], np.array(params.fit_groups[1])
    used = data.usable & (group >= first) & (group <= last)
    rate, error, _ = fit_rates(data.signal, used, data.segments, GroupTimes.of(data.timing), noise, method_of(params.method))
    if not noise.known:
        error = np.where(np.isfinite(rate), spread_of_neighbours(rate), np.nan)
    tgroup = data.timing.tgroup
    return Overview(data.exposure, params, data.integration, rate * tgroup, error * tgroup, data.signal, data.groupdq, data.time_mjd)


def overview(exposure: Exposure, params: Params, engine: object = None, progress: Progress = no_progress) -> Overview:
    """The same pixel in every integration, each with its own early groups as `ramp.run` would choose them.

    Errors come from gain and read noise as in `ramp.run`; without them they are the scatter of neighbouring integrations' slopes.
    """
    return fit_overview(load_overview(exposure, params, progress), params)
