"""Where a spectral trace lies: its centre in every column (STScI-009234, section 3.1).

Each column is cross-correlated with a Gaussian, columns far from the running median are left out, and a cubic spline is put through the
others by least squares, so that its error follows from the scatter of the columns about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.science.robust import nan_median, neighbour_median, sigma_of

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

SIGMA = 1.5
"""px; the template is wider than the undersampled core of NIRSpec's traces: a narrow one follows the pixels, not the light."""

MEDIAN_COLUMNS = 10
"""Columns of the running median (STScI-009234 section 3.1)."""

KNOT_COLUMNS = 128
"""Columns between the knots of the spline."""

SIGNIFICANCE = 5.0
"""A column has a trace where its correlation is this many times its noise."""

FEWEST_COLUMNS = 16
SYSTEMATIC = 0.003
"""px; what is left of the pixel grid in the centre of a trace whose core is 0.45 px wide, added to the error in squares."""

_OUTLIER = 5.0
_LEAST_SCATTER = 0.01  # px; columns nearer than 5 times this to the median are never left out


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """Centre of a trace, arrays of shape (nx,), 0-based px along y.

    ``centre`` and its standard error ``err`` are NaN where no column near has a trace: nothing is extrapolated. ``column_centre`` is what
    the correlation gave, NaN where there is no signal; ``used`` are the columns that the spline goes through; ``rms`` (px) their scatter
    about it.
    """

    centre: FloatArray
    err: FloatArray
    column_centre: FloatArray
    used: BoolArray
    rms: float

    @property
    def found(self) -> bool:
        """True where there is a trace in any column."""
        return bool(np.isfinite(self.centre).any())

    def distance(self, ny: int) -> FloatArray:
        """Distance of every pixel's centre from the trace, px, positive above it, shape (ny, nx); NaN where there is no trace."""
        return np.arange(ny, dtype=np.float64)[:, None] - self.centre[None, :]


def find_trace(
    image: NDArray[Any],
    sigma: float = SIGMA,
    window: int = MEDIAN_COLUMNS,
    knot_columns: int = KNOT_COLUMNS,
    significance: float = SIGNIFICANCE,
) -> Trace:
    """The trace of an image of signal (any unit), shape (ny, nx), that runs along x; NaN is a pixel without value.

    ``sigma`` px of the Gaussian, ``window`` columns of the median, ``knot_columns`` columns between knots, ``significance`` of a column's
    signal in units of the noise away from the trace.
    """
    centres = column_centres(fill_pixels(image), sigma, significance)
    used = near_the_median(centres, window)
    nothing = np.full(image.shape[1], np.nan)
    if used.sum() < FEWEST_COLUMNS:
        return Trace(nothing, nothing.copy(), centres, np.zeros(centres.size, bool), np.nan)
    return smooth(centres, used, knot_columns)


def fill_pixels(image: NDArray[Any]) -> FloatArray:
    """The image, shape (ny, nx), with NaN and single wild pixels replaced by the median of their neighbours along the row.

    Wild is more than ten times the noise, plus half of the signal there, from the neighbours: spectral lines are not.
    """
    around = neighbour_median(image)
    off = image - around
    wild = ~(np.abs(off) <= 10.0 * sigma_of(off) + 0.5 * np.abs(around))
    filled = np.where(wild, around, image)
    filled[:, ~np.isfinite(image).any(axis=0)] = np.nan  # a column without any value stays without
    return filled


def column_centres(image: FloatArray, sigma: float, significance: float) -> FloatArray:
    """Position of the largest correlation of every column with a Gaussian, px, shape (nx,); NaN where it is not significant."""
    from scipy.ndimage import correlate1d

    ny, nx = image.shape
    reach = int(np.ceil(4 * sigma))
    level = image - nan_median(image, axis=0)
    signal = np.where(np.isfinite(level), level, 0.0)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    score = correlate1d(signal, kernel, axis=0, mode="constant")
    peak = score.argmax(axis=0)
    noise = sigma_of(signal - neighbour_median(signal)) * float(np.sqrt((kernel**2).sum()))
    strong = score[peak, np.arange(nx)] > significance * max(noise, np.finfo(float).tiny)
    inside = (peak >= 1) & (peak <= ny - 2) & np.isfinite(level[peak, np.arange(nx)])
    return np.where(strong & inside, peak + _refine(signal, peak, sigma, reach), np.nan)


