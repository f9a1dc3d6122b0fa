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
from detgui.science.offset_fit import HUBER
from detgui.science.offset_system import Array, Index, Measurements, System

__all__ = ["Measurements", "Solution", "solve"]

REPLICATES = 300


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """``names`` of the parameters (detectors, then epochs, then 'k ' and an epoch), ``values`` and ``errors`` (mag, gradients
    mag/arcmin; NaN where not determined, which ``determined`` says), their ``covariance``.

    ``scatter`` of a measurement beyond its error, mag. ``component`` by detector: which set of detectors it is compared with.
    ``sources`` used: seen at least twice. ``weights`` by measurement (n,): 0 where it was not used, 1 where it counts fully.
    ``left_out`` by epoch: the solution without it.
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
    """All terms by one robust (Huber) solve, errors by bootstrap over sources.

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
    return replace(data, **arrays, epochs=tuple(each for at, each in enumerate(data.epochs) if at != epoch))


def _solve(data: Measurements, gradient: bool, time: bool, replicates: int, seed: int, progress: Progress) -> Solution:
    good = np.isfinite(data.mag) & (data.err > 0) & np.isfinite(data.d if gradient else data.mag)
    seen = np.bincount(data.source[good], minlength=int(data.source.max(initial=-1)) + 1)
    used = good & (seen[data.source] > 1)
    if not used.any():
        raise BadInput("no source was measured twice: there is no overlap")
    system = System.of(data, used, gradient, time)
    values, scatter, pulls = system.robust(progress)
    moved = system.bootstrap(values, scatter, replicates, seed, progress)
    low, high = np.percentile(moved, (15.865, 84.135), axis=0)
    n_sources = system.n_sources
    errors = (high - low) / 2 * np.sqrt(n_sources / max(n_sources - system.rank, 1))
    spread = np.cov(np.clip(moved, -4 * errors, 4 * errors), rowvar=False, ddof=0).reshape(errors.size, errors.size)
    scale = errors / np.maximum(np.sqrt(np.diag(spread)), 1e-300)
    covariance = spread * np.outer(scale, scale)
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
        n_sources,
        weights,
    )
