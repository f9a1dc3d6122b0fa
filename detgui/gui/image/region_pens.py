"""The drawing tools as such: from where the mouse went to a shape. No Qt, no session."""

from __future__ import annotations

from math import floor, hypot

import numpy as np

from detgui.errors import BadInput
from detgui.gui.image.region_edit import Place
from detgui.gui.image.region_lines import simplified
from detgui.science.regions import Ellipse, Polygon, Rectangle, Shape

PIECE = 300
"""Points of a lasso that are thinned out at a time, so that a long one does not become slower as it is drawn."""

CLOSE = 8.0
"""Screen pixels from the first vertex of a polygon within which a click closes it."""


class Pen:
    """Follows the mouse from where it was pressed."""

    def __init__(self, start: Place) -> None:
        self.start = self.now = start

    def go(self, place: Place, pixel: Place, even: bool = False) -> None:
        """The mouse moved; ``pixel`` image pixels to a screen pixel, ``even``: as wide as high."""
        x, y = place
        if even:
            size = max(abs(x - self.start[0]), abs(y - self.start[1]))
            x = self.start[0] + (size if x >= self.start[0] else -size)
            y = self.start[1] + (size if y >= self.start[1] else -size)
        self.now = (x, y)

    def shape(self, pixel: Place) -> Shape | None:
        """The shape as it would be now, None where there is none yet."""
        raise NotImplementedError

    def shape_now(self, pixel: Place) -> Shape | None:
        """The shape as it would be if it ended at the mouse."""
        return self.shape(pixel)

    def trail(self) -> tuple[Place, ...]:
        """A line that is not closed yet."""
        return ()

    def knots(self, pixel: Place) -> tuple[tuple[Place, ...], bool]:
        """Vertices that are set, and whether a click closes the outline at the first of them."""
        return (), False


class RectanglePen(Pen):
    """Whole pixels from the one under the press to the one under the mouse."""

    def shape(self, pixel: Place) -> Shape | None:
        (x0, x1), (y0, y1) = (sorted(floor(each + 0.5) for each in pair) for pair in zip(self.start, self.now, strict=True))
        return Rectangle((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0 + 1, y1 - y0 + 1)


class EllipsePen(Pen):
    """The ellipse that fills the box between press and mouse."""

    def shape(self, pixel: Place) -> Shape | None:
        (x0, x1), (y0, y1) = (sorted(pair) for pair in zip(self.start, self.now, strict=True))
        return Ellipse((x0 + x1) / 2, (y0 + y1) / 2, max((x1 - x0) / 2, 0.5), max((y1 - y0) / 2, 0.5))


class LassoPen(Pen):
    """Everything that the line of the mouse goes around."""

    def __init__(self, start: Place) -> None:
        super().__init__(start)
        self._points = [start]
        self._done: list[Place] = []  # what is left of the points before `_from`
        self._from = 0

    def go(self, place: Place, pixel: Place, even: bool = False) -> None:
        self.now = place
        if _apart(place, self._points[-1], pixel) >= 1:
            self._points.append(place)
        if len(self._points) - self._from > PIECE:
            self._done += self._newest(pixel)[:-1]
            self._from = len(self._points) - 1

    def _newest(self, pixel: Place) -> list[Place]:
        return [(float(x), float(y)) for x, y in simplified(np.array(self._points[self._from :]), pixel)]

    def shape(self, pixel: Place) -> Shape | None:
        return polygon(np.array([*self._done, *self._newest(pixel)]))

    def trail(self) -> tuple[Place, ...]:
        return tuple(self._points)


class PolygonPen(Pen):
    """A polygon from vertex to vertex."""

    def __init__(self, start: Place) -> None:
        super().__init__(start)
        self.points = [start]

    def add(self, place: Place) -> None:
        """Set another vertex."""
        self.points.append(place)

    def take_back(self) -> bool:
        """Take the last vertex away; False where none is left."""
        self.points.pop()
        return bool(self.points)

    def closes(self, place: Place, pixel: Place) -> bool:
        """Whether a click there closes the polygon."""
        return len(self.points) >= 3 and _apart(place, self.points[0], pixel) <= CLOSE

    def shape(self, pixel: Place) -> Shape | None:
        return _closed(self.points)

    def shape_now(self, pixel: Place) -> Shape | None:
        return _closed([*self.points, self.now])

    def trail(self) -> tuple[Place, ...]:
        return (*self.points, self.now)

    def knots(self, pixel: Place) -> tuple[tuple[Place, ...], bool]:
        return tuple(self.points), self.closes(self.now, pixel)


PENS: dict[str, type[Pen]] = {"rectangle": RectanglePen, "ellipse": EllipsePen, "lasso": LassoPen, "polygon": PolygonPen}


def _closed(points: list[Place]) -> Polygon | None:
    kept = [place for place, after in zip(points, (*points[1:], None), strict=True) if place != after]
    return polygon(np.array(kept))


def polygon(points: np.ndarray) -> Polygon | None:
    """A polygon through points (n, 2), to the hundredth of a pixel; None where they are no polygon."""
    try:
        return Polygon(tuple((round(float(x), 2), round(float(y), 2)) for x, y in points))
    except BadInput:
        return None


def _apart(one: Place, other: Place, pixel: Place) -> float:
    return hypot((one[0] - other[0]) / pixel[0], (one[1] - other[1]) / pixel[1])
