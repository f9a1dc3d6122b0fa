"""Two plots on one axis: the ramp with its early line and the boundary N, and what the line leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor

from detgui.analysis import ramp
from detgui.gui.common import plot_theme
from detgui.gui.common.plot_theme import PlotTheme
from detgui.gui.common.quantity import with_error
from detgui.gui.ramp import group_flags
from detgui.gui.ramp.boundary_line import BoundaryLine
from detgui.gui.ramp.ramp_trace import RampTrace, TraceStyle, XAxis, chosen_style, compare_style, pin_style, x_values
from detgui.science import dq

AXIS_WIDTH = 66  # px, so that both left axes end at the same place
TWO_GROUPS = "two groups: no residual"


@dataclass(frozen=True, slots=True)
class Companion:
    """Another ramp in the same plots: a pinned pixel, or the same pixel in another file (``compared``)."""

    result: ramp.Result
    name: str
    colour: QColor
    compared: bool = False


class RampPlot(pg.GraphicsLayoutWidget):
    """Signal and residual of the chosen pixel and its companions.

    ``boundary_moved(N, finished)``: the boundary was dragged; ``boundary_reset()``: it was double-clicked.
    """

    boundary_moved = Signal(int, bool)
    boundary_reset = Signal()

    def __init__(self, parent=None) -> None:
        super().__init__(parent)
        self.setMinimumHeight(220)
        self.setAccessibleName("Ramp and residual of the chosen pixel")
        self.ramp, self.residual = (plot_theme.plain_plot(self, row, AXIS_WIDTH, counts=True) for row in (0, 1))
        self.ci.layout.setRowStretchFactor(0, 5)
        self.ci.layout.setRowStretchFactor(1, 4)
        self.ci.layout.setSpacing(2)
        self.ci.layout.setContentsMargins(2, 8, 6, 2)  # a number at the upper end of an axis hangs over it
        self.axis: XAxis = "group"
        self._zoomed = False
        self._legend_key: tuple[object, ...] = ()
        self._results: list[ramp.Result] = []
        self._companions: tuple[Companion, ...] = ()
        self._build_plots()
        self.chosen = RampTrace(self.ramp, self.residual)
        self._others: list[RampTrace] = []
        self.apply_theme(plot_theme.from_palette(self.palette()))
        self.clear_ramps()

    def _build_plots(self) -> None:
        for plot in (self.ramp, self.residual):
            plot.vb.disableAutoRange()
            plot.vb.sigRangeChangedManually.connect(self._on_zoom)
        self.ramp.getAxis("bottom").setStyle(showValues=False)
        self.residual.setXLink(self.ramp)
        self.ramp.setLabel("left", "signal (DN)")
        self.residual.setLabel("left", "residual (DN)")
        # A ramp lies above this level on the right, so that the label finds room under it.
        self.level = pg.InfiniteLine(angle=0, label="", labelOpts={"position": 0.99, "anchors": [(1, 0), (1, 0)]})
        self.saturation = pg.InfiniteLine(angle=0, label="", labelOpts={"position": 0.02, "anchors": [(0, 1), (0, 1)]})
        self.zero = pg.InfiniteLine(pos=0, angle=0)
        self.boundary = BoundaryLine()
        self.boundary_below = pg.InfiniteLine(angle=90)
        self.boundary.moved.connect(self._on_boundary)
        self.boundary.reset_asked.connect(self.boundary_reset)
        for item in (self.level, self.saturation, self.boundary):
            self.ramp.addItem(item, ignoreBounds=True)
        for item in (self.zero, self.boundary_below):
            self.residual.addItem(item, ignoreBounds=True)
        self.slope_text = pg.TextItem()
        self.slope_text.setParentItem(self.residual.vb)
        self.slope_text.setZValue(30)
        self._slope_down = False
        self.residual.vb.sigResized.connect(self._place_slope)

    # what is shown

    def clear_ramps(self) -> None:
        """Show empty axes."""
        self._results = []
        for trace in (self.chosen, *self._others):
            trace.hide()
        for item in (self.boundary, self.boundary_below, self.level, self.saturation, self.slope_text, self.legend):
            item.setVisible(False)

    def show_ramps(self, result: ramp.Result, companions: Sequence[Companion], axis: XAxis) -> None:
        """Show the chosen pixel's ramp with its companions; the axes follow unless the person zoomed them."""
        if axis != self.axis or not self._results:
            self.axis, self._zoomed = axis, False
        self._results, self._companions = [result, *(c.result for c in companions)], tuple(companions)
        label = axis_label(result, axis)
        self.residual.setLabel("bottom", label)
        for plot in (self.ramp, self.residual):
            plot.getAxis("bottom").count(label == "group")
        self.chosen.show(result, chosen_style(self._theme), axis)
        while len(self._others) < len(companions):
            self._others.append(RampTrace(self.ramp, self.residual))
        for trace, companion in zip(self._others, companions, strict=False):
            trace.show(companion.result, self._companion_style(companion), axis)
        for trace in self._others[len(companions) :]:
            trace.hide()
        self._show_levels(result)
        self._show_boundary(result)
        self._show_slope(result)
        self._show_legend(result, companions)
        self.fit_view(keep_x=self._zoomed)

    def redraw(self) -> None:
        """Draw the same again, in the colours of now."""
        if self._results:
            zoomed = self._zoomed
            self.show_ramps(self._results[0], self._companions, self.axis)
            self._zoomed = zoomed

    def _companion_style(self, companion: Companion) -> TraceStyle:
        make = compare_style if companion.compared else pin_style
        return make(companion.colour, self._theme)

    def _show_levels(self, result: ramp.Result) -> None:
        threshold = result.params.threshold
        self.level.setVisible(bool(np.isfinite(result.zero_level)))
        if np.isfinite(result.zero_level):
            self.level.label.setFormat(f"{threshold:,.0f} DN above zero")
            self.level.setPos(result.zero_level + threshold)
        self.saturation.setVisible(bool(np.isfinite(result.saturation)))
        if np.isfinite(result.saturation):
            self.saturation.label.setFormat(f"saturation {result.saturation:.0f} DN")
            self.saturation.setPos(result.saturation)

    def _show_boundary(self, result: ramp.Result) -> None:
        for item in (self.boundary, self.boundary_below):
            item.setVisible(True)  # first: a hidden line's label keeps its old text
        self.boundary.set_places(x_values(result, self.axis))
        if not self.boundary.dragging:
            self.boundary.set_n(result.fit_groups[1])
        self.boundary_below.setPos(self.boundary.value())

    def _show_slope(self, result: ramp.Result) -> None:
        if len(result.group) == 2:
            text = TWO_GROUPS
        elif np.isfinite(result.late_slope):
            text = f"after N: {with_error(result.late_slope, result.late_slope_err, 'DN/group')}"
        else:
            text = ""
        self.slope_text.setText(text, color=self._theme.line if text != TWO_GROUPS else self._theme.foreground)
        self.slope_text.setVisible(bool(text))
        self._slope_down = result.late_slope < 0
        self._place_slope()

    def _place_slope(self) -> None:
        """Left, and on the side of zero where the late residuals lie: there the early ones leave room."""
        box = self.residual.vb
        self.slope_text.setAnchor((0, 1) if self._slope_down else (0, 0))
        self.slope_text.setPos(4, box.height() - 2 if self._slope_down else 2)

    def _show_legend(self, result: ramp.Result, companions: Sequence[Companion]) -> None:
        kinds = sorted(set(group_flags.classify(result.groupdq).tolist()))
        flags = tuple(kinds) if any(kinds) else ()
        key = (flags, tuple((c.name, c.colour.name(), c.compared) for c in companions), self._theme)
        if key != self._legend_key:
            self._legend_key = key
            self._fill_legend(flags, companions)
        self.legend.setVisible(bool(flags or companions))

    def _fill_legend(self, flags: tuple[int, ...], companions: Sequence[Companion]) -> None:
        self.legend.clear()
        for kind in flags:
            style = group_flags.STYLES[kind]
            colour = QColor(style.colour) if style.colour else self._theme.points
            sample = pg.ScatterPlotItem(symbol=style.symbol, size=9, pen=self._theme.pen(colour), brush=pg.mkBrush(colour))
            self.legend.addItem(sample, style.name)
        for companion in companions:
            dash = Qt.PenStyle.DashDotLine if companion.compared else Qt.PenStyle.SolidLine
            brush = pg.mkBrush(self._theme.background if companion.compared else companion.colour)
            pen = self._theme.pen(companion.colour, style=dash)
            sample = pg.PlotDataItem(
                [0], [0], pen=pen, symbol="o", symbolSize=6, symbolPen=self._theme.pen(companion.colour), symbolBrush=brush
            )
            self.legend.addItem(sample, shortened(companion.name))

    # ranges

    def fit_view(self, keep_x: bool = False) -> None:
        """Axes around the data; ``keep_x`` keeps the zoomed range of groups and fits the signal inside it."""
        if not self._results:
            return
        if not keep_x:
            self._zoomed = False
            xs = np.concatenate([x_values(r, self.axis) for r in self._results])
            step = max((xs.max() - xs.min()) / max(len(self._results[0].group) - 1, 1), 1e-9)
            self.ramp.setXRange(xs.min() - 0.6 * step, xs.max() + 0.9 * step, padding=0)
        window = self.ramp.vb.viewRange()[0]
        set_y(self.ramp, np.concatenate([_signal_span(r, self.axis, window) for r in self._results]))
        left = np.append(0.0, np.concatenate([_residual_span(r, self.axis, window) for r in self._results]))
        text = self.slope_text.boundingRect().height() / max(self.residual.vb.height(), 60.0) if self.slope_text.isVisible() else 0.0
        set_y(self.residual, left, *((text, 0.0) if self._slope_down else (0.0, text)))
        self.scene().prepareForPaint()  # while painting it would move labels, and all would be painted twice

    def _on_zoom(self) -> None:
        self._zoomed = True

    # the boundary

    def _on_boundary(self, n: int, finished: bool) -> None:
        self.boundary_below.setPos(self.boundary.value())
        self.boundary_moved.emit(n, finished)

    # colours

    @property
    def theme(self) -> PlotTheme:
        return self._theme

    def apply_theme(self, theme: PlotTheme) -> None:
        """Colour everything; traces follow at the next `show_ramps`."""
        self._theme = theme
        self.setBackground(theme.background)
        for plot in (self.ramp, self.residual):
            plot_theme.apply_axes(plot, theme)
        if not hasattr(self, "legend"):
            self.legend = plot_theme.legend(self.ramp, theme, offset=(6, 4))
        plot_theme.recolour_legend(self.legend, theme)
        self._legend_key = ()
        self.boundary.set_theme(theme)
        self.boundary_below.setPen(theme.pen(theme.boundary, width=1.4))
        self.zero.setPen(theme.pen(theme.faint))
        self.level.setPen(theme.pen(theme.faint, style=Qt.PenStyle.DotLine))
        self.level.label.setColor(theme.faint)
        self.saturation.setPen(theme.pen(theme.warning, style=Qt.PenStyle.DashLine))
        self.saturation.label.setColor(theme.warning)


