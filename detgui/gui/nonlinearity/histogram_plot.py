"""Histogram of the slopes of a region, with its robust range."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt

from detgui.analysis import region_stats
from detgui.gui.common import plot_theme
from detgui.gui.common.plot_theme import PlotTheme

SIZE = (480, 320)  # of a figure, px
AXIS_WIDTH = 46  # px


class HistogramPlot(pg.GraphicsLayoutWidget):
    """Counts on a logarithmic axis; dashed lines at the ends of the robust range."""

    def __init__(self, parent=None) -> None:
        super().__init__(parent)
        self.setMinimumHeight(90)
        self.setAccessibleName("Histogram of the slopes")
        self.plot = plot_theme.plain_plot(self, width=AXIS_WIDTH)
        self.ci.layout.setContentsMargins(2, 4, 6, 2)
        plot = self.plot
        plot.vb.disableAutoRange()
        plot.vb.setMouseEnabled(False, False)
        plot.setLabel("left", "pixels")
        plot.setLabel("bottom", "DN/group")
        plot.getAxis("left").setLogMode(y=True)
        self.curve = pg.PlotCurveItem([0.0, 1.0], [0.0], stepMode="center", fillLevel=0)
        self.zero = pg.InfiniteLine(pos=0, angle=90)
        self.ends = [pg.InfiniteLine(angle=90) for _ in range(2)]
        for item in (self.curve, self.zero, *self.ends):
            plot.addItem(item, ignoreBounds=True)
        self.apply_theme(plot_theme.from_palette(self.palette()))
        self.show_result(None)

    @property
    def theme(self) -> PlotTheme:
        return self._theme

    def show_result(self, result: region_stats.Result | None) -> None:
        """Show the histogram of a region, None for nothing."""
        for item in (self.curve, self.zero, *self.ends):
            item.setVisible(result is not None)
        if result is None:
            return
        level = np.log10(np.maximum(result.counts, 0.5))
        self.curve.setData(result.edges, level)
        self.curve.setFillLevel(float(np.log10(0.5)))
        for line, place in zip(self.ends, (result.range.low, result.range.high), strict=True):
            line.setPos(place)
        self.plot.setXRange(float(result.edges[0]), float(result.edges[-1]), padding=0.01)
        self.plot.setYRange(float(np.log10(0.5)), float(level.max()) + 0.15, padding=0)

    def apply_theme(self, theme: PlotTheme) -> None:
        """Colour everything."""
        self._theme = theme
        self.setBackground(theme.background)
        plot_theme.apply_axes(self.plot, theme)
        self.curve.setPen(theme.pen(theme.points))
        self.curve.setBrush(pg.mkBrush(theme.grid))
        self.zero.setPen(theme.pen(theme.faint))
        for line in self.ends:
            line.setPen(theme.pen(theme.line, width=1.4, style=Qt.PenStyle.DashLine))


def histogram_figure(result: region_stats.Result | None) -> HistogramPlot:
    """A histogram that is large enough for a file; laid out but never on the screen."""
    figure = HistogramPlot()
    figure.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    figure.setWindowFlag(Qt.WindowType.Tool)
    figure.show_result(result)
    figure.resize(*SIZE)
    figure.show()
    return figure
