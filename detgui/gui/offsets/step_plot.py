"""The plots of a step in two columns, and what a click on a source does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

from detgui.gui.pages.page_plot import PagePlot

SKY, HISTOGRAM, ALONG, MAGNITUDE, COLUMN, ROW = range(6)
COLUMNS = 2
NARROW = 46  # px: axes without many digits
HEIGHTS = (4, 3, 3)
PLACES = {SKY: (0, 0), HISTOGRAM: (0, 1), ALONG: (1, 0), MAGNITUDE: (1, 1), COLUMN: (2, 0), ROW: (2, 1)}


class StepPlot(PagePlot):
    """Sky, histograms, and offsets against d, magnitude and the columns and rows of a detector; the last four share their offsets."""

    def __init__(self, parent: Any = None) -> None:
        self.clicked: Callable[[int], object] = lambda source: None
        super().__init__("Sources of a step", (1,) * len(PLACES), parent=parent)
        self.setMinimumHeight(300)
        for at, height in enumerate(HEIGHTS):
            self.ci.layout.setRowStretchFactor(at, height)
        for at in range(COLUMNS):
            self.ci.layout.setColumnStretchFactor(at, 1)
        self.plots[SKY].setAspectLocked(True)
        self.plots[SKY].vb.invertX(True)
        for row in (MAGNITUDE, COLUMN, ROW):
            self.plots[row].setYLink(self.plots[ALONG])

    def _make_plot(self, row: int, height: int, counts: bool) -> pg.PlotItem:
        plot = super()._make_plot(row, height, counts)
        plot.getAxis("left").setWidth(NARROW)
        self.ci.removeItem(plot)
        self.ci.addItem(plot, *PLACES[row])
        return plot

    def dots(
        self,
        row: int,
        x: NDArray[Any],
        y: NDArray[Any],
        sources: NDArray[np.int64],
        brushes: Sequence[Any],
        pens: Sequence[Any],
        symbols: Sequence[str],
        size: float = 6.0,
    ) -> pg.ScatterPlotItem:
        """Sources that can be clicked; ``sources`` are their numbers."""
        item = pg.ScatterPlotItem(
            x=np.asarray(x, float), y=np.asarray(y, float), size=size, data=sources.tolist(), brush=list(brushes), pen=list(pens),
            symbol=list(symbols), pxMode=True,
        )  # fmt: skip
        item.sigClicked.connect(self._hit)
        return self.add(row, item, 6)

    def _hit(self, _item: Any, hit: Sequence[Any], event: Any) -> None:
        """Choose the nearest of the sources under the mouse."""
        if len(hit):
            nearest = min(hit, key=lambda each: (each.pos() - event.pos()).length())
            self.clicked(int(nearest.data()))

    def ring(self, row: int, x: float, y: float) -> None:
        """Mark the chosen source."""
        item = pg.ScatterPlotItem([x], [y], symbol="o", size=15, brush=pg.mkBrush(None), pen=self.theme.pen(self.theme.foreground, 1.6))
        self.add(row, item, 8, bounds=False)
