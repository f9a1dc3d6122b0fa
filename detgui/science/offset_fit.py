"""Offsets between two modules from sources that both have seen: the linear model of the PEARLS JWIDF paper (sections 3.2 and 5.1).

Per source delta = mag(later epoch) - mag(earlier epoch). In patch p module B was first and A later, in q the other way round:
delta_p = k d + A + T, delta_q = k d - A + T (equations 5 to 10), with A = m_A - m_B (positive: module A reads fainter), T what the time
between the epochs did, and k the gradient along d, mag/arcmin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.errors import BadInput
from detgui.science.offset_exposures import Side, redraw
from detgui.science.robust import MAD_TO_SIGMA

Array = NDArray[np.float64]

HUBER = 1.345
"""Standardised residual from which on a source counts less; 95 % efficient for a Gaussian (Huber 1981)."""

FEWEST = 5
"""Sources of a patch."""

REPLICATES = 500
MOST_NUMBERS = 4_000_000
"""Of replicates times sources that are in memory at once."""


@dataclass(frozen=True, slots=True)
class Medians:
    """Medians of the offsets in the patches p and q and their median absolute deviations, mag; from them A = (p - q) / 2 and
    T = (p + q) / 2 (equations 7 and 8) with the errors of the medians, mag."""

    p: float
    p_mad: float
    q: float
    q_mad: float
    offset: float
    time: float
    err: float


@dataclass(frozen=True, slots=True, eq=False)
class PairFit:
    """The linear model of one pair of arrays; errors by bootstrap, 0 for what was held at 0.

    ``offset`` A and ``time`` T in mag, ``slope`` k in mag/arcmin. ``scatter`` of a source about the model beyond its own error, mag.
    ``weights`` (n,): 1 for a source that counts fully, less for an outlier. ``residuals`` (n,), mag. ``n_p``, ``n_q`` sources used.
    ``covariance`` of (offset, time, slope).
    """

    offset: float
    offset_err: float
    time: float
    time_err: float
    slope: float
    slope_err: float
    covariance: Array
    scatter: float
    weights: Array
    residuals: Array
    n_p: int
    n_q: int


def medians(delta: Array, in_p: NDArray[np.bool_]) -> Medians:
    """Offsets and time term from medians; ``delta`` (n,) mag, ``in_p`` (n,) True in patch p, False in q. Raises `BadInput` for too few."""
    _enough(in_p)
    middle, mad, err = [], [], []
    for part in (delta[in_p], delta[~in_p]):
        centre = float(np.median(part))
        spread = float(np.median(np.abs(part - centre)))
        middle.append(centre)
        mad.append(spread)
        err.append(1.2533 * MAD_TO_SIGMA * spread / np.sqrt(part.size))
    (p, q), both = middle, float(np.hypot(*err)) / 2
    return Medians(p, mad[0], q, mad[1], (p - q) / 2, (p + q) / 2, both)


def design(d: Array, in_p: NDArray[np.bool_]) -> Array:
    """(n, 3) derivatives of the model by offset, time and slope; ``d`` in arcmin."""
    return np.stack([np.where(in_p, 1.0, -1.0), np.ones(d.size), d], axis=1)


def fit(
    delta: Array,
    err: Array,
    d: Array,
    in_p: NDArray[np.bool_],
    *,
    slope: bool = False,
    time: bool = False,
    exposures: tuple[Side, Side] | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> PairFit:
    """Fit the model robustly (Huber); all arrays (n,), ``delta`` and ``err`` in mag, ``d`` in arcmin.

    ``slope`` and ``time`` free k and T. Errors by bootstrap over sources within their patch or, where ``exposures`` of the earlier and the
    later epoch are given, over those too: the larger counts. Raises `BadInput` for fewer than 5 sources in a patch.
    """
    _enough(in_p)
    free = np.array([True, time, slope])
    x = design(d, in_p)[:, free]
    value, weights, scatter = solve(x, delta, err)
    covariance = np.zeros((3, 3))
    rng = np.random.default_rng(seed)
    found = _covariance(x, delta, np.hypot(err, scatter), value, _strata_counts(in_p, replicates, rng))
    found *= delta.size / max(delta.size - x.shape[1], 1)
    if exposures is not None:
        drawn, counts = redraw(*exposures, delta.size, replicates, rng)
        found = _larger(found, _covariance(x, drawn, np.hypot(err, scatter), value, counts))
    covariance[np.ix_(free, free)] = found
    full = np.zeros(3)
    full[free] = value
    errors = np.sqrt(np.diag(covariance))
    return PairFit(
        offset=float(full[0]),
        offset_err=float(errors[0]),
        time=float(full[1]),
        time_err=float(errors[1]),
        slope=float(full[2]),
        slope_err=float(errors[2]),
        covariance=covariance,
        scatter=scatter,
        weights=weights,
        residuals=delta - x @ value,
        n_p=int(in_p.sum()),
        n_q=int((~in_p).sum()),
    )


def solve(x: Array, y: Array, err: Array, rounds: int = 30) -> tuple[Array, Array, float]:
    """(values, weights, scatter) of a robust line: ``x`` (n, m), ``y`` and its ``err`` (n,).

    The scatter is what has to be added to the errors in quadrature so that the residuals are as wide as they should be.
    """
    counts, scatter = np.ones((1, y.size)), 0.0
    value = _huber(x, y, err, counts, np.zeros((1, x.shape[1])), rounds, begin=True)[0]
    for _ in range(4):
        scatter = extra_scatter(y - x @ value, err, x.shape[1])
        value = _huber(x, y, np.hypot(err, scatter), counts, value[None], rounds)[0]
    pulls = np.abs(y - x @ value) / np.hypot(err, scatter)
    return value, np.minimum(1.0, HUBER / np.maximum(pulls, 1e-12)), scatter


def extra_scatter(residuals: Array, err: Array, parameters: int) -> float:
    """Scatter beyond the errors, of the unit of the residuals: residuals over both have a robust width of 1; 0 where there is none."""
    freedom = np.sqrt(residuals.size / max(residuals.size - parameters, 1))
    size = np.abs(residuals) * freedom * MAD_TO_SIGMA

    def too_wide(scatter: float) -> bool:
        return float(np.median(size / np.hypot(err, scatter))) > 1.0

    if not too_wide(0.0):
        return 0.0
    low, high = 0.0, float(np.max(size))
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if too_wide(middle) else (low, middle)
    return high


def _huber(x: Array, y: Array, err: Array, counts: Array, start: Array, rounds: int, begin: bool = False) -> Array:
    """Huber's estimate for each row of ``counts`` (b, n), how often a source counts; (b, m). ``y`` (n,) or (b, n)."""
    value = start.copy()
    if begin:  # least absolute deviations would be slower; clipping at a generous width is enough to begin with
        value = np.asarray(np.linalg.lstsq(x / err[:, None], y / err, rcond=None)[0], np.float64)[None]
        spread = max(1.0, float(MAD_TO_SIGMA * np.median(np.abs((y - x @ value[0]) / err))))
        err = err * np.float64(spread)
    for _ in range(rounds):
        pulls = np.abs(y - value @ x.T) / err
        weights = counts * np.minimum(1.0, HUBER / np.maximum(pulls, 1e-12)) / err**2
        normal = np.einsum("bn,nm,nk->bmk", weights, x, x, optimize=True)
        right = np.einsum("bn,nm->bm", weights * y, x, optimize=True)
        new = np.linalg.solve(normal + 1e-12 * _trace(normal), right[..., None])[..., 0]
        moved = float(np.max(np.abs(new - value)))
        value = new
        if moved < 1e-9:
            break
    return value


