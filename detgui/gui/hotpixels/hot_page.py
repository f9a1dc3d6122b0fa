"""What the pages of the hot-pixel tab have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor

from detgui.analysis.hot_types import Series
from detgui.gui.common.colours import pin_colour
from detgui.gui.hotpixels.context import Context
from detgui.gui.pages.drawn_page import DrawnPage
from detgui.gui.pages.page import Need, Origin
from detgui.gui.pages.page_plot import PagePlot

ADD = "Add darks, masks, rate images of darks or bad-pixel images on the page Files, or drop them on this tab."
COUNT = "Hot pixels are counted above thresholds in every file, with and without the neighbours that they lift."
DAY = 86400.0  # s
COLOURS = (5, 3, 2, 4, 0, 1)  # of the pins' colours, by threshold: blue, vermilion, green, purple
CLASS_COLOURS = {"always hot": 0, "newly hot": 3, "recovered": 1, "coming and going": 4, "not confirmed": 2}


class HotPage(DrawnPage):
    """A page of the shown series (``series``), drawn again where what it shows is another object; subclasses override `draw_series`."""

    name = "hot pixels"
    room = "hot pixels"
    result_word = "counts"

    def __init__(self, context: Context, plot: PagePlot, parent: Any = None) -> None:
        super().__init__(context, plot, parent)
        self.splitter.setSizes([400, 240])

    @property
    def series(self) -> Series | None:
        """The shown series, None before there are counts."""
        return self.maker.series

    def break_days(self) -> tuple[float, ...]:
        """The breaks of the shown counts as days since 1970."""
        return tuple(each.timestamp() / DAY for each in self.series.breaks)

    def need(self) -> Need | None:
        if not any(each.use for each in self.maker.options.files):
            return Need(ADD, "Files", lambda: self.session.set_hot(page="Files"))
        if self.series is None:
            return Need(COUNT, "Count the hot pixels", self.maker.compute)
        return None

    def shown_things(self) -> tuple[Any, ...]:
        return (self.series,)

    def draw_shown(self) -> None:
        self.draw_series(self.series)

    def draw_series(self, series: Series) -> None:
        """Draw the shown series."""
        raise NotImplementedError

    def what_to_know(self) -> tuple[str, ...]:
        stale = () if self.maker.is_current else ("of other files or parameters than the present ones",)
        return stale

    def origin(self) -> Origin:
        return Origin.of(self.maker.result.provenance)

    def file_name(self) -> str:
        return f"{self.maker.name}_{self.name}".replace(" ", "_").lower()


def level_colour(place: int) -> QColor:
    """Colour of a threshold by its place among them."""
    return pin_colour(COLOURS[place % len(COLOURS)])


def class_colour(name: str) -> QColor:
    """Colour of a class of pixels, the same in the image and the plots."""
    return pin_colour(CLASS_COLOURS.get(name, 5))


def seconds(series: Series) -> Any:
    """Dates of the files as s since 1970, for an axis of dates."""
    return np.asarray(series.days) * DAY


class DayAxis(pg.DateAxisItem):
    """An axis of UTC dates."""

    def __init__(self) -> None:
        super().__init__(orientation="bottom", utcOffset=0)


def use_dates(plot: PagePlot, rows: Sequence[int]) -> None:
    """Give plots of a page an axis of dates below."""
    for row in rows:
        plot.plots[row].setAxisItems({"bottom": DayAxis()})
    plot.apply_theme(plot.theme)


def single_pixels(origin: Origin, params: Any, flags: bool, number: int) -> Origin:
    """How histories of the series ``number`` (0-based) are made again: options of the command, and a step of the Python."""
    words = [] if flags else ["--threshold", f"{params.threshold:g}"]
    words += ["--persistence", str(params.persistence), "--fdr", f"{params.discovery:g}", "--list", "new.ecsv"]
    step = f"history = hot_history.run(result.series[{number}], hot_history.{params!r})"
    python = f"{origin.python}\nfrom detgui.analysis import hot_history\n\n{step}\n"
    return Origin(f"{origin.command} {' '.join(words)}", python, origin.provenance)
