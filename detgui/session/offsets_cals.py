"""What workers do with the images that are corrected: what each is, its factor as an image, writing and taking off again. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from detgui.data.memory_exposure import MapExposure
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress

if TYPE_CHECKING:
    from detgui.analysis import offset_correct
    from detgui.analysis.offset_factor import CorrectParams
    from detgui.analysis.offset_types import Result
    from detgui.data.exposure import Exposure
    from detgui.data.offset_tables import OffsetTable

FOLDER = "corrected"
TABLE = "offsets.ecsv"


@dataclass(frozen=True, slots=True)
class CalFacts:
    """What is known of an image: ``dmag`` mag and ``slope`` mag/arcmin that a table gives it, ``corrected`` already, ``why`` it cannot
    be corrected."""

    path: Path
    detector: str = ""
    filter: str = ""
    dmag: float = np.nan
    slope: float = 0.0
    corrected: bool = False
    why: str = ""

    @property
    def usable(self) -> bool:
        """Whether it can be corrected."""
        return not self.why and not self.corrected


def look(paths: Sequence[Path], table: OffsetTable | None, params: CorrectParams, progress: Progress = no_progress) -> tuple[CalFacts, ...]:
    """What each image is and what the table says of it, in their order; without its WCS, which takes long to read."""
    found = []
    for at, path in enumerate(paths):
        progress(at / len(paths), f"looking at {path.name}")
        found.append(_look(path, table, params))
    return tuple(found)


def _look(path: Path, table: OffsetTable | None, params: CorrectParams) -> CalFacts:
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
    try:
        row = table.row(number_of(cal.detector), cal.filter)
        row = swap_reference(row, params.reference) if params.reference else row
        slope = epoch_slope(row, table, params.epoch, params.gradient)
    except BadInput as error:
        return CalFacts(path, cal.detector, cal.filter, corrected=corrected, why=str(error).replace("say with --epoch", "say"))
    return CalFacts(path, cal.detector, cal.filter, row.dmag(module_of(cal.detector)), slope, corrected)


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
    progress: Progress = no_progress,
) -> Written:
    """Write corrected images. A table that was ``measured`` here and is in no file is written beside them first, so that their
    provenance names it. Raises `BadInput` where none can be written."""
    from detgui.analysis import offset_correct, offset_rows
    from detgui.data.offset_tables import read_offsets

    path = table.path
    if measured is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(f"{folder} cannot be made: {error.strerror or error}") from None
        path = folder / TABLE
        offset_rows.write(measured, path)
        table = read_offsets(path)
    try:
        return Written(offset_correct.run(list(paths), folder, table, params, progress), folder, False, path)
    except offset_correct.NoneWritten as error:
        raise BadInput(_none("corrected", error.sentences)) from None


def undo(paths: Sequence[Path], folder: Path, progress: Progress = no_progress) -> Written:
    """Write images with their correction taken off. Raises `BadInput` where none has one."""
    from detgui.analysis import offset_correct

    try:
        return Written(offset_correct.undo(list(paths), folder, progress), folder, True)
    except offset_correct.NoneWritten as error:
        raise BadInput(_none("written", error.sentences)) from None


def _none(what: str, sentences: Sequence[str]) -> str:
    return f"none of the {len(sentences)} images could be {what}: {sentences[0]}"


def command(paths: Sequence[Path], folder: Path, table: Path | None, params: CorrectParams) -> str:
    """The command line that corrects the same images; the published table has no path."""
    from detgui.analysis.offset_correct import options
    from detgui.analysis.offset_origin import quoted

    files = [str(path) for path in paths]
    return quoted(["detgui", "correct", *files, *(["--offsets", str(table)] if table else []), *options(params), "-o", str(folder)])
