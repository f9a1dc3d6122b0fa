"""SVG whose lines are as thick in every reader: coordinates that Qt leaves to a transform are worked out."""

from __future__ import annotations

import re

_GROUP = re.compile(r"<g [^>]*>.*?</g>", re.DOTALL)
_MATRIX = re.compile(r'transform="matrix\(([^)]*)\)"')
_FIXED = ' vector-effect="non-scaling-stroke"'
_SHAPE = re.compile(r"<(?:path|polyline|polygon|rect)\b[^>]*>")
_POINT = re.compile(r"(-?[\d.]+(?:e[-+]?\d+)?),(-?[\d.]+(?:e[-+]?\d+)?)")
_POINTS = re.compile(r'((?:points|[^i]d)=")([^"]*)"')

Matrix = tuple[float, float, float, float, float, float]


def flattened(svg: str) -> str:
    """The same picture without ``non-scaling-stroke``, which many readers do not know: they draw such lines as thick as the data.

    Groups of shapes only, as QSvgGenerator writes them for cosmetic pens, are transformed; all others stay as they are.
    """
    return _GROUP.sub(lambda group: _flat(group[0]), svg)


def _flat(group: str) -> str:
    found = _MATRIX.search(group)
    shapes = _SHAPE.findall(group)
    if found is None or not shapes or "<text" in group or "<image" in group or not all(_FIXED in shape for shape in shapes):
        return group
    a, b, c, d, e, f = (float(number) for number in found[1].split(","))
    matrix = (a, b, c, d, e, f)
    moved = _SHAPE.sub(lambda shape: _moved(shape[0].replace(_FIXED, ""), matrix), group)
    return moved.replace(found[0], 'transform="matrix(1,0,0,1,0,0)"', 1)


def _moved(shape: str, matrix: Matrix) -> str:
    if shape.startswith("<rect"):
        shape = _as_path(shape)
    return _POINTS.sub(lambda part: f'{part[1]}{_POINT.sub(lambda point: _point(point, matrix), part[2])}"', shape)


def _point(point: re.Match[str], matrix: Matrix) -> str:
    x, y = float(point[1]), float(point[2])
    a, b, c, d, e, f = matrix
    return f"{a * x + c * y + e:.6g},{b * x + d * y + f:.6g}"


def _as_path(rect: str) -> str:
    """A rectangle as the path round it: turned, it is none any more."""
    x, y, width, height = (float(re.search(rf' {name}="([^"]*)"', rect)[1]) for name in ("x", "y", "width", "height"))
    rest = re.sub(r' (?:x|y|width|height)="[^"]*"', "", rect).removeprefix("<rect")
    ends = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
    return f'<path d="M{" L".join(f"{px:.9g},{py:.9g}" for px, py in ends)} Z"{rest}'
