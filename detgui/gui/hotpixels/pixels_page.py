"""The Pixels page: one pixel against date, pixels by class, and the list of those that changed."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QGuiApplication, QHideEvent
from PySide6.QtWidgets import QComboBox

from detgui.analysis import hot_list
from detgui.analysis.hot_history import Result as History
from detgui.analysis.hot_types import Series
from detgui.gui.common.buttons import flat_button
from detgui.gui.common.fields import EntryField, named, number, whole_number
from detgui.gui.common.list_table import ListColumn, ListTable
from detgui.gui.common.quantity import plain, with_error
from detgui.gui.hotpixels import words
from detgui.gui.hotpixels.context import Context
from detgui.gui.hotpixels.hot_exports import add_exports
from detgui.gui.hotpixels.hot_page import HotPage, class_colour, single_pixels, use_dates
from detgui.gui.hotpixels.pixel_plot import curve_facts, curve_of, draw_curve, log_button, place_of
from detgui.gui.image.flow import FlowLayout
from detgui.gui.pages.page import Origin, Table
from detgui.gui.pages.page_plot import PagePlot
from detgui.session.hot import FOLLOW

LISTS = ("newly hot", "recovered", "coming and going", "not confirmed", "always hot", "changed at the break")
RATE_COLUMN = 5  # of the list: the brightest first


class PixelsPage(HotPage):
    """Follows the chosen pixel; a row of the list chooses one."""

    name = "pixels"

    def __init__(self, context: Context, parent: Any = None) -> None:
        super().__init__(context, PagePlot("Dark rate of a pixel against date"), parent)
        use_dates(self.plot, (0,))
        self._listed: tuple[Any, ...] = ()
        self._places: np.ndarray = np.empty(0, np.int64)  # of the listed pixels, in the history's lists
        self._make_fields()
        self.list = ListTable("Pixels of a class", self)
        self.list.sortByColumn(RATE_COLUMN, Qt.SortOrder.DescendingOrder)
        self.list.chosen.connect(self._go)
        self.numbers.setMaximumHeight(8 * self.numbers.fontMetrics().height() + 12)
        self.under.insertWidget(0, self.numbers)
        self.under.insertWidget(1, self.list, 2)
        self.splitter.setSizes([230, 410])
        add_exports(self, context, ("list", "mask", "ta"))

    def _make_fields(self) -> None:
        set_, say = self.session.set_hot, self.context.say
        self.level = QComboBox(self)
        self.level.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.level.activated.connect(lambda _: set_(text="Threshold of pixels", threshold=self.level.currentData()))
        self.persistence = whole_number(1, 100, lambda value: set_(text="Epochs", persistence=value), self)
        self.discovery = EntryField(
            lambda text: set_(text="False-discovery rate", discovery=number("q", text, 0.0, 0.5, open_end=True)), say, 6
        )
        self.which = QComboBox(self)
        self.which.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.which.activated.connect(lambda _: self.refresh())
        self.which.setToolTip("Class of the pixels that are listed and marked in the image")
        self.which.setAccessibleName("Class")
        self.follow = flat_button("Follow", "Follow every pixel that was ever hot, and test all for being constant")
        self.follow.clicked.connect(self._follow_or_stop)
        self.classes = flat_button("Classes", "Show the map of classes in the image; again: the dark rate")
        self.classes.setCheckable(True)
        self.classes.clicked.connect(lambda on: self.maker.show_picture("classes" if on else "rates"))
        bar = FlowLayout(spacing=6)
        for widget in (
            named("Hot", self.level, "", words.LEVEL_TIP),
            named("for", self.persistence, "epochs", words.PERSISTENCE_TIP),
            named("q", self.discovery, "", words.DISCOVERY_TIP),
            self.follow,
        ):
            bar.addWidget(widget)
        self.layout().insertLayout(0, bar)
        self.back = flat_button("‹", "Previous pixel of the list (Ctrl+Shift+Up)")
        self.back.clicked.connect(lambda: self.step_pixel(-1))
        self.on = flat_button("›", "Next pixel of the list (Ctrl+Shift+Down)")
        self.on.clicked.connect(lambda: self.step_pixel(1))
        self.log = log_button(self)
        self.put_tools(self.which, self.back, self.on, self.classes, self.log, None)

    def _follow_or_stop(self) -> None:
        if self.jobs.runs(FOLLOW):
            self.jobs.cancel(FOLLOW)
        else:
            self.maker.want_history(again=True)

    def step_pixel(self, step: int) -> None:
        """Choose the next pixel of the list."""
        self.list.step(step)

    def _go(self, row: int) -> None:
        history, place = self.maker.history, int(self._places[row])
        if history is not None:
            self.maker.go_to(int(history.x[place]), int(history.y[place]))

    # what is shown

    def refresh(self) -> None:
        options = self.session.state.hot
        with QSignalBlocker(self.persistence):
            self.persistence.setValue(options.persistence)
        self.discovery.show_value(f"{options.discovery:g}")
        self.log.setChecked(options.log_rates)
        self.classes.setChecked(self.maker.pictures.shows("classes"))
        super().refresh()

    def draw(self) -> None:
        self.maker.want_history()
        self._show_work()
        super().draw()
        self._show_marks()

    def _show_work(self) -> None:
        running, event = self.jobs.runs(FOLLOW), self.jobs.progress(FOLLOW)
        done = f" {100 * event.fraction:.0f} %" if event is not None else ""
        self.follow.setText(f"Cancel{done}" if running else "Follow")
        self.follow.setVisible(running or self.maker.history is None)

    def shown_things(self) -> tuple[Any, ...]:
        state, history = self.session.state, self.maker.history
        pixel = state.pixel
        in_list = history is not None and pixel is not None and place_of(history, *pixel) >= 0
        read = self.maker.pixel(*pixel) if pixel is not None and not in_list else None
        return self.series, history, pixel, read, self.which.currentText(), state.hot.log_rates

    def draw_series(self, series: Series) -> None:
        history = self.maker.history
        self._show_levels(series)
        self.log.setVisible(not series.is_mask)
        self._show_list(history)
        pixel = self.session.state.pixel
        read = self._drawn[3] if self._drawn is not None else None
        curve = curve_of(history, pixel, read) if pixel is not None else None
        self.plot.label(0, "flag" if series.is_mask else f"dark rate ({series.unit})")
        if curve is None:
            self.plot.show_drawn(lambda: None)
            self.numbers.show_columns([])
            return
        level, days, log = None if series.is_mask else self.maker.threshold, self.break_days(), self.session.state.hot.log_rates
        self.plot.show_drawn(lambda: draw_curve(self.plot, series, curve, history, level, days, log=log))
        self.plot.fit(0, 0.1)
        self.show_facts((f"x {curve.x}, y {curve.y}", None, curve_facts(series, curve, history)))
        self.list.mark(int(np.flatnonzero(self._places == curve.place)[0]) if curve.place in self._places else -1)

    def what_to_know(self) -> tuple[str, ...]:
        history, pixel = self.maker.history, self.session.state.pixel
        ask = () if pixel is not None else ("click a pixel in the image, or choose one in the list",)
        notes = words.condensed(history.notes, [each.name for each in self.series.files]) if history else ()
        chance = words.chance(history, self.series) if history else ()
        return (*super().what_to_know(), *ask, *chance, *words.criteria(self.series), *notes)

    def _show_levels(self, series: Series) -> None:
        with QSignalBlocker(self.level):
            self.level.clear()
            for trend in series.trends:
                self.level.addItem(words.level_text(trend.threshold, series.unit), trend.threshold)
            self.level.setCurrentIndex(max(self.level.findData(self.maker.threshold), 0))
        self.level.setEnabled(not series.is_mask)

    def _show_list(self, history: History | None) -> None:
        if self._listed[:1] != (history,):
            place = max(self.which.currentIndex(), 0)
            counts = history.numbers() if history is not None else {}
            self.which.clear()
            for name in LISTS:
                if history is None or name in counts:
                    self.which.addItem(f"{name} ({counts[name]:,})" if history is not None else name, name)
            self.which.setCurrentIndex(min(place, self.which.count() - 1))
        name = self.which.currentData()
        if self._listed == (history, name):
            return
        self._listed = (history, name)
        if history is None:
            self._places = np.empty(0, np.int64)
            self.list.show_list([])
            return
        self._places = listed(history, name)
        self.list.show_list(list_columns(history, self._places))

    def _show_marks(self) -> None:
        history, marks = self.maker.history, self.context.marks
        if marks is None or history is None:
            return
        places, name = self._places, str(self.which.currentData())
        marks.show([(history.x[places], history.y[places], class_colour(name))], history.series.shape, (id(history), name))

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self.context.marks is not None:
            self.context.marks.clear()

    # export

    def origin(self) -> Origin:
        number = self.maker.names.index(self.maker.name)
        return single_pixels(super().origin(), self.maker.history_params, self.series.is_mask, number)

    def copy_numbers(self) -> None:
        QGuiApplication.clipboard().setText(f"{self.numbers.tsv()}\n\n{self.list.tsv()}")

    def table(self) -> Table:
        history = self.maker.history
        meta = {"provenance": self.origin().provenance, "class": str(self.which.currentData())}
        if history is None:
            return {"x": (np.empty(0, int), "pix"), "y": (np.empty(0, int), "pix")}, meta
        return hot_list.columns(history, self._places), meta


def listed(history: History, name: str) -> np.ndarray:
    """Places of the pixels of a list."""
    if name == "newly hot":
        return history.newly_hot()
    if name == "recovered":
        return history.recovered()
    if name == "changed at the break":
        both = np.zeros(history.changed.size, bool)
        both[history.chosen("newly hot")] = both[history.chosen("recovered")] = True
        return np.flatnonzero(both & history.at_break())
    return history.chosen(name)


def list_columns(history: History, places: np.ndarray) -> list[ListColumn]:
    """Columns of a list of pixels."""
    series = history.series
    dates = [f"{date:%Y-%m-%d}" for date in series.dates]
    changed = history.changed[places]
    last, err = history.rate[places, -1], history.err[places, -1]
    unit = "" if series.is_mask else f" ({series.unit})"
    where = [
        ListColumn("x", "0-based pixel", history.x[places]),
        ListColumn("y", "0-based pixel", history.y[places]),
        ListColumn("changed", "date of the first file after the last change", changed, lambda at: dates[at] if at > 0 else "–"),
    ]
    rates = [
        ListColumn("σ", "significance of the change", np.abs(history.z[places]), lambda value: plain(float(value), 3)),
        ListColumn(f"before{unit}", "rate in the file before the change", history.rate[places, np.maximum(history.before[places], 0)],
                   lambda value: plain(float(value), 4)),
        ListColumn(f"last{unit}", "rate in the last file", last, at=lambda at: with_error(float(last[at]), float(err[at]))),
    ]  # fmt: skip
    times = ListColumn("hot in", "files in which it is hot", history.hot[places].sum(axis=1))
    centre = ListColumn("centre", "no: its neighbours explain it", history.centre[places], lambda value: "yes" if value else "no")
    return (
        [*where, ListColumn("last", "flagged in the last file", last, lambda value: plain(float(value), 2)), times]
        if series.is_mask
        else [*where, *rates, times, centre]
    )
