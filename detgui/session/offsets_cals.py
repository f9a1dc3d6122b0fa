"""What workers do with tables of offsets and the images that are corrected: what each is, its factor as an
image, writing and taking off again. No Qt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from detgui.data.memory_exposure import MapExposure
from detgui.data.tables import write_whole
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress

if TYPE_CHECKING:
    from detgui.analysis import offset_correct
    from detgui.analysis.offset_factor import CorrectParams
    from detgui.analysis.offset_types import Result
    from detgui.data.exposure import Exposure
    from detgui.data.offset_tables import OffsetTable
    from detgui.session.offsets_work import Measured

FOLDER = "corrected"
TABLE = "offsets.ecsv"


def read_table(choice: str, path: Path | None, progress: Progress = no_progress) -> OffsetTable:
    """The published table, or that of a file. Raises `BadInput`."""
    from detgui.data.offset_tables import published, read_offsets

    progress(0.0, "reading the table of offsets")
    if choice == "published":
        return published()
    if path is None:
        raise BadInput("choose the file of the table of offsets")
    return read_offsets(path)


def predict(measured: Measured, table: OffsetTable, keep: str, gradient: str, progress: Progress = no_progress) -> Result:
    """The offsets after the correction."""
    from detgui.analysis import offset_predict
    from detgui.analysis.offset_factor import CorrectParams

    return offset_predict.predict(measured.result, table, CorrectParams("", keep, gradient), progress)


@dataclass(frozen=True, slots=True)
class CalFacts:
    """What is known of an image: ``dmag`` mag and ``slope`` mag/arcmin that a table gives it, ``corrected`` already, ``why`` it cannot
    be corrected; ``epoch`` of which it is taken to be, ``by_date`` or as it was said, and what its date says against it, ``doubt``."""

    path: Path
    detector: str = ""
    filter: str = ""
    dmag: float = np.nan
    slope: float = 0.0
    corrected: bool = False
    why: str = ""
    epoch: str = ""
    by_date: bool = False
    doubt: str = ""

    @property
    def usable(self) -> bool:
        """Whether it can be corrected."""
        return not self.why and not self.corrected


def look(
    paths: Sequence[Path],
    table: OffsetTable | None,
    params: CorrectParams,
    epochs: Mapping[Path, str],
    progress: Progress = no_progress,
) -> tuple[CalFacts, ...]:
    """What each image is and what the table says of it, in their order; without its WCS, which takes long to read.

    ``epochs`` of single images go before the parameters' epoch; where none is said the image's date tells.
    """
    found = []
    for at, path in enumerate(paths):
        progress(at / len(paths), f"looking at {path.name}")
        found.append(_look(path, table, params, epochs.get(path, params.epoch)))
    return tuple(found)


def _look(path: Path, table: OffsetTable | None, params: CorrectParams, said: str) -> CalFacts:
    from detgui.analysis.offset_epochs import doubt, epoch_by_date
    from detgui.analysis.offset_factor import MARK, epoch_slope
    from detgui.data.cal_images import read_cal
    from detgui.data.offset_tables import swap_reference
    from detgui.science.offset_detectors import module_of, number_of

    try:
        cal = read_cal(path, sky=False)
    except BadInput as error:
        return CalFacts(path, why=str(error))
    corrected = any(line.startswith(MARK) for line in cal.history)
    if table is None:
        return CalFacts(path, cal.detector, cal.filter, corrected=corrected)
    epoch = said or epoch_by_date(cal, table)
    known = CalFacts(path, cal.detector, cal.filter, corrected=corrected, epoch=epoch, by_date=not said and bool(epoch))
    try:
        row = table.row(number_of(cal.detector), cal.filter)
        row = swap_reference(row, params.reference) if params.reference else row
        slope = epoch_slope(row, table, epoch, params.gradient)
    except BadInput as error:
        return replace(known, why=str(error).replace("say with --epoch", "say"))
    against = doubt(cal, table, said).removeprefix(f"{path.name} is ") if row.slope else ""
    return replace(known, dmag=row.dmag(module_of(cal.detector)), slope=slope, doubt=against)


def factor_map(
    path: Path, table: OffsetTable, params: CorrectParams, source: Exposure | None, progress: Progress = no_progress
) -> MapExposure:
    """The factor of an image as an image itself."""
    from detgui.analysis import offset_correct

    progress(0.0, f"factor of {path.name}")
    shown = offset_correct.preview(path, table, params)
    name = f"{path.name.split('.fits')[0].rpartition('_')[0] or path.stem}_factor"
    image = shown.image.astype(np.float32)
    fits = source is not None and tuple(source.shape[2:]) == image.shape
    return MapExposure(name, {"FACTOR": image}, unit="", source=source if fits else None, kind="factor")


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """What became of images that were corrected or whose correction was taken off."""

    done: offset_correct.Result
    folder: Path
    undone: bool
    table: Path | None = None


def correct(
    paths: Sequence[Path],
    folder: Path,
    table: OffsetTable,
    measured: Result | None,
    params: CorrectParams,
    epochs: Mapping[Path, str],
    progress: Progress = no_progress,
) -> Written:
    """Write corrected images. A table that was ``measured`` here and is in no file is written beside them first, so that their
    provenance names it. Raises `BadInput` where none can be written."""
    from detgui.analysis import offset_correct, offset_rows
    from detgui.data.catalogs import NoneUsable
    from detgui.data.offset_tables import read_offsets

    by_name = {each.name: epoch for each, epoch in epochs.items()}
    path = table.path if measured is None else folder / TABLE
    with _given_back(folder, path if measured is not None else None):
        if measured is not None and path is not None:
            offset_rows.write(measured, path)
            table = read_offsets(path)
        try:
            return Written(offset_correct.run(list(paths), folder, table, params, progress, by_name), folder, False, path)
        except NoneUsable as error:
            raise BadInput(_none("corrected", error.sentences)) from None


@contextmanager
def _given_back(folder: Path, path: Path | None) -> Iterator[None]:
    """A folder to write the table ``path`` to, which is as it was before where nothing came of it. Raises `BadInput`."""
    if path is None:
        yield
        return
    there = folder.is_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        before = path.read_bytes() if path.is_file() else None
    except OSError as error:
        raise BadInput(f"{folder} cannot be used: {error.strerror or error}") from None
    try:
        yield
    except BadInput:
        if before is not None:
            write_whole(path, before)
        else:
            path.unlink(missing_ok=True)
        if not there and not any(folder.iterdir()):
            folder.rmdir()
        raise


def undo(paths: Sequence[Path], folder: Path, progress: Progress = no_progress) -> Written:
    """Write images with their correction taken off. Raises `BadInput` where none has one."""
    from detgui.analysis import offset_correct
    from detgui.data.catalogs import NoneUsable

    try:
        return Written(offset_correct.undo(list(paths), folder, progress), folder, True)
    except NoneUsable as error:
        raise BadInput(_none("written", error.sentences)) from None


def _none(what: str, sentences: Sequence[str]) -> str:
    return f"none of the {len(sentences)} images could be {what}: {sentences[0]}" if len(sentences) > 1 else sentences[0]


def command(paths: Sequence[Path], folder: Path, table: Path | None, params: CorrectParams, epochs: Mapping[Path, str]) -> str:
    """The command line that corrects the same images; the published table has no path."""
    from detgui.analysis.offset_correct import options
    from detgui.analysis.offset_origin import quoted

    files = [str(path) for path in paths]
    of_all = {epochs.get(path, "") for path in paths}
    if len(of_all) == 1:
        said = [word for epoch in of_all if epoch for word in ("--epoch", epoch)]
    else:
        said = [word for path in paths if epochs.get(path) for word in ("--epoch", f"{epochs[path]}@{path.name}")]
    rest = options(replace(params, epoch=""))
    return quoted(["detgui", "correct", *files, *(["--offsets", str(table)] if table else []), *said, *rest, "-o", str(folder)])
