"""From values to the 8-bit indices of a colour table.

Stretches, of x = (value - low) / (high - low) clipped to 0..1, are those of DS9 (and of astropy.visualization):
linear x; sqrt of x; log: ln(1 + 1000 x) / ln(1001); asinh: asinh(10 x) / asinh(10).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.science import kernels
from detgui.science.display_limits import (
    Histogram,
    extremes,
    histogram,
    limits_minmax,
    limits_percentile,
    limits_zscale,
    sample,
    widen,
)

__all__ = [
    "NAN_INDEX",
    "STRETCHES",
    "TOP_INDEX",
    "Histogram",
    "difference",
    "extremes",
    "histogram",
    "limits",
    "limits_about_zero",
    "limits_minmax",
    "limits_percentile",
    "limits_zscale",
    "sample",
    "stretched",
    "to_indices",
    "widen",
]

STRETCHES = ("linear", "sqrt", "log", "asinh")
TOP_INDEX = 253  # colour of high and above; 254 is free
NAN_INDEX = 255  # colour of values that are not finite
LOG_A = 1000.0
ASINH_A = 10.0


def stretched(x: NDArray[np.float64], stretch: str) -> NDArray[np.float64]:
    """The stretch of x in 0..1, of any shape, itself in 0..1. Raises ValueError for a name not in `STRETCHES`."""
    if stretch == "linear":
        return x
    if stretch == "sqrt":
        return np.sqrt(x)
    if stretch == "log":
        return np.asarray(np.log1p(LOG_A * x) / np.log1p(LOG_A))
    if stretch == "asinh":
        return np.asarray(np.arcsinh(ASINH_A * x) / np.arcsinh(ASINH_A))
    raise ValueError(f"unknown stretch {stretch!r}")


def limits(
    values: NDArray[Any], mode: str, percentile: float = 99.5, low: float | None = None, high: float | None = None
) -> tuple[float, float]:
    """Limits by mode: 'zscale', 'percentile', 'minmax', or 'typed' (``low`` and ``high``, a missing one from the extremes); low < high.

    In the unit of ``values``, which may have any shape. Raises ValueError for another mode.
    """
    if mode == "typed":
        ends = extremes(values) if low is None or high is None else (np.nan, np.nan)
        return widen(ends[0] if low is None else low, ends[1] if high is None else high)
    if mode == "percentile":
        return limits_percentile(values, percentile)
    if mode == "minmax":
        return limits_minmax(values)
    if mode == "zscale":
        return limits_zscale(values)
    raise ValueError(f"unknown limits {mode!r}")


def limits_about_zero(
    values: NDArray[Any], mode: str, percentile: float = 99.5, low: float | None = None, high: float | None = None
) -> tuple[float, float]:
    """Limits at equal distances from zero by mode, as `limits`; 'zscale' holds 99 per cent of a sample, 'typed' are taken as they are."""
    if mode == "typed":
        return limits(values, mode, percentile, low, high)
    if mode == "minmax":
        ends = extremes(values)
        reach = max(abs(ends[0]), abs(ends[1]))
    else:
        size = np.abs(sample(values))
        reach = float(np.percentile(size, 99.0 if mode == "zscale" else min(max(percentile, 0.0), 100.0))) if size.size else np.nan
    return widen(-reach, reach)


def to_indices(
    values: NDArray[Any],
    low: float,
    high: float,
    stretch: str = "linear",
    empty: Callable[[tuple[int, ...], type[np.uint8]], NDArray[Any]] = np.empty,
) -> NDArray[np.uint8]:
    """Colour-table indices, shape of ``values``, in an array from ``empty``.

    0 at low and below, `TOP_INDEX` at high and above, `NAN_INDEX` where not finite.

    Integers of 8 and 16 bits go through a table of all their values; others are rounded ('linear') or go through a table of 65,535
    steps, which is within one index of the exact stretch. With the kernels compiled or without, the result is the same.
    """
    low, high = widen(low, high)
    line = _line(values)
    out = empty((line.size,), np.uint8)
    if line.dtype.itemsize <= 2 and line.dtype.kind in "iu":
        _look_up(line, low, high, stretch, out)
    elif stretch == "linear":
        _straight(line, low, high, out)
    else:
        _stretch(line, low, high, stretch, out)
    return out.reshape(values.shape)


def _line(values: NDArray[Any]) -> NDArray[Any]:
    """The values as a 1-D array of native byte order and of a type that has a kernel."""
    line = np.ascontiguousarray(values).reshape(-1)
    if line.dtype == np.bool_:
        return line.view(np.uint8)
    name = line.dtype.name
    if name not in (*kernels.STRETCHED, *kernels.LOOKED_UP, "int16", "int8"):
        return line.astype(np.float64)
    return line.astype(line.dtype.newbyteorder("="), copy=False)


def _look_up(line: NDArray[Any], low: float, high: float, stretch: str, out: NDArray[np.uint8]) -> None:
    bits = 8 * line.dtype.itemsize
    unsigned = np.arange(2**bits, dtype=f"u{line.dtype.itemsize}")
    x = np.clip((unsigned.view(line.dtype).astype(np.float64) - low) / (high - low), 0.0, 1.0)
    table = _rounded(stretched(x, stretch))
    line = line.view(unsigned.dtype)
    if kernels.ready():
        kernels.look_up(_writeable(line), table, out)
    else:
        np.take(table, line, out=out)


def _straight(line: NDArray[Any], low: float, high: float, out: NDArray[np.uint8]) -> None:
    scale = _scale(TOP_INDEX, low, high)
    if kernels.ready():
        kernels.straight(_writeable(line), low, scale, out)
        return
    with np.errstate(all="ignore"):
        level = (line.astype(np.float64) - low) * scale + 0.5
        out[:] = np.where(level > 0.5, np.minimum(level, TOP_INDEX + 0.5), 0.5).astype(np.uint8)
    out[~np.isfinite(line)] = NAN_INDEX


def _scale(steps: int, low: float, high: float) -> float:
    with np.errstate(over="ignore"):
        return float(np.float64(steps) / np.float64(high - low))


def _stretch(line: NDArray[Any], low: float, high: float, stretch: str, out: NDArray[np.uint8]) -> None:
    table = _fine_table(stretch)
    scale = _scale(kernels.LAST_POSITION + 1, low, high)
    if kernels.ready():
        kernels.stretch(_writeable(line), low, scale, table, out)
        return
    with np.errstate(all="ignore"):
        position = (line.astype(np.float64) - low) * scale
        step = np.where(position > 0.0, np.minimum(position, kernels.LAST_POSITION), 0.0).astype(np.uint16)
    step[~np.isfinite(line)] = kernels.LAST_POSITION + 1
    np.take(table, step, out=out)


@lru_cache(maxsize=len(STRETCHES))
def _fine_table(stretch: str) -> NDArray[np.uint8]:
    """Index at the middle of every step of 0..1, the ends exact, and last `NAN_INDEX`; shape (65536,)."""
    steps = kernels.LAST_POSITION + 1
    x = (np.arange(steps) + 0.5) / steps
    x[0], x[-1] = 0.0, 1.0
    return np.append(_rounded(stretched(x, stretch)), np.uint8(NAN_INDEX))


def _rounded(level: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.floor(level * TOP_INDEX + 0.5).astype(np.uint8)


def _writeable(line: NDArray[Any]) -> NDArray[Any]:
    """Kernels are compiled for writeable arrays only: a read-only one is copied."""
    return line if line.flags.writeable else line.copy()


def difference(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.float32]:
    """``a - b`` as float32, shape (ny, nx): unsigned integers do not wrap, wide types are subtracted before they are rounded."""
    exact = all(array.dtype.itemsize <= 2 or array.dtype == np.float32 for array in (a, b))
    with np.errstate(invalid="ignore", over="ignore"):
        result: NDArray[np.float32] = np.subtract(a, b, dtype=np.float32 if exact else np.float64).astype(np.float32, copy=False)
    return result
