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
    """
    reads, line = result.reads[pair - 1], result.measured[pair - 1].line
    mean, variance, pixels, excess = (np.asarray(each[:, box], float) for each in (reads.mean, reads.variance, reads.pixels, reads.excess))
    with np.errstate(invalid="ignore", divide="ignore"):
        err = variance * np.sqrt(2.0 * np.where(np.isfinite(excess), excess, 1.0) / np.maximum(pixels - 1.0, 1.0))
    slope, intercept = float(line.inverse[box]), float(line.noise[box])
    return BoxLine(pair, mean, variance, err, variance - slope * mean - intercept, slope, intercept)
