"""What workers do for regions: files in and out, copies to other arrays, parts. Regions and exposures in, answers out; no Qt, no state."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from detgui.data.exposure import Exposure
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.region_frames import carry
from detgui.science.region_masks import cut_mask, islands, mask_of, painted, pixels_of, split_sectors, widened
from detgui.science.region_outline import with_vertices
from detgui.science.regions import Combined, Painted, Region, Shape
from detgui.session.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Imported:
    """Regions of a file for an array, and what is to be said of them."""

    array: str
    regions: tuple[Region, ...]
    said: str


@dataclass(frozen=True, slots=True)
class Copied:
    """Regions for the array of another exposure; ``said`` tells how much of them is outside of it."""

    array: str
    regions: tuple[Region, ...]
    said: str


# Files


def read(path: Path, key: str, array: str, kind: str, shelf: Shelf, progress: Progress = no_progress) -> Imported:
    """Regions of a DS9 file or a FITS mask for an exposure; what the file does not give a kind is ``kind``.

    Raises BadInput where nothing of it can be used; regions outside the image are left out and counted, statements of a DS9 file that
    cannot be used are told.
    """
    from detgui.data import region_files

    progress(0.0, f"reading {path.name}")
    left_out: list[str] = []
    with shelf.borrow(key) as exposure:
        size, geometry = exposure.shape[2:], exposure.geometry
        if region_files.is_fits(path):
            masks = region_files.read_masks(path, size, geometry, kind=kind)
            regions = [Region(painted(mask), name, what) for name, what, mask in masks]
        else:
            regions = _of_ds9(path, exposure, kind, left_out, progress)
    inside = tuple(each for each in regions if covers(each.shape, size))
    if not inside:
        raise BadInput(f"{path.name}: no region in it covers a pixel of the image of {size[1]} x {size[0]} pixels")
    outside = len(regions) - len(inside)
    more = [f"{counted(outside)} outside the image left out"] if outside else []
    return Imported(array, inside, "; ".join([f"{counted(len(inside))} read from {path.name}", *more, *left_out]))


def _of_ds9(path: Path, exposure: Exposure, kind: str, left_out: list[str], progress: Progress) -> list[Region]:
    from detgui.data import region_files

    if not region_files.needs_wcs(path):
        return region_files.read_regions(path, exposure.geometry, None, kind, left_out)
    progress(0.3, "reading the WCS")
    try:
        with wcs_of(exposure, path) as wcs:
            return region_files.read_regions(path, exposure.geometry, wcs, kind, left_out)
    except BadInput as no_wcs:
        try:
            return region_files.read_regions(path, exposure.geometry, None, kind, left_out)
        except BadInput:
            raise no_wcs from None  # it says more: all of the file is in sky coordinates


@contextmanager
def wcs_of(exposure: Exposure, path: Path) -> Iterator[Any]:
    """The sky coordinates of an exposure, for the regions of a file; raises BadInput where it has none."""
    from detgui.data.wcs import celestial_wcs

    if not exposure.files or not exposure.files[0].path.exists():
        raise BadInput(f"{path.name} is in sky coordinates and {exposure.name} has no file with a WCS")
    number = re.search(r"\[SCI,(\d+)\]$", exposure.name)
    try:
        with celestial_wcs(exposure.files[0].path, *exposure.shape[2:], int(number[1]) if number else 1) as wcs:
            yield wcs
    except BadInput as error:
        raise BadInput(f"{path.name}: {error}" if path.name not in str(error) else str(error)) from error


def write(what: str, path: Path, regions: Sequence[Region], key: str, shelf: Shelf, progress: Progress = no_progress) -> str:
    """Write regions of an exposure in the way of `region_exports.EXPORTS` that is named; returns what is to be said. Raises BadInput."""
    from detgui.data import mask_files, region_files

    if not regions:
        raise BadInput(f"{path.name}: there is no region to write")
    progress(0.0, f"writing {path.name}")
    with shelf.borrow(key) as exposure:
        geometry, size = exposure.geometry, exposure.shape[2:]
        said = f"{counted(len(regions))} written to {path}"
        if what == "ds9":
            region_files.write_regions(path, regions, geometry)
            return said
        if what == "sky":
            with wcs_of(exposure, path) as wcs:
                region_files.write_regions(path, regions, wcs=wcs)
            return said
    masks = [(each.name, each.kind, mask_of(each.shape, size)) for each in regions]
    empty = [name for name, _, mask in masks if not mask.any()]
    if len(empty) == len(masks):
        raise BadInput(f"{path.name}: no region covers a pixel of the image of {size[1]} x {size[0]} pixels")
    if what == "mask":
        mask_files.write_mask(path, masks, geometry)
    elif what == "labels":
        mask_files.write_labels(path, [each for each in masks if each[2].any()], geometry)
    elif what == "user mask":
        background = mask_files.background_of(masks, size)
        if not background.any():
            raise BadInput(f"{path.name}: the regions leave no background pixel")
        mask_files.write_user_mask(path, background, geometry)
        return f"user_mask written to {path}: the noise is measured in {int(background.sum())} pixels"
    else:
        bad, which = bad_of(masks)
        mask_files.write_dq_mask(path, bad, geometry)
        return f"MASK written to {path}: {int(bad.sum())} pixels of {which} are DO_NOT_USE"
    return said


def bad_of(masks: Sequence[tuple[str, str, Any]]) -> tuple[Any, str]:
    """The pixels that a MASK file flags: those of the 'exclude' regions, or of all where there is none; and whose they are."""
    chosen = [mask for _, kind, mask in masks if kind == "exclude"]
    which = "exclude regions" if chosen else "all regions"
    chosen = chosen or [mask for _, _, mask in masks]
    bad = chosen[0].copy()
    for mask in chosen[1:]:
        bad |= mask
    return bad, which


# Copies


def copy(
    regions: Sequence[Region], source: str, targets: Sequence[tuple[str, str]], shelf: Shelf, progress: Progress = no_progress
) -> list[Copied]:
    """Regions of exposure ``source`` for other exposures, (key, array) each, on the same pixels of the detector.

    Raises BadInput where frames cannot be carried into each other.
    """
    with shelf.borrow(source) as exposure:
        start = exposure.geometry
    out = []
    for place, (key, array) in enumerate(targets):
        progress(place / len(targets), "copying regions")
        with shelf.borrow(key) as exposure:
            there, size, name = exposure.geometry, exposure.shape[2:], exposure.name
        try:
            moved = [replace(each, shape=carry(each.shape, start, there), locked=False) for each in regions]
        except BadInput as error:
            raise BadInput(f"{name}: {error}") from error
        kept = tuple(each for each in moved if covers(each.shape, size))
        out.append(Copied(array, kept, _copied(name, moved, kept, size)))
    return out


def _copied(name: str, moved: Sequence[Region], kept: Sequence[Region], size: tuple[int, int]) -> str:
    if not kept:
        return f"nothing copied to {name}: {_regions_are(len(moved))} outside of it"
    said = f"{counted(len(kept))} copied to {name}"
    if len(kept) < len(moved):
        said += f", {counted(len(moved) - len(kept))} outside of it left out"
    whole = [int(pixels_of(each.shape).pixels.sum()) for each in kept]
    inside = [int(cut_mask(each.shape, size)[2].sum()) for each in kept]
    if cut := sum(whole) - sum(inside):
        said += f"; {cut} of {sum(whole)} pixels are outside"
    return said


def _regions_are(count: int) -> str:
    return "the region is" if count == 1 else f"all {count} regions are"


# Parts


def grown(shape: Shape, pixels: float, progress: Progress = no_progress) -> Shape:
    """The shape with a rim of so many pixels more, or less."""
    progress(0.0, "growing the region")
    return widened(shape, pixels)


def with_outline(region: Region, progress: Progress = no_progress) -> tuple[Shape, str]:
    """A polygon about the region's pixels, and what is to be said of it."""
    progress(0.0, "outlining the region")
    found = with_vertices(region.shape)
    before, after = pixels_of(region.shape), pixels_of(found)
    both = Combined(before, after, "add")
    ny, nx = (round(both.bounds[3] - both.bounds[1]) + 4, round(both.bounds[2] - both.bounds[0]) + 4)
    move = (2 - round(both.bounds[0] + 0.5), 2 - round(both.bounds[1] + 0.5))
    one, other = (mask_of(Painted(each.x0 + move[0], each.y0 + move[1], each.pixels), (ny, nx)) for each in (before, after))
    changed = int((one != other).sum())
    return found, f"{region.name}: {len(found.points)} vertices; {changed} pixels at the edge of {int(one.sum())} changed"


