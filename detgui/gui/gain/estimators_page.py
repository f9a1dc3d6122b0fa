"""The Estimators page: gain from differences of groups beside that from variance against mean; what they disagree by is a systematic."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtGui import QGuiApplication

from detgui.analysis import gain_table
from detgui.analysis.gain_types import Result
from detgui.gui.common.colours import pin_colour
from detgui.gui.common.quantity import MISSING, plain, with_error
from detgui.gui.common.rows_table import RowsTable
from detgui.gui.gain.context import Context
from detgui.gui.gain.gain_page import UNIT, GainPage, figures_of
from detgui.gui.pages.page import Table
from detgui.gui.pages.page_plot import PagePlot
from detgui.science.boxes import KINDS, VOID
from detgui.science.gain_sectors import SectorFigures

WORDS = {
    "classic": ("variance against mean", "line of variance against mean up to the limit, reads of a flat pair"),
    "adjacent": ("adjacent groups", "differences of adjacent groups in a flat pair, noise 4 R², extrapolated to zero signal"),
    "lag1": ("one ramp, lag 1", "differences of one ramp's differences, noise 6 R², extrapolated to zero signal"),
    "lag2": ("one ramp, lag 2", "the same two groups apart, noise 4 R², extrapolated to zero signal"),
}
SYMBOLS = ("o", "s", "t", "d")
HEADERS = (
    ("sector", "1 to 4 by detector column"),
    ("region", "bulk or void"),
    *[(f"{words} ({UNIT})", more) for words, more in WORDS.values()],
    (
        f"systematic ({UNIT})",
        "largest disagreement with the classic one beyond its error; 0: chance does that in 1 of 100 maps",
    ),
)


class EstimatorsPage(GainPage):
    """All estimators by sector and region."""

    name = "estimators"

    def __init__(self, context: Context, parent: Any = None) -> None:
        super().__init__(context, PagePlot("Gain of the sectors by all estimators", (3, 2), linked=True, counts=True), parent)
        self.plot.label(0, f"gain ({UNIT})")
        self.plot.label(1, "minus classic (%)", "sector; voids half a step to the right")
        self.plot.legends[0].setColumnCount(2)
        self.rows = RowsTable("Estimators of the gain", HEADERS)
        self.show_rows_under(self.rows)
        self.put_tools(None)

    def draw_result(self, result: Result) -> None:
        rows = estimates(result)
        self.rows.show_rows([_texts(row, figures_of(result, row)) for row in rows])
        self.plot.show_drawn(lambda: self._draw(rows))
        self.plot.fit(0, 0.3)
        self.plot.fit(1)
        self.plot.plots[0].setXRange(0.6, 4.9)

    def _draw(self, rows: list[dict[str, Any]]) -> None:
        for number, name in enumerate(WORDS):
            there = [row for row in rows if name in row["gains"]]
            if not there:
                continue
            place = np.array([row["sector"] + 0.08 * number + 0.45 * (row["region"] == KINDS[VOID]) for row in there])
            gains, errors = (np.array([row["gains"][name][i] for row in there]) for i in (0, 1))
            off, off_err = self._against(there, name)
            colour, symbol = pin_colour(number), SYMBOLS[number]
            self.plot.points(0, place, gains, errors, colour, symbol, 7, WORDS[name][0])
            self.plot.points(1, place, off, off_err, colour, symbol, 7)
        self.plot.level(1, 0.0)

    def _against(self, rows: list[dict[str, Any]], name: str) -> tuple[Any, Any]:
        """Per cent above the classic estimator, with the statistical error of that (they share their data) where it is known."""
        off, err = [], []
        for row in rows:
            found, classic = figures_of(self.result, row), row["gains"]["classic"][0]
            known = found.differences.get(name) if found is not None else None
            off.append(100 * (row["gains"][name][0] / classic - 1) if known is None else 100 * known.value / classic)
            err.append(0.0 if known is None else 100 * known.err / classic)
        return np.array(off), np.array(err)

    def copy_numbers(self) -> None:
        QGuiApplication.clipboard().setText(self.rows.tsv())

    def table(self) -> Table:
        rows = estimates(self.result)
        columns: dict[str, Any] = {name: (np.array([row[name] for row in rows]), "") for name in ("sector", "region")}
        for name in WORDS:
            for part, suffix in ((0, ""), (1, "_err")):
                values = np.array([row["gains"].get(name, (np.nan, np.nan))[part] for row in rows])
                columns[f"gain_{name}{suffix}"] = (values, "electron / DN")
        return columns, gain_table.facts(self.result) | {"provenance": self.origin().provenance}


def estimates(result: Result) -> list[dict[str, Any]]:
    """Rows by sector and region: 'sector', 'region' and 'gains', (gain, error) by estimator where it was measured."""
    found = []
    for row in gain_table.sector_rows(result):
        gains = {"classic": (row["gain"], row["gain_err"])}
        for name in WORDS:
            if np.isfinite(row.get(f"gain_{name}", np.nan)):
                gains[name] = (row[f"gain_{name}"], row[f"gain_{name}_err"])
        found.append({"sector": row["sector"], "region": row["region"], "gains": gains})
    return found


def _texts(row: dict[str, Any], found: SectorFigures | None) -> list[str]:
    gains = row["gains"]
    cells = [with_error(*gains[name]) if name in gains else MISSING for name in WORDS]
    systematic = found.systematic if found is not None else np.nan
    return [str(row["sector"]), row["region"], *cells, plain(systematic, 2)]
