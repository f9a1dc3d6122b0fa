"""Growth and step of every threshold in words and as lines: pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.hot_types import Series, Trend
from detgui.gui.common.quantity import MISSING, plain, with_error
from detgui.gui.ramp.ramp_facts import Fact
from detgui.science.hot_growth import DAYS_OF_A_MONTH, Growth, design

Array = NDArray[np.float64]
RATE_UNIT = "pix/month"
POINTS = 60  # of a line between the first and the last date


def trend_facts(series: Series, trend: Trend) -> list[Fact]:
    """Rows for one threshold, the same labels for all of a series; masks have no centres."""
    flags = series.is_mask
    growth, alone = trend.growth, trend.growth_centres
    facts = [Fact("growth", _rate(growth), _story(growth))]
    steps = [f"step {at:%Y-%m-%d}" if len(series.breaks) > 1 else "step" for at in series.breaks]
    for place, name in enumerate(steps):
        facts.append(Fact(name, _step(growth, place), "files from the break on have that many more, beside the common slope"))
    if not flags:
        facts.append(Fact("growth of centres", _rate(alone), "without pixels that neighbours explain"))
        for place, name in enumerate(steps):
            facts.append(Fact(name.replace("step", "step of centres"), _step(alone, place)))
            facts.append(_share(trend, place, name.replace("step", "explained")))
    for name, at in (("count, first", 0), ("count, last", -1)):
        centres = "" if flags else f" ({trend.centres[at]:,} centres)"
        facts.append(Fact(name, f"{trend.counts[at]:,}{centres}", f"{series.dates[at]:%Y-%m-%d}"))
    chi2 = f"{plain(growth.chi2, 3)} / {growth.dof}" if growth is not None else MISSING
    facts.append(Fact("χ² / dof", chi2, "of the line, with the covariance of counts that share their pixels"))
    return facts


def _rate(growth: Growth | None) -> str:
    return with_error(growth.rate, growth.rate_err, RATE_UNIT) if growth is not None else MISSING


def _step(growth: Growth | None, place: int) -> str:
    return with_error(float(growth.steps[place]), float(growth.steps_err[place]), "pix") if growth is not None else MISSING


def _share(trend: Trend, place: int, name: str) -> Fact:
    if place >= len(trend.shares):
        return Fact(name, MISSING, "too few dates")
    share = trend.shares[place]
    text = f"{with_error(share.explained, share.explained_err, 'pix')}, rest {with_error(share.rest, share.rest_err)}"
    return Fact(name, text, "part of the step that are pixels which their neighbours explain; page Spill-over")


def _story(growth: Growth | None) -> str:
    if growth is None:
        return "needs at least two dates"
    noise = growth.noise
    walk = f"q {plain(noise.walk, 3)} pix²/month, s² {plain(noise.flicker, 3)} pix²"
    return f"generalised least squares, months of 30.4375 days; noise from {noise.source}: {walk}"


def line_of(series: Series, growth: Growth, break_days: Sequence[float] = ()) -> tuple[Array, Array, Array]:
    """Days since 1970, fitted counts and their error along the line; lines end at ``break_days`` (days since 1970), NaN between."""
    first, last = float(series.months[0]), float(series.months[-1])
    ends = [first, *(first + (day - series.days[0]) / DAYS_OF_A_MONTH for day in break_days), last]
    pieces = [np.append(np.linspace(*between, POINTS), np.nan) for between in pairwise(ends)]
    months = np.concatenate(pieces)[:-1]
    part = np.repeat(np.arange(len(pieces)), POINTS + 1)[:-1]
    return series.days[0] + DAYS_OF_A_MONTH * (months - first), *_line(growth, design(months, part))


def _line(growth: Growth, x: Array) -> tuple[Array, Array]:
    """Values and errors of the line at rows of the design matrix."""
    parameters = np.array([growth.level, growth.rate, *growth.steps])
    return x @ parameters, np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", x, growth.covariance, x), 0.0))
