"""The Step page: one filter, array and pair of epochs; left and right go through them."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy

from detgui.analysis.offset_types import Result
from detgui.gui.common.buttons import flat_button
from detgui.gui.common.labels import sentence_label
from detgui.gui.offsets import step_draw, step_facts, words
from detgui.gui.offsets.context import Context
from detgui.gui.offsets.offsets_page import OffsetsPage
from detgui.gui.offsets.step_plot import StepPlot
from detgui.gui.pages.page import Table
from detgui.session import offsets, offsets_work

NOT_SHOWN = "no open image shows its place"


class StepPage(OffsetsPage):
    """Arrow keys work while the page has the keyboard; Alt with them always."""

    name = "step"

    def __init__(self, context: Context, parent: Any = None) -> None:
        super().__init__(context, StepPlot(), parent)
        self.module = "A"  # on whose detector x and y are
        self.chosen: tuple[str, int] | None = None  # step and source
        self.plot.clicked = self.choose
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.plot.setFocusProxy(self)
        self._make_tools()
        self.splitter.setSizes([470, 150])
        self.splitter.setStretchFactor(0, 4)

    def _make_tools(self) -> None:
        self.previous = flat_button("‹", "Step before (left arrow; Alt+Left)")
        self.next = flat_button("›", "Next step (right arrow; Alt+Right)")
        for button, step in ((self.previous, -1), (self.next, 1)):
            button.setAccessibleName("Previous step" if step < 0 else "Next step")
            button.clicked.connect(lambda _=False, step=step: self.maker.step(step))
        self.steps = QComboBox(self)
        self.steps.setAccessibleName("Step")
        self.steps.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.steps.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.steps.activated.connect(lambda at: self.maker.go_to_step(self.steps.itemData(at)))
        self.on = flat_button("x, y on A", "The detector whose pixels x and y are: of module A, or of module B")
        self.on.clicked.connect(self.switch_module)
        self.difference = flat_button("Difference", "")
        self.difference.clicked.connect(self.maker.show_difference)
        for widget in (self.previous, self.steps, self.next):
            self.tools.addWidget(widget, 1 if widget is self.steps else 0)
        second = QHBoxLayout()
        second.setSpacing(4)
        for widget in (self.on, self.difference):
            second.addWidget(widget)
        second.addStretch(1)
        second.addWidget(self.export)
        self.content.layout().insertLayout(1, second)
        self.source = sentence_label(self)
        self.under.insertWidget(0, self.source)

    # what a person does

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(event.key())
        if step is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        else:
            self.maker.step(step)

    def came_to_front(self) -> None:
        super().came_to_front()
        self.setFocus()

    def switch_module(self) -> None:
        """Show x and y on the other module's detector."""
        self.module = "B" if self.module == "A" else "A"
        self.refresh()

    def choose(self, source: int) -> None:
        """Choose a source of the step, and its pixel where an open image shows its place."""
        pair = self.maker.pair
        if pair is None or source >= len(pair.sources):
            return
        self.setFocus()
        self.chosen = (offsets_work.step_name(pair), source)
        self.maker.go_to(float(pair.sources.ra[source]), float(pair.sources.dec[source]))
        self.refresh()

    # what there is

    def shown_things(self) -> tuple[Any, ...]:
        return (*super().shown_things(), self.maker.place, self.module, self.chosen, self.maker.not_shown)

    @property
    def view(self) -> step_draw.View:
        """What is drawn."""
        pair = self.maker.pair
        chosen = self.chosen[1] if self.chosen is not None and self.chosen[0] == offsets_work.step_name(pair) else None
        chosen = chosen if chosen is not None and chosen < len(pair.sources) else None
        return step_draw.View(pair, self.result.axis, self.module, chosen, self.colour_of(True), self.colour_of(False))

    def draw_result(self, result: Result) -> None:
        view = self.view
        with QSignalBlocker(self.steps):
            titles = step_facts.names(result.pairs)
            if [self.steps.itemText(at) for at in range(self.steps.count())] != [title for title, _ in titles]:
                self.steps.clear()
                for title, name in titles:
                    self.steps.addItem(title, name)
            self.steps.setCurrentIndex(self.maker.place)
        self.on.setText(f"x, y on {self.module}")
        self.plot.show_drawn(lambda: step_draw.draw(self.plot, self.view))
        columns = [(words.step_title(view.pair), None, step_facts.facts(view))]
        before = self.maker.result.pair(*view.pair.key) if self.maker.is_corrected else None
        if before is not None:
            whole = step_draw.View(before, self.maker.result.axis, self.module, None, view.p_colour, view.q_colour)
            columns = [("corrected", None, columns[0][2]), ("before", None, step_facts.facts(whole))]
        self.show_facts(*columns)
        text = step_facts.source_words(view.pair, view.chosen) if view.chosen is not None else ""
        self.source.setText(f"{text}; {NOT_SHOWN}" if text and self.maker.not_shown else text)
        self.source.setVisible(view.chosen is not None)

    def draw(self) -> None:
        super().draw()
        images = bool(self.maker.images)
        self.difference.setEnabled(images and not self.jobs.runs(offsets.DIFFERENCE))
        tip = "Show later − earlier epoch in the image, averaged over circles of 6 pixels (Ctrl+Shift+I)"
        missing = "Add the mosaics of both epochs to the inputs to see their difference"
        self.difference.setToolTip(tip if images else missing)

    def what_to_know(self) -> tuple[str, ...]:
        label = self.step_words()
        return (*super().what_to_know(), *(each for each in words.all_notes(self.result) if each.startswith(label)))

    def table(self) -> Table:
        pair = self.maker.pair
        sources, fit = pair.sources, pair.fit
        columns: dict[str, tuple[Any, str]] = {"id": (sources.ident, ""), "patch": (np.where(sources.in_p, "p", "q"), "")}
        for name, unit in (("ra", "deg"), ("dec", "deg"), ("mag", "mag"), ("delta", "mag"), ("err", "mag"), ("d", "arcmin")):
            columns[name] = (getattr(sources, name), unit)
        columns |= {"residual": (fit.residuals, "mag"), "weight": (fit.weights, "")}
        for at, epoch in enumerate(("earlier", "later")):
            columns |= {f"x_{epoch}": (sources.x[at], "pix"), f"y_{epoch}": (sources.y[at], "pix")}
        columns |= {"east": (sources.east, "mas"), "north": (sources.north, "mas")}
        facts = {each.label: each.text for each in step_facts.facts(self.view)}
        return columns, {"step": self.step_words(), **facts, "corrected": self.maker.is_corrected, "provenance": self.result.provenance}

    def file_name(self) -> str:
        pair = self.maker.pair
        return f"{super().file_name()}_{pair.filter}_{pair.number}_{'-'.join(pair.epochs)}" if pair is not None else super().file_name()
