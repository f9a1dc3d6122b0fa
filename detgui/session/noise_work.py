"""What workers do for the noise panel's diagnoses and for masks drawn by hand. No Qt, no state."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from detgui.data.mask_files import background_of, write_user_mask
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.regions import Region
from detgui.session.reading import reading
from detgui.session.shelf import Shelf

if TYPE_CHECKING:
    from detgui.analysis.noise_types import Params, Result

Mask = NDArray[np.bool_]
LEFT_OUT = ("source", "exclude", "background")
"""Kinds of regions that a diagnosis looks at."""


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """A diagnosis with the outlines that it left out."""

    result: Result
    regions: tuple[Region, ...]


def looked_at(regions: tuple[Region, ...]) -> tuple[Region, ...]:
    """The outlines that matter to a diagnosis."""
    return tuple(each for each in regions if each.kind in LEFT_OUT)


def diagnose(shelf: Shelf, key: str, params: Params, regions: tuple[Region, ...], progress: Progress = no_progress) -> Diagnosed:
    """Diagnose an exposure; sources and excluded regions are left out, and where there is background everything else."""
    from detgui.analysis import noise

    with reading(shelf, key) as exposure:
        shape = (exposure.shape[2], exposure.shape[3])
        exclude = ~background_of(_masks(regions, shape), shape) if regions else None
        return Diagnosed(noise.run(exposure, params, exclude, progress), regions)


def user_mask(shelf: Shelf, key: str, regions: tuple[Region, ...], folder: Path, progress: Progress = no_progress) -> tuple[Path, float]:
    """Write the ``user_mask`` of clean_flicker_noise into a folder; its path, and which part of the image it measures the noise on.

    Regions of interest count as background. Raises `BadInput` where no pixel is left, or the folder cannot be written to.
    """
    progress(0.0, "making the mask")
    with reading(shelf, key) as exposure:
        shape = (exposure.shape[2], exposure.shape[3])
        named = [(name, "background" if kind == "region of interest" else kind, mask) for name, kind, mask in _masks(regions, shape)]
        background = background_of(named, shape)
        root, geometry = exposure.name, exposure.geometry
    if not background.any():
        raise BadInput("no pixel is left to measure the noise on: draw the background, or less of the sources")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = free_name(folder, f"{root}_user_mask")
        write_user_mask(path, background, geometry)
    except OSError as error:
        raise BadInput(f"{folder}: the mask could not be written: {error.strerror or error}") from None
    return path, float(background.mean())


def free_name(folder: Path, root: str) -> Path:
    """A name that no file has: masks stay what they were when a step used them."""
    number = 1
    while (path := folder / f"{root}{'' if number == 1 else f'_{number}'}.fits").exists():
        number += 1
    return path


def _masks(regions: tuple[Region, ...], shape: tuple[int, int]) -> list[tuple[str, str, Mask]]:
    from detgui.science.region_masks import mask_of

    return [(each.name, each.kind, mask_of(each.shape, shape)) for each in regions]
