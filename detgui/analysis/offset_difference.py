"""Difference of two epochs' images of one field, smoothed so that offsets of the photometry show (PEARLS JWIDF paper, figure 2)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detgui.data.field_images import FieldImage, ImageFacts, open_image, read_facts
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress

Array = NDArray[np.float64]

RADIUS = 6.0
"""Pixels of the circular aperture (paper, figure 2)."""


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """``image`` (ny, nx) later minus earlier on the grid of the earlier, MJy/sr, NaN where either has nothing; its two images."""

    image: Array
    later: ImageFacts
    earlier: ImageFacts


def difference(
    later: str | Path,
    earlier: str | Path,
    radius: float = RADIUS,
    values: tuple[tuple[str, str, str], ...] = (),
    progress: Progress = no_progress,
) -> Difference:
    """Subtract two images, the later one moved to the earlier one's pixels by both WCS, and smooth. Raises `BadInput`."""
    first, second = read_facts(earlier, values), read_facts(later, values)
    if first.filter != second.filter:
        raise BadInput(f"{second.path.name} is in {second.filter.upper()} and {first.path.name} in {first.filter.upper()}")
    progress(0.0, f"reading {first.path.name}")
    with open_image(first) as one:
        base = np.where(one.bad, np.nan, one.flux) / first.pixel
        ny, nx = first.shape
        rows, columns = np.linspace(0, ny - 1, min(ny, 65)), np.linspace(0, nx - 1, min(nx, 65))
        ra, dec = one.sky(*(each.ravel() for each in np.meshgrid(columns, rows)))
    progress(0.3, f"reading {second.path.name}")
    with open_image(second) as two:
        x, y = two.pixels(ra, dec)
        moved = _resampled(two, (rows, columns), (x, y), first.shape)
    progress(0.7, "smoothing")
    return Difference(smoothed(moved - base, radius), second, first)


def _resampled(image: FieldImage, nodes: tuple[Array, Array], places: tuple[Array, Array], shape: tuple[int, int]) -> Array:
    """The image at the pixels of another, MJy/sr: the places at the nodes are known, between them they are smooth."""
    from scipy.interpolate import RectBivariateSpline
    from scipy.ndimage import map_coordinates

    if not all(np.isfinite(each).all() for each in places):
        raise BadInput(f"the WCS of {image.facts.path.name} does not reach over the other image")
    rows, columns = nodes
    order = min(3, rows.size - 1, columns.size - 1)
    x, y = (
        RectBivariateSpline(rows, columns, each.reshape(rows.size, columns.size), kx=order, ky=order)(
            np.arange(shape[0]), np.arange(shape[1])
        )
        for each in places
    )
    values = np.where(image.bad, 0.0, image.flux / image.facts.pixel)
    out: Array = map_coordinates(values, [y, x], order=1, mode="constant", cval=np.nan)
    holes = map_coordinates(image.bad.astype(np.float64), [y, x], order=1, mode="constant", cval=1.0)
    return np.where(holes > 0.5, np.nan, out)


def smoothed(image: Array, radius: float) -> Array:
    """Mean in a circle of ``radius`` pixels about each pixel, NaN left out; NaN where the pixel itself is."""
    from scipy.signal import fftconvolve

    if radius <= 0:
        return image
    reach = int(np.ceil(radius))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    circle = (np.hypot(x, y) <= radius).astype(np.float64)
    good = np.isfinite(image)
    total = fftconvolve(np.where(good, image, 0.0), circle, mode="same")
    count = fftconvolve(good.astype(np.float64), circle, mode="same")
    out: Array = np.where(good, total / np.maximum(count, 0.5), np.nan)
    return out
