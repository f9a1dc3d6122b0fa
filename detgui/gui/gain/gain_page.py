"""What the pages of the gain tab have in common."""

from __future__ import annotations

from typing import Any

from PySide6.QtGui import QColor

from detgui.analysis.gain_types import Result
from detgui.gui.common.colours import pin_colour
from detgui.gui.common.rows_table import RowsTable
from detgui.gui.gain.context import Context
from detgui.gui.pages.drawn_page import DrawnPage
from detgui.gui.pages.page import Need, Origin
from detgui.gui.pages.page_plot import PagePlot
from detgui.science.boxes import KINDS, VOID
from detgui.science.gain_sectors import SectorFigures
from detgui.session import gain_work

UNIT = "e-/DN"
BULK_COLOUR, VOID_COLOUR = 1, 3  # of the pins' colours: blue and vermilion are told apart by everybody
NO_FLATS = "Open ramps of flats, two for every pair."
WHY = "Pairs of flats give the gain of every box: the slope of the line of variance against mean is 1 / gain."


class GainPage(DrawnPage):
    """A page of the exact map (``result``), drawn again where that is another one; subclasses override `draw_result` and `table`."""

    name = "gain"
    room = "gain"
    result_word = "gain map"

    def __init__(self, context: Context, plot: PagePlot, parent: Any = None) -> None:
        super().__init__(context, plot, parent)
        self.splitter.setSizes([400, 240])

    @property
    def result(self) -> Result | None:
        """The newest exact map of the present flats."""
        return self.maker.result

    def need(self) -> Need | None:
        if not self.maker.flats:
            return Need(NO_FLATS)
        if self.result is None:
            trouble = self.maker.trouble or self.maker.advice
            return Need(WHY if not trouble else "No gain map yet.", "Compute the gain map", self.maker.compute)
        return None

    def shown_things(self) -> tuple[Any, ...]:
        return (self.result,)

    def show_rows_under(self, rows: RowsTable) -> None:
        """Put a table of rows where the numbers are on other pages."""
        self.numbers.hide()
        self.under.insertWidget(0, rows)
        self.splitter.setSizes([480, 160])

    def draw_shown(self) -> None:
        self.draw_result(self.result)

    def draw_result(self, result: Result) -> None:
        """Draw a result."""
        raise NotImplementedError

    def what_to_know(self) -> tuple[str, ...]:
        result = self.result
        return () if self.maker.is_current or result is None else ("of other parameters or outlines than the present ones",)

    def origin(self) -> Origin:
        result = self.result
        return Origin.of(gain_work.with_command(result, gain_work.VOID_FILE).provenance)

    def file_name(self) -> str:
        source = self.maker.source
        return f"{gain_work.map_name(source.name) if source is not None else 'gain'}_{self.name.replace(' ', '_')}"


def figures_of(result: Result, row: dict[str, Any]) -> SectorFigures | None:
    """Noise and disagreement of the sector and region of a row of the table, None where they were not measured."""
    kind = KINDS.index(row["region"])
    return next((each for each in result.sectors if (each.sector, each.kind) == (row["sector"], kind)), None)


def kind_colour(kind: int) -> QColor:
    """Colour of bulk or void boxes, the same on all pages."""
    return pin_colour(VOID_COLOUR if kind == VOID else BULK_COLOUR)
