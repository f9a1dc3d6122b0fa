"""Calibration of raw flats for photon transfer, in the order of JWST-STScI-004622 table 1.

dq_init, superbias, even and odd columns, IPC, reference pixels, saturation, linearity: jwst's steps in the child process, and our own
for the even and odd columns. One exposure at a time; between the stages there are files, so memory is that of one step.

Levels in SATURATION references are in DN as read, while here that step comes after the superbias: it runs on the ramp as it was after
dq_init, and its flags are put into the corrected one. (On the corrected ramp it would also flag noise below zero as AD_FLOOR.)
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import shorten
from typing import Any, Literal

from detgui.analysis import steps
from detgui.analysis.step_table import CHILD_BYTES, gigabytes, input_bytes, predicted_memory
from detgui.analysis.steps import StepParams, root_name
from detgui.data.exposure import open_exposures
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.detector import DetectorGeometry
from detgui.science.even_odd import CLIP
from detgui.tasks.child import Child, Log, no_log
from detgui.tasks.machine import available_bytes

EVEN_ODD = "even_odd"
STAGES = ("dq_init", "superbias", EVEN_ODD, "ipc", "refpix", "saturation", "linearity")
"""In the report's order."""

OPTIONAL = ("ipc",)
"""Left out, with a note, where there is no reference: the gain can be corrected for IPC afterwards."""

REFERENCES = ("mask", "superbias", "ipc", "saturation", "linearity")

MESSAGE = 90
"""Characters of a step's words that are shown."""

MODULE = "detgui.analysis.flat_child"
SETTINGS = {"refpix": {"odd_even_columns": False}}
"""The report's step subtracts one mean of a sector: even and odd columns were taken apart before it."""

Keep = Literal["none", "first", "all"]


