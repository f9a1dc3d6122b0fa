"""Images of the offsets panel: the difference of two epochs of one patch, smoothed, and where a source is in an open image. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from detgui.data.exposure import Exposure
from detgui.data.memory_exposure import MapExposure
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.session.offsets_work import FileFacts

if TYPE_CHECKING:
    from detgui.analysis.offset_types import PairResult
    from detgui.data.field_images import FieldImage, ImageFacts

Array = NDArray[np.float64]

RADIUS = 6
"""Pixels of the circle that the difference is averaged over (PEARLS JWIDF paper, figure 2)."""

UNIT = "MJy/sr"
MOST_PIXELS = 4e8


def images_of(facts: Sequence[FileFacts], pair: PairResult) -> list[tuple[ImageFacts, ImageFacts]]:
    """(earlier, later) images of a step: mosaics of several detectors where they are given, else those of each patch."""
    there = [each for each in facts if each.image is not None and not each.why and pair.filter in each.filters]

    def of(epoch: str, detector: str) -> ImageFacts | None:
        found = [
            each.image for each in there if epoch in each.epochs and (detector in each.detectors or (not detector and not each.detectors))
        ]
        return found[0] if found else None

    a, b = pair.detectors
    for choice in ([("", "")], [(b, a), (a, b)]):
        couples = [(of(pair.epochs[0], one), of(pair.epochs[1], two)) for one, two in choice]
        whole = [(one, two) for one, two in couples if one is not None and two is not None]
        if whole:
            return whole
    return []


def difference(
    couples: Sequence[tuple[ImageFacts, ImageFacts]], name: str, source: Exposure | None, progress: Progress = no_progress
) -> MapExposure:
    """Later minus earlier image of a step on the grid of the first, averaged over circles, MJy/sr; NaN where one of both has nothing.

    Raises `BadInput` where an image has no WCS, or the two epochs have no pixel in common.
    """
    total: Array | None = None
    for at, (earlier, later) in enumerate(couples):
        progress(0.9 * at / len(couples), f"difference of {later.path.name} and {earlier.path.name}")
        part = _difference(earlier, later)
        grid = couples[0][0].shape
        if part.shape != grid:  # images of single detectors have grids of their own: only the first can be shown
            continue
        total = part if total is None else np.where(np.isfinite(total), total, part)
    if total is None or not np.isfinite(total).any():
        raise BadInput(f"the images of {name} have no pixel in common")
    progress(0.9, "smoothing")
    smooth = smoothed(total, RADIUS)
    fits = source is not None and tuple(source.shape[2:]) == smooth.shape
    planes = {"DIFFERENCE": smooth.astype(np.float32), "UNSMOOTHED": total.astype(np.float32)}
    label = f"{name.replace(' ', '_').replace(',', '')}_difference"
    return MapExposure(label, planes, unit=UNIT, signed=tuple(planes), source=source if fits else None, kind="difference")


def _difference(earlier: ImageFacts, later: ImageFacts) -> Array:
    from detgui.data.field_images import open_image

    if max(np.prod(earlier.shape), np.prod(later.shape)) > MOST_PIXELS:
        raise BadInput(f"{later.path.name} is too large for an image of the difference")
    with open_image(_placed(earlier)) as one, open_image(_placed(later)) as two:
        first = np.where(one.bad, np.nan, one.flux / earlier.pixel)
        return _on_grid(two, one) - first


def _placed(facts: ImageFacts) -> ImageFacts:
    return replace(facts, detector=facts.detector or "nrca1")


def _on_grid(image: FieldImage, grid: FieldImage) -> Array:
    """An image in MJy/sr on another one's pixels: the same where the WCS agree to a tenth of a pixel, else linear between pixels."""
    from scipy.ndimage import map_coordinates

    values = np.where(image.bad, np.nan, image.flux / image.facts.pixel)
    ny, nx = grid.flux.shape
    corners = np.array([[0.0, 0.0], [nx - 1.0, 0.0], [0.0, ny - 1.0], [nx - 1.0, ny - 1.0], [nx / 2, ny / 2]]).T
    x, y = image.pixels(*grid.sky(*corners))
    if values.shape == (ny, nx) and np.allclose([x, y], corners, atol=0.1):
        return values
    out = np.full((ny, nx), np.nan)
    for top in range(0, ny, 256):  # rows at a time: positions take much more memory than the image
        rows = np.arange(top, min(top + 256, ny))
        gx, gy = np.meshgrid(np.arange(nx, dtype=float), rows.astype(float))
        x, y = image.pixels(*grid.sky(gx.ravel(), gy.ravel()))
        places = np.stack([np.nan_to_num(y, nan=-1e9), np.nan_to_num(x, nan=-1e9)])
        out[rows] = map_coordinates(values, places, order=1, mode="constant", cval=np.nan).reshape(rows.size, nx)
    return out


def smoothed(image: Array, radius: int) -> Array:
    """Mean over a circle about every pixel of what is finite there; NaN where the pixel itself is not."""
    from scipy.signal import fftconvolve

    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    circle = (x**2 + y**2 <= radius**2).astype(np.float64)
    good = np.isfinite(image)
    total = fftconvolve(np.where(good, image, 0.0), circle, mode="same")
    count = fftconvolve(good.astype(np.float64), circle, mode="same")
    return np.where(good, total / np.maximum(count, 0.5), np.nan)


Candidate = tuple[str, Path, int, int]  # key of an exposure, its file, rows and columns


def find(candidates: Sequence[Candidate], ra: float, dec: float, progress: Progress = no_progress) -> tuple[str, int, int] | None:
    """(key, x, y) of the first image that shows a place on the sky (degrees); None where none does."""
    from detgui.data.wcs import celestial_wcs

    for at, (key, path, ny, nx) in enumerate(candidates):
        progress(at / len(candidates), f"WCS of {path.name}")
        try:
            with celestial_wcs(path, ny, nx) as wcs:
                x, y = (float(each) for each in wcs.world_to_pixel_values(ra, dec))
        except Exception:  # files without a WCS, and transforms that fail far from their image
            continue
        if -0.5 <= x < nx - 0.5 and -0.5 <= y < ny - 0.5:
            return key, round(x), round(y)
    return None
