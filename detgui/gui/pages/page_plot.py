"""Plots of the pages: one under the other, in the colours of the theme, drawn again for paper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor

from detgui.gui.common import plot_theme
from detgui.gui.common.plot_theme import PlotTheme

MOST_LEGEND = 0.45  # of the height of a plot
LEGEND_GAP = 6  # px above a legend and below it
AXIS_WIDTH = 62  # px, so that all left axes end at the same place

Floats = NDArray[np.floating[Any]]


class PagePlot(pg.GraphicsLayoutWidget):
    """Plots in a column (``plots``), of heights in proportion to ``heights``.

    `show` takes a function that draws with `line`, `points`, `band` and `add`; it is called again whenever the colours change. Items that
    a person moves are added to the plots by the page and coloured in `themed`, a list of functions of a theme.
    """

    def __init__(self, name: str, heights: Sequence[int] = (1,), linked: bool = False, counts: bool = False, parent: Any = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setMinimumHeight(100 + 40 * len(heights))
        self.ci.layout.setContentsMargins(2, 6, 8, 2)
        self.ci.layout.setSpacing(2)
        self.themed: list[Callable[[PlotTheme], object]] = []
        self._drawn: list[tuple[pg.PlotItem, Any]] = []
        self._again: Callable[[], object] = lambda: None
        self._heights = tuple(heights)
        self.plots = [self._make_plot(row, height, counts) for row, height in enumerate(heights)]
        if linked:
            for plot in self.plots[1:]:
                plot.setXLink(self.plots[0])
            for plot in self.plots[:-1]:
                plot.getAxis("bottom").setStyle(showValues=False)
        self.legends = [plot_theme.legend(plot, plot_theme.from_palette(self.palette()), offset=(-6, 4)) for plot in self.plots]
        self.apply_theme(plot_theme.from_palette(self.palette()))

    def _make_plot(self, row: int, height: int, counts: bool) -> pg.PlotItem:
        plot = plot_theme.plain_plot(self, row, AXIS_WIDTH, counts)
        self.ci.layout.setRowStretchFactor(row, height)
        return plot

    # what is drawn

    def show_drawn(self, draw: Callable[[], object]) -> None:
        """Draw with that function, now and whenever the colours change."""
        self._again = draw
        self.redraw()

    def redraw(self) -> None:
        """Draw the same again, in the colours of now."""
        for plot, item in self._drawn:
            plot.removeItem(item)
        self._drawn = []
        for legend in self.legends:
            legend.clear()
        self._again()
        for legend in self.legends:
            legend.setVisible(bool(legend.items))
        self.ci.layout.activate()  # now: a picture may be made before the window's turn

    def add(self, row: int, item: Any, depth: float = 0.0, bounds: bool = True) -> Any:
        """Add what is drawn anew each time."""
        item.setZValue(depth)
        self.plots[row].addItem(item, ignoreBounds=not bounds)
        self._drawn.append((self.plots[row], item))
        return item

    def line(self, row: int, x: Floats, y: Floats, colour: QColor, width: float = 1.4, name: str = "", **how: Any) -> Any:
        """A line through the points, broken at NaN."""
        pen = self.theme.pen(colour, width, how.pop("style", Qt.PenStyle.SolidLine))
        item = self.add(
            row, pg.PlotCurveItem(np.asarray(x, float), np.asarray(y, float), pen=pen, connect="finite", antialias=True), 5, **how
        )
        if name:
            self.legends[row].addItem(item, name)
        return item

    def points(
        self, row: int, x: Floats, y: Floats, err: Floats | None, colour: QColor, symbol: str = "o", size: float = 5.0, name: str = ""
    ) -> Any:
        """Points with error bars of one standard error; NaN is left out."""
        good = np.isfinite(x) & np.isfinite(y)
        x, y = np.asarray(x, float)[good], np.asarray(y, float)[good]
        if err is not None:
            bars = np.nan_to_num(np.asarray(err, float)[good])
            faint = QColor(colour)
            faint.setAlpha(150)
            self.add(row, pg.ErrorBarItem(x=x, y=y, height=2 * bars, beam=0.0, pen=self.theme.pen(faint)), 4)
        item = pg.ScatterPlotItem(x, y, symbol=symbol, size=size, pen=self.theme.pen(colour), brush=pg.mkBrush(colour))
        self.add(row, item, 6)
        if name:
            self.legends[row].addItem(item, name)
        return item

    def band(self, row: int, x: Floats, low: Floats, high: Floats, colour: QColor, opacity: int = 60) -> Any:
        """The area between two lines."""
        good = np.isfinite(x) & np.isfinite(low) & np.isfinite(high)
        brush = QColor(colour)
        brush.setAlpha(opacity)
        along = np.concatenate([x[good], x[good][::-1]])
        around = np.concatenate([low[good], high[good][::-1]])
        return self.add(row, pg.PlotCurveItem(along, around, pen=pg.mkPen(None), brush=pg.mkBrush(brush), fillLevel="enclosed"), 1)

    def level(self, row: int, value: float = 0.0, angle: int = 0, text: str = "", colour: QColor | None = None, **how: Any) -> Any:
        """A straight line over the whole plot, with words on it."""
        pen = self.theme.pen(colour or self.theme.faint, style=how.pop("style", Qt.PenStyle.SolidLine))
        options = {
            "position": how.pop("position", 0.97),
            "color": colour or self.theme.foreground,
            "anchors": how.pop("anchors", [(1, 0), (1, 0)]),
        }
        return self.add(row, pg.InfiniteLine(value, angle, pen, label=text or None, labelOpts=options), 2, bounds=False)

    def label(self, row: int, left: str = "", bottom: str = "") -> None:
        """Words on the axes of a plot."""
        for side, text in (("left", left), ("bottom", bottom)):
            if text:
                self._set_label(self.plots[row], side, text)

    def _set_label(self, plot: pg.PlotItem, side: str, text: str) -> None:
        plot.setLabel(side, text or None, color=self.theme.foreground.name())
        plot.getAxis(side).resizeEvent()  # else a new text stands where the old one did until the layout changes

    def show_row(self, row: int, on: bool) -> None:
        """Show a plot, or leave its place to the others."""
        plot = self.plots[row]
        if plot.isVisible() != on:
            plot.setVisible(on)
            self.ci.layout.setRowStretchFactor(row, self._heights[row] if on else 0)
            self.ci.layout.setRowMaximumHeight(row, 1e6 if on else 0)

    def fit(self, row: int, room: float = 0.0) -> None:
        """Show all of a plot; where there is ``room``, that part of its height stays free above, and more where the legend needs it."""
        box = self.plots[row].vb
        box.autoRange()
        low, high = box.viewRange()[1]
        if room:
            box.setYRange(low, high + max(room, self._legend_room(row)) * (high - low), padding=0)

    def _legend_room(self, row: int) -> float:
        """Height of the legend in heights of what is left under it; 0 where there is none."""
        legend, height = self.legends[row], self.plots[row].vb.height()
        if not legend.isVisible() or not height > 0:
            return 0.0
        part = min(MOST_LEGEND, (legend.boundingRect().height() + LEGEND_GAP) / height)
        return part / (1.0 - part)

    # colours

    @property
    def theme(self) -> PlotTheme:
        return self._theme

    def apply_theme(self, theme: PlotTheme) -> None:
        """Take other colours; what is drawn follows with `redraw`."""
        self._theme = theme
        self.setBackground(theme.background)
        for plot, legend in zip(self.plots, self.legends, strict=True):
            plot_theme.apply_axes(plot, theme)
            plot_theme.recolour_legend(legend, theme)
        for colour in self.themed:
            colour(theme)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_theme"):
            theme = plot_theme.from_palette(self.palette())
            if theme != self._theme:
                self.apply_theme(theme)
                self.redraw()