@dataclass(frozen=True, slots=True)
class Params:
    """How flats are calibrated.

    Attributes
    ----------
    stages : of `STAGES`, run in that order
    references : {type: path} chosen by hand; the others are found by CRDS
    settings : {step: {name: value}} beyond `SETTINGS`
    clip : standard deviations, clipping of the reference pixels for even and odd columns
    keep : results of the stages that are kept as files: of no flat, of the first, of all
    """

    stages: tuple[str, ...] = STAGES
    references: Mapping[str, str | Path] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    clip: float = CLIP
    keep: Keep = "first"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage on one flat: status as the header says ('SKIPPED' for those left out), the file after it (None where it is not kept)."""

    name: str
    status: str
    path: Path | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CalibratedFlats:
    """Calibrated ramps in the order of the flats; the stages of the first flat, the raw file first; those of every flat; notes."""

    paths: tuple[Path, ...]
    stages: tuple[Stage, ...]
    by_flat: tuple[tuple[Stage, ...], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Flat:
    path: Path
    shape: tuple[int, int, int, int]
    geometry: DetectorGeometry


def predicted_flat_memory(shape: tuple[int, int, int, int], stages: Sequence[str] = STAGES) -> int:
    """Memory of the child process at its peak for one flat (nints, ngroups, ny, nx), bytes."""
    own = CHILD_BYTES + 2 * input_bytes(shape)
    return max([own, *(predicted_memory(name, shape) for name in stages if name != EVEN_ODD)])


def run(
    paths: Sequence[Path],
    params: Params,
    folder: Path,
    *,
    child: Child | None = None,
    progress: Progress = no_progress,
    log: Log = no_log,
) -> CalibratedFlats:
    """Calibrate raw flats; each becomes ``folder/ROOT_ramp.fits``, kept stages ``folder/ROOT_STAGE.fits``. Existing ones are replaced.

    Raises what `steps.run` does. Flats that were done before an error stay.
    """
    worker = child or steps.shared_child()
    flats, stages, notes = _checked(paths, params, worker, progress)
    _check_folder(flats, params, folder)
    done: list[tuple[Stage, ...]] = []
    for number, flat in enumerate(flats):

        def part(fraction: float, message: str = "", number: int = number) -> None:
            progress((number + fraction) / len(flats), f"flat {number + 1} of {len(flats)}: {brief(message)}")

        keep = params.keep == "all" or (params.keep == "first" and number == 0)
        with tempfile.TemporaryDirectory(prefix=".detgui-flat-", dir=folder.absolute()) as work:
            one = _OneFlat(flat, stages, params, Path(work), worker, part, log)
            done.append(one.run(folder, keep))
    for each in done:
        notes += tuple(f"{stage.name}: {note}" for stage in each for note in stage.notes)
    left_out = tuple(Stage(name, "SKIPPED", None) for name in params.stages if name not in stages)
    shown = (Stage("raw", "", flats[0].path), *sorted((*done[0], *left_out), key=lambda stage: STAGES.index(stage.name)))
    return CalibratedFlats(tuple(_final(flat, folder) for flat in flats), shown, tuple(done), tuple(dict.fromkeys(notes)))


class _OneFlat:
    """One flat on its way through the stages."""

    def __init__(
        self, flat: _Flat, stages: tuple[str, ...], params: Params, work: Path, child: Child, progress: Progress, log: Log
    ) -> None:
        self.flat, self.stages, self.params, self.work, self.child, self.log = flat, stages, params, work, child, log
        self._progress = progress
        self._number = 0
        self._share = (0.0, 1.0)
        self._root = root_name(flat.path)
        self._raw_level = flat.path
        """The ramp in DN as read, for the saturation step."""

    def run(self, folder: Path, keep: bool) -> tuple[Stage, ...]:
        """All stages; files that are kept, and the last as ``ROOT_ramp.fits``, go to ``folder``."""
        current = self.flat.path
        made: list[tuple[str, str, tuple[str, ...], Path]] = []
        for number, name in enumerate(self.stages):
            self._number, self._share, before = number, (0.0, 1.0), current
            current, status, notes = self._stage(name, before)
            if name == "dq_init":
                self._raw_level = current
            if not keep:
                self._let_go(before)
            made.append((name, status, notes, current))
        final = _final(self.flat, folder)
        targets = [folder / path.name for *_, path in made[:-1]] + [final]
        for (*_, path), target in zip(made, targets, strict=True):
            if keep or target == final:
                path.replace(target)
        return tuple(
            Stage(name, status, target if keep else None, notes) for (name, status, notes, _), target in zip(made, targets, strict=True)
        )

    def _stage(self, name: str, path: Path) -> tuple[Path, str, tuple[str, ...]]:
        """(file, status, notes) after a stage."""
        last = self._number == len(self.stages) - 1
        suffix = "ramp" if last else name
        if name == EVEN_ODD:
            target = self._target(suffix)
            args = (str(path.absolute()), str(target), self.flat.geometry, self.params.clip)
            status, notes = self.child.call(f"{MODULE}:even_odd", *args, progress=self._part, log=self.log, discard=[target])
            return target, status, notes
        if name == "saturation" and path != self._raw_level:
            return self._saturation(path, suffix)
        result = self._step(name, path, suffix)
        return result.output, result.status, result.notes

    def _saturation(self, path: Path, suffix: str) -> tuple[Path, str, tuple[str, ...]]:
        self._share = (0.0, 0.5)
        found = self._step("saturation", self._raw_level, "flags")
        self._share = (0.5, 0.5)
        target = self._target(suffix)
        args = (str(path.absolute()), str(found.output), str(target))
        self.child.call(f"{MODULE}:merge_flags", *args, progress=self._part, log=self.log, discard=[target])
        found.output.unlink(missing_ok=True)
        return target, found.status, found.notes

    def _step(self, name: str, path: Path, suffix: str) -> steps.StepResult:
        settings = {**SETTINGS.get(name, {}), **self.params.settings.get(name, {})}
        params = StepParams(name, path, settings, references_of(name, self.params))
        names = {"root": self._root, "suffix": suffix}
        return steps.run(params, self.work, replace=True, **names, child=self.child, progress=self._part, log=self.log)

    def _target(self, suffix: str) -> Path:
        return self.work.absolute() / f"{self._root}_{suffix}.fits"

    def _let_go(self, path: Path) -> None:
        """Remove a file of an earlier stage that nobody needs any more."""
        needed = path == self._raw_level and "saturation" in self.stages[self._number + 1 :]
        if path != self.flat.path and not needed:
            path.unlink(missing_ok=True)

    def _part(self, fraction: float, message: str = "") -> None:
        first, length = self._share
        self._progress((self._number + first + fraction * length) / len(self.stages), message)


def brief(message: str) -> str:
    """The first words of what a step says: steps log their parameters at length."""
    return shorten(message.partition(" parameters are")[0], MESSAGE, placeholder="…")


def references_of(name: str, params: Params) -> dict[str, str | Path]:
    """References chosen by hand that a stage uses."""
    own = {"dq_init": ("mask",), "saturation": ("saturation", "superbias"), "refpix": ("refpix", "sirskernel")}.get(name, (name,))
    return {reftype: path for reftype, path in params.references.items() if reftype in own}


def _checked(
    paths: Sequence[Path], params: Params, child: Child, progress: Progress
) -> tuple[list[_Flat], tuple[str, ...], tuple[str, ...]]:
    unknown = next((name for name in params.stages if name not in STAGES), None)
    if unknown:
        raise BadInput(f"there is no stage {unknown} in the calibration of flats: it has {', '.join(STAGES)}")
    if not params.stages:
        raise BadInput("no stage of the calibration is left")
    odd = next((name for name in params.references if name not in (*REFERENCES, "refpix", "sirskernel")), None)
    if odd:
        raise BadInput(f"the calibration of flats uses no {odd} reference: it uses {', '.join(REFERENCES)}")
    flats = _flats(paths)
    stages = tuple(name for name in STAGES if name in params.stages)
    stages, notes = _with_references(flats[0], stages, params, child, progress)
    largest = max(flats, key=lambda flat: input_bytes(flat.shape))
    needed, free = predicted_flat_memory(largest.shape, stages), available_bytes()
    if free is not None and needed > free:
        raise BadInput(f"{largest.path.name}: its calibration would take about {gigabytes(needed)} of memory, {gigabytes(free)} are free")
    return flats, stages, notes


def _flats(paths: Sequence[Path]) -> list[_Flat]:
    if not paths:
        raise BadInput("no flat was given")
    exposures = open_exposures(paths, join=False, neighbours=False)
    try:
        for each in exposures:
            if each.kind != "uncal":
                raise BadInput(f"{each.files[0].path.name} is no raw flat (uncal): it is a {each.kind} product")
            why = _other_read_out(each.geometry)
            if why:
                raise BadInput(f"{each.files[0].path.name} {why}: calibrate it with the jwst pipeline and use the ramp")
        return [_Flat(each.files[0].path, each.shape, each.geometry) for each in exposures]
    finally:
        for each in exposures:
            each.close()


def _other_read_out(geometry: DetectorGeometry) -> str:
    """Why the stages are not those of a flat's detector, '' where they are."""
    if geometry.interleaved:
        return "is a raw IRS2 frame, whose reference samples lie between the pixels"
    if geometry.miri:
        return "is of MIRI, whose order of calibration is another one"
    return "" if geometry.known else "does not say where it lies on its detector (DETECTOR, SUBSTRT1, SUBSTRT2)"


