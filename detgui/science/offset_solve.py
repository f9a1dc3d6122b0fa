"""Terms of all detectors and epochs of one filter at once, for any design (PEARLS JWIDF paper, equation 2, made general).

m = m_source + a_detector + t_epoch (+ k_epoch d) for every measurement of every source; the sources' own magnitudes are eliminated.
What the data leave free is held by a gauge: in each set of detectors that share sources the module B detectors average to 0 (all,
where there is no B), and the first epoch has neither term nor gradient.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.offset_fit import HUBER, MOST_NUMBERS
from detgui.science.offset_system import Array, Index, Measurements, System

__all__ = ["Measurements", "Solution", "solve"]

REPLICATES = 300


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """``names`` of the parameters (detectors, then epochs, then 'k ' and an epoch), ``values`` and ``errors`` (mag, gradients
    mag/arcmin; NaN where not determined, which ``determined`` says), their ``covariance``.

    ``scatter`` of a measurement beyond its error, mag. ``component`` by detector: which set of detectors it is compared with.
    ``sources`` used: seen at least twice. ``weights`` by measurement (n,): 0 where it was not used, 1 where it counts fully.
    ``exposures``: whether the errors count those drawn again. ``left_out`` by epoch: the solution without it.
    """

    names: tuple[str, ...]
    values: Array
    errors: Array
    covariance: Array
    determined: NDArray[np.bool_]
    scatter: float
    component: Index
    sources: int
    weights: Array
    exposures: bool = False
    left_out: tuple[Solution | None, ...] = ()

    def term(self, name: str) -> tuple[float, float]:
        """Value and error of a parameter; NaN for one that is not there."""
        if name not in self.names:
            return float("nan"), float("nan")
        at = self.names.index(name)
        return float(self.values[at]), float(self.errors[at])

    def difference(self, one: str, two: str) -> tuple[float, float]:
        """Detector ``one`` minus ``two``, mag, and its error; NaN where they are not compared with each other."""
        if one not in self.names or two not in self.names:
            return float("nan"), float("nan")
        a, b = self.names.index(one), self.names.index(two)
        if self.component[a] != self.component[b] or not (self.determined[a] and self.determined[b]):
            return float("nan"), float("nan")
        variance = self.covariance[a, a] + self.covariance[b, b] - 2 * self.covariance[a, b]
        return float(self.values[a] - self.values[b]), float(np.sqrt(max(variance, 0.0)))


def solve(
    data: Measurements,
    *,
    gradient: bool = False,
    time: bool = True,
    leave_out: bool = False,
    replicates: int = REPLICATES,
    seed: int = 0,
    progress: Progress = no_progress,
) -> Solution:
    """All terms by one robust (Huber) solve, errors by bootstrap over sources and, where they are known, over exposures: the larger count.

    ``gradient`` frees one along d for each epoch after the first, ``time`` a term for each; ``leave_out`` solves again without each epoch.
    Raises `BadInput` where no source was seen twice.
    """
    found = _solve(data, gradient, time, replicates, seed, progress)
    if not leave_out:
        return found
    others: list[Solution | None] = []
    for epoch in range(len(data.epochs)):
        progress(0.5 + 0.5 * epoch / len(data.epochs), f"without epoch {data.epochs[epoch]}")
        try:
            others.append(_solve(_without(data, epoch), gradient, time, replicates, seed, no_progress))
        except BadInput:
            others.append(None)
    return replace(found, left_out=tuple(others))


def _without(data: Measurements, epoch: int) -> Measurements:
    keep = data.epoch != epoch
    arrays = {name: getattr(data, name)[keep] for name in ("source", "epoch", "detector", "mag", "err", "d")}
    arrays["epoch"] = arrays["epoch"] - (arrays["epoch"] > epoch)
    exposures = data.exposures.take(keep) if data.exposures is not None else None
    return replace(data, **arrays, exposures=exposures, epochs=tuple(each for at, each in enumerate(data.epochs) if at != epoch))


def _solve(data: Measurements, gradient: bool, time: bool, replicates: int, seed: int, progress: Progress) -> Solution:
    good = np.isfinite(data.mag) & (data.err > 0) & np.isfinite(data.d if gradient else data.mag)
    seen = np.bincount(data.source[good], minlength=int(data.source.max(initial=-1)) + 1)
    used = good & (seen[data.source] > 1)
    if not used.any():
        raise BadInput("no source was measured twice: there is no overlap")
    system = System.of(data, used, gradient, time)
    values, scatter, pulls = system.robust(progress)
    moved = system.bootstrap(values, scatter, replicates, seed, progress)
    covariance = _covariance(moved, system)
    if data.exposures is not None:
        covariance = larger(covariance, _of_exposures(data, used, system, values, scatter, replicates, seed))
    errors = np.sqrt(np.diag(covariance))
    determined = system.determined
    weights = np.zeros(data.mag.size)
    weights[np.flatnonzero(used)[system.order]] = np.minimum(1.0, HUBER / np.maximum(np.abs(pulls), 1e-12))
    return Solution(
        system.names,
        np.where(determined, values, np.nan),
        np.where(determined, errors, np.nan),
        covariance,
        determined,
        scatter,
        system.component,
        system.n_sources,
        weights,
        data.exposures is not None,
    )


def _covariance(moved: Array, system: System) -> Array:
    """Covariance of replicates (b, m), its errors half the 16-84 % interval."""
    low, high = np.percentile(moved, (15.865, 84.135), axis=0)
    errors = (high - low) / 2 * np.sqrt(system.n_sources / max(system.n_sources - system.rank, 1))
    spread = np.cov(np.clip(moved, -4 * errors, 4 * errors), rowvar=False, ddof=0).reshape(errors.size, errors.size)
    scale = errors / np.maximum(np.sqrt(np.diag(spread)), 1e-300)
    out: Array = spread * np.outer(scale, scale)
    return out


def _of_exposures(
    data: Measurements, used: NDArray[np.bool_], system: System, values: Array, scatter: float, replicates: int, seed: int
) -> Array:
    """Covariance of the terms when the exposures are drawn again, a part of the replicates at once."""
    assert data.exposures is not None
    rng = np.random.default_rng(seed)
    own = data.exposures.take(used)
    parts, left = [], replicates
    while left > 0:
        part = min(left, max(1, MOST_NUMBERS // max(own.source.size, 1)))
        parts.append(system.respond(values, scatter, own.shifts(int(used.sum()), part, rng)[:, system.order]))
        left -= part
    return np.cov(np.concatenate(parts), rowvar=False).reshape(values.size, values.size)


def larger(one: Array, two: Array) -> Array:
    """The smallest covariance that is at least both (m, m), whatever the direction, where ``one`` has a variance at all."""
    values, vectors = np.linalg.eigh(one)
    real = values > 1e-10 * max(float(values[-1]), 1e-300)
    size = np.sqrt(values[real])
    white, back = vectors[:, real] / size, vectors[:, real] * size
    ratio, turn = np.linalg.eigh(white.T @ two @ white)
    out: Array = (back @ turn * np.maximum(ratio, 1.0)) @ (back @ turn).T
    return out
