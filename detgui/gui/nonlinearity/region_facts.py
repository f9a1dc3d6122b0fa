"""The statistics of a region in words, and the work that makes them; pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detgui.analysis import mean_ramps, region_stats, slope_map, trace
from detgui.errors import BadInput
from detgui.gui.common.quantity import plain, probability, with_error
from detgui.gui.ramp.ramp_facts import Fact
from detgui.progress import Progress, no_progress
from detgui.session.nonlinearity import Rectangle
from detgui.session.shelf import Shelf

ABOUT = 8  # rows on either side of the trace: the report's aperture of 10 px reaches 5, the wings end before 8


def mask_of(shape: tuple[int, int], roi: Rectangle | None) -> NDArray[np.bool_] | None:
    """Pixels of a region, shape (ny, nx); None for all."""
    return None if roi is None else slope_map.region(shape, roi)


def statistics(result: slope_map.Result, roi: Rectangle | None, progress: Progress = no_progress) -> region_stats.Result:
    """Statistics of a map in a region; runs in a worker."""
    progress(0.0, "statistics of the region")
    return region_stats.run(result, mask_of(result.slope.shape, roi))


def facts(stats: region_stats.Result) -> list[Fact]:
    """Rows of the table, always the same labels in the same order."""
    unit, found, sums = stats.unit, stats.range, stats.charge
    low, high = stats.params.percentiles
    sigmas = f"{stats.params.threshold:g} errors"
    return [
        Fact("range", f"± {with_error(found.half, found.half_err, unit)}", f"half of the way from percentile {low:g} to {high:g}"),
        Fact("from", with_error(found.low, found.low_err, unit), f"{low:g} % of the pixels lie below"),
        Fact("to", with_error(found.high, found.high_err, unit), f"{100 - high:g} % of the pixels lie above"),
        Fact("noise alone", f"± {plain(stats.noise_half, 3)} {unit}", "the range that pixels without any effect would have"),
        Fact("mean", with_error(stats.mean, stats.mean_err, unit), f"median {plain(stats.median, 4)} {unit}"),
        Fact("losses", _sum(sums.losses, sums.loss, sums.loss_err, unit), _chance("below", sigmas, sums.by_chance)),
        Fact("excesses", _sum(sums.excesses, sums.excess, sums.excess_err, unit), _chance("above", sigmas, sums.by_chance)),
        Fact("sum", f"{with_error(sums.net, sums.net_err, unit)}, p = {probability(sums.probability)}", stats.conserved),
        Fact("pixels", f"{stats.pixels}", "pixels with a valid integration"),
    ]


def _sum(count: int, total: float, err: float, unit: str) -> str:
    return f"{count} px, {with_error(total, err, unit)}"


def _chance(side: str, sigmas: str, by_chance: float) -> str:
    return f"pixels more than {sigmas} {side} zero; {plain(by_chance, 3)} would be there by chance"


def about_trace(
    shelf: Shelf, key: str, means: mean_ramps.MeanRamps | None, flags: tuple[str, ...] | None, progress: Progress = no_progress
) -> Rectangle:
    """The rectangle that holds `ABOUT` rows on either side of the trace; raises `BadInput` where there is none."""
    progress(0.0, "finding the trace")
    if means is not None:
        found = trace.find(mean_ramps.image(means), trace.Params(), means.exposure)
    else:
        with shelf.borrow(key) as exposure:
            found = trace.run(exposure, trace.Params(flags=flags), progress=progress)
    centre = found.trace.centre
    columns = np.flatnonzero(np.isfinite(centre))
    if not columns.size:
        raise BadInput(f"{found.exposure}: the trace has no centre in any column")
    ny = found.image.shape[0]
    low, high = int(np.floor(np.nanmin(centre))) - ABOUT, int(np.ceil(np.nanmax(centre))) + ABOUT
    return int(columns[0]), max(low, 0), int(columns[-1]), min(high, ny - 1)


def strip_curve(means: mean_ramps.MeanRamps, progress: Progress = no_progress) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Edges of the bins and the flux of each, DN/group in the mean of the brightest tenth of the pixels: transits show."""
    progress(0.0, "flux of the bins")
    last = min(10, means.ngroups) - 1
    whole = means.ramp(None)[0]
    rate = whole[last] - whole[0]
    valid = (means.count > 0).all(axis=0).reshape(-1)
    if not valid.any():
        return means.edges, np.full(means.nbins, np.nan)
    bright = np.flatnonzero(valid & (rate >= np.quantile(rate[valid], 0.9)) & (rate <= np.quantile(rate[valid], 0.999)))
    flux = [float((each[last].reshape(-1)[bright] - each[0].reshape(-1)[bright]).mean() / last) for each in means.mean]
    return means.edges, np.array(flux)


def pixel_ramp(means: mean_ramps.MeanRamps, x: int, y: int, integrations: tuple[int, int] | None) -> NDArray[np.float64] | None:
    """Mean ramp of a pixel over a range rounded to bins, DN, shape (ngroups,); None where no integration is valid."""
    first, end = means.bins_for(integrations)
    row = y - means.rows[0]
    if not 0 <= row < means.mean.shape[2]:
        return None
    count = means.count[first:end, row, x].astype(np.float64)
    if not count.sum() > 0:
        return None
    return np.asarray(count @ means.mean[first:end, :, row, x].astype(np.float64) / count.sum())
