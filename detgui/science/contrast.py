"""How much charge moves to a neighbour for a given contrast: regression of residual slopes on the contrast of the image.

With S a pixel's signal, s the signal above which charge moves and c the coefficient, the charge that has left a pixel for its four
neighbours n is c sum_n(max(S - s, 0) - max(S_n - s, 0)); the residual late slope is the same sum taken with the weights of the late slope
over the groups, and minus c is the slope of the regression.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.science.slope_weights import late_minus_early

FloatArray = NDArray[np.float64]

JACKKNIFE_BLOCKS = 32
"""Blocks of columns that are left out one after another for the errors."""


@dataclass(frozen=True, slots=True, eq=False)
class ContrastFit:
    """Coefficient with its error, and how straight the relation is.

    ``coefficient`` share of the contrast (DN per DN) that moves to each neighbour; ``local`` slope per DN/group of the pixel's own late
    excess (what is left of its own non-linearity), NaN where not fitted; ``curvature`` part by which the coefficient is larger at the
    largest contrast than at none, from a fit with a second term; ``correlation`` of slope and contrast; ``pixels`` used. ``binned``
    contrast, slope, its error: shapes (nbins,), DN/group.
    """

    coefficient: float
    coefficient_err: float
    local: float
    local_err: float
    curvature: float
    curvature_err: float
    correlation: float
    pixels: int
    binned: tuple[FloatArray, FloatArray, FloatArray]


def neighbour_contrast(values: NDArray[Any]) -> FloatArray:
    """Sum over the four neighbours of (pixel - neighbour), shape (ny, nx); none beyond the edges; NaN beside a NaN."""
    out = np.zeros(values.shape)
    down = values[:-1] - values[1:]
    right = values[:, :-1] - values[:, 1:]
    out[:-1] += down
    out[1:] -= down
    out[:, :-1] += right
    out[:, 1:] -= right
    return np.where(np.isfinite(values), out, np.nan)


def late_contrast(rate: NDArray[Any], ngroups: int, fit_groups: tuple[int, int], start: float) -> FloatArray:
    """Late slope, DN/group, of the contrast that signals of ``rate`` DN/group have above ``start`` DN, shape (ny, nx)."""
    return neighbour_contrast(late_excess(rate, ngroups, fit_groups, start))


def late_excess(rate: NDArray[Any], ngroups: int, fit_groups: tuple[int, int], start: float) -> FloatArray:
    """Late slope, DN/group, shape (ny, nx), of what a pixel of ``rate`` DN/group holds above ``start`` DN; the contrast is linear in it.

    ``start`` 0 gives the rate itself.

    With ``start`` 0 nothing but the late line counts: a straight line has no residual slope.
    """
    if start <= 0:
        return np.asarray(rate, np.float64)
    out = np.zeros(rate.shape)
    for number, weight in enumerate(late_minus_early(ngroups, fit_groups), 1):
        if weight:
            out += weight * np.maximum(rate * number - start, 0.0)
    return out


def fit_contrast(slope: NDArray[Any], err: NDArray[Any], contrast: FloatArray, excess: FloatArray | None = None) -> ContrastFit:
    """Weighted least squares of ``slope`` = -c ``contrast`` (+ k ``excess``), shapes (ny, nx), NaN leaves a pixel out.

    Errors by jackknife over blocks of columns, so that they hold whatever the errors of pixels share.
    """
    good = np.isfinite(slope) & np.isfinite(contrast) & np.isfinite(err) & (err > 0)
    if excess is not None:
        good &= np.isfinite(excess)
    size = float(np.percentile(np.abs(contrast[good]), 99.9)) if good.any() else 0.0
    nothing = np.full(0, np.nan)
    if good.sum() < 10 or size == 0:
        return ContrastFit(np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, int(good.sum()), (nothing, nothing, nothing))
    terms = [-contrast] if excess is None else [-contrast, excess]
    value, error = _jackknife(slope, err, terms, good)
    bent, bent_err = _jackknife(slope, err, [*terms, -contrast * np.abs(contrast) / size], good)
    seen = good & (np.abs(contrast) > 0.01 * size)
    correlation = float(np.corrcoef(slope[seen], contrast[seen])[0, 1]) if seen.sum() > 2 else np.nan
    return ContrastFit(
        float(value[0]),
        float(error[0]),
        float(value[1]) if excess is not None else np.nan,
        float(error[1]) if excess is not None else np.nan,
        float(bent[-1] / value[0]) if value[0] else np.nan,
        float(abs(bent_err[-1] / value[0])) if value[0] else np.nan,
        correlation,
        int(good.sum()),
        _binned(contrast[seen], slope[seen], err[seen]),
    )


def _jackknife(slope: NDArray[Any], err: NDArray[Any], terms: list[FloatArray], good: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    weight = np.where(good, 1.0 / np.where(good, err, 1.0).astype(np.float64) ** 2, 0.0)
    filled = [np.where(good, term, 0.0) for term in terms]
    data = np.where(good, slope, 0.0).astype(np.float64)
    normal = np.array([[(weight * a * b).sum(axis=0) for b in filled] for a in filled])
    right = np.array([(weight * a * data).sum(axis=0) for a in filled])
    return jackknife_solve(blocks_of(normal), blocks_of(right))


def blocks_of(sums: FloatArray, count: int = JACKKNIFE_BLOCKS) -> FloatArray:
    """Sums over blocks of columns, the last axis, put first: shape (nblocks, ...)."""
    edges = np.linspace(0, sums.shape[-1], min(count, sums.shape[-1]) + 1).astype(int)[:-1]
    return np.moveaxis(np.add.reduceat(sums, edges, axis=-1), -1, 0)


def jackknife_solve(normal: FloatArray, right: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Solution of the normal equations summed over blocks, shapes (n, p, p) and (n, p), and its error from leaving one block out."""
    kept = np.abs(right).sum(axis=1) > 0
    normal, right = normal[kept], right[kept]
    total_n, total_r = normal.sum(axis=0), right.sum(axis=0)
    n = len(normal)
    if n < 4 or np.linalg.cond(total_n) > 1e14:
        return np.full(right.shape[1], np.nan), np.full(right.shape[1], np.nan)
    value = np.linalg.solve(total_n, total_r)
    parts = np.array([np.linalg.solve(total_n - a, total_r - b) for a, b in zip(normal, right, strict=True)])
    return value, np.sqrt((n - 1) / n * ((parts - parts.mean(axis=0)) ** 2).sum(axis=0))


def _binned(contrast: FloatArray, slope: NDArray[Any], err: NDArray[Any], count: int = 20) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Means of equal numbers of pixels, for a plot."""
    order = np.argsort(contrast)
    pieces = [piece for piece in np.array_split(order, count) if piece.size]
    means = [(contrast[p].mean(), slope[p].mean(), np.sqrt((err[p].astype(np.float64) ** 2).sum()) / p.size) for p in pieces]
    columns = np.array(means, np.float64).reshape(-1, 3).T
    return columns[0], columns[1], columns[2]