def axis_label(result: ramp.Result, axis: XAxis) -> str:
    """What is on the axis below; a file without group times counts groups."""
    timed = np.isfinite(result.slope_per_s) or not np.isfinite(result.slope)
    return "group" if axis == "group" or not timed else "time since reset (s)"


def _inside(result: ramp.Result, axis: XAxis, window: Sequence[float]) -> np.ndarray:
    x = x_values(result, axis)
    return (x >= window[0]) & (x <= window[1])


def _signal_span(result: ramp.Result, axis: XAxis, window: Sequence[float]) -> np.ndarray:
    """Signals that the axis must hold: a group that must not be used may lie anywhere and stays out, unless there are only such."""
    fine = ((result.groupdq & dq.DO_NOT_USE) == 0) | result.used | result.late
    kept = _inside(result, axis, window) & (fine if fine.any() else True)
    return result.signal[kept]


def _residual_span(result: ramp.Result, axis: XAxis, window: Sequence[float]) -> np.ndarray:
    """Residuals of the groups that went into one of the lines."""
    kept = _inside(result, axis, window) & (result.used | result.late)
    return result.residual[kept]


def shortened(name: str, most: int = 26) -> str:
    """A name with its middle left out where it is long: the start says which programme, the end which detector and product."""
    return name if len(name) <= most else f"{name[: most // 3]}…{name[-(most - most // 3 - 1) :]}"


def set_y(plot: pg.PlotItem, values: np.ndarray, below: float = 0.0, above: float = 0.0) -> None:
    """Range of the left axis around the finite values, with room for a constant ramp too; more room as parts of the plot's height."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return
    low, high = float(finite.min()), float(finite.max())
    room = 0.08 * (high - low) or max(abs(high) * 0.01, 1.0)
    height = (high - low + 2 * room) / max(1.0 - below - above, 0.2)
    plot.setYRange(low - room - below * height, high + room + above * height, padding=0)
