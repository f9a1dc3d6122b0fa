"""The Changes page: any two epochs, their difference in the image, blinked, and the list of what changed."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QGuiApplication, QHideEvent
from PySide6.QtWidgets import QComboBox

from detgui.analysis import hot_changes
from detgui.analysis.hot_types import Series
from detgui.gui.common.buttons import flat_button
from detgui.gui.common.colours import pin_colour
from detgui.gui.common.list_table import ListColumn, ListTable
from detgui.gui.common.quantity import plain, with_error
from detgui.gui.hotpixels import words
from detgui.gui.hotpixels.context import Context
from detgui.gui.hotpixels.hot_page import HotPage, use_dates
from detgui.gui.hotpixels.pixel_plot import curve_facts, curve_of, draw_curve, log_button, place_of
from detgui.gui.image.flow import FlowLayout
from detgui.gui.pages.page import Need, Origin, Table
from detgui.gui.pages.page_plot import PagePlot
from detgui.session.hot import CHANGES
from detgui.session.hot_maps import FIRST, SECOND
from detgui.session.state import Frame

KIND_COLOURS = (3, 1, 0, 2)  # of the pins' colours: became hot, recovered, brighter, fainter
ALL = "all changes"
SIGNIFICANCE = 5  # column of the list that it is sorted by at first


class ChangesPage(HotPage):
    """Follows the chosen pixel too: its rates with the two epochs marked."""

    name = "changes"

    def __init__(self, context: Context, parent: Any = None) -> None:
        super().__init__(context, PagePlot("Dark rate of a pixel against date"), parent)
        use_dates(self.plot, (0,))
        self.first, self.second = QComboBox(self), QComboBox(self)
        for field, name in ((self.first, "first"), (self.second, "second")):
            field.setAccessibleName(f"{name} epoch")
            field.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            field.setToolTip(f"The {name} of the two files that are compared; default: the first and the last file")
            field.activated.connect(lambda place, name=name: self._choose(name, place))
        self.difference = flat_button("Difference", "Show second − first in the image")
        self.difference.clicked.connect(lambda: self._show(blink=False))
        self.blink = flat_button("Blink", "Blink the two epochs in the image; again: stop")
        self.blink.setCheckable(True)
        self.blink.clicked.connect(lambda on: self._show(blink=on))
        self.back = flat_button("‹", "Previous change of the list (Ctrl+Shift+Up)")
        self.back.clicked.connect(lambda: self.step_pixel(-1))
        self.on = flat_button("›", "Next change of the list (Ctrl+Shift+Down)")
        self.on.clicked.connect(lambda: self.step_pixel(1))
        self.which = QComboBox(self)
        self.which.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.which.setToolTip("Changes that are listed and marked in the image")
        self.which.setAccessibleName("Changes")
        self.which.addItems([ALL, *hot_changes.KINDS])
        self.which.setCurrentText(hot_changes.KINDS[0])
        self.which.activated.connect(lambda _: self.refresh())
        bar = FlowLayout(spacing=6)
        for widget in (self.first, self.second, self.difference, self.blink):
            bar.addWidget(widget)
        self.layout().insertLayout(0, bar)
        self.log = log_button(self)
        self.put_tools(self.which, self.back, self.on, self.log, None)
        self.list = ListTable("Pixels that changed", self)
        self.list.sortByColumn(SIGNIFICANCE, Qt.SortOrder.DescendingOrder)
        self.list.chosen.connect(self._go)
        self.numbers.setMaximumHeight(8 * self.numbers.fontMetrics().height() + 12)
        self.under.addWidget(self.list, 2)
        self.splitter.setSizes([210, 430])
        self._listed: tuple[Any, str] = (None, "")
        self._places: np.ndarray = np.empty(0, np.int64)  # of the listed changes, in the result's lists
        self._blink_wanted = False

    @property
    def result(self) -> hot_changes.Result | None:
        """What changed between the chosen epochs."""
        return self.maker.changes

    def _choose(self, name: str, place: int) -> None:
        self.session.set_hot(text="Epochs", **{name: place})

    def _show(self, blink: bool) -> None:
        self._blink_wanted = blink
        if not blink:
            self.session.set_blink(False)
        self.maker.show_picture("changes", FIRST if blink else "DIFFERENCE")
        self.refresh()

    def _begin_blinking(self) -> None:
        """Blink once the images of both epochs are on the screen."""
        pictures = self.maker.pictures
        if self._blink_wanted and pictures.shows("changes") and pictures.is_of("changes", self.result):
            self._blink_wanted = False
            self.session.set_blink(True, Frame(pictures.key("changes"), SECOND))

    def step_pixel(self, step: int) -> None:
        """Choose the next change of the list."""
        self.list.step(step)

    def _go(self, row: int) -> None:
        result = self.result
        if result is not None:
            place = int(self._places[row])
            self.maker.go_to(int(result.x[place]), int(result.y[place]))

    # what is shown

    def refresh(self) -> None:
        self.log.setChecked(self.session.state.hot.log_rates)
        super().refresh()

    def need(self) -> Need | None:
        found = super().need()
        if found is not None:
            return found
        if len(self.series.files) < 2:
            return Need(f"{self.maker.name} has one file only: changes need two.")
        self.maker.want_changes()
        if self.result is None and self._epochs()[0] != self._epochs()[1]:
            return Need("Two epochs are compared pixel by pixel.", "Compare the epochs", lambda: self.maker.want_changes(True), CHANGES)
        return None

    def _epochs(self) -> tuple[int, int]:
        number, options = len(self.series.files), self.session.state.hot
        return tuple(each % number if -number <= each < number else number - 1 for each in (options.first, options.second))

    def shown_things(self) -> tuple[Any, ...]:
        state = self.session.state
        history, pixel = self.maker.history, state.pixel
        known = history is not None and pixel is not None and place_of(history, *pixel) >= 0
        read = self.maker.pixel(*pixel) if pixel is not None and not known else None
        return self.series, self.result, pixel, read, self._epochs(), self.which.currentText(), state.hot.log_rates, history

    def draw(self) -> None:
        super().draw()
        self._begin_blinking()
        on = self.session.state.blink.on and self.maker.pictures.shows("changes")
        self.blink.setChecked(on)
        self._show_marks()

    def draw_series(self, series: Series) -> None:
        result, pixel, epochs = self.result, self.session.state.pixel, self._epochs()
        dates = [f"{date:%Y-%m-%d}" for date in series.dates]
        for field, epoch in ((self.first, epochs[0]), (self.second, epochs[1])):
            with QSignalBlocker(field):
                if [field.itemText(at) for at in range(field.count())] != dates:
                    field.clear()
                    field.addItems(dates)
                field.setCurrentIndex(epoch)
        self._show_list(series, result)
        log = self.session.state.hot.log_rates
        self.log.setVisible(not series.is_mask)
        history = self.maker.history
        curve = curve_of(history, pixel, self._drawn[3] if self._drawn is not None else None) if pixel is not None else None
        self.plot.label(0, "flag" if series.is_mask else f"dark rate ({series.unit})")
        level, days = None if series.is_mask else self.maker.threshold, self.break_days()
        self.plot.show_drawn(lambda: draw_curve(self.plot, series, curve, None, level, days, epochs, log) if curve is not None else None)
        self.plot.fit(0, 0.1)
        if curve is not None:
            self.show_facts((f"x {curve.x}, y {curve.y}", None, curve_facts(series, curve, history)))
            if result is not None:
                row = np.flatnonzero((result.x[self._places] == curve.x) & (result.y[self._places] == curve.y))
                self.list.mark(int(row[0]) if row.size else -1)

    def _show_list(self, series: Series, result: hot_changes.Result | None) -> None:
        which = self.which.currentText()
        if self._listed[0] is result and self._listed[1] == which:
            return
        self._listed = (result, which)
        if result is None:
            self._places = np.empty(0, np.int64)
            self.list.show_list([])
            return
        everything = which == ALL
        self._places = np.flatnonzero(np.ones(result.kind.size, bool) if everything else result.kind == hot_changes.KINDS.index(which))
        self.list.show_list(columns_of(result, series, self._places))

    def what_to_know(self) -> tuple[str, ...]:
        result = self.result
        if result is None:
            return (*super().what_to_know(), "choose two different epochs")
        numbers = np.bincount(result.kind, minlength=len(hot_changes.KINDS))
        counts = [
            f"{number:,} {name}" for number, name in zip(numbers, hot_changes.KINDS, strict=True) if number or not self.series.is_mask
        ]
        said = (f"{result.x.size:,} changes: {', '.join(counts)}", *words.chance(result, self.series))
        return (*super().what_to_know(), *said, *result.notes, *words.criteria(self.series))

    def _show_marks(self) -> None:
        result, marks = self.result, self.context.marks
        if marks is not None and result is not None:
            x, y, kind = (each[self._places] for each in (result.x, result.y, result.kind))
            groups = [(x[kind == at], y[kind == at], pin_colour(KIND_COLOURS[at])) for at in range(len(hot_changes.KINDS))]
            marks.show(groups, self.series.shape, (id(result), self.which.currentText()))

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self.context.marks is not None:
            self.context.marks.clear()

    # export

    def origin(self) -> Origin:
        origin = super().origin()
        params = self.maker.changes_params
        number = self.maker.names.index(self.maker.name)
        step = f"changes = hot_changes.run(result.series[{number}], hot_changes.{params!r})"
        return Origin("", f"{origin.python}\nfrom detgui.analysis import hot_changes\n\n{step}\n", origin.provenance)

    def copy_numbers(self) -> None:
        QGuiApplication.clipboard().setText(self.list.tsv())

    def table(self) -> Table:
        result, unit = self.result, "" if self.series.is_mask else self.series.unit.replace("e-", "electron")
        meta = {"provenance": self.origin().provenance, "dates": [f"{self.series.dates[epoch]:%Y-%m-%d}" for epoch in self._epochs()]}
        if result is None:
            return {"x": (np.empty(0, int), "pix")}, meta
        kinds = np.array([hot_changes.KINDS[kind] for kind in result.kind], dtype="U16")
        return {
            "x": (result.x, "pix"),
            "y": (result.y, "pix"),
            "kind": (kinds, ""),
            "before": (result.before, unit),
            "after": (result.after, unit),
            "err": (result.err, unit),
            "z": (result.z, ""),
            "p": (result.p, ""),
        }, meta


def columns_of(result: hot_changes.Result, series: Series, places: np.ndarray) -> list[ListColumn]:
    """Columns of the list of changes at some places of a result's lists."""
    unit = f" ({series.unit})"
    before, after, err = (each[places].astype(float) for each in (result.before, result.after, result.err))
    change = after - before
    where = [
        ListColumn("x", "0-based pixel", result.x[places]),
        ListColumn("y", "0-based pixel", result.y[places]),
        ListColumn("change", "crossed the threshold, or changed on one side of it", result.kind[places], lambda at: hot_changes.KINDS[at]),
    ]
    if series.is_mask:
        return where
    return [
        *where,
        ListColumn(f"before{unit}", "in the first epoch", before, lambda value: plain(value, 4)),
        ListColumn(f"after{unit}", "in the second epoch", after, lambda value: plain(value, 4)),
        ListColumn("σ", "significance", np.abs(result.z[places]), lambda value: plain(float(value), 3)),
        ListColumn(f"difference{unit}", "with its error", change, at=lambda at: with_error(change[at], err[at])),
    ]
