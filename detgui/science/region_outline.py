"""An outline with few vertices about single pixels, for a hand to change."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detgui.errors import BadInput
from detgui.science.region_masks import outline, pixels_of, split_islands
from detgui.science.regions import Polygon, Shape

SLACK = 1.0
"""Pixels by which the outline may pass beside the corners of pixels."""

Points = NDArray[np.float64]


def with_vertices(shape: Shape, slack: float = SLACK) -> Polygon:
    """A polygon about the pixels of a shape, at most ``slack`` pixels beside their edges.

    Raises BadInput where the pixels are several parts, or have holes, which one polygon cannot go around.
    """
    from scipy import ndimage

    pixels = pixels_of(shape)
    if len(split_islands(pixels.pixels)) > 1:
        raise BadInput("it has several parts: split it into islands first")
    if (ndimage.binary_fill_holes(pixels.pixels) != pixels.pixels).any():
        raise BadInput("it has holes, which one polygon cannot leave out")
    corners = np.array(outline(pixels).points)
    far = int(np.argmax(((corners - corners[0]) ** 2).sum(axis=1)))
    ring = np.concatenate([corners, corners[:1]])
    halves = (ring[: far + 1], ring[far:])
    first, second = (half[kept(half, slack)] for half in halves)
    found = np.concatenate([first[:-1], second[:-1]])
    return Polygon(tuple((round(float(x), 2), round(float(y), 2)) for x, y in (found if len(found) >= 3 else corners)))


def kept(points: Points, slack: float) -> NDArray[np.bool_]:
    """Which of points (n, 2) along a line stay; others lie within ``slack`` of the line between these (Douglas & Peucker 1973)."""
    stays = np.zeros(len(points), np.bool_)
    stays[[0, -1]] = True
    parts = [(0, len(points) - 1)]
    while parts:
        first, last = parts.pop()
        if last - first < 2:
            continue
        away = _apart(points[first + 1 : last], points[first], points[last])
        far = int(np.argmax(away))
        if away[far] > slack:
            stays[first + 1 + far] = True
            parts += [(first, first + 1 + far), (first + 1 + far, last)]
    return stays


def _apart(points: Points, start: Points, end: Points) -> Points:
    """Distances of points (n, 2) from a line that ends at both ends."""
    along = end - start
    share = np.clip((points - start) @ along / max(float(along @ along), 1e-30), 0, 1)
    return np.asarray(np.hypot(*(start + share[:, None] * along - points).T), np.float64)
