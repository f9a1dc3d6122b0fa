"""Power spectrum of the noise in time order, its knee and its slope.

The pixels of an output are put in the order of reading; overheads of lines and frames and masked pixels are filled with the level around
them and white noise of the image's own spread, so that neither a gap nor its edge makes power. Spectrum W (1 + (knee / f)^slope), fitted
by the likelihood of exponentially distributed powers (Whittle).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.science.noise_lines import Split
from detgui.science.read_order import PIXEL_TIME, Clock, ReadOrder
from detgui.science.robust import MAD_TO_SIGMA

Floats = NDArray[np.float64]

PER_DECADE = 12
SKIP = 3
"""Lowest frequencies left out: the mean was taken off and the taper smears it."""

TAPER_LOSS = 1.94
"""A Hann taper makes neighbouring powers dependent: averages are as good as those of 1 / 1.94 as many."""

SLOPES = (0.3, 4.0)
FEWEST_SAMPLES = 64


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """Power spectrum of one output.

    ``frequency`` Hz, ``power`` unit^2 / Hz (one-sided), ``err`` its error, ``count`` independent powers in each bin; the fit: ``white``
    unit^2 / Hz, ``knee`` Hz where 1/f equals white noise, ``slope`` of the power law, with errors. NaN where no knee is seen.
    """

    frequency: Floats
    power: Floats
    err: Floats
    count: Floats
    white: float
    white_err: float
    knee: float
    knee_err: float
    slope: float
    slope_err: float

    def model(self) -> Floats:
        """The fitted spectrum at ``frequency``."""
        shape = (self.knee / self.frequency) ** self.slope if np.isfinite(self.knee) else 0.0
        return np.asarray(self.white * (1 + shape) * np.ones_like(self.frequency))


def time_series(found: Split, order: ReadOrder, number: int, clock: Clock, seed: int = 0) -> NDArray[np.float32]:
    """One output of an image in time order with its gaps filled, shape (clock.frame * clock.line,)."""
    level = np.where(np.isfinite(found.level), found.level, np.nan)
    rest = order.in_time(found.rest, number)
    good = order.in_time(found.good, number)
    common = level if order.slow_forward else level[::-1]
    count = good.sum(axis=1)
    own = np.where(count > 0, rest.sum(axis=1, dtype=np.float64) / np.maximum(count, 1), 0.0) + common
    known = np.isfinite(own) & (count >= 4)
    n_slow, n = rest.shape
    middle = np.arange(n_slow) * clock.line + n / 2
    total = clock.frame * clock.line
    if known.sum() < 2:
        return np.zeros(0, np.float32)
    smooth = np.interp(np.arange(total), middle[known], own[known] - own[known].mean()).astype(np.float32)
    values = rest[good]
    sigma = MAD_TO_SIGMA * float(np.median(np.abs(values[:: max(1, values.size // 200_000)])))
    series = smooth + np.random.default_rng(seed).normal(0, sigma, total).astype(np.float32)
    table = series.reshape(clock.frame, clock.line)[:n_slow, :n]
    mean = float(own[known].mean())
    usable = good & known[:, None]
    table[usable] = (rest + np.where(known, common - mean, 0.0)[:, None].astype(np.float32))[usable]
    filled: NDArray[np.float32] = series
    return filled


def power(series: NDArray[np.float32]) -> tuple[Floats, Floats]:
    """One-sided powers of a series with a Hann taper: (frequency Hz, unit^2 / Hz), zero and the last left out."""
    from scipy import fft

    n = fft.next_fast_len(series.size, real=True)
    taper = np.hanning(series.size).astype(np.float32)
    changed = fft.rfft((series - series.mean()) * taper, n)
    scale = 2 * PIXEL_TIME / float((taper.astype(np.float64) ** 2).sum())
    frequency = fft.rfftfreq(n, PIXEL_TIME)
    return np.asarray(frequency[1:-1], np.float64), np.asarray(scale * np.abs(changed[1:-1]).astype(np.float64) ** 2, np.float64)


@dataclass(slots=True)
class PowerSum:
    """Mean of the powers of series of one length."""

    frequency: Floats | None = None
    total: Floats | None = None
    series: int = 0

    def add(self, series: NDArray[np.float32]) -> None:
        """Add a series; an empty one, or one of another length, is left out."""
        if series.size < FEWEST_SAMPLES:
            return
        frequency, found = power(series)
        if self.total is None:
            self.frequency, self.total = frequency, found
        elif self.total.shape == found.shape:
            self.total += found
        else:
            return
        self.series += 1

    def spectrum(self) -> Spectrum | None:
        """The mean in bins of equal width in the logarithm, and the fit; None where nothing was added."""
        if self.total is None or self.frequency is None:
            return None
        frequency, mean = self.frequency[SKIP:], self.total[SKIP:] / self.series
        edges = np.unique(np.floor(np.logspace(0, np.log10(frequency.size), int(PER_DECADE * np.log10(frequency.size)) + 1)).astype(int))
        edges[0] = 0
        count = np.diff(edges)
        bins = np.add.reduceat(mean, edges[:-1]) / count
        centre = np.exp(np.add.reduceat(np.log(frequency), edges[:-1]) / count)
        independent = np.maximum(count / TAPER_LOSS, 0.5) * self.series
        return Spectrum(centre, bins, bins / np.sqrt(independent), independent, *_fit(centre, bins, independent))


def _fit(frequency: Floats, power: Floats, count: Floats) -> tuple[float, ...]:
    """white, its error, knee, its error, slope, its error."""
    from scipy.optimize import minimize

    if not (power > 0).all():
        return (np.nan,) * 6
    high = frequency > 0.5 * frequency[-1]
    white = float(np.average(power[high], weights=count[high]))
    flat = _cost(np.array([np.log(white)]), frequency, power, count)
    best = None
    for knee in (3.0 * frequency[0], np.sqrt(frequency[0] * frequency[-1]), 1000.0):
        found = minimize(_cost, [np.log(white), np.log(knee), np.log(1.0)], (frequency, power, count), method="Nelder-Mead",
                         options={"maxiter": 2000, "xatol": 1e-4, "fatol": 1e-4})  # fmt: skip
        best = found if best is None or found.fun < best.fun else best
    assert best is not None
    slope = float(np.exp(best.x[2]))
    # Two parameters more: better by 12 in the logarithm happens to white noise once in 2e5.
    if flat - best.fun < 12 or not SLOPES[0] < slope < SLOPES[1] or not frequency[0] / 10 < np.exp(best.x[1]) < 2 * frequency[-1]:
        total = float(np.average(power, weights=count))
        return total, total / float(np.sqrt(count.sum())), np.nan, np.nan, np.nan, np.nan
    errors = _errors(best.x, frequency, power, count)
    values = np.exp(best.x)
    return tuple(float(each) for pair in zip(values, values * errors, strict=True) for each in pair)


def _cost(log: Floats, frequency: Floats, power: Floats, count: Floats) -> float:
    model = _model(log, frequency)
    return float((count * (np.log(model) + power / model)).sum())


def _model(log: Floats, frequency: Floats) -> Floats:
    if len(log) == 1:
        return np.full(frequency.shape, np.exp(log[0]))
    exponent = np.clip(np.exp(log[2]), 0.01, 10.0) * (log[1] - np.log(frequency))
    return np.asarray(np.exp(log[0]) * (1 + np.exp(np.clip(exponent, -60, 60))))


def _errors(log: Floats, frequency: Floats, power: Floats, count: Floats) -> Floats:
    """Errors of the logarithms by Fisher's information, widened where the fit is poor."""
    slopes = []
    for number in range(log.size):
        step = np.zeros(log.size)
        step[number] = 1e-4
        slopes.append((np.log(_model(log + step, frequency)) - np.log(_model(log - step, frequency))) / 2e-4)
    jacobian = np.array(slopes)
    information = (jacobian * count) @ jacobian.T
    rest = (power / _model(log, frequency) - 1) ** 2 * count
    poor = max(1.0, float(rest.sum() / max(1, frequency.size - log.size)))
    return np.sqrt(np.clip(np.diag(np.linalg.pinv(information)), 0, None) * poor)
