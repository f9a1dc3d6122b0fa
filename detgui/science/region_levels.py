"""Steps of the level where one amplifier's pixels end and the next one's begin, taken out so that a plateau goes on across them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.science.region_values import MEDIAN_ERROR
from detgui.science.robust import sigma_of

WIDE = 8
"""Pixels of a line that are averaged on either side of a border, twice; even: columns of both levels have the same weight."""
FEWEST = 16
"""Lines across a border from which a step is told."""
SURE = 3.0
"""Errors above which a step is one."""


def without_steps(image: NDArray[Any], axis: str, edges: Sequence[float]) -> tuple[NDArray[Any], bool]:
    """The image (ny, nx), in its unit, without steps at ``edges`` (0-based, between pixels) along ``axis`` 'x' or 'y', and whether there
    were any. The level of the pixels before the first edge stays."""
    lines = image if axis == "x" else image.T
    level = np.zeros(lines.shape[1])
    for edge in edges:
        level[round(edge + 0.5) :] += border_step(lines, round(edge + 0.5))
    if not level.any():
        return image, False
    kind = np.result_type(image.dtype, np.float32)
    flat = lines.astype(kind) - level.astype(kind)
    return (flat if axis == "x" else flat.T), True


def border_step(lines: NDArray[Any], at: int) -> float:
    """Rise of the level, unit of the image, from column ``at`` - 1 to column ``at`` of lines (n, columns); 0 where none is sure.

    Median over the lines of the difference of the means next to the border, the slope of the light taken out by the means further away.
    What lies across the border, or along less than half of it, does not change it.
    """
    if at < 2 * WIDE or at + 2 * WIDE > lines.shape[1]:
        return 0.0
    near = lines[:, at - 2 * WIDE : at + 2 * WIDE].astype(np.float64).reshape(-1, 4, WIDE)
    good = np.isfinite(near)
    count = good.sum(axis=2)
    means = np.divide(np.where(good, near, 0.0).sum(axis=2), count, out=np.full(count.shape, np.nan), where=count > 0)
    rises = 1.5 * (means[:, 2] - means[:, 1]) + 0.5 * (means[:, 0] - means[:, 3])
    rises = rises[np.isfinite(rises)]
    if rises.size < FEWEST:
        return 0.0
    step = float(np.median(rises))
    error = MEDIAN_ERROR * sigma_of(rises) / float(np.sqrt(rises.size))
    return step if abs(step) > SURE * error else 0.0
