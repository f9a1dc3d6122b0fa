"""The Spill-over page: the stacked cross of isolated hot pixels, the coupling, and what neighbours explain of the step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFontMetricsF, QGuiApplication

from detgui.analysis import hot_tables
from detgui.analysis.hot_types import Series, Trend
from detgui.gui.common.buttons import flat_button
from detgui.gui.common.fields import EntryField, named, number
from detgui.gui.common.quantity import MISSING, with_error
from detgui.gui.common.rows_table import RowsTable
from detgui.gui.hotpixels import words
from detgui.gui.hotpixels.context import Context
from detgui.gui.hotpixels.hot_page import HotPage, level_colour
from detgui.gui.image.flow import FlowLayout
from detgui.gui.pages.page import Need, Table
from detgui.gui.pages.page_images import picture
from detgui.gui.pages.page_plot import PagePlot
from detgui.gui.ramp.ramp_facts import Fact
from detgui.science.hot_spill import REACH, Cross

SIDE = 2 * REACH + 1
GAP = 1  # pixels between two crosses
ROOM = 2.0  # screen pixels between numbers
SCALE = 2.0  # the colours end at so many couplings,
SEEN = 2.0  # errors; the share of a smaller step says nothing
LEAST_SCALE = 1e-3  # or at so many of that
HEADERS = (
    ("above", "threshold"),
    ("step (pix)", "of counts with neighbours, at the break"),
    ("neighbours explain (pix)", "step of counts with neighbours less that of centres alone"),
    ("share", "of the step"),
    ("rest (pix)", "step that neighbours do not explain"),
)
CENTRE_TIP = """Least rate of the isolated pixels whose crosses are stacked, in the unit of the series.
Default: 10: fainter ones have neighbours that are all noise."""
SIGMA_TIP = """How many standard deviations of the coupling's spread from pixel to pixel a neighbour has to stand above what is explained.
Default: 3."""


class SpillPage(HotPage):
    """Crosses before and after a break, with numbers in per cent of the centre."""

    name = "spill-over"

    def __init__(self, context: Context, parent: Any = None) -> None:
        super().__init__(context, PagePlot("Stacked cross of hot pixels"), parent)
        self.plot.plots[0].setAspectLocked(True)
        for side in ("left", "bottom"):
            self.plot.plots[0].hideAxis(side)
        self._numbers: list[tuple[pg.TextItem, tuple[str, ...]]] = []  # in the pixels of the crosses, the longest text first
        for changed in (self.plot.plots[0].vb.sigRangeChanged, self.plot.plots[0].vb.sigResized):
            changed.connect(lambda *_: self._fit_numbers())
        set_, say = self.session.set_hot, context.say
        self.centre = EntryField(lambda text: set_(text="Centres", centre=number("Centres", text, open_end=True)), say, 7)
        self.sigma = EntryField(lambda text: set_(text="Explained", sigma=number("Explained", text, 0.0, 100.0)), say, 5)
        bar = FlowLayout(spacing=6)
        bar.addWidget(named("Centres above", self.centre, "", CENTRE_TIP))
        bar.addWidget(named("explained within", self.sigma, "σ", SIGMA_TIP))
        self.layout().insertLayout(0, bar)
        self.breaks = flat_button("Break…", "Set the date of a change of definition on the page Counts")
        self.breaks.clicked.connect(lambda: self.session.set_hot(page="Counts"))
        self.rows = RowsTable("What neighbours explain of the step", HEADERS)
        self.under.addWidget(self.rows, 1)
        self.put_tools(self.breaks, None)

    def need(self) -> Need | None:
        found = super().need()
        if found is None and self.series.is_mask:
            return Need(f"{self.maker.name}: masks have flags and no rates, so there is no spill-over to see.")
        return found

    def refresh(self) -> None:
        options = self.session.state.hot
        self.centre.show_value(f"{options.centre:g}")
        self.sigma.show_value(f"{options.sigma:g}")
        super().refresh()

    def what_to_know(self) -> tuple[str, ...]:
        series = self.series
        more: tuple[str, ...] = ()
        if not series.cross.measured:
            more = (f"{series.cross.count} isolated pixels above {self.maker.result.params.centre:g} are too few for a coupling",)
        elif not series.breaks:
            more = ("no break: there is no step to explain",)
        else:
            dates = words.joined([f"{at:%Y-%m-%d}" for at in series.breaks])
            more = (f"what is not explained is stated as the rest; {'breaks' if len(series.breaks) > 1 else 'break'}: {dates}",)
        return (*super().what_to_know(), *more)

    def draw_series(self, series: Series) -> None:
        crosses = list(zip(_titles(series), series.part_crosses, strict=True))
        self.plot.show_drawn(lambda: self._draw(crosses))
        box = self.plot.plots[0].vb
        box.setRange(QRectF(-0.7, -0.9, len(crosses) * (SIDE + GAP) - GAP + 0.4, SIDE + 0.9), padding=0)
        self.show_facts(*((title, None, _facts(cross)) for title, cross in crosses))
        steps = [
            (at, trend, place) for at, trend in enumerate(series.trends) if trend.growth is not None for place in range(len(series.breaks))
        ]
        self.rows.setVisible(bool(steps))
        self.rows.show_rows([_texts(series, trend, place) for _, trend, place in steps], [level_colour(at) for at, _, _ in steps])

    def _draw(self, crosses: list[tuple[str, Cross]]) -> None:
        couplings = [abs(cross.coupling) for _, cross in crosses if cross.measured]
        limit = SCALE * max([LEAST_SCALE, *couplings])
        self._numbers = []
        for place, (title, cross) in enumerate(crosses):
            left = place * (SIDE + GAP)
            item = pg.ImageItem(axisOrder="row-major")
            item.setImage(picture(cross.stack, limit), autoLevels=False)
            item.setRect(QRectF(left - 0.5, -0.5, SIDE, SIDE))
            self.plot.add(0, item)
            words = pg.TextItem(title, color=self.plot.theme.foreground, anchor=(0.5, 0.5))
            self.plot.add(0, words, 10, bounds=False)
            words.setPos(left + REACH, SIDE - 0.1)
            for (row, column), value in np.ndenumerate(cross.stack):
                self._number(left + column, row, value, cross.stack_err[row, column], limit)
        self._fit_numbers()

    def _number(self, x: float, y: float, value: float, error: float, limit: float) -> None:
        strong = np.isfinite(value) and abs(value) > 0.6 * limit
        texts = (f"{100 * value:z.2f}\n{_error(100 * error)}", f"{100 * value:z.2f}", f"{100 * value:z.1f}", "")
        word = "100" if value > 0.9 else MISSING if not np.isfinite(value) else ""
        if word:
            texts = (word, word, word, "")
        item = pg.TextItem(texts[0], color=QColor("white" if strong else "black"), anchor=(0.5, 0.5))
        font = item.textItem.font()
        font.setPointSizeF(7.0)
        item.setFont(font)
        self.plot.add(0, item, 10, bounds=False)
        item.setPos(x, y)
        self._numbers.append((item, texts))

    def _fit_numbers(self) -> None:
        """Write as much into the pixels of the crosses as there is room for: with errors, in two decimals or one, or nothing."""
        scale = self.plot.plots[0].vb.viewPixelSize()[0]
        if not self._numbers or not scale > 0:
            return
        metrics = QFontMetricsF(self._numbers[0][0].textItem.font())
        kinds = range(len(self._numbers[0][1]))
        wide = [max(metrics.horizontalAdvance(line) for _, texts in self._numbers for line in texts[kind].split("\n")) for kind in kinds]
        kind = next(kind for kind in kinds if wide[kind] < 1 / scale - ROOM or kind == kinds[-1])
        for item, texts in self._numbers:
            item.setText(texts[kind])

    def copy_numbers(self) -> None:
        QGuiApplication.clipboard().setText(f"{self.numbers.tsv()}\n\n{self.rows.tsv()}")

    def table(self) -> Table:
        rows = hot_tables.coupling_rows(self.maker.result)
        names = [name for name in rows[0] if name != "stack"]
        columns: dict[str, Any] = {name: (np.array([row[name] for row in rows]), "") for name in names}
        return columns, {"steps": hot_tables.step_rows(self.maker.result), "provenance": self.origin().provenance}


def _titles(series: Series) -> list[str]:
    if not series.breaks:
        return ["all files"]
    return ["before the break", *(f"from {series.dates[epoch]:%Y-%m-%d}" for epoch in series.first_after)]


def _error(value: float) -> str:
    """An error in the width of a pixel of the cross."""
    return "<0.001" if value < 0.0005 else f"±{value:.3f}"


def _facts(cross: Cross) -> list[Fact]:
    def share(value: float, error: float = float("nan")) -> str:
        return with_error(100 * value, 100 * error, "%") if np.isfinite(value) else MISSING

    names = ("left", "right", "below", "above")
    facts = [Fact("coupling", share(cross.coupling, cross.coupling_err), "mean of the four neighbours, of the centre's measured rate")]
    facts += [Fact(name, f"{100 * value:z.3f} %") for name, value in zip(names, cross.sides, strict=True) if cross.measured]
    facts.append(
        Fact("spread", f"{100 * cross.scatter:.3f} %" if cross.measured else MISSING, "of one neighbour's coupling from pixel to pixel")
    )
    facts.append(Fact("pixels", f"{cross.count:,}", "isolated hot pixels in a file"))
    return facts


def _texts(series: Series, trend: Trend, place: int) -> list[str]:
    growth = trend.growth
    assert growth is not None
    size, size_err = float(growth.steps[place]), float(growth.steps_err[place])
    step = with_error(size, size_err)
    level = words.level_text(trend.threshold, series.unit)
    if len(series.breaks) > 1:
        level = f"{level}, {series.breaks[place]:%Y-%m-%d}"
    if place >= len(trend.shares):
        return [level, step, MISSING, MISSING, MISSING]
    share = trend.shares[place]
    seen = np.isfinite(share.share) and abs(size) > SEEN * size_err
    part = with_error(100 * share.share, 100 * share.share_err, "%") if seen else "no step seen"
    return [level, step, with_error(share.explained, share.explained_err), part, with_error(share.rest, share.rest_err)]
