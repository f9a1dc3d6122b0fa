"""What the pages of one diagnosis have in common: it is made once for all of them, and each says in one sentence what to try."""

from __future__ import annotations

import shlex
from typing import Any

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QWidget

from detgui.analysis.noise_types import Diagnosis, Params, Result
from detgui.data.tables import Columns
from detgui.gui.common.buttons import flat_button
from detgui.gui.common.colours import pin_colour
from detgui.gui.common.labels import sentence_label
from detgui.gui.common.quantity import with_error
from detgui.gui.noise.context import Context
from detgui.gui.noise.guide import recipes_for
from detgui.gui.pages.page import Need, Origin, Page, Table
from detgui.gui.pages.page_plot import PagePlot
from detgui.session import noise_work, regions

LANE = "noise"
FOUND = "noise"
COUNTS = ("lines", "events", "pixels")
AMPLIFIERS = {"A": 5, "B": 0, "C": 2, "D": 4}  # of the pins' colours
AGAIN_TIP = """Diagnose again. Outlines drawn as source or exclude are left out;
where background is drawn nothing else is looked at."""


class NoisePage(Page):
    """A page of the diagnosis (``result``) of the exposure in use; subclasses override `draw_result` and `columns`."""

    name = "noise"
    room = "noise"
    what = "Noise is diagnosed"
    shows: tuple[str, ...] = ()  # keys of the diagnoses

    def __init__(self, context: Context, plot: PagePlot, parent: QWidget | None = None) -> None:
        self.verdict = sentence_label()
        self.attempt = flat_button("Try…", "Put what the guide suggests into the form of the Run page")
        self.again = flat_button("Diagnose", AGAIN_TIP)
        super().__init__(context, plot, parent)
        self.numbers.tight = True
        self._drawn: Any = None
        self.again.clicked.connect(self.diagnose)
        self.attempt.clicked.connect(self._try)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.verdict, 1)
        row.addWidget(self.attempt)
        self.under.insertLayout(0, row)
        self.splitter.setSizes([430, 200])

    # what there is

    @property
    def diagnosed(self) -> noise_work.Diagnosed | None:
        """The diagnosis of the exposure in use, None where there is none."""
        found: noise_work.Diagnosed | None = self.found(FOUND)
        return found

    @property
    def result(self) -> Result:
        """The diagnosis that is drawn."""
        assert self.diagnosed is not None
        return self.diagnosed.result

    @property
    def drawn_regions(self) -> tuple[Any, ...]:
        """Outlines that a diagnosis would leave out now."""
        here = regions.regions_of(self.session.state, self.key)
        return noise_work.looked_at(tuple(each.region for each in here))

    def diagnose(self) -> None:
        """Diagnose the exposure in use."""
        source = self.maker.source
        if source is None:
            return
        args = (self.context.exposures.shelf, source.key, Params(), self.drawn_regions)
        then = lambda found, key=source.key: self.findings.put(key, FOUND, found)  # noqa: E731
        self.start(LANE, f"Diagnosing {source.name}", noise_work.diagnose, *args, then=then)

    def need(self) -> Need | None:
        source = self.maker.source
        if source is None:
            return Need("Open an image or a ramp of a near-infrared detector.")
        if self.diagnosed is None:
            return Need(f"{self.what} once for all pages, in the order in which the detector was read.", "Diagnose", self.diagnose, LANE)
        return self.missing()

    def missing(self) -> Need | None:
        """What this page does without, though the rest is there."""
        return None

    def draw(self) -> None:
        result = self.result
        self.again.setVisible(not self.jobs.runs(LANE))
        if result is not self._drawn:
            self._drawn = result
            self.draw_result(result)
        self.show_verdict()
        old = self.diagnosed is not None and self.diagnosed.regions != self.drawn_regions
        self.show_notes(*(["made with other outlines than the present ones: Diagnose again"] if old else []), *result.notes)

    def show_verdict(self) -> None:
        """Say number, error and what to try."""
        rows = [each for key in self.shows for each in self.result.diagnoses if each.key == key]
        self.verdict.setText("<br>".join(words(each) for each in rows))
        self.attempt.setVisible(any(each.found for each in rows) and bool(recipes_for(self.shows, self.result.order.irs2_read)))
        self.attempt.setEnabled(not self.maker.busy)

    def _try(self) -> None:
        recipe = next(iter(recipes_for(self.shows, self.result.order.irs2_read)), None)
        if recipe is not None:
            self.maker.fill(recipe.steps, f"Try {recipe.label.lower()}")
            self.session.set_noise(page="Run")

    def draw_result(self, result: Result) -> None:
        """Draw a diagnosis."""
        raise NotImplementedError

    def columns(self) -> Columns:
        """Columns of what is shown."""
        raise NotImplementedError

    # for files

    def table(self) -> Table:
        rows = [{"key": each.key, "value": each.value, "err": each.err, "unit": each.unit} for each in self.result.diagnoses]
        return self.columns(), {"diagnoses": rows, "notes": list(self.result.notes), "provenance": self.result.provenance}

    def origin(self) -> Origin:
        made = Origin.of(self.result.provenance)
        source = self.maker.source
        if made.command or source is None or not source.paths or (self.diagnosed is not None and self.diagnosed.regions):
            return made
        return Origin(f"detgui noise {shlex.quote(str(source.paths[0]))} --json", made.python, made.provenance)


def words(each: Diagnosis) -> str:
    """A diagnosis as a person reads it, with a little markup."""
    if each.unit in COUNTS:
        number = f"{each.value:.0f} {each.unit if each.value != 1 else each.unit.removesuffix('s')}"
    else:
        number = with_error(each.value, each.err, each.unit)
    issue = f" ({each.issue})" if each.issue else ""
    return f"{each.title}: <b>{number}</b>. {each.sentence}{issue}"


def amplifier_colour(name: str) -> QColor:
    """Colour of an amplifier, the same on all pages."""
    return pin_colour(AMPLIFIERS.get(name, 1))
