"""The same source in several catalogs: by identifier, or by place on the sky."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]

ARCSEC = np.deg2rad(1 / 3600)


def by_ident(ident: NDArray[np.str_]) -> Index:
    """Number of the source, from 0, by identifier; shape (n,)."""
    return np.unique(ident, return_inverse=True)[1].astype(np.int64)


def by_position(ra: Array, dec: Array, block: Index, radius: float) -> Index:
    """Number of the source, from 0, of measurements at (ra, dec), degrees, shapes (n,).

    ``block`` (n,) numbers the catalogs, taken in this order: in one a source appears once. A measurement belongs to the source that is
    nearest to it and to which it is nearest in turn, within ``radius`` arcsec; else it is a source of its own. A source is where it was
    seen first.
    """
    places = unit_vectors(ra, dec)
    source = np.full(ra.size, -1, np.int64)
    first: list[Index] = []
    count = 0
    for number in np.unique(block):
        rows = np.flatnonzero(block == number)
        if count:
            known = np.concatenate(first)
            here, there = mutual(places[rows], places[known], radius)
            source[rows[here]] = source[known[there]]
        new = rows[source[rows] < 0]
        source[new] = count + np.arange(new.size)
        count += new.size
        first.append(new)
    return source


def mutual(one: Array, two: Array, radius: float) -> tuple[Index, Index]:
    """Indices of pairs of unit vectors, (n, 3) and (m, 3), that are each other's nearest, within ``radius`` arcsec."""
    from scipy.spatial import cKDTree

    reach = 2 * np.sin(radius * ARCSEC / 2)
    distance, at = cKDTree(two).query(one, distance_upper_bound=reach * (1 + 1e-9))
    back = cKDTree(one).query(two)[1]
    found = np.flatnonzero(np.isfinite(distance))
    found = found[back[at[found]] == found]
    return found.astype(np.int64), at[found].astype(np.int64)


def unit_vectors(ra: Array, dec: Array) -> Array:
    """Directions (n, 3) of positions in degrees."""
    a, d = np.deg2rad(ra), np.deg2rad(dec)
    return np.stack([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)], axis=-1)


def shifts(ra: Array, dec: Array, ra0: Array, dec0: Array) -> tuple[Array, Array]:
    """(east, north), mas, of positions from others, degrees, shapes (n,); for small distances."""
    turn = np.mod(ra - ra0 + 180.0, 360.0) - 180.0
    return turn * np.cos(np.deg2rad(dec0)) * 3.6e6, (dec - dec0) * 3.6e6
