"""What is asked of a step of the jwst pipeline, and what came of it."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from detgui.analysis.step_table import StepInfo


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

    def command(self, folder: Path) -> str:
        """The command line that runs it, with its product going to ``folder``."""
        return command_line((self.step,), self.input, {self.step: self.settings}, self.references, folder)


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


def command_line(
    steps: Sequence[str],
    path: Path,
    settings: Mapping[str, Mapping[str, Any]],
    references: Mapping[str, str | Path],
    folder: Path,
    keep_all: bool = False,
) -> str:
    """``detgui step`` of one step or several on a file; ``settings`` {step: {name: value}}, those of steps that do not run are left out."""
    words = ["detgui", "step", ",".join(steps), str(path)]
    for step in steps:
        prefix = f"{step}." if len(steps) > 1 else ""
        words += [word for name, value in settings.get(step, {}).items() for word in ("--set", f"{prefix}{name}={_text(value)}")]
    words += [word for name, value in references.items() for word in ("--reference", f"{name}={value}")]
    words += [*(["--keep-all"] if keep_all and len(steps) > 1 else []), "-o", str(folder)]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
