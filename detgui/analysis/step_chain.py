"""Several steps one after the other, each on what the one before has written."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from detgui.analysis import steps
from detgui.analysis.step_table import step_info
from detgui.analysis.step_types import command_line
from detgui.analysis.steps import StepParams, StepResult
from detgui.data.crds import check_reference
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.tasks.child import Child, Log, no_log

RATES = ("_rate", "_rateints")
"""Ends of the names of ramp_fit's two products."""


@dataclass(frozen=True, slots=True)
class ChainParams:
    """Steps on one file.

    Attributes
    ----------
    steps : names in the order in which they run (`detgui.analysis.step_table.in_order` has the pipeline's)
    input : file of one exposure
    settings : {step: {name: value}}
    references : {type: path or 'N/A'} for all steps that use such a type
    """

    steps: tuple[str, ...]
    input: Path
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    references: Mapping[str, str | Path] = field(default_factory=dict)

    def command(self, folder: Path, keep_all: bool = False) -> str:
        """The command line that runs them, with their products going to ``folder``."""
        names = [step_info(name).name for name in self.steps]
        settings = {step_info(name).name: given for name, given in self.settings.items()}
        return command_line(names, self.input, settings, self.references, folder, keep_all)


def settings_by_step(names: Sequence[str], given: Sequence[tuple[str, str]]) -> dict[str, dict[str, str]]:
    """{step: {name: value}} of settings called NAME, where there is one step, or STEP.NAME. Raises `BadInput`."""
    known = [step_info(name).name for name in names]
    out: dict[str, dict[str, str]] = {}
    for name, value in given:
        step, dot, setting = name.rpartition(".")
        if not dot and len(known) != 1:
            raise BadInput(f"say of which step {name} is a setting: --set {known[0] if known else 'STEP'}.{name}={value}")
        step = step_info(step).name if dot else known[0]
        if step not in known:
            raise BadInput(f"{name} is a setting of a step that does not run")
        out.setdefault(step, {})[setting] = value
    return out


def check(params: ChainParams, child: Child | None = None, progress: Progress = no_progress) -> None:
    """Raise `BadInput`, before long work, for steps, settings and references that cannot be used, and where no step uses a reference."""
    if not params.steps:
        raise BadInput("no step was named")
    forms = {step_info(name).name: steps.form(name, child, progress) for name in params.steps}
    for name, given in params.settings.items():
        forms[step_info(name).name].checked(given)
    for reftype, path in params.references.items():
        check_reference(reftype, path)
        if not any(reftype in form.references for form in forms.values()):
            next(iter(forms.values())).check_references({reftype: path})
    first = _params(params, 0, params.input, forms)
    steps.check(first, child, progress)


def run(
    params: ChainParams,
    folder: Path,
    *,
    keep_all: bool = True,
    replace: bool = False,
    child: Child | None = None,
    progress: Progress = no_progress,
    log: Log = no_log,
) -> tuple[StepResult, ...]:
    """Run the steps; every result is written to ``folder`` as `steps.run` does, with ``keep_all`` False only those of the last step.

    After ramp_fit, steps run on the rate and on the rateints file: ``ROOT_rate_STEP.fits`` and ``ROOT_rateints_STEP.fits``. A step that is
    SKIPPED or FAILED does not end the chain: its product says so. Raises what `steps.run` does; results of earlier steps
    stay where ``keep_all`` is set.
    """
    worker = child or steps.shared_child()
    check(params, worker, progress)
    forms = {step_info(name).name: steps.form(name, worker) for name in params.steps}
    if len(params.steps) > 1:
        _check_references(params, forms, worker, progress)
    room = None
    if not keep_all and len(params.steps) > 1:
        folder.mkdir(parents=True, exist_ok=True)
        room = Path(tempfile.mkdtemp(prefix=".detgui-chain-", dir=folder.absolute()))
    try:
        results: list[StepResult] = []
        current: tuple[Path, ...] = (params.input,)
        for number, name in enumerate(params.steps):
            last = number == len(params.steps) - 1
            where = folder if last or room is None else room
            made = []
            for file, path in enumerate(current):
                part = _part(progress, name, (number + file / len(current)) / len(params.steps), 1 / len(current) / len(params.steps))
                root = path.stem if len(current) > 1 and path.stem.endswith(RATES) else ""  # which of the two it was made of stays in it
                each = _params(params, number, path, forms)
                made.append(steps.run(each, where, replace=replace, root=root, child=worker, progress=part, log=log))
            if room is not None and number:
                for path in current:
                    path.unlink(missing_ok=True)
            results.append(_joined(name, made))
            current = tuple(path for each in made for path in each.outputs)
        return tuple(results)
    finally:
        if room is not None:
            shutil.rmtree(room, ignore_errors=True)


