"""The Maps page: the map of one pair against that of another (JWST-STScI-004622, figure 7), and the uncertainty that they give."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox

from detgui.analysis import gain_maps, gain_table
from detgui.analysis.gain_types import Result
from detgui.gui.common.quantity import MISSING, plain, with_error
from detgui.gui.gain.context import Context
from detgui.gui.gain.gain_page import UNIT, GainPage, kind_colour
from detgui.gui.pages.page import Need, Table, tool_label
from detgui.gui.pages.page_plot import PagePlot
from detgui.gui.ramp.ramp_facts import Fact
from detgui.science.boxes import BULK, KINDS, VOID


class MapsPage(GainPage):
    """Two pairs are chosen; the first two that are used come first."""

    name = "maps"

    def __init__(self, context: Context, parent: Any = None) -> None:
        super().__init__(context, PagePlot("The map of one pair against that of another"), parent)
        self.plot.legends[0].setOffset((8, 4))
        self.first, self.second = QComboBox(self), QComboBox(self)
        for combo, word in ((self.first, "First"), (self.second, "Second")):
            combo.setAccessibleName(f"{word} pair")
            combo.activated.connect(self.refresh)
        self.put_tools(tool_label("Pair", self.first), self.first, tool_label("against", self.second), self.second, None)

    def need(self) -> Need | None:
        found = super().need()
        if found is None and len(self.result.pairs) < 2:
            return Need("One map is drawn against another: it takes two pairs of flats, one is open.")
        return found

    def shown_things(self) -> tuple[Any, ...]:
        self._fill(self.result)
        return self.result, self.first.currentData(), self.second.currentData()

    def _fill(self, result: Result) -> None:
        numbers = [each.number for each in result.pairs]
        if [self.first.itemData(at) for at in range(self.first.count())] == numbers:
            return
        used = [*result.pairs_used, *(number for number in numbers if number not in result.pairs_used)]
        for combo, number in ((self.first, used[0]), (self.second, used[1])):
            with QSignalBlocker(combo):
                combo.clear()
                for each in result.pairs:
                    combo.addItem(f"{each.number}{'' if each.used else ' (left out)'}", each.number)
                combo.setCurrentIndex(combo.findData(number))

    def scatter(self) -> gain_maps.Scatter:
        """The points of the two chosen pairs."""
        return gain_maps.scatter(self.result, (self.first.currentData(),), (self.second.currentData(),))

    def draw_result(self, result: Result) -> None:
        found = self.scatter()
        self.plot.label(0, f"gain, pair {found.second[0]} ({UNIT})", f"gain, pair {found.first[0]} ({UNIT})")
        self.plot.show_drawn(lambda: self._draw(found))
        self.plot.fit(0)
        low, high = (pick(ends) for pick, ends in zip((min, max), zip(*self.plot.plots[0].vb.viewRange(), strict=True), strict=True))
        self.plot.plots[0].vb.setRange(xRange=(low, high), yRange=(low, high), padding=0)  # the one-to-one line is the diagonal
        self.show_facts(("", None, self._facts(result, found)))

    def _draw(self, found: gain_maps.Scatter) -> None:
        if not found.x.size:
            return
        ends = np.array([min(found.x.min(), found.y.min()), max(found.x.max(), found.y.max())])
        self.plot.line(0, ends, ends, self.plot.theme.faint, 1.2)
        for kind, symbol in ((BULK, "o"), (VOID, "d")):
            here = found.void == (kind == VOID)
            if here.any():
                name = KINDS[kind] if found.void.any() else ""
                self.plot.points(0, found.x[here], found.y[here], found.y_err[here], kind_colour(kind), symbol, 6, name)

    def _facts(self, result: Result, found: gain_maps.Scatter) -> list[Fact]:
        whole, difference = gain_maps.uncertainty(result), found.y - found.x
        err = np.hypot(found.x_err, found.y_err)
        width = float(np.diff(np.percentile(difference / err, (16, 84)))[0] / 2) if difference.size > 2 else np.nan
        mean = float(difference.mean()) if difference.size else np.nan
        mean_err = float(np.sqrt((err**2).sum()) / err.size) if err.size else np.nan
        percent = f" ({plain(whole.percent, 2)} %)" if np.isfinite(whole.percent) else ""
        maps = f"over the root of the {whole.maps} pairs used"
        return [
            Fact("one map", f"{with_error(whole.single, whole.single_err, UNIT)}{percent}", "differences of maps over √2, of a box"),
            Fact("mean map", f"{plain(whole.mean, 3)} {UNIT}" if np.isfinite(whole.mean) else MISSING, f"of one map, {maps}"),
            Fact("second − first", with_error(mean, mean_err, UNIT), "mean over the boxes of these two maps and its error"),
            Fact(
                "width of pulls",
                plain(width, 3),
                "half the 16 to 84 % interval of difference over error: 1 is right",
            ),
            Fact("boxes", f"{found.x.size}", "measured in both maps"),
        ]

    def table(self) -> Table:
        found = self.scatter()
        columns: dict[str, Any] = {
            "box": (found.box + 1, ""),
            "sector": (found.sector, ""),
            "void": (found.void, ""),
            "gain_1": (found.x, "electron / DN"),
            "gain_1_err": (found.x_err, "electron / DN"),
            "gain_2": (found.y, "electron / DN"),
            "gain_2_err": (found.y_err, "electron / DN"),
        }
        meta = {"first": list(found.first), "second": list(found.second)}
        return columns, meta | gain_table.facts(self.result) | {"provenance": self.origin().provenance}
