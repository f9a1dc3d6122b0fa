"""Regions between pixels and sky where the image is mirrored or its pixels are not square.

The regions package turns a shape and scales it by one number, which is right only where the image looks like the sky: not on detectors
whose science frame is mirrored. There the outline is carried over point by point.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.science.regions import Ellipse, Rectangle, Shape

CLOSE = 0.05
"""Pixels by which an outline may be off that is turned and scaled as a whole."""

FINE = 0.002
"""Pixels by which a polygon may be off an ellipse."""

Points = NDArray[np.float64]


def to_sky(item: Any, shape: Shape, wcs: Any) -> Any:
    """A pixel region of the regions package, whose shape is ``shape``, in sky coordinates."""
    if isinstance(shape, Rectangle | Ellipse) and not looks_like_sky(wcs, shape.x, shape.y, _reach(shape)):
        from regions import PixCoord, PolygonPixelRegion

        points = np.array(shape.corners) if isinstance(shape, Rectangle) else _around(shape)
        item = PolygonPixelRegion(PixCoord(points[:, 0], points[:, 1]), item.meta, item.visual)
    return item.to_sky(wcs)


def to_pixels(item: Any, wcs: Any) -> Any:
    """A sky region of the regions package in pixels; boxes and ellipses become polygons where they must."""
    found = item.to_pixel(wcs)
    what = type(item).__name__
    if what not in ("RectangleSkyRegion", "EllipseSkyRegion"):
        return found
    reach = float(np.hypot(found.width, found.height)) / 2
    if looks_like_sky(wcs, float(found.center.x), float(found.center.y), reach):
        return found
    return _outline_on_sky(item, what.startswith("Rectangle"), reach).to_pixel(wcs)


def looks_like_sky(wcs: Any, x: float, y: float, reach: float) -> bool:
    """Whether the image about a pixel is the sky turned and scaled, not mirrored, to `CLOSE` pixels at the distance ``reach``."""
    from astropy import units

    steps = wcs.pixel_to_world(np.array([x, x + 1, x]), np.array([y, y, y + 1]))
    start = steps[0]
    west_north = []
    for end in steps[1:]:
        along, across = start.spherical_offsets_to(end)
        west_north.append(complex(-along.to_value(units.arcsec), across.to_value(units.arcsec)))
    right, up = west_north
    return bool(abs(up - 1j * right) * reach < CLOSE * abs(right))  # up is right turned by a quarter, counter-clockwise


def _outline_on_sky(item: Any, box: bool, reach: float) -> Any:
    """The outline, whose angle counts from west to north, as a polygon on the sky."""
    from astropy import units
    from regions import PolygonSkyRegion

    width, height = item.width.to_value(units.rad) / 2, item.height.to_value(units.rad) / 2
    unit = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], float) if box else _circle(reach)
    points = unit[:, 0] * width + 1j * unit[:, 1] * height
    points *= np.exp(1j * item.angle.to_value(units.rad))
    east = np.arctan2(-points.real, points.imag)  # position angle, north to east
    corners = item.center.directional_offset_by(east * units.rad, np.abs(points) * units.rad)
    return PolygonSkyRegion(corners, item.meta, item.visual)


def _reach(shape: Rectangle | Ellipse) -> float:
    if isinstance(shape, Rectangle):
        return float(np.hypot(shape.width, shape.height)) / 2
    return max(shape.rx, shape.ry)


def _around(shape: Ellipse) -> Points:
    points = _circle(_reach(shape))
    angle = np.deg2rad(shape.angle)
    u, v = points[:, 0] * shape.rx, points[:, 1] * shape.ry
    return np.column_stack([shape.x + u * np.cos(angle) - v * np.sin(angle), shape.y + u * np.sin(angle) + v * np.cos(angle)])


def _circle(reach: float) -> Points:
    """Points on the unit circle, so many that at a radius of ``reach`` pixels a line between two of them is off by at most `FINE`."""
    count = int(np.clip(np.ceil(np.pi * np.sqrt(reach / (2 * FINE))), 32, 2000))
    turn = 2 * np.pi * np.arange(count) / count
    return np.column_stack([np.cos(turn), np.sin(turn)])
