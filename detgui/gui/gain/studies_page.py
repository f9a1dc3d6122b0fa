"""The Studies page: what the size of the boxes and the limit do to the gain (JWST-STScI-004622, tables 2 and 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from detgui.analysis.gain_types import Result
from detgui.gui.common.buttons import flat_button
from detgui.gui.common.colours import pin_colour
from detgui.gui.common.quantity import MISSING, plain, with_error
from detgui.gui.common.rows_table import RowsTable
from detgui.gui.gain.context import Context
from detgui.gui.gain.gain_page import UNIT, GainPage
from detgui.gui.gain.study_work import study
from detgui.gui.pages.page import Need, Origin, Table
from detgui.gui.pages.page_plot import PagePlot
from detgui.session import gain_work

if TYPE_CHECKING:
    from detgui.analysis.gain_studies import Step, Study

LANE = "gain study"
VARIED = {"box": ("Box sizes", "size of a box (pixels)"), "limit": ("Limits", "limit on the single frame (DN)")}
TIPS = {
    "box": "Maps with boxes of 128, 256 and 512 pixels: the error halves with each step (table 2)",
    "limit": "Maps with limits of 5,000, 10,000 and 15,000 DN: what the gain changes by (table 3)",
}
HEADERS = (
    ("", "size of a box in pixels, or limit in DN"),
    (f"gain ({UNIT})", "mean over pixels"),
    (f"one map ({UNIT})", "uncertainty of a box of one map, from differences of the maps of pairs over √2"),
    (f"mean ({UNIT})", "of the mean map: that over the root of the number of pairs"),
    (f"expected ({UNIT})", "what the boxes' own errors say the uncertainty of one map is"),
    ("offset (%)", "above the first row, with its error where the boxes are the same"),
    ("boxes", "that were measured"),
)


class StudiesPage(GainPage):
    """One study at a time, made when it is asked for and kept until the map is another one."""

    name = "studies"

    def __init__(self, context: Context, parent: Any = None) -> None:
        super().__init__(context, PagePlot("Gain and its uncertainty in a study", (1, 1), linked=True), parent)
        self.varied = "box"
        self.studies: dict[str, tuple[Any, Study]] = {}  # what is varied: the map it belongs to, the study
        self.rows = RowsTable("Study of the gain", HEADERS)
        self.show_rows_under(self.rows)
        self.switches = {name: flat_button(words, TIPS[name]) for name, (words, _) in VARIED.items()}
        for name, button in self.switches.items():
            button.setCheckable(True)
            button.clicked.connect(lambda _, name=name: self.choose(name))
        self.layout().insertLayout(0, self._bar())
        self.put_tools(None)

    def _bar(self) -> Any:
        from PySide6.QtWidgets import QHBoxLayout

        bar = QHBoxLayout()
        bar.setSpacing(4)
        for button in self.switches.values():
            bar.addWidget(button)
        bar.addStretch(1)
        return bar

    def choose(self, varied: str) -> None:
        """Show a study."""
        self.varied = varied
        self.refresh()

    @property
    def study(self) -> Study | None:
        """The shown study of the present map, None where it was not made."""
        made = self.studies.get(self.varied)
        return made[1] if made is not None and made[0] is self.result else None

    def need(self) -> Need | None:
        for name, button in self.switches.items():
            button.setChecked(name == self.varied)
        found = super().need()
        if found is not None:
            return found
        if not self.maker.is_current:
            return Need("The map is of other parameters than the present ones.", "Compute the gain map", self.maker.compute)
        if self.study is None:
            return Need(f"{TIPS[self.varied]}.", f"Study {VARIED[self.varied][0].lower()}", self._begin, LANE)
        return None

    def _begin(self) -> None:
        varied, result = self.varied, self.result
        args = (self.context.exposures.shelf, self.maker.wish, varied, result)
        self.start(LANE, f"Study of {VARIED[varied][0].lower()}", study, *args, then=lambda made: self._came(varied, result, made))

    def _came(self, varied: str, result: Any, made: Study) -> None:
        self.studies[varied] = (result, made)
        self.refresh()

    def shown_things(self) -> tuple[Any, ...]:
        return self.result, self.study

    def draw_result(self, result: Result) -> None:
        made = self.study
        self.rows.show_rows([_texts(step) for step in made.steps])
        self.plot.label(0, f"gain ({UNIT})")
        self.plot.label(1, f"of one map ({UNIT})", VARIED[self.varied][1])
        self.plot.show_drawn(lambda: self._draw(made))
        self.plot.fit(0)
        self.plot.fit(1, 0.3)

    def _draw(self, made: Study) -> None:
        steps, colour, plot = made.steps, pin_colour(1), self.plot
        x = np.array([step.value for step in steps])
        plot.points(0, x, *_columns(steps, "gain", "gain_err"), colour, "o", 7)
        single, error = _columns(steps, "single", "single_err")
        plot.points(1, x, single, error, colour, "o", 7, "from differences of maps")
        plot.line(1, x, _columns(steps, "formal", "formal")[0], plot.theme.line, 1.2, "expected")
        if made.varied == "box" and np.isfinite(single[0]):
            plot.line(1, x, single[0] * x[0] / x, plot.theme.faint, 1.0, "half with each step", style=Qt.PenStyle.DashLine)

    def copy_numbers(self) -> None:
        QGuiApplication.clipboard().setText(self.rows.tsv())

    def table(self) -> Table:
        from detgui.analysis import gain_studies

        made = self.study
        return gain_studies.columns(made), gain_studies.summary(made) | {"provenance": self.origin().provenance}

    def origin(self) -> Origin:
        made = self.study
        values = ",".join(f"{value:g}" for value in made.values)
        command = gain_work.command(self.result, f"--{made.varied}-study", values, "--table", "gain.ecsv")
        return Origin(command, "", dict(made.results[0].provenance))


def _columns(steps: tuple[Step, ...], *names: str) -> list[Any]:
    return [np.array([getattr(step, name) for step in steps], float) for name in names]


def _texts(step: Step) -> list[str]:
    offset = MISSING if not np.isfinite(step.offset) else with_error(step.offset, step.offset_err)
    return [
        f"{step.value:g}",
        with_error(step.gain, step.gain_err),
        with_error(step.single, step.single_err),
        plain(step.mean, 3),
        plain(step.formal, 3),
        offset,
        str(step.n_boxes),
    ]
