"""Draws a step: every source that both modules saw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor

from detgui.analysis.offset_trends import Trend, trend
from detgui.analysis.offset_types import PairResult
from detgui.gui.image import colormaps
from detgui.gui.offsets.step_plot import ALONG, COLUMN, HISTOGRAM, MAGNITUDE, ROW, SKY, StepPlot
from detgui.science.offset_sky import LongAxis, tangent_plane
from detgui.science.robust import MAD_TO_SIGMA

Array = NDArray[np.float64]

OUTLIER = 0.5  # weight below which a source is drawn hollow: 2.7 standard deviations
LEAST_REACH = 0.03  # mag
BINS = 24
PIXEL_UNIT = 1000.0  # trends along a detector are per thousand pixels


@dataclass(frozen=True, slots=True)
class View:
    """What is drawn: the step, its axis, the module whose pixels count ('A' or 'B'), the chosen source (None for none), and colours."""

    pair: PairResult
    axis: LongAxis
    module: str
    chosen: int | None
    p_colour: QColor
    q_colour: QColor

    def pixels(self) -> tuple[Array, Array]:
        """(x, y) of every source on the detector of the module; NaN where the catalogs do not say."""
        sources = self.pair.sources
        later = sources.in_p == (self.module == "A")  # in p module A is the later
        return tuple(np.where(later, each[1], each[0]) for each in (sources.x, sources.y))  # type: ignore[return-value]

    def reach(self) -> tuple[float, float]:
        """(middle, half the height) of the offsets that are shown, mag; what is outside is drawn at the edge."""
        delta, ups = self.pair.sources.delta, self.pair.sources.in_p
        middles = [float(np.median(delta[part])) for part in (ups, ~ups) if part.any()]
        spreads = [MAD_TO_SIGMA * float(np.median(np.abs(delta[part] - m))) for part, m in zip((ups, ~ups), middles, strict=False)]
        middle = float(np.mean(middles))
        return middle, max(LEAST_REACH, max(abs(m - middle) + 4.5 * s for m, s in zip(middles, spreads, strict=True)))


def draw(plot: StepPlot, view: View) -> None:
    """Draw all plots."""
    middle, reach = view.reach()
    _sky(plot, view, reach)
    _histograms(plot, view, middle, reach)
    _along(plot, view)
    sources = view.pair.sources
    x, y = view.pixels()
    for row, values in ((ALONG, sources.d), (MAGNITUDE, sources.mag), (COLUMN, x), (ROW, y)):
        _points(plot, row, view, values, middle, reach)
        plot.level(row, 0.0)
    for row, values in ((MAGNITUDE, sources.mag), (COLUMN, x), (ROW, y)):
        _trends(plot, row, view, values)
    detector = view.pair.detectors[view.module == "B"].upper()
    plot.label(ALONG, "Δ (mag)", "d (arcmin)")
    plot.label(MAGNITUDE, "", "magnitude (mag)")
    plot.label(COLUMN, "Δ (mag)", f"x on {detector} (px)")
    plot.label(ROW, "", f"y on {detector} (px)")
    plot.plots[ALONG].vb.setYRange(middle - reach, middle + reach, padding=0.03)
    for row, values in ((ALONG, sources.d), (MAGNITUDE, sources.mag), (COLUMN, x), (ROW, y)):
        _fit(plot, row, values)


def _fit(plot: StepPlot, row: int, values: Array) -> None:
    good = values[np.isfinite(values)]
    if good.size:
        low, high = float(good.min()), float(good.max())
        room = 0.04 * (high - low) or 1.0
        plot.plots[row].vb.setXRange(low - room, high + room, padding=0)
    else:
        words = pg.TextItem("not known", color=plot.theme.faint, anchor=(0.5, 0.5))
        plot.add(row, words, 5, bounds=False)
        plot.plots[row].vb.setXRange(-1, 1, padding=0)
        words.setPos(0.0, sum(plot.plots[ALONG].vb.viewRange()[1]) / 2)


# Sources


def hollow(pair: PairResult) -> NDArray[np.bool_]:
    """Sources that count less than half, shape (n,)."""
    return pair.fit.weights < OUTLIER


def _points(plot: StepPlot, row: int, view: View, values: Array, middle: float, reach: float) -> None:
    """Offsets of every source; those outside the shown range are triangles at its edge."""
    sources, theme = view.pair.sources, plot.theme
    good = np.flatnonzero(np.isfinite(values))
    delta = np.clip(sources.delta, middle - reach, middle + reach)
    out = np.where(sources.delta > middle + reach, 1, np.where(sources.delta < middle - reach, -1, 0))
    open_ = hollow(view.pair)
    pens = {part: theme.pen(colour, 1.0) for part, colour in ((True, view.p_colour), (False, view.q_colour))}
    full = {part: pg.mkBrush(_faint(colour, 170)) for part, colour in ((True, view.p_colour), (False, view.q_colour))}
    plot.dots(
        row,
        values[good],
        delta[good],
        good,
        [None if open_[at] else full[bool(sources.in_p[at])] for at in good],
        [pens[bool(sources.in_p[at])] for at in good],
        [("t1", "o", "t")[1 - out[at]] for at in good],
        5.0,
    )
    if view.chosen is not None and np.isfinite(values[view.chosen]):
        plot.ring(row, float(values[view.chosen]), float(delta[view.chosen]))


def _faint(colour: QColor, alpha: int) -> QColor:
    found = QColor(colour)
    found.setAlpha(alpha)
    return found


def _sky(plot: StepPlot, view: View, reach: float) -> None:
    sources, theme = view.pair.sources, plot.theme
    east, north = tangent_plane(sources.ra, sources.dec, view.axis.ra, view.axis.dec)
    table = colormaps.colours(colormaps.DIVERGING)
    limit = reach
    place = (np.clip(sources.delta / limit, -1, 1) + 1) / 2 * (len(table) - 1)
    colours = [pg.mkBrush(*table[int(each)].astype(int).tolist()) for each in np.rint(place)]
    open_ = hollow(view.pair)
    pens = [theme.pen(theme.faint if not each else theme.foreground, 0.6 if not each else 1.2) for each in open_]
    plot.dots(SKY, east, north, np.arange(len(sources)), colours, pens, ["s" if each else "o" for each in open_], 7.0)
    if view.chosen is not None:
        plot.ring(SKY, float(east[view.chosen]), float(north[view.chosen]))
    _axes_on_sky(plot, view, east, north)
    plot.label(SKY, "north (arcmin)", "east (arcmin)")


def _axes_on_sky(plot: StepPlot, view: View, east: Array, north: Array) -> None:
    """The d axis through its origin with p and q at its ends, and where north and east are."""
    theme = plot.theme
    angle = np.deg2rad(view.axis.angle)
    unit, side = np.array([np.sin(angle), np.cos(angle)]), np.array([np.cos(angle), -np.sin(angle)])
    d, across = view.pair.sources.d, east * side[0] + north * side[1]
    low, high = 1.1 * min(float(d.min()), 0.0), 1.1 * max(float(d.max()), 0.1)
    tip = high * unit
    plot.line(SKY, np.array([low * unit[0], tip[0]]), np.array([low * unit[1], tip[1]]), theme.faint, 1.0, style=Qt.PenStyle.DashLine)
    for turn in (0.45, -0.45):
        back = tip - 0.08 * high * np.array([np.sin(angle + turn), np.cos(angle + turn)])
        plot.line(SKY, np.array([tip[0], back[0]]), np.array([tip[1], back[1]]), theme.faint, 1.2)
    words = [("d", 1.1 * tip, theme.foreground)]
    edge = float(np.max(np.abs(across))) * 1.2 * side
    for name, part, colour in (("p", view.pair.sources.in_p, view.p_colour), ("q", ~view.pair.sources.in_p, view.q_colour)):
        if part.any():
            words.append((name, float(np.median(d[part])) * unit + edge, colour))
    for name, at, colour in words:
        _word(plot, name, at, colour)
    compass = _compass(plot, east, north)
    places = np.array([*np.stack([east, north], axis=1), tip, *(at for _, at, _ in words), *compass])
    lows, highs = places.min(axis=0), places.max(axis=0)
    plot.plots[SKY].vb.setRange(xRange=(lows[0], highs[0]), yRange=(lows[1], highs[1]), padding=0.03)


def _compass(plot: StepPlot, east: Array, north: Array) -> list[Any]:
    """North and east in the corner that has the fewest sources; returns the places that it takes."""
    size = 0.14 * float(max(np.ptp(east), np.ptp(north), 1e-3))
    low, high = (float(east.min()), float(north.min())), (float(east.max()) - size, float(north.max()) - size)
    corners = [(x, y) for x in (low[0], high[0]) for y in (low[1], high[1])]

    def inside(corner: tuple[float, float]) -> int:
        x, y = corner
        return int(((east > x - 0.2 * size) & (east < x + 1.5 * size) & (north > y - 0.2 * size) & (north < y + 1.5 * size)).sum())

    corner = np.array(min(corners, key=inside))
    ends = [corner + np.array(step) * size for step in ((0.0, 1.0), (1.0, 0.0))]
    for end, word in zip(ends, ("N", "E"), strict=True):
        plot.line(SKY, np.array([corner[0], end[0]]), np.array([corner[1], end[1]]), plot.theme.foreground, 1.4)
        _word(plot, word, corner + 1.3 * (end - corner), plot.theme.foreground)
    return [corner, *(corner + 1.4 * (end - corner) for end in ends)]


def _word(plot: StepPlot, text: str, at: Any, colour: QColor) -> None:
    item = pg.TextItem(text, color=colour, anchor=(0.5, 0.5))
    plot.add(SKY, item, 9, bounds=False)
    item.setPos(QPointF(float(at[0]), float(at[1])))


# Histograms and lines


def _histograms(plot: StepPlot, view: View, middle: float, reach: float) -> None:
    sources = view.pair.sources
    edges = np.linspace(middle - reach, middle + reach, BINS + 1)
    highest = 1
    for part, colour, name in ((sources.in_p, view.p_colour, "p"), (~sources.in_p, view.q_colour, "q")):
        counts, _ = np.histogram(np.clip(sources.delta[part], edges[0], edges[-1]), edges)
        highest = max(highest, int(counts.max(initial=0)))
        item = pg.PlotCurveItem(
            edges,
            counts.astype(float),
            stepMode="center",
            fillLevel=0,
            brush=pg.mkBrush(_faint(colour, 60)),
            pen=plot.theme.pen(colour, 1.4),
        )
        plot.add(HISTOGRAM, item, 3)
        plot.legends[HISTOGRAM].addItem(item, f"{name} ({int(part.sum())})")
        if part.any():
            plot.level(HISTOGRAM, float(np.median(sources.delta[part])), 90, colour=colour, style=Qt.PenStyle.DashLine)
    plot.label(HISTOGRAM, "sources", "Δ, later − earlier (mag)")
    _colour_key(plot, middle, reach, 0.09 * highest)
    plot.plots[HISTOGRAM].vb.setRange(xRange=(edges[0], edges[-1]), yRange=(-0.1 * highest, 1.4 * highest), padding=0)


def _colour_key(plot: StepPlot, middle: float, reach: float, height: float) -> None:
    """A strip under the histograms: which colour is which offset on the sky."""
    table = colormaps.colours(colormaps.DIVERGING)
    delta = np.linspace(middle - reach, middle + reach, 200)
    place = (np.clip(delta / reach, -1, 1) + 1) / 2 * (len(table) - 1)
    item = pg.ImageItem(table[np.rint(place).astype(int)].astype(np.uint8)[None, :, :], axisOrder="row-major", levels=(0, 255))
    item.setRect(QRectF(middle - reach, -height, 2 * reach, height))
    plot.add(HISTOGRAM, item, 2)


def _along(plot: StepPlot, view: View) -> None:
    """The fitted lines with the band of one standard error."""
    sources, fit = view.pair.sources, view.pair.fit
    for part, sign, colour in ((sources.in_p, 1.0, view.p_colour), (~sources.in_p, -1.0, view.q_colour)):
        if not part.any():
            continue
        d = np.linspace(float(sources.d[part].min()), float(sources.d[part].max()), 40)
        value = sign * fit.offset + fit.time + fit.slope * d
        gradient = np.stack([np.full_like(d, sign), np.ones_like(d), d], axis=1)
        err = np.sqrt(np.maximum(np.einsum("ni,ij,nj->n", gradient, fit.covariance, gradient), 0.0))
        plot.band(ALONG, d, value - err, value + err, colour, 90)
        plot.line(ALONG, d, value, colour, 2.0)


def trends(view: View, values: Array) -> tuple[Trend | None, Trend | None]:
    """Lines through the offsets of p and of q."""
    sources = view.pair.sources
    return tuple(trend(values[part], sources.delta[part], sources.err[part]) for part in (sources.in_p, ~sources.in_p))  # type: ignore[return-value]


def _trends(plot: StepPlot, row: int, view: View, values: Array) -> None:
    sources = view.pair.sources
    for found, part, colour in zip(trends(view, values), (sources.in_p, ~sources.in_p), (view.p_colour, view.q_colour), strict=True):
        if found is not None:
            ends = np.array([np.nanmin(values[part]), np.nanmax(values[part])])
            plot.line(row, ends, found.at(ends), colour, 1.6)
