"""What workers do for the offsets panel, and what it depends on. No Qt, no state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.session.offsets_options import OffsetFile, OffsetsOptions

if TYPE_CHECKING:
    from detgui.analysis.offset_photometry import ImageParams
    from detgui.analysis.offset_types import PairResult, Params, Result
    from detgui.data.catalogs import Catalog, Columns
    from detgui.data.field_images import ImageFacts

ENDINGS = (".ecsv", ".csv", ".fits", ".fits.gz", ".fit", ".fts")
IMAGE_ENDINGS = tuple(each for each in ENDINGS if "fit" in each or each == ".fts")
CATALOG, IMAGE = "catalog", "image"
VALUES = ("epoch", "filter", "detector")

Given = tuple[Path, str, str, str]  # file, and the typed epoch, filter and detector


@dataclass(frozen=True, slots=True)
class Wish:
    """Everything that offsets depend on."""

    files: tuple[Given, ...]
    columns: tuple[tuple[str, str], ...]
    image: tuple[float, float, str, float, float]  # threshold, compact, magnitude, and the limits of the sources that are measured
    fit: tuple[Any, ...]  # values of FIT

    @classmethod
    def of(cls, options: OffsetsOptions) -> Wish:
        """What the panel's options ask for."""
        files = tuple((each.path, each.epoch, each.filter, each.detector) for each in options.files if each.use)
        image = (options.threshold, options.compact, options.magnitude, options.mag_limit, options.snr_limit)
        return cls(files, options.columns, image, tuple(getattr(options, name) for name in FIT))

    def same_catalog(self, other: Wish, images: bool) -> bool:
        """Whether what is read, or measured on ``images``, is the same."""
        return self.files == other.files and self.columns == other.columns and (not images or self.image == other.image)


FIT = ("pair_epochs", "match", "radius", "mag_limit", "snr_limit", "slope", "free_time", "long_axis_pa", "reference")
"""Fields of the options that are parameters of the fit of the same names."""


def columns_of(wish: Wish) -> Columns:
    """How the files are read: named columns and typed values."""
    from detgui.data.catalogs import Columns

    return Columns(wish.columns, values_of(wish.files))


def values_of(files: Sequence[Given]) -> tuple[tuple[str, str, str], ...]:
    """(role, value, file name) of what was typed."""
    return tuple((role, value, path.name) for path, *given in files for role, value in zip(VALUES, given, strict=True) if value)


def params_of(wish: Wish) -> Params:
    """Parameters of the analysis. Raises `BadInput` for values that cannot be used."""
    from detgui.analysis.offset_types import Params

    return Params(**dict(zip(FIT, wish.fit, strict=True)), columns=columns_of(wish))


def image_params(wish: Wish) -> ImageParams:
    """Parameters of the photometry on images."""
    from detgui.analysis.offset_photometry import ImageParams

    threshold, compact, magnitude, mag_limit, snr_limit = wish.image
    values = values_of(wish.files)
    return ImageParams(threshold=threshold, compact=compact, magnitude=magnitude, mag_limit=mag_limit, snr_limit=snr_limit, values=values)


# Files


@dataclass(frozen=True, slots=True, eq=False)
class FileFacts:
    """What is known of a file: ``kind`` 'catalog', 'image' or '' for neither, ``rows`` of a catalog, ``why`` it cannot be used, ``lacks``
    what it could also have. ``columns`` (name, unit) and the ``roles`` that were recognised among them; ``image`` facts of an image."""

    path: Path
    kind: str = ""
    epochs: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    detectors: tuple[str, ...] = ()
    rows: int = 0
    why: str = ""
    lacks: str = ""
    angle: float | None = None  # position angle of the long side that the meta say, degrees
    columns: tuple[tuple[str, str], ...] = ()
    roles: dict[str, str] = field(default_factory=dict)
    image: ImageFacts | None = None


def expanded(paths: Sequence[Path], endings: tuple[str, ...] = ENDINGS, progress: Progress = no_progress) -> tuple[Path, ...]:
    """The files, those of folders with one of the ``endings`` in their place. Raises `BadInput` for a folder without any."""
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        progress(0.0, f"looking into {path.name}")
        inside = sorted(each for each in path.iterdir() if each.is_file() and each.name.lower().endswith(endings))
        if not inside:
            raise BadInput(f"{path} has no {'catalogs and no ' if endings == ENDINGS else ''}FITS files")
        found += inside
    return tuple(found)


def look(files: Sequence[OffsetFile], columns: tuple[tuple[str, str], ...], progress: Progress = no_progress) -> tuple[FileFacts, ...]:
    """What each file is, in their order."""
    from dataclasses import replace

    from detgui.data.field_images import with_epochs

    found = []
    for at, each in enumerate(files):
        progress(at / len(files), f"looking at {each.path.name}")
        found.append(_look(each, columns))
    images = [each.image for each in found if each.image is not None]
    try:
        epochs = {each.path: each.epoch for each in with_epochs(images)} if images else {}
    except BadInput as error:
        return tuple(replace(each, why=str(error)) if each.image is not None and not each.why else each for each in found)
    return tuple(
        replace(each, epochs=(epochs[each.path],), image=replace(each.image, epoch=epochs[each.path])) if each.image is not None else each
        for each in found
    )


def _look(each: OffsetFile, columns: tuple[tuple[str, str], ...]) -> FileFacts:
    from detgui.data.catalog_files import is_catalog

    given = values_of([(each.path, each.epoch, each.filter, each.detector)])
    try:
        if not each.path.is_file():
            raise BadInput(f"{each.path.name} is not in {each.path.parent} any more")
        if is_catalog(each.path):
            return _look_at_catalog(each.path, columns, given)
        return _look_at_image(each.path, given)
    except BadInput as error:
        return FileFacts(each.path, why=str(error))


