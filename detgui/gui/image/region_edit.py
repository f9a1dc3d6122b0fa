"""Shapes as a hand changes them: their handles, what lies under the mouse, and the shape after a drag. No Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from detgui.gui.image.region_lines import lines_of, nearest
from detgui.science.region_frames import turned
from detgui.science.regions import Ellipse, Polygon, Rectangle, Shape

Place = tuple[float, float]
Grip = Literal["body", "edge", "size", "turn", "vertex"]

REACH = 6.0
"""Screen pixels about an outline or a handle in which it can be taken."""
STALK = 22.0
"""Screen pixels from the side of a shape to the handle that turns it."""
CROWDED = 9.0
"""Screen pixels: vertices closer than this on average get no handles."""
SMALLEST = 1.0
"""Smallest side of a shape that is resized, pixels."""


@dataclass(frozen=True, slots=True)
class Part:
    """What of a shape is taken: ``number`` of the edge or vertex; ``side`` of a 'size' handle, -1, 0 or 1 along either axis."""

    grip: Grip
    number: int = 0
    side: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Handle:
    """A handle of a shape and where it is, image pixels."""

    part: Part
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Frame:
    """The upright or turned box of a rectangle or ellipse."""

    x: float
    y: float
    width: float
    height: float
    angle: float

    def to_image(self, u: float, v: float) -> Place:
        """A place given along the box's own axes from its centre."""
        cos, sin = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        return self.x + u * cos - v * sin, self.y + u * sin + v * cos

    def from_image(self, x: float, y: float) -> Place:
        """The reverse of `to_image`."""
        cos, sin = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        return (x - self.x) * cos + (y - self.y) * sin, (y - self.y) * cos - (x - self.x) * sin


def frame_of(shape: Shape) -> Frame | None:
    """The box of a rectangle or ellipse, None for other shapes."""
    if isinstance(shape, Rectangle):
        return Frame(shape.x, shape.y, shape.width, shape.height, shape.angle)
    if isinstance(shape, Ellipse):
        return Frame(shape.x, shape.y, 2 * shape.rx, 2 * shape.ry, shape.angle)
    return None


def _framed(shape: Shape, frame: Frame) -> Shape:
    if isinstance(shape, Ellipse):
        return Ellipse(frame.x, frame.y, frame.width / 2, frame.height / 2, frame.angle)
    return Rectangle(frame.x, frame.y, frame.width, frame.height, frame.angle)


def handles(shape: Shape, pixel: Place) -> list[Handle]:
    """Handles of a shape; ``pixel`` as in `region_lines.nearest`."""
    frame = frame_of(shape)
    if frame is not None:
        found = [
            Handle(Part("size", side=(i, j)), *frame.to_image(i * frame.width / 2, j * frame.height / 2))
            for i in (-1, 0, 1)
            for j in (-1, 0, 1)
            if (i, j) != (0, 0)
        ]
        return [*found, Handle(Part("turn"), *_stalk(frame, pixel))]
    if isinstance(shape, Polygon) and not _is_crowded(shape, pixel):
        return [Handle(Part("vertex", number), *point) for number, point in enumerate(shape.points)]
    return []


def _stalk(frame: Frame, pixel: Place) -> Place:
    """Where the handle that turns a box is: beyond the middle of its upper side."""
    top, up = frame.to_image(0, frame.height / 2), (-math.sin(math.radians(frame.angle)), math.cos(math.radians(frame.angle)))
    step = STALK / math.hypot(up[0] / pixel[0], up[1] / pixel[1])
    return top[0] + step * up[0], top[1] + step * up[1]


def _is_crowded(shape: Polygon, pixel: Place) -> bool:
    ends = zip(shape.points, (*shape.points[1:], shape.points[0]), strict=True)
    around = sum(math.hypot((b[0] - a[0]) / pixel[0], (b[1] - a[1]) / pixel[1]) for a, b in ends)
    return around < CROWDED * len(shape.points)


