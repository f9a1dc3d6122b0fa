"""The Pairs page: light of every flat, how every pair's map compares with the others (JWST-STScI-004622, table 5), and which are used."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QTableWidgetItem

from detgui.analysis import gain_table
from detgui.analysis.gain_types import Result
from detgui.gui.common.buttons import flat_button
from detgui.gui.common.colours import pin_colour
from detgui.gui.common.quantity import MISSING, plain, with_error
from detgui.gui.common.rows_table import RowsTable
from detgui.gui.gain.context import Context
from detgui.gui.gain.gain_page import UNIT, GainPage
from detgui.gui.pages.page import Table
from detgui.gui.pages.page_plot import PagePlot
from detgui.science.gain_pairs import LARGEST_OFFSET, PairFigures

HEADERS = (
    ("pair", "tick the pairs that are averaged; pairs counted from 1"),
    ("flats", "numbers of the two flats, and the part by which the second is brighter"),
    ("off by (%)", "median ratio of the pair's boxes to the median of the other pairs, less 1; with its error"),
    (f"next − this ({UNIT})", "mean and standard deviation over boxes of the next pair's map minus this one (report, table 5)"),
)
CHECK = Qt.CheckState


class PairsPage(GainPage):
    """Ticks overrule the automatic choice: they become the panel's chosen pairs."""

    name = "pairs"

    def __init__(self, context: Context, parent: Any = None) -> None:
        super().__init__(context, PagePlot("Light of the flats, and how far the map of every pair is off", (3, 2), counts=True), parent)
        self.plot.legends[0].setOffset((-6, -4))  # a lamp that warms up comes from the lower left
        self.rows = RowsTable("Pairs of flats", HEADERS)
        self.rows.itemChanged.connect(self._ticked)
        self.show_rows_under(self.rows)
        self.automatic = flat_button("Automatic", "Leave out pairs that are off by more than 1 % and by more than 4 of their errors")
        self.automatic.clicked.connect(lambda: self.session.set_gain(text="Pairs", pairs="auto"))
        self.put_tools(self.automatic, None)

    def draw(self) -> None:
        super().draw()
        self.automatic.setEnabled(self.session.state.gain.pairs != "auto")
        self._show_ticks()

    def draw_result(self, result: Result) -> None:
        with QSignalBlocker(self.rows):
            self.rows.show_rows([_texts(each, result) for each in result.pairs], [pin_colour(each.number - 1) for each in result.pairs])
        self.plot.show_drawn(lambda: self._draw(result))
        first, last = result.flat_groups
        self.plot.label(0, f"group {last} − group {first} (DN)", "flat")
        self.plot.label(1, "off by (%)", "pair")
        self.plot.fit(0)
        self.plot.fit(1)
        self.plot.plots[1].setXRange(0.5, len(result.pairs) + 0.5)

    def _draw(self, result: Result) -> None:
        for each in result.pairs:
            at = np.array([2 * each.number - 1, 2 * each.number], float)
            signal = result.flat_signal[2 * each.number - 2 : 2 * each.number]
            symbol = "o" if each.used else "x"
            colour = pin_colour(each.number - 1)
            self.plot.line(0, at, signal, colour, 1.0)
            self.plot.points(0, at, signal, None, colour, symbol, 8, f"pair {each.number}{'' if each.used else ', left out'}")
            off, err = np.array([100 * each.offset]), np.array([100 * each.offset_err])
            self.plot.points(1, np.array([float(each.number)]), off, err, colour, symbol, 8)
        self.plot.level(1, 0.0)
        for sign in (-1, 1):
            self.plot.level(1, 100 * sign * LARGEST_OFFSET, style=Qt.PenStyle.DashLine)

    def _show_ticks(self) -> None:
        """The present choice: that of the options where pairs are chosen, else what was used."""
        options, result = self.session.state.gain, self.result
        used = options.chosen_pairs if options.pairs == "chosen" else result.pairs_used
        if options.pairs == "all":
            used = tuple(each.number for each in result.pairs)
        with QSignalBlocker(self.rows):
            for row, each in enumerate(result.pairs):
                self.rows.item(row, 0).setCheckState(CHECK.Checked if each.number in used else CHECK.Unchecked)

    def _ticked(self, item: QTableWidgetItem) -> None:
        if item.column() != 0 or self.result is None:
            return
        chosen = tuple(row + 1 for row in range(self.rows.rowCount()) if self.rows.item(row, 0).checkState() == CHECK.Checked)
        if chosen:
            self.session.set_gain(text="Pairs", pairs="chosen", chosen_pairs=chosen)
        else:
            self.tell("One pair at least is needed.", False)
            self._show_ticks()

    def copy_numbers(self) -> None:
        QGuiApplication.clipboard().setText(self.rows.tsv())

    def table(self) -> Table:
        result = self.result
        columns: dict[str, Any] = {
            "pair": (np.array([each.number for each in result.pairs]), ""),
            "used": (np.array([each.used for each in result.pairs]), ""),
            "signal_1": (result.flat_signal[0::2], "DN"),
            "signal_2": (result.flat_signal[1::2], "DN"),
            "offset": (np.array([each.offset for each in result.pairs]), ""),
            "offset_err": (np.array([each.offset_err for each in result.pairs]), ""),
            "next_minus_this": (np.array([each.difference for each in result.pairs]), "electron / DN"),
            "next_minus_this_std": (np.array([each.difference_std for each in result.pairs]), "electron / DN"),
        }
        return columns, gain_table.facts(result) | {"provenance": self.origin().provenance}


def _texts(each: PairFigures, result: Result) -> list[str]:
    one, two = result.flat_signal[2 * each.number - 2 : 2 * each.number]
    brighter = f"{100 * (two / one - 1):+.2f} %" if one else MISSING
    difference = f"{plain(each.difference, 3)} ± {plain(each.difference_std, 2)}" if np.isfinite(each.difference) else MISSING
    return [
        f"{each.number}",
        f"{2 * each.number - 1}–{2 * each.number}  ({brighter})",
        with_error(100 * each.offset, 100 * each.offset_err),
        difference,
    ]