def _refine(signal: FloatArray, peak: NDArray[np.int64], sigma: float, reach: int) -> FloatArray:
    """Offset of the maximum from the row ``peak``, px: correlation at fine lags, parabola through its top."""
    ny, nx = signal.shape
    step = 0.05
    lags = np.arange(-20, 21) * step
    near = np.arange(-reach - 1, reach + 2)
    rows = peak[None, :] + near[:, None]
    values = np.where((rows >= 0) & (rows < ny), signal[np.clip(rows, 0, ny - 1), np.arange(nx)], 0.0)
    score = np.exp(-0.5 * ((near[None, :] - lags[:, None]) / sigma) ** 2) @ values
    top = np.clip(score.argmax(axis=0), 1, lags.size - 2)
    low, mid, high = (score[top + shift, np.arange(nx)] for shift in (-1, 0, 1))
    bend = low - 2 * mid + high
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = np.where(bend < 0, 0.5 * (low - high) / bend, 0.0)
    return np.asarray(lags[top] + step * np.clip(shift, -1, 1))


def near_the_median(centres: FloatArray, window: int) -> BoolArray:
    """Columns, shape (nx,), whose centre is near the median of the ``window`` columns around, of which at least half have one."""
    half = max(window // 2, 1)
    padded = np.pad(centres, (half, half), constant_values=np.nan)
    views = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)
    off = np.abs(centres - nan_median(views, axis=1))
    crowded = np.isfinite(views).sum(axis=1) >= half
    scatter = max(sigma_of(off[crowded]), _LEAST_SCATTER) if crowded.any() else 0.0
    return np.asarray(crowded & (off <= _OUTLIER * scatter))


def smooth(centres: FloatArray, used: BoolArray, knot_columns: int) -> Trace:
    """Cubic spline through the ``centres``, px, of the ``used`` columns, shapes (nx,), with its error from their scatter."""
    from scipy.interpolate import BSpline

    x = np.flatnonzero(used).astype(np.float64)
    pieces = max(1, round((x[-1] - x[0]) / knot_columns))
    inner = np.linspace(x[0], x[-1], pieces + 1)
    knots = np.concatenate([np.repeat(x[0], 3), inner, np.repeat(x[-1], 3)])
    design = BSpline.design_matrix(x, knots, 3).toarray()
    inverse = np.linalg.pinv(design.T @ design, rcond=1e-8)
    value = inverse @ (design.T @ centres[used])
    residual = centres[used] - design @ value
    rms = float(np.sqrt((residual**2).sum() / max(x.size - design.shape[1], 1)))
    there = np.flatnonzero(_near(used, knot_columns // 2))
    there = there[(there >= x[0]) & (there <= x[-1])]
    at = BSpline.design_matrix(there.astype(np.float64), knots, 3).toarray()
    centre, err = np.full((2, centres.size), np.nan)
    centre[there] = at @ value
    formal = rms * _correlation(residual, knot_columns // 4) * np.sqrt(np.einsum("ij,jk,ik->i", at, inverse, at))
    err[there] = np.hypot(formal, SYSTEMATIC)
    return Trace(centre, err, centres, used, rms)


def _near(used: BoolArray, reach: int) -> BoolArray:
    """Columns not further than ``reach`` from one that is used."""
    before = np.concatenate([[0], np.cumsum(used)])
    at = np.arange(used.size)
    return np.asarray(before[np.minimum(at + reach + 1, used.size)] > before[np.maximum(at - reach, 0)])


def _correlation(residual: FloatArray, length: int) -> float:
    """How much more the mean of ``length`` residuals scatters than independent ones would; at least 1."""
    count = residual.size // max(length, 1)
    if length < 2 or count < 4:
        return 1.0
    means = residual[: count * length].reshape(count, length).mean(axis=1)
    return float(max(1.0, np.sqrt((means**2).mean() * length / max((residual**2).mean(), np.finfo(float).tiny))))
