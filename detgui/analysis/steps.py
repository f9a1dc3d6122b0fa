"""Run a step of the jwst pipeline on an exposure, in a warm child process that can be killed.

The step reads the file itself; what it makes is written beside the place where it will be and moved there. The input is never touched.
"""

from __future__ import annotations

import re
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from detgui.analysis import step_forms
from detgui.analysis.step_checks import check_room, checked
from detgui.analysis.step_child import Answer, Job
from detgui.analysis.step_forms import Form, FormField
from detgui.analysis.step_references import Reference
from detgui.analysis.step_table import STEPS, predicted_memory, step_info
from detgui.analysis.step_types import Checked, StepParams, StepResult
from detgui.data.crds import WORDS, CrdsSetup, find_cache
from detgui.data.kinds import SUFFIXES
from detgui.errors import BadInput, DetguiError
from detgui.progress import Progress, no_progress
from detgui.tasks.child import Child, Log, Work, no_log, remove

__all__ = [
    "STEPS",
    "Form",
    "FormField",
    "Reference",
    "StepParams",
    "StepResult",
    "check",
    "close_child",
    "crds_words",
    "form",
    "make_child",
    "predicted_memory",
    "references",
    "run",
    "shared_child",
]

LOGGERS = ("jwst", "stcal", "stdatamodels", "stpipe", "tweakwcs", "CRDS", "py.warnings")
MODULE = "detgui.analysis.step_child"
REFERENCES = "detgui.analysis.step_references"
TITLE = "the process that runs jwst"
REASONS = 3
"""Most lines of the log that are given as reasons."""

EVERY_STEP = re.compile(
    r"Step instance created|running with args|parameters are:|run as standalone|^Step \w+ done$|^Results used |^Using .* reference file"
)
"""What the log says of every step."""


_lock = threading.Lock()
_shared: Child | None = None


def make_child(warm: bool = True, setup: CrdsSetup | None = None) -> Child:
    """A child process for steps, not started yet; ``warm`` imports all steps in advance, which takes some seconds in the background."""
    environment = (setup or find_cache()).environment()
    return Child(Work(TITLE, f"{MODULE}:warm" if warm else "", LOGGERS, environment))


def crds_words(child: Child) -> str:
    """What a sentence says of where a child process looks for references."""
    return str((child.work.environment or {}).get(WORDS, ""))


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
    """Raise `BadInput`, in one sentence and before long work, for whatever cannot be run; says what memory it will take."""
    return checked(params, form(params.step, child, progress))


def references(params: StepParams, child: Child | None = None, progress: Progress = no_progress) -> tuple[Reference, ...]:
    """Which references the step would use and whether they are there; a fraction of a second once the child is warm."""
    found = check(params, child, progress)
    args = (found.info.name, str(Path(params.input).absolute()), found.settings, found.references, found.ramp)
    answer: tuple[Reference, ...] = (child or shared_child()).call(f"{REFERENCES}:references", *args, progress=progress)
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
    check_room(params.input, found, folder)
    lines: list[str] = []

    def keep(line: str) -> None:
        lines.append(line)
        log(line)

    room = _room(folder)
    try:
        job = _job(params, found, room, root, suffix)
        answer: Answer = worker.call(f"{MODULE}:run", job, progress=progress, log=keep, discard=[room])
        keep_from = {Path(params.input).absolute(), *(Path(path) for path in found.references.values())}
        outputs = tuple(_move(room / name, folder, replace, keep_from) for name in answer.outputs)
        extras = tuple(_move(room / name, folder, replace, keep_from) for name in answer.extras)
    except OSError as error:
        raise DetguiError(f"{folder}: writing failed: {error.strerror or error}") from None
    finally:
        remove(room)
    seconds = time.monotonic() - began
    notes = (*answer.notes, *reasons(answer.status, lines))
    return StepResult(params, outputs, extras, answer.status, answer.references, notes, tuple(lines), seconds, answer.peak_bytes)


def _job(params: StepParams, found: Checked, room: Path, root: str, suffix: str) -> Job:
    source, root = str(Path(params.input).absolute()), root or root_name(params.input)
    return Job(found.info.name, source, str(room), root, found.settings, found.references, found.ramp, suffix)


def reasons(status: str, log: Sequence[str]) -> tuple[str, ...]:
    """Lines of a step's log that say why it is not COMPLETE: the last that are not said by every step."""
    if status == "COMPLETE":
        return ()
    said = [re.sub(r"^(WARNING|ERROR|CRITICAL): ", "", line) for line in log if not EVERY_STEP.search(line)]
    return tuple(dict.fromkeys(said))[-REASONS:]


def root_name(path: Path) -> str:
    """Name of a file without its extension and without the suffix of a product or step."""
    stem = Path(path).name
    for ending in (".gz", ".fits", ".fit", ".fts"):
        stem = stem[: -len(ending)] if stem.lower().endswith(ending) else stem
    for suffix in (*SUFFIXES, *STEPS):
        if stem.lower().endswith(f"_{suffix}"):
            return stem[: -len(suffix) - 1]
    return stem


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
