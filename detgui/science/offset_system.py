"""The sparse system of detector and epoch terms that `offset_solve` solves, sources eliminated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.progress import Progress
from detgui.science.offset_exposures import Side
from detgui.science.offset_fit import HUBER, extra_scatter

Array = NDArray[np.float64]
Index = NDArray[np.int64]

LOOSE = 1e-6
"""Share of a parameter in a direction that the data do not determine, from which on it is not determined either."""

SOURCES_AT_ONCE = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Measurements:
    """Magnitudes of one filter, arrays of shape (n,).

    ``source``, ``epoch`` and ``detector`` are indices from 0 (into ``epochs``, in order of time, and ``detectors``, such as 'nrca1');
    ``mag`` and ``err`` in mag, ``d`` in arcmin. ``exposures``: the single exposures that the measurements are means of (their ``source`` is
    the index of the measurement), None where they are not known.
    """

    source: Index
    epoch: Index
    detector: Index
    mag: Array
    err: Array
    d: Array
    epochs: tuple[str, ...]
    detectors: tuple[str, ...]
    exposures: Side | None = None


@dataclass(frozen=True, slots=True, eq=False)
class System:
    """The measurements used, in the order of their sources, as a sparse design ``x`` (n, m) with its gauge (rows, m)."""

    x: Any
    mag: Array
    err: Array
    starts: Index
    source: Index
    gauge: Array
    names: tuple[str, ...]
    component: Index
    order: Index
    determined: NDArray[np.bool_]
    rank: int

    @property
    def n_sources(self) -> int:
        """How many sources were used."""
        return int(self.starts.size)

    @classmethod
    def of(cls, data: Measurements, used: NDArray[np.bool_], gradient: bool, time: bool) -> System:
        """The system of the measurements ``used`` (n,)."""
        order = np.argsort(data.source[used], kind="stable")
        source, epoch, detector, d = (getattr(data, name)[used][order] for name in ("source", "epoch", "detector", "d"))
        _, index = np.unique(source, return_inverse=True)
        starts = np.searchsorted(index, np.arange(index[-1] + 1))
        component = _components(index, detector, len(data.detectors))
        names, x = _design(data, epoch, detector, d, gradient, time)
        gauge = _gauge(data.detectors, component, np.unique(detector), len(names))
        determined, rank = _determined(x, starts, index, gauge)
        seen = np.zeros(len(names), np.bool_)
        seen[np.unique(x.nonzero()[1])] = True
        return cls(x, data.mag[used][order], data.err[used][order], starts, index, gauge, names, component, order, determined & seen, rank)

    def _normal(self, weights: Array) -> tuple[Any, Any, Array]:
        """(normal matrix, sums of the weighted design by source, sums of weights by source); sources eliminated."""
        from scipy import sparse

        weighted = self.x.multiply(weights[:, None]).tocsr()
        group = sparse.csr_matrix(
            (np.ones(self.source.size), (self.source, np.arange(self.source.size))), shape=(self.n_sources, self.source.size)
        )
        sums = group @ weighted
        total = np.maximum(np.add.reduceat(weights, self.starts), 1e-300)
        normal = (self.x.T @ weighted - sums.T @ sums.multiply(1.0 / total[:, None])).toarray()
        return normal, sums, total

    def _step(self, normal: Array, right: Array) -> Array:
        scale = max(float(np.trace(normal)), 1e-300)
        return np.asarray(np.linalg.lstsq(normal + scale * self.gauge.T @ self.gauge, right, rcond=1e-12)[0], np.float64)

    def robust(self, progress: Progress, rounds: int = 40) -> tuple[Array, float, Array]:
        """(values, scatter, pulls): reweighted until nothing moves."""
        values, scatter = np.zeros(self.x.shape[1]), 0.0
        freedom = np.sqrt(self.mag.size / max(self.mag.size - self.n_sources - self.rank, 1))
        levels = np.zeros(self.n_sources)
        weights = 1.0 / self.err**2
        for turn in range(rounds):
            progress(0.3 * turn / rounds, "fitting all detectors and epochs")
            normal, sums, total = self._normal(weights)
            seen = np.add.reduceat(weights * self.mag, self.starts)
            new = self._step(normal, self.x.T @ (weights * self.mag) - sums.T @ (seen / total))
            levels = (seen - sums @ new) / total
            residuals = self.mag - self.x @ new - levels[self.source]
            scatter = extra_scatter(residuals * freedom, self.err, 0)
            sigma = np.hypot(self.err, scatter)
            pulls = residuals * freedom / sigma
            weights = np.minimum(1.0, HUBER / np.maximum(np.abs(pulls), 1e-12)) / sigma**2
            moved = float(np.max(np.abs(new - values), initial=0.0))
            values = new
            if moved < 1e-8 and turn > 2:
                break
        return values, scatter, pulls

    def bootstrap(self, values: Array, scatter: float, replicates: int, seed: int, progress: Progress) -> Array:
        """How far the values move when sources are drawn again, (replicates, m): one Newton step from the solution each."""
        rng = np.random.default_rng(seed)
        inner, push = self._derivatives(values, scatter)
        push -= (np.add.reduceat(push, self.starts) / np.add.reduceat(inner, self.starts))[self.source] * inner
        counts = rng.multinomial(self.n_sources, np.full(self.n_sources, 1.0 / self.n_sources), size=replicates).astype(np.float32)
        m = self.x.shape[1]
        normal, right = np.zeros((replicates, m * m)), np.zeros((replicates, m))
        for at in range(0, self.n_sources, SOURCES_AT_ONCE):
            progress(0.3 + 0.2 * at / self.n_sources, "errors: drawing sources again")
            part = slice(at, at + SOURCES_AT_ONCE)
            own, pull = self._by_source(part, inner, push)
            normal += counts[:, part] @ own.reshape(-1, m * m)
            right += counts[:, part] @ pull
        square = normal.reshape(-1, m, m)
        scale = np.maximum(np.einsum("bmm->b", square), 1e-300)[:, None, None]
        inverse = np.linalg.pinv(square + scale * (self.gauge.T @ self.gauge), rcond=1e-12, hermitian=True)
        return np.asarray(np.einsum("bmk,bk->bm", inverse, right), np.float64)

    def respond(self, values: Array, scatter: float, shifts: Array) -> Array:
        """How far the values move with the measurements, (replicates, m), for ``shifts`` (replicates, n) of the magnitudes used, mag."""
        inner, _ = self._derivatives(values, scatter)
        normal, sums, total = self._normal(inner)
        scale = max(float(np.trace(normal)), 1e-300)
        moved = shifts * inner
        right = self.x.T @ moved.T - sums.T @ (np.add.reduceat(moved, self.starts, axis=1) / total).T
        inverse = np.linalg.pinv(normal + scale * self.gauge.T @ self.gauge, rcond=1e-12, hermitian=True)
        return np.asarray((inverse @ right).T, np.float64)

    def _derivatives(self, values: Array, scatter: float) -> tuple[Array, Array]:
        """(second, first) derivatives of Huber's loss by each measurement at the solution, shapes (n,)."""
        sigma = np.hypot(self.err, scatter)
        freedom = np.sqrt(self.mag.size / max(self.mag.size - self.n_sources - self.rank, 1))
        levels = self._levels(values, sigma, freedom)
        pulls = (self.mag - self.x @ values - levels[self.source]) * freedom / sigma
        inner = np.where(np.abs(pulls) <= HUBER, 1.0, 1e-3) / sigma**2  # never quite 0
        return inner, np.clip(pulls, -HUBER, HUBER) / freedom / sigma

    def _by_source(self, part: slice, weights: Array, push: Array) -> tuple[Array, Array]:
        """Of some sources: normal matrices (s, m, m), the source's own magnitude eliminated, and right-hand sides (s, m)."""
        ends = np.append(self.starts, self.source.size)
        first, last = ends[part.start], ends[min(part.stop, self.n_sources)]
        rows, starts = slice(first, last), self.starts[part] - first
        x, w = self.x[rows].toarray(), weights[rows]
        weighted = x * w[:, None]
        sums = np.add.reduceat(weighted, starts, axis=0)
        total = np.maximum(np.add.reduceat(w, starts), 1e-300)
        own = np.add.reduceat(weighted[:, :, None] * x[:, None, :], starts, axis=0)
        own -= sums[:, :, None] * sums[:, None, :] / total[:, None, None]
        return own, np.add.reduceat(x * push[rows, None], starts, axis=0)

    def _levels(self, values: Array, sigma: Array, freedom: float) -> Array:
        """Magnitude of every source, Huber's estimate at the given terms."""
        rest = self.mag - self.x @ values
        levels = np.add.reduceat(rest / sigma**2, self.starts) / np.add.reduceat(1 / sigma**2, self.starts)
        for _ in range(30):
            pulls = np.abs(rest - levels[self.source]) * freedom / sigma
            weights = np.minimum(1.0, HUBER / np.maximum(pulls, 1e-12)) / sigma**2
            levels = np.add.reduceat(rest * weights, self.starts) / np.add.reduceat(weights, self.starts)
        return levels


