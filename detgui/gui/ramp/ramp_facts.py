"""The numbers of a fitted ramp in words: pure functions from results to text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detgui.analysis import ramp
from detgui.gui.common.quantity import MISSING, plain, probability, significance, with_error
from detgui.gui.ramp.group_flags import flag_names


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of the table: what it is, its value with error and unit, and the longer story for the tooltip."""

    label: str
    text: str
    more: str = ""


def facts(result: ramp.Result) -> list[Fact]:
    """All rows for one ramp, always the same labels in the same order."""
    params = result.params
    return [
        Fact("pixel", f"{params.x}, {params.y}  (DS9 {params.x + 1}, {params.y + 1})", "x, y counted from 0; DS9 counts from 1"),
        Fact("integration", str(result.integration), f"{result.exposure}, integration {result.integration}"),
        Fact("N", n_with_reason(result), "last group of the early line, 1-based"),
        *_line_facts(result),
        *_noise_facts(result),
        Fact("PIXELDQ", flag_names(result.pixeldq) or "good", f"value {result.pixeldq}"),
    ]


def _line_facts(result: ramp.Result) -> list[Fact]:
    why = missing_reason(result)
    late = with_error(result.late_slope, result.late_slope_err, "DN/group")
    two = len(result.group) == 2
    rest = "no groups after N" if result.fit_groups[1] >= len(result.group) else "no groups after N that can be fitted"
    no_late = "two groups: no residual" if two else rest
    sigma = significance(result.late_slope, result.late_slope_err)
    chi = MISSING if not np.isfinite(result.chi2) else f"{result.chi2:.4g} / {result.dof}, P = {probability(result.probability)}"
    per_s = with_error(result.slope_per_s, result.slope_per_s_err, "DN/s")
    zero = f"signal at the reset (time 0). Zero level {plain(result.zero_level)} DN: {result.zero_source}"
    groups = f"groups {result.fit_groups[0]} to {result.fit_groups[1]}, {_method(result)}{why}"
    quality = "with the covariance of read and photon noise; P: chance of a larger χ² if the line is right"
    no_chi = "two groups: no residual" if two else why.removeprefix("; ")
    return [
        Fact("intercept", with_error(result.intercept, result.intercept_err, "DN"), zero),
        Fact("slope", with_error(result.slope, result.slope_err, "DN/group"), groups),
        Fact("slope / s", _joined(per_s, "", "no group times in the file"), "the same slope in time"),
        Fact("late slope", _joined(late, sigma, no_late), "line fitted to the residual after N; σ: its size in its own errors"),
        Fact("χ² / dof", _joined(chi, "", no_chi), quality),
    ]


def _noise_facts(result: ramp.Result) -> list[Fact]:
    gain = f"{plain(result.gain, 4)} e-/DN" if np.isfinite(result.gain) else MISSING
    noise = f"{plain(result.read_noise, 4)} DN" if np.isfinite(result.read_noise) else MISSING
    return [
        Fact("gain", _joined(gain, "", result.gain_source), f"from: {result.gain_source or 'not known'}"),
        Fact(
            "read noise", _joined(noise, "", result.read_noise_source), f"of a single read; from: {result.read_noise_source or 'not known'}"
        ),
    ]


def _joined(text: str, after: str, reason: str) -> str:
    if text.startswith(MISSING):
        return f"{MISSING} {reason}".rstrip()
    return f"{text} {after}".rstrip()


def _method(result: ramp.Result) -> str:
    return "generalised least squares" if result.params.method == "gls" else "plain least squares"


def missing_reason(result: ramp.Result) -> str:
    """Why errors are missing, starting with '; '; empty where they are there."""
    if np.isfinite(result.slope_err):
        return ""
    story = next((n for n in result.notes if "error" in n.lower() or "gain" in n.lower() or "noise" in n.lower()), "")
    return f"; {story}" if story else "; no errors: gain or read noise are not known"


def reason_for_n(result: ramp.Result) -> str:
    """'10 groups reach 10,000 DN', 'set by hand', or why all groups are used."""
    n, total = result.fit_groups[1], len(result.group)
    if result.params.fit_groups is not None:
        return "set by hand"
    level = f"{result.params.threshold:,.0f} DN"
    if total == 2:
        return "both groups"
    signal = result.signal[result.used]
    reached = len(signal) and np.nanmax(signal) - result.zero_level >= result.params.threshold
    if n >= total and not reached:
        return f"all: below {level}"
    return f"{n} groups reach {level}" if reached else f"{n} usable, below {level}"


def n_with_reason(result: ramp.Result) -> str:
    """'12 groups reach 10,000 DN', '7 (set by hand)'."""
    n, reason = result.fit_groups[1], reason_for_n(result)
    return reason if reason.startswith(f"{n} ") else f"{n} ({reason})"


def as_tsv(columns: list[tuple[str, list[Fact]]]) -> str:
    """The table of numbers as tab-separated text: one column of labels and one for each ramp."""
    lines = ["\t".join(["quantity", *(name for name, _ in columns)])]
    for row in zip(*(rows for _, rows in columns), strict=True):
        lines.append("\t".join([row[0].label, *(fact.text for fact in row)]))
    return "\n".join(lines)