def _check_references(params: ChainParams, forms: Mapping[str, steps.Form], child: Child, progress: Progress) -> None:
    """Raise `BadInput` for references that any of the steps will miss, so that the last does not fail after hours of the others."""
    missing: dict[str, str] = {}
    for number, name in enumerate(params.steps):
        with suppress(BadInput):  # a step on rates, which come of a step before it
            found = steps.references(_params(params, number, params.input, forms), child, progress)
            missing |= {each.type: name for each in found if each.state == "missing" and each.type not in missing}
    if missing:
        users = dict.fromkeys(missing.values())
        lacks = "; ".join(f"{step} finds no {', '.join(each for each, by in missing.items() if by == step)} reference" for step in users)
        give = " ".join(f"--reference {each}=FILE" for each in missing)
        raise BadInput(f"{Path(params.input).name}: {lacks} ({steps.crds_words(child)}): give {give}")


def _params(params: ChainParams, number: int, path: Path, forms: Mapping[str, steps.Form]) -> StepParams:
    name = step_info(params.steps[number]).name
    used = {reftype: given for reftype, given in params.references.items() if reftype in forms[name].references}
    return StepParams(name, path, params.settings.get(name, {}), used)


def _joined(name: str, made: Sequence[StepResult]) -> StepResult:
    """One result of a step that ran on several files."""
    first = made[0]
    if len(made) == 1:
        return first
    return replace(
        first,
        outputs=tuple(path for each in made for path in each.outputs),
        extras=tuple(path for each in made for path in each.extras),
        notes=tuple(dict.fromkeys(note for each in made for note in each.notes)),
        log=tuple(line for each in made for line in each.log),
        seconds=sum(each.seconds for each in made),
        peak_bytes=max(each.peak_bytes for each in made),
    )


def _part(progress: Progress, name: str, first: float, length: float) -> Progress:
    """Progress of a step that is the part of the whole that begins at ``first``."""

    def part(fraction: float, message: str = "") -> None:
        progress(first + fraction * length, message if message.startswith(name) else f"{name}: {message}")

    return part


def summaries(params: ChainParams, results: Sequence[StepResult], folder: Path, keep_all: bool) -> dict[str, Any]:
    """What ``--json`` says of one step, or of the last of several with all of them under ``steps``; ``folder`` is that of the results."""
    each = [summary(result, folder) for result in results]
    if len(each) == 1:
        return each[0]
    for told in each:
        del told["command"]  # on a file that may be gone
    return {**each[-1], "command": params.command(folder, keep_all), "steps": each}


def summary(result: StepResult, folder: Path) -> dict[str, Any]:
    """What ``--json`` says of a step; its ``output`` is None where only the last result was kept."""
    return {
        "step": result.params.step,
        "status": result.status or None,
        "output": str(result.output) if result.output.exists() else None,
        "outputs": [str(path) for path in (*result.outputs, *result.extras) if path.exists()],
        "seconds": round(result.seconds, 3),
        "references": dict(result.references),
        "settings": dict(result.params.settings),
        "peak_mb": round(result.peak_bytes / 1e6) if result.peak_bytes else None,
        "notes": list(result.notes),
        "command": result.params.command(folder),
    }
