"""What is asked of a step of the jwst pipeline, and what came of it."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
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


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
