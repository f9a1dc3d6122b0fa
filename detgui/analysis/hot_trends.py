"""Counts of one file, and the trends that many files make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.hot_check import DQ, HotFlags, compare, flagged_image
from detgui.analysis.hot_types import Array, Check, Indices, Params, Trend
from detgui.data.dark_maps import DarkMaps
from detgui.data.darks import DarkFile
from detgui.errors import BadInput
from detgui.science import hot_clusters
from detgui.science.hot_growth import (
    DAYS_OF_A_MONTH,
    Growth,
    Noise,
    Parts,
    StepShare,
    check_epochs,
    fit_growth,
    noise_from_changes,
    noise_from_residuals,
    shared_noise,
    squared_changes,
    step_shares,
    with_common_flicker,
)
from detgui.science.hot_spill import Cross, centres_above, measure_cross, stack_cuts

MOST_POSITIONS = 400_000
"""Pixels of one file above a threshold whose histories are followed; above it, noise is taken from the residuals."""


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """One file: for each threshold the flat indices of pixels above it and which are centres; checks against flags; the stacked cross.

    ``flags``: the file is a mask; ``hot_dq`` pixels that its own DQ flags HOT, -1 without; ``unmeasured`` flat indices of pixels that see
    but have no number, ``notes`` what to know of them.
    """

    flags: bool
    above: tuple[Indices, ...]
    centre: tuple[NDArray[np.bool_], ...]
    counts: Indices
    centre_counts: Indices
    hot_dq: int
    dq_check: Check | None
    mask_check: Check | None
    measured: int
    unmeasured: Indices
    cross: Cross
    notes: tuple[str, ...]


def count_file(dark: DarkFile, maps: DarkMaps, params: Params, mask: HotFlags | None = None) -> Counted:
    """Count one file's pixels; a mask has one threshold, flags, and neither cross nor checks. ``mask``: that in force on its date."""
    nothing = np.empty(0, np.int64)
    levels = (0.5,) if dark.is_mask else params.thresholds
    cross = stack_cuts(np.empty((0, 5, 5))) if dark.is_mask else measure_cross(maps.rate, maps.valid, params.centre, maps.err)
    found = [centres_above(maps.rate, maps.valid, level, cross, params.sigma) for level in levels]
    keep = [flat if flat.size <= MOST_POSITIONS else nothing for flat, _ in found]
    return Counted(
        flags=dark.is_mask,
        above=tuple(keep),
        centre=tuple(centre[: flat.size] for (_, centre), flat in zip(found, keep, strict=True)),
        counts=np.array([flat.size for flat, _ in found], np.int64),
        centre_counts=np.array([np.count_nonzero(centre) for _, centre in found], np.int64),
        hot_dq=-1 if maps.hot is None else int(np.count_nonzero(maps.hot)),
        dq_check=None if dark.is_mask or maps.hot is None else compare(maps, maps.hot, params.hot_threshold, DQ),
        mask_check=None if mask is None else compare(maps, flagged_image(mask, dark.shape), params.hot_threshold, mask.mask.name),
        measured=int(np.count_nonzero(maps.valid)),
        unmeasured=np.flatnonzero((maps.seeing & ~maps.valid).reshape(-1)),
        cross=cross,
        notes=maps.notes,
    )


def trends(
    counted: Sequence[Counted], nx: int, dates: Sequence[datetime], months: Array, part: Parts, params: Params
) -> tuple[list[Trend], Indices, list[str]]:
    """A trend for every threshold, epochs of `criteria_changed`, and sentences for what cannot be fitted."""
    levels: tuple[float | None, ...] = (None,) if counted[0].flags else params.thresholds
    made = [_trend(number, level, counted, nx, months, part) for number, level in enumerate(levels)]
    changed, notes = criteria_changed(made[0], dates, part)
    if np.unique(months).size < 2:
        what = "one file only" if months.size == 1 else "all files have one date"
        notes.append(f"{what}: counts without a trend, which needs at least two dates")
    elif made[0].growth is None:
        notes.append(_why_no_fit(months, part))
    scattered = [each.threshold for each in made if each.growth is not None and "residuals" in each.growth.noise.source]
    if scattered:
        above = "" if None in scattered else f" above {', '.join(f'{level:g}' for level in scattered)}"
        notes.append(f"counts{above} scatter more than pixels one by one do: files differ as a whole, errors are from the residuals")
    return made, changed, notes


def _why_no_fit(months: Array, part: Parts) -> str:
    try:
        check_epochs(months, part)
    except BadInput as error:
        return str(error)
    return "no trend could be fitted"


