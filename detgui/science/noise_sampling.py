"""Gain and read noise of a detector from the bends of a few ramps, where nothing else tells them.

A second difference of three groups knows neither the bias nor a constant rate; its variance is linear in photon and read variance (see
`covariance`), and wider spaced groups collect more photon noise. Both follow from the robust spreads of pixels of different rates.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detgui.science.covariance import GroupTimes, Noise, photon_form

FloatArray = NDArray[np.float64]

BINS = 12
FEWEST_VALUES = 200
TO_SIGMA = 0.5 / 0.6744897501960817
"""Half the distance between the quartiles of a normal distribution to its standard deviation."""


def noise_of_sample(signal: FloatArray, good: NDArray[np.bool_], times: GroupTimes, gain: float = np.nan) -> Noise:
    """Typical gain (e-/DN, as given where it is finite) and read noise (DN, single read) of ramps.

    ``signal`` DN and ``good`` (pixels whose ramps count) have shapes (ngroups, n) and (n,). NaN where the ramps are too few or have fewer
    than three groups; the gain is NaN where no photon noise is seen.
    """
    ngroups = signal.shape[0]
    ramps = signal[:, good & np.isfinite(signal).all(axis=0)]
    if ngroups < 3 or ramps.shape[1] * (ngroups - 2) < FEWEST_VALUES:
        return Noise(gain, np.nan)
    rate = (ramps[-1] - ramps[0]) / (times.mean[-1] - times.mean[0])
    order = np.argsort(rate)
    bins = [each for each in np.array_split(order, BINS) if each.size * (ngroups - 2) >= FEWEST_VALUES / BINS and each.size]
    rows, values = [], []
    for lag in sorted({1, max(1, (ngroups - 1) // 4)}):
        bends = ramps[2 * lag :] - 2.0 * ramps[lag:-lag] + ramps[: -2 * lag]
        weights = np.zeros(ngroups)
        weights[[0, lag, 2 * lag]] = 1.0, -2.0, 1.0
        photon = float(photon_form(weights, times))
        for each in bins:
            low, high = np.quantile(bends[:, each] - np.median(bends[:, each], axis=1, keepdims=True), [0.25, 0.75])
            rows.append((max(float(np.median(rate[each])), 0.0) * photon, 6.0 / times.nframes))
            values.append((TO_SIGMA * (high - low)) ** 2)
    return _solve(np.array(rows), np.array(values), gain)


def _solve(system: FloatArray, variances: FloatArray, gain: float) -> Noise:
    """Inverse gain and read variance, not negative, weighted by the relative precision that spreads have."""
    from scipy.optimize import nnls

    keep = variances > 0
    if not keep.any():
        return Noise(gain, np.nan)
    system, variances = system[keep] / variances[keep, None], np.ones(int(keep.sum()))
    if np.isfinite(gain):
        read = float(system[:, 1] @ (variances - system[:, 0] / gain) / (system[:, 1] @ system[:, 1]))
        return Noise(gain, float(np.sqrt(max(read, 0.0))))
    (inverse, read), _ = nnls(system, variances)
    return Noise(float(1.0 / inverse) if inverse > 0 else np.nan, float(np.sqrt(read)))
