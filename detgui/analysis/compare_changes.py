"""What changed between two diagnoses, in numbers with errors, and whether that is better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.compare_flags import FlagChange
from detgui.analysis.noise_summary import measured
from detgui.analysis.noise_types import Result
from detgui.science.noise_lines import FEWEST
from detgui.science.read_order import ReadOrder

SURE = 3.0
"""Errors by which a number has to change to count."""


@dataclass(frozen=True, slots=True)
class Change:
    """One number before and after: ``change`` (after - before, where smaller is better) and its error; ``better`` None where nothing is
    said; ``words`` a sentence."""

    key: str
    title: str
    unit: str
    before: float
    before_err: float
    after: float
    after_err: float
    change: float
    change_err: float
    better: bool | None
    words: str


def changes(
    before: Result | None,
    after: Result | None,
    difference: NDArray[np.float32],
    first: NDArray[np.float32],
    flags: Sequence[FlagChange],
) -> tuple[Change, ...]:
    """All numbers that both have."""
    made = []
    if before is not None and after is not None:
        made.append(_background(before.order, ~before.masked & ~after.masked, difference, first, before.unit))
        made += _noise(before, after)
    kept = next((each for each in flags if each.flag == "DO_NOT_USE"), None)
    if kept is not None:
        step = kept.after - kept.before
        words = f"{kept.gained} pixels more are DO_NOT_USE in {kept.plane}, {kept.lost} no more"
        made.append(Change("do_not_use", "Pixels DO_NOT_USE", "pixels", kept.before, 0.0, kept.after, 0.0, step, 0.0, None, words))
    return tuple(made)


def _background(
    order: ReadOrder, free: NDArray[np.bool_], difference: NDArray[np.float32], first: NDArray[np.float32], unit: str
) -> Change:
    """Change of the mean of pixels free of sources: a cleaning of 1/f noise must not move it."""
    lines, values = order.lines(difference), order.lines(first)
    good = order.lines(free) & np.isfinite(lines) & np.isfinite(values) & ~order.reference
    step, step_err = _mean_of_lines(lines, good)
    level, level_err = _mean_of_lines(values, good)
    moved = bool(np.isfinite(step_err) and abs(step) > SURE * step_err and abs(step) > 1e-6 * abs(level))
    words = f"the background moved by {measured(step, step_err, unit)}" if moved else "the background stayed where it was"
    return Change("background", "Level of the background", unit, level, level_err, level + step, level_err, step, step_err,
                  False if moved else None, words)  # fmt: skip


def _mean_of_lines(lines: NDArray[np.float32], good: NDArray[np.bool_]) -> tuple[float, float]:
    """Mean of the lines' means, and its error from their scatter; levels of lines that add up to nothing do not move it."""
    count = good.sum(axis=1)
    known = count >= FEWEST
    n = int(known.sum())
    if n < 2:
        return np.nan, np.nan
    level = np.where(good, lines, 0).sum(axis=1, dtype=np.float64)[known] / count[known]
    return float(level.mean()), float(level.std(ddof=1) / np.sqrt(n))


def _noise(before: Result, after: Result) -> list[Change]:
    one, two = before.one_over_f, after.one_over_f
    unit = before.unit
    made = [
        _change("one_over_f", "1/f noise", unit, (one.rms.variance, one.rms.variance_err), (two.rms.variance, two.rms.variance_err), True),
        _change("one_over_f_detrended", "1/f noise, detrended", unit, (one.detrended.variance, one.detrended.variance_err),
                (two.detrended.variance, two.detrended.variance_err), True),
        _change("pixel_noise", "Noise of a pixel", unit, _pixel(before), _pixel(after)),
    ]  # fmt: skip
    for name in before.columns.names:
        if name in after.columns.names:
            title = f"Alternating columns, output {name}"
            made.append(_change(f"alternating_columns_{name}", title, before.columns_unit, _half(before, name), _half(after, name)))
    rows = [float(each.rows.noisy.size) for each in (before, after)]
    made.append(_count("noisy_rows", "Lines of excessive noise", "lines", rows))
    if before.clusters is not None and after.clusters is not None:
        made.append(_count("clusters", "Clusters of jumps", "events", [float(len(each.clusters or ())) for each in (before, after)], False))
    if before.ramp is not None and after.ramp is not None:
        for number, name in enumerate(before.ramp.names[: len(after.ramp.names)]):
            a, b = ((each.ramp.spatial[number], each.ramp.spatial_err[number]) for each in (before, after) if each.ramp is not None)
            made.append(_change(f"cds_noise_{name}", f"Noise of a difference, output {name}", unit, a, b))
    return made


def _pixel(result: Result) -> tuple[float, float]:
    known = np.isfinite(result.rows.noise)
    if not known.any():
        return np.nan, np.nan
    return float(np.median(result.rows.noise[known])), float(1.2533 * np.median(result.rows.err[known]) / np.sqrt(known.sum()))


def _half(result: Result, name: str) -> tuple[float, float]:
    at = result.columns.names.index(name)
    return abs(float(result.columns.half[at])), float(result.columns.err[at])


def _change(key: str, title: str, unit: str, before: tuple[float, float], after: tuple[float, float], variance: bool = False) -> Change:
    """Smaller is better; variances are judged as they are, and told as their roots."""
    before, after = (float(before[0]), float(before[1])), (float(after[0]), float(after[1]))
    step, error = after[0] - before[0], float(np.hypot(before[1], after[1]))
    sure = bool(np.isfinite(step) and np.isfinite(error) and abs(step) > SURE * error and step != 0)
    if variance:
        before, after = _rooted(*before), _rooted(*after)
        step, error = after[0] - before[0], float(np.hypot(before[1], after[1]))
    words = f"{title}: {measured(before[0], before[1], unit)} became {measured(after[0], after[1], unit)}"
    return Change(key, title, unit, *before, *after, step, error, step < 0 if sure else None, words)


def _rooted(variance: float, error: float) -> tuple[float, float]:
    root = float(np.sqrt(max(variance, 0.0)))
    return root, float(error / (root + np.sqrt(root**2 + error))) if error > 0 else 0.0


def _count(key: str, title: str, unit: str, values: Sequence[float], judged: bool = True) -> Change:
    step = values[1] - values[0]
    words = f"{title}: {values[0]:.0f} became {values[1]:.0f}"
    better = (step < 0) if judged and step else None
    return Change(key, title, unit, values[0], 0.0, values[1], 0.0, step, 0.0, better, words)
