"""Where a source lies along the footprint's long side, and which patch it belongs to (PEARLS JWIDF paper, sections 3.1, 3.2 and 5.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.errors import BadInput

Array = NDArray[np.float64]

P, Q, NEITHER = 1, -1, 0


@dataclass(frozen=True, slots=True)
class LongAxis:
    """The long side: its position angle in degrees from north through east, and the point on the sky at d = 0, degrees (ICRS)."""

    angle: float
    ra: float
    dec: float


def tangent_plane(ra: Array, dec: Array, ra0: float, dec0: float) -> tuple[Array, Array]:
    """(east, north) of positions about a tangent point, arcmin (gnomonic); all in degrees."""
    a, d, d0 = np.deg2rad(np.asarray(ra) - ra0), np.deg2rad(np.asarray(dec)), np.deg2rad(dec0)
    below = np.sin(d0) * np.sin(d) + np.cos(d0) * np.cos(d) * np.cos(a)
    with np.errstate(divide="ignore", invalid="ignore"):
        east = np.cos(d) * np.sin(a) / below
        north = (np.cos(d0) * np.sin(d) - np.sin(d0) * np.cos(d) * np.cos(a)) / below
    far = below <= 0
    return np.where(far, np.nan, np.rad2deg(east) * 60), np.where(far, np.nan, np.rad2deg(north) * 60)


def from_tangent_plane(east: Array, north: Array, ra0: float, dec0: float) -> tuple[Array, Array]:
    """(ra, dec), degrees, of offsets in arcmin: the inverse of `tangent_plane`."""
    x, y, d0 = np.deg2rad(np.asarray(east) / 60), np.deg2rad(np.asarray(north) / 60), np.deg2rad(dec0)
    ra = ra0 + np.rad2deg(np.arctan2(x, np.cos(d0) - y * np.sin(d0)))
    dec = np.rad2deg(np.arctan2(np.sin(d0) + y * np.cos(d0), np.hypot(x, np.cos(d0) - y * np.sin(d0))))
    return np.mod(ra, 360.0), dec


def along(ra: Array, dec: Array, axis: LongAxis) -> Array:
    """d, arcmin: how far along the long side positions (degrees) are from the axis's origin."""
    east, north = tangent_plane(ra, dec, axis.ra, axis.dec)
    angle = np.deg2rad(axis.angle)
    out: Array = east * np.sin(angle) + north * np.cos(angle)
    return out


def middle(ra: Array, dec: Array) -> tuple[float, float]:
    """Mean direction of positions, degrees; right where they lie about 0 h too. Raises `BadInput` for none."""
    good = np.isfinite(ra) & np.isfinite(dec)
    if not good.any():
        raise BadInput("no source has a position")
    a, d = np.deg2rad(ra[good]), np.deg2rad(dec[good])
    x, y, z = (float(np.mean(each)) for each in (np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)))
    return float(np.mod(np.rad2deg(np.arctan2(y, x)), 360.0)), float(np.rad2deg(np.arctan2(z, np.hypot(x, y))))


def long_axis(ra: Array, dec: Array, patch: NDArray[np.int64], angle: float | None = None) -> LongAxis:
    """The axis of sources (degrees, shapes (n,)) and their patches: d = 0 at the boundary between p and q.

    Without an ``angle`` it is the long side of the smallest rectangle about all sources, turned so that p lies at d > 0. Raises `BadInput`
    where no source has a position, or where p and q do not lie side by side and no angle was given.
    """
    ra0, dec0 = middle(ra, dec)
    east, north = tangent_plane(ra, dec, ra0, dec0)
    good = np.isfinite(east) & np.isfinite(north)
    in_p, in_q = good & (patch == P), good & (patch == Q)
    if angle is None:
        angle = long_side(east[good], north[good])
        if not (in_p.any() and in_q.any()):
            raise BadInput("the long side has no direction: the patches p and q have no sources, give its position angle")
        turn = np.deg2rad(angle)
        d = east * np.sin(turn) + north * np.cos(turn)
        angle = float(np.mod(angle + (180.0 if np.median(d[in_p]) < np.median(d[in_q]) else 0.0), 360.0))
    turn = np.deg2rad(angle)
    d = east * np.sin(turn) + north * np.cos(turn)
    zero = boundary(d[in_p], d[in_q]) if in_p.any() and in_q.any() else 0.0
    ra1, dec1 = from_tangent_plane(np.array(zero * np.sin(turn)), np.array(zero * np.cos(turn)), ra0, dec0)
    return LongAxis(float(angle), float(ra1), float(dec1))


def boundary(high: Array, low: Array) -> float:
    """The value that leaves the fewest of ``high`` below it and of ``low`` above it; the middle of the widest gap where several do."""
    values = np.concatenate([high, low])
    sign = np.concatenate([np.ones(high.size), -np.ones(low.size)])
    if np.median(high) < np.median(low):
        sign = -sign
    order = np.argsort(values, kind="stable")
    values, sign = values[order], sign[order]
    wrong = np.cumsum(sign)[:-1]  # of a cut after each value, but for a constant
    if not wrong.size:
        return float(values.mean())
    best = np.flatnonzero(wrong == wrong.min())
    gaps = values[best + 1] - values[best]
    at = best[int(np.argmax(gaps))]
    return float((values[at] + values[at + 1]) / 2)


def long_side(east: Array, north: Array) -> float:
    """Position angle, degrees from north through east in [0, 180), of the long side of the smallest rectangle about points (arcmin)."""
    points = np.stack([east, north], axis=1)
    if points.shape[0] < 3:
        raise BadInput("fewer than 3 sources have a position: no footprint can be drawn about them")
    hull = _hull(points)
    edges = np.roll(hull, -1, axis=0) - hull
    best, found = np.inf, 0.0
    for x, y in edges[np.hypot(*edges.T) > 0]:
        unit = np.array([x, y]) / np.hypot(x, y)
        across = np.array([-unit[1], unit[0]])
        width, height = np.ptp(hull @ unit), np.ptp(hull @ across)
        if width * height < best:
            best, side = width * height, unit if width >= height else across
            found = float(np.mod(np.rad2deg(np.arctan2(side[0], side[1])), 180.0))
    return found


def _hull(points: Array) -> Array:
    """Corners of the convex hull, counter-clockwise. Raises `BadInput` for points on one line."""
    from scipy.spatial import ConvexHull, QhullError

    try:
        corners: Array = points[ConvexHull(points).vertices]
    except QhullError as error:
        raise BadInput("all sources lie on one line: no footprint can be drawn about them") from error
    return corners
