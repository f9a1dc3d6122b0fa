"""Shapes turned into masks and back, masks split and widened."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import singledispatch
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from detgui.errors import BadInput
from detgui.science.detector import OUTPUTS, DetectorGeometry
from detgui.science.regions import Combined, Mask, Painted, Polygon, Rectangle, Shape, crossing, join

MOST_ISLANDS = 500
"""Parts into which a region may be split."""

Point = tuple[int, int]

AT_ONCE = 1_000_000
"""Crossings of edges and rows that are held in memory."""

WIDEST = 16384
"""Pixels: no image is wider, and a shape that claims to be is not rasterised."""


def mask_of(shape: Shape, size: tuple[int, int]) -> Mask:
    """Mask of ``size`` (ny, nx): True where a pixel's centre is inside the shape."""
    mask = np.zeros(size, np.bool_)
    rows, columns, inside = cut_mask(shape, size)
    mask[rows, columns] = inside
    return mask


def cut_mask(shape: Shape, size: tuple[int, int]) -> tuple[slice, slice, Mask]:
    """(rows, columns) as `box_of`, and the mask of that box."""
    rows, columns = box_of(shape, size)
    return rows, columns, _fill(shape, rows, columns)


def box_of(shape: Shape, size: tuple[int, int]) -> tuple[slice, slice]:
    """(rows, columns) that hold every pixel of the shape inside an image of ``size`` (ny, nx); empty slices where there is none."""
    low_x, low_y, high_x, high_y = shape.bounds
    return _span(low_y, high_y, size[0]), _span(low_x, high_x, size[1])


def _span(low: float, high: float, length: int) -> slice:
    """Pixels from ``low`` to ``high``, one more at either end: bounds are rounded, and what decides is the shape itself."""
    first = math.floor(min(max(low - 1, 0), length))
    return slice(first, max(first, math.ceil(min(max(high + 2, 0), length))))


@singledispatch
def _fill(shape: Shape, rows: slice, columns: slice) -> Mask:
    return shape.contains(np.arange(columns.start, columns.stop)[None, :], np.arange(rows.start, rows.stop)[:, None])


@_fill.register
def _(shape: Combined, rows: slice, columns: slice) -> Mask:
    return join(_fill(shape.first, rows, columns), _fill(shape.second, rows, columns), shape.how)


@_fill.register
def _(shape: Painted, rows: slice, columns: slice) -> Mask:
    inside = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.bool_)
    (down, from_row), (right, from_column) = (_shared(shape.y0, 0, rows, shape.pixels), _shared(shape.x0, 1, columns, shape.pixels))
    inside[down, right] = shape.pixels[from_row, from_column]
    return inside


def _shared(first: int, axis: int, span: slice, pixels: Mask) -> tuple[slice, slice]:
    """What a span and pixels that begin at ``first`` have in common: in the span, and in the pixels."""
    start = max(first, span.start)
    stop = max(min(first + pixels.shape[axis], span.stop), start)
    return slice(start - span.start, stop - span.start), slice(start - first, stop - first)


@_fill.register
def _(shape: Rectangle, rows: slice, columns: slice) -> Mask:
    return _fill(Polygon(shape.corners), rows, columns)


@_fill.register
def _(shape: Polygon, rows: slice, columns: slice) -> Mask:
    """Row by row: an edge turns over every pixel from its crossing to the right; quick enough for outlines of thousands of points."""
    height, width = rows.stop - rows.start, columns.stop - columns.start
    edges = np.array(shape.edges(), np.float64).reshape(-1, 4).T
    first = np.clip(np.ceil(edges[1]), rows.start, rows.stop).astype(np.int64)
    count = np.maximum(np.clip(np.ceil(edges[3]), rows.start, rows.stop).astype(np.int64) - first, 0)
    turned = np.zeros((height, width + 1), np.bool_)
    for part in _shares(count):
        places = np.repeat(np.arange(part.start, part.stop), count[part])
        before = np.repeat(np.cumsum(count[part]) - count[part], count[part])
        ys = first[places] + np.arange(places.size) - before
        starts = np.clip(np.ceil(crossing(edges[:, places], ys.astype(np.float64))), columns.start, columns.stop).astype(np.int64)
        np.logical_xor.at(turned, (ys - rows.start, starts - columns.start), True)
    filled: Mask = np.bitwise_xor.accumulate(turned.view(np.uint8), axis=1)[:, :width].view(np.bool_)
    return filled


def _shares(count: NDArray[np.int64]) -> Iterator[slice]:
    """The edges in parts of about `AT_ONCE` crossings."""
    number = (np.cumsum(count) - count) // AT_ONCE
    ends = [0, *(np.flatnonzero(np.diff(number)) + 1), count.size]
    return (slice(int(start), int(end)) for start, end in pairwise(ends))


def pixels_of(shape: Shape) -> Painted:
    """Every pixel of the shape, on an image without end. Raises BadInput where there is none, or the shape is wider than `WIDEST`."""
    low_x, low_y, high_x, high_y = shape.bounds
    if not max(high_x - low_x, high_y - low_y) <= WIDEST:
        raise BadInput(f"a region is at most {WIDEST} pixels wide")
    x0, y0 = math.floor(low_x), math.floor(low_y)
    pixels = painted(_fill(shape, slice(y0, math.ceil(high_y) + 1), slice(x0, math.ceil(high_x) + 1)))
    return Painted(pixels.x0 + x0, pixels.y0 + y0, pixels.pixels)


