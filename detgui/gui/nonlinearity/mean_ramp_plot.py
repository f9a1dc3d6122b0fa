"""Mean ramp of a pixel and what its early line leaves, with the boundary N that is dragged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Signal

from detgui.gui.common import plot_theme
from detgui.gui.common.plot_theme import PlotTheme
from detgui.gui.common.quantity import MISSING, with_error
from detgui.gui.ramp.boundary_line import BoundaryLine
from detgui.gui.ramp.ramp_plot import AXIS_WIDTH, set_y
from detgui.session.nonlinearity import LEAST_AFTER, LEAST_BEFORE


@dataclass(frozen=True, slots=True, eq=False)
class MeanRamp:
    """A pixel's mean ramp, DN, shape (ngroups,); its late slope with error out of the map, DN/group; what the title says."""

    signal: NDArray[np.float64]
    late_slope: float
    late_slope_err: float
    title: str
    approximate: bool = False


def early_line(signal: NDArray[np.float64], last: int) -> NDArray[np.float64]:
    """The least-squares line through the first ``last`` groups, at every group, shape (ngroups,)."""
    group = np.arange(1.0, signal.size + 1)
    x, y = group[:last] - group[:last].mean(), signal[:last]
    return np.asarray(y.mean() + (x @ y) / (x @ x) * (group - group[:last].mean()))


def late_line(residual: NDArray[np.float64], last: int) -> NDArray[np.float64]:
    """The line through the residuals after group ``last``, NaN before, shape (ngroups,)."""
    late = residual[last:]
    x = np.arange(late.size) - (late.size - 1) / 2
    slope = (x @ late) / (x @ x) if late.size > 1 else np.nan
    return np.concatenate([np.full(last, np.nan), late.mean() + slope * x])


