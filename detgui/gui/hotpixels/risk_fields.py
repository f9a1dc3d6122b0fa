"""What the Risk page is told: rate, ages, the acquisition, the cadence of masks and the date of an exposure."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from detgui.analysis import ta_risk
from detgui.analysis.hot_types import Series
from detgui.gui.common.fields import EntryField, named, number, whole_number
from detgui.gui.hotpixels import words
from detgui.gui.hotpixels.context import Context
from detgui.gui.image.flow import FlowLayout
from detgui.science.ta_risk import Draw

RATE_TIP = """New hot pixels a month.
Default: the fitted growth above the threshold (the report: about 70 above 3 DN/s on NRS2, TRAD)."""
MONTHS_TIP = """Age of the mask, months, beside 6, 12 and 24.
Default: 12."""
STAMP_TIP = """Side of a postage stamp, pixels.
Default: 32 (MSATA, JWST-STScI-009188 section 4.3)."""
STARS_TIP = """Reference stars.
Default: 8 (MSATA uses 5 to 8)."""
NEEDED_TIP = """Clean stars that are needed.
Default: 5 (MSATA)."""
DATE_TIP = """Date of an exposure, YYYY-MM-DD: how many hot pixels are unmasked in it, if every dark of the series made a mask.
Default: none."""


class RiskFields(QWidget):
    """Shows the session's options and sends what a person enters."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._maker = context.maker
        set_, say = context.session.set_hot, context.say

        def rate(text: str) -> None:
            set_(text="Rate", rate=number("Rate", text) if text else None)

        self.level = QComboBox(self)
        self.level.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.level.activated.connect(lambda _: set_(text="Threshold of pixels", threshold=self.level.currentData()))
        self.rate = EntryField(rate, say, 8)
        self.months = EntryField(lambda text: set_(text="Age", months=number("Age", text, 0.0, 1200.0)), say, 4)
        self.cadence = EntryField(lambda text: set_(text="Cadence", cadence=number("Cadence", text, 0.0, 1200.0, open_end=True)), say, 4)
        self.date = EntryField(lambda text: set_(text="Date", exposure_date=words.typed_date(text)), say, 11)
        self.date.setPlaceholderText("none")
        self.stamp = whole_number(1, 2048, lambda value: set_(text="Stamp", stamp=value), self)
        self.stars = whole_number(1, 1000, lambda value: set_(text="Stars", stars=value), self)
        self.needed = whole_number(1, 1000, lambda value: set_(text="Stars", needed=value), self)
        bar = FlowLayout(spacing=6)
        for widget in (
            named("Hot", self.level, "", words.LEVEL_TIP),
            named("Rate", self.rate, "/month", RATE_TIP),
            named("Age", self.months, "mo", MONTHS_TIP),
            named("Stamp", self.stamp, "px", STAMP_TIP),
            named("Stars", self.stars, "", STARS_TIP),
            named("needed", self.needed, "", NEEDED_TIP),
            named("Masks every", self.cadence, "mo", words.CADENCE_TIP),
            named("Exposure on", self.date, "", DATE_TIP),
        ):
            bar.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(bar)

    def show_options(self, series: Series | None) -> None:
        """Show what is set."""
        options = self._maker.options
        self.rate.show_value(f"{options.rate:g}" if options.rate is not None else "")
        self.months.show_value(f"{options.months:g}")
        self.cadence.show_value(f"{options.cadence:g}")
        self.date.show_value(options.exposure_date)
        for field, value in ((self.stamp, options.stamp), (self.stars, options.stars), (self.needed, options.needed)):
            with QSignalBlocker(field):
                field.setValue(value)
        if series is None:
            return
        growth, _ = fitted_rate(series, self._maker.threshold)
        self.rate.setPlaceholderText(f"{growth:.1f}" if growth is not None and growth > 0 else "type one")
        with QSignalBlocker(self.level):
            self.level.clear()
            for trend in series.trends:
                self.level.addItem(words.level_text(trend.threshold, series.unit), trend.threshold)
            self.level.setCurrentIndex(max(self.level.findData(self._maker.threshold), 0))
        self.level.setEnabled(not series.is_mask)

    def params(self, series: Series) -> ta_risk.Params | None:
        """Parameters of the risk, None where no rate is typed and none was fitted, or one that is no growth."""
        options = self._maker.options
        rate, err = fitted_rate(series, self._maker.threshold)
        if options.rate is not None:
            rate, err = options.rate, 0.0
        if rate is None or (rate <= 0 and options.rate is None):
            return None
        pixels = int(series.measured.max())
        return ta_risk.Params(rate, err, options.months, options.stamp, options.stars, options.needed, pixels)

    def map_params(self) -> ta_risk.MapParams:
        """Parameters of the map of risk."""
        options = self._maker.options
        draw = replace(Draw(), stamp=options.stamp, stars=options.stars, needed=options.needed)
        return ta_risk.MapParams(options.months, options.rate, draw=draw)


def fitted_rate(series: Series, threshold: float | None) -> tuple[float | None, float]:
    """Fitted growth above a threshold, pixels a month, and its error; None where there is none."""
    growth = series.trend(threshold).growth
    return (growth.rate, growth.rate_err) if growth is not None else (None, 0.0)
