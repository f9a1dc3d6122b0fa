"""Flux of the same patch of sky on any pixel grid: a mask drawn on one image, carried to others by the linear part of both WCS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.science.offset_noise import ALONE, sum_error

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

SUBPIXELS = 5
"""Along each axis, to tell what part of a pixel is inside."""

OFFSETS = (np.arange(SUBPIXELS) + 0.5) / SUBPIXELS - 0.5

MARGIN = 6
"""Pixels about the mask that the spline sees."""

MOST_BAD = 0.1
"""Part of the mask's pixels that may be bad and are filled from their neighbours."""

CORE = 1.5
"""Pixels about the centre of which none may be bad."""


@dataclass(frozen=True, slots=True, eq=False)
class Footprint:
    """A source on the image that it was found in: ``mask`` (h, w) of its pixels, the first of them at (``x0``, ``y0``).

    ``centre`` (x, y) pixel of its position on the sky; ``jacobian`` (2, 2): pixels an arcsec to the east and to the north. ``ellipse``:
    semi-axes of Kron's aperture, pixels, and the angle of the first from x towards y, radians.
    """

    mask: Mask
    x0: int
    y0: int
    centre: tuple[float, float]
    jacobian: Array
    ellipse: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Flux:
    """Isophotal and Kron flux with errors, unit of the image; centroid in arcsec (east, north) from the position.

    ``iso`` is the sum of the pixels and parts of pixels in the mask, exact where ``aligned`` says that the pixels are those of the mask's
    own image. ``smooth`` is the same of the image as a cubic spline between pixels: it does not depend on where the pixels lie.
    """

    iso: float
    smooth: float
    aligned: bool
    iso_err: float
    kron: float
    kron_err: float
    east: float
    north: float


def measure(
    flux: Array,
    err: Array,
    bad: Mask,
    saturated: Mask,
    source: Footprint,
    centre: tuple[float, float],
    jacobian: Array,
    correlated: Array = ALONE,
) -> Flux | None:
    """The source's flux on an image (ny, nx) without background, where its position is at pixel ``centre`` with ``jacobian``.

    ``err`` of the pixels and how their noise is ``correlated`` (`offset_noise.correlation`; independent without).
    None where the mask reaches beyond the image, has saturated pixels, bad ones at its centre or too many of them.
    """
    to_own = source.jacobian @ np.linalg.inv(jacobian)
    box = _box(source, np.linalg.inv(to_own), centre)
    x0, x1, y0, y1 = box
    ny, nx = flux.shape
    if x0 < 0 or y0 < 0 or x1 > nx or y1 > ny:
        return None
    fine = _inside(source, to_own, centre, box, False)
    inside = _binned(fine)
    wide = max(x0 - MARGIN, 0), min(x1 + MARGIN, nx), max(y0 - MARGIN, 0), min(y1 + MARGIN, ny)
    own = (slice(y0 - wide[2], y1 - wide[2]), slice(x0 - wide[0], x1 - wide[0]))
    around = (slice(wide[2], wide[3]), slice(wide[0], wide[1]))
    values = _filled(flux[around], bad[around], saturated[around], _placed(inside, own, flux[around].shape), centre, wide)
    if values is None:
        return None
    total = float((inside * values[own]).sum())
    y, x = np.mgrid[y0:y1, x0:x1]
    parts = inside * values[own]
    moved = np.array([(parts * (x - centre[0])).sum(), (parts * (y - centre[1])).sum()]) / total if total else np.zeros(2)
    east, north = np.linalg.solve(jacobian, moved)
    noise = np.where(np.isfinite(err[y0:y1, x0:x1]), err[y0:y1, x0:x1], 0.0)
    kron, kron_err = _kron(flux, err, bad, source, to_own, centre, correlated)
    return Flux(
        total,
        _smooth(values, fine, own),
        _aligned(source, to_own, centre),
        sum_error(inside * noise, correlated),
        kron,
        kron_err,
        float(east),
        float(north),
    )


def _aligned(source: Footprint, to_own: Array, centre: tuple[float, float]) -> bool:
    """Whether the pixels are those of the mask's image, moved by whole ones at most."""
    moved = np.array(centre) - np.array(source.centre)
    h, w = source.mask.shape
    return bool(np.abs(to_own - np.eye(2)).max() * max(h, w) < 0.01 and np.abs(moved - np.round(moved)).max() < 0.01)


def _placed(inside: Array, own: tuple[slice, slice], shape: tuple[int, ...]) -> Array:
    out = np.zeros(shape)
    out[own] = inside
    return out


def _smooth(values: Array, fine: Mask, own: tuple[slice, slice]) -> float:
    """Integral over the mask of the cubic spline through the pixels; ``fine`` as `_inside` gives it."""
    from scipy.ndimage import map_coordinates

    rows, columns = (np.arange(part.start, part.stop)[:, None] + OFFSETS for part in own)
    y, x = np.meshgrid(rows.ravel(), columns.ravel(), indexing="ij")
    return float(map_coordinates(values, [y[fine], x[fine]], order=3, mode="nearest").sum()) / SUBPIXELS**2


