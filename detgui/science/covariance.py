"""Noise of the groups of one ramp: photon noise that accumulates from group to group, and read noise.

The counts of a pixel are a running sum of photons, so all groups of a ramp share the photons that arrived before the earlier one. With R
the read noise of one read (DN), g the gain (e-/DN), r the count rate (DN/s), m_i the mean time of the n frames averaged into group i and
tau_i their variance-weighted mean time,

    C_ij = r / g * m_min(i, j)  (i != j),        C_ii = r / g * tau_i + R^2 / n        (DN^2),

Brandt 2024, PASP 136, 045004, equations 4, 11, 28 and 29 (there for the
differences of neighbouring groups); Vacca, Cushing & Rayner 2004, PASP 116, 352. Both times are counted from the
reset. Noise of the reset itself (kTC) is the same in all groups: it belongs to the intercept, which is fitted, and is not in C.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.science.timing import GroupTiming

FloatArray = NDArray[np.float64]

MINIMUM_READ_VARIANCE = 1e-12
"""DN^2; keeps the covariance positive definite where somebody gives a read noise of zero."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupTimes:
    """Times that the covariance of groups is made of, s since the reset, shape (ngroups,): ``mean`` m_i and ``tau`` tau_i; ``nframes``
    n."""

    mean: FloatArray
    tau: FloatArray
    nframes: int

    @classmethod
    def of(cls, timing: GroupTiming) -> GroupTimes:
        """Times of an integration's groups."""
        return cls(timing.group_times(), timing.tau_times(), timing.nframes)


@dataclass(frozen=True, slots=True)
class Noise:
    """Noise of one pixel: ``gain`` e-/DN and ``read_noise`` DN of a single read; NaN where not known."""

    gain: float
    read_noise: float

    @property
    def known(self) -> bool:
        """True where the covariance can be computed."""
        return bool(np.isfinite(self.gain) and self.gain > 0 and np.isfinite(self.read_noise) and self.read_noise >= 0)

    def photon_scale(self, rate: FloatArray | float) -> FloatArray:
        """Photon variance collected per second, DN^2/s, at ``rate`` DN/s; a negative rate has none."""
        return np.maximum(np.asarray(rate, dtype=np.float64), 0.0) / self.gain

    def read_variance(self, nframes: int) -> float:
        """Read variance of a group of ``nframes`` averaged frames, DN^2."""
        return max(self.read_noise**2 / nframes, MINIMUM_READ_VARIANCE)


def group_covariance(rate: float, noise: Noise, times: GroupTimes) -> FloatArray:
    """Covariance of the groups of a ramp, DN^2, shape (ngroups, ngroups), at ``rate`` DN/s (module docstring)."""
    earlier = np.minimum.outer(times.mean, times.mean)
    np.fill_diagonal(earlier, times.tau)
    covariance = float(noise.photon_scale(rate)) * earlier
    covariance[np.diag_indices_from(covariance)] += noise.read_variance(times.nframes)
    return covariance


def group_variance(rate: float, noise: Noise, times: GroupTimes) -> FloatArray:
    """Variance of each group by itself, DN^2, shape (ngroups,): the diagonal of `group_covariance`; NaN where the noise is not known."""
    if not noise.known:
        return np.full(times.mean.shape, np.nan)
    return np.asarray(noise.photon_scale(rate) * times.tau + noise.read_variance(times.nframes))


def photon_form(weights: FloatArray, times: GroupTimes) -> FloatArray:
    """w' P w with P the photon covariance for 1 DN^2/s, s; ``weights`` of shape (..., ngroups), result (...).

    Uses min(m_i, m_j) = sum of the time steps up to both, so no matrix is formed.
    """
    steps = np.diff(times.mean, prepend=0.0)
    later = np.cumsum(weights[..., ::-1], axis=-1)[..., ::-1]
    form = (later**2 * steps).sum(axis=-1) + (weights**2 * (times.tau - times.mean)).sum(axis=-1)
    return np.asarray(form, dtype=np.float64)


def linear_variance(weights: FloatArray, rate: FloatArray | float, noise: Noise, times: GroupTimes) -> FloatArray:
    """Variance of ``weights @ signal``, DN^2 times the weights' unit squared; shapes as in `photon_form`."""
    read = (weights**2).sum(axis=-1) * noise.read_variance(times.nframes)
    return np.asarray(noise.photon_scale(rate) * photon_form(weights, times) + read, dtype=np.float64)
