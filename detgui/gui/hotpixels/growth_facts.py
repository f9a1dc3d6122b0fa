"""Growth and step of every threshold in words and as lines: pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.hot_types import Series, Trend
from detgui.gui.common.quantity import MISSING, plain, with_error
from detgui.gui.ramp.ramp_facts import Fact
from detgui.science.hot_growth import Growth, design

Array = NDArray[np.float64]
RATE_UNIT = "pix/month"
POINTS = 60  # of a line between the first and the last date


def trend_facts(series: Series, trend: Trend) -> list[Fact]:
    """Rows for one threshold, the same labels for all of a series."""
    stepped, flags = series.after is not None, series.is_mask
    growth, alone = trend.growth, trend.growth_centres
    facts = [Fact("growth", _rate(growth), _story(growth))]
    if stepped:
        facts.append(Fact("step", _step(growth), "files from the break on have that many more, beside the common slope"))
    facts.append(Fact("growth of centres", _rate(alone), "without pixels that neighbours explain" if not flags else "isolated ones"))
    if stepped:
        facts.append(Fact("step of centres", _step(alone)))
        facts.append(_share(trend))
    facts.append(Fact("count, first", f"{trend.counts[0]:,} ({trend.centres[0]:,} centres)", f"{series.dates[0]:%Y-%m-%d}"))
    facts.append(Fact("count, last", f"{trend.counts[-1]:,} ({trend.centres[-1]:,} centres)", f"{series.dates[-1]:%Y-%m-%d}"))
    if growth is not None:
        facts.append(Fact("χ² / dof", f"{plain(growth.chi2, 3)} / {growth.dof}", "of the line, with the covariance of shared pixels"))
    else:
        facts.append(Fact("χ² / dof", MISSING))
    return facts


def _rate(growth: Growth | None) -> str:
    return with_error(growth.rate, growth.rate_err, RATE_UNIT) if growth is not None else MISSING


def _step(growth: Growth | None) -> str:
    return with_error(growth.step, growth.step_err, "pix") if growth is not None else MISSING


def _share(trend: Trend) -> Fact:
    share = trend.share
    if share is None:
        return Fact("explained", MISSING, "too few dates")
    text = f"{with_error(share.explained, share.explained_err, 'pix')}, rest {with_error(share.rest, share.rest_err)}"
    return Fact("explained", text, "part of the step that are pixels which their neighbours explain; page Spill-over")


def _story(growth: Growth | None) -> str:
    if growth is None:
        return "needs at least two dates"
    noise = growth.noise
    walk = f"q {plain(noise.walk, 3)} pix²/month, s² {plain(noise.flicker, 3)} pix²"
    return f"generalised least squares, months of 30.4375 days; noise from {noise.source}: {walk}"


def line_of(series: Series, growth: Growth) -> tuple[Array, Array, Array]:
    """Days since 1970, fitted counts and their error along the line, broken (NaN) at the break; shapes (n,)."""
    months = np.linspace(series.months[0], series.months[-1], POINTS)
    if series.after is None:
        days = np.interp(months, series.months, series.days)
        return days, *_line(growth, design(months, None))
    at = int(np.argmax(series.after))
    before, after = months[months <= series.months[at]], months[months >= series.months[at - 1]]
    both = np.concatenate([before, [np.nan], after])
    state = np.concatenate([np.zeros(before.size + 1, bool), np.ones(after.size, bool)])
    days = series.days[0] + (both - series.months[0]) * (series.days[-1] - series.days[0]) / (series.months[-1] - series.months[0])
    return days, *_line(growth, design(both, state))


def _line(growth: Growth, x: Array) -> tuple[Array, Array]:
    """Values and errors of the line at rows of the design matrix."""
    parameters = np.array([growth.level, growth.rate, growth.step][: x.shape[1]])
    return x @ parameters, np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", x, growth.covariance, x), 0.0))
