"""Variances of many pixels, each measured a few times only, made true by what pixels alike have in common.

Empirical Bayes after Smyth 2004 (Statistical Applications in Genetics and Molecular Biology 3, article 3): a pixel's variance is taken to
be ``expected * scale`` times an inverse chi-square variate with ``prior`` degrees of freedom, so the measured variance over the expected
one follows ``scale * F(dof, prior)``. Scale and prior are found from the medians and the widths of the measured ratios, which a few odd
pixels do not move (as Phipson et al. 2016, Annals of Applied Statistics 10, 946, ask for), the scale as a function of what is expected.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

FEWEST = 50
"""Pixels below which no scale is measured."""

PER_BIN = 400
MOST_BINS = 24
WEAK_PRIOR = 8.0
"""Degrees of freedom given to the expected variance where the pixels are too few to tell."""

PRIORS = np.geomspace(0.5, 2000.0, 60)
ODD = 1e-4
"""Chance below which a pixel is too noisy to be like the others; its own scatter counts alone."""

ONE_SIGMA = 0.8413447460685429
"""Normal distribution's share below one standard deviation."""

SAMPLE = 20_000
"""Pixels that prior and scale are found from at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """What the pixels have in common: degrees of freedom, and the scale at some logarithms of the expected variance."""

    dof: float
    at: FloatArray
    scale: FloatArray

    def scale_of(self, expected: FloatArray) -> FloatArray:
        """Factor on the expected variance."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.interp(np.log(expected), self.at, self.scale))


def find_prior(measured: FloatArray, dof: FloatArray, expected: FloatArray) -> Prior:
    """The common part of the pixels' variances.

    ``measured`` variances with ``dof`` degrees of freedom and the ``expected`` ones, flat, all positive. Without enough of them, or without
    expected variances, it is weak and of scale 1.
    """
    usable = np.flatnonzero((dof >= 1) & (measured > 0) & (expected > 0) & np.isfinite(measured) & np.isfinite(expected))
    if usable.size < FEWEST:
        return Prior(WEAK_PRIOR, np.zeros(1), np.ones(1))
    usable = usable[:: -(-usable.size // SAMPLE)]
    typical = float(np.median(dof[usable]))
    usable = usable[(dof[usable] >= 0.8 * typical) & (dof[usable] <= 1.25 * typical)]
    position = np.log(expected[usable])
    ratio = np.log(measured[usable]) - position
    order = np.argsort(position, kind="stable")
    bins = np.array_split(order, int(np.clip(usable.size // PER_BIN, 1, MOST_BINS)))
    middle = np.array([np.median(ratio[each]) for each in bins])
    at = np.array([np.median(position[each]) for each in bins])
    at, keep = np.unique(at, return_index=True)
    middle = middle[keep]
    prior = _prior_dof(ratio - np.interp(position, at, middle), typical)
    return Prior(prior, at, np.exp(middle) / _median_ratio(typical, prior))


def _prior_dof(centred: FloatArray, dof: float) -> float:
    """Degrees of freedom for which log F(dof, prior) is as wide as the logarithms of the ratios."""
    from scipy.stats import f

    low, high = np.quantile(centred, [1 - ONE_SIGMA, ONE_SIGMA])
    widths = np.log(f.ppf(ONE_SIGMA, dof, PRIORS)) - np.log(f.ppf(1 - ONE_SIGMA, dof, PRIORS))
    return float(np.exp(np.interp(-(high - low), -widths, np.log(PRIORS))))


def _median_ratio(dof: float, prior: float) -> float:
    from scipy.stats import f

    return float(f.ppf(0.5, dof, prior))


def pooled_variance(measured: FloatArray, dof: FloatArray, expected: FloatArray, prior: Prior) -> tuple[FloatArray, FloatArray]:
    """Best variance of each pixel and its degrees of freedom, shape of the arguments.

    Without scatter of its own (``dof`` 0) a pixel has what is expected, without an expected one its own; NaN where it has neither.
    """
    from scipy.stats import f

    common = expected * prior.scale_of(expected)
    known = np.isfinite(common) & (common > 0)
    own = np.where((dof >= 1) & np.isfinite(measured), measured, 0.0)
    held = np.where(dof >= 1, dof, 0.0)
    odd = np.zeros(own.shape, bool)
    if prior.at.size and np.any(held):
        limits = {float(each): float(f.isf(ODD, each, prior.dof)) for each in np.unique(held) if each >= 1}
        table = np.zeros(int(max(held.max(), 0)) + 1)
        for each, limit in limits.items():
            table[int(each)] = limit
        odd = known & (held >= 1) & (own > np.where(known, common, 1.0) * table[held.astype(int)])
    weight = np.where(known & ~odd, prior.dof, 0.0)
    total = weight + held
    summed = np.where(weight > 0, weight * np.where(known, common, 0.0), 0.0) + held * own
    return np.divide(summed, total, out=np.full(own.shape, np.nan), where=total > 0), total


def one_sigma_factor(dof: FloatArray) -> FloatArray:
    """Factor that makes a standard error half the 68.3 % interval (Student's t), for any shape of ``dof``; 1 for very many."""
    from scipy.stats import t

    steps = np.concatenate([np.arange(0.5, 20, 0.25), np.geomspace(20, 1e5, 60)])
    return np.asarray(np.interp(dof, steps, t.ppf(ONE_SIGMA, steps)))