def _trace(normal: Array) -> Array:
    """A grain of the diagonal: replicates without one of the patches have no solution."""
    grain: Array = np.einsum("bmm->b", normal)[:, None, None] * np.eye(normal.shape[-1])
    return grain


def _covariance(x: Array, y: Array, err: Array, value: Array, counts: Array) -> Array:
    """Covariance (m, m) of the estimate over replicates ``counts`` (b, n), of the same ``y`` (n,) or one each (b, n).

    Its errors are half the 16-84 % interval: among few sources some replicates are all outliers, and tell nothing of the others.
    """
    step = max(1, MOST_NUMBERS // x.shape[0])
    parts = []
    for at in range(0, counts.shape[0], step):
        part = counts[at : at + step]
        parts.append(_huber(x, y if y.ndim == 1 else y[at : at + step], err, part, np.repeat(value[None], part.shape[0], axis=0), 12))
    moved = np.concatenate(parts) - value
    low, high = np.percentile(moved, (15.865, 84.135), axis=0)
    errors = (high - low) / 2
    kept = np.clip(moved, -3 * errors, 3 * errors)
    spread = np.atleast_2d(np.cov(kept, rowvar=False))
    size = np.sqrt(np.diag(spread))
    grow = np.divide(errors, size, out=np.zeros_like(errors), where=size > 0)
    out: Array = spread * np.outer(grow, grow)
    return out


def _strata_counts(in_p: NDArray[np.bool_], replicates: int, rng: np.random.Generator) -> Array:
    """How often each source counts in each replicate: drawn within its patch, so that none is without sources; (b, n)."""
    counts = np.zeros((replicates, in_p.size))
    for part in (in_p, ~in_p):
        n = int(part.sum())
        counts[:, part] = rng.multinomial(n, np.full(n, 1.0 / n), size=replicates)
    return counts


def _larger(one: Array, two: Array) -> Array:
    """The covariance whose errors are larger, each error for itself."""
    grow = np.sqrt(np.maximum(np.diag(two) / np.maximum(np.diag(one), 1e-300), 1.0))
    out: Array = one * np.outer(grow, grow)
    return out


def _enough(in_p: NDArray[np.bool_]) -> None:
    n_p, n_q = int(in_p.sum()), int((~in_p).sum())
    if min(n_p, n_q) < FEWEST:
        which, n = ("p", n_p) if n_p < FEWEST else ("q", n_q)
        raise BadInput(f"patch {which} has {n} source{'s' * (n != 1)}, an offset needs at least {FEWEST}")
