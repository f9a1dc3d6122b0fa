"""Outlines as lines in image coordinates: of shapes, of single pixels, of the boxes of a label image. Arrays only, no Qt."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from detgui.errors import BadInput
from detgui.gui.image.picture import blocks
from detgui.science.region_masks import box_of, mask_of, painted, pixels_of
from detgui.science.region_outline import kept
from detgui.science.regions import Ellipse, Painted, Polygon, Rectangle, Shape

Lines = NDArray[np.float64]
Numbers = NDArray[np.intp]
Labels = NDArray[np.integer[Any]]
T = TypeVar("T")

ROUND = 72  # points of an ellipse's outline


class ByIdentity(Generic[T]):
    """Keeps what was made of the newest objects; compares them by identity, since a mask is slow to hash."""

    def __init__(self, make: Callable[..., T], size: int = 256) -> None:
        self._make, self._size = make, size
        self._made: OrderedDict[tuple[Any, ...], tuple[Any, T]] = OrderedDict()

    def __call__(self, thing: Any, *more: Any) -> T:
        key = (id(thing), *more)
        if key not in self._made:
            self._made[key] = (thing, self._make(thing, *more))  # keeping the object keeps its id its own
            if len(self._made) > self._size:
                self._made.popitem(last=False)
        self._made.move_to_end(key)
        return self._made[key][1]


def borders(labels: Labels, void: NDArray[np.bool_]) -> tuple[Lines, Lines]:
    """Lines between pixels of different labels, shape (n, 4): x, y, x, y; those with no void on either side, and the others.

    ``labels`` (ny, nx), negative where there is no box; ``void`` by label. Runs along a row or a column are one line.
    """
    kinds = np.append(void, False)  # the last one is that of label -1
    rows, columns = np.nonzero(labels[:, 1:] != labels[:, :-1])
    upright = _runs(columns, rows, labels[rows, columns], labels[rows, columns + 1], kinds)
    rows, columns = np.nonzero(labels[1:] != labels[:-1])
    level = _runs(rows, columns, labels[rows, columns], labels[rows + 1, columns], kinds)[:, [1, 0, 3, 2, 4]]
    lines = np.concatenate([upright, level])
    return lines[lines[:, 4] == 0, :4], lines[lines[:, 4] == 1, :4]


def _runs(across: Numbers, along: Numbers, one: Labels, other: Labels, kinds: NDArray[np.bool_]) -> Lines:
    """Sides of pixels with these labels on either side joined to lines: across, along, across, along, 1 beside a void; shape (n, 5)."""
    if not across.size:
        return np.empty((0, 5))
    beside = kinds[np.maximum(one, -1)] | kinds[np.maximum(other, -1)]
    order = np.lexsort((along, across, beside))
    across, along, beside = across[order], along[order], beside[order]
    begins = np.ones(across.size, np.bool_)
    begins[1:] = (np.diff(along) != 1) | (np.diff(across) != 0) | (beside[1:] != beside[:-1])
    first = np.flatnonzero(begins)
    last = np.append(first[1:], across.size) - 1
    place = across[first] + 0.5
    return np.column_stack([place, along[first] - 0.5, place, along[last] + 0.5, beside[first]])


def pixel_lines(shape: Painted, step: int = 1) -> Lines:
    """Sides of the pixels along which the shape ends, (n, 4); with ``step`` those of blocks of so many pixels."""
    pixels = shape.pixels.view(np.uint8)
    if step > 1:
        pixels = blocks(pixels, step, step)
    lines, _ = borders(np.pad(pixels, 1).astype(np.int8), np.zeros(2, np.bool_))
    lines = (lines - 0.5) * step  # from one pixel before the first one's centre to its corner
    corner = (shape.x0 - 0.5, shape.y0 - 0.5)
    return lines + np.array([*corner, *corner])


def closed_outline(shape: Shape) -> Lines | None:
    """Points (n, 2) of the outline of a shape that has one line about it, None for pixels and combinations."""
    if isinstance(shape, Rectangle):
        return np.array(shape.corners)
    if isinstance(shape, Polygon):
        return np.array(shape.points)
    if isinstance(shape, Ellipse):
        at = np.linspace(0, 2 * np.pi, ROUND, endpoint=False)
        x, y, turn = shape.rx * np.cos(at), shape.ry * np.sin(at), np.deg2rad(shape.angle)
        return np.column_stack([shape.x + x * np.cos(turn) - y * np.sin(turn), shape.y + x * np.sin(turn) + y * np.cos(turn)])
    return None


def _as_pixels(shape: Shape) -> Painted:
    return shape if isinstance(shape, Painted) else pixels_of(shape)


def lines_of_pixels(shape: Shape, step: int = 1) -> Lines:
    """`pixel_lines` of any shape, none where it has no pixel or is larger than any image."""
    try:
        return pixel_lines(as_pixels(shape), step)
    except BadInput:
        return np.empty((0, 4))


def _lines_of(shape: Shape) -> Lines:
    points = closed_outline(shape)
    if points is None:
        return lines_of_pixels(shape)
    return np.column_stack([points, np.roll(points, -1, axis=0)])


def _members(shape: Shape, size: tuple[int, int]) -> Lines:
    """Sides between the pixels of an image of ``size`` that belong to the shape and those that do not."""
    mask = mask_of(shape, size)
    if not mask.any():
        return np.empty((0, 4))
    return pixel_lines(painted(mask))


as_pixels = ByIdentity(_as_pixels)
"""A shape as single pixels. Raises BadInput where it has none."""
lines_of = ByIdentity(_lines_of)
"""Lines of a shape's outline, (n, 4)."""
member_lines = ByIdentity(_members, 16)
"""(shape, size): sides of the pixels of an image of that size that belong to a shape, (n, 4)."""


def extent(shape: Shape, size: tuple[int, int]) -> int:
    """Pixels of the box about what an image of ``size`` has of a shape."""
    rows, columns = box_of(shape, size)
    return max(0, rows.stop - rows.start) * max(0, columns.stop - columns.start)


def nearest(lines: Lines, x: float, y: float, pixel: tuple[float, float]) -> tuple[float, int, tuple[float, float]]:
    """Distance on the screen to the nearest of the lines, its number, and the place on it.

    ``pixel``: image pixels to a screen pixel along x and y; they differ where the image fills the view.
    """
    if not len(lines):
        return np.inf, -1, (x, y)
    scale = np.array([pixel[0], pixel[1]])
    start, end, at = lines[:, :2] / scale, lines[:, 2:] / scale, np.array([x, y]) / scale
    along = end - start
    length = np.maximum((along**2).sum(axis=1), 1e-30)
    share = np.clip(((at - start) * along).sum(axis=1) / length, 0, 1)
    foot = start + share[:, None] * along
    distance = np.hypot(*(foot - at).T)
    best = int(np.argmin(distance))
    spot = foot[best] * scale
    return float(distance[best]), best, (float(spot[0]), float(spot[1]))


def simplified(points: NDArray[np.float64], pixel: tuple[float, float], slack: float = 0.7) -> NDArray[np.float64]:
    """Points (n, 2) without those that lie within ``slack`` screen pixels of the line between their neighbours."""
    return points[kept(points / np.array([pixel[0], pixel[1]]), slack)]
