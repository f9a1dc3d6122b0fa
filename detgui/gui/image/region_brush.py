"""The brush: the pixels that a round brush passes over, without gaps. Arrays only, no Qt."""

from __future__ import annotations

from math import ceil, floor

import numpy as np

from detgui.errors import BadInput
from detgui.science.region_masks import box_of, mask_of, painted
from detgui.science.regions import HOW, Mask, Painted, Shape, join

Place = tuple[float, float]


class Stroke:
    """A stroke on an image of ``size`` (ny, nx) that changes a ``base`` shape as ``how`` says, or stands alone."""

    def __init__(self, size: tuple[int, int], radius: float, base: Shape | None = None, how: str = "add") -> None:
        assert how in HOW
        self._radius, self._how = radius, how
        self._passed: Mask = np.zeros(size, np.bool_)
        self._base: Mask | None = None if base is None else mask_of(base, size)
        rows, columns = (slice(0, 0), slice(0, 0)) if base is None else box_of(base, size)
        self._box = _joined(None, (rows.start, rows.stop, columns.start, columns.stop)) if base is not None else None
        self._path_box: tuple[int, int, int, int] | None = None
        self._last: Place | None = None

    def go(self, x: float, y: float) -> None:
        """Pass on to a place in a straight line: every pixel whose centre is within the radius of it, and those under the line."""
        start = self._last or (x, y)
        self._last = (x, y)
        reach = self._radius + 1
        ny, nx = self._passed.shape
        rows = slice(*_limits(min(start[1], y) - reach, max(start[1], y) + reach, ny))
        columns = slice(*_limits(min(start[0], x) - reach, max(start[0], x) + reach, nx))
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return
        ys, xs = np.ogrid[rows, columns]
        self._passed[rows, columns] |= near_line(xs, ys, start, (x, y), self._radius)
        self._path_box = _joined(self._path_box, (rows.start, rows.stop, columns.start, columns.stop))

    def passed(self) -> Painted | None:
        """The pixels it passed over, None for none."""
        return None if self._path_box is None else _cut(self._passed, self._path_box)

    def result(self) -> Painted | None:
        """The base after the stroke, None where nothing is left."""
        if self._base is None:
            return self.passed() if self._how == "add" else None
        assert self._box is not None
        box = self._box if self._path_box is None else _joined(self._box, self._path_box)
        rows, columns = slice(box[0], box[1]), slice(box[2], box[3])
        part = join(self._base[rows, columns], self._passed[rows, columns], self._how)
        return _shifted(part, box)


def near_line(xs: np.ndarray, ys: np.ndarray, start: Place, end: Place, radius: float) -> Mask:
    """Whether pixel centres are within the radius of a line; half a pixel's diagonal at least, so that thin lines have no gaps."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = dx * dx + dy * dy
    share = np.clip(((xs - start[0]) * dx + (ys - start[1]) * dy) / length, 0, 1) if length else 0.0
    distance = (xs - start[0] - share * dx) ** 2 + (ys - start[1] - share * dy) ** 2
    inside: Mask = distance <= max(radius, np.sqrt(0.5)) ** 2
    return inside


def _limits(low: float, high: float, size: int) -> tuple[int, int]:
    return max(0, floor(low)), min(size, ceil(high) + 1)


def _joined(one: tuple[int, int, int, int] | None, other: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    if one is None or one[0] >= one[1] or one[2] >= one[3]:
        return other
    return min(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), max(one[3], other[3])


def _cut(mask: Mask, box: tuple[int, int, int, int]) -> Painted | None:
    return _shifted(mask[box[0] : box[1], box[2] : box[3]], box)


def _shifted(part: Mask, box: tuple[int, int, int, int]) -> Painted | None:
    try:
        found = painted(part)
    except BadInput:
        return None
    return Painted(found.x0 + box[2], found.y0 + box[0], found.pixels)