def _look_at_catalog(path: Path, names: tuple[tuple[str, str], ...], given: tuple[tuple[str, str, str], ...]) -> FileFacts:
    from detgui.data import catalogs

    columns, guess = catalogs.columns_of(path)
    there = tuple(columns.items())
    roles = {**guess.roles, **{role: name for role, name in names if name in columns}}
    try:
        catalog = catalogs.read_catalog(path, catalogs.Columns(_fitting(names, columns), given))
    except BadInput as error:
        return FileFacts(path, CATALOG, why=_for_the_window(str(error)), columns=there, roles=roles)
    optional = {"id": "identifiers", "x": "detector x and y", "exposure": "exposures"}
    lacks = [f"no {what}" for role, what in optional.items() if role not in roles]
    epochs, filters, detectors = (tuple(sorted(set(getattr(catalog, name).tolist()))) for name in VALUES)
    notes = [note.removeprefix(f"{path.name}: ") for note in catalog.notes]
    missing = "; ".join([*notes, ", ".join(lacks)]).strip("; ")
    return FileFacts(path, CATALOG, epochs, filters, detectors, len(catalog), "", missing, catalog.long_axis_pa, columns=there, roles=roles)


def _fitting(names: tuple[tuple[str, str], ...], columns: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Named columns that a file has: what is named for one file must not spoil another."""
    return tuple((role, name) for role, name in names if name in columns)


def _for_the_window(sentence: str) -> str:
    """The sentence without options of the command line."""
    return sentence.split("; name them with --")[0].split("; give --")[0].split(", or say --")[0].split(": say --")[0]


def _look_at_image(path: Path, given: tuple[tuple[str, str, str], ...]) -> FileFacts:
    from detgui.data.field_images import read_facts

    try:
        facts = read_facts(path, given)
        detectors: tuple[str, ...] = (facts.detector,)
        lacks = ""
    except BadInput as error:
        try:  # a mosaic of several detectors is still good for images of the difference
            facts = read_facts(path, (*given, ("detector", "nrca1", path.name)))
        except BadInput:
            return FileFacts(path, IMAGE, why=_for_the_window(str(error)))
        detectors, lacks = (), "not of one detector: for the image of the difference only"
    return FileFacts(path, IMAGE, (), (facts.filter,), detectors, lacks=lacks, image=facts)


# Offsets


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Offsets with the ``wish`` they are of, the ``catalog`` they are made of, whether that was measured on ``images``; one sentence for
    each file that was ``refused``."""

    wish: Wish
    result: Result
    catalog: Catalog
    images: bool
    refused: tuple[str, ...]


def measure(wish: Wish, facts: Sequence[FileFacts], before: Measured | None, progress: Progress = no_progress) -> Measured:
    """Read or measure the catalogs and fit; the catalog of ``before`` is taken where it is the same.

    Where there are catalogs, images beside them are for images of the difference only. Raises `BadInput`.
    """
    from detgui.analysis import offsets

    params = params_of(wish)
    kinds = {each.path: each.kind for each in facts}
    tables = [each for each in wish.files if kinds.get(each[0], CATALOG) == CATALOG]
    images = not tables
    if before is not None and before.images == images and before.wish.same_catalog(wish, images):
        catalog, refused = before.catalog, before.refused
        result = offsets.run(catalog, params, progress)
    else:
        part = 0.8 if images else 0.3

        def first(fraction: float, text: str) -> None:
            progress(part * fraction, text)

        catalog, refused = _photometry(wish, facts, first) if images else _read(tables, wish, first)
        result = offsets.run(catalog, params, lambda fraction, text: progress(part + (1 - part) * fraction, text))
    return Measured(wish, result, catalog, images, refused)


def _read(files: Sequence[Given], wish: Wish, progress: Progress) -> tuple[Catalog, tuple[str, ...]]:
    """All catalogs that can be read."""
    from detgui.data import catalogs

    found, refused = [], []
    for at, (path, *_) in enumerate(files):
        progress(at / len(files), f"reading {path.name}")
        try:
            names = _fitting(wish.columns, catalogs.columns_of(path)[0]) if wish.columns else ()
            found.append(catalogs.read_catalog(path, catalogs.Columns(names, values_of(files))))
        except BadInput as error:
            refused.append(_for_the_window(str(error)))
    if not found:
        raise BadInput(refused[0] if len(refused) == 1 else f"none of the {len(refused)} catalogs can be used: {refused[0]}")
    return catalogs.join(found), tuple(refused)


def _photometry(wish: Wish, facts: Sequence[FileFacts], progress: Progress) -> tuple[Catalog, tuple[str, ...]]:
    from detgui.analysis import offset_photometry
    from detgui.data.catalogs import NoneUsable

    whole = {each.path for each in facts if each.image is not None and not each.detectors}
    paths = [path for path, *_ in wish.files if path not in whole]
    if not paths:
        raise BadInput("offsets need catalogs, or images of one detector each: mosaics of several detectors do not tell whose flux it is")
    params = image_params(wish)
    try:
        found = offset_photometry.photometry(paths, params, progress)
    except NoneUsable as error:
        first = f" ({_for_the_window(error.sentences[0])})" if len(error.sentences) > 1 else ""
        raise BadInput(f"{_for_the_window(str(error))}{first}") from None
    return (found.with_kron() if params.magnitude == "kron" else found.catalog), tuple(map(_for_the_window, found.refused))


def step_name(pair: PairResult) -> str:
    """The name of a step in the options."""
    return f"{pair.filter} {pair.number} {','.join(pair.epochs)}"
