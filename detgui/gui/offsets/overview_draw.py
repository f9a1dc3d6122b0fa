"""Figure 6 of the PEARLS JWIDF paper: patch p against q with bands and the line of no time term, and offsets array by array."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGraphicsRectItem

from detgui.analysis.offset_types import PairResult, Result
from detgui.gui.common.colours import pin_colour
from detgui.gui.pages.page_plot import PagePlot
from detgui.science.offset_detectors import NUMBERS
from detgui.science.robust import MAD_TO_SIGMA

SYMBOLS = ("o", "s", "t", "d", "t1", "p", "h", "star", "t2", "t3")
PAIR_COLOURS = (5, 3, 2, 4, 0)
BANDS = (0.05, 0.02)  # mag
MEDIAN_ERROR = 1.2533 * MAD_TO_SIGMA  # of a Gaussian sample
POINT = 9.0  # px
SPREAD = 0.5  # of the arrays' places that points of several filters and epochs take

Choose = Callable[[PairResult], object]


def median_error(mad: float, count: int) -> float:
    """Error of a median from the median absolute deviation, of its unit."""
    return MEDIAN_ERROR * mad / max(count, 1) ** 0.5


def draw(plot: PagePlot, result: Result, before: Result | None, chosen: PairResult | None, choose: Choose) -> None:
    """Draw both plots; ``before`` the correction stands faint behind what is after it."""
    filters = sorted({each.filter for each in result.pairs})
    epochs = list(dict.fromkeys(each.epochs for each in (before or result).pairs))
    style = _Style(plot, filters, epochs, chosen, choose)
    _draw_bands(plot)
    for shown, faint in ((before, True), (result, False)):
        if shown is not None:
            _draw_patches(plot, shown.pairs, style, faint)
            _draw_arrays(plot, shown.pairs, style, faint)
    style.legend()
    plot.label(0, "Δq: A first, B later (mag)", "Δp: B first, A later (mag)")
    plot.label(1, "A − B (mag)", "array")
    numbers = [each for each in NUMBERS if any(pair.number == each for pair in result.pairs)]
    plot.plots[1].getAxis("bottom").setTicks([[(at, each) for at, each in enumerate(numbers)]])
    _fit(plot, [*result.pairs, *(before.pairs if before is not None else ())], len(numbers))


class _Style:
    """Colour by epochs, symbol by filter."""

    def __init__(self, plot: PagePlot, filters: Sequence[str], epochs: Sequence[Any], chosen: PairResult | None, choose: Choose) -> None:
        self.plot, self.filters, self.epochs, self.choose = plot, filters, epochs, choose
        self.key = chosen.key if chosen is not None else None
        self.dark = plot.theme.background.lightnessF() < 0.5

    def colour(self, pair: PairResult, faint: bool) -> QColor:
        place = PAIR_COLOURS[self.epochs.index(pair.epochs) % len(PAIR_COLOURS)] if pair.epochs in self.epochs else 5
        found = QColor(pin_colour(1 if self.dark and place == 5 else place))
        if faint:
            found.setAlpha(110)
        return found

    def symbol(self, pair: PairResult) -> str:
        return SYMBOLS[self.filters.index(pair.filter) % len(SYMBOLS)] if pair.filter in self.filters else "o"

    def points(self, row: int, pairs: Sequence[PairResult], x: Any, y: Any, faint: bool) -> None:
        """Points that choose their step when they are clicked; the chosen one has a ring."""
        theme = self.plot.theme
        spots = [
            {
                "pos": (x[at], y[at]),
                "symbol": self.symbol(each),
                "size": POINT - 2 * faint,
                "pen": theme.pen(theme.foreground if each.key == self.key and not faint else self.colour(each, faint), 1.0),
                "brush": pg.mkBrush(None if faint else self.colour(each, False)),
                "data": each,
            }
            for at, each in enumerate(pairs)
        ]
        item = pg.ScatterPlotItem(spots=spots)
        if not faint:
            item.sigClicked.connect(lambda _, clicked, *__: self.choose(clicked[0].data()) if len(clicked) else None)
            ring = [each for each in spots if each["data"].key == self.key]
            if ring:
                around = pg.ScatterPlotItem([ring[0]["pos"][0]], [ring[0]["pos"][1]], symbol="o", size=POINT + 9, brush=pg.mkBrush(None))
                around.setPen(theme.pen(theme.foreground, 1.4))
                self.plot.add(row, around, 5, bounds=False)
        self.plot.add(row, item, 6 - faint)

    def legend(self) -> None:
        theme, legend = self.plot.theme, self.plot.legends[0]
        for name in self.filters:
            item = pg.ScatterPlotItem(
                [], [], symbol=SYMBOLS[self.filters.index(name) % len(SYMBOLS)], size=POINT, pen=theme.pen(theme.foreground), brush=None
            )
            legend.addItem(item, name.upper())
        if len(self.epochs) > 1:
            for at, pair in enumerate(self.epochs):
                place = PAIR_COLOURS[at % len(PAIR_COLOURS)]
                colour = pin_colour(1 if self.dark and place == 5 else place)
                item = pg.ScatterPlotItem([], [], symbol="s", size=POINT, pen=theme.pen(colour), brush=pg.mkBrush(colour))
                legend.addItem(item, f"epochs {pair[0]}, {pair[1]}")


def _draw_bands(plot: PagePlot) -> None:
    """Offsets within 0.02 and 0.05 mag, and the line on which there is no time term."""
    for size in BANDS:
        ground = QColor(plot.theme.foreground)
        ground.setAlpha(22)
        square = QGraphicsRectItem(QRectF(-size, -size, 2 * size, 2 * size))
        square.setPen(pg.mkPen(None))
        square.setBrush(pg.mkBrush(ground))
        plot.add(0, square, 0)
        band = pg.LinearRegionItem((-size, size), "horizontal", brush=pg.mkBrush(ground), pen=pg.mkPen(None), movable=False)
        plot.add(1, band, 0, bounds=False)
    ends = np.array([-1.0, 1.0])
    line = pg.PlotCurveItem(ends, -ends, pen=plot.theme.pen(plot.theme.foreground, 1.0, Qt.PenStyle.DashLine))
    plot.add(0, line, 2, bounds=False)
    plot.legends[0].addItem(line, "no time term")
    plot.level(0, 0.0), plot.level(0, 0.0, 90), plot.level(1, 0.0)


def _draw_patches(plot: PagePlot, pairs: Sequence[PairResult], style: _Style, faint: bool) -> None:
    x = np.array([each.medians.p for each in pairs])
    y = np.array([each.medians.q for each in pairs])
    for at, each in enumerate(pairs):
        colour = style.colour(each, True)
        errors = median_error(each.medians.p_mad, each.fit.n_p), median_error(each.medians.q_mad, each.fit.n_q)
        if not faint:
            _cross(plot, 0, (x[at], y[at]), (each.medians.p_mad, each.medians.q_mad), colour, 0.6)
        _cross(plot, 0, (x[at], y[at]), errors, colour, 2.0)
    style.points(0, pairs, x, y, faint)


def _cross(plot: PagePlot, row: int, at: tuple[float, float], errors: tuple[float, float], colour: QColor, width: float) -> None:
    bar = pg.ErrorBarItem(
        x=np.array([at[0]]), y=np.array([at[1]]), width=np.array([2 * errors[0]]), height=np.array([2 * errors[1]]), beam=0.0,
        pen=plot.theme.pen(colour, width),
    )  # fmt: skip
    plot.add(row, bar, 4)


def _draw_arrays(plot: PagePlot, pairs: Sequence[PairResult], style: _Style, faint: bool) -> None:
    numbers = [each for each in NUMBERS if any(pair.number == each for pair in pairs)]
    x = np.array([numbers.index(each.number) + _shift(pairs, each) for each in pairs])
    y = np.array([each.fit.offset for each in pairs])
    for at, each in enumerate(pairs):
        bar = pg.ErrorBarItem(
            x=x[at : at + 1], y=y[at : at + 1], height=np.array([2 * each.fit.offset_err]), beam=0.0,
            pen=plot.theme.pen(style.colour(each, True), 2.0),
        )  # fmt: skip
        plot.add(1, bar, 4)
    style.points(1, pairs, x, y, faint)


def _shift(pairs: Sequence[PairResult], pair: PairResult) -> float:
    """Where among the points of its array a step stands, -0.25 to 0.25."""
    same = [each.key for each in pairs if each.number == pair.number]
    return SPREAD * ((same.index(pair.key) + 0.5) / len(same) - 0.5)


def _fit(plot: PagePlot, pairs: Sequence[PairResult], arrays: int) -> None:
    sizes = [
        max(abs(each.medians.p) + each.medians.p_mad, abs(each.medians.q) + each.medians.q_mad, abs(each.fit.offset)) for each in pairs
    ]
    reach = 1.08 * max([0.06, *sizes])
    plot.plots[0].vb.setRange(xRange=(-reach, reach), yRange=(-reach, reach), padding=0)
    heights = [abs(each.fit.offset) + each.fit.offset_err for each in pairs]
    plot.plots[1].vb.setRange(xRange=(-0.5, arrays - 0.5), yRange=(-1.08 * max([0.06, *heights]), 1.08 * max([0.06, *heights])), padding=0)
