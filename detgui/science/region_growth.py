"""Growing a region from a pixel: what hangs together with it and is as bright, and how different "as bright" may be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.errors import BadInput
from detgui.science.region_masks import painted
from detgui.science.regions import Mask, Painted
from detgui.science.robust import sigma_of

FIRST = 128
"""Pixels on either side of the seed that are tried first."""
ABOUT = 20
"""Pixels on either side of the seed from which noise and level are told."""
SIGMAS = 3.0
"""Noise of the averaged image that belongs to a plateau on either side of its level."""

SLOPE_REACH = 512
"""Pixels on either side of the seed from which the slope of the light is told."""
SLOPE_BLOCKS = 128
"""Blocks along the longer side in which that is averaged."""
APART = 8
"""Blocks between those that are compared: edges of plateaus lie between few of them."""

REACHES = (64, 128, 256, 512, 1024, 2048, 4096, 8192)
"""Pixels on either side of the seed in which an edge is looked for, one after the other."""
SAMPLES = 64
"""Pixels on either side of the seed to which each of these is thinned."""
FROM = 2.5
"""Sigmas of the smallest tolerance that is tried."""
STEP = 1.1
"""Ratio of one tolerance that is tried to the one before."""
TRIED = 56
"""Tolerances that are tried: up to 190 times the smallest."""
SPAN = 2
"""Steps on either side of a tolerance between which a region with an edge hardly grows."""
STEADY = 0.15
"""Logarithm of the growth between these: less is an edge."""
LEAST = 16
"""Samples of the smallest region whose growth is judged."""
MOST = 0.8
"""Share of the image that is taken for everything: the growth has leaked."""
ALIKE = 0.85
"""Ratio of the sizes of regions that end at the same edge."""
TWICE = 2.0
"""Ratio of sizes above which a region has leaked over its edge."""
RING = 2
"""Samples about a region that tell the level there."""


Slope = tuple[float, float]
"""Rise along x and y, unit of the image per pixel."""


def grow(
    image: NDArray[np.floating],
    x: int,
    y: int,
    tolerance: float,
    smooth: int = 1,
    within: Mask | None = None,
    slope: Slope | None = None,
) -> Mask:
    """Pixels that hang together with (x, y) and differ from it by at most ``tolerance`` (of the image's unit); holes are filled.

    ``smooth`` above 1 averages over boxes of so many pixels first, so that noise does not cut a plateau into pieces, takes the level of
    the plateau about (x, y) instead of one pixel's, and takes out the slope of the light, ``slope`` or `slope_about`. Pixels that are not
    finite are never taken and never averaged. ``within`` limits the growth. Raises BadInput where the pixel is outside or has no value, or
    the tolerance is negative.
    """
    from scipy import ndimage

    allowed = _allowed(image, x, y, within)
    if not tolerance >= 0:
        raise BadInput(f"the tolerance must not be negative, not {tolerance}")
    away = _away(image, allowed, x, y, smooth, own_tolerance(image, x, y, smooth), slope or slope_about(image, x, y))
    labels, _ = ndimage.label(allowed & (away <= tolerance))
    if not labels[y, x]:  # the seed itself is noise
        return _only(image.shape, x, y)
    grown: Mask = ndimage.binary_fill_holes(labels == labels[y, x]) & allowed
    return grown


def _away(image: NDArray[np.floating], good: Mask, x: int, y: int, smooth: int, own: float, slope: Slope) -> NDArray[np.float64]:
    """How far every pixel is from the level of the plateau about (x, y), as `grow` has it."""
    averages = averaged(image, good, smooth)
    if smooth <= 1:
        return np.asarray(np.abs(averages - averages[y, x]), np.float64)
    averages -= slope[0] * (np.arange(image.shape[1]) - x)[None, :] + slope[1] * (np.arange(image.shape[0]) - y)[:, None]
    return np.asarray(np.abs(averages - level_about(averages, good, x, y, own)), np.float64)


def slope_about(image: NDArray[np.floating], x: int, y: int) -> Slope:
    """Slope of the light about a pixel, unit of the image per pixel: median of differences of averages, which plateaus do not change."""
    part = _near(image, x, y, SLOPE_REACH)
    size = max(2, -(-max(part.shape) // SLOPE_BLOCKS) // 2 * 2)  # even: columns of both levels are in every block
    rows, columns = part.shape[0] // size, part.shape[1] // size
    if not rows or not columns:
        return 0.0, 0.0
    cut = part[: rows * size, : columns * size].astype(np.float64)
    good = np.isfinite(cut)
    total, count = (
        each.reshape(rows, size, columns, size).sum(axis=(1, 3)) for each in (np.where(good, cut, 0.0), good.astype(np.float64))
    )
    blocks = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    return _rise(blocks.T) / size, _rise(blocks) / size


def _rise(blocks: NDArray[np.float64]) -> float:
    """From one row to the next, 0 where there are too few."""
    if blocks.shape[0] < 3 * APART:
        return 0.0
    rises = (blocks[APART:] - blocks[:-APART]) / APART
    rises = rises[np.isfinite(rises)]
    return float(np.median(rises)) if rises.size else 0.0


def _only(shape: tuple[int, ...], x: int, y: int) -> Mask:
    mask = np.zeros(shape, np.bool_)
    mask[y, x] = True
    return mask


def _allowed(image: NDArray[np.floating], x: int, y: int, within: Mask | None = None) -> Mask:
    if not (0 <= y < image.shape[0] and 0 <= x < image.shape[1]):
        raise BadInput(f"pixel ({x}, {y}) is outside the image")
    allowed: Mask = np.isfinite(image) if within is None else np.isfinite(image) & within
    if not allowed[y, x]:
        raise BadInput(f"pixel ({x}, {y}) has no value to grow from")
    return allowed


def averaged(image: NDArray[np.floating], good: Mask, size: int) -> NDArray[np.float64]:
    """Mean of the good pixels in a box about each pixel, whose outer ones count half; the image itself where ``size`` is 1.

    So even and odd columns, which have levels of their own, have the same weight everywhere.
    """
    from scipy import ndimage

    values = np.where(good, image, 0).astype(np.float64)
    if size <= 1:
        return values
    line = np.ones(size | 1)
    line[[0, -1]] = 0.5
    line /= line.sum()
    total, weight = (
        ndimage.correlate1d(ndimage.correlate1d(each, line, axis=0, mode="constant"), line, axis=1, mode="constant")
        for each in (values, good.astype(np.float64))
    )
    np.divide(total, weight, out=values, where=weight > 1e-9)
    return values


def own_tolerance(image: NDArray[Any], x: int, y: int, smooth: int = 1) -> float:
    """Three robust sigmas of the noise about a pixel, unit of the image; 0 where there is no noise.

    From differences of pixels two columns apart, which an edge, a slope of the light or levels of even and odd columns do not raise;
    averaging ``smooth`` x ``smooth`` pixels leaves 1 / ``smooth`` of it.
    """
    near = _near(image, x, y, ABOUT).astype(np.float64)
    sigma = sigma_of(near[:, 2:] - near[:, :-2]) / np.sqrt(2)
    return float(SIGMAS * sigma / max(smooth, 1)) if np.isfinite(sigma) else 0.0


def _near(image: NDArray[Any], x: int, y: int, reach: int) -> NDArray[Any]:
    near: NDArray[Any] = image[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
    return near


def level_about(averages: NDArray[np.float64], good: Mask, x: int, y: int, tolerance: float) -> float:
    """Level of the plateau that a pixel lies on: mean of the pixels about it that are within a tolerance, found in a few rounds."""
    near = _near(averages, x, y, ABOUT // 2)[_near(good, x, y, ABOUT // 2)]
    level = float(averages[y, x])
    for _ in range(4):
        alike = near[np.abs(near - level) <= tolerance]
        level = float(alike.mean()) if alike.size else level
    return level


def edge_tolerance(image: NDArray[np.floating], x: int, y: int, smooth: int = 1) -> float:
    """Tolerance with which growth from a pixel ends at the edge of the plateau it is on, unit of the image.

    A region that has come to an edge hardly grows while the tolerance is raised further, until it leaks (maximally stable extremal
    regions: Matas et al. 2002, BMVC). The tolerance is then half of the step from the plateau to what lies about it, where growth meets a
    smoothed edge without bias. Where there is no such edge: `own_tolerance`. Raises BadInput as `grow`.
    """
    _allowed(image, x, y)
    own, slope = own_tolerance(image, x, y, smooth), slope_about(image, x, y)
    if not own > 0:
        return own
    for reach in REACHES:
        plateau = _plateau(image, x, y, smooth, own, reach, slope)
        found = plateau.edge(math.ceil(smooth / plateau.thin) + 1)
        if found is not None:
            return found
        if not any(plateau.open_sides):
            break
    return own


@dataclass(frozen=True, slots=True, eq=False)
class _Plateau:
    """Samples about a seed: their distance from its level, ``away``; ``thin`` pixels from one to the next; the seed is number ``at``.

    ``open_sides``: whether the image goes on below, above, on the left and on the right.
    """

    away: NDArray[np.float64]
    at: tuple[int, int]
    thin: int
    own: float
    open_sides: tuple[bool, bool, bool, bool]

    def region(self, tolerance: float) -> Mask:
        """Samples that hang together with the seed."""
        from scipy import ndimage

        labels, _ = ndimage.label(self.away <= tolerance)
        mine: Mask = labels == labels[self.at] if labels[self.at] else np.zeros(labels.shape, np.bool_)
        return mine

    def edge(self, margin: int) -> float | None:
        """The tolerance for the edge that is found first, None for none; averages are those of one side ``margin`` samples from it."""
        tolerances = np.asarray(self.own * (FROM / SIGMAS) * STEP ** np.arange(TRIED), np.float64)
        sizes = self._sizes(tolerances)
        best = _steadiest(sizes, MOST * np.isfinite(self.away).sum())
        if best is None:
            return None
        half = self._step(self.region(tolerances[best]), margin) / 2
        near = int(np.argmin(np.abs(tolerances - half)))
        if FROM / SIGMAS * self.own <= half <= tolerances[-1] and sizes[near] < TWICE * sizes[best]:
            return float(half)
        alike = (sizes > ALIKE * sizes[best]) & (sizes < sizes[best] / ALIKE)
        return float((tolerances[alike].min() + tolerances[alike].max()) / 2)

    def _sizes(self, tolerances: NDArray[np.float64]) -> NDArray[np.float64]:
        """Samples of the region for each tolerance; infinite from where it comes to a side on which the image goes on."""
        sizes = np.full(tolerances.size, np.inf)
        for place, tolerance in enumerate(tolerances):
            mine = self.region(tolerance)
            sides = (mine[0], mine[-1], mine[:, 0], mine[:, -1])
            if any(is_open and side.any() for is_open, side in zip(self.open_sides, sides, strict=True)):
                break
            sizes[place] = mine.sum()
        return sizes

    def _step(self, mine: Mask, margin: int) -> float:
        """How far what lies about a region is from the level of the seed; NaN where nothing does."""
        from scipy import ndimage

        inside = ndimage.binary_fill_holes(mine)
        near = ndimage.binary_dilation(inside, iterations=margin)
        about = ndimage.binary_dilation(near, iterations=RING) & ~near & np.isfinite(self.away)
        return float(np.median(self.away[about])) if about.any() else np.nan


def _plateau(image: NDArray[np.floating], x: int, y: int, smooth: int, own: float, reach: int, slope: Slope) -> _Plateau:
    x0, y0 = max(0, x - reach), max(0, y - reach)
    cut = image[y0 : y + reach + 1, x0 : x + reach + 1]
    good = np.isfinite(cut)
    away = np.where(good, _away(cut, good, x - x0, y - y0, smooth, own, slope), np.inf)
    thin = max(1, reach // SAMPLES)
    rows, columns = (slice(start % thin, None, thin) for start in (y - y0, x - x0))
    open_sides = (y0 > 0, y0 + cut.shape[0] < image.shape[0], x0 > 0, x0 + cut.shape[1] < image.shape[1])
    return _Plateau(away[rows, columns], ((y - y0) // thin, (x - x0) // thin), thin, own, open_sides)


def _steadiest(sizes: NDArray[np.float64], most: float) -> int | None:
    """Number of the tolerance about which the size grows least, None where it grows everywhere."""
    judged = [place for place in range(SPAN, sizes.size - SPAN) if sizes[place - SPAN] >= LEAST and sizes[place + SPAN] < most]
    growth = [float(np.log(sizes[place + SPAN] / sizes[place - SPAN])) for place in judged]
    return judged[int(np.argmin(growth))] if growth and min(growth) <= STEADY else None


def grow_far(image: NDArray[np.floating], x: int, y: int, tolerance: float, smooth: int = 1) -> Painted:
    """The same pixels as `grow` finds, as a shape; only as much of the image is looked at as they need."""
    ny, nx = image.shape
    room, margin, slope = FIRST, smooth + 1, slope_about(image, x, y)
    while True:
        x0, y0, x1, y1 = max(0, x - room), max(0, y - room), min(nx, x + room + 1), min(ny, y + room + 1)
        found = painted(grow(image[y0:y1, x0:x1], x - x0, y - y0, tolerance, smooth, slope=slope))
        low_x, low_y, high_x, high_y = found.bounds
        # What comes near a cut may go on behind it, and is averaged with less than all of its neighbours.
        cut = (
            (x0 > 0 and low_x < margin)
            or (y0 > 0 and low_y < margin)
            or (x1 < nx and high_x > x1 - x0 - 1 - margin)
            or (y1 < ny and high_y > y1 - y0 - 1 - margin)
        )
        if not cut:
            return Painted(found.x0 + x0, found.y0 + y0, found.pixels)
        room *= 2
