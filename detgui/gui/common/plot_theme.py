"""Plots without menus, and their colours for light and dark windows and for paper."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette, QPen

from detgui.gui.common.colours import blend, is_dark, warning_colour


@dataclass(frozen=True, slots=True)
class PlotTheme:
    """Colours of one plot: ground, text and axes, faint lines, points of the chosen pixel, its lines, and the boundary N."""

    background: QColor
    foreground: QColor
    faint: QColor
    grid: QColor
    points: QColor
    line: QColor  # told apart from every pin's colour
    boundary: QColor
    warning: QColor
    thickness: float = 1.0  # device pixels of a line of width 1: pyqtgraph's pens do not grow with the resolution

    def pen(self, colour: QColor, width: float = 1.0, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
        """A pen of that width in screen pixels."""
        return pg.mkPen(colour, width=width * self.thickness, style=style)


def _theme(background: QColor, text: QColor, dark: bool) -> PlotTheme:
    return PlotTheme(
        background=background,
        foreground=blend(background, text, 0.86),
        faint=blend(background, text, 0.45),
        grid=blend(background, text, 0.12),
        points=blend(background, text, 0.95),
        line=QColor("#F0E442" if dark else "#DC267F"),
        boundary=blend(background, text, 0.7),
        warning=warning_colour(dark),
    )


def from_palette(palette: QPalette) -> PlotTheme:
    """The theme that goes with a widget's palette."""
    return _theme(palette.color(QPalette.ColorRole.Base), palette.color(QPalette.ColorRole.Text), is_dark(palette))


def paper(thickness: float = 1.0) -> PlotTheme:
    """Black on white, for exported figures."""
    return replace(_theme(QColor("white"), QColor("black"), False), thickness=thickness)


class CountAxis(pg.AxisItem):
    """An axis of whole numbers while ``whole``: no ticks between groups."""

    whole = True

    def tickSpacing(self, minVal: float, maxVal: float, size: float) -> Any:
        levels = super().tickSpacing(minVal, maxVal, size)
        if not self.whole:
            return levels
        spacings = dict.fromkeys(max(1.0, float(round(spacing))) for spacing, _ in levels)
        return [(spacing, 0) for spacing in spacings]

    def count(self, whole: bool) -> None:
        """Count, or measure."""
        if whole != self.whole:
            self.whole = whole
            self.picture = None
            self.update()


def plain_plot(
    layout: pg.GraphicsLayoutWidget, row: int = 0, width: int | None = None, counts: bool = False, **options: Any
) -> pg.PlotItem:
    """A plot without buttons and menus, which take as long to make as half of it, and without prefixes of units.

    ``width`` of its left axis in px; ``counts``: the axis below has whole numbers.
    """
    axes = {"bottom": CountAxis("bottom")} if counts else None
    plot = layout.addPlot(row, 0, axisItems=axes, enableMenu=False, **options)
    plot.hideButtons()
    for side in ("left", "bottom"):
        plot.getAxis(side).enableAutoSIPrefix(False)
    if width is not None:
        plot.getAxis("left").setWidth(width)
    return plot


def apply_axes(plot: pg.PlotItem, theme: PlotTheme) -> None:
    """Colour the axes of one plot and their labels."""
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        axis.setPen(theme.pen(theme.faint))
        axis.setTextPen(pg.mkPen(theme.foreground))
        if axis.labelText:
            axis.setLabel(axis.labelText, color=theme.foreground.name())


def legend(plot: pg.PlotItem, theme: PlotTheme, **options: Any) -> pg.LegendItem:
    """A legend inside a plot whose box covers what lies under it only lightly."""
    item = pg.LegendItem(labelTextSize="8pt", verSpacing=-6, horSpacing=4, sampleType=pg.graphicsItems.LegendItem.ItemSample, **options)
    item.setParentItem(plot.vb)
    recolour_legend(item, theme)
    return item


def recolour_legend(item: pg.LegendItem, theme: PlotTheme) -> None:
    ground = QColor(theme.background)
    ground.setAlpha(200)
    item.setBrush(ground)
    item.setPen(theme.pen(theme.grid))
    item.setLabelTextColor(theme.foreground)
