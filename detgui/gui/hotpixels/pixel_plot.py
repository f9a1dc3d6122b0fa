"""One pixel's dark rate against date, drawn and in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from detgui.analysis.hot_history import PixelHistory
from detgui.analysis.hot_history import Result as History
from detgui.analysis.hot_types import Series
from detgui.gui.common.buttons import flat_button
from detgui.gui.common.quantity import MISSING, plain, with_error
from detgui.gui.hotpixels.hot_page import DAY, class_colour, seconds
from detgui.gui.hotpixels.words import level_text
from detgui.gui.pages.page_plot import PagePlot
from detgui.gui.ramp.ramp_facts import Fact
from detgui.science.hot_classes import CLASSES


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A pixel's rates: ``place`` in the lists of the history, -1 where it was never hot or nothing was followed."""

    x: int
    y: int
    rate: np.ndarray
    err: np.ndarray
    place: int


def curve_of(history: History | None, pixel: tuple[int, int], read: PixelHistory | None) -> Curve | None:
    """Rates of a pixel out of the history, else as read; None where there are none yet."""
    x, y = pixel
    if history is not None:
        place = place_of(history, x, y)
        if place >= 0:
            return Curve(x, y, history.rate[place], history.err[place], place)
    return Curve(x, y, read.rate, read.err, -1) if read is not None and (read.x, read.y) == pixel else None


def place_of(history: History, x: int, y: int) -> int:
    """Place of a pixel in the lists of a history, -1 for none."""
    nx = history.series.shape[1]
    flat = history.y * nx + history.x
    place = int(np.searchsorted(flat, y * nx + x))
    return place if place < flat.size and flat[place] == y * nx + x else -1


def draw_curve(
    plot: PagePlot,
    series: Series,
    curve: Curve,
    history: History | None,
    level: float | None,
    break_days: Sequence[float] = (),
    epochs: tuple[int, ...] = (),
    log: bool = False,
) -> None:
    """Rates with errors, the threshold, the breaks, and the epochs that are compared; ``log``: of the rates above their errors."""
    x = seconds(series)
    colour = plot.theme.points if curve.place < 0 or history is None else class_colour(CLASSES[history.classes[curve.place]])
    log = log and not series.is_mask
    plot.plots[0].getAxis("left").setLogMode(y=log)
    rate, err = _logarithmic(curve) if log else (curve.rate, curve.err)
    finite = np.isfinite(rate)
    plot.line(0, x[finite], rate[finite], plot.theme.faint, 1.0)
    plot.points(0, x, rate, None if series.is_mask else err, colour, "o", 7.0)
    if level is not None:
        plot.level(0, np.log10(level) if log else level, 0, level_text(level, series.unit), plot.theme.boundary, style=Qt.PenStyle.DashLine)
    for at, epoch in enumerate(epochs):
        side = 0 if epoch == min(epochs) else 1  # words stand between the two
        name = ("first", "second")[at]
        plot.level(0, x[epoch], 90, name, plot.theme.boundary, position=0.95, anchors=[(side, 0), (side, 0)])
    for day in break_days:
        plot.level(0, DAY * day, 90, "", plot.theme.faint, style=Qt.PenStyle.DashLine)


def _logarithmic(curve: Curve) -> tuple[np.ndarray, np.ndarray]:
    """log10 of the rates above their errors, NaN for others, which have no logarithm worth its error bar, and its error."""
    with np.errstate(invalid="ignore"):
        rate = np.where((curve.rate > 0) & ~(curve.rate <= curve.err), curve.rate, np.nan).astype(float)
    return np.log10(rate), curve.err / rate / np.log(10.0)


def log_button(page: Any) -> QPushButton:
    """The button of a page that puts rates of pixels on a logarithmic axis."""
    button = flat_button("Log", "Rates above their errors on a logarithmic axis")
    button.setCheckable(True)
    button.clicked.connect(lambda on: page.session.set_hot(text="Log axis", log_rates=on))
    return button


def curve_facts(series: Series, curve: Curve, history: History | None) -> list[Fact]:
    """Class, change and significance of a pixel."""
    unit = "" if series.is_mask else series.unit
    last = with_error(float(curve.rate[-1]), float(curve.err[-1]), unit)
    mean = _mean(curve, unit)
    facts = [Fact("last rate" if unit else "last", last, f"{series.dates[-1]:%Y-%m-%d}"), mean]
    if history is None:
        return [
            Fact("class", MISSING, "single pixels were not followed yet"),
            *facts,
            Fact("change", MISSING),
            Fact("significance", MISSING),
        ]
    if curve.place < 0:
        varies = bool(np.isin(curve.y * series.shape[1] + curve.x, history.varying))
        text = "never hot, varies" if varies else "never hot"
        return [
            Fact("class", text, "varies: not constant at the false-discovery rate"),
            *facts,
            Fact("change", MISSING),
            _significance(None),
        ]
    at, changed = curve.place, int(history.changed[curve.place])
    kind = "" if history.centre[at] else ", lifted by its neighbours"
    words = f"{CLASSES[history.classes[at]]}{kind}"
    when = MISSING
    if changed > 0:
        when = f"between {series.dates[history.before[at]]:%Y-%m-%d} and {series.dates[changed]:%Y-%m-%d}"
        when += ", at the break" if history.at_break()[at] else ""
    times = f"hot in {int(history.hot[at].sum())} of {len(series.files)} files"
    return [Fact("class", words, times), *facts, Fact("change", when, times), _significance(float(history.z[at]))]


def _mean(curve: Curve, unit: str) -> Fact:
    good = np.isfinite(curve.rate)
    middle = float(np.median(curve.rate[good])) if good.any() else float("nan")
    return Fact("median", f"{plain(middle, 4)} {unit}".strip(), "of all epochs")


def _significance(z: float | None) -> Fact:
    text = f"{abs(z):.1f} σ" if z is not None and np.isfinite(z) else MISSING
    return Fact("significance", text, "of the change: weighted mean of the rates after it against before")
