"""What the pages of the offsets tab that show results have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtGui import QAction, QColor

from detgui.analysis.offset_types import Result
from detgui.gui.common.colours import pin_colour
from detgui.gui.offsets import words
from detgui.gui.offsets.context import Context
from detgui.gui.pages.drawn_page import DrawnPage
from detgui.gui.pages.page import Need, Origin
from detgui.gui.pages.page_plot import PagePlot
from detgui.session.offsets_options import INPUTS

NO_FILES = "Add catalogs of one field at several epochs, or mosaics or calibrated images of each detector."
WHY = "Sources that module A saw in one epoch and module B in another tell what the modules' photometry differs by."
P_COLOUR, Q_COLOUR = 5, 3  # of the pins' colours: blue and vermilion are told apart by everybody


def patch_colour(in_p: bool, dark: bool = False) -> QColor:
    """Colour of patch p or q, the same on all pages."""
    return pin_colour((1 if dark else P_COLOUR) if in_p else Q_COLOUR)


class OffsetsPage(DrawnPage):
    """A page of offsets (``result``), drawn again where they are others; subclasses override `draw_result` and `table`."""

    name = "offsets"
    room = "offsets"
    result_word = "offsets"

    def __init__(self, context: Context, plot: PagePlot, parent: Any = None) -> None:
        super().__init__(context, plot, parent)
        action = QAction("Export the table of offsets…", self)
        action.triggered.connect(lambda: self._ask_table())
        self.export_menu.insertAction(self.export_menu.actions()[1], action)
        self.export_actions["offsets"] = action

    @property
    def result(self) -> Result:
        """The offsets that are shown."""
        return self.maker.shown

    def need(self) -> Need | None:
        if not self.maker.options.files:
            return Need(NO_FILES, "Add files", lambda: self.session.set_offsets(page=INPUTS))
        if self.maker.result is None:
            return Need("No offsets yet." if self.maker.trouble else WHY, "Measure the offsets", self.maker.compute)
        return None

    def shown_things(self) -> tuple[Any, ...]:
        return (self.result, self.maker.result)

    def draw_shown(self) -> None:
        self.draw_result(self.result)

    def draw_result(self, result: Result) -> None:
        """Draw offsets."""
        raise NotImplementedError

    def what_to_know(self) -> tuple[str, ...]:
        old = () if self.maker.is_current else ("of other files or parameters than the present ones",)
        return (*old, *(("magnitudes after the correction",) if self.maker.is_corrected else ()))

    def origin(self) -> Origin:
        return Origin.of(self.result.provenance)

    def file_name(self) -> str:
        return f"offsets_{self.name.replace(' ', '_')}" + ("_corrected" if self.maker.is_corrected else "")

    def _ask_table(self) -> None:
        if self._need is None:
            self.exporter.ask("ecsv", "offsets", self.export_offsets)

    def export_offsets(self, path: Path) -> None:
        """Write the table of offsets that `detgui correct` reads: as measured, whatever is shown."""
        from detgui.analysis import offset_rows

        result = self.maker.result
        self.exporter.run(lambda: offset_rows.write(result, path), path)

    @property
    def dark(self) -> bool:
        """Whether the plots are dark."""
        return self.plot.theme.background.lightnessF() < 0.5

    def colour_of(self, in_p: bool) -> QColor:
        """Colour of a patch on the present ground."""
        return patch_colour(in_p, self.dark)

    def step_words(self) -> str:
        """The shown step, '' for none."""
        return words.step_title(self.maker.pair) if self.maker.pair is not None else ""
