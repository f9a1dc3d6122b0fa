"""Regions as data: shapes on the pixel grid, what they contain, and the mask they make.

Coordinates are 0-based array pixels in science orientation, pixel centres at whole numbers; x along columns, y along rows. A pixel
belongs to a shape where its centre does. Straight edges are half-open: a centre exactly on a left or lower edge is inside, on a right
or upper edge outside, so that shapes which share an edge share no pixel and leave none out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from detgui.errors import BadInput
from detgui.late import Late

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Mask: TypeAlias = NDArray[np.bool_]
else:
    np = Late("numpy")
    Mask = Any
Bounds = tuple[float, float, float, float]

KINDS = ("void", "exclude", "region of interest", "background", "source")
"""What a region is for."""

COLOURS = {"void": "#ff8c1a", "exclude": "#ff5f63", "region of interest": "#66bdff", "background": "#6fdc84", "source": "#d6a4ff"}
"""Colour of a region that was given none, #rrggbb."""

LARGEST = 1e9
"""Largest coordinate of a shape, pixels."""

HOW = ("add", "subtract", "intersect")
"""Ways to combine two shapes."""


class Shape(Protocol):
    """An area of the image plane."""

    def contains(self, x: ArrayLike, y: ArrayLike) -> Mask:
        """Whether the positions (x, y), which broadcast, are inside."""

    @property
    def bounds(self) -> Bounds:
        """(x low, y low, x high, y high) that hold the whole shape."""


def _require(good: bool, complaint: str) -> None:
    if not good:
        raise BadInput(complaint)


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A rectangle about (x, y), pixels; ``angle`` in degrees from +x towards +y. Raises BadInput without a finite, positive size."""

    x: float
    y: float
    width: float
    height: float
    angle: float = 0.0

    def __post_init__(self) -> None:
        _require(
            _sized(self.x, self.y, self.angle, sizes=(self.width, self.height)), "a rectangle needs finite numbers and a positive size"
        )

    @property
    def corners(self) -> tuple[tuple[float, float], ...]:
        """Its four corners, counter-clockwise."""
        a, b = _half_axes(self.width, self.height, self.angle)
        signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
        return tuple((self.x + s * a[0] + t * b[0], self.y + s * a[1] + t * b[1]) for s, t in signs)

    @property
    def bounds(self) -> Bounds:
        """(x low, y low, x high, y high)."""
        return _bounds_of(self.corners)

    def contains(self, x: ArrayLike, y: ArrayLike) -> Mask:
        """Whether the positions are inside."""
        return Polygon(self.corners).contains(x, y)


@dataclass(frozen=True, slots=True)
class Ellipse:
    """An ellipse about (x, y) with semi-axes ``rx``, ``ry``, pixels; ``angle`` in degrees from +x towards +y; its edge belongs to it."""

    x: float
    y: float
    rx: float
    ry: float
    angle: float = 0.0

    def __post_init__(self) -> None:
        _require(_sized(self.x, self.y, self.angle, sizes=(self.rx, self.ry)), "an ellipse needs finite numbers and positive axes")

    @property
    def bounds(self) -> Bounds:
        """(x low, y low, x high, y high)."""
        a, b = _half_axes(2 * self.rx, 2 * self.ry, self.angle)
        dx, dy = float(np.hypot(a[0], b[0])), float(np.hypot(a[1], b[1]))
        return self.x - dx, self.y - dy, self.x + dx, self.y + dy

    def contains(self, x: ArrayLike, y: ArrayLike) -> Mask:
        """Whether the positions are inside."""
        (cos, sin), _ = _half_axes(2.0, 2.0, self.angle)
        dx, dy = np.asarray(x, float) - self.x, np.asarray(y, float) - self.y
        inside: Mask = ((dx * cos + dy * sin) / self.rx) ** 2 + ((dy * cos - dx * sin) / self.ry) ** 2 <= 1
        return inside


@dataclass(frozen=True, slots=True)
class Polygon:
    """A closed polygon through ``points``, pixels; where it crosses itself, what is enclosed an odd number of times is inside."""

    points: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        _require(len(self.points) >= 3, f"a polygon needs at least 3 points, not {len(self.points)}")
        _require(_bounded(self.points), "a polygon needs finite numbers")

    @property
    def bounds(self) -> Bounds:
        """(x low, y low, x high, y high)."""
        return _bounds_of(self.points)

    def contains(self, x: ArrayLike, y: ArrayLike) -> Mask:
        """Whether the positions are inside."""
        xs, ys = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
        inside = np.zeros(xs.shape, np.bool_)
        for edge in self.edges():
            rows = (ys >= edge[1]) & (ys < edge[3])
            inside ^= rows & (xs >= crossing(edge, ys))
        return inside

    def edges(self) -> list[Bounds]:
        """(x, y, x, y) of every edge that is not level, lower end first: the same numbers from whichever side it is walked."""
        ends = zip(self.points, (*self.points[1:], self.points[0]), strict=True)
        return [(*a, *b) if a[1] < b[1] else (*b, *a) for a, b in ends if a[1] != b[1]]


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """Single pixels, as a brush leaves them: a mask of shape (rows, columns) whose first pixel is (``x0``, ``y0``)."""

    x0: int
    y0: int
    pixels: Mask

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Painted):
            return NotImplemented
        return (self.x0, self.y0) == (other.x0, other.y0) and np.array_equal(self.pixels, other.pixels)

    def __hash__(self) -> int:
        return hash((self.x0, self.y0, self.pixels.shape, self.pixels.tobytes()))

    @property
    def bounds(self) -> Bounds:
        """(x low, y low, x high, y high): pixel edges."""
        rows, columns = self.pixels.shape
        return self.x0 - 0.5, self.y0 - 0.5, self.x0 + columns - 0.5, self.y0 + rows - 0.5

    def contains(self, x: ArrayLike, y: ArrayLike) -> Mask:
        """Whether the positions are on one of its pixels."""
        columns = np.floor(np.asarray(x, float) + 0.5) - self.x0
        rows = np.floor(np.asarray(y, float) + 0.5) - self.y0
        columns, rows = np.broadcast_arrays(columns, rows)
        there = (columns >= 0) & (columns < self.pixels.shape[1]) & (rows >= 0) & (rows < self.pixels.shape[0])
        inside = np.zeros(there.shape, np.bool_)
        inside[there] = self.pixels[rows[there].astype(int), columns[there].astype(int)]
        return inside


@dataclass(frozen=True, slots=True)
class Combined:
    """Two shapes as one: ``how`` is 'add', 'subtract' (the second from the first) or 'intersect'."""

    first: Shape
    second: Shape
    how: str

    def __post_init__(self) -> None:
        _require(self.how in HOW, f"shapes are combined by {', '.join(HOW)}, not by {self.how}")

    @property
    def bounds(self) -> Bounds:
        """(x low, y low, x high, y high); of an intersection that is empty, those of the first."""
        a, b = self.first.bounds, self.second.bounds
        if self.how == "subtract":
            return a
        if self.how == "add":
            return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])
        both = max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])
        return both if both[0] <= both[2] and both[1] <= both[3] else a

    def contains(self, x: ArrayLike, y: ArrayLike) -> Mask:
        """Whether the positions are inside."""
        return join(self.first.contains(x, y), self.second.contains(x, y), self.how)


@dataclass(frozen=True, slots=True)
class Region:
    """A shape with what the user says of it. ``kind`` is one of `KINDS`; ``colour`` #rrggbb, '' is the kind's own."""

    shape: Shape
    name: str = ""
    kind: str = "region of interest"
    colour: str = ""
    locked: bool = False
    hidden: bool = False

    def __post_init__(self) -> None:
        _require(self.kind in KINDS, f"a region is one of {', '.join(KINDS)}, not {self.kind}")

    @property
    def shown_colour(self) -> str:
        """Colour it is drawn in, #rrggbb."""
        return self.colour or COLOURS[self.kind]


