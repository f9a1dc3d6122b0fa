"""The Overview page: offsets in patch p against those in q, and array by array (PEARLS JWIDF paper, figures 6 and 8)."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QAbstractItemView

from detgui.analysis.offset_types import PairResult, Result
from detgui.gui.common.quantity import with_error
from detgui.gui.common.rows_table import RowsTable
from detgui.gui.offsets import overview_draw, words
from detgui.gui.offsets.context import Context
from detgui.gui.offsets.offsets_page import OffsetsPage
from detgui.gui.pages.page import Table
from detgui.gui.pages.page_plot import PagePlot
from detgui.session import offsets_work

HEADERS = (
    ("array", "number of the arrays of both modules"),
    ("filter", ""),
    ("epochs", "earlier and later"),
    ("A − B (mag)", "m_A − m_B of the fit: positive where module A reads fainter"),
    ("T (mag)", "time term, later − earlier epoch, where it is free"),
    ("k (mag/arcmin)", "gradient along d"),
    ("Δp (mag)", "median in patch p, B first and A later, with its error"),
    ("Δq (mag)", "median in patch q, A first and B later, with its error"),
    ("p + q", "sources in the patches"),
)


class OverviewPage(OffsetsPage):
    """A click on a point or a row chooses the step; a point shows its page, a double click on a row too."""

    name = "overview"

    def __init__(self, context: Context, parent: Any = None) -> None:
        super().__init__(context, PagePlot("Offsets of all arrays", (3, 2)), parent)
        self.plot.plots[0].setAspectLocked(True)
        self.rows = RowsTable("Offsets of all steps", HEADERS)
        self.rows.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.rows.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.rows.itemSelectionChanged.connect(self._row_chosen)
        self.rows.itemDoubleClicked.connect(lambda item: self._go(self.result.pairs[item.row()]))
        self.numbers.hide()
        self.under.insertWidget(0, self.rows)
        self.splitter.setSizes([470, 150])
        self.put_tools(None)

    def shown_things(self) -> tuple[Any, ...]:
        return (*super().shown_things(), self.maker.options.step)

    def draw_result(self, result: Result) -> None:
        before = self.maker.result if self.maker.is_corrected else None
        self.plot.show_drawn(lambda: overview_draw.draw(self.plot, result, before, self.maker.pair, self._go))
        with QSignalBlocker(self.rows):
            self.rows.show_rows([_texts(each) for each in result.pairs])
            self.rows.selectRow(self.maker.place)

    def _row_chosen(self) -> None:
        places = {index.row() for index in self.rows.selectedIndexes()}
        if len(places) == 1:
            self.maker.go_to_step(offsets_work.step_name(self.result.pairs[places.pop()]))

    def _go(self, pair: PairResult) -> None:
        self.maker.go_to_step(offsets_work.step_name(pair), show=True)

    def what_to_know(self) -> tuple[str, ...]:
        return (*super().what_to_know(), *words.all_notes(self.result)[:4])

    def copy_numbers(self) -> None:
        from PySide6.QtGui import QGuiApplication

        QGuiApplication.clipboard().setText(self.rows.tsv())

    def table(self) -> Table:
        pairs = self.result.pairs
        columns: dict[str, tuple[Any, str]] = {
            "filt": (np.array([each.filter for each in pairs]), ""),
            "det": (np.array([each.number for each in pairs]), ""),
            "epochs": (np.array([",".join(each.epochs) for each in pairs]), ""),
        }
        for name, unit in (("offset", "mag"), ("time", "mag"), ("slope", "mag / arcmin")):
            columns[name] = (np.array([getattr(each.fit, name) for each in pairs]), unit)
            columns[f"{name}_err"] = (np.array([getattr(each.fit, f"{name}_err") for each in pairs]), unit)
        for name in ("time", "time_err"):
            columns[f"free_{name}"] = (np.array([getattr(each.free, name) for each in pairs]), "mag")
        for name in ("p", "p_mad", "q", "q_mad"):
            columns[f"median_{name}"] = (np.array([getattr(each.medians, name) for each in pairs]), "mag")
        for name in ("n_p", "n_q"):
            columns[name] = (np.array([getattr(each.fit, name) for each in pairs]), "")
        return columns, {"corrected": self.maker.is_corrected, "provenance": self.result.provenance}


def _texts(pair: PairResult) -> list[str]:
    fit, medians = pair.fit, pair.medians
    return [
        pair.number,
        pair.filter.upper(),
        ", ".join(pair.epochs),
        words.number(fit.offset, fit.offset_err),
        words.number(pair.free.time, pair.free.time_err),
        words.number(fit.slope, fit.slope_err),
        with_error(medians.p, overview_draw.median_error(medians.p_mad, fit.n_p)),
        with_error(medians.q, overview_draw.median_error(medians.q_mad, fit.n_q)),
        f"{fit.n_p} + {fit.n_q}",
    ]