def _kron(
    flux: Array, err: Array, bad: Mask, source: Footprint, to_own: Array, centre: tuple[float, float], correlated: Array
) -> tuple[float, float]:
    ny, nx = flux.shape
    reach = int(np.ceil(max(source.ellipse[:2]) * np.linalg.norm(np.linalg.inv(to_own), 2))) + 1
    column, row = round(centre[0]), round(centre[1])
    box = max(column - reach, 0), min(column + reach + 1, nx), max(row - reach, 0), min(row + reach + 1, ny)
    inside = _weights(source, to_own, centre, box, True)
    part = (slice(box[2], box[3]), slice(box[0], box[1]))
    good = ~bad[part]
    noise = np.where(np.isfinite(err[part]) & good, err[part], 0.0)
    return float((inside * np.where(good, flux[part], 0.0)).sum()), sum_error(inside * noise, correlated)


def _box(source: Footprint, to_other: Array, centre: tuple[float, float]) -> tuple[int, int, int, int]:
    """(x0, x1, y0, y1) of the other image's pixels that the mask may touch, ends excluded."""
    h, w = source.mask.shape
    left, right = source.x0 - 0.5 - source.centre[0], source.x0 + w - 0.5 - source.centre[0]
    low, high = source.y0 - 0.5 - source.centre[1], source.y0 + h - 0.5 - source.centre[1]
    corners = to_other @ np.array([[left, right, left, right], [low, low, high, high]])
    x, y = corners[0] + centre[0], corners[1] + centre[1]
    return int(np.floor(x.min() + 0.5)), int(np.ceil(x.max() + 0.5)), int(np.floor(y.min() + 0.5)), int(np.ceil(y.max() + 0.5))


def _weights(source: Footprint, to_own: Array, centre: tuple[float, float], box: tuple[int, int, int, int], kron: bool) -> Array:
    """What part of each pixel of a box lies inside the mask, or Kron's ellipse, of the source's own image."""
    return _binned(_inside(source, to_own, centre, box, kron))


def _binned(fine: Mask) -> Array:
    ny, nx = (each // SUBPIXELS for each in fine.shape)
    out: Array = fine.reshape(ny, SUBPIXELS, nx, SUBPIXELS).mean(axis=(1, 3))
    return out


def _inside(source: Footprint, to_own: Array, centre: tuple[float, float], box: tuple[int, int, int, int], kron: bool) -> Mask:
    """Which subpixels of a box are inside, `SUBPIXELS` times as many along each axis."""
    x0, x1, y0, y1 = box
    x = (np.arange(x0, max(x1, x0))[:, None] + OFFSETS).ravel() - centre[0]
    y = (np.arange(y0, max(y1, y0))[:, None] + OFFSETS).ravel() - centre[1]
    dx = to_own[0, 0] * x[None, :] + to_own[0, 1] * y[:, None]
    dy = to_own[1, 0] * x[None, :] + to_own[1, 1] * y[:, None]
    return _in_ellipse(source, dx, dy) if kron else _in_mask(source, dx, dy)


def _in_mask(source: Footprint, dx: Array, dy: Array) -> Mask:
    h, w = source.mask.shape
    # A grain off the edges of pixels, where rounding would decide on the same grid.
    column = np.floor(dx + source.centre[0] - source.x0 + 0.5 + 1e-9).astype(np.int64)
    row = np.floor(dy + source.centre[1] - source.y0 + 0.5 + 1e-9).astype(np.int64)
    there = (column >= 0) & (column < w) & (row >= 0) & (row < h)
    out: Mask = there & source.mask[np.clip(row, 0, h - 1), np.clip(column, 0, w - 1)]
    return out


def _in_ellipse(source: Footprint, dx: Array, dy: Array) -> Mask:
    a, b, angle = source.ellipse
    along = dx * np.cos(angle) + dy * np.sin(angle)
    across = -dx * np.sin(angle) + dy * np.cos(angle)
    out: Mask = (along / a) ** 2 + (across / b) ** 2 <= 1.0
    return out


def _filled(
    values: Array, bad: Mask, saturated: Mask, inside: Array, centre: tuple[float, float], box: tuple[int, int, int, int]
) -> Array | None:
    """Pixels of a box with bad ones replaced by the mean of their good neighbours; None where that would be a guess."""
    touched = inside > 0
    if (saturated & touched).any():
        return None
    lost = bad & touched
    if lost.any():
        y, x = np.nonzero(lost)
        at_core = bool((np.hypot(x + box[0] - centre[0], y + box[2] - centre[1]) <= CORE).any())
        if at_core or float(inside[lost].sum()) > MOST_BAD * float(inside.sum()):
            return None
    out = np.where(bad, 0.0, values)
    for row, column in zip(*(each.tolist() for each in np.nonzero(bad)), strict=True):
        near = (slice(max(row - 1, 0), row + 2), slice(max(column - 1, 0), column + 2))
        good = ~bad[near]
        if good.any():
            out[row, column] = float(values[near][good].mean())
        elif touched[row, column]:
            return None
    return out
