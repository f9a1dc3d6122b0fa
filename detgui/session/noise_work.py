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
    from detgui.analysis.compare import Result as Compared
    from detgui.analysis.extract1d import Aperture
    from detgui.analysis.extract1d import Params as SpectrumParams
    from detgui.analysis.extract1d import Result as Spectrum
    from detgui.analysis.extract1d_background import Result as WithBackground
    from detgui.analysis.noise_types import Params, Result
    from detgui.analysis.step_sweep import Params as SweepParams
    from detgui.analysis.step_sweep import Result as Sweep

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


@dataclass(frozen=True, slots=True, eq=False)
class PixelPair:
    """A pixel of two exposures: values along groups (ramps) or integrations, shapes (n,), in ``unit``; ``along`` says which."""

    x: int
    y: int
    along: str
    first: tuple[NDArray[np.float64], NDArray[np.float64]]
    second: tuple[NDArray[np.float64], NDArray[np.float64]]
    unit: str


def pixel_pair(shelf: Shelf, keys: tuple[str, str], x: int, y: int, integration: int, progress: Progress = no_progress) -> PixelPair:
    """The ramp of a pixel in one integration of two exposures, or of images its values in all integrations."""
    progress(0.0, f"reading pixel {x}, {y}")
    found = []
    along, unit = "integration", ""
    for key in keys:
        with reading(shelf, key) as exposure:
            unit = exposure.unit
            if exposure.is_ramp:
                along = "group"
                there = integration if integration in exposure.integrations else int(exposure.integrations[0])
                values = exposure.read_pixel(x, y, "SCI", [there])[0]
                places = np.arange(1, values.size + 1, dtype=np.float64)
            else:
                values = exposure.read_pixel(x, y, "SCI")[:, 0]
                places = np.asarray(exposure.integrations, np.float64)
            found.append((places, np.asarray(values, np.float64)))
    return PixelPair(x, y, along, found[0], found[1], unit)


def compare(shelf: Shelf, keys: tuple[str, str], progress: Progress = no_progress) -> Compared:
    """Compare two exposures. Raises `BadInput` where they cannot be."""
    from detgui.analysis import compare as analysis

    with reading(shelf, keys[0]) as before, reading(shelf, keys[1]) as after:
        return analysis.run(before, after, progress=progress)


def background_errors(shelf: Shelf, key: str, path: Path, write: Path | None = None, progress: Progress = no_progress) -> WithBackground:
    """The errors of an exposure with those of a combined background; with ``write`` they go into a copy of its file."""
    from detgui.analysis import extract1d_background
    from detgui.data.exposure import open_one

    with reading(shelf, key) as exposure, open_one([path], neighbours=False) as background:
        result = extract1d_background.run(exposure, background, progress=progress)
        if write is not None:
            extract1d_background.write(result, exposure, write)
    return result


def spectrum(shelf: Shelf, key: str, params: SpectrumParams, progress: Progress = no_progress) -> Spectrum:
    """Extract a spectrum and list its divots. Raises `BadInput` for what is no image."""
    from detgui.analysis import extract1d

    with reading(shelf, key) as exposure:
        return extract1d.run(exposure, params, progress)


def write_aperture(shelf: Shelf, key: str, aperture: Aperture, path: Path, progress: Progress = no_progress) -> Path:
    """Write an aperture as an EXTRACT1D reference in JSON."""
    from detgui.analysis import extract1d

    progress(0.0, "writing")
    with reading(shelf, key) as exposure:
        extract1d.write_reference(path, exposure, aperture)
    return path


def read_aperture(shelf: Shelf, key: str, path: Path, dispersion: int, progress: Progress = no_progress) -> Aperture:
    """The aperture that an EXTRACT1D reference in JSON has for an exposure. Raises `BadInput` for what has none."""
    from detgui.analysis import extract1d

    progress(0.0, f"reading {path.name}")
    with reading(shelf, key) as exposure:
        return extract1d.read_reference(path, exposure, dispersion)


def sweep(params: SweepParams, folder: Path, progress: Progress = no_progress) -> Sweep:
    """Run a step with several values of a setting in the child process."""
    from detgui.analysis import step_sweep

    return step_sweep.run(params, folder, progress=progress)