def part_at(shape: Shape, x: float, y: float, pixel: Place, with_handles: bool) -> Part | None:
    """What of a shape is under a place of the image; None for nothing."""
    if with_handles:
        near = [(math.hypot((each.x - x) / pixel[0], (each.y - y) / pixel[1]), each.part) for each in handles(shape, pixel)]
        distance, part = min(near, key=lambda each: each[0], default=(math.inf, None))
        if distance <= REACH:
            return part
    low_x, low_y, high_x, high_y = shape.bounds
    reach_x, reach_y = REACH * pixel[0], REACH * pixel[1]
    if not (low_x - reach_x <= x <= high_x + reach_x and low_y - reach_y <= y <= high_y + reach_y):
        return None
    distance, number, _ = nearest(lines_of(shape), x, y, pixel)
    if distance <= REACH:
        return Part("edge", number)
    return Part("body") if bool(shape.contains(x, y)) else None


def moved(shape: Shape, dx: float, dy: float) -> Shape:
    """A shape elsewhere, by whole pixels, so that it keeps its pixels."""
    return turned(shape, (1, 0, 0, 1), (float(round(dx)), float(round(dy))))


def dragged(shape: Shape, part: Part, start: Place, now: Place, even: bool = False) -> Shape:
    """A shape whose part was dragged; ``even`` keeps its proportions, or turns by steps of 15 degrees."""
    if part.grip in ("body", "edge"):
        return moved(shape, now[0] - start[0], now[1] - start[1])
    if part.grip == "vertex" and isinstance(shape, Polygon):
        x, y = shape.points[part.number]
        return _with_vertex(shape, part.number, (x + now[0] - start[0], y + now[1] - start[1]))
    frame = frame_of(shape)
    if frame is None:
        return shape
    if part.grip == "turn":
        angle = math.degrees(math.atan2(now[1] - frame.y, now[0] - frame.x)) - 90
        step = 15.0 if even else 0.1
        return _framed(shape, replace(frame, angle=round((round(angle / step) * step) % 360, 1)))
    return _framed(shape, _resized(frame, part.side, start, now, even, isinstance(shape, Rectangle)))


def _resized(frame: Frame, side: tuple[int, int], start: Place, now: Place, even: bool, whole: bool) -> Frame:
    """A box whose side or corner was dragged: the opposite one stays. ``whole``: upright sides end between pixels."""
    u0, v0 = frame.from_image(*start)
    u1, v1 = frame.from_image(*now)
    upright = whole and frame.angle % 360 == 0
    x = _span(frame.width, side[0], u1 - u0, frame.x if upright else None)
    y = _span(frame.height, side[1], v1 - v0, frame.y if upright else None)
    if even and all(side):
        factor = max((x[1] - x[0]) / frame.width, (y[1] - y[0]) / frame.height)
        x, y = _scaled(frame.width, side[0], factor), _scaled(frame.height, side[1], factor)
    centre = frame.to_image((x[0] + x[1]) / 2, (y[0] + y[1]) / 2)
    return Frame(*centre, x[1] - x[0], y[1] - y[0], frame.angle)


def _span(size: float, side: int, step: float, centre: float | None) -> Place:
    low, high = -size / 2, size / 2
    if side == 0:
        return low, high
    end = (high if side > 0 else low) + step
    if centre is not None:
        end = round(centre + end - 0.5) + 0.5 - centre
    still = low if side > 0 else high
    low, high = min(still, end), max(still, end)
    return (low, high) if high - low >= SMALLEST else ((still, still + SMALLEST) if end >= still else (still - SMALLEST, still))


def _scaled(size: float, side: int, factor: float) -> Place:
    return (-size / 2, -size / 2 + size * factor) if side > 0 else (size / 2 - size * factor, size / 2)


def _with_vertex(shape: Polygon, number: int, place: Place) -> Polygon:
    points = list(shape.points)
    points[number] = (round(place[0], 2), round(place[1], 2))
    return Polygon(tuple(points))


def with_new_vertex(shape: Polygon, edge: int, place: Place) -> Polygon:
    """A polygon with one more vertex after vertex number ``edge``."""
    point = (round(place[0], 2), round(place[1], 2))
    return Polygon((*shape.points[: edge + 1], point, *shape.points[edge + 1 :]))


def without_vertex(shape: Polygon, number: int) -> Polygon | None:
    """A polygon with one vertex less; None where it would be none."""
    left = (*shape.points[:number], *shape.points[number + 1 :])
    return Polygon(left) if len(left) >= 3 else None
