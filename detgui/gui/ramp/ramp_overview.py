"""All integrations of one pixel at a glance: every ramp over each other, or the slope against integration."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor

from detgui.analysis import ramp
from detgui.gui.common import plot_theme
from detgui.gui.common.colours import blend
from detgui.gui.common.plot_theme import PlotTheme
from detgui.gui.common.quantity import with_error
from detgui.gui.ramp.many_points import ManyBars, ManyPoints
from detgui.gui.ramp.ramp_plot import AXIS_WIDTH, set_y
from detgui.gui.ramp.ramp_trace import XAxis

Floats = NDArray[np.float64]
MOST_LINES = 300  # above, bands of percentiles stand for the ramps
BANDS = ((0.0, 100.0, 26), (2.5, 97.5, 46), (16.0, 84.0, 80))  # low and high percentile, opacity of 255

_SHARES = ("68 %", "95 %", "all")


def shared_path(x: Floats, ramps: Floats) -> tuple[Floats, Floats, NDArray[np.int32]]:
    """All ramps, shape (nints, ngroups), as one path: x, y and where a line goes on, each of shape (nints * ngroups,)."""
    joined = np.isfinite(ramps)
    joined[:, :-1] &= joined[:, 1:]
    joined[:, -1] = False
    return np.tile(x, len(ramps)), np.nan_to_num(ramps).ravel(), joined.ravel().astype(np.int32)


def bands(ramps: Floats) -> list[tuple[Floats, Floats]]:
    """Low and high percentiles of every group for each of `BANDS`, then the median twice, shapes (ngroups,), DN; NaN is left out."""
    wanted = [p for low, high, _ in BANDS for p in (low, high)] + [50.0]
    if np.isfinite(ramps).all():
        found = np.percentile(ramps, wanted, axis=0)
    else:
        found = np.full((len(wanted), ramps.shape[1]), np.nan)
        for group, column in enumerate(ramps.T):
            finite = column[np.isfinite(column)]
            if len(finite):
                found[:, group] = np.percentile(finite, wanted)
    pairs = [(found[2 * i], found[2 * i + 1]) for i in range(len(BANDS))]
    return [*pairs, (found[-1], found[-1])]


class OverviewPlot(pg.GraphicsLayoutWidget):
    """One plot for either view; ``integration_chosen(number)`` on a click at a slope or a ramp."""

    integration_chosen = Signal(int)

    def __init__(self, parent=None) -> None:
        super().__init__(parent)
        self.setMinimumHeight(220)
        self.setAccessibleName("All integrations of the chosen pixel")
        self.plot = plot_theme.plain_plot(self, width=AXIS_WIDTH, counts=True)
        self.ci.layout.setContentsMargins(2, 8, 6, 2)
        self.plot.vb.disableAutoRange()
        self.overview: ramp.Overview | None = None
        self._key: tuple[object, ...] = ()
        self._again: Callable[[], None] = lambda: None
        self._x: Floats = np.array([])
        self._build_items()
        self.scene().sigMouseClicked.connect(self._on_click)
        self.apply_theme(plot_theme.from_palette(self.palette()))

    def _build_items(self) -> None:
        self.lines = pg.PlotCurveItem()
        self.bands = [pg.PlotCurveItem(fillLevel="enclosed") for _ in BANDS]
        self.median = pg.PlotCurveItem(antialias=True)
        self.current = pg.PlotCurveItem(antialias=True)
        self.points, self.bars = ManyPoints(size=4), ManyBars()
        self.marker = pg.InfiniteLine(angle=90)
        self.here = pg.ScatterPlotItem(pxMode=True, size=11, brush=None)
        for z, item in enumerate((self.lines, *self.bands, self.median, self.bars, self.points, self.marker, self.here, self.current)):
            item.setZValue(z)
            self.plot.addItem(item, ignoreBounds=True)
        self.text = pg.TextItem(anchor=(1, 0))
        self.text.setParentItem(self.plot.vb)
        self.plot.vb.sigResized.connect(lambda: self.text.setPos(self.plot.vb.width() - 4, 2))

    def _headroom(self) -> float:
        """The part of the plot's height that the text takes."""
        return (self.fontMetrics().height() + 4) / max(self.plot.vb.height(), 60.0)

    def _only(self, *shown: object) -> None:
        for item in (self.lines, *self.bands, self.median, self.current, self.points, self.bars, self.marker, self.here):
            item.setVisible(any(item is each for each in shown))

    # every ramp over each other

    def show_overlay(self, overview: ramp.Overview, times: Floats | None, integration: int, axis: XAxis) -> None:
        """Every ramp; ``times`` (ngroups,) in s for the time axis; the ramp of ``integration`` lies on top."""
        self._again = partial(self.show_overlay, overview, times, integration, axis)
        groups = np.arange(1, overview.signal.shape[1] + 1, dtype=np.float64)
        x = times if axis == "time" and times is not None and len(times) == len(groups) else groups
        key = ("overlay", id(overview), axis, self._theme)
        if key != self._key:
            self._key, self.overview, self._x = key, overview, x
            self._draw_overlay(x, overview.signal)
            self.plot.getAxis("bottom").count(x is groups)
            self.plot.setLabel("bottom", "time since reset (s)" if x is not groups else "group", color=self._theme.foreground.name())
            self.plot.setLabel("left", "signal (DN)", color=self._theme.foreground.name())
        row = np.flatnonzero(overview.integration == integration)
        self.current.setVisible(bool(len(row)))
        if len(row):
            self.current.setData(x=x, y=overview.signal[row[0]], connect="finite")
        self.text.setText(self._overlay_text(overview, integration), color=self._theme.foreground)
        self.scene().prepareForPaint()  # as in `RampPlot.fit_view`

    def _draw_overlay(self, x: Floats, ramps: Floats) -> None:
        many = len(ramps) > MOST_LINES
        if many:
            self._only(*self.bands, self.median, self.current)
            *pairs, median = bands(ramps)
            for item, (low, high) in zip(self.bands, pairs, strict=True):
                good = np.isfinite(low) & np.isfinite(high)
                item.setData(x=np.append(x[good], x[good][::-1]), y=np.append(low[good], high[good][::-1]))
            self.median.setData(x=x, y=median[0], connect="finite")
        else:
            self._only(self.lines, self.current)
            path = shared_path(x, ramps)
            self.lines.setData(x=path[0], y=path[1], connect=path[2])
        step = (x[-1] - x[0]) / max(len(x) - 1, 1) or 1.0
        self.plot.setXRange(x[0] - 0.5 * step, x[-1] + 0.5 * step, padding=0)
        set_y(self.plot, ramps, above=self._headroom())

    def _overlay_text(self, overview: ramp.Overview, integration: int) -> str:
        count = len(overview.integration)
        many = f"bands {', '.join(_SHARES)} of " if count > MOST_LINES else ""
        return f"{many}{count} integrations; line: {integration}"

    # slope against integration

    def show_slopes(self, overview: ramp.Overview, integration: int, axis: XAxis) -> None:
        """Slope of the early line of every integration with its error; time is MJD (UTC) where the file knows it."""
        self._again = partial(self.show_slopes, overview, integration, axis)
        timed = axis == "time" and np.isfinite(overview.time_mjd).any()
        key = ("slopes", id(overview), timed, self._theme)
        if key != self._key:
            self._key, self.overview = key, overview
            self._draw_slopes(overview, timed)
        row = np.flatnonzero(overview.integration == integration)
        shown = bool(len(row)) and bool(np.isfinite(self._x[row[0]]))
        self.marker.setVisible(shown)
        self.here.setVisible(shown and bool(np.isfinite(overview.slope[row[0]])))
        said = ""
        if shown:
            place, slope = float(self._x[row[0]]), float(overview.slope[row[0]])
            self.marker.setPos(place)
            if np.isfinite(slope):
                self.here.setData(x=[place], y=[slope])
            said = f"integration {integration}: {with_error(slope, float(overview.slope_err[row[0]]), 'DN/group')}"
        self.text.setText(said, color=self._theme.foreground)
        self.scene().prepareForPaint()

    def _draw_slopes(self, overview: ramp.Overview, timed: bool) -> None:
        self._only(self.points, self.bars, self.marker, self.here)
        if timed:
            day = float(np.floor(np.nanmin(overview.time_mjd)))
            self._x = overview.time_mjd - day
            label = f"time (MJD UTC − {day:.0f}, days)"
        else:
            self._x, label = overview.integration.astype(np.float64), "integration"
        self.plot.getAxis("bottom").count(not timed)
        self.plot.setLabel("bottom", label, color=self._theme.foreground.name())
        self.plot.setLabel("left", "slope (DN/group)", color=self._theme.foreground.name())
        good = np.isfinite(self._x) & np.isfinite(overview.slope)
        self.points.setData(x=self._x[good], y=overview.slope[good])
        known = good & np.isfinite(overview.slope_err)
        self.bars.setData(x=self._x[known], y=overview.slope[known], height=2 * overview.slope_err[known])
        xs = self._x[np.isfinite(self._x)]
        room = 0.02 * (xs.max() - xs.min()) or 0.5
        self.plot.setXRange(xs.min() - room, xs.max() + room, padding=0)
        error = np.nan_to_num(overview.slope_err)
        set_y(self.plot, np.append(overview.slope - error, overview.slope + error), above=self._headroom())

    def _on_click(self, event) -> None:
        if self.overview is None or not self._key or event.button() != Qt.MouseButton.LeftButton:
            return
        if not self.plot.vb.sceneBoundingRect().contains(event.scenePos()):
            return
        place = self.plot.vb.mapSceneToView(event.scenePos())
        apart = np.abs(self._x - place.x())
        if self._key[0] == "overlay":  # the ramp that passes closest over or under the mouse
            apart = np.abs(self.overview.signal[:, int(np.nanargmin(apart))] - place.y())
        if np.isfinite(apart).any():
            self.integration_chosen.emit(int(self.overview.integration[int(np.nanargmin(apart))]))

    def redraw(self) -> None:
        """Draw the same again, in the colours of now and with the axes around all of it."""
        self._key = ()
        self._again()

    @property
    def theme(self) -> PlotTheme:
        return self._theme

    def apply_theme(self, theme: PlotTheme) -> None:
        self._theme = theme
        self._key = ()
        self.setBackground(theme.background)
        plot_theme.apply_axes(self.plot, theme)
        thin = QColor(theme.points)
        thin.setAlpha(70)
        self.lines.setPen(theme.pen(thin))
        for item, (_, _, opacity) in zip(self.bands, BANDS, strict=True):
            fill = QColor(theme.points)
            fill.setAlpha(opacity)
            item.setPen(None)
            item.setBrush(pg.mkBrush(fill))
        self.median.setPen(theme.pen(theme.foreground, width=1.2, style=Qt.PenStyle.DashLine))
        self.current.setPen(theme.pen(theme.line, width=2))
        self.points.setBrush(pg.mkBrush(theme.points))
        # Not see-through: bars that lie over each other would take many times as long.
        self.bars.setPen(theme.pen(blend(theme.background, theme.points, 0.35)))
        self.marker.setPen(theme.pen(theme.line, width=1))
        self.here.setPen(theme.pen(theme.line, width=2))
