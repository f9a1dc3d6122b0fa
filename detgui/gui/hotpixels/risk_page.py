"""The Risk page: unmasked hot pixels in exposures, windows and target acquisitions, and a map of risk."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QWidget

from detgui.analysis import hot_meaning, ta_risk
from detgui.analysis.hot_types import Series
from detgui.errors import BadInput
from detgui.gui.common.buttons import flat_button
from detgui.gui.common.colours import pin_colour
from detgui.gui.common.files import ask_file
from detgui.gui.common.list_table import ListTable
from detgui.gui.common.quantity import MISSING, with_error
from detgui.gui.common.rows_table import RowsTable
from detgui.gui.hotpixels import words
from detgui.gui.hotpixels.context import Context
from detgui.gui.hotpixels.growth_facts import RATE_UNIT
from detgui.gui.hotpixels.hot_exports import add_exports
from detgui.gui.hotpixels.hot_page import HotPage
from detgui.gui.hotpixels.pixels_page import list_columns
from detgui.gui.hotpixels.risk_fields import RiskFields, fitted_rate
from detgui.gui.hotpixels.risk_windows import window_columns, windows_of
from detgui.gui.pages.page import Origin, Table
from detgui.gui.pages.page_plot import PagePlot
from detgui.session import regions
from detgui.session.hot import FOLLOW, RISK_MAP

TA_LEVEL = 3.0  # DN/s: JWST-STScI-009188, section 4.3
AGES = (6.0, 12.0, 24.0)  # months: the report's
HEADERS = (
    ("months", "age of the mask"),
    ("new", "pixels that became hot since the mask was made: rate x age"),
    ("a stamp", "probability that a stamp has at least one unmasked hot pixel"),
    ("any star", "probability that at least one star's stamp is hit"),
    ("too few", "probability that too few stars are left"),
    ("a pixel", "probability that a pixel is hot and unmasked"),
)
ANY, FEWER = 3, 4  # columns
LEAST_ERROR = 0.001  # per cent: a smaller one says nothing
LEFT = [(0, 0), (0, 0)]  # words stand on the right of their line
CURVES = (("p_stamp", 5, "a stamp is hit"), ("p_any", 3, "any star is hit"), ("p_fewer", 2, "fewer than {needed} clean stars"))


class RiskPage(HotPage):
    """Numbers follow every parameter; the map of risk is made when it is asked for."""

    name = "risk"

    def __init__(self, context: Context, parent: Any = None) -> None:
        super().__init__(context, PagePlot("Risk against the age of the mask"), parent)
        self.fields = RiskFields(context, self)
        self.layout().insertWidget(0, self.fields)
        self.windows = flat_button("Windows", "New hot pixels in the drawn regions and in subarrays")
        self.windows.setCheckable(True)
        self.windows.clicked.connect(lambda _: self.refresh())
        self.subarray = flat_button("Subarray…", "Add the window that an exposure in a subarray reads (SUBSTRT, SUBSIZE)")
        self.subarray.clicked.connect(self.ask_subarray)
        self.map = flat_button(
            "Map of risk", "Where stamps are hit, by Monte Carlo from where pixels really became hot; shown in the image"
        )
        self.map.clicked.connect(self._map)
        self.put_tools(self.windows, self.subarray, self.map, None)
        self.window_list, self.pixel_list = ListTable("Windows", self), ListTable("New hot pixels of the window", self)
        self.window_list.chosen.connect(lambda _: self.refresh())
        self.pixel_list.chosen.connect(self._go)
        self.rows = RowsTable("Risk by the age of the mask", HEADERS)
        self.under.insertWidget(0, self.rows, 1)
        self.numbers.hide()
        legend = self.plot.legends[0]
        legend.anchor((1, 0.5), (1, 0.4), offset=(-6, 0))  # between the curves
        self.lists = QWidget(self)
        row = QHBoxLayout(self.lists)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.window_list, 3)
        row.addWidget(self.pixel_list, 2)
        self.under.insertWidget(0, self.lists, 1)
        self._found: list[hot_meaning.InWindow] = []
        self._windows_of: Any = None
        self._listed: Any = None
        self._show_when_made = False
        add_exports(self, context, ("list", "risk map"))

    def ask_subarray(self) -> None:
        """Ask for an exposure in a subarray."""
        ask_file(self, "Exposure in a subarray", "FITS files (*.fits *.fits.gz);;All files (*)", self.maker.add_window)

    def _map(self) -> None:
        if self.jobs.runs(RISK_MAP):
            self.jobs.cancel(RISK_MAP)
            return
        self._show_when_made = True
        self.maker.want_history(again=True)
        self._go_on_with_map()

    def _go_on_with_map(self) -> None:
        """Make the map once there is a history, show it once it is made."""
        if not self._show_when_made or self.maker.history is None:
            self._show_when_made &= self.jobs.runs(FOLLOW)
            return
        params = self.fields.map_params()
        if self.maker.risk_map(params) is not None:
            self._show_when_made = False
            self.maker.show_picture("risk")
        elif not self.jobs.runs(RISK_MAP):
            self._show_when_made = self.maker.make_risk_map(params)

    def _go(self, row: int) -> None:
        history = self.maker.history
        window = self._window()
        if history is not None and window is not None:
            place = int(window.new[row])
            self.maker.go_to(int(history.x[place]), int(history.y[place]))

    def _window(self) -> hot_meaning.InWindow | None:
        place = self.window_list.place
        return self._found[place] if 0 <= place < len(self._found) else None

    # what is shown

    def refresh(self) -> None:
        if self.isVisible():
            self.fields.show_options(self.series)
        super().refresh()

    def risks(self) -> tuple[ta_risk.Result, ...] | None:
        """Risk at 6, 12, 24 months and the age asked for, None while it is calculated or where there is no rate."""
        params = self.fields.params(self.series)
        ages = tuple(dict.fromkeys((*AGES, self.maker.options.months)))
        return self.maker.want_risks(params, ages) if params is not None else None

    def shown_things(self) -> tuple[Any, ...]:
        options = self.maker.options
        return self.series, self.risks(), options.cadence, options.exposure_date, self.maker.newest_risk_map

    def draw(self) -> None:
        super().draw()
        self._go_on_with_map()
        running, event = self.jobs.runs(RISK_MAP) or self._show_when_made, self.jobs.progress(FOLLOW)
        done = f" {100 * event.fraction:.0f} %" if event is not None else ""
        self.map.setText(f"working…{done}" if running else "Map of risk")
        self._show_windows()

    def draw_series(self, series: Series) -> None:
        found = self.risks()
        self.plot.label(0, "probability (%)", "age of the mask (months)")
        self.plot.show_drawn(lambda: self._draw(found) if found else None)
        self.rows.setRowCount(0)
        if found:
            self.plot.plots[0].setXRange(0, float(found[-1].months[-1]), padding=0.02)
            self.plot.plots[0].setYRange(0, 100, padding=0.03)
            titles = (f"any of {found[0].params.stars}", f"under {found[0].params.needed} clean")
            for column, title in zip((ANY, FEWER), titles, strict=True):
                self.rows.horizontalHeaderItem(column).setText(title)
            self.rows.show_rows([_texts(each) for each in found])

    def _draw(self, found: tuple[ta_risk.Result, ...]) -> None:
        last = found[-1]
        for name, colour, text in CURVES:
            values = 100 * np.asarray(getattr(last.curves, name))
            self.plot.line(0, last.months, values, pin_colour(colour), 1.6, text.format(needed=last.params.needed))
            ages = np.array([each.params.months for each in found])
            points = 100 * np.array([float(getattr(each.risk, name)) for each in found])
            low, high = (100 * np.array([float(getattr(getattr(each, end), name)) for each in found]) for end in ("low", "high"))
            self.plot.points(0, ages, points, np.abs(high - low) / 2, pin_colour(colour), "o", 6.0)
        self.plot.level(0, self.maker.options.cadence, 90, "cadence", self.plot.theme.boundary, position=0.95, anchors=LEFT,
                        style=Qt.PenStyle.DashLine)  # fmt: skip

    def what_to_know(self) -> tuple[str, ...]:
        series = self.series
        params = self.fields.params(series)
        if params is None:
            rate, err = fitted_rate(series, self.maker.threshold)
            said = "no growth was fitted" if rate is None else f"the fitted rate is {with_error(rate, err, RATE_UNIT)}, which is no growth"
            return (*super().what_to_know(), *_of_masks(series), f"{said}: type a rate")
        level = self.maker.threshold
        offered = level not in (None, TA_LEVEL) and any(each.threshold == TA_LEVEL for each in series.trends)
        report = (f"acquisitions mask pixels above {TA_LEVEL:g} {series.unit} in the report: choose it under Hot",) if offered else ()
        found = self.maker.newest_risk_map
        mapped = () if found is None else (_map_words(found),)
        return (*super().what_to_know(), *_of_masks(series), *self._unmasked(series, params), *mapped, *report)

    def _unmasked(self, series: Series, params: ta_risk.Params) -> tuple[str, ...]:
        options = self.maker.options
        worst, err = hot_meaning.worst_case(params.rate, params.rate_err, options.cadence)
        said = [f"masks every {options.cadence:g} months: up to {with_error(worst, err)} unmasked hot pixels, just before an update"]
        if options.exposure_date:
            from detgui.data.dark_words import parse_date

            try:
                each = hot_meaning.unmasked_on(
                    parse_date(options.exposure_date), hot_meaning.mask_dates(series), params.rate, params.rate_err, options.cadence
                )
            except BadInput as error:
                return (*said, str(error))
            count = with_error(each.expected, each.expected_err)
            since = with_error(each.since_middle, each.since_middle_err)
            said.append(
                f"on {each.date:%Y-%m-%d}: {count} with the mask of {each.mask_date:%Y-%m-%d} (at most {since}, all since its middle date)"
            )
        return tuple(said)

    # windows

    def _show_windows(self) -> None:
        on = self.windows.isChecked()
        self.lists.setVisible(on)
        self.rows.setHidden(on)
        self.subarray.setVisible(on)
        if not on:
            return
        self.maker.want_history()
        history, state = self.maker.history, self.session.state
        drawn = regions.regions_of(state)
        key = (history, drawn, state.hot.windows)
        if self._windows_of is None or self._windows_of[0] is not history or self._windows_of[1:] != key[1:]:
            self._windows_of = key
            self._found = windows_of(history, drawn, state.hot) if history is not None else []
            self.window_list.show_list(window_columns(self._found))
            if self._found:
                self.window_list.choose_row(0)
        window = self._window()
        if self._listed is not window:
            self._listed = window
            chosen = list_columns(history, window.new)[:6] if history is not None and window is not None else []
            self.pixel_list.show_list(chosen)
        if not drawn and not state.hot.windows:
            self.show_notes("draw a region over the image of the series, such as 32 x 32 pixels for WATA, or add a subarray")

    # export

    def origin(self) -> Origin:
        params = self.fields.params(self.series)
        if params is None:
            return super().origin()
        words_ = ["detgui ta-risk", f"--rate {params.rate:.6g}", f"--rate-err {params.rate_err:.4g}", f"--months {params.months:g}"]
        words_ += [f"--stamp {params.stamp}", f"--stars {params.stars}", f"--needed {params.needed}", f"--pixels {params.pixels}"]
        python = f"from detgui.analysis import ta_risk\n\nresult = ta_risk.run(ta_risk.{params!r})\n"
        return Origin(" ".join([*words_, "-o risk.ecsv"]), python, super().origin().provenance)

    def copy_numbers(self) -> None:
        lists = f"{self.window_list.tsv()}\n\n{self.pixel_list.tsv()}"
        QGuiApplication.clipboard().setText(lists if self.windows.isChecked() else self.rows.tsv())

    def table(self) -> Table:
        found = self.risks()
        meta: dict[str, object] = {"provenance": self.origin().provenance}
        if not found:
            return {"months": (np.empty(0), "")}, meta
        last = found[-1]
        curves = {name: (np.asarray(getattr(last.curves, name)), "") for name in ("p_pixel", "p_stamp", "p_any", "p_fewer")}
        return {"months": (last.months, ""), **curves}, meta | {"ages": [ta_risk.summary(each) for each in found]}


def _of_masks(series: Series) -> tuple[str, ...]:
    """What a rate out of masks is worth."""
    if not series.is_mask:
        return ()
    stepped = words.criteria(series) and not series.breaks
    more = "; these changed: set a break on the page Counts, or type a rate" if stepped else ""
    return (f"the growth is that of flags, which follows the criteria of the masks as well as the detector{more}",)


def _share(value: float, err: float) -> str:
    """A probability with its error as per cent."""
    return with_error(100 * value, 100 * err, "%") if not 100 * err < LEAST_ERROR else words.per_cent(value)


def _texts(each: ta_risk.Result) -> list[str]:
    """A row of the table: an age and the probabilities at it."""
    params = each.params

    def share(name: str) -> str:
        value, low, high = (float(getattr(risk, name)) for risk in (each.risk, each.low, each.high))
        return _share(value, abs(high - low) / 2)

    new = with_error(params.rate * params.months, params.rate_err * params.months)
    return [f"{params.months:g}", new, share("p_stamp"), share("p_any"), share("p_fewer"), words.per_cent(float(each.risk.p_pixel))]


def _map_words(found: ta_risk.MapResult) -> str:
    made, months = found.map, found.params.months
    low, high = float(made.p_stamp.min()), float(made.p_stamp.max())
    stamp = _share(made.mean, made.mean_err) if np.isfinite(made.mean) else MISSING
    any_star, fewer = _share(made.p_any, made.p_any_err), _share(made.p_fewer, made.p_fewer_err)
    return (
        f"map of risk at {months:g} months, {found.events} events seen: a stamp {stamp} "
        f"({words.per_cent(low)} to {words.per_cent(high)} by place; {words.per_cent(found.uniform[0])} if anywhere alike), "
        f"any star {any_star}, fewer than {found.params.draw.needed} clean stars {fewer}"
    )