def join(first: Mask, second: Mask, how: str) -> Mask:
    """Two masks as one; ``how`` as in `Combined`."""
    if how == "add":
        return first | second
    return first & second if how == "intersect" else first & ~second


def crossing(edge: Any, y: Any) -> Any:
    """x at which an edge (x, y, x, y), lower end first, passes the height ``y``; numbers, or arrays: one formula for points and rows.

    The share of the edge comes first: the slope of an edge that is all but level would overflow.
    """
    with np.errstate(over="ignore"):
        share = np.clip((y - edge[1]) / (edge[3] - edge[1]), 0, 1)
    return edge[0] + share * (edge[2] - edge[0])


def _sized(*numbers: float, sizes: tuple[float, float]) -> bool:
    return _bounded((*numbers, *sizes)) and min(sizes) > 0


def _bounded(numbers: Any) -> bool:
    """Whether all numbers are finite, and small enough to calculate with."""
    return bool((np.abs(numbers) <= LARGEST).all())


def _half_axes(width: float, height: float, angle: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Vectors from the centre along width and height; exact at whole quarter turns, where cos(90 deg) would leave 6e-17."""
    turns, rest = divmod(angle, 90.0)
    cos, sin = float(np.cos(np.deg2rad(rest))), float(np.sin(np.deg2rad(rest)))
    for _ in range(int(turns) % 4):
        cos, sin = -sin, cos
    return (cos * width / 2, sin * width / 2), (-sin * height / 2, cos * height / 2)


def _bounds_of(points: tuple[tuple[float, float], ...]) -> Bounds:
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)
