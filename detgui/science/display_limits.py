"""Display limits, extremes and histogram of an image.

Everything but the extremes looks at a fixed sample: percentiles of a sample of a 2048 x 2048 image cost 1 ms, those of all pixels 40 ms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.science import kernels, kernels_sample

SAMPLE = 65_536  # pixels for percentiles and histogram
ZSCALE_SAMPLE = 10_000
BINS = 256
_LARGEST = 8e307  # of limits: their difference is finite
_LARGEST_SAMPLE = 1e100  # of sampled values: their squares add up

# IRAF's zscale (images.tv.display) with the parameters that astropy and DS9 use.
ZSCALE_CONTRAST = 0.25
ZSCALE_MAX_REJECT = 0.5
ZSCALE_MIN_PIXELS = 5
ZSCALE_SIGMA = 2.5
ZSCALE_ITERATIONS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Counts of a fixed sample plus the two true extremes, shape (n,), and the bins' edges, shape (n + 1,), unit of the image.

    The bins are even from one width of the limits below them to one above; two outer bins reach to the extremes.
    """

    counts: NDArray[np.float64]
    edges: NDArray[np.float64]
    minimum: float
    maximum: float


def sample(values: NDArray[Any], target: int = SAMPLE) -> NDArray[np.float64]:
    """Finite values of every n-th pixel, about ``target`` of them, shape (m,), always the same pixels of an image of that shape.

    n is odd, so that even and odd columns, all outputs and all rows of a 2048-wide image have their part. Values beyond +-1e100 are
    taken as that.
    """
    step = max(1, -(-values.size // max(target, 1)))
    step = step | 1 if step > 1 else 1
    line = values.reshape(-1)
    if _has_kernel(line) and line.dtype.name in kernels_sample.SAMPLED:
        out = np.empty(-(-line.size // step))
        return out[: kernels_sample.gather(line, step, _LARGEST_SAMPLE, out)]
    picked = line[::step].astype(np.float64)
    return np.clip(picked[np.isfinite(picked)], -_LARGEST_SAMPLE, _LARGEST_SAMPLE)


def _has_kernel(line: NDArray[Any]) -> bool:
    """Whether the kernels are compiled, and compiled for an array of this kind."""
    return kernels.ready() and line.flags.c_contiguous and line.flags.writeable and line.dtype.isnative


def extremes(values: NDArray[Any]) -> tuple[float, float]:
    """Smallest and largest finite value of all pixels; (NaN, NaN) where there is none."""
    if values.size == 0:
        return np.nan, np.nan
    line = values.reshape(-1)
    if values.dtype == np.float32 and _has_kernel(line):
        return _float_extremes(line)
    if values.dtype.kind not in "fc":
        return float(values.min()), float(values.max())
    low, high = float(np.fmin.reduce(values, axis=None)), float(np.fmax.reduce(values, axis=None))
    if np.isfinite(low) and np.isfinite(high):
        return low, high
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (np.nan, np.nan)


def _float_extremes(line: NDArray[np.float32]) -> tuple[float, float]:
    places = np.array(kernels_sample.ordered_extremes(line.view(np.int32)), np.int32)
    if places[0] > places[1]:
        return np.nan, np.nan
    low, high = (places ^ ((places >> 31) & 0x7FFFFFFF)).view(np.float32)
    return float(low), float(high)


def widen(low: float, high: float) -> tuple[float, float]:
    """Limits with low < high, both finite: turned round if reversed, opened if equal, (0, 1) if not finite."""
    if not (np.isfinite(low) and np.isfinite(high)):
        return 0.0, 1.0
    low, high = max(float(min(low, high)), -_LARGEST), min(float(max(low, high)), _LARGEST)
    if high - low > 1e-12 * max(abs(low), abs(high)):
        return low, high
    middle = min(max(low, -0.5 * _LARGEST), 0.5 * _LARGEST)
    half = max(0.5, 1e-6 * abs(middle))
    return middle - half, middle + half


def limits_minmax(values: NDArray[Any]) -> tuple[float, float]:
    """True extremes of the finite values as limits; low < high also for constant or empty images."""
    return widen(*extremes(values))


def limits_percentile(values: NDArray[Any], percentile: float) -> tuple[float, float]:
    """Limits that hold the central ``percentile`` per cent (0 to 100) of a sample of the finite values."""
    picked = sample(values)
    if picked.size == 0:
        return 0.0, 1.0
    outside = 0.5 * (100.0 - min(max(percentile, 0.0), 100.0))
    low, high = np.percentile(picked, (outside, 100.0 - outside))
    return widen(float(low), float(high))


def limits_zscale(values: NDArray[Any]) -> tuple[float, float]:
    """IRAF's zscale limits of a sample: around the median, as wide as the slope of the sorted values / contrast says."""
    picked = np.sort(sample(values, ZSCALE_SAMPLE))
    if picked.size == 0:
        return 0.0, 1.0
    slope = _zscale_slope(picked)
    low, high = float(picked[0]), float(picked[-1])
    if slope is not None:
        middle = (picked.size - 1) // 2
        median = float(np.median(picked))
        low = max(low, median - (middle - 1) * slope / ZSCALE_CONTRAST)
        high = min(high, median + (picked.size - middle) * slope / ZSCALE_CONTRAST)
    return widen(low, high)


def _zscale_slope(ordered: NDArray[np.float64]) -> float | None:
    """Slope per rank of the clipped line through sorted values; None where clipping leaves too few."""
    least, width = max(ZSCALE_MIN_PIXELS, int(ordered.size * ZSCALE_MAX_REJECT)), max(1, int(ordered.size * 0.01))
    if kernels.ready():
        slope = kernels_sample.clipped_slope(ordered, ZSCALE_SIGMA, least, width, ZSCALE_ITERATIONS)
        return slope if np.isfinite(slope) else None
    rank = np.arange(ordered.size, dtype=np.float64)
    good = np.ones(ordered.size, np.bool_)
    slope, before, count = 0.0, ordered.size + 1, ordered.size
    for _ in range(ZSCALE_ITERATIONS):
        if count >= before or count < least:
            break
        centre, mean = rank[good].mean(), ordered[good].mean()
        from_centre = rank[good] - centre
        slope = float(from_centre @ (ordered[good] - mean) / (from_centre @ from_centre))
        residual = ordered - mean - slope * (rank - centre)
        bad = ~good | (np.abs(residual) > ZSCALE_SIGMA * residual[good].std())
        good = ~_grown(bad, width)
        before, count = count, int(good.sum())
    return slope if count >= least else None


def _grown(bad: NDArray[np.bool_], width: int) -> NDArray[np.bool_]:
    """True where one of the ``width`` ranks around is, as IRAF's convolution with a box says, by differences of a running count."""
    after = (width - 1) // 2
    count = np.pad(np.cumsum(bad), (width - after, after), "edge")
    count[: width - after] = 0
    return np.asarray(count[width:] > count[: bad.size])


def histogram(values: NDArray[Any], low: float, high: float, true_extremes: tuple[float, float] | None = None) -> Histogram:
    """Histogram of a fixed sample around the limits; ``true_extremes`` where the caller has them already."""
    low, high = widen(low, high)
    minimum, maximum = true_extremes if true_extremes is not None else extremes(values)
    if not (np.isfinite(minimum) and np.isfinite(maximum)):
        return Histogram(np.zeros(BINS), np.linspace(low, high, BINS + 1), minimum, maximum)
    edges, first = _edges(low, high, max(minimum, -_LARGEST), min(maximum, _LARGEST))
    picked = np.append(sample(values), (minimum, maximum)).clip(edges[0], edges[-1])
    if kernels.ready():
        counts = np.zeros(edges.size - 1, np.int64)
        kernels_sample.count_between(picked, edges, first, first + BINS, counts)
    else:
        counts, _ = np.histogram(picked, edges)
    return Histogram(counts.astype(np.float64), edges, minimum, maximum)


def _edges(low: float, high: float, minimum: float, maximum: float) -> tuple[NDArray[np.float64], int]:
    """Edges: even ones over the limits and one width on either side, no further than the extremes, which end the outer bins.

    With them the place of the first of the even ones.
    """
    first, last = max(minimum, 2 * low - high), min(maximum, 2 * high - low)
    if not first < last:
        first, last = widen(minimum, maximum)
    inner = np.linspace(first, last, BINS + 1)
    ends = ([minimum] if minimum < first else []), ([maximum] if maximum > last else [])
    return np.concatenate([ends[0], inner, ends[1]]), len(ends[0])
