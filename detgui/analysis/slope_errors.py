"""Errors of mean slopes that are true for one integration and for thousands."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.slope_noise import SlopeNoise
from detgui.science.slope_moments import Moments
from detgui.science.variance_pooling import Prior, find_prior, one_sigma_factor, pooled_variance

FloatArray = NDArray[np.float64]


def errors_of(moments: Moments, inside: NDArray[np.bool_], noise: SlopeNoise, weights: FloatArray) -> tuple[FloatArray, str]:
    """Errors of the mean slopes, DN/group, flat, and in words how they were made; NaN where nothing was added.

    ``inside`` (flat): the pixels that are asked for; only they tell about the scatter.
    """
    count = moments.count
    expected = noise.variance(weights)
    if not inside.any() or int(count[inside].max(initial=0)) <= 1:
        with np.errstate(invalid="ignore"):
            error = np.where(count > 0, np.sqrt(expected), np.nan)
        return error, f"propagated from read and photon noise of one integration: {noise.words}"
    chosen = np.flatnonzero(inside & (count > 0))
    common = expected[chosen]
    flat = not np.isfinite(common).any()
    common = np.ones_like(common) if flat else np.where(np.isfinite(common), common, np.nanmedian(common))
    dof = count[chosen].astype(np.float64) - 1.0
    measured = moments.variance[chosen]
    prior = find_prior(measured, dof, common)
    variance, total = pooled_variance(measured, dof, common, prior)
    error = np.full(count.shape, np.nan)
    error[chosen] = np.sqrt(variance / count[chosen]) * one_sigma_factor(total)
    return error, _words(prior, float(np.median(dof)), "the same for all pixels" if flat else noise.words)


def _words(prior: Prior, dof: float, source: str) -> str:
    share = 100.0 * prior.dof / (prior.dof + dof)
    scale = np.sqrt(prior.scale)
    times = f"{scale.min():.2f}" if scale.size == 1 or np.ptp(scale) < 0.01 else f"{scale.min():.2f} to {scale.max():.2f}"
    return (
        f"scatter between integrations / sqrt(n), pooled over pixels of like noise (empirical Bayes): {share:.0f} % of the weight is the "
        f"propagated noise times {times}, {source}; half the 68.3 % interval"
    )
