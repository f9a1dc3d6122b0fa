"""The Profile page: slope against distance from the trace, and what an aperture suffers."""

from __future__ import annotations

from functools import partial
from math import erfc, isfinite, sqrt
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QWidget

from detgui.analysis import trace, trace_profile
from detgui.gui.common.buttons import flat_button
from detgui.gui.common.plot_theme import PlotTheme
from detgui.gui.common.quantity import plain, probability, with_error
from detgui.gui.nonlinearity.context import Context
from detgui.gui.nonlinearity.page_work import measure, profile_of
from detgui.gui.nonlinearity.signs import draw_profile
from detgui.gui.nonlinearity.trace_line import TRACE, TraceLine
from detgui.gui.pages.page import Need, Origin, Page, Table, tool_label
from detgui.gui.pages.page_plot import PagePlot
from detgui.gui.ramp.ramp_facts import Fact

LANE, QUICK = "trace", "profile"
BINS = (0.1, 0.2, 0.25, 0.5, 1.0)  # px
CONSERVED = 0.01  # probability from which charge counts as conserved
LIMITS = (0.25, trace_profile.Params().largest)  # px
FIRST_HALF = 5.0  # px, half of the report's 10 px aperture


class ProfilePage(Page):
    """Follows the shown map; the trace is found once for each exposure."""

    name = "profile"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, PagePlot("Slope against distance from the trace, and bias of apertures", (5, 4)), parent)
        self.bins = QComboBox(self)
        for width in BINS:
            self.bins.addItem(f"{width:g} px", width)
        self.bins.setCurrentIndex(BINS.index(trace_profile.Params().bin))
        self.bins.setAccessibleName("Width of the bins")
        self.bins.setToolTip("Width of the bins of the folded profile, px.\nDefault: 0.25, finer than the pixels: the trace is tilted")
        self.bins.activated.connect(lambda _: self.refresh())
        self.line = TraceLine(context, self)
        self.over = flat_button("Trace", "Draw the trace over the image")
        self.over.setCheckable(True)
        self.over.setChecked(True)
        self.over.toggled.connect(self.line.set_on)
        self.put_tools(tool_label("Bins", self.bins), self.bins, self.over, None)
        self._make_half()
        self.tools.insertWidget(3, tool_label("h", self.typed))
        self.tools.insertWidget(4, self.typed)
        self._asked: tuple[Any, ...] = ()
        self._looked: set[str] = set()  # exposures whose trace was looked for: once cancelled it is not looked for unasked
        self._failed: dict[str, str] = {}  # exposure: why it has no trace
        self._results: dict[str, trace_profile.Result] = {}
        self._drawn: Any = None
        context.exposures.closed.connect(lambda key: (self._results.pop(key, None), self._failed.pop(key, None)))

    def _make_half(self) -> None:
        """The half-width that is dragged."""
        where = {"position": 0.5, "movable": False}
        self.half = pg.InfiniteLine(FIRST_HALF, 90, movable=True, bounds=LIMITS, label="h", labelOpts=where)
        self.half.setZValue(20)
        self.half.setCursor(Qt.CursorShape.SizeHorCursor)
        self.half.label.setAnchor((0, 0.5))
        self.plot.plots[1].addItem(self.half, ignoreBounds=True)
        self.half.sigPositionChanged.connect(self._read_half)
        self.typed = QDoubleSpinBox(self)
        self.typed.setRange(*LIMITS)
        self.typed.setSingleStep(0.25)
        self.typed.setSuffix(" px")
        self.typed.setValue(FIRST_HALF)
        self.typed.setKeyboardTracking(False)
        self.typed.setAccessibleName("Half-width of the aperture")
        self.typed.setToolTip(
            "Half-width of the aperture whose bias is read, px; drag the line or type it.\nDefault: 5, half of the report's aperture"
        )
        self.typed.valueChanged.connect(self.half.setValue)
        self.plot.themed.append(self._colour_half)
        self._colour_half(self.plot.theme)

    def _colour_half(self, theme: PlotTheme) -> None:
        self.half.setPen(theme.pen(theme.boundary, width=1.4))
        self.half.setHoverPen(theme.pen(theme.line, width=3))
        self.half.label.setColor(theme.foreground)
        self.half.label.fill = pg.mkBrush(theme.background)

    # what there is

    @property
    def result(self) -> trace_profile.Result | None:
        """The profile that is shown."""
        return self._results.get(self.key)

    def need(self) -> Need | None:
        source = self.maker.source
        if source is None:
            return Need("Open a ramp")
        if self.maker.result is None:
            return self.need_map("The profile about the trace")
        if self.found(TRACE) is None:
            if source.key in self._failed:
                return Need(self._failed[source.key], "Look for the trace again", self.find_trace, LANE)
            if not self.jobs.runs(LANE) and source.key not in self._looked:
                self.find_trace()
            return Need("The trace is found in the mean image of the first groups.", "Find the trace", self.find_trace, LANE)
        self._ask_profile()
        if self.result is None:
            return Need(self._failed.get(QUICK, "The profile is being made."), "", None, QUICK)
        return None

    def find_trace(self) -> None:
        """Find the trace of the present source in the mean image of its first groups."""
        source = self.maker.source
        if source is None:
            return
        key = source.key
        self._failed.pop(key, None)
        self._looked.add(key)
        self.jobs.start(
            LANE, f"Trace of {source.name}", measure, self.context.exposures.shelf, key, trace.run, self._trace_params(),
            then=lambda found: self.findings.put(key, TRACE, found),
            failed=partial(self._failed.__setitem__, key),
        )  # fmt: skip

    def _trace_params(self) -> trace.Params:
        source, flags = self.maker.source, self.session.state.nonlinearity.flags
        return trace.Params(fit_groups=(1, min(10, source.shape[1])), flags=flags)

    def params(self) -> trace_profile.Params:
        """How the profile is made."""
        return trace_profile.Params(bin=float(self.bins.currentData()))

    def _ask_profile(self) -> None:
        """Make the profile anew where map, trace or bins are others; one at a time, so that a drag never starves."""
        key, map_, found, params = self.key, self.maker.result, self.found(TRACE), self.params()
        asked = (key, map_, found, params)
        if asked == self._asked or self.jobs.runs(QUICK):
            return
        self._asked = asked
        self._failed.pop(QUICK, None)
        self.jobs.start(
            QUICK, "", profile_of, map_, found, params,
            then=partial(self._results.__setitem__, key), failed=partial(self._failed.__setitem__, QUICK), quick=True,
        )  # fmt: skip

    # drawing

    def draw(self) -> None:
        result = self.result
        if result is self._drawn:
            return
        fresh = self._drawn is None
        self._drawn = result
        self.plot.show_drawn(lambda: self._draw(result))
        if fresh:
            self.plot.plots[0].setXRange(-result.params.reach, result.params.reach, padding=0.01)
            self.plot.plots[1].setXRange(0, result.params.largest, padding=0.01)
        self._read_half()

    def _draw(self, result: trace_profile.Result) -> None:
        plot, theme = self.plot, self.plot.theme
        plot.label(0, "slope (DN/group)", "distance from the trace (px)")
        plot.label(1, "bias of the flux (%)", "half-width of the aperture h (px)")
        draw_profile(plot, 0, result.folded, theme.points)
        for edge in result.balance.edges:
            if isfinite(edge):
                plot.level(0, edge, 90, style=Qt.PenStyle.DotLine)
        curve = result.aperture
        bias, err = 100 * curve.bias, 100 * curve.err
        plot.band(1, curve.half, bias - err, bias + err, theme.line, 90)
        plot.line(1, curve.half, bias, theme.line)
        plot.level(1)
        below = trace_profile.WARN_BELOW
        where = {"position": 0.12, "anchors": [(0, 0.5), (0, 0.5)]}
        plot.level(1, below, 90, f"report: not below {below:g} px", theme.warning, style=Qt.PenStyle.DashLine, **where)
        finite = bias[np.isfinite(bias)]
        if finite.size:
            low, high = min(0.0, float(finite.min())), max(0.0, float(finite.max()))
            room = 0.12 * (high - low) or 1.0
            plot.plots[1].setYRange(low - room, high + room, padding=0)

    def bias_at(self, half: float) -> tuple[float, float]:
        """Bias of an aperture of that half-width, px, and its error, between the points of the curve; parts of the flux."""
        curve = self.result.aperture
        return float(np.interp(half, curve.half, curve.bias)), float(np.interp(half, curve.half, curve.err))

    def _read_half(self, *_: object) -> None:
        result = self.result
        if result is None:
            return
        half = float(self.half.value())
        with QSignalBlocker(self.typed):
            self.typed.setValue(half)
        bias, err = self.bias_at(half)
        self.half.label.setFormat(f"h = {half:.2f} px: {with_error(100 * bias, 100 * err, '%')}")
        near = half > 0.55 * result.params.largest
        self.half.label.setAnchor((1, 0.5) if near else (0, 0.5))
        self.show_facts((self.maker.source.name, None, facts(result, half, (bias, err))), notes=result.notes[1:])

    # export

    def table(self) -> Table:
        columns, meta = trace_profile.as_table(self.result)
        curve, more = trace_profile.aperture_table(self.result)
        listed = {name: values.tolist() for name, (values, _) in curve.items()}
        return columns, {**meta, "aperture": listed, "safe_half_px": more["safe_half_px"], "bias_limit": more["bias_limit"]}

    def origin(self) -> Origin:
        made = dict(self.result.provenance)
        script = str(made.get("python", "")) + "\n".join(
            [
                "from detgui.analysis import trace, trace_profile",
                f"found = trace.run(exposure, trace.{self.found(TRACE).params!r})",
                f"profile = trace_profile.run(result, found.trace, found.image, trace_profile.{self.result.params!r})",
                "",
            ]
        )
        return Origin("", script.replace("trace.trace.", "trace."), {**made, "python": script, "analysis": "trace_profile"})


