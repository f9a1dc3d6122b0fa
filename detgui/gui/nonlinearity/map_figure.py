"""The slope map with its colour bar as a figure for paper."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from detgui.analysis.slope_map import Result
from detgui.gui.common import plot_theme
from detgui.gui.common.plot_theme import PlotTheme
from detgui.gui.image import colormaps
from detgui.session.nonlinearity import Rectangle
from detgui.session.slope_work import words

SIZE = (1000, 380)  # screen pixels


class MapFigure(pg.GraphicsLayoutWidget):
    """Laid out but never on the screen; ``limits`` and ``colormap`` are those of the image view."""

    def __init__(
        self, result: Result, limits: tuple[float, float], colormap: str, roi: Rectangle | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
        self.setWindowFlag(Qt.WindowType.Tool)
        low, high = limits
        centre = -low / (high - low)
        colours = [(each >> 16 & 255, each >> 8 & 255, each & 255) for each in colormaps.table(colormap, centre)[: colormaps.TOP_INDEX + 1]]
        colour_map = pg.ColorMap(np.linspace(0, 1, len(colours)), colours)
        self.plot = plot_theme.plain_plot(self, title=f"{result.exposure}, {words(result)}")
        self.image = pg.ImageItem(np.where(np.isfinite(result.slope), result.slope, np.nan))
        self.image.setRect(-0.5, -0.5, result.slope.shape[1], result.slope.shape[0])
        self.plot.addItem(self.image)
        self.plot.setLabel("bottom", "x (pixel)")
        self.plot.setLabel("left", "y (pixel)")
        self.bar = pg.ColorBarItem(values=limits, colorMap=colour_map, label=f"residual slope ({result.unit})", interactive=False)
        self.bar.setImageItem(self.image, insert_in=self.plot)
        self.frame = pg.PlotCurveItem()
        if roi is not None:
            x0, y0, x1, y1 = (roi[0] - 0.5, roi[1] - 0.5, roi[2] + 0.5, roi[3] + 0.5)
            self.frame.setData([x0, x1, x1, x0, x0], [y0, y0, y1, y1, y0])
        self.plot.addItem(self.frame)
        self.plot.setXRange(-0.5, result.slope.shape[1] - 0.5, padding=0)
        self.plot.setYRange(-0.5, result.slope.shape[0] - 0.5, padding=0)
        self.apply_theme(plot_theme.paper())
        self.resize(*SIZE)
        self.show()  # not on the screen: this lays it out

    @property
    def theme(self) -> PlotTheme:
        return self._theme

    def apply_theme(self, theme: PlotTheme) -> None:
        """Colour everything."""
        self._theme = theme
        self.setBackground(theme.background)
        plot_theme.apply_axes(self.plot, theme)
        self.plot.titleLabel.setText(self.plot.titleLabel.text, color=theme.foreground.name(), size="9pt")
        self.bar.getAxis("left").setTextPen(pg.mkPen(theme.foreground))
        self.bar.axis.setPen(theme.pen(theme.faint))
        self.bar.axis.setTextPen(pg.mkPen(theme.foreground))
        self.frame.setPen(theme.pen(theme.foreground, width=1.2))
