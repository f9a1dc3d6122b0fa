"""Variance and mean of one box and pair with the fitted line: pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.gain_types import Result

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class BoxLine:
    """Of one pair (1-based) by group, shapes (groups,): ``mean`` of the sum, DN; ``variance`` of the difference with its error and what
    is left of it after the line, DN^2. ``slope`` DN (1 / gain before IPC) and ``intercept`` DN^2 of the line."""

    pair: int
    mean: Array
    variance: Array
    err: Array
    residual: Array
    slope: float
    intercept: float


def box_line(result: Result, pair: int, box: int) -> BoxLine:
    """The points of a box and the line that its gain is of.

    The error of a variance of n pixels is V sqrt(2 / (n - 1)), raised by what clipping adds; errors of one ramp's groups are correlated.
    The slope is that of the pair; the intercept is the one that goes with it: least squares with weights 1 / error^2 within the limit.
    """
    reads = result.reads[pair - 1]
    mean, variance, pixels = (np.asarray(each[:, box], float) for each in (reads.mean, reads.variance, reads.pixels))
    excess = np.asarray(reads.excess[:, box], float)
    with np.errstate(invalid="ignore", divide="ignore"):
        err = variance * np.sqrt(2.0 * np.where(np.isfinite(excess), excess, 1.0) / np.maximum(pixels - 1.0, 1.0))
        slope = result.ipc.factor / float(result.pair_gain[pair - 1, box])
        inside = np.isfinite(variance) & (mean <= 2.0 * result.limit) & (err > 0)
        weights = np.where(inside, 1.0 / err**2, 0.0)
        left = np.where(inside, variance - slope * mean, 0.0)
    intercept = float((weights * left).sum() / weights.sum()) if weights.sum() > 0 else np.nan
    return BoxLine(pair, mean, variance, err, variance - slope * mean - intercept, slope, intercept)