def _trend(number: int, level: float | None, counted: Sequence[Counted], nx: int, months: Array, part: Parts) -> Trend:
    counts = np.array([each.counts[number] for each in counted], np.int64)
    centres = np.array([each.centre_counts[number] for each in counted], np.int64)
    positions = tuple(each.above[number] for each in counted)
    inner = tuple(each.above[number][each.centre[number]] for each in counted)
    if all(flat.size == count for flat, count in zip(positions, counts, strict=True)):
        whole, alone, shares = _followed(counts, centres, positions, inner, nx, months, part)
    else:
        shares = ()
        whole, alone = (_fitted(months, values, None, part) for values in (counts, centres))
    return Trend(
        level, counts, centres, positions, inner, _turnover(positions, [each.unmeasured for each in counted]), whole, alone, shares
    )


def _turnover(positions: Sequence[Indices], unmeasured: Sequence[Indices]) -> Indices:
    """Pixels that stayed, came, left and are not measured on the other side, from each epoch to the next, shape (n - 1, 4)."""
    found = []
    for (one, blind_one), (two, blind_two) in pairwise(zip(positions, unmeasured, strict=True)):
        stayed = np.intersect1d(one, two, assume_unique=True).size
        hidden = [np.intersect1d(flat, blind, assume_unique=True).size for flat, blind in ((two, blind_one), (one, blind_two))]
        found.append((stayed, two.size - stayed - hidden[0], one.size - stayed - hidden[1], sum(hidden)))
    return np.array(found, np.int64).reshape(-1, 4)


def criteria_changed(trend: Trend, dates: Sequence[datetime], part: Parts) -> tuple[Indices, list[str]]:
    """First epochs after steps from one file to the next in which it is not the pixels that changed, and a sentence for each.

    Pixels seldom recover and are born at a steady rate. Where more than half of all pixels leave at once, or ten times as many come as in
    the other intervals, what is called hot was changed.
    """
    found, said = [], []
    stayed, came, left, hidden = trend.turnover.T
    months = np.array([max((two - one).total_seconds() / 86400 / DAYS_OF_A_MONTH, 0.1) for one, two in pairwise(dates)])
    for k, length in enumerate(months):
        others = np.delete(came / months, k)
        usual = float(np.median(others)) if others.size else np.inf
        between = f"from {dates[k]:%Y-%m-%d} to {dates[k + 1]:%Y-%m-%d}"
        apart = f" ({hidden[k]:,} more are measured in one of the two only)" if hidden[k] else ""
        if left[k] > 0.5 * (stayed[k] + left[k]) and left[k] > 50:
            sentence = (
                f"{between} {left[k]:,} of {stayed[k] + left[k]:,} pixels leave, {stayed[k]:,} stay and {came[k]:,} come{apart}: "
                f"the criteria changed, which is a step, not healing"
            )
        elif came[k] > 10 * (usual * length + 10) and came[k] > stayed[k]:
            sentence = (
                f"{between} {came[k]:,} pixels come to {stayed[k]:,} that stay, {came[k] / length / max(usual, 1e-3):.0f} times the usual "
                f"rate{apart}: the criteria changed, which is a step, not damage"
            )
        else:
            continue
        found.append(k + 1)
        known = part is not None and bool(part[k + 1] != part[k])
        said.append(sentence if known else f"{sentence}; a step can be fitted with a break at {dates[k + 1]:%Y-%m-%d}")
    return np.array(found, np.int64), said


def _followed(
    counts: Indices,
    centres: Indices,
    positions: Sequence[Indices],
    inner: Sequence[Indices],
    nx: int,
    months: Array,
    part: Parts,
) -> tuple[Growth | None, Growth | None, tuple[StepShare, ...]]:
    """Fits with the noise that the histories of single pixels show."""
    union = hot_clusters.union_of(positions)
    labels = hot_clusters.touching(union, nx)
    whole = hot_clusters.members(labels, hot_clusters.presence(union, positions))
    alone = hot_clusters.members(labels, hot_clusters.presence(union, inner))
    segment = np.zeros(months.size, np.int64) if part is None else part.astype(np.int64)
    noises = [noise_from_changes(months, squared_changes(each), segment) for each in (whole, alone)]
    both = noise_from_changes(months, squared_changes(whole, alone), segment)
    first, second = (_fitted(months, values, noise, part) for values, noise in zip((counts, centres), noises, strict=True))
    if first is None or second is None or part is None:
        return first, second, ()
    used = first.noise, second.noise
    single = noises[0] or used[0], noises[1] or used[1]
    return first, second, step_shares(months, first, second, shared_noise(both or Noise(0.0, 0.0), single, used))


def _fitted(months: Array, counts: Indices, noise: Noise | None, part: Parts) -> Growth | None:
    """The line, None where there are too few dates."""
    values = counts.astype(np.float64)
    try:
        used = noise_from_residuals(months, values, part) if noise is None else with_common_flicker(months, values, noise, part)
        return fit_growth(months, values, used, part)
    except BadInput:
        return None
