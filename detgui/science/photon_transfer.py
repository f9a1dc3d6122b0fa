"""Clipped means and variances of boxes (JWST-STScI-004622, section 4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.science.clip_factor import factors

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Clipped moments of boxes, shapes (..., n boxes).

    ``mean`` of the sum frame, DN; ``variance`` of the difference frame, DN^2, corrected for clipping where asked; ``pixels`` that
    entered the difference before clipping; ``factor`` and ``excess`` of `clip_factor.factors`, ``factor`` 1 where not corrected.
    """

    mean: Array
    variance: Array
    pixels: Array
    factor: Array
    excess: Array


def moments_of(clipped: Array, level: float, correct: bool) -> Moments:
    """Moments from what `clip_kernels.clip_groups` and `clip_lanes.clip_strips` made, (boxes, 2, 4), with clipping at ``level``."""
    factor, excess = factors(level, clipped[:, 0, 0])
    if not correct:
        factor = np.ones_like(factor)
    return Moments(clipped[:, 1, 2], clipped[:, 0, 3] / factor, clipped[:, 0, 0], factor, excess)


def stacked(several: list[Moments]) -> Moments:
    """Moments of several groups as one, shapes (groups, boxes)."""
    return Moments(*(np.stack([getattr(each, name) for each in several]) for name in ("mean", "variance", "pixels", "factor", "excess")))


def averaged(one: Moments, two: Moments) -> Moments:
    """Mean of two independent measurements of the same boxes; ``pixels`` are those of both."""
    return Moments(
        (one.mean + two.mean) / 2.0,
        (one.variance + two.variance) / 2.0,
        one.pixels + two.pixels,
        (one.factor + two.factor) / 2.0,
        (one.excess + two.excess) / 2.0,
    )
