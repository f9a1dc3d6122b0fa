"""Calibrated images brought to one photometric scale by a table of offsets, and back (PEARLS JWIDF paper, section 5.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui import __version__
from detgui.analysis.offset_epochs import doubt
from detgui.analysis.offset_factor import (
    MARK,
    SHARE_NOTE,
    ZERO_NOTE,
    CorrectParams,
    Factor,
    factor_of,
    from_history,
    history,
)
from detgui.analysis.offset_origin import quoted, records
from detgui.analysis.provenance import iso_time, versions
from detgui.data.cal_images import CalImage, read_cal, write_scaled
from detgui.data.catalogs import NoneUsable
from detgui.data.offset_tables import OffsetTable, published
from detgui.data.tables import plain
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress

__all__ = ["CorrectParams", "Corrected", "Preview", "Result", "preview", "run", "undo"]


@dataclass(frozen=True, slots=True)
class Corrected:
    """One file written: ``low`` and ``high`` the range of the factor over the image (fluxes were multiplied by it, or divided)."""

    source: Path
    target: Path
    factor: Factor
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Result:
    """``files`` written and one sentence for each that was ``refused``."""

    files: tuple[Corrected, ...]
    refused: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """What an image would be multiplied by: ``image`` (ny, nx) float64."""

    cal: CalImage
    factor: Factor
    image: NDArray[np.float64]


def preview(path: str | Path, table: OffsetTable | None = None, params: CorrectParams | None = None) -> Preview:
    """The factor of one image, before anything is written. Raises `BadInput` as `run` does, but for a second correction."""
    cal = read_cal(path)
    factor = factor_of(cal, table or published(), params or CorrectParams())
    return Preview(cal, factor, factor.image(cal))


def run(
    paths: Sequence[str | Path],
    folder: str | Path,
    table: OffsetTable | None = None,
    params: CorrectParams | None = None,
    progress: Progress = no_progress,
    epochs: Mapping[str, str] | None = None,
) -> Result:
    """Write corrected copies of calibrated images into a folder, under the same names; without a table by the published one.

    ``epochs`` of files by their names go before the parameters' epoch; what their dates say against it is among the notes. Files that
    cannot be corrected are refused, each with a sentence. Raises `BadInput` where none can.
    """
    table, common = table or published(), params or CorrectParams()
    doubts: list[str] = []

    def one(path: Path, target: Path) -> Corrected:
        shown = read_cal(path, sky=False)
        if any(line.startswith(MARK) for line in shown.history):
            raise BadInput(f"{path.name} is corrected already: its HISTORY tells so; --undo takes the correction off")
        params = replace(common, epoch=(epochs or {}).get(path.name, common.epoch))
        needs_sky = table.own and bool(table.row_slope(shown.detector[4:], shown.filter))
        cal = read_cal(path) if needs_sky else shown
        factor = factor_of(cal, table, params)
        image = factor.image(cal)
        origin = provenance(path, table, params, factor)
        write_scaled(path, target, image, divide=False, add=history(factor, __version__), drop="", provenance=origin)
        doubts.extend(each for each in [doubt(cal, table, params.epoch)] if each)
        return Corrected(path, target, factor, float(image.min()), float(image.max()))

    result = _each(paths, Path(folder), one, progress, "correcting", _notes(table, common))
    return replace(result, notes=(*result.notes, *doubts))


def undo(paths: Sequence[str | Path], folder: str | Path, progress: Progress = no_progress) -> Result:
    """Write copies with the correction taken off, as HISTORY tells of it: the input back to float precision."""

    def one(path: Path, target: Path) -> Corrected:
        shown = read_cal(path, sky=False)
        factor = from_history(path, list(shown.history))
        cal = read_cal(path) if factor.gradient is not None and factor.gradient.axis is not None else shown
        image = factor.image(cal)
        write_scaled(path, target, image, divide=True, add=(), drop=MARK, provenance=None)
        return Corrected(path, target, factor, float(image.min()), float(image.max()))

    return _each(paths, Path(folder), one, progress, "undoing", ())


def _each(paths: Sequence[str | Path], folder: Path, one: Any, progress: Progress, doing: str, notes: Sequence[str]) -> Result:
    targets = _targets([Path(path) for path in paths], folder)
    there = folder.is_dir()
    done: list[Corrected] = []
    refused: list[str] = []
    for at, (path, target) in enumerate(targets):
        progress(at / len(targets), f"{doing} {path.name}")
        try:
            if not path.is_file():
                raise BadInput(f"{path} does not exist" if not path.exists() else f"{path} is not a file")
            _make(folder)
            done.append(one(path, target))
        except BadInput as error:
            refused.append(str(error))
    progress(1.0, f"{doing} done")
    if not done:
        if not there and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
        raise NoneUsable(refused)
    return Result(tuple(done), tuple(refused), tuple(notes if any(each.factor.gradient for each in done) else ()))


def _targets(paths: Sequence[Path], folder: Path) -> list[tuple[Path, Path]]:
    if not paths:
        raise BadInput("no image was given")
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} is a file, not a folder")
    found: dict[str, Path] = {}
    for path in paths:
        name = path.name[:-3] if path.suffix.lower() == ".gz" else path.name
        if name in found:
            raise BadInput(f"{found[name]} and {path} would be written under the same name")
        target = folder / name
        if target.exists() and any(other.exists() and target.samefile(other) for other in paths):
            raise BadInput(f"{target}: the result would replace an input file; give another folder")
        found[name] = path
    return [(path, folder / name) for name, path in found.items()]


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{folder} cannot be made: {error.strerror or error}") from None


def _notes(table: OffsetTable, params: CorrectParams) -> tuple[str, ...]:
    return (SHARE_NOTE,) if table.own else (SHARE_NOTE, ZERO_NOTE)


def provenance(path: Path, table: OffsetTable, params: CorrectParams, factor: Factor) -> dict[str, Any]:
    """What the extension DETGUI holds."""
    words = ["detgui", "correct", str(path), *(["--offsets", str(table.path)] if table.path else []), *options(params), "-o", "corrected"]
    return {
        "verb": "correct",
        "made": iso_time(datetime.now(UTC).timestamp()),
        "files": plain(records([path, *([table.path] if table.path else [])])),
        "versions": versions(),
        "parameters": asdict(params),
        "factor": asdict(factor),
        "table_meta": plain({name: value for name, value in table.meta.items() if name not in ("provenance", "notes")}),
        "command": quoted(words),
    }


def options(params: CorrectParams) -> list[str]:
    """Options of the parameters that are not at their defaults."""
    default = CorrectParams()
    words = []
    for name in ("epoch", "reference", "gradient"):
        if getattr(params, name) != getattr(default, name):
            words += [f"--{name}", getattr(params, name)]
    return words


def summary(result: Result) -> dict[str, Any]:
    """Files and factors for JSON."""
    return {
        "files": [
            {
                "input": each.source,
                "output": each.target,
                "detector": each.factor.detector,
                "filter": each.factor.filter,
                "factor": each.factor.value,
                "dmag": each.factor.dmag,
                "k_mag_per_arcmin": each.factor.gradient.k if each.factor.gradient else 0.0,
                "factor_min": each.low,
                "factor_max": each.high,
            }
            for each in result.files
        ],
        "refused": list(result.refused),
        "notes": list(result.notes),
    }
