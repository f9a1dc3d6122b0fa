"""One pixel's ramp as plot items: points, error bars, the early line, its continuation, the residual and the late line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from detgui.analysis import ramp
from detgui.gui.common.plot_theme import PlotTheme
from detgui.gui.common.quantity import plain
from detgui.gui.ramp import group_flags

XAxis = Literal["group", "time"]
Floats = NDArray[np.float64]
CROWDED = 24  # groups; more are drawn smaller, so that the line shows between them


@dataclass(frozen=True, slots=True)
class TraceStyle:
    """How a trace is drawn; ``bars`` error bars, ``by_flag`` points coloured by flag, ``open_points`` hollow ones (another file)."""

    theme: PlotTheme
    points: QColor
    line: QColor
    size: float = 7.0
    width: float = 1.8
    bars: bool = True
    by_flag: bool = True
    open_points: bool = False
    z: float = 10.0


def chosen_style(theme: PlotTheme) -> TraceStyle:
    return TraceStyle(theme, theme.points, theme.line)


def pin_style(colour: QColor, theme: PlotTheme) -> TraceStyle:
    return TraceStyle(theme, colour, colour, size=4.5, width=1.0, bars=False, by_flag=False, z=5.0)


def compare_style(colour: QColor, theme: PlotTheme) -> TraceStyle:
    return TraceStyle(theme, colour, colour, size=7.0, width=1.0, bars=False, by_flag=False, open_points=True, z=4.0)


def x_values(result: ramp.Result, axis: XAxis) -> Floats:
    """Group numbers, or times in s, shape (ngroups,)."""
    return np.asarray(result.time if axis == "time" else result.group, dtype=np.float64)


def links(result: ramp.Result, keep: NDArray[np.bool_]) -> NDArray[np.int32]:
    """1 where a line goes on from a group to the next: both kept, both finite, no new segment; shape (ngroups,)."""
    good = keep & np.isfinite(result.fit)
    joined = np.zeros(len(good), dtype=np.int32)
    joined[:-1] = good[:-1] & good[1:]
    for start in result.segment_starts:
        if start > 1:
            joined[start - 2] = 0
    return joined


class RampTrace:
    """The items of one pixel in the ramp plot (``upper``) and the residual plot (``lower``)."""

    def __init__(self, upper: pg.PlotItem, lower: pg.PlotItem) -> None:
        self.result: ramp.Result | None = None
        self.style: TraceStyle | None = None
        self.points, self.left = (pg.ScatterPlotItem(pxMode=True, hoverable=True, tip=self._describe) for _ in range(2))
        self.bars, self.left_bars = (pg.ErrorBarItem(beam=0) for _ in range(2))
        self.early, self.beyond, self.late = (pg.PlotCurveItem(antialias=True) for _ in range(3))
        for item in (self.bars, self.early, self.beyond, self.points):
            upper.addItem(item, ignoreBounds=True)
        for item in (self.left_bars, self.left, self.late):
            lower.addItem(item, ignoreBounds=True)
        self._plots = (upper, lower)

    @property
    def items(self) -> tuple[Any, ...]:
        return (self.points, self.bars, self.early, self.beyond, self.left, self.left_bars, self.late)

    def remove(self) -> None:
        """Take the items out of their plots."""
        upper, lower = self._plots
        for item in (self.points, self.bars, self.early, self.beyond):
            upper.removeItem(item)
        for item in (self.left, self.left_bars, self.late):
            lower.removeItem(item)

    def hide(self) -> None:
        self.result = None
        for item in self.items:
            item.setVisible(False)

    def show(self, result: ramp.Result, style: TraceStyle, axis: XAxis) -> None:
        """Draw a result; items are updated, never made again."""
        if style != self.style:
            self._apply(style)
        self.result, self.style = result, style
        x = x_values(result, axis)
        self._show_lines(result, x)
        self._show_points(result, x, style)
        self._show_bars(self.bars, x, result.signal, result.signal_err if style.bars else None)
        # Read noise alone on the residual: photon noise is common to all later groups, and such bars would hide what is left.
        read = np.full(len(x), result.group_read_noise) if style.bars else None
        self._show_bars(self.left_bars, x, result.residual, read)
        for item in (self.points, self.early, self.beyond, self.left, self.late):
            item.setVisible(True)

    @staticmethod
    def _show_bars(bars: pg.ErrorBarItem, x: Floats, y: Floats, errors: Floats | None) -> None:
        good = np.isfinite(y) & np.isfinite(errors) if errors is not None else np.array([False])
        bars.setVisible(bool(good.any()))
        if errors is not None and good.any():
            bars.setData(x=x[good], y=y[good], height=2 * errors[good])

    def _apply(self, style: TraceStyle) -> None:
        line = QColor(style.line)
        dash = Qt.PenStyle.DashDotLine if style.open_points else Qt.PenStyle.SolidLine
        self.early.setPen(style.theme.pen(line, width=style.width, style=dash))
        self.beyond.setPen(style.theme.pen(line, width=max(style.width - 0.6, 1.0), style=Qt.PenStyle.DashLine))
        self.late.setPen(style.theme.pen(line, width=style.width, style=dash))
        faded = QColor(style.points)
        faded.setAlpha(150)
        for bars in (self.bars, self.left_bars):
            bars.setOpts(pen=style.theme.pen(faded))
        for item in self.items:
            item.setZValue(style.z)
        for line in (self.early, self.beyond, self.late):  # over the points, or many groups would hide it
            line.setZValue(style.z + 1)

    def _describe(self, x: float, y: float, data: int) -> str:
        """What the tooltip of a point says."""
        result, i = self.result, int(data)
        if result is None:
            return ""
        said = [f"group {result.group[i]}, {plain(float(result.time[i]))} s: {plain(float(result.signal[i]), 6)} DN"]
        noise = result.group_read_noise
        read = f"; bar: read noise of a group, {plain(noise, 3)} DN" if np.isfinite(noise) else ""
        if np.isfinite(result.residual[i]):
            said.append(f"residual {plain(float(result.residual[i]), 4)} DN{read}")
        flags = group_flags.flag_names(int(result.groupdq[i]))
        if flags:
            said.append(flags)
        if not (result.used[i] or result.late[i]):
            said.append("left out of the lines")
        return "\n".join(said)

    def _show_lines(self, result: ramp.Result, x: Floats) -> None:
        first, last = result.fit_groups
        fitted = (result.group >= first) & (result.group <= last)
        fit = np.nan_to_num(result.fit)
        self.early.setData(x=x, y=fit, connect=links(result, fitted))
        outside = links(result, np.ones(len(x), dtype=bool)) & ~links(result, fitted).astype(bool)
        self.beyond.setData(x=x, y=fit, connect=outside.astype(np.int32))
        self.late.setData(x=x, y=result.late_line, connect="finite")

    def _show_points(self, result: ramp.Result, x: Floats, style: TraceStyle) -> None:
        symbols, pens, brushes, sizes = self._looks(result, style)
        for item, y in ((self.points, result.signal), (self.left, result.residual)):
            good = np.flatnonzero(np.isfinite(y))
            looks = {
                name: [values[i] for i in good]
                for name, values in (("symbol", symbols), ("pen", pens), ("brush", brushes), ("size", sizes))
            }
            item.setData(x=x[good], y=np.asarray(y)[good], data=good, **looks)

    def _looks(self, result: ramp.Result, style: TraceStyle) -> tuple[list[str], list[Any], list[Any], list[float]]:
        kinds = group_flags.classify(result.groupdq)
        solid = (result.used | result.late) & ~np.bool_(style.open_points)
        pens, filled, hollow = [], [], pg.mkBrush(style.theme.background)
        for kind in group_flags.STYLES:
            colour = QColor(kind.colour) if kind.colour and style.by_flag else style.points
            pens.append(style.theme.pen(colour, width=1.2))
            filled.append(pg.mkBrush(colour))
        symbols = [group_flags.STYLES[k].symbol for k in kinds]
        brushes = [filled[k] if s else hollow for k, s in zip(kinds, solid, strict=True)]
        size = style.size if len(kinds) <= CROWDED else style.size * 0.75
        sizes = [size + (2.5 if k else 0) for k in kinds]
        return symbols, [pens[k] for k in kinds], brushes, sizes
