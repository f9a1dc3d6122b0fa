"""Calibration of raw flats for photon transfer, in the order of JWST-STScI-004622 table 1.

dq_init, superbias, even and odd columns, IPC, reference pixels, saturation, linearity: jwst's steps in the child process, and our own
for the even and odd columns. One exposure at a time; between the stages there are files, so memory is that of one step.

Levels in SATURATION references are in DN as read, while here that step comes after the superbias: it runs on the ramp as it was after
dq_init, and its flags are put into the corrected one. (On the corrected ramp it would also flag noise below zero as AD_FLOOR.)
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from textwrap import shorten

from detgui.analysis import steps
from detgui.analysis.flat_checks import check_folder, checked, predicted_flat_memory, references_of
from detgui.analysis.flat_types import EVEN_ODD, SETTINGS, STAGES, CalibratedFlats, Flat, Params, Stage
from detgui.analysis.steps import StepParams, root_name
from detgui.progress import Progress, no_progress
from detgui.tasks.child import Child, Log, no_log

__all__ = ["STAGES", "CalibratedFlats", "Params", "Stage", "predicted_flat_memory", "run"]

MESSAGE = 90
"""Characters of a step's words that are shown."""

MODULE = "detgui.analysis.flat_child"


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
    flats, stages, notes = checked(paths, params, worker, progress)
    check_folder(flats, params, folder)
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

    def __init__(self, flat: Flat, stages: tuple[str, ...], params: Params, work: Path, child: Child, progress: Progress, log: Log) -> None:
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


def _final(flat: Flat, folder: Path) -> Path:
    return folder / f"{root_name(flat.path)}_ramp.fits"
