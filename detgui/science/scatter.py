"""Noise of a pixel seen in many integrations: what the scatter between them says about gain and read noise.

The covariance of neighbouring differences of groups is linear in photon and read variance (Brandt 2024, PASP 136, 045004, equations 28
and 29): with P the photon variance collected per second and B the read variance of a group, ``var = P a_k + 2 B`` and ``cov = P b_k -
B``. Their averages over the groups, measured between integrations, are solved for P and B.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detgui.science.covariance import GroupTimes, Noise

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

FEWEST_INTEGRATIONS = 3
FEWEST_DIFFERENCES_TO_CENTRE = 8
OUTLIER = 6.0
"""Differences further off than this many standard deviations (from the median absolute deviation) are taken for unflagged jumps."""

PHOTON_SIGNIFICANCE = 4.0
"""A gain is given where the photon noise is this many of its own standard errors."""


def noise_between_integrations(
    signal: FloatArray, usable: BoolArray, segments: IntArray, times: GroupTimes, gain: float = np.nan
) -> tuple[Noise, int]:
    """Gain (e-/DN) and read noise (DN, single read) from one pixel's integrations, and how many integrations told.

    ``signal`` DN, ``usable`` and ``segments`` have shape (nints, ngroups). Integrations with flags or outliers inside the groups that
    most of them have are left out. The mean rate of each integration is taken out, so that a source that varies does not look noisy. A
    ``gain`` that is known says what the photons do: only the read noise is measured then. A read variance below its own standard error
    is set to that error. NaN where there are fewer than three integrations or groups; gain NaN where no photon noise is seen.
    """
    nothing = Noise(np.nan, np.nan)
    groups = int(np.logical_and.accumulate(usable.mean(axis=0) >= 0.5).sum())
    if groups < 3 or len(signal) < FEWEST_INTEGRATIONS:
        return nothing, 0
    good = usable[:, :groups].all(axis=1) & (segments[:, groups - 1] == 0)
    good[good] = _without_outliers(np.diff(signal[good, :groups], axis=1))
    count = int(good.sum())
    if count < FEWEST_INTEGRATIONS:
        return nothing, count
    steps = np.diff(signal[good, :groups], axis=1)
    residual = steps - steps.mean(axis=0)
    system, measured = _system(residual, count, times, groups)
    rate = float((signal[good, groups - 1] - signal[good, 0]).mean() / (times.mean[groups - 1] - times.mean[0]))
    if np.isfinite(gain):
        photon, weights = max(rate, 0.0) / gain, system[:, 1] / float(system[:, 1] @ system[:, 1])
        read = float(weights @ (measured - photon * system[:, 0]))
    else:
        inverse = np.linalg.inv(system)
        photon, read, weights = float(inverse[0] @ measured), float(inverse[1] @ measured), inverse[1]
        # The sum var + 2 cov of N values is known to about var sqrt(6 / N).
        seen = PHOTON_SIGNIFICANCE * np.sqrt(6.0 / residual.size) * residual.var()
        gain = rate / photon if rate > 0 and photon * float(np.diff(times.mean[:groups]).mean()) > seen else np.nan
    # var and cov of N values are known to about var sqrt(2 / N) and var sqrt(1 / N).
    error = residual.var() * np.sqrt((2.0 * weights[0] ** 2 + weights[1] ** 2) / residual.size)
    return Noise(gain, float(np.sqrt(max(read, error) * times.nframes))), count


def _without_outliers(steps: FloatArray) -> BoolArray:
    off = np.abs(steps - np.median(steps, axis=0)) if len(steps) else steps
    scale = 1.4826 * float(np.median(off)) if off.size else 0.0
    return np.asarray((off <= OUTLIER * scale).all(axis=1)) if scale > 0 else np.ones(len(steps), dtype=bool)


def _system(residual: FloatArray, count: int, times: GroupTimes, groups: int) -> tuple[FloatArray, FloatArray]:
    """What centred differences, shape (count, groups - 1), say: ``matrix @ (photon variance per s, read variance of a group) = averages``,
    shapes (2, 2) and (2,), DN^2."""
    number = groups - 1
    mean, tau = times.mean[:groups], times.tau[:groups]
    photon = np.diag(tau[1:] + tau[:-1] - 2.0 * mean[:-1])
    shared = mean[1:-1] - tau[1:-1]
    photon += np.diag(shared, 1) + np.diag(shared, -1)
    read = 2.0 * np.eye(number) - np.eye(number, k=1) - np.eye(number, k=-1)
    centring = np.eye(number)
    if number >= FEWEST_DIFFERENCES_TO_CENTRE:
        centring -= 1.0 / number
    left = residual @ centring
    measured = left.T @ left / (count - 1)
    system = np.array([_averages(centring @ form @ centring) for form in (photon, read)]).T
    return system, _averages(measured)


def _averages(covariance: FloatArray) -> FloatArray:
    return np.array([np.diagonal(covariance).mean(), np.diagonal(covariance, 1).mean()])


def spread(weights: FloatArray, signal: FloatArray, usable: BoolArray, segments: IntArray) -> float:
    """Standard deviation of ``weights @ signal`` between integrations, over those that are usable and free of jumps where the weights are
    not zero.

    ``weights`` (ngroups,), the others (nints, ngroups). NaN with fewer than three such integrations.
    """
    where = np.flatnonzero(weights)
    if not where.size or not np.isfinite(weights).all():
        return np.nan
    good = usable[:, where].all(axis=1) & (segments[:, where[0]] == segments[:, where[-1]])
    if good.sum() < FEWEST_INTEGRATIONS:
        return np.nan
    return float(np.std(signal[good][:, where] @ weights[where], ddof=1))


def spread_of_neighbours(values: FloatArray) -> float:
    """Standard deviation of a series, shape (n,), from the differences of neighbours: a slow change does not count. NaN with fewer than
    three."""
    values = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(np.diff(values) ** 2) / 2.0)) if values.size >= FEWEST_INTEGRATIONS else np.nan
