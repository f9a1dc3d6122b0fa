"""Errors of offsets from exposures that may each have a zero level of their own: they are drawn again with all their measurements."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]

LEAST = 0.01
"""Concentration of Dirichlet's weights of two exposures: one or the other."""

NEGLIGIBLE = 1e-12
"""Weight of an exposure below which it does not count: means of what such weights alone weigh would not be exact."""


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """Measurements in single exposures, arrays (m,): ``source`` index into their means, ``exposure`` index from 0, ``mag`` and ``weight``.

    ``group`` by exposure: those of one detector and epoch, which are drawn among themselves.
    """

    source: Index
    exposure: Index
    mag: Array
    weight: Array
    group: Index

    @property
    def enough(self) -> bool:
        """Whether every group has two exposures at least, to draw from."""
        return bool(self.group.size) and int(np.bincount(self.group).min(initial=2)) >= 2

    def means(self, counts: Array, sources: int) -> tuple[Array, Array]:
        """Weighted mean magnitude by source and the share of its exposures that were drawn, (b, sources), for counts (b, exposures)."""
        from scipy import sparse

        rows = np.arange(self.source.size)
        group = sparse.csr_matrix((np.ones(rows.size), (rows, self.source)), shape=(rows.size, sources))
        drawn = counts[:, self.exposure]
        weight = drawn * self.weight
        total = np.asarray((group.T @ weight.T).T)
        mean = np.asarray((group.T @ (weight * self.mag).T).T) / np.maximum(total, 1e-300)
        share = np.asarray((group.T @ drawn.T).T) / np.maximum(np.bincount(self.source, minlength=sources), 1)
        return np.where(total > 0, mean, 0.0), np.where(total > 0, share, 0.0)

    def take(self, keep: NDArray[np.bool_]) -> Side:
        """The measurements of the sources that ``keep`` (sources,) keeps, numbered anew."""
        number = np.cumsum(keep) - 1
        rows = keep[self.source]
        return Side(number[self.source[rows]], self.exposure[rows], self.mag[rows], self.weight[rows], self.group)

    def shifts(self, sources: int, replicates: int, rng: np.random.Generator) -> Array:
        """How far the mean magnitudes move when the exposures are drawn again, (replicates, sources); 0 for those without a drawn one."""
        whole, _ = self.means(np.ones((1, self.group.size)), sources)
        drawn, share = self.means(_counts(self.group, replicates, rng), sources)
        return np.where(share > 0, drawn - whole, 0.0)


def redraw(earlier: Side, later: Side, sources: int, replicates: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """(offsets, how often each counts), both (replicates, sources), with the exposures of both epochs drawn again."""
    first, one = earlier.means(_counts(earlier.group, replicates, rng), sources)
    second, two = later.means(_counts(later.group, replicates, rng), sources)
    return second - first, one * two


def _counts(group: Index, replicates: int, rng: np.random.Generator) -> Array:
    """How often each exposure counts, (replicates, exposures), mean 1: Dirichlet's weights (Rubin 1981, Annals of Statistics 9, 130).

    Their concentration makes the variance of a mean that of n - 1 degrees of freedom, which drawing n of n exposures does not.
    """
    out = np.ones((replicates, group.size))
    for label in np.unique(group):
        members = np.flatnonzero(group == label)
        n = members.size
        if n > 1:
            drawn = n * rng.dirichlet(np.full(n, max((n - 2.0) / n, LEAST)), size=replicates)
            out[:, members] = np.where(drawn < NEGLIGIBLE, 0.0, drawn)
    return out
