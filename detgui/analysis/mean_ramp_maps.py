"""Maps out of mean ramps, fast enough to follow the mouse."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.analysis import slope_map as maps
from detgui.analysis.mean_ramp_types import MeanRamps
from detgui.analysis.slope_noise import SlopeNoise
from detgui.errors import BadInput
from detgui.science.slope_weights import late_minus_early, line_weights

FloatArray = NDArray[np.float64]


def image(means: MeanRamps, integrations: tuple[int, int] | None = None, groups: tuple[int, int] | None = None) -> FloatArray:
    """Mean rate of a range of integrations, DN/group, shape (ny, nx): slope of the line through ``groups`` (1 to 10); NaN without data.

    Raises `BadInput` for groups that are not there.
    """
    first, last = groups or (1, min(10, means.ngroups))
    if not 1 <= first < last <= means.ngroups:
        raise BadInput(f"{means.exposure}: groups {first}-{last} are not there, the ramp has groups 1 to {means.ngroups}")
    ramp, count = means.ramp(integrations)
    return _whole(means, np.where(count > 0, line_weights(means.ngroups, first, last).astype(np.float32) @ ramp, np.nan))


def _whole(means: MeanRamps, values: NDArray[Any], fill: float = np.nan) -> NDArray[Any]:
    """An image of all rows from one of the rows that were kept."""
    ny, nx = means.geometry.ny, means.geometry.nx
    if means.rows == (0, ny - 1):
        return values.reshape(ny, nx)
    whole = np.full((ny, nx), fill, values.dtype)
    whole[means.rows[0] : means.rows[1] + 1] = values.reshape(-1, nx)
    return whole


def slope_map(
    means: MeanRamps,
    fit_groups: tuple[int, int],
    integrations: tuple[int, int] | None = None,
    exact: maps.Result | None = None,
) -> maps.Result:
    """The map of any early groups and range of integrations (rounded to whole bins), fast enough to follow the mouse.

    The error is propagated, and scaled pixel by pixel to what ``exact``, the last map of a whole pass, measured. The result says that it
    is approximate. Raises `BadInput` for groups that leave too few.
    """
    maps.check_groups(means.exposure, means.ngroups, fit_groups)
    weights = late_minus_early(means.ngroups, fit_groups)
    first, end = means.bins_for(integrations)
    ramp, count = means.ramp(integrations)
    valid = count > 0
    slope = np.where(valid, weights.astype(np.float32) @ ramp, np.float32(np.nan))
    error, method = _error(means, weights, count, exact)
    used = means.integrations[(means.integrations >= means.edges[first]) & (means.integrations < means.edges[end])]
    return maps.Result(
        exposure=means.exposure,
        params=maps.Params(fit_groups, integrations, means.params.roi, means.params.flags, means.params.gain, means.params.read_noise),
        slope=np.asarray(_whole(means, slope), np.float32),
        err=np.asarray(_whole(means, np.where(valid, error, np.nan).astype(np.float32)), np.float32),
        count=np.asarray(_whole(means, count.astype(np.int32), 0), np.int32),
        dq=means.dq,
        integrations=(int(used[0]), int(used[-1])),
        n_integrations=int(used.size),
        error_method=method,
        geometry=means.geometry,
        approximate=True,
        notes=means.notes,
        provenance=means.provenance,
        header=means.header,
        noise=means.noise,
        paths=means.paths,
    )


def _error(means: MeanRamps, weights: FloatArray, count: NDArray[np.int64], exact: maps.Result | None) -> tuple[FloatArray, str]:
    """Error of the mean slopes of the kept rows, flat, and how it was made."""
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(_expected(means, means.noise, weights) / np.maximum(count, 1))
    if exact is None:
        return error, f"propagated from read and photon noise, integrations independent: {means.noise.words}"
    with means.last.lock:
        if means.last.exact is not exact or means.last.factor is None:
            means.last.exact, means.last.factor = exact, _factor(means, exact)
        factor = means.last.factor
    first, last = exact.params.fit_groups
    return (
        error * factor,
        f"propagated, scaled to the error of groups {first}-{last}, integrations {exact.integrations[0]}-{exact.integrations[1]}",
    )


def _expected(means: MeanRamps, noise: SlopeNoise, weights: FloatArray) -> FloatArray:
    """Variance of a slope in one integration, of the kept rows; the same for all pixels where the noise is not known."""
    nx = means.geometry.nx
    variance = noise.variance(weights)[means.rows[0] * nx : (means.rows[1] + 1) * nx]
    return variance if np.isfinite(variance).any() else np.full(variance.shape, float((weights**2).sum()))


def _factor(means: MeanRamps, exact: maps.Result) -> FloatArray:
    """Measured over propagated error of an exact map; its median where the map has none."""
    rows = slice(means.rows[0], means.rows[1] + 1)
    error, count = exact.err[rows].reshape(-1).astype(np.float64), exact.count[rows].reshape(-1)
    weights = late_minus_early(means.ngroups, exact.params.fit_groups)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = error / np.sqrt(_expected(means, means.noise, weights) / count)
    good = np.isfinite(factor)
    return np.where(good, factor, np.median(factor[good]) if good.any() else 1.0)
