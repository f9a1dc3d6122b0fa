"""Hot pixels through time as sparse histories: which pixels were ever hot, and which of them touch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Indices = NDArray[np.int64]


def union_of(positions: Sequence[Indices]) -> Indices:
    """Flat indices that are in any of several sorted lists, sorted, shape (m,)."""
    return np.unique(np.concatenate(list(positions))) if len(positions) else np.empty(0, np.int64)


def presence(union: Indices, positions: Sequence[Indices]) -> Bools:
    """Whether each pixel of ``union`` is in each list, shape (m, n)."""
    found = np.zeros((union.size, len(positions)), np.bool_)
    for epoch, each in enumerate(positions):
        found[np.searchsorted(union, each), epoch] = True
    return found


def touching(union: Indices, nx: int) -> Indices:
    """Number of the cluster of each pixel, shape (m,), from 0: pixels that share an edge or a corner belong together."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    if union.size == 0:
        return np.empty(0, np.int64)
    x = union % nx
    starts, ends = [], []
    for step, allowed in ((1, x < nx - 1), (nx - 1, x > 0), (nx, x >= 0), (nx + 1, x < nx - 1)):
        wanted = np.where(allowed, union + step, -1)
        at = np.minimum(np.searchsorted(union, wanted), union.size - 1)
        hit = np.flatnonzero(union[at] == wanted)
        starts.append(hit)
        ends.append(at[hit])
    edges = np.concatenate(starts), np.concatenate(ends)
    graph = coo_matrix((np.ones(edges[0].size, np.bool_), edges), shape=(union.size, union.size))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def members(labels: Indices, present: Bools) -> NDArray[np.float64]:
    """Pixels of each cluster at each epoch, shape (clusters, n), from `touching` and `presence`."""
    count = int(labels.max()) + 1 if labels.size else 0
    return np.stack([np.bincount(labels, weights=column, minlength=count) for column in present.T.astype(np.float64)], axis=1)