def _design(data: Measurements, epoch: Index, detector: Index, d: Array, gradient: bool, time: bool) -> tuple[tuple[str, ...], Any]:
    from scipy import sparse

    n, n_detectors, later = epoch.size, len(data.detectors), len(data.epochs) - 1
    rows = np.arange(n)
    parts = [sparse.csr_matrix((np.ones(n), (rows, detector)), shape=(n, n_detectors))]
    names = list(data.detectors)
    after = epoch > 0
    for wanted, values, prefix in ((time, np.ones(n), ""), (gradient, d, "k ")):
        if wanted and later:
            parts.append(sparse.csr_matrix((values[after], (rows[after], epoch[after] - 1)), shape=(n, later)))
            names += [prefix + each for each in data.epochs[1:]]
    return tuple(names), sparse.hstack(parts).tocsr()


def _components(source: Index, detector: Index, n_detectors: int) -> Index:
    """Number of the set, by detector: detectors that share sources, directly or through others."""
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    seen = sparse.csr_matrix((np.ones(source.size), (detector, source)), shape=(n_detectors, int(source.max()) + 1))
    labels: Index = connected_components(seen @ seen.T, directed=False)[1].astype(np.int64)
    return labels


def _gauge(detectors: Sequence[str], component: Index, there: Index, parameters: int) -> Array:
    """One row for each set of detectors: the mean that is held at 0."""
    rows = []
    for label in np.unique(component[there]):
        members = [at for at in there if component[at] == label]
        held = [at for at in members if is_b(detectors[at])] or members
        row = np.zeros(parameters)
        row[held] = 1.0 / len(held)
        rows.append(row)
    return np.array(rows).reshape(-1, parameters)


