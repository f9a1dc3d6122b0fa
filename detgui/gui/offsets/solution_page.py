"""The Solution page: terms of all detectors and epochs of a filter at once, with and without each epoch."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox

from detgui.analysis.offset_general import term_name
from detgui.analysis.offset_types import FilterResult, Result
from detgui.gui.common.colours import pin_colour
from detgui.gui.common.quantity import MISSING
from detgui.gui.common.rows_table import RowsTable
from detgui.gui.offsets import words
from detgui.gui.offsets.context import Context
from detgui.gui.offsets.offsets_page import OffsetsPage
from detgui.gui.pages.page import Table, tool_label
from detgui.gui.pages.page_plot import PagePlot
from detgui.science.offset_solve import Solution

GAUGE = "gauge: in each set of detectors that share sources those of module B average to 0; the first epoch is 0"
APART = "not compared"  # a detector that shares no source with others when an epoch is left out
UNDETERMINED = "not determined"
GRADIENT = "k "
LEFT_COLOURS = (4, 2, 0, 3, 1)
MOST_EPOCHS = 6  # whose solutions without them are drawn


class SolutionPage(OffsetsPage):
    """One filter at a time."""

    name = "solution"

    def __init__(self, context: Context, parent: Any = None) -> None:
        super().__init__(context, PagePlot("Terms of detectors and epochs", (3, 2)), parent)
        self.filters = QComboBox(self)
        self.filters.setAccessibleName("Filter")
        self.filters.activated.connect(lambda _: self.refresh())
        self.rows = RowsTable("Terms", (("term", ""), ("value", "")))
        self.numbers.hide()
        self.under.insertWidget(0, self.rows)
        self.splitter.setSizes([380, 240])
        self.put_tools(tool_label("Filter", self.filters), self.filters, None)

    def shown_things(self) -> tuple[Any, ...]:
        return (*super().shown_things(), self.filters.currentText())

    @property
    def shown(self) -> FilterResult | None:
        """The filter that is shown."""
        found = {each.filter.upper(): each for each in self.result.filters}
        return found.get(self.filters.currentText()) or next(iter(found.values()), None)

    def draw(self) -> None:
        names = [each.filter.upper() for each in self.result.filters]
        if [self.filters.itemText(at) for at in range(self.filters.count())] != names:
            self.filters.clear()
            self.filters.addItems(names)
        super().draw()

    def draw_result(self, result: Result) -> None:
        shown = self.shown
        self.plot.show_drawn(lambda: self._draw_terms(shown) if shown is not None else None)
        if shown is None or shown.solution is None:
            self.rows.show_rows([])
            return
        headers = ["term", "value", *(f"without epoch {epoch}" for epoch, _ in without(shown))]
        self.rows.setColumnCount(len(headers))
        self.rows.setHorizontalHeaderLabels(headers)
        self.rows.show_rows(texts(shown))

    def _draw_terms(self, shown: FilterResult) -> None:
        solution = shown.solution
        if solution is None:
            return
        dark = self.dark
        groups = (shown.detectors, [name for name in solution.names if name not in shown.detectors and not name.startswith(GRADIENT)])
        every: list[tuple[str, Solution, QColor]] = [("all epochs", solution, pin_colour(1 if dark else 5))]
        for at, (epoch, other) in enumerate(without(shown)[:MOST_EPOCHS]):
            if other is not None:
                every.append((f"without {epoch}", other, pin_colour(LEFT_COLOURS[at % len(LEFT_COLOURS)])))
        for row, names in enumerate(groups):
            self.plot.level(row, 0.0)
            for at, (label, each, colour) in enumerate(every):
                value, err = (np.array(column) for column in zip(*(_drawn(each, name, at > 0) for name in names), strict=True))
                shift = 0.5 * ((at + 0.5) / len(every) - 0.5)
                symbol, size = ("o", 7.0) if at == 0 else ("d", 6.0)
                self.plot.points(row, np.arange(len(names)) + shift, value, err, colour, symbol, size, "" if row else label)
            ticks = [(at, name.upper().removeprefix("NRC") if row == 0 else name) for at, name in enumerate(names)]
            self.plot.plots[row].getAxis("bottom").setTicks([ticks])
            self.plot.legends[row].setColumnCount(2)
            self.plot.fit(row, 0.7 if row == 0 else 0.0)
            self.plot.plots[row].vb.setXRange(-0.5, len(names) - 0.5, padding=0)
        self.plot.label(0, "detector term (mag)", "detector")
        self.plot.label(1, "time term (mag)", "epoch")

    def what_to_know(self) -> tuple[str, ...]:
        shown = self.shown
        if shown is None:
            return super().what_to_know()
        if shown.solution is None:
            return (*super().what_to_know(), shown.trouble)
        said = f"{shown.solution.sources} sources, scatter {shown.solution.scatter:.4f} mag beyond the errors; positive reads fainter"
        open_ = f"the data do not determine {', '.join(map(term_name, shown.undetermined))}" if shown.undetermined else ""
        return (*super().what_to_know(), *([open_] if open_ else []), said, GAUGE)

    def copy_numbers(self) -> None:
        from PySide6.QtGui import QGuiApplication

        QGuiApplication.clipboard().setText(self.rows.tsv())

    def table(self) -> Table:
        names, units, columns = [], [], {"value": [], "error": []}
        of, left = [], {epoch: ([], []) for each in self.result.filters for epoch, _ in without(each)}
        for each in self.result.filters:
            if each.solution is None:
                continue
            others = dict(without(each))
            for name in each.solution.names:
                of.append(each.filter)
                names.append(term_name(name) if not name.startswith("nrc") else name)
                units.append(unit_of(name))
                for key, value in zip(("value", "error"), each.solution.term(name), strict=True):
                    columns[key].append(value)
                for epoch, lists in left.items():
                    other = others.get(epoch)
                    for values, value in zip(lists, other.term(name) if other is not None else (np.nan, np.nan), strict=True):
                        values.append(value)
        table: dict[str, Any] = {"filt": (np.array(of), ""), "term": (np.array(names), ""), "unit": (np.array(units), "")}
        table |= {name: (np.array(values, float), "") for name, values in columns.items()}
        for epoch, lists in left.items():
            for word, values in zip(("", "_error"), lists, strict=True):
                table[f"without_{epoch}{word}"] = (np.array(values, float), "")
        return table, {"gauge": GAUGE, "corrected": self.maker.is_corrected, "provenance": self.result.provenance}


def without(shown: FilterResult) -> list[tuple[str, Solution | None]]:
    """(epoch, solution without it) of every epoch, empty where epochs were not left out."""
    left = shown.solution.left_out if shown.solution is not None else ()
    return list(zip(shown.epochs, left, strict=True)) if left else []


def _drawn(solution: Solution, name: str, left_out: bool) -> tuple[float, float]:
    """Value and error of a term, NaN for what the gauge fixes where an epoch is left out."""
    value, err = solution.term(name)
    return (np.nan, np.nan) if left_out and words.is_fixed(value, err) else (value, err)


def unit_of(name: str) -> str:
    """Unit of a term."""
    return "mag/arcmin" if name.startswith(GRADIENT) else "mag"


def texts(shown: FilterResult) -> list[list[str]]:
    """Rows of the table: term, value, and what it is without each epoch, with by how many errors that differs."""
    solution = shown.solution
    assert solution is not None
    rows = []
    for at, name in enumerate(solution.names):
        label = name.upper() if name.startswith("nrc") else term_name(name).removeprefix("the ")
        value, err = solution.term(name)
        unit = unit_of(name)
        own = words.term(value, err, unit) if solution.determined[at] else UNDETERMINED
        others = []
        for _, other in without(shown):
            left, left_err = other.term(name) if other is not None else (np.nan, np.nan)
            apart = words.is_fixed(left, left_err) and not words.is_fixed(value, err)
            others.append(APART if apart else words.term(left, left_err, unit).split(" (")[0] if np.isfinite(left) else MISSING)
        rows.append([label, own, *others])
    return rows
