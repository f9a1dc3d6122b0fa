"""Growth of a number of hot pixels: generalised least squares with the covariance of counts that share their pixels.

Counts at t_i and t_j have the covariance C_ij = q min(t_i, t_j) + s^2 delta_ij: births and deaths make a random walk, q of them a month,
and pixels that flicker about the threshold add s^2 that has no memory. An additive constant in C, such as another origin of t makes, goes
into the free intercept: slope, steps and their errors do not depend on it.

A ``part`` of an epoch is the number of breaks at or before it, shape (n,), or None without breaks; each break that lies between two epochs
has a step of its own, beside one common slope.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.errors import BadInput

Array = NDArray[np.float64]
Parts = NDArray[np.integer | np.bool_] | None

DAYS_OF_A_MONTH = 30.4375
LEAST_FLICKER = 1e-6
"""Variance added where there is no flicker: two counts at the same time are else one equation twice."""


@dataclass(frozen=True, slots=True)
class Noise:
    """``walk`` q, pixels^2 a month (births plus deaths where they come one by one), ``flicker`` s^2, pixels^2; ``source`` 'histories',
    'residuals' or 'Poisson'."""

    walk: float
    flicker: float
    source: str = "histories"


@dataclass(frozen=True, slots=True, eq=False)
class Growth:
    """A straight line, or several with the same slope.

    ``rate`` pixels a month, ``steps`` pixels, shape (breaks,), ``level`` pixels at ``t = 0``, each with its error; ``covariance`` of
    (level, rate, steps); ``weights`` shape (parameters, n): parameters = weights @ counts; ``fitted`` at the epochs; ``chi2`` of the
    residuals with ``dof`` degrees of freedom.
    """

    rate: float
    rate_err: float
    steps: Array
    steps_err: Array
    level: float
    level_err: float
    covariance: Array
    weights: Array
    fitted: Array
    chi2: float
    dof: int
    noise: Noise

    @property
    def step(self) -> float:
        """The first step, pixels, NaN without a break."""
        return float(self.steps[0]) if self.steps.size else math.nan

    @property
    def step_err(self) -> float:
        """Its error, NaN without a break."""
        return float(self.steps_err[0]) if self.steps.size else math.nan


def count_covariance(months: Array, noise: Noise) -> Array:
    """C_ij = q min(t_i, t_j) + s^2 delta_ij with t counted from the first epoch, pixels^2, shape (n, n)."""
    t = months - months.min()
    return np.asarray(noise.walk * np.minimum.outer(t, t) + max(noise.flicker, LEAST_FLICKER) * np.eye(t.size), np.float64)


def design(months: Array, part: Parts = None) -> Array:
    """Columns of ones, months and, for each break, whether an epoch is at or after it; shape (n, 2 + breaks)."""
    columns = [np.ones(months.size), months]
    if part is not None:
        columns += [(part >= number).astype(float) for number in range(1, int(part.max()) + 1)]
    return np.stack(columns, axis=1)


def fit_growth(months: Array, counts: Array, noise: Noise, part: Parts = None) -> Growth:
    """Fit the line. Raises `BadInput` where there are fewer epochs than parameters, or all at one time."""
    x = design(months, part)
    check_epochs(months, part)
    covariance = count_covariance(months, noise)
    whitened = np.linalg.solve(covariance, x)
    normal = x.T @ whitened
    weights = np.linalg.solve(normal, whitened.T)
    parameters = weights @ counts
    errors = np.linalg.inv(normal)
    deviations = np.sqrt(np.diag(errors))
    left = counts - x @ parameters
    return Growth(
        rate=float(parameters[1]),
        rate_err=float(deviations[1]),
        steps=parameters[2:],
        steps_err=deviations[2:],
        level=float(parameters[0]),
        level_err=float(deviations[0]),
        covariance=errors,
        weights=weights,
        fitted=x @ parameters,
        chi2=float(left @ np.linalg.solve(covariance, left)),
        dof=months.size - x.shape[1],
        noise=noise,
    )


def check_epochs(months: Array, part: Parts = None) -> None:
    """Raise `BadInput` where no trend can be fitted."""
    if np.unique(months).size < 2:
        raise BadInput("a trend needs darks of at least two dates")
    x = design(months, part)
    steps = x.shape[1] - 2
    if steps and np.linalg.matrix_rank(x) < x.shape[1]:
        what = "a step" if steps == 1 else f"{steps} steps"
        raise BadInput(f"{what} beside a trend: darks of at least {steps + 2} dates are needed, two of them without a break between them")


def squared_changes(members: NDArray[np.float64], other: NDArray[np.float64] | None = None) -> Array:
    """Sum over clusters of pixels of (n_i - n_j)(m_i - m_j), shape (n, n), from counts by cluster and epoch, shapes (clusters, n).

    A hot pixel and the neighbours it lifts appear together: their count changes by five at once, and the variance by 25. So what is
    squared is the change of a cluster of touching pixels, not of a pixel.
    """
    second = members if other is None else other
    gram = members.T @ second
    diagonal = np.diag(gram)
    return diagonal[:, None] + diagonal[None, :] - gram - gram.T


def noise_from_changes(months: Array, changes: Array, segment: NDArray[np.int64]) -> Noise | None:
    """q and s^2 from single-pixel histories: the mean of `squared_changes` is q |t_i - t_j| + 2 s^2, less at long lags.

    Less because pixels that are born and die between two epochs are seen in neither: a negative term in the square of the lag allows for
    it. Only pairs of epochs in the same ``segment`` are used (a change of definition is not one of pixels), weighted by 1 / (lag +
    shortest lag), as their scatter grows with the lag. None without a pair.
    """
    i, j = np.triu_indices(months.size, 1)
    same = segment[i] == segment[j]
    i, j = i[same], j[same]
    if i.size == 0:
        return None
    lag, value = np.abs(months[i] - months[j]), changes[i, j]
    different = np.unique(np.round(lag, 3)).size
    if different < 2:
        return Noise(float(value.mean() / max(lag.mean(), 1e-6)), 0.0)
    columns = [lag, np.ones(lag.size), -(lag**2)][: 3 if different > 3 else 2]
    weight = 1.0 / (lag + lag.min() + 1e-3)
    found = _non_negative(np.stack(columns, axis=1) * weight[:, None], value * weight)
    return Noise(float(found[0]), float(found[1]) / 2)


def _non_negative(matrix: Array, values: Array) -> Array:
    from scipy.optimize import nnls

    return np.asarray(nnls(matrix, values)[0], np.float64)


def with_common_flicker(months: Array, counts: Array, noise: Noise, part: Parts = None) -> Noise:
    """The same noise, its flicker raised where the residuals are larger than it allows (chi^2 with less than 1 % probability).

    Histories count pixels that flicker one by one. A file whose zero level is off moves all pixels near the threshold together, which
    shows in the residuals only.
    """
    from scipy.optimize import brentq
    from scipy.special import chdtrc

    fit = fit_growth(months, counts, noise, part)
    if fit.dof < 1 or chdtrc(fit.dof, fit.chi2) > 0.01:
        return noise

    def excess(log: float) -> float:
        return fit_growth(months, counts, Noise(noise.walk, noise.flicker + math.exp(log)), part).chi2 - fit.dof

    high = math.log(float(counts.var()) * 10 + 1)
    if excess(high) > 0:
        return noise
    return Noise(noise.walk, noise.flicker + math.exp(brentq(excess, math.log(LEAST_FLICKER), high)), f"{noise.source} and residuals")


def noise_from_residuals(months: Array, counts: Array, part: Parts = None) -> Noise:
    """q and s^2 by restricted maximum likelihood of the residuals of a straight line; q at least the rate's own Poisson noise.

    For series of which only counts are known. Raises `BadInput` as `fit_growth` does.
    """
    from scipy.optimize import minimize

    x = design(months, part)
    check_epochs(months, part)
    first = counts - x @ np.linalg.lstsq(x, counts, rcond=None)[0]
    slope = abs(float(np.linalg.lstsq(x, counts, rcond=None)[0][1]))
    scale = max(float(first @ first) / max(months.size - x.shape[1], 1), 1.0)
    if months.size - x.shape[1] < 2:
        return Noise(max(slope, 1e-6), 0.0, "Poisson")

    def loss(logs: Array) -> float:
        return _restricted(months, counts, x, Noise(math.exp(logs[0]), math.exp(logs[1])))

    span = max(float(np.ptp(months)), 1e-6)
    best = min(
        (
            minimize(loss, np.log([walk, flicker]), method="Nelder-Mead")
            for walk, flicker in ((scale / span, 0.1 * scale), (slope + 1, scale))
        ),
        key=lambda found: float(found.fun),
    )
    walk, flicker = (float(math.exp(min(max(each, -30.0), 60.0))) for each in best.x)
    return Noise(max(walk, slope), flicker, "residuals")


def _restricted(months: Array, counts: Array, x: Array, noise: Noise) -> float:
    """-2 log of the restricted likelihood, without constants."""
    covariance = count_covariance(months, noise)
    whitened = np.linalg.solve(covariance, x)
    normal = x.T @ whitened
    left = counts - x @ np.linalg.solve(normal, whitened.T @ counts)
    return float(np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(normal)[1] + left @ np.linalg.solve(covariance, left))


@dataclass(frozen=True, slots=True)
class StepShare:
    """How much of a step neighbours explain: ``explained`` and ``rest`` in pixels, ``share`` of the whole, each with its error."""

    explained: float
    explained_err: float
    rest: float
    rest_err: float
    share: float
    share_err: float


def step_shares(months: Array, whole: Growth, centres: Growth, between: Noise) -> tuple[StepShare, ...]:
    """Share of each step with neighbours that is not in the step of centres; ``between``: covariance of the two counts (same model).

    The same births make both counts, so the error takes their covariance into account.
    """
    t = months - months.min()
    cross = between.walk * np.minimum.outer(t, t) + between.flicker * np.eye(t.size)
    shared = whole.weights[2:] @ cross @ centres.weights[2:].T
    return tuple(_share(whole, centres, number, float(shared[number, number])) for number in range(whole.steps.size))


def _share(whole: Growth, centres: Growth, number: int, shared: float) -> StepShare:
    step, rest = float(whole.steps[number]), float(centres.steps[number])
    variance_whole, variance_rest = float(whole.steps_err[number]) ** 2, float(centres.steps_err[number]) ** 2
    limit = math.sqrt(variance_whole * variance_rest)
    shared = min(max(shared, -limit), limit)
    ratio = rest / step if step else math.nan
    variance = variance_rest + ratio**2 * variance_whole - 2 * ratio * shared
    return StepShare(
        explained=step - rest,
        explained_err=math.sqrt(_beyond_rounding(variance_whole + variance_rest - 2 * shared, variance_whole)),
        rest=rest,
        rest_err=math.sqrt(variance_rest),
        share=1 - ratio,
        share_err=math.sqrt(_beyond_rounding(variance, variance_whole)) / abs(step) if step else math.nan,
    )


def _beyond_rounding(difference: float, of: float) -> float:
    """A difference of variances, 0 where it is less than their digits tell."""
    return difference if difference > 1e-9 * of else 0.0


def shared_noise(between: Noise, single: tuple[Noise, Noise], used: tuple[Noise, Noise]) -> Noise:
    """``between`` with what the residuals added to the flicker of two counts, ``single`` before and ``used`` after: files that differ as a
    whole move both counts together."""
    added = [max(after.flicker - before.flicker, 0.0) for before, after in zip(single, used, strict=True)]
    return Noise(between.walk, between.flicker + math.sqrt(added[0] * added[1]), between.source)


def months_between(days: Sequence[float]) -> Array:
    """Months of 30.4375 days since the first of some days, shape (n,)."""
    found = np.asarray(days, np.float64)
    return np.asarray((found - found.min()) / DAYS_OF_A_MONTH, np.float64)
