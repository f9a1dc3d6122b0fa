"""The Map page: the slope map follows N and the integrations; a pixel's mean ramp, and the statistics of a region."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from detgui.analysis import region_stats
from detgui.gui.common import plot_theme
from detgui.gui.common.buttons import flat_button, menu_button
from detgui.gui.common.labels import sentence_label
from detgui.gui.common.script_line import ScriptLine
from detgui.gui.nonlinearity.context import Context
from detgui.gui.nonlinearity.histogram_plot import HistogramPlot
from detgui.gui.nonlinearity.integration_strip import IntegrationStrip
from detgui.gui.nonlinearity.map_exports import MapExports
from detgui.gui.nonlinearity.mean_ramp_plot import MeanRamp, MeanRampPlot
from detgui.gui.nonlinearity.region_facts import about_trace, facts, pixel_ramp, statistics, strip_curve
from detgui.gui.nonlinearity.roi_box import RoiBox, RoiOnImage
from detgui.gui.ramp.ramp_numbers import NumbersTable
from detgui.session.nonlinearity import REPORT_GROUPS
from detgui.session.state import SessionState

STATISTICS_MS = 150  # statistics follow when the map has not changed for so long
TAB = "Non-linearity"

HOW = (
    "Compute maps the slope that is left in every pixel's late groups after the line through its first N groups, in the mean of all "
    "integrations whose data quality allows it.\n\n"
    "Losses are blue, excesses red. N and the range of integrations can be dragged once the map is there."
)


class MapPage(QWidget):
    """Shows what the maker made and sends N, range and region to the session."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context, self._session, self._maker = context, context.session, context.maker
        self.stats: region_stats.Result | None = None
        self._source = ""  # key of the exposure that is shown
        self._curve_of: Any = None  # the mean ramps whose flux the strip shows
        self._later = QTimer(self, singleShot=True, interval=STATISTICS_MS)
        self._later.timeout.connect(self._ask_statistics)
        self._make()
        self._lay_out()
        self.on_image = RoiOnImage(context, lambda: self._session.state.tab == TAB, self)
        self._connect()
        self._show_state(self._session.state)
        self._maker_changed()
        self._map_came()

    # Making

    def _make(self) -> None:
        self.plot, self.strip, self.histogram = MeanRampPlot(self), IntegrationStrip(self), HistogramPlot(self)
        self.bins = QLabel(self)
        self.bins.setWordWrap(True)
        self.roi = RoiBox(self)
        self.table = NumbersTable(self)
        self.table.setAccessibleName("Statistics of the region")
        self.table.horizontalHeader().hide()
        self.message = QLabel(HOW, self)
        self.message.setWordWrap(True)
        self.message.setMargin(16)
        self.message.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.verdict, self.trouble = sentence_label(self), sentence_label(self)
        self.trouble.hide()
        self.script = ScriptLine(self)
        self.keep = flat_button("Keep", "Put this map into the list, to blink or subtract it from others (Ctrl+K)")
        self.exports = MapExports(self, self._context, self)
        self.exports.finished.connect(self._tell)
        self.export_actions = self.exports.actions
        self.export = menu_button("Export", "Files of the map, the statistics and the plots", self.exports.menu)

    def _lay_out(self) -> None:
        region = QWidget(self)
        column = QVBoxLayout(region)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        numbers = QSplitter(Qt.Orientation.Horizontal)
        numbers.addWidget(self.table)
        numbers.addWidget(self.histogram)
        numbers.setSizes([310, 150])
        numbers.setObjectName("slope statistics and histogram")
        column.addWidget(self.roi)
        column.addWidget(numbers, 1)
        column.addWidget(self.verdict)
        plots = QSplitter(Qt.Orientation.Vertical)
        for widget in (self.plot, self.strip, region):
            plots.addWidget(widget)
        plots.setChildrenCollapsible(False)
        plots.setSizes([240, 80, 250])
        plots.setObjectName("mean ramp, integrations and region")
        below = QHBoxLayout()
        below.setSpacing(4)
        below.addWidget(self.script, 1)
        below.addWidget(self.keep)
        below.addWidget(self.export)
        content = QWidget(self)
        whole = QVBoxLayout(content)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(3)
        whole.addWidget(plots, 1)
        for widget in (self.bins, self.trouble):
            whole.addWidget(widget)
        whole.addLayout(below)
        self.stack = QStackedWidget(self)
        for page in (self.message, content):
            self.stack.addWidget(page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.stack)

    def _connect(self) -> None:
        set_, maker = self._session.set_nonlinearity, self._maker
        self._session.changed.connect(self._changed)
        maker.changed.connect(self._maker_changed)
        maker.updated.connect(lambda _: self._map_came())
        self.plot.boundary_moved.connect(lambda n, finished: self._drag(finished, "Fitted groups", fit_last=n))
        self.plot.boundary_reset.connect(lambda: set_(text="Fitted groups", fit_last=REPORT_GROUPS))
        self.strip.range_moved.connect(lambda chosen, finished: self._drag(finished, "Integrations", integrations=chosen))
        self.strip.whole_asked.connect(lambda: set_(text="Integrations", integrations=None))
        self.roi.wanted.connect(lambda rectangle: set_(text="Region", roi=rectangle))
        self.roi.draw_wanted.connect(self._draw_region)
        self.roi.trace_wanted.connect(self._find_trace)
        self.on_image.drawing_ended.connect(lambda: self.roi.draw.setChecked(False))
        self.keep.clicked.connect(maker.keep)

    # from the session and the maker

    def _changed(self, old: SessionState, new: SessionState) -> None:
        said = ("exposures", "frame", "nonlinearity", "tab", "pixel")
        if any(getattr(old, name) != getattr(new, name) for name in said):
            self._show_state(new)
        if old.nonlinearity.roi != new.nonlinearity.roi or old.nonlinearity.source != new.nonlinearity.source:
            self._later.start()

    def _show_state(self, state: SessionState) -> None:
        self.on_image.show_state(state)
        source, options = self._maker.source, self._maker.options
        if source is None:
            return
        self.roi.show_rectangle(options.roi, source.shape[3], source.shape[2])
        self.strip.setVisible(source.integrations[0] != source.integrations[1])
        self.strip.show_range(options.integrations, source.integrations)
        self._say_bins()
        self._draw_pixel()

    def _maker_changed(self) -> None:
        self.stack.setCurrentIndex(0 if self._maker.result is None else 1)
        source = self._maker.source
        if source is not None and source.key != self._source:
            self._source = source.key
            self._map_came()
        means = self._maker.sheet().means
        if means is not self._curve_of:
            self._curve_of = means
            self.strip.show_curve(None, None)
            if means is not None:
                self._context.jobs.start("strip", "", strip_curve, means, then=lambda found: self.strip.show_curve(*found), quick=True)
            self._say_bins()
            self._draw_pixel()
        elif means is None:
            self._draw_pixel()  # whether they are on their way

    def _map_came(self) -> None:
        result = self._maker.result
        for widget in (self.keep, self.export):
            widget.setEnabled(result is not None)
        made = result.provenance if result is not None else {}
        if result is None or not result.approximate:
            self.script.show_script(str(made.get("command", "")), str(made.get("python", "")))
        self._later.start()
        self.table.setEnabled(False)  # of the map before, until the statistics follow
        self._draw_pixel()

    def _say_bins(self) -> None:
        means, source = self._maker.sheet().means, self._maker.source
        coarse = means is not None and source is not None and means.nbins < source.shape[0]
        if coarse and means is not None:
            self.bins.setText(f"While dragged the range is rounded to bins of {int(np.diff(means.edges).max())} integrations.")
        self.bins.setVisible(bool(coarse))

    # the pixel

    def _draw_pixel(self) -> None:
        means, state, source = self._maker.sheet().means, self._session.state, self._maker.source
        result = self._maker.result
        if source is None or means is None:
            self.plot.show_nothing(
                "The mean ramps are on their way…" if self._maker.running is not None else "No mean ramps: Compute again"
            )
            return
        if state.pixel is None or not source.contains(*state.pixel):
            self.plot.show_nothing("Click a pixel in the image")
            return
        x, y = state.pixel
        signal = pixel_ramp(means, x, y, self._maker.options.integrations)
        if signal is None:
            self.plot.show_nothing(f"x {x}, y {y}: no valid integration")
            return
        last = min(self._maker.options.fit_last, signal.size - 1)
        fits = result is not None and result.params.fit_groups[1] == last
        slope, err = (float(result.slope[y, x]), float(result.err[y, x])) if fits and result is not None else (np.nan, np.nan)
        count = int(result.count[y, x]) if result is not None else 0
        title = f"x {x}, y {y}: mean of {count} integrations"
        self.plot.show_ramp(MeanRamp(signal, slope, err, title, bool(result is not None and result.approximate)), last)

    # the region

    def _ask_statistics(self) -> None:
        result = self._maker.result
        if result is None:
            self._stats_came(None)
            return
        args = (result, self._maker.options.roi)
        self._context.jobs.start("region", "", statistics, *args, then=self._stats_came, failed=self._no_statistics, quick=True)

    def _stats_came(self, stats: region_stats.Result | None) -> None:
        self.stats = stats
        self.table.setEnabled(True)
        self.histogram.show_result(stats)
        self.table.show_columns([("", None, facts(stats))] if stats is not None else [])
        self.verdict.setText(_sentence(stats.conserved) if stats is not None else "")

    def _no_statistics(self, why: str) -> None:
        self._stats_came(None)
        self.verdict.setText(why)

    def _draw_region(self, on: bool) -> None:
        self.on_image.item.set_drawing(on)

    def _find_trace(self) -> None:
        source = self._maker.source
        if source is not None:
            args = (self._context.exposures.shelf, source.key, self._maker.sheet().means, self._maker.options.flags)
            title = f"Trace of {source.name}"
            self._context.jobs.start("trace", title, about_trace, *args, then=self._trace_found, failed=lambda why: self._tell(why, False))

    def _trace_found(self, rectangle: tuple[int, int, int, int]) -> None:
        self._tell("")
        self._session.set_nonlinearity(text="Region", roi=rectangle)

    def _drag(self, finished: bool, text: str, **fields: Any) -> None:
        self._maker.hold(not finished)
        self._session.set_nonlinearity(finished, text, **fields)
        if finished:
            self._maker.hold(False)

    def _tell(self, sentence: str, fine: bool = True) -> None:
        theme = plot_theme.from_palette(self.palette())
        self.trouble.setText(sentence)
        self.trouble.setVisible(bool(sentence))
        self.trouble.setStyleSheet(f"color: {(theme.foreground if fine else theme.warning).name()}")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "script"):
            theme = plot_theme.from_palette(self.palette())
            for plot in (self.plot, self.strip, self.histogram):
                if plot.theme != theme:
                    plot.apply_theme(theme)
            self.plot.redraw()
            self.script.refresh_icons()


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
