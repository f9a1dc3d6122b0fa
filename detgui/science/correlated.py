"""Means of values that stand in a row and are correlated, such as the levels of neighbouring lines of an image with 1/f noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FEWEST_BLOCKS = 4
"""Blocks that a scatter is taken of at least: with 1/f noise most of the error is in the longest."""


def mean_with_error(values: NDArray[np.float64]) -> tuple[float, float]:
    """Mean of values (n,) in their order, and its error; NaN for fewer than two.

    Neighbours are averaged in pairs again and again; where they are correlated the error from the scatter of the blocks grows with their
    length. The largest with at least `FEWEST_BLOCKS` blocks is taken, so for independent values it is about a tenth too large
    (Flyvbjerg & Petersen 1989, J. Chem. Phys. 91, 461, section III). What varies more slowly than all the values together is not in it.
    """
    blocks = np.asarray(values, np.float64)
    if blocks.size < 2:
        return (float(blocks[0]) if blocks.size else np.nan), np.nan
    mean, found = float(blocks.mean()), 0.0
    while True:
        found = max(found, float(blocks.std(ddof=1) / np.sqrt(blocks.size)))
        if blocks.size // 2 < FEWEST_BLOCKS:
            return mean, found
        blocks = blocks[: blocks.size // 2 * 2].reshape(-1, 2).mean(axis=1)
