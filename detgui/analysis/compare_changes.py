"""What changed between two diagnoses, in numbers with errors, and whether that is better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.compare_flags import FlagChange
from detgui.analysis.noise_summary import measured
from detgui.analysis.noise_types import Result
from detgui.science.correlated import mean_with_error
from detgui.science.noise_lines import FEWEST
from detgui.science.read_order import ReadOrder

SURE = 3.0
"""Errors by which a number has to change to count."""

SETS_LEVEL = ("reset", "superbias", "refpix", "linearity", "dark_sub", "picture_frame", "emicorr", "ramp_fit", "flat_field", "photom")
"""Steps that are meant to change the level of an image, as `Exposure.cal_steps` calls them; a cleaning of 1/f noise is not."""

SMALLEST = 1e-6
"""Part of the level by which rounding may move it."""


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
    steps: Sequence[str] = (),
) -> tuple[Change, ...]:
    """All numbers that both have; ``steps`` were done on the second exposure and not on the first."""
    made = []
    if before is not None and after is not None:
        meant = tuple(step for step in steps if step in SETS_LEVEL)
        made.append(_background(before.order, ~before.masked & ~after.masked, difference, first, before.unit, meant))
        made += _noise(before, after)
    kept = next((each for each in flags if each.flag == "DO_NOT_USE"), None)
    if kept is not None:
        step = kept.after - kept.before
        words = f"{kept.gained} pixels more are DO_NOT_USE in {kept.plane}, {kept.lost} no more"
        made.append(Change("do_not_use", "Pixels DO_NOT_USE", "pixels", kept.before, 0.0, kept.after, 0.0, step, 0.0, None, words))
    return tuple(made)


def _background(
    order: ReadOrder, free: NDArray[np.bool_], difference: NDArray[np.float32], first: NDArray[np.float32], unit: str, meant: Sequence[str]
) -> Change:
    """Change of the mean of pixels free of sources: a cleaning of 1/f noise must not move it, other steps are ``meant`` to."""
    lines, values = order.lines(difference), order.lines(first)
    good = order.lines(free) & np.isfinite(lines) & np.isfinite(values) & ~order.reference
    step, step_err = _mean_of_lines(lines, good)
    level, level_err = _mean_of_lines(values, good)
    after, after_err = _mean_of_lines(values + lines, good)
    moved = bool(np.isfinite(step_err) and abs(step) > SURE * step_err and abs(step) > SMALLEST * abs(level))
    by = f"the background moved by {measured(step, step_err, unit)}"
    words = by if moved else "the background stayed where it was" if step == 0 else f"{by}, not more than its error explains"
    if moved and meant:
        words = f"{by}, as {' and '.join(meant)} may do"
    better = False if moved and not meant else None
    return Change("background", "Level of the background", unit, level, level_err, after, after_err, step, step_err, better, words)


def _mean_of_lines(lines: NDArray[np.float32], good: NDArray[np.bool_]) -> tuple[float, float]:
    """Mean of the lines' means, and its error from their scatter, which 1/f noise correlates: removing noise that adds up to nothing in
    the long run moves the mean of one image by about that much."""
    count = good.sum(axis=1)
    known = count >= FEWEST
    return mean_with_error(np.where(good, lines, 0).sum(axis=1, dtype=np.float64)[known] / count[known])


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
    made.append(_count("noisy_rows", "Lines of excessive noise", "lines", [each.rows.noisy.size for each in (before, after)]))
    made[-1] = replace(made[-1], better=_quieter(before, after))
    if before.clusters is not None and after.clusters is not None:
        made.append(_count("clusters", "Clusters of jumps", "events", [len(each.clusters or ()) for each in (before, after)]))
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


def _quieter(before: Result, after: Result) -> bool | None:
    """Whether there are fewer lines of excessive noise; a line counts only where its noise changed by more than its error, not where it
    stepped over the limit."""
    one, two = before.rows, after.rows
    step = two.noise - one.noise
    sure = np.abs(step) > SURE * np.hypot(one.err, two.err)
    was, now = (np.isin(np.arange(step.size), each.noisy) for each in (one, two))
    fewer = int((was & ~now & sure).sum()) - int((now & ~was & sure).sum())
    return fewer > 0 if fewer else None


def _count(key: str, title: str, unit: str, values: Sequence[int]) -> Change:
    """A number of things, of which nothing is said."""
    first, then = map(float, values)
    words = f"{title}: {first:.0f} became {then:.0f}"
    return Change(key, title, unit, first, 0.0, then, 0.0, then - first, 0.0, None, words)