class MeanRampPlot(pg.GraphicsLayoutWidget):
    """``boundary_moved(N, finished)`` while N is dragged; ``boundary_reset()`` on a double click on it."""

    boundary_moved = Signal(int, bool)
    boundary_reset = Signal()

    def __init__(self, parent=None) -> None:
        super().__init__(parent)
        self.setMinimumHeight(150)
        self.setAccessibleName("Mean ramp and residual")
        self.ramp, self.residual = (plot_theme.plain_plot(self, row, AXIS_WIDTH) for row in (0, 1))
        self.ci.layout.setRowStretchFactor(0, 1)
        self.ci.layout.setRowStretchFactor(1, 1)
        self.ci.layout.setSpacing(0)
        self.ci.layout.setContentsMargins(2, 2, 6, 2)
        self._shown: MeanRamp | None = None
        self._n = 0
        self._build()
        self.apply_theme(plot_theme.from_palette(self.palette()))
        self.show_nothing("")

    def _build(self) -> None:
        for plot in (self.ramp, self.residual):
            plot.vb.disableAutoRange()
            plot.vb.setMouseEnabled(False, False)
        self.residual.setXLink(self.ramp)
        self.ramp.getAxis("bottom").setStyle(showValues=False)
        self.ramp.setLabel("left", "mean (DN)")
        self.residual.setLabel("left", "residual (DN)")
        self.residual.setLabel("bottom", "group")
        self.points = pg.ScatterPlotItem(size=5)
        self.left_points = pg.ScatterPlotItem(size=5)
        self.line, self.late = pg.PlotCurveItem(), pg.PlotCurveItem(connect="finite")
        self.zero = pg.InfiniteLine(pos=0, angle=0)
        self.boundary, self.boundary_below = BoundaryLine(), pg.InfiniteLine(angle=90)
        self.boundary.moved.connect(self._moved)
        self.boundary.reset_asked.connect(self.boundary_reset)
        self.title, self.slope = pg.TextItem(), pg.TextItem()
        for text, plot in ((self.title, self.ramp), (self.slope, self.residual)):
            text.setParentItem(plot.vb)
            text.setPos(4, 2)
            text.setZValue(30)
        for item in (self.line, self.points, self.boundary):
            self.ramp.addItem(item, ignoreBounds=True)
        for item in (self.zero, self.late, self.left_points, self.boundary_below):
            self.residual.addItem(item, ignoreBounds=True)

    @property
    def theme(self) -> PlotTheme:
        return self._theme

    @property
    def dragging(self) -> bool:
        return self.boundary.dragging

    def show_nothing(self, why: str) -> None:
        """Empty axes and a sentence."""
        self._shown = None
        self._show_values(False)
        for item in (self.points, self.left_points, self.line, self.late, self.boundary, self.boundary_below, self.slope):
            item.setVisible(False)
        self.title.setText(why, color=self._theme.foreground)

    def show_ramp(self, ramp: MeanRamp, n: int) -> None:
        """Show a pixel with the line through its first ``n`` groups; what is drawn already is not drawn again."""
        before, self._shown = self._shown, ramp
        if before is not None and n == self._n and np.array_equal(before.signal, ramp.signal):
            self._say(ramp)
            return
        self._n = n
        self._show_values(True)
        for item in (self.points, self.left_points, self.line, self.late, self.boundary, self.boundary_below, self.slope):
            item.setVisible(True)
        group = np.arange(1.0, ramp.signal.size + 1)
        line = early_line(ramp.signal, n)
        residual = ramp.signal - line
        self.points.setData(group, ramp.signal)
        self.line.setData(group, line)
        self.left_points.setData(group, residual)
        self.late.setData(group, late_line(residual, n))
        self.boundary.set_places(group)
        if not self.boundary.dragging:
            self.boundary.set_n(n)
        self.boundary_below.setPos(self.boundary.value())
        self.ramp.setXRange(0.4, group.size + 0.9, padding=0)
        set_y(self.ramp, np.append(ramp.signal, line), above=0.1)
        set_y(self.residual, np.append(residual, 0.0), above=0.2)
        self._say(ramp)

    def _show_values(self, on: bool) -> None:
        for plot in (self.ramp, self.residual):
            plot.getAxis("left").setStyle(showValues=on)
        self.residual.getAxis("bottom").setStyle(showValues=on)

    def _say(self, ramp: MeanRamp) -> None:
        self.title.setText(ramp.title, color=self._theme.foreground)
        text = with_error(ramp.late_slope, ramp.late_slope_err, "DN/group")
        mark = " (approximate)" if ramp.approximate else ""
        self.slope.setText(f"after N: {text}{mark}" if text != MISSING else "", color=self._theme.line)

    def redraw(self) -> None:
        """Draw the same again, in the colours of now."""
        if self._shown is not None:
            ramp, self._shown = self._shown, None
            self.show_ramp(ramp, self._n)

    def _moved(self, n: int, finished: bool) -> None:
        size = self._shown.signal.size if self._shown is not None else n
        kept = max(min(n, size - LEAST_AFTER), LEAST_BEFORE)
        if kept != n:
            self.boundary.set_n(kept)
        self.boundary_below.setPos(self.boundary.value())
        if self._shown is not None:
            self.show_ramp(self._shown, kept)
        self.boundary_moved.emit(kept, finished)

    def apply_theme(self, theme: PlotTheme) -> None:
        """Colour everything."""
        self._theme = theme
        self.setBackground(theme.background)
        for plot in (self.ramp, self.residual):
            plot_theme.apply_axes(plot, theme)
        for points in (self.points, self.left_points):
            points.setPen(None)
            points.setBrush(pg.mkBrush(theme.points))
        for curve in (self.line, self.late):
            curve.setPen(theme.pen(theme.line, width=1.6))
        self.zero.setPen(theme.pen(theme.faint))
        self.boundary.set_theme(theme)
        for text in (self.title, self.slope):
            text.fill = pg.mkBrush(theme.background)  # the boundary passes behind
        self.boundary_below.setPen(theme.pen(theme.boundary, width=1.4))
