"""What workers do for the noise panel with steps of the pipeline: settings, what a run would need, the run. No Qt, no state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from detgui.analysis.step_types import command_line
from detgui.errors import BadInput, DetguiError
from detgui.progress import Progress, no_progress
from detgui.session.noise_options import NoiseOptions, StepReference, StepSetting

if TYPE_CHECKING:
    from detgui.analysis.step_chain import ChainParams
    from detgui.analysis.step_forms import Form
    from detgui.analysis.steps import StepResult

Log = Callable[[str], None]
IDLE = ("not needed", "not applicable")
"""States of references that a step does without."""
SERIOUS = ("given", "cache", "by CRDS", "server", "missing")
"""States in the order in which a person wants to know of them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to run: steps on every file of an exposure. Equal plans need the same."""

    inputs: tuple[Path, ...]
    steps: tuple[str, ...]
    settings: tuple[StepSetting, ...]
    references: tuple[StepReference, ...]
    folder: Path
    keep_all: bool

    @classmethod
    def of(cls, inputs: tuple[Path, ...], options: NoiseOptions) -> Plan:
        """What the panel's options ask for; results go beside the input where no folder was chosen."""
        settings = tuple(each for each in options.settings if each.step in options.steps)
        folder = options.folder or inputs[0].parent
        return cls(inputs, options.steps, settings, options.references, folder, options.keep_all)

    @property
    def command(self) -> str:
        """The command line that runs it."""
        references = {each.type: each.file for each in self.references}
        return command_line(self.steps, self.inputs[0], self.by_step(), references, self.folder, self.keep_all)

    @property
    def python(self) -> str:
        """The Python that runs it."""
        return "\n".join(
            [
                "from pathlib import Path",
                "from detgui.analysis import step_chain, steps",
                "params = step_chain.ChainParams(",
                f"    steps={self.steps!r},",
                f"    input=Path({str(self.inputs[0])!r}),",
                f"    settings={self.by_step()!r},",
                f"    references={ {each.type: each.file for each in self.references}!r},",
                ")",
                "with steps.make_child() as child:",
                f"    results = step_chain.run(params, Path({str(self.folder)!r}), keep_all={self.keep_all}, child=child)",
            ]
        )

    def by_step(self) -> dict[str, dict[str, str]]:
        """{step: {name: value}}."""
        return {step: {each.name: each.value for each in self.settings if each.step == step} for step in self.steps}


@dataclass(frozen=True, slots=True)
class Needed:
    """A type of reference that a plan may use: the steps that do, the file ('' for none) and where it comes from.

    ``state`` is one of those of `step_references.Reference`, or 'by CRDS' where that is known only when the step runs.
    """

    type: str
    steps: tuple[str, ...]
    file: str
    state: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a run would take: ``memory`` in bytes of the child at its peak, by step; ``free`` None where the system does not say.

    ``references`` None where they were not looked for.
    """

    plan: Plan
    memory: Mapping[str, int]
    free: int | None
    references: tuple[Needed, ...] | None = None
    trouble: str = ""

    @property
    def peak(self) -> int:
        """Memory of the step that takes most, bytes."""
        return max(self.memory.values(), default=0)


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a run: for every input the results of the steps, in their order."""

    plan: Plan
    results: tuple[tuple[StepResult, ...], ...]

    @property
    def outputs(self) -> tuple[Path, ...]:
        """The products of the last step."""
        return tuple(path for chain in self.results for path in chain[-1].outputs)


def warm(progress: Progress = no_progress) -> None:
    """Start the child process, and keep the settings of all steps; a pipeline that is not installed is found out by who needs it."""
    from detgui.analysis import step_forms, steps

    progress(0.0, "starting the process that runs jwst")
    with suppress(DetguiError):
        steps.shared_child().start()
        for number, name in enumerate(steps.STEPS):
            if step_forms.kept(name) is None:
                progress(number / len(steps.STEPS), f"settings of {name}")
                steps.form(name, progress=progress)


def form_of(step: str, progress: Progress = no_progress) -> Form:
    """The settings of a step; asks the child process the first time."""
    from detgui.analysis import steps

    return steps.form(step, progress=progress)


