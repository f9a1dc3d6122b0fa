"""Compiled sums of products of pixels with their neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detgui.science.jit import REDUCED_FASTMATH, kernel


@kernel(fastmath=REDUCED_FASTMATH)
def lag_sums(values: NDArray[np.float32], there: NDArray[np.float32], lags: NDArray[np.int64], out: NDArray[np.float64]) -> None:
    """Sum of products and number of pairs of pixels that are ``lags`` (m, 2) rows (0 or more) and columns apart, into ``out`` (m, 2).

    ``values`` (ny, nx) is 0 where ``there`` is 0 instead of 1. All lags of a row are gone through while it is in the cache; sums over a
    row are float32, those over rows float64.
    """
    ny, nx = values.shape
    out[:] = 0.0
    for y in range(ny):
        for lag in range(lags.shape[0]):
            rows, columns = lags[lag]
            begin, end = max(0, -columns), nx - max(0, columns)
            if y + rows >= ny or end <= begin:
                continue
            one, two = values[y, begin:end], values[y + rows, begin + columns : end + columns]
            first, second = there[y, begin:end], there[y + rows, begin + columns : end + columns]
            total, count = np.float32(0), np.float32(0)
            for i in range(one.size):
                total += one[i] * two[i]
                count += first[i] * second[i]
            out[lag, 0] += total
            out[lag, 1] += count
