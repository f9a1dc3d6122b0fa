"""Is there structure along a trace? A test whose probability is calibrated by the map itself.

The map's rows are taken at whole pixels from the trace, which gives one vector of offsets for every column. Means over blocks of columns
are a sample of such vectors; Hotelling's T^2 asks whether their mean is zero, with the covariance of the sample. Errors of pixels are not
needed, noise that the pixels of a column share (1/f noise, read along columns) is in the covariance, and under the null hypothesis T^2
follows an F distribution exactly for Gaussian noise (Anderson 2003, An Introduction to Multivariate Statistical Analysis, section 5.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

BLOCKS_PER_OFFSET = 3
"""Blocks of columns are made so short that there are at least so many for each offset."""

MOST_COLUMNS = 16
"""Columns of a block at most: read-out noise does not reach further."""


@dataclass(frozen=True, slots=True)
class HotellingTest:
    """Hotelling's test: ``t2``, its ``dimensions`` and ``blocks``, and the ``probability`` of as large a value without structure."""

    t2: float
    dimensions: int
    blocks: int
    probability: float


NO_TEST = HotellingTest(np.nan, 0, 0, np.nan)


def at_offsets(image: NDArray[Any], centre: FloatArray, offsets: NDArray[np.int64]) -> FloatArray:
    """Values at whole pixels from the row nearest to the trace, shape (nx, noffsets); NaN where the image or the trace ends."""
    ny, nx = image.shape
    known = np.isfinite(centre)
    rows = np.rint(np.where(known, centre, 0)).astype(np.int64)[:, None] + offsets[None, :]
    inside = known[:, None] & (rows >= 0) & (rows < ny)
    values = image[np.clip(rows, 0, ny - 1), np.arange(nx)[:, None]].astype(np.float64)
    return np.where(inside, values, np.nan)


def block_means(values: FloatArray, offsets: int) -> FloatArray:
    """Means over blocks of columns, shape (nblocks, noffsets); blocks lacking an offset in over half of their columns are left out."""
    there = values[np.isfinite(values).any(axis=1)]
    columns = int(np.clip(len(there) // max(BLOCKS_PER_OFFSET * offsets, 1), 1, MOST_COLUMNS))
    count = len(there) // columns
    blocks = there[: count * columns].reshape(count, columns, -1)
    number = np.isfinite(blocks).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = np.nansum(blocks, axis=1) / number
    return np.asarray(means[(2 * number >= columns).all(axis=1)])


def hotelling(sample: FloatArray, factor: float = 1.0) -> HotellingTest:
    """Is the mean of the rows of ``sample``, shape (n, p), zero? ``factor`` divides T^2. No test where n is not larger than p + 1."""
    from scipy.stats import f

    n, p = sample.shape
    if n <= p + 1:
        return NO_TEST
    mean, covariance = sample.mean(axis=0), np.atleast_2d(np.cov(sample, rowvar=False))
    try:
        t2 = float(n * mean @ np.linalg.solve(covariance, mean)) / factor
    except np.linalg.LinAlgError:
        return NO_TEST
    return HotellingTest(t2, p, n, float(f.sf(t2 * (n - p) / (p * (n - 1)), p, n - p)))


def even_and_odd(sample: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Parts of rows at offsets -k..k that are the same, and opposite, above and below the trace; shapes (n, k + 1) and (n, k)."""
    k = sample.shape[1] // 2
    above, below = sample[:, k:], sample[:, k::-1]
    return (above + below) / 2, ((above - below) / 2)[:, 1:]


def contrast(sample: FloatArray, weights: FloatArray) -> tuple[float, float]:
    """Mean of ``sample @ weights``, shapes (n, p) and (p,), and its error from the scatter of the rows; NaN for one row."""
    values = sample @ weights
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(values.size)) if values.size > 1 else np.nan


def matched(sample: FloatArray, template: FloatArray) -> tuple[float, float]:
    """How much of ``template``, shape (p,), the mean of the rows holds, and its error: least squares, all offsets alike."""
    size = float(template @ template)
    return contrast(sample, template / size) if size > 0 else (np.nan, np.nan)


def control_offsets(centre: FloatArray, ny: int, beyond: int, most: int) -> NDArray[np.int64]:
    """Offsets of at least ``beyond`` px that nine of ten columns have inside the image, in order; of more than ``most`` the nearest.

    ``centre`` is the trace's, px, shape (nx,), NaN for none.
    """
    rows = np.rint(centre[np.isfinite(centre)])
    if not rows.size:
        return np.empty(0, np.int64)
    found = [k for k in sorted(range(-ny, ny + 1), key=abs) if abs(k) >= beyond and np.mean((rows + k >= 0) & (rows + k < ny)) >= 0.9]
    return np.sort(np.array(found[:most], np.int64))