def painted(mask: Mask) -> Painted:
    """The mask as a shape, cut to its pixels. Raises BadInput where it has none."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        raise BadInput("a region needs at least one pixel")
    cut = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Painted(int(columns[0]), int(rows[0]), np.ascontiguousarray(cut))


def outline(shape: Painted) -> Polygon:
    """The pixels as one polygon along their edges, exactly.

    Islands and holes are joined by lines that are walked there and back, which enclose nothing.
    """
    path: list[Point] = []
    for loop in _loops(shape.pixels):
        path += [*loop, loop[0]]
        if loop[0] != path[0]:
            path.append(path[0])
    points = tuple((x + shape.x0 - 0.5, y + shape.y0 - 0.5) for x, y in path)
    return Polygon(points[:-1] if len(points) > 3 and points[-1] == points[0] else points)


def _loops(pixels: Mask) -> list[list[Point]]:
    """Closed walks along the pixel edges, corners as (column, row), inside on the left; only where the walk turns."""
    follow = _steps(pixels)
    loops = []
    while follow:
        start = next(iter(follow))
        walk, at = [start], follow[start].pop()
        while at != start:
            walk.append(at)
            at = follow[at].pop()
        for corner in walk:
            if corner in follow and not follow[corner]:
                del follow[corner]
        loops.append(_turns(walk))
    return loops


def _steps(pixels: Mask) -> dict[Point, list[Point]]:
    """From every corner on an edge between inside and outside, the corners that follow it."""
    padded = np.pad(pixels, 1).astype(np.int8)
    follow: dict[Point, list[Point]] = {}
    for row, column in np.argwhere(np.diff(padded, axis=0) != 0):  # level edges: +x where the inside is above
        x, y = int(column) - 1, int(row)
        ends = ((x, y), (x + 1, y)) if padded[row + 1, column] else ((x + 1, y), (x, y))
        follow.setdefault(ends[0], []).append(ends[1])
    for row, column in np.argwhere(np.diff(padded, axis=1) != 0):  # upright edges: -y where the inside is to the right
        x, y = int(column), int(row) - 1
        ends = ((x, y + 1), (x, y)) if padded[row, column + 1] else ((x, y), (x, y + 1))
        follow.setdefault(ends[0], []).append(ends[1])
    return follow


def _turns(walk: list[Point]) -> list[Point]:
    """Corners at which a closed walk changes direction."""
    kept = []
    for before, at, after in zip((walk[-1], *walk[:-1]), walk, (*walk[1:], walk[0]), strict=True):
        if (at[0] - before[0], at[1] - before[1]) != (after[0] - at[0], after[1] - at[1]):
            kept.append(at)
    return kept


def split_sectors(mask: Mask, geometry: DetectorGeometry) -> list[tuple[str, Mask]]:
    """(amplifier, mask) for each output that reads some of the pixels; ('', mask) for those whose output is not known."""
    outputs = geometry.amplifier_map()
    parts = [("" if number == 0 else OUTPUTS[number - 1], mask & (outputs == number)) for number in range(len(OUTPUTS) + 1)]
    return [(name, part) for name, part in parts if part.any()]


def split_islands(mask: Mask) -> list[Mask]:
    """Parts that do not touch along an edge, in the order of their first pixel."""
    from scipy import ndimage

    labels, count = ndimage.label(mask)
    return [labels == number for number in range(1, count + 1)]


def islands(shape: Shape) -> list[Painted]:
    """Parts of a shape that do not touch along an edge, in the order of their first pixel. Raises BadInput where there are too many."""
    from scipy import ndimage

    whole = pixels_of(shape)
    labels, count = ndimage.label(whole.pixels)
    if count > MOST_ISLANDS:
        raise BadInput(f"the region has {count} parts that do not touch, more than {MOST_ISLANDS}")
    parts = []
    for number, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        parts.append(Painted(whole.x0 + columns.start, whole.y0 + rows.start, labels[rows, columns] == number))
    return parts


def widened(shape: Shape, pixels: float) -> Painted:
    """The shape with all pixels that are at most so many pixels from it, centre to centre; below zero, without those so near its edge.

    Raises BadInput where nothing is left, or it would be wider than `WIDEST`.
    """
    from scipy import ndimage

    whole = pixels_of(shape)
    margin = math.ceil(abs(pixels)) + 1
    if not max(whole.pixels.shape) + 2 * margin <= WIDEST:
        raise BadInput(f"a region is at most {WIDEST} pixels wide")
    padded = np.pad(whole.pixels, margin)
    distance = ndimage.distance_transform_edt(~padded if pixels >= 0 else padded)
    mask = distance <= pixels if pixels >= 0 else distance > -pixels
    found = painted(mask)
    return Painted(found.x0 + whole.x0 - margin, found.y0 + whole.y0 - margin, found.pixels)