def is_b(detector: str) -> bool:
    """Whether a NIRCam detector is of module B: 'nrcb1' to 'nrcb4', 'nrcblong', 'nrcb5'."""
    return detector.lower().startswith("nrcb")


def _determined(x: Any, starts: Index, source: Index, gauge: Array) -> tuple[NDArray[np.bool_], int]:
    """Which parameters the design and its gauge fix, and how many independent ones the data themselves determine."""
    from scipy import sparse

    counts = np.diff(np.append(starts, source.size)).astype(float)
    group = sparse.csr_matrix((np.ones(source.size), (source, np.arange(source.size))), shape=(starts.size, source.size))
    sums = group @ x
    normal = (x.T @ x - sums.T @ sums.multiply(1.0 / counts[:, None])).toarray()
    size = np.diag(normal)
    scale = np.sqrt(
        np.where(size > 1e-9 * max(float(size.max()), 1e-300), size, 1.0)
    )  # a detector that is alone leaves only rounding errors
    scaled = normal / np.outer(scale, scale)
    own = np.linalg.eigvalsh(scaled)
    rank = int((own > 1e-9 * max(own[-1], 1e-300)).sum())
    held = scaled + (gauge / scale).T @ (gauge / scale) * float(np.mean(scale**2))
    values, vectors = np.linalg.eigh(held)
    free = vectors[:, values < 1e-9 * max(values[-1], 1e-300)]
    return np.all(np.abs(free) < LOOSE, axis=1), rank
