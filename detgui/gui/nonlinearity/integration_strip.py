"""A strip over all integrations with the range that is used, to be dragged."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor

from detgui.gui.common import plot_theme
from detgui.gui.common.plot_theme import PlotTheme
from detgui.gui.ramp.ramp_plot import AXIS_WIDTH, set_y

Range = tuple[int, int]


class _Region(pg.LinearRegionItem):
    """A region that says when it was double clicked."""

    double_clicked = Signal()

    def mouseClickEvent(self, event) -> None:
        if event.button() == Qt.MouseButton.LeftButton and event.double():
            event.accept()
            self.double_clicked.emit()
            return
        super().mouseClickEvent(event)


class IntegrationStrip(pg.GraphicsLayoutWidget):
    """``range_moved((first, last), finished)`` while an end or the whole range is dragged; ``whole_asked()`` on a double click."""

    range_moved = Signal(object, bool)
    whole_asked = Signal()

    def __init__(self, parent=None) -> None:
        super().__init__(parent)
        self.setMinimumHeight(56)
        self.setAccessibleName("Integrations that are used")
        self.plot = plot_theme.plain_plot(self, width=AXIS_WIDTH)
        self.ci.layout.setContentsMargins(2, 0, 6, 2)
        self._whole: Range = (1, 1)
        self._curve: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
        self._last: Range | None = None
        plot = self.plot
        plot.vb.disableAutoRange()
        plot.vb.setMouseEnabled(False, False)
        plot.setLabel("left", "flux")
        plot.setLabel("bottom", "integration")
        plot.getAxis("left").setStyle(showValues=False)
        self.curve = pg.PlotCurveItem([0.0, 1.0], [0.0], stepMode="center")
        self.region = _Region(swapMode="sort")
        self.region.sigRegionChanged.connect(lambda: self._moved(False))
        self.region.sigRegionChangeFinished.connect(lambda: self._moved(True))
        self.region.double_clicked.connect(self.whole_asked)
        plot.addItem(self.curve, ignoreBounds=True)
        plot.addItem(self.region, ignoreBounds=True)
        self.apply_theme(plot_theme.from_palette(self.palette()))

    @property
    def theme(self) -> PlotTheme:
        return self._theme

    @property
    def dragging(self) -> bool:
        return bool(self.region.moving or any(line.moving for line in self.region.lines))

    def show_range(self, chosen: Range | None, whole: Range) -> None:
        """Show the range that is used; sends nothing."""
        first, last = chosen or whole
        self._last = (first, last)
        if whole != self._whole:
            self._whole = whole
            self.plot.setXRange(whole[0] - 0.5, whole[1] + 0.5, padding=0.01)
            with QSignalBlocker(self.region):  # ends that are outside would be moved, and say so
                self.region.setBounds((whole[0] - 0.5, whole[1] + 0.5))
        if not self.dragging:
            self._place(first, last)

    def show_curve(self, edges: NDArray[np.float64] | None, flux: NDArray[np.float64] | None) -> None:
        """Show flux (any unit) of bins of integrations; ``edges`` are the numbers where bins begin, and one past the end."""
        if edges is None or flux is None or len(flux) < 2:
            self.curve.setVisible(False)
            return
        self.curve.setVisible(True)
        self.curve.setData(np.asarray(edges, dtype=float) - 0.5, np.asarray(flux, dtype=float))
        set_y(self.plot, np.asarray(flux, dtype=float))

    def _place(self, first: int, last: int) -> None:
        with QSignalBlocker(self.region):
            self.region.setRegion((first - 0.5, last + 0.5))

    def _moved(self, finished: bool) -> None:
        low, high = self.region.getRegion()
        first = min(max(round(low + 0.5), self._whole[0]), self._whole[1])
        last = max(min(round(high - 0.5), self._whole[1]), first)
        if finished:
            self._place(first, last)
        if finished or (first, last) != self._last:
            self._last = (first, last)
            self.range_moved.emit((first, last), finished)

    def apply_theme(self, theme: PlotTheme) -> None:
        """Colour everything."""
        self._theme = theme
        self.setBackground(theme.background)
        plot_theme.apply_axes(self.plot, theme)
        self.curve.setPen(theme.pen(theme.points))
        fill = QColor(theme.line)
        fill.setAlpha(40)
        hover = QColor(theme.line)
        hover.setAlpha(70)
        self.region.setBrush(pg.mkBrush(fill))
        self.region.setHoverBrush(pg.mkBrush(hover))
        for line in self.region.lines:
            line.setPen(theme.pen(theme.line, width=2))
            line.setHoverPen(theme.pen(theme.line, width=4))