def parts(region: Region, how: str, key: str, shelf: Shelf, progress: Progress = no_progress) -> tuple[Region, ...]:
    """A region split at the boundaries of the amplifier 'sectors', or into its 'islands'; raises BadInput where it is one part."""
    progress(0.0, "splitting the region")
    with shelf.borrow(key) as exposure:
        geometry, size = exposure.geometry, exposure.shape[2:]
    name = region.name or "region"
    if how == "islands":
        shapes = [(str(number), part) for number, part in enumerate(islands(region.shape), start=1)]
    else:
        if not geometry.has_amplifiers:
            raise BadInput("which amplifier read which pixel is not known here, so the region cannot be split at sector boundaries")
        sectors = split_sectors(mask_of(region.shape, size), geometry)
        shapes = [(sector or "no sector", painted(mask)) for sector, mask in sectors]
    if len(shapes) < 2:
        what = "does not touch another sector" if how == "sectors" else "is one part"
        raise BadInput(f"{name} {what}: there is nothing to split")
    return tuple(replace(region, shape=shape, name=f"{name} {suffix}") for suffix, shape in shapes)


def counted(count: int) -> str:
    """'1 region', '2 regions'."""
    return f"{count} region" + ("" if count == 1 else "s")


def covers(shape: Shape, size: tuple[int, int]) -> bool:
    """Whether a pixel of an image of ``size`` (ny, nx) is in the shape."""
    return bool(cut_mask(shape, size)[2].any())