def _with_references(
    flat: _Flat, stages: tuple[str, ...], params: Params, child: Child, progress: Progress
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Stages that have what they need, and notes on those left out. Raises `BadInput` naming all references that are missing."""
    missing: list[str] = []
    left_out: list[str] = []
    for name in stages:
        if name == EVEN_ODD:
            continue
        settings = {**SETTINGS.get(name, {}), **params.settings.get(name, {})}
        found = steps.references(StepParams(name, flat.path, settings, references_of(name, params)), child, progress)
        lacking = [each.type for each in found if each.state == "missing"]
        if lacking and name in OPTIONAL:
            left_out.append(name)
        missing += [] if name in OPTIONAL else lacking
    if missing:
        types = list(dict.fromkeys(missing))
        raise BadInput(
            f"{flat.path.name}: its calibration finds no {', '.join(types)} reference ({steps.crds_words(child)}): "
            f"give them by hand (--reference {types[0]}=FILE) or leave stages out (--skip)"
        )
    notes = tuple(f"{name} is left out: there is no reference for it" for name in left_out)
    return tuple(name for name in stages if name not in left_out), notes


def _check_folder(flats: Sequence[_Flat], params: Params, folder: Path) -> None:
    """Room for the calibrated flats and for what one of them needs on its way; nothing there that must not be replaced."""
    used = [flat.path for flat in flats] + [Path(path) for path in params.references.values() if Path(path).exists()]
    for path in used:
        if folder.exists() and folder.samefile(path.absolute().parent):
            raise BadInput(f"{folder}: {path.name} is there: choose another folder for the calibrated flats")
    sizes = [input_bytes(flat.shape) for flat in flats]
    stages = {"none": 0, "first": sizes[0] * len(STAGES), "all": sum(sizes) * len(STAGES)}[params.keep]
    needed = sum(sizes) + stages + 4 * max(sizes)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise BadInput(f"{folder} cannot be used as a folder for results: {error.strerror or error}") from None
    if needed > free:
        raise BadInput(f"{folder}: the calibrated flats need about {gigabytes(needed)}, {gigabytes(free)} are free")


def _final(flat: _Flat, folder: Path) -> Path:
    return folder / f"{root_name(flat.path)}_ramp.fits"
