"""Shapes carried from one exposure to another, so that they stay on the same pixels of the detector."""

from __future__ import annotations

import math

import numpy as np

from detgui.errors import BadInput
from detgui.science.detector import DetectorGeometry
from detgui.science.regions import Combined, Ellipse, Painted, Polygon, Rectangle, Shape

Turn = tuple[int, int, int, int]

NUDGE = 1e-7
"""Pixels by which a mirrored outline is moved off the centres of pixels."""


def carry(shape: Shape, source: DetectorGeometry, target: DetectorGeometry) -> Shape:
    """The shape in the array of another exposure, so that it covers the same pixels of the detector.

    On one detector this is the shift between subarrays; between detectors the raw detector frame is kept, so that a flip or a turn may
    come with it. Raises BadInput for raw IRS2 frames, whose reference samples lie between the pixels, and between known and unknown frames.
    """
    if source.interleaved or target.interleaved:
        raise BadInput("regions cannot be carried to or from a raw IRS2 frame")
    if source.known != target.known:
        raise BadInput("regions cannot be carried between a file with a detector frame and one without")
    return turned(shape, *_between(source, target))


def _between(source: DetectorGeometry, target: DetectorGeometry) -> tuple[Turn, tuple[float, float]]:
    """(a, b, c, d), (tx, ty) of x' = a x + b y + tx, y' = c x + d y + ty from array to array."""
    there, start = _to_raw(source)
    back, origin = _to_raw(target)
    a, b, c, d = back[0], back[2], back[1], back[3]  # the inverse of a signed permutation is its transpose
    turn = (
        a * there[0] + b * there[2],
        a * there[1] + b * there[3],
        c * there[0] + d * there[2],
        c * there[1] + d * there[3],
    )
    dx, dy = start[0] - origin[0], start[1] - origin[1]
    return turn, (a * dx + b * dy, c * dx + d * dy)


def _to_raw(geometry: DetectorGeometry) -> tuple[Turn, tuple[float, float]]:
    """The same for array to 1-based raw detector (column, row)."""
    if not geometry.known:
        return (1, 0, 0, 1), (geometry.xstart, geometry.ystart)
    rows, moves = [], []
    for axis in (geometry.fastaxis, geometry.slowaxis):
        sign = 1 if axis > 0 else -1
        along = abs(axis) - 1
        start = (geometry.xstart, geometry.ystart)[along]
        rows += [sign, 0] if along == 0 else [0, sign]
        moves.append(float(start if sign > 0 else geometry.full_size[along] + 1 - start))
    return (rows[0], rows[1], rows[2], rows[3]), (moves[0], moves[1])


def turned(shape: Shape, turn: Turn, move: tuple[float, float]) -> Shape:
    """The shape after x' = a x + b y + tx, y' = c x + d y + ty, where ``turn`` (a, b, c, d) is a flip, a quarter turn or neither."""
    if isinstance(shape, Combined):
        return Combined(turned(shape.first, turn, move), turned(shape.second, turn, move), shape.how)
    if isinstance(shape, Painted):
        return _turned_pixels(shape, turn, move)
    if isinstance(shape, Polygon | Rectangle):
        move = _over_centres(shape, turn, move)
    if isinstance(shape, Polygon):
        return Polygon(tuple(_apply(point, turn, move) for point in shape.points))
    if isinstance(shape, Rectangle | Ellipse):
        x, y = _apply((shape.x, shape.y), turn, move)
        flip = turn[0] * turn[3] - turn[1] * turn[2]
        angle = flip * shape.angle + round(math.degrees(math.atan2(turn[2], turn[0])))
        if isinstance(shape, Rectangle):
            return Rectangle(x, y, shape.width, shape.height, angle)
        return Ellipse(x, y, shape.rx, shape.ry, angle)
    raise TypeError(f"{type(shape).__name__} cannot be turned")


def _over_centres(shape: Polygon | Rectangle, turn: Turn, move: tuple[float, float]) -> tuple[float, float]:
    """The move, with `NUDGE` along mirrored axes where a corner is level with pixel centres.

    Of the centres on an outline those at the low side belong to the shape; mirrored they are at the high side, and still belong.
    """
    corners = shape.corners if isinstance(shape, Rectangle) else shape.points
    if not any(abs(each - round(each)) < 2 * NUDGE for corner in corners for each in corner):
        return move
    return move[0] + (NUDGE if turn[0] + turn[1] < 0 else 0.0), move[1] + (NUDGE if turn[2] + turn[3] < 0 else 0.0)


def _apply(point: tuple[float, float], turn: Turn, move: tuple[float, float]) -> tuple[float, float]:
    x, y = point
    return turn[0] * x + turn[1] * y + move[0], turn[2] * x + turn[3] * y + move[1]


def _turned_pixels(shape: Painted, turn: Turn, move: tuple[float, float]) -> Painted:
    pixels = shape.pixels if turn[0] else shape.pixels.T
    pixels = pixels[:: turn[2] + turn[3], :: turn[0] + turn[1]]
    low_x, low_y, high_x, high_y = shape.bounds
    (ax, ay), (bx, by) = _apply((low_x, low_y), turn, move), _apply((high_x, high_y), turn, move)
    return Painted(round(min(ax, bx) + 0.5), round(min(ay, by) + 0.5), np.ascontiguousarray(pixels))
