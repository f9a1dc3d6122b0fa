"""Medians and spreads that a few wild values do not move."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

MAD_TO_SIGMA = 1.4826
"""Standard deviation of a Gaussian over its median absolute deviation."""


def nan_median(values: NDArray[Any], axis: int = 0) -> NDArray[np.float64]:
    """Median along an axis, which the result lacks, without NaN; NaN where there is nothing. Like `numpy.nanmedian`, much faster."""
    ordered = np.sort(np.moveaxis(values, axis, 0), axis=0)
    count = np.isfinite(ordered).sum(axis=0)
    low, high = np.maximum(count - 1, 0) // 2, count // 2
    high = np.minimum(high, ordered.shape[0] - 1)
    pair = np.take_along_axis(ordered, np.stack([low, high]), axis=0).astype(np.float64)
    return np.where(count > 0, np.where(count > 0, pair, 0.0).mean(axis=0), np.nan)


def sigma_of(values: NDArray[Any]) -> float:
    """Standard deviation from the median absolute deviation of what is finite, whatever the shape; NaN where nothing is."""
    good = values[np.isfinite(values)]
    return float(MAD_TO_SIGMA * np.median(np.abs(good - np.median(good)))) if good.size else np.nan


def rolling_median(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Median of the ``window`` values around each of a series, shape (n,), without NaN; windows are shorter at the ends and symmetric.

    A symmetric window leaves a monotonic series, and so an ingress, as it is.
    """
    n, half = values.size, max(window // 2, 0)
    padded = np.concatenate([np.full(half, np.nan), values, np.full(half, np.nan)])
    views = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1).copy()
    room = np.minimum(np.arange(n), np.arange(n)[::-1])
    outside = np.abs(np.arange(-half, half + 1))[None, :] > room[:, None]
    views[outside & (room < half)[:, None]] = np.nan
    return nan_median(views, axis=1)


def neighbour_median(image: NDArray[Any], reach: int = 4) -> NDArray[np.float64]:
    """Median of the ``reach`` pixels on either side in the same row, without itself, shape (ny, nx); NaN where none is finite."""
    ny, nx = image.shape
    padded = np.pad(image.astype(np.float64, copy=False), ((0, 0), (reach, reach)), constant_values=np.nan)
    out = np.empty((ny, nx))
    for row in range(0, ny, 64):  # the stack of neighbours is 2 reach times the image
        part = padded[row : row + 64]
        shifts = [part[:, reach + step : reach + step + nx] for step in range(-reach, reach + 1) if step]
        out[row : row + 64] = nan_median(np.stack(shifts), axis=0)
    return out
