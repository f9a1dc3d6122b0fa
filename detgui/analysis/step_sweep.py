"""Run a step with several values of one setting and show the diagnoses against it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from detgui.analysis import compare, noise, steps
from detgui.analysis.noise_summary import summary
from detgui.analysis.steps import StepParams, StepResult
from detgui.data.exposure import open_one
from detgui.errors import BadInput, Cancelled, DetguiError
from detgui.progress import Progress, no_progress
from detgui.tasks.child import Child, Log, no_log

MOST_VALUES = 50

SHOWN = ("one_over_f_rms", "one_over_f_rms_detrended", "pixel_noise")
"""Numbers of `noise_summary.summary` that a row has, with their errors."""


@dataclass(frozen=True, slots=True)
class Params:
    """``setting`` of ``step`` takes each of ``values``; the other fields as in `StepParams`; ``noise`` what is diagnosed."""

    step: str
    input: Path
    setting: str
    values: tuple[Any, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    references: Mapping[str, str | Path] = field(default_factory=dict)
    noise: noise.Params = field(default_factory=lambda: noise.Params(spectra=False, telegraph=False))


@dataclass(frozen=True, slots=True)
class Row:
    """One value: ``status`` of the step, ``output``, ``numbers`` by name with ``_err`` beside each (among them ``background_change``
    against the input), ``better`` and ``worse`` as in `compare`; ``trouble`` a sentence where the step or the diagnosis failed."""

    value: Any
    status: str = ""
    output: Path | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)
    better: tuple[str, ...] = ()
    worse: tuple[str, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """``input``: the same numbers of the input, none where no product can be compared with it; ``unit`` of all but counts."""

    params: Params
    rows: tuple[Row, ...]
    input: Mapping[str, float]
    unit: str = ""

    def columns(self) -> tuple[str, ...]:
        """Names of the numbers that any row has."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row.numbers))


def run(params: Params, folder: Path, *, child: Child | None = None, progress: Progress = no_progress, log: Log = no_log) -> Result:
    """Run the step once for every value; products are ``ROOT_SETTING-VALUE_STEP.fits`` in ``folder``.

    A value that fails gets a row that says why. Raises `BadInput` where there is nothing to sweep or the setting is not the step's, and
    whatever ``progress`` raises.
    """
    if not 1 <= len(params.values) <= MOST_VALUES:
        raise BadInput(f"a sweep takes 1 to {MOST_VALUES} values, not {len(params.values)}")
    for value in params.values:
        steps.check(_step(params, value), child, progress)
    with open_one([params.input], neighbours=False) as exposure:
        before = _numbers(noise.run(exposure, params.noise, progress=_share(progress, 0, len(params.values) + 1)))
        unit = exposure.unit
    rows = []
    for number, value in enumerate(params.values, 1):
        share = _share(progress, number, len(params.values) + 1)
        try:
            rows.append(_row(params, value, folder, child, share, log))
        except Cancelled:
            raise
        except DetguiError as error:
            rows.append(Row(value, trouble=str(error)))
    made = next((row.output for row in rows if row.output is not None), None)
    if made is not None and not any("background_change" in row.numbers for row in rows):  # rates of a ramp
        with open_one([made], neighbours=False) as exposure:
            before, unit = {}, exposure.unit
    return Result(params, tuple(rows), before, unit)


def _step(params: Params, value: Any) -> StepParams:
    return StepParams(params.step, params.input, {**params.settings, params.setting: value}, params.references)


def _row(params: Params, value: Any, folder: Path, child: Child | None, progress: Progress, log: Log) -> Row:
    root = f"{steps.root_name(params.input)}_{params.setting}-{re.sub(r'[^A-Za-z0-9.+-]', '_', str(value))}"
    made: StepResult = steps.run(_step(params, value), folder, root=root, child=child, progress=_half(progress, 0.0), log=log)
    row = Row(value, made.status, made.output)
    try:
        with open_one([params.input], neighbours=False) as one, open_one([made.output], neighbours=False) as two:
            return _compared(row, one, two, params, _half(progress, 0.5))
    except Cancelled:
        raise
    except DetguiError as error:
        return Row(value, made.status, made.output, trouble=str(error))


def _compared(row: Row, one: Any, two: Any, params: Params, progress: Progress) -> Row:
    """Compared with the input where both are of one kind; else the diagnosis of the product alone."""
    try:
        compare.check(one, two)
    except BadInput:
        return Row(row.value, row.status, row.output, _numbers(noise.run(two, params.noise, progress=progress)))
    found = compare.run(one, two, compare.Params(noise=params.noise), progress)
    numbers = _numbers(found.after) if found.after is not None else {}
    moved = next((each for each in found.changes if each.key == "background"), None)
    if moved is not None:
        numbers |= {"background_change": moved.change, "background_change_err": moved.change_err}
    return Row(row.value, row.status, row.output, numbers, found.better, found.worse)


def _numbers(result: noise.Result) -> dict[str, float]:
    """The numbers that are shown against the setting."""
    told = summary(result)
    numbers = {key: float(told[key]) for name in SHOWN for key in (name, f"{name}_err")}
    for name, value in told["acn_by_amplifier"].items():
        numbers |= {f"acn_{name}": value, f"acn_{name}_err": told["acn_by_amplifier_err"][name]}
    numbers |= {"noisy_rows": float(len(told["noisy_rows"])), "noisy_rows_err": 0.0}
    if result.clusters is not None:
        numbers |= {"snowballs": float(len(told["snowballs"])), "snowballs_err": 0.0}
    if result.ramp is not None:
        for name, value, err in zip(result.ramp.names, result.ramp.spatial, result.ramp.spatial_err, strict=True):
            numbers |= {f"cds_noise_{name}": float(value), f"cds_noise_{name}_err": float(err)}
    return numbers


def _share(progress: Progress, number: int, several: int) -> Progress:
    return lambda fraction, message: progress((number + fraction) / several, message)


def _half(progress: Progress, start: float) -> Progress:
    return lambda fraction, message: progress(start + 0.5 * fraction, message)
