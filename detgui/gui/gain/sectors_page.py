"""The Sectors page: gain and read noise of the sectors with the voids apart (JWST-STScI-004622, table 7)."""

from __future__ import annotations

from typing import Any

import numpy as np

from detgui.analysis import gain_table
from detgui.analysis.gain_types import Result
from detgui.gui.common.quantity import plain, with_error
from detgui.gui.common.rows_table import RowsTable
from detgui.gui.gain.context import Context
from detgui.gui.gain.gain_page import UNIT, GainPage, kind_colour
from detgui.gui.pages.page import Table
from detgui.gui.pages.page_plot import PagePlot
from detgui.science.boxes import BULK, KINDS, VOID

HEADERS = (
    ("sector", "1 to 4 by detector column, as in the report, and the amplifier that reads it"),
    ("region", "void: boxes inside the outlines; bulk: all others"),
    (f"gain ({UNIT})", "mean of the boxes weighted by their pixels"),
    (f"systematic ({UNIT})", "what the estimators disagree by beyond their errors (page Estimators)"),
    ("read noise (DN)", "of a single read, from differences of reads"),
    ("reset (DN)", "noise of the reset: what the intercept has beyond that of the reads"),
    ("intercept (DN)", "both together, from the intercept of the line: 2 R²"),
    ("boxes", "that were measured"),
    ("pixels", "in them"),
)


class SectorsPage(GainPage):
    """The table and its picture."""

    name = "sectors"

    def __init__(self, context: Context, parent: Any = None) -> None:
        super().__init__(context, PagePlot("Gain and read noise of the sectors", (3, 2), linked=True, counts=True), parent)
        self.plot.label(0, f"gain ({UNIT})")
        self.plot.legends[0].setColumnCount(2)
        self.plot.label(1, "read noise (DN)", "sector")
        self.rows = RowsTable("Gain of the sectors", HEADERS)
        self.show_rows_under(self.rows)
        self.put_tools(None)

    def draw_result(self, result: Result) -> None:
        rows = gain_table.sector_rows(result)
        self.rows.show_rows([_texts(row) for row in rows])
        self.plot.show_drawn(lambda: self._draw(rows))
        self.plot.fit(0, 0.2)
        self.plot.fit(1)
        self.plot.plots[0].setXRange(0.5, 4.5)

    def _draw(self, rows: list[dict[str, Any]]) -> None:
        for kind, symbol, shift in ((BULK, "o", -0.05), (VOID, "d", 0.05)):
            chosen = [row for row in rows if row["region"] == KINDS[kind]]
            x = np.array([row["sector"] + shift for row in chosen], float)
            for at, name in enumerate(("gain", "read_noise")):
                values, errors = (np.array([row[key] for row in chosen], float) for key in (name, f"{name}_err"))
                if chosen:
                    self.plot.points(at, x, values, errors, kind_colour(kind), symbol, 7, KINDS[kind] if at == 0 else "")

    def copy_numbers(self) -> None:
        from PySide6.QtGui import QGuiApplication

        QGuiApplication.clipboard().setText(self.rows.tsv())

    def table(self) -> Table:
        rows = gain_table.sector_rows(self.result)
        columns = {name: (np.array([row[name] for row in rows]), gain_table.UNITS.get(name, "")) for name in rows[0]}
        return columns, gain_table.facts(self.result) | {"provenance": self.origin().provenance}


def _texts(row: dict[str, Any]) -> list[str]:
    amplifier = f" ({row['amplifier']})" if row["amplifier"] else ""
    systematic = row.get("systematic", np.nan)
    names = ("read_noise", "reset_noise", "intercept_noise")
    noises = [with_error(row.get(name, np.nan), row.get(f"{name}_err", np.nan)) for name in names]
    return [
        f"{row['sector']}{amplifier}",
        row["region"],
        with_error(row["gain"], row["gain_err"]),
        plain(systematic, 2),
        *noises,
        str(row["n_boxes"]),
        f"{row['n_pixels']:,}",
    ]
