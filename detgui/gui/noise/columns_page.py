"""The Columns page: odd minus even detector columns, by amplifier, along the lines, and column by column."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Qt

from detgui.analysis.noise_types import Result
from detgui.data.tables import Columns
from detgui.gui.common.quantity import significance, with_error
from detgui.gui.noise.context import Context
from detgui.gui.noise.noise_page import NoisePage, amplifier_colour
from detgui.gui.pages.page_plot import PagePlot
from detgui.gui.ramp.ramp_facts import Fact
from detgui.science.noise_columns import changed_lines


class ColumnsPage(NoisePage):
    """Shows `science.noise_columns.Columns`."""

    name = "columns"
    shows = ("alternating_columns",)

    def __init__(self, context: Context, parent: Any = None) -> None:
        super().__init__(context, PagePlot("Half-differences of odd and even columns", (1, 1)), parent)
        for legend in self.plot.legends:
            legend.setColumnCount(4)
        self.put_tools(self.again, None)

    def draw_result(self, result: Result) -> None:
        self.plot.show_drawn(lambda: self._draw(result))
        for row in (0, 1):
            self.plot.fit(row, 0.12)
        self.show_facts(*self._facts(result))

    def _draw(self, result: Result) -> None:
        found, plot, order = result.columns, self.plot, result.order
        slow, fast = ("y", "x") if order.fast_is_x else ("x", "y")
        unit = result.columns_unit
        several = len(found.names) > 1
        for number, name in enumerate(found.names):
            colour = amplifier_colour(name) if several else plot.theme.points
            line, err = found.line[number], found.line_err[number]
            lines = np.arange(line.size)
            if not several:
                plot.band(0, lines, line - err, line + err, colour, 40)
            plot.line(0, lines, line, colour, 1.0, name if several else "")
            plot.level(0, float(found.half[number]), 0, "", colour, style=Qt.PenStyle.DashLine)
            members = order.members(number)
            plot.points(1, members, found.own[members], None, colour, size=3.0, name=name if several else "")
        for row in (0, 1):
            plot.level(row, 0.0)
        plot.label(0, f"(odd − even)/2 ({unit})", f"line along the slow axis, {slow} (pixel)")
        plot.label(1, f"of each column ({unit})", f"detector columns along {fast} (pixel)")

    def _facts(self, result: Result) -> list[tuple[str, Any, list[Fact]]]:
        found = result.columns
        columns: list[tuple[str, Any, list[Fact]]] = []
        for number, name in enumerate(found.names):
            half, err = float(found.half[number]), float(found.err[number])
            changed = int(changed_lines(found, number).sum())
            rows = [
                Fact("(odd − even)/2", with_error(half, err, result.columns_unit), "odd and even full-frame columns, counted from 1"),
                Fact("from zero", significance(half, err).strip("()"), "in its own errors"),
                Fact("odd lines out", str(changed), "lines whose half-difference is not the amplifier's: a drift or a cosmic ray"),
            ]
            columns.append((name, amplifier_colour(name) if len(found.names) > 1 else None, rows))
        return columns

    def columns(self) -> Columns:
        found, unit = self.result.columns, self.result.columns_unit
        table: dict[str, Any] = {"line": (np.arange(found.line.shape[1]), "")}
        for number, name in enumerate(found.names):
            table[f"half_{name}"] = (found.line[number], unit)
            table[f"half_{name}_err"] = (found.line_err[number], unit)
        return table
