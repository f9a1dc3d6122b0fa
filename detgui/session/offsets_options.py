"""Parameters of the offsets panel: which files, how sources are matched and fitted, what is corrected, and which page is shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

INPUTS, STEP, OVERVIEW, SOLUTION, CORRECTION = "Inputs", "Step", "Overview", "Solution", "Correction"

TableChoice = Literal["auto", "measured", "published", "file"]


@dataclass(frozen=True, slots=True)
class OffsetFile:
    """A catalog or image that was added; epoch, filter and detector where a person typed them."""

    path: Path
    use: bool = True
    epoch: str = ""
    filter: str = ""
    detector: str = ""


@dataclass(frozen=True, slots=True)
class OffsetsOptions:
    """What the panel's pages share; None means the analysis's own default."""

    files: tuple[OffsetFile, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()  # (role, name) that go before what is recognised
    match: Literal["auto", "id", "position"] = "auto"
    radius: float = 0.1  # arcsec
    mag_limit: float = 22.0  # mag
    snr_limit: float = 10.0
    slope: Literal["auto", "free", "zero"] = "auto"  # auto: free for the long-wave arrays
    free_time: bool = False
    long_axis_pa: float | None = None  # degrees from north through east; None: the catalogs', else the footprint's
    pair_epochs: tuple[str, str] | None = None  # of the table; None: the first that swap modules
    reference: str = "B"  # of the table: module, 'mean' or a detector
    magnitude: Literal["iso", "kron"] = "iso"  # of sources on images
    threshold: float = 5.0  # of a detection on images, sigma
    compact: float = 2.0  # largest half-light radius over that of stars
    table: TableChoice = "auto"  # that images are corrected by; auto: the measured one, else the published one
    table_file: Path | None = None
    keep: str = ""  # module that keeps its photometry in the correction; '' as the table says
    gradient: Literal["later", "half"] = "later"
    epoch: str = ""  # of the images that are corrected; '' by their dates
    cal_epochs: tuple[tuple[Path, str], ...] = ()  # of single images, before that of all
    cals: tuple[Path, ...] = ()  # images to correct
    folder: Path | None = None  # of corrected images; None: one beside the first image
    corrected: bool = False  # pages show the offsets after the correction
    step: str = ""  # the step that is shown, as `offsets_work.step_name` names it; '' for the first
    page: str = INPUTS


def without_place(options: OffsetsOptions) -> OffsetsOptions:
    """The options without what undo leaves alone: page, step, and whether offsets are shown corrected."""
    return replace(options, page="", step="", corrected=False)


def with_place(options: OffsetsOptions, now: OffsetsOptions) -> OffsetsOptions:
    """Options that undo brings back, at the place of now."""
    return replace(options, page=now.page, step=now.step, corrected=now.corrected)


def with_files(options: OffsetsOptions, paths: Iterable[Path]) -> tuple[OffsetFile, ...]:
    """The files with more of them at the end; one that is there already stays what it is."""
    there = {each.path for each in options.files}
    return (*options.files, *(OffsetFile(path) for path in dict.fromkeys(paths) if path not in there))


def with_cals(options: OffsetsOptions, paths: Iterable[Path]) -> tuple[Path, ...]:
    """The images to correct with more of them at the end."""
    return tuple(dict.fromkeys((*options.cals, *paths)))


def with_epoch(options: OffsetsOptions, path: Path, epoch: str) -> tuple[tuple[Path, str], ...]:
    """Epochs of single images with that of one changed; '' takes it away."""
    return (*((each, said) for each, said in options.cal_epochs if each != path), *([(path, epoch)] if epoch else []))
