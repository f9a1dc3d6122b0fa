"""Images of the offsets panel: the difference of two epochs of one patch, smoothed, and where a source is in an open image. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from detgui.data.exposure import open_one
from detgui.data.memory_exposure import MapExposure
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.session.offsets_work import FileFacts

if TYPE_CHECKING:
    from detgui.analysis.offset_types import PairResult
    from detgui.data.field_images import ImageFacts

Array = NDArray[np.floating[Any]]

UNIT = "MJy/sr"


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


def difference(couples: Sequence[tuple[ImageFacts, ImageFacts]], name: str, progress: Progress = no_progress) -> MapExposure:
    """Later minus earlier images of a step on the grid of the earlier, averaged over circles of 6 pixels, MJy/sr.

    Images of both patches on one grid make one image, else a plane each where they have the same shape. Raises `BadInput` where an
    image has no WCS, or the epochs have no pixel in common.
    """
    from detgui.analysis import offset_difference

    made: list[Array] = []
    for at, (earlier, later) in enumerate(couples):

        def part(fraction: float, text: str, at: int = at) -> None:
            progress((at + fraction) / len(couples), text)

        values = tuple(each for image in (earlier, later) for each in _said(image))
        made.append(offset_difference.difference(later.path, earlier.path, values=values, progress=part).image)
    if not any(np.isfinite(each).any() for each in made):
        raise BadInput(f"the images of {name} have no pixel in common")
    label = f"{name.replace(' ', '_').replace(',', '')}_difference"
    planes = _planes(couples, made)
    with open_one([couples[0][0].path], neighbours=False) as source:
        return MapExposure(label, planes, unit=UNIT, signed=tuple(planes), source=source, kind="difference")


def _planes(couples: Sequence[tuple[ImageFacts, ImageFacts]], made: Sequence[Array]) -> dict[str, Array]:
    first = made[0]
    if len(made) == 1 or made[1].shape != first.shape:
        return {"DIFFERENCE": first.astype(np.float32)}
    if _same_grid(couples[1][0], couples[0][0]):
        return {"DIFFERENCE": np.where(np.isfinite(first), first, made[1]).astype(np.float32)}
    return {"P": first.astype(np.float32), "Q": made[1].astype(np.float32)}


def _same_grid(one: ImageFacts, two: ImageFacts) -> bool:
    """Whether two images of one shape have the same pixels, to a tenth of one."""
    from detgui.data.wcs import celestial_wcs

    ny, nx = one.shape
    x, y = np.array([0.0, nx - 1.0, 0.0, nx / 2]), np.array([0.0, 0.0, ny - 1.0, ny / 2])
    with celestial_wcs(one.path, ny, nx) as first, celestial_wcs(two.path, ny, nx) as second:
        back = second.world_to_pixel_values(*first.pixel_to_world_values(x, y))
    return bool(np.allclose(back, [x, y], atol=0.1))


def _said(image: ImageFacts) -> tuple[tuple[str, str, str], ...]:
    """What is known of an image, for those whose headers do not say; a mosaic of several detectors needs the name of any."""
    name = image.path.name
    return ("detector", image.detector or "nrca1", name), ("filter", image.filter, name)


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
