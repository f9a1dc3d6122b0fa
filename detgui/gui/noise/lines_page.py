"""The Lines page: noise along the fast axis, lines that have too much of it, and pixels that hop between two levels."""

from __future__ import annotations

from typing import Any

import numpy as np

from detgui.analysis.noise_types import Result
from detgui.data.tables import Columns
from detgui.gui.common.quantity import plain, with_error
from detgui.gui.common.rows_table import RowsTable
from detgui.gui.noise.context import Context
from detgui.gui.noise.noise_page import NoisePage
from detgui.gui.pages.page_plot import PagePlot

HEADERS = (
    ("what", "a line of excessive noise, a noisy reference sample, or a telegraph pixel; a click goes there"),
    ("where", "pixels, 0-based"),
    ("noise or step", "standard deviation along the line, or the distance of the two levels"),
    ("more", "for IRS2: reference samples that belong to the line; for telegraph pixels: hops and part of the time that it is high"),
)
MOST = 500


class LinesPage(NoisePage):
    """Shows `science.noise_rows.Rows` and telegraph pixels."""

    name = "lines"
    shows = ("noisy_rows", "telegraph")

    def __init__(self, context: Context, parent: Any = None) -> None:
        super().__init__(context, PagePlot("Noise of the lines", (1,)), parent)
        self.put_tools(self.again, None)
        self.rows = RowsTable("Noisy lines and telegraph pixels", HEADERS)
        self.rows.setSelectionBehavior(RowsTable.SelectionBehavior.SelectRows)
        self.rows.itemSelectionChanged.connect(self._go)
        self._places: list[tuple[int, int]] = []
        self.numbers.hide()
        self.under.insertWidget(1, self.rows, 1)
        self.splitter.setSizes([330, 300])

    def draw_result(self, result: Result) -> None:
        self.plot.show_drawn(lambda: self._draw(result))
        self.plot.fit(0, 0.12)
        self._places = []
        texts = [*self._line_rows(result), *self._reference_rows(result), *self._telegraph_rows(result)]
        self.rows.show_rows(texts[:MOST])

    def _draw(self, result: Result) -> None:
        found, plot = result.rows, self.plot
        place = np.arange(found.noise.size)
        plot.line(0, place, found.noise, plot.theme.points, 1.0, "line")
        plot.line(0, place, found.usual, plot.theme.line, 1.4, "its neighbours")
        if found.noisy.size:
            at = found.noisy
            plot.points(0, at, found.noise[at], found.err[at], plot.theme.warning, size=7, name="too noisy")
        axis = "x" if result.order.fast_is_x else "y"
        plot.label(0, f"noise ({result.unit})", f"place along the fast axis, {axis} (pixel)")

    def _pixel(self, fast: int) -> tuple[int, int]:
        """A pixel of a line: its middle."""
        order = self.result.order
        middle = order.shape[0] // 2
        return (fast, middle) if order.fast_is_x else (middle, fast)

    def _line_rows(self, result: Result) -> list[tuple[str, ...]]:
        rows, axis = result.rows, "x" if result.order.fast_is_x else "y"
        found = []
        for at in map(int, rows.noisy):
            self._places.append(self._pixel(at))
            samples = result.suspects.get(at, ())
            more = "reference samples " + ", ".join(f"{first}-{last}" for first, last in samples) if samples else ""
            number = with_error(float(rows.noise[at]), float(rows.err[at]), result.unit)
            found.append(("noisy line", f"{axis} {at}", f"{number}, usual {plain(float(rows.usual[at]), 4)}", more))
        return found

    def _reference_rows(self, result: Result) -> list[tuple[str, ...]]:
        self._places += [self._pixel(int(at)) for at in result.reference_samples]
        return [("noisy reference sample", f"{int(at)}", "", "of the raw IRS2 frame") for at in result.reference_samples]

    def _telegraph_rows(self, result: Result) -> list[tuple[str, ...]]:
        found = []
        for each in result.telegraph or ():
            self._places.append((each.x, each.y))
            more = f"{each.hops} hops, high {100 * each.share:.0f} % of the time"
            found.append(("telegraph pixel", f"x {each.x}, y {each.y}", with_error(each.step, each.step_err, result.unit), more))
        return found

    def _go(self) -> None:
        """Choose the pixel of the selected row in the image."""
        row = self.rows.currentRow()
        if 0 <= row < len(self._places):
            if self.session.state.current is None or self.session.state.current.key != self.key:
                self.session.choose_exposure(self.key)
            self.session.choose_pixel(*self._places[row])

    def columns(self) -> Columns:
        rows, unit = self.result.rows, self.result.unit
        noisy = np.zeros(rows.noise.size, bool)
        noisy[rows.noisy] = True
        return {
            "place": (np.arange(rows.noise.size), ""),
            "noise": (rows.noise, unit),
            "noise_err": (rows.err, unit),
            "usual": (rows.usual, unit),
            "significance": (rows.significance, ""),
            "noisy": (noisy, ""),
        }
