"""Run a step of the jwst pipeline on an exposure, in a warm child process that can be killed.

The step reads the file itself; what it makes is written beside the place where it will be and moved there. The input is never touched.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from detgui.analysis import step_forms
from detgui.analysis.step_child import Answer, Job, Reference
from detgui.analysis.step_forms import Form, FormField
from detgui.analysis.step_table import STEPS, StepInfo, gigabytes, input_bytes, predicted_memory, step_info
from detgui.data.crds import NOT_APPLICABLE, CrdsSetup, check_reference, find_cache
from detgui.data.exposure import open_one
from detgui.data.kinds import RAMP_KINDS, SUFFIXES
from detgui.errors import BadInput, DetguiError
from detgui.progress import Progress, no_progress
from detgui.tasks.child import Child, Log, Work, no_log, remove
from detgui.tasks.machine import available_bytes

__all__ = [
    "STEPS",
    "Form",
    "FormField",
    "Reference",
    "StepParams",
    "StepResult",
    "check",
    "close_child",
    "form",
    "make_child",
    "predicted_memory",
    "references",
    "run",
    "shared_child",
]

LOGGERS = ("jwst", "stcal", "stdatamodels", "stpipe", "tweakwcs", "CRDS", "py.warnings")
MODULE = "detgui.analysis.step_child"
TITLE = "the process that runs jwst"
IMAGE_KINDS = ("rate", "rateints", "cal", "calints", "crf", "crfints")


@dataclass(frozen=True, slots=True)
class StepParams:
    """One step on one file.

    Attributes
    ----------
    step : name, one of `STEPS`
    input : file of one exposure
    settings : {name: value} of the step's own settings, values as they are or as text; the others have the step's defaults
    references : {type: path} of references chosen by hand, 'N/A' to do without; the others are found by CRDS
    """

    step: str
    input: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    references: Mapping[str, str | Path] = field(default_factory=dict)

    @property
    def command(self) -> str:
        """The command line that runs it."""
        words = ["detgui", "step", self.step, str(self.input)]
        words += [word for name, value in self.settings.items() for word in ("--set", f"{name}={_text(value)}")]
        words += [word for name, value in self.references.items() for word in ("--reference", f"{name}={value}")]
        words += ["-o", "."]
        return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


@dataclass(frozen=True, slots=True)
class StepResult:
    """What came of a step.

    Attributes
    ----------
    params : what was asked for
    outputs : files written, one, or rate and rateints
    extras : other files that the step was told to write, such as masks
    status : 'COMPLETE', 'SKIPPED' or 'FAILED' as the product's header says; '' where it does not
    references : {type: path or 'N/A'} that the step used
    notes : sentences that qualify the status
    log : lines of the pipeline's log
    seconds : wall clock
    peak_bytes : largest memory of the child process while it ran; 0 where the system does not say
    """

    params: StepParams
    outputs: tuple[Path, ...]
    extras: tuple[Path, ...]
    status: str
    references: Mapping[str, str]
    notes: tuple[str, ...]
    log: tuple[str, ...]
    seconds: float
    peak_bytes: int

    @property
    def output(self) -> Path:
        """The (first) product."""
        return self.outputs[0]


@dataclass(frozen=True, slots=True)
class Checked:
    """A step that can be run: what `check` found."""

    info: StepInfo
    shape: tuple[int, int, int, int]
    ramp: bool
    settings: Mapping[str, Any]
    references: Mapping[str, str]
    memory: int


_lock = threading.Lock()
_shared: Child | None = None


def make_child(warm: bool = True, setup: CrdsSetup | None = None) -> Child:
    """A child process for steps, not started yet; ``warm`` imports all steps in advance, which takes some seconds in the background."""
    environment = (setup or find_cache()).environment()
    return Child(Work(TITLE, f"{MODULE}:warm" if warm else "", LOGGERS, environment))


def shared_child() -> Child:
    """The child process of this program, made when it is first asked for; `close_child` ends it."""
    global _shared
    with _lock:
        if _shared is None:
            _shared = make_child()
        return _shared


def close_child() -> None:
    """End the shared child process, if there is one."""
    global _shared
    with _lock:
        child, _shared = _shared, None
    if child is not None:
        child.close()


def form(step: str, child: Child | None = None, progress: Progress = no_progress) -> Form:
    """Settings of a step, from the cache folder or, the first time, from the child process."""
    name = step_info(step).name
    found = step_forms.kept(name)
    if found is None:
        found = (child or shared_child()).call(f"{MODULE}:form", name, progress=progress)
        step_forms.keep(found)
    return found


def check(params: StepParams, child: Child | None = None, progress: Progress = no_progress) -> Checked:
    """Raise `BadInput`, in one sentence and before long work, for whatever cannot be run."""
    info = step_info(params.step)
    shape, kind = _shape(params.input)
    _check_kind(info, params.input, kind)
    found = form(info.name, child, progress)
    settings = found.checked(params.settings)
    found.check_references(params.references)
    given = {name: check_reference(name, path) for name, path in params.references.items()}
    without = next((name for name in info.required if given.get(name) == NOT_APPLICABLE), None)
    if without:
        raise BadInput(f"{info.name} cannot do without a {without} reference")
    return Checked(info, shape, kind in RAMP_KINDS, settings, given, predicted_memory(info.name, shape, settings))


def references(params: StepParams, child: Child | None = None, progress: Progress = no_progress) -> tuple[Reference, ...]:
    """Which references the step would use and whether they are there; a fraction of a second once the child is warm."""
    found = check(params, child, progress)
    args = (found.info.name, str(Path(params.input).absolute()), found.settings, found.references, found.ramp)
    answer: tuple[Reference, ...] = (child or shared_child()).call(f"{MODULE}:references", *args, progress=progress)
    return answer


def run(
    params: StepParams,
    folder: Path,
    *,
    replace: bool = False,
    root: str = "",
    suffix: str = "",
    child: Child | None = None,
    progress: Progress = no_progress,
    log: Log = no_log,
) -> StepResult:
    """Run a step; its products go to ``folder`` as ``ROOT_STEP.fits`` (ramp_fit: ``ROOT_rate.fits`` and ``ROOT_rateints.fits``).

    ``replace`` lets a file of that name be replaced, though never the input or a reference; without it, and for those, the name gets a
    number. ``root`` and ``suffix`` take the places of ROOT and STEP in the name. ``log`` gets the lines of the pipeline's log as they come.

    Raises
    ------
    BadInput
        for a step, setting, reference or file that cannot be used, for a missing reference, and where memory or disk are too small.
    DetguiError
        where the step failed, or the child process died or was killed. Whatever ``progress`` raises kills the child; nothing half
        written is left.
    """
    began = time.monotonic()
    worker = child or shared_child()
    found = check(params, worker, progress)
    _check_room(params.input, found, folder)
    lines: list[str] = []

    def keep(line: str) -> None:
        lines.append(line)
        log(line)

    room = _room(folder)
    try:
        job = Job(
            found.info.name,
            str(Path(params.input).absolute()),
            str(room),
            root or root_name(params.input),
            found.settings,
            found.references,
            found.ramp,
            find_cache().words,
            suffix,
        )
        answer: Answer = worker.call(f"{MODULE}:run", job, progress=progress, log=keep, discard=[room])
        keep_from = {Path(params.input).absolute(), *(Path(path) for path in found.references.values())}
        outputs = tuple(_move(room / name, folder, replace, keep_from) for name in answer.outputs)
        extras = tuple(_move(room / name, folder, replace, keep_from) for name in answer.extras)
    except OSError as error:
        raise DetguiError(f"{folder}: writing failed: {error.strerror or error}") from None
    finally:
        remove(room)
    seconds = time.monotonic() - began
    return StepResult(params, outputs, extras, answer.status, answer.references, answer.notes, tuple(lines), seconds, answer.peak_bytes)


def root_name(path: Path) -> str:
    """Name of a file without its extension and without the suffix of a product or step."""
    stem = Path(path).name
    for ending in (".gz", ".fits", ".fit", ".fts"):
        stem = stem[: -len(ending)] if stem.lower().endswith(ending) else stem
    for suffix in (*SUFFIXES, *STEPS):
        if stem.lower().endswith(f"_{suffix}"):
            return stem[: -len(suffix) - 1]
    return stem


def _shape(path: Path) -> tuple[tuple[int, int, int, int], str]:
    with open_one([path], join=False, neighbours=False) as exposure:
        return exposure.shape, exposure.kind


def _check_kind(info: StepInfo, path: Path, kind: str) -> None:
    name = Path(path).name
    if info.takes == "ramp" and kind not in RAMP_KINDS:
        raise BadInput(f"{name}: {info.name} takes ramps (uncal or ramp), this is a {kind} product")
    if info.takes == "image" and kind not in IMAGE_KINDS:
        raise BadInput(f"{name}: {info.name} takes rates (rate, rateints, cal or calints), this is a {kind} product")
    if info.takes == "any" and kind not in (*RAMP_KINDS, *IMAGE_KINDS):
        raise BadInput(f"{name}: {info.name} takes ramps and rates, this is a {kind} product")


def _check_room(path: Path, found: Checked, folder: Path) -> None:
    free = available_bytes()
    if free is not None and found.memory > free:
        raise BadInput(
            f"{Path(path).name}: {found.info.name} would take about {gigabytes(found.memory)} of memory, {gigabytes(free)} are free"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        room = shutil.disk_usage(folder).free
    except OSError as error:
        raise BadInput(f"{folder} cannot be used as a folder for results: {error.strerror or error}") from None
    needed = input_bytes(found.shape)
    if needed > room:
        raise BadInput(f"{folder}: {found.info.name} would write about {gigabytes(needed)}, {gigabytes(room)} are free")


def _room(folder: Path) -> Path:
    """A folder of its own in the folder of the results, so that files are moved and not copied."""
    try:
        return Path(tempfile.mkdtemp(prefix=".detgui-step-", dir=folder.absolute()))
    except OSError as error:
        raise BadInput(f"{folder} cannot be written to: {error.strerror or error}") from None


def _move(path: Path, folder: Path, replace: bool, never: set[Path]) -> Path:
    target, number = folder / path.name, 1
    while target.exists() and (not replace or any(each.exists() and target.samefile(each) for each in never)):
        number += 1
        target = folder / f"{path.stem}_{number}{path.suffix}"
    path.replace(target)
    return target


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