def check(plan: Plan, progress: Progress = no_progress) -> Outlook:
    """What a run would take, without its references; what is wrong is its ``trouble``, one sentence."""
    from detgui.analysis import step_chain
    from detgui.analysis.step_table import gigabytes
    from detgui.tasks.machine import available_bytes

    params = chain_params(plan, plan.inputs[0], progress)
    memory: dict[str, int] = {}
    free = available_bytes()
    try:
        step_chain.check(params, progress=progress)
        memory = memory_of(plan)
        if free is not None and max(memory.values()) > free:
            raise BadInput(f"about {gigabytes(max(memory.values()))} of memory would be taken, {gigabytes(free)} are free")
    except BadInput as error:
        return Outlook(plan, memory, free, trouble=str(error))
    return Outlook(plan, memory, free)


def look(known: Outlook, progress: Progress = no_progress) -> Outlook:
    """The same with its references; one that is missing is its ``trouble``."""
    needed = references_of(known.plan, progress)
    missing = [each for each in needed if each.state == "missing"]
    names, files = ", ".join(each.type for each in missing), "files" if len(missing) > 1 else "a file"
    trouble = f"{missing[0].steps[0]} finds no {names} reference: choose {files} by hand" if missing else ""
    return replace(known, references=needed, trouble=known.trouble or trouble)


def memory_of(plan: Plan) -> dict[str, int]:
    """{step: bytes at its peak} for the largest of the files."""
    from detgui.analysis.step_table import predicted_memory
    from detgui.data.exposure import open_one

    found: dict[str, int] = {}
    for path in plan.inputs:
        with open_one([path], join=False, neighbours=False) as exposure:
            shape = exposure.shape
        for step in plan.steps:
            found[step] = max(found.get(step, 0), predicted_memory(step, shape, plan.by_step()[step]))
    return found


def references_of(plan: Plan, progress: Progress = no_progress) -> tuple[Needed, ...]:
    """The types of references of all steps, each once, with the most serious state of the steps that may use it."""
    from detgui.analysis import steps

    given = {each.type: each.file for each in plan.references}
    found: dict[str, Needed] = {}
    for step in plan.steps:
        types = steps.form(step, progress=progress).references
        settings = plan.by_step()[step]
        own = {name: given[name] for name in types if name in given}
        try:
            answers = steps.references(steps.StepParams(step, plan.inputs[0], settings, own), progress=progress)
            new = [Needed(each.type, (step,), each.file, each.state) for each in answers]
        except BadInput:  # a step on rates, which come of a step before it
            new = [Needed(name, (step,), given.get(name, ""), "given" if name in given else "by CRDS") for name in types]
        for each in new:
            found[each.type] = _joined(found.get(each.type), each)
    return tuple(sorted(found.values(), key=lambda each: each.state in IDLE))  # what is not used comes last


def _joined(one: Needed | None, other: Needed) -> Needed:
    if one is None:
        return other
    worst = max((one, other), key=lambda each: SERIOUS.index(each.state) if each.state in SERIOUS else -1)
    return Needed(one.type, (*one.steps, *other.steps), worst.file, worst.state)


def chain_params(plan: Plan, path: Path, progress: Progress = no_progress) -> ChainParams:
    """Parameters of the analysis for one of the files; references that no step uses are left out."""
    from detgui.analysis import step_chain, steps

    types = {name for step in plan.steps for name in steps.form(step, progress=progress).references}
    used = {each.type: each.file for each in plan.references if each.type in types}
    return step_chain.ChainParams(plan.steps, path, plan.by_step(), used)


def run(plan: Plan, log: Log, progress: Progress = no_progress) -> Ran:
    """Run the steps on every file; results are new files, nothing is replaced. Raises what `step_chain.run` does."""
    from detgui.analysis import step_chain

    count = len(plan.inputs)
    done = []
    for number, path in enumerate(plan.inputs):
        part = _part(progress, number, count)
        params = chain_params(plan, path, part)
        done.append(step_chain.run(params, plan.folder, keep_all=plan.keep_all, progress=part, log=log))
    return Ran(plan, tuple(done))


def _part(progress: Progress, number: int, count: int) -> Progress:
    def part(fraction: float, message: str = "") -> None:
        progress((number + fraction) / count, message)

    return part