def facts(result: trace_profile.Result, half: float, bias: tuple[float, float]) -> list[Fact]:
    """The numbers of a profile."""
    sums, wide, unit = result.balance, result.widths, result.unit
    low, high = (plain(each, 3) for each in sums.edges)
    chance = erfc(abs(sums.net) / sums.net_err / sqrt(2)) if sums.net_err > 0 else float("nan")
    word = "conserved" if chance >= CONSERVED else "not conserved"
    net = f"{with_error(sums.net, sums.net_err, unit)}; {word}, P = {probability(chance)}"
    known = all(isfinite(each) for each in result.safe_range)
    ends = f" ({' to '.join(plain(each, 3) for each in sorted(result.safe_range))})" if known else ""
    safe = f"from h = {plain(result.safe_half, 3)} px{ends}" if isfinite(result.safe_half) else f"not up to {result.params.largest:g} px"
    across = f"{with_error(wide.full, wide.full_err, 'px')}; core {with_error(wide.core, wide.core_err, 'px')}"
    return [
        Fact("losses", with_error(sums.loss, sums.loss_err, unit), f"per column, between the zero crossings at {low} and {high} px"),
        Fact("excesses", with_error(sums.excess, sums.excess_err, unit), f"per column, from there out to {sums.reach:g} px"),
        Fact("balance", net, "per column; P: chance of a larger sum if charge is conserved"),
        Fact("width", across, result.notes[0]),
        Fact("bias at h", f"{with_error(100 * bias[0], 100 * bias[1], '%')} at {half:.2f} px", "late slope over rate inside the aperture"),
        Fact(f"below {1e6 * result.params.bias_limit:g} ppm", safe, "size of the bias; range: with the bias one error smaller and larger"),
        Fact("columns", str(result.columns), "with a trace and a valid slope"),
    ]
