"""Charge that moves makes neighbours alike: covariance of the group differences of neighbouring pixels.

Four groups on end give delta = (S4 - S3) - (S2 - S1): two differences that share no read, whose mean rate cancels, so that neither the
source's changes nor its movements count; the mean over some integrations is taken off, because it is not zero while a pixel or its
neighbour passes the signal where charge begins to move. Between neighbours p and n whose charge moves above a signal s with coefficient c,

    Cov(delta_p, delta_n) / 2 = c (1 - 4 c) (H_p V_p + H_n V_n) + b (V_p + V_n) + a,

with V the photon variance of a difference (rate over gain), H 1 above s and 0 below; b is what neighbours share at any signal
(inter-pixel capacitance), a what the read-out shares (1/f noise). Var(delta) / 2 = V + 2 R^2 below s gives gain and read noise R. The
method is that of autocorrelations in flats (Downing et al. 2006, Proc. SPIE 6276; Hirata & Choi 2020, PASP 132, 014501), used within ramps.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.science.contrast import blocks_of, jackknife_solve

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

QUAD = 4
CLIP = 5.5
"""Values further off than this many standard deviations are hits that nobody flagged."""

FEWEST = 2000
"""Pairs above the start that an estimate needs."""

_MEDIAN_OF_SQUARE = 0.4549  # median of chi-square with one degree of freedom


@dataclass(frozen=True, slots=True)
class PairFit:
    """One direction: ``coefficient`` and error, ``capacitance`` b and error (shared at any signal), ``pairs`` above the start."""

    coefficient: float
    coefficient_err: float
    capacitance: float
    capacitance_err: float
    pairs: int


@dataclass(slots=True, eq=False)
class PairSums:
    """Normal equations added up over integrations; ``rate`` DN/group, shape (ny, nx); ``start`` DN."""

    rate: FloatArray
    start: float
    gain: float = np.nan
    read_variance: float = np.nan
    noise: list[tuple[FloatArray, FloatArray]] = field(default_factory=list)
    sums: dict[str, list[tuple[FloatArray, FloatArray, int]]] = field(default_factory=lambda: {"x": [], "y": []})

    def add(self, ramps: NDArray[Any], bad: BoolArray) -> None:
        """Add a batch of integrations: ``ramps`` DN, shape (n, ngroups, ny, nx), n at least 2, and their flagged groups."""
        quads = _quads(ramps, bad, self.rate, self.start)
        if not np.isfinite(self.gain):
            self._know_noise(quads)
        if np.isfinite(self.gain):
            quads = self._clipped(quads)
            self._add_noise(quads)
            for direction, axis in (("y", 0), ("x", 1)):
                self.sums[direction].append(self._pairs(quads, axis))

    def _variance(self) -> FloatArray:
        """Variance of a delta, DN^2."""
        return 2.0 * (np.maximum(self.rate, 0.0) / self.gain + 2.0 * self.read_variance)

    def _know_noise(self, quads: _Quads) -> None:
        """First gain and read noise, from medians of delta^2 in ten ranges of rate; good enough for weights."""
        use = quads.good & ~quads.above[None]
        if use.sum() < 1000:
            return
        rates, half = np.broadcast_to(self.rate, use.shape)[use], 0.5 * quads.delta[use] ** 2
        order = np.array_split(np.argsort(rates), 10)
        x, y = np.array([rates[i].mean() for i in order]), np.array([np.median(half[i]) / _MEDIAN_OF_SQUARE for i in order])
        slope, level = np.polyfit(x, y, 1)
        if slope > 0:
            self.gain, self.read_variance = float(1 / slope), float(max(level / 2, 1e-3))

    def _clipped(self, quads: _Quads) -> _Quads:
        """Without deltas that are too far off; residuals about the mean of those that are left."""
        fine = quads.good & (np.abs(quads.delta) < CLIP * np.sqrt(self._variance()))
        count = fine.sum(axis=0)
        mean = np.where(fine, quads.delta, 0.0).sum(axis=0) / np.maximum(count, 1)
        fine &= count > 1
        return _Quads(np.where(fine, quads.delta - mean, 0.0), fine, quads.above)

    def _add_noise(self, quads: _Quads) -> None:
        """Sums of delta^2 / 2 on rate and one, below the start."""
        variance = self._variance()
        use = quads.good & ~quads.above[None]
        freedom = np.maximum(use.sum(axis=0) - 1, 0)
        weight = freedom.sum(axis=0) / variance**2
        value = 0.5 * np.where(use, quads.delta**2, 0.0).sum(axis=(0, 1)) / variance**2
        normal = np.array([[(weight * a * b).sum(axis=0) for b in (self.rate, 1.0)] for a in (self.rate, 1.0)])
        self.noise.append((blocks_of(normal), blocks_of(np.array([(value * self.rate).sum(axis=0), value.sum(axis=0)]))))

    def _pairs(self, quads: _Quads, axis: int) -> tuple[FloatArray, FloatArray, int]:
        """Normal equations of the pairs along y (``axis`` 0) or x (1)."""
        first = (slice(None),) * axis + (slice(None, -1),)
        second = (slice(None),) * axis + (slice(1, None),)
        one, other = (..., *first, *(slice(None),) * (1 - axis)), (..., *second, *(slice(None),) * (1 - axis))
        variance = self._variance()
        both = quads.good[one] & quads.good[other]
        counts = quads.good.sum(axis=0)
        p, n, shared = counts[one], counts[other], both.sum(axis=0)
        # The means were taken off over integrations that the two need not share.
        freedom = shared * (1.0 - 1.0 / np.maximum(p, 1) - 1.0 / np.maximum(n, 1) + shared / np.maximum(p * n, 1))
        weight = freedom / (variance[one] * variance[other])
        product = np.where(both, 0.5 * quads.delta[one] * quads.delta[other], 0.0).sum(axis=0) / (variance[one] * variance[other])
        above = quads.above * self.rate
        terms = [above[one] + above[other], self.rate[one] + self.rate[other], np.float64(1.0)]
        normal = np.array([[(weight * a * b).sum(axis=(0, 1)) for b in terms] for a in terms])
        right = np.array([(product * a).sum(axis=(0, 1)) for a in terms])
        count = int((both & (quads.above[one] | quads.above[other])).sum())
        return blocks_of(normal), blocks_of(right), count

    def noise_found(self) -> tuple[float, float, float]:
        """Gain (e-/DN), its error, read noise (DN, single read), from what is below the start; NaN where not seen."""
        if not self.noise:
            return np.nan, np.nan, np.nan
        value, err = jackknife_solve(sum(each[0] for each in self.noise), sum(each[1] for each in self.noise))  # type: ignore[arg-type]
        if not value[0] > 5 * err[0]:
            return np.nan, np.nan, np.nan
        return float(1 / value[0]), float(err[0] / value[0] ** 2), float(np.sqrt(max(value[1] / 2, 0.0)))

    def fit(self, direction: str) -> PairFit:
        """Coefficient from the pairs along 'x' or 'y'; NaN where there are too few or the gain is not seen."""
        parts, gain = self.sums[direction], self.noise_found()[0]
        count = sum(each[2] for each in parts)
        if count < FEWEST or not np.isfinite(gain):
            return PairFit(np.nan, np.nan, np.nan, np.nan, count)
        value, err = jackknife_solve(sum(each[0] for each in parts), sum(each[1] for each in parts))  # type: ignore[arg-type]
        share = float(value[0] * gain)
        root = 1.0 - 16.0 * share
        coefficient = (1.0 - np.sqrt(root)) / 8.0 if root > 0 else np.nan
        slope = 1.0 / (1.0 - 8.0 * coefficient)  # d(coefficient) / d(share)
        return PairFit(float(coefficient), float(err[0] * gain * slope), float(value[1] * gain), float(err[1] * gain), count)


@dataclass(frozen=True, slots=True, eq=False)
class _Quads:
    """``delta`` (n, nquads, ny, nx), ``good`` where no group is flagged and all are on one side of the start, ``above`` it or below."""

    delta: FloatArray
    good: BoolArray
    above: BoolArray


def _quads(ramps: NDArray[Any], bad: BoolArray, rate: FloatArray, start: float) -> _Quads:
    count = ramps.shape[1] // QUAD
    shape = (len(ramps), count, QUAD, *ramps.shape[2:])
    values = ramps[:, : count * QUAD].reshape(shape)
    third, second = values[:, :, 3].astype(np.float64) - values[:, :, 2], values[:, :, 1].astype(np.float64) - values[:, :, 0]
    delta = third - second
    first = np.arange(count)[:, None, None] * QUAD + 1
    above, below = rate * first > start, rate * (first + QUAD - 1) < start
    flagged = bad[:, : count * QUAD].reshape(shape).any(axis=2)
    good = ~flagged & np.isfinite(delta) & (above | below)
    return _Quads(np.where(good, delta, 0.0), good, above)
