"""The Counts page: hot pixels above thresholds against date, their growth, the step at a break, and HOT in DQ."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox

from detgui.analysis import hot_check, hot_tables
from detgui.analysis.hot_types import Series, Trend
from detgui.gui.common.buttons import flat_button
from detgui.gui.common.fields import EntryField, named
from detgui.gui.common.list_table import ListTable
from detgui.gui.hotpixels import words
from detgui.gui.hotpixels.break_line import BreakLines, day_of
from detgui.gui.hotpixels.context import Context
from detgui.gui.hotpixels.disagree_list import disagree_columns, disagree_sum
from detgui.gui.hotpixels.growth_facts import line_of, trend_facts
from detgui.gui.hotpixels.hot_exports import add_exports
from detgui.gui.hotpixels.hot_page import HotPage, level_colour, seconds, use_dates
from detgui.gui.image.flow import FlowLayout
from detgui.gui.pages.page import Table
from detgui.gui.pages.page_plot import PagePlot

ALL = "all thresholds"
MARGIN = 30 * 86400.0  # s beside a single file


class CountsPage(HotPage):
    """Counts with neighbours are filled, centres alone hollow, crosses are pixels flagged HOT."""

    name = "counts"

    def __init__(self, context: Context, parent: Any = None) -> None:
        super().__init__(context, PagePlot("Hot pixels against date"), parent)
        use_dates(self.plot, (0,))
        self.plot.legends[0].setOffset((8, 4))
        self.plot.legends[0].setColumnCount(2)
        self._log: bool | None = None
        self.break_lines = BreakLines(self.plot)
        self.break_lines.moved.connect(lambda dates: self.session.set_hot(text="Break", breaks=dates))
        self._make_fields()
        self.list = ListTable("Pixels that rates and HOT disagree about", self)
        self.list.chosen.connect(self._go)
        self.list.hide()
        self.under.insertWidget(0, self.list, 1)
        add_exports(self, context, ("trend", "disagree"))

    def _make_fields(self) -> None:
        set_ = self.session.set_hot
        self.thresholds = EntryField(lambda text: set_(text="Thresholds", thresholds=words.number_list(text)), self.context.say, 14)
        self.breaks = EntryField(lambda text: set_(text="Break", breaks=words.date_list(text)), self.context.say, 46)
        self.breaks.setPlaceholderText("none")
        self.break_on = flat_button("Break", words.BREAK_TIP)
        self.break_on.setCheckable(True)
        self.break_on.clicked.connect(self._switch_break)
        self.shown = QComboBox(self)
        self.shown.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.shown.activated.connect(lambda _: self.refresh())
        self.log = flat_button("Log", "Counts on a logarithmic axis")
        self.log.setCheckable(True)
        self.log.clicked.connect(lambda on: set_(text="Log axis", log=on))
        self.check = flat_button("HOT flags", words.CHECK_TIP)
        self.check.setCheckable(True)
        self.check.clicked.connect(lambda _: self.refresh())
        bar = FlowLayout(spacing=6)
        self.levels = named("Thresholds", self.thresholds, "", words.THRESHOLDS_TIP)
        for widget in (self.levels, self.break_on, self.breaks):
            bar.addWidget(widget)
        self.breaks.setToolTip(words.BREAK_TIP)
        self.breaks.setAccessibleName("Break")
        self.layout().insertLayout(0, bar)
        self.put_tools(self.shown, self.log, self.check, None)

    def _switch_break(self, on: bool) -> None:
        """On: where the criteria changed, else between the two files at which counts jump most; lines are dragged from there."""
        series = self.series
        if not on or series is None or len(series.files) < 2:
            self.session.set_hot(text="Break", breaks=())
            return
        if series.changed.size:
            self.session.set_hot(text="Break", breaks=tuple(f"{series.dates[epoch]:%Y-%m-%d}" for epoch in series.changed))
            return
        jumps = np.abs(np.diff(series.trends[0].counts))
        at = int(np.argmax(jumps))
        middle = (series.days[at] + series.days[at + 1]) / 2
        self.session.set_hot(text="Break", breaks=(day_of(86400 * middle),))

    def _go(self, place: int) -> None:
        found = hot_check.disagreeing(self.series)
        self.maker.go_to(int(found.x[place]), int(found.y[place]))

    # what is shown

    def refresh(self) -> None:
        options = self.session.state.hot
        self.thresholds.show_value(", ".join(f"{each:g}" for each in options.thresholds))
        self.breaks.show_value(", ".join(options.breaks))
        self.breaks.setToolTip("\n".join((*options.breaks, words.BREAK_TIP)))
        self.breaks.setMinimumWidth(self.breaks.fontMetrics().horizontalAdvance(self.breaks.text()) + 16 if len(options.breaks) > 1 else 0)
        self.break_on.setChecked(bool(options.breaks))
        self.log.setChecked(options.log)
        super().refresh()

    def shown_things(self) -> tuple[Any, ...]:
        return self.series, self.shown.currentText(), self.session.state.hot.log, self.check.isChecked()

    def what_to_know(self) -> tuple[str, ...]:
        refused = len(self.maker.result.refused)
        files = f"{refused} files are" if refused > 1 else "1 file is"
        left_out = (f"{files} left out: the page Files says why",) if refused else ()
        check = (disagree_sum(self.series),) if self.list.isVisibleTo(self) else ()
        return (*super().what_to_know(), *left_out, *check, *words.condensed(self.series.notes, [each.name for each in self.series.files]))

    def draw_series(self, series: Series) -> None:
        names = [ALL, *(words.level_text(each.threshold, series.unit) for each in series.trends)] if len(series.trends) > 1 else [ALL]
        if names != [self.shown.itemText(place) for place in range(self.shown.count())]:
            self.shown.clear()
            self.shown.addItems(names)
        self.shown.setVisible(len(names) > 1)
        self.check.setVisible(any(each is not None for each in (*series.dq_checks, *series.mask_checks)))
        listed = self.check.isChecked() and self.check.isVisible()
        self.list.setVisible(listed)
        self.numbers.setHidden(listed)
        if listed:
            self.list.show_list(disagree_columns(series))
        self.break_lines.show_dates(self.session.state.hot.breaks)
        self._log = self.session.state.hot.log
        self.plot.plots[0].getAxis("left").setLogMode(y=self._log)
        self.plot.label(0, "pixels")
        self.plot.show_drawn(lambda: self._draw(series))
        self.plot.legends[0].setVisible(not series.is_mask)  # one kind of points
        self.levels.setVisible(not series.is_mask)
        self.plot.fit(0)  # the legend stands where counts that grow are low
        if len(series.files) == 1:
            middle = float(seconds(series)[0])
            self.plot.plots[0].setXRange(middle - MARGIN, middle + MARGIN, padding=0)
        low, high = self.plot.plots[0].vb.viewRange()[1]
        above = 0.12 if series.is_mask else 0.35  # for the legend
        self.plot.plots[0].setYRange(low - 0.08 * (high - low), high + above * (high - low), padding=0)  # below: words of the break
        unit = series.unit
        self.show_facts(
            *((words.level_text(each.threshold, unit), level_colour(at), trend_facts(series, each)) for at, each in self._chosen(series))
        )

    def _chosen(self, series: Series) -> list[tuple[int, Trend]]:
        place = self.shown.currentIndex()
        return [(at, each) for at, each in enumerate(series.trends) if place <= 0 or at == place - 1]

    def _y(self, counts: Any) -> Any:
        """Counts on the axis; none at all is left out of a logarithmic one."""
        values = np.asarray(counts, float)
        if not self._log:
            return values
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(values > 0, np.log10(values), np.nan)

    def _draw(self, series: Series) -> None:
        x, plot = seconds(series), self.plot
        chosen = self._chosen(series)
        for at, trend in chosen:
            colour = level_colour(at)
            hollow = not np.array_equal(trend.counts, trend.centres)
            if hollow:
                name = "centres alone" if at == chosen[0][0] else ""
                open_ones = plot.points(0, x, self._y(trend.centres), None, colour, "o", 7.0, name)
                open_ones.setBrush(plot.theme.background)
            err = None
            if trend.growth is not None and not self._log:
                err = np.full(x.size, np.sqrt(max(trend.growth.noise.flicker, 0.0)))
            plot.points(0, x, self._y(trend.counts), err, colour, "o", 6.0, words.level_text(trend.threshold, series.unit))
            for growth, style in ((trend.growth, Qt.PenStyle.SolidLine), (trend.growth_centres if hollow else None, Qt.PenStyle.DotLine)):
                if growth is not None:
                    days, values, errors = line_of(series, growth, self.break_days())
                    line_x = 86400 * days
                    plot.line(0, line_x, self._y(values), colour, 1.4 if growth is trend.growth else 1.0, style=style)
                    for part in _runs(line_x) if growth is trend.growth else ():
                        plot.band(0, line_x[part], self._y(values - errors)[part], self._y(values + errors)[part], colour, 45)
        for checks, symbol, name in ((series.dq_checks, "x", "HOT in DQ"), (series.mask_checks, "+", "HOT in the MASK reference")):
            flagged = np.array([np.nan if each is None else each.flagged for each in checks])
            if np.isfinite(flagged).any() and (len(chosen) > 1 or chosen[0][0] == 0):
                plot.points(0, x, self._y(flagged), None, plot.theme.foreground, symbol, 7.0, name)

    def copy_numbers(self) -> None:
        if self.list.isVisible():
            from PySide6.QtGui import QGuiApplication

            QGuiApplication.clipboard().setText(self.list.tsv())
        else:
            super().copy_numbers()

    def table(self) -> Table:
        result = self.maker.result
        rows = hot_tables.rows(result)
        columns = {name: (np.array([row[name] for row in rows]), "") for name in hot_tables.COLUMNS}
        meta = {name: value for name, value in hot_tables.summary(result).items() if name not in ("rows", "files")}
        return columns, meta | {"provenance": result.provenance}


def _runs(x: Any) -> list[slice]:
    """Parts of an array between NaN."""
    gaps = np.flatnonzero(~np.isfinite(x))
    edges = [-1, *gaps.tolist(), x.size]
    return [slice(a + 1, b) for a, b in pairwise(edges) if b > a + 1]
