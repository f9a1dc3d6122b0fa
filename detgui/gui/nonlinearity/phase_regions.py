"""Phases as coloured regions on a light curve, dragged with the mouse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor

from detgui.gui.common.plot_theme import PlotTheme
from detgui.session.nonlinearity import PhaseRange


class Scale:
    """Integration numbers on an axis: as they are, or at the times of the integrations."""

    def __init__(self, numbers: NDArray[np.integer], places: NDArray[np.floating] | None = None) -> None:
        self._numbers = np.asarray(numbers, float)
        self._places = self._numbers if places is None else np.asarray(places, float)

    def place(self, number: float) -> float:
        """Where an integration (or the edge between two, at halves) is; beyond the ends at the step of the ends."""
        n, p = self._numbers, self._places
        if n.size < 2:
            return float(p[0] + number - n[0]) if n.size else number
        if number < n[0]:
            return float(p[0] + (number - n[0]) * (p[1] - p[0]) / (n[1] - n[0]))
        if number > n[-1]:
            return float(p[-1] + (number - n[-1]) * (p[-1] - p[-2]) / (n[-1] - n[-2]))
        return float(np.interp(number, n, p))

    def number(self, place: float) -> float:
        """The integration at a place on the axis, a fraction between two."""
        n, p = self._numbers, self._places
        if n.size < 2:
            return float(n[0] + place - p[0]) if n.size else place
        if place < p[0]:
            return float(n[0] + (place - p[0]) * (n[1] - n[0]) / (p[1] - p[0]))
        if place > p[-1]:
            return float(n[-1] + (place - p[-1]) * (n[-1] - n[-2]) / (p[-1] - p[-2]))
        return float(np.interp(place, p, n))


class _Region(pg.LinearRegionItem):
    """A region with a name at its upper end."""

    def __init__(self) -> None:
        super().__init__((0, 1), swapMode="sort")
        self.setZValue(-5)
        self.label = pg.TextItem(anchor=(0.5, 0))
        self.label.setParentItem(self)
        for line in self.lines:
            line.setCursor(Qt.CursorShape.SizeHorCursor)

    def place_label(self, top: float) -> None:
        self.label.setPos(sum(self.getRegion()) / 2, top)


class PhaseRegions(QObject):
    """Keeps one region for each phase in the first plot, and its shade in the others.

    ``moved(phases, finished)`` while a region or an edge is dragged, snapped to whole integrations, and once at the release.
    """

    moved = Signal(object, bool)

    def __init__(self, plots: Sequence[pg.PlotItem], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._plots = list(plots)
        self._phases: tuple[PhaseRange, ...] = ()
        self._scale = Scale(np.array([1, 2]))
        self._limits = (1, 1)
        self.regions: list[_Region] = []
        self._shades: list[list[pg.LinearRegionItem]] = []
        self._theme: PlotTheme | None = None
        self._moved = False
        plots[0].vb.sigRangeChanged.connect(lambda *_: self._place_labels())

    def show_phases(self, phases: Sequence[PhaseRange], scale: Scale, limits: tuple[int, int]) -> None:
        """Show phases of a series of integrations ``limits``."""
        self._phases, self._scale, self._limits = tuple(phases), scale, limits
        while len(self.regions) < len(phases):
            self._add()
        while len(self.regions) > len(phases):
            self._drop()
        for region, shades, phase in zip(self.regions, self._shades, self._phases, strict=True):
            ends = (scale.place(phase.first - 0.5), scale.place(phase.last + 0.5))
            for item in (region, *shades):
                before = item.blockSignals(True)
                item.setRegion(ends)
                item.blockSignals(before)
            self._colour(region, shades, phase)
        self._place_labels()

    def set_theme(self, theme: PlotTheme) -> None:
        """Take other colours."""
        self._theme = theme
        for region, shades, phase in zip(self.regions, self._shades, self._phases, strict=False):
            self._colour(region, shades, phase)

    def _add(self) -> None:
        region = _Region()
        place = len(self.regions)
        region.sigRegionChanged.connect(lambda: self._snap(place))
        region.sigRegionChangeFinished.connect(lambda: self._finish(place))
        self._plots[0].addItem(region, ignoreBounds=True)
        shades = []
        for plot in self._plots[1:]:
            shade = pg.LinearRegionItem((0, 1), movable=False)
            shade.setZValue(-5)
            plot.addItem(shade, ignoreBounds=True)
            shades.append(shade)
        self.regions.append(region)
        self._shades.append(shades)

    def _drop(self) -> None:
        self._plots[0].removeItem(self.regions.pop())
        for plot, shade in zip(self._plots[1:], self._shades.pop(), strict=True):
            plot.removeItem(shade)

    def _colour(self, region: _Region, shades: list[pg.LinearRegionItem], phase: PhaseRange) -> None:
        for item, opacity in ((region, 70), *((shade, 38) for shade in shades)):
            fill, hover, edge = (QColor(phase.colour) for _ in range(3))
            fill.setAlpha(opacity)
            hover.setAlpha(min(opacity + 50, 255))
            item.setBrush(fill)
            item.setHoverBrush(hover)
            for line in item.lines:
                pen = self._theme.pen(edge, 1.2) if self._theme is not None else pg.mkPen(edge)
                line.setPen(pen if item is region else pg.mkPen(None))
                line.setHoverPen(pg.mkPen(edge, width=3))
        if self._theme is not None:
            region.label.setText(phase.name, color=self._theme.foreground)

    def _place_labels(self) -> None:
        top = self._plots[0].vb.viewRange()[1][1]
        for region in self.regions:
            region.place_label(top)

    def _range_of(self, place: int) -> PhaseRange:
        """The phase as its region now lies, at whole integrations inside the series, at least one long."""
        low, high = (self._scale.number(end) for end in self.regions[place].getRegion())
        least, most = self._limits
        first = min(max(round(low + 0.5), least), most)
        last = min(max(round(high - 0.5), first), most)
        return replace(self._phases[place], first=first, last=last)

    def _snap(self, place: int) -> None:
        if place >= len(self._phases):
            return
        now = self._range_of(place)
        if (now.first, now.last) != (self._phases[place].first, self._phases[place].last):
            self._moved = True
            self._phases = (*self._phases[:place], now, *self._phases[place + 1 :])
            self.moved.emit(self._phases, False)

    def _finish(self, place: int) -> None:
        if self._moved:
            self._moved = False
            self.moved.emit(self._phases, True)
        if place < len(self._phases):
            self.show_phases(self._phases, self._scale, self._limits)
