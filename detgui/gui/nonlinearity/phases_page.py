"""The Phases page: slope maps of the phases, the difference of two, and whether it has structure along the trace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from detgui.analysis import phase_file, phase_maps
from detgui.analysis.verdict import Verdict
from detgui.gui.common.buttons import flat_button
from detgui.gui.common.quantity import probability, significance, with_error
from detgui.gui.nonlinearity.context import Context
from detgui.gui.nonlinearity.phase_maker import LANE, SIGMA_LIMIT, PhaseMaker
from detgui.gui.nonlinearity.phase_text import outside
from detgui.gui.nonlinearity.phase_work import Compared
from detgui.gui.nonlinearity.same_limits import SameLimits
from detgui.gui.nonlinearity.signs import draw_profile
from detgui.gui.pages.page import Need, Origin, Page, Table, tool_label
from detgui.gui.pages.page_plot import PagePlot
from detgui.gui.ramp.ramp_facts import Fact

LIGHT_CURVE = "Light curve"
SHOWN = ("first", "second", "difference", "significance")


class PhasesPage(Page):
    """Shows what the `PhaseMaker` made of the session's phases."""

    name = "phases"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, PagePlot("Profiles of the phases and of their difference", (3, 4), linked=True), parent)
        self.phases = PhaseMaker(context, self)
        self.phases.changed.connect(self.refresh)
        self.limits = SameLimits(self.session, self)
        self.first, self.second = (self._combo(f"{word} phase of the difference") for word in ("First", "Second"))
        for combo in (self.first, self.second):
            combo.activated.connect(lambda _, combo=combo: self._chosen(combo))
        self.compute = flat_button("Compute", "Make the exact maps of the present phases")
        self.compute.clicked.connect(self.phases.compute)
        self.cancel = flat_button("Cancel", "Stop making the maps")
        self.cancel.clicked.connect(lambda: self.jobs.cancel(LANE))
        self.put_tools(self.first, tool_label("−"), self.second, self.compute, self.cancel, None)
        self._make_shown()
        self.verdict = QLabel(self, wordWrap=True)
        self.verdict.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.verdict.setTextInteractionFlags(self.notes.textInteractionFlags())
        font = self.verdict.font()
        font.setBold(True)
        self.verdict.setFont(font)
        self.content.layout().insertWidget(2, self.verdict)
        fits = self.export_menu.addAction("Export maps as FITS…")
        fits.triggered.connect(lambda: self.ask_export("fits"))
        self.export_actions["fits"] = fits
        self._drawn: Any = None

    def _combo(self, name: str) -> QComboBox:
        combo = QComboBox(self)
        combo.setAccessibleName(name)
        combo.setToolTip(name)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.setMinimumContentsLength(6)
        return combo

    def _make_shown(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(tool_label("Show"))
        self.shown = {}
        tips = (
            "Slope map of the first phase; both phases have the same limits",
            "Slope map of the second phase; both phases have the same limits",
            "First minus second; all differences have the same limits",
            f"Difference over its error, from -{SIGMA_LIMIT:g} to {SIGMA_LIMIT:g} σ",
        )
        for name, tip in zip(SHOWN, tips, strict=True):
            button = flat_button(name.capitalize() if name != "significance" else "In errors", tip)
            button.clicked.connect(lambda _=False, name=name: self.show_in_image(name))
            self.shown[name] = button
            row.addWidget(button)
        row.addStretch(1)
        self.content.layout().insertLayout(1, row)

    # what there is

    @property
    def result(self) -> phase_maps.Result | None:
        """The maps of the present source."""
        return self.phases.sheet.result

    @property
    def compared(self) -> Compared | None:
        """The difference that is shown."""
        return self.phases.sheet.compared

    def need(self) -> Need | None:
        source, options = self.maker.source, self.session.state.nonlinearity
        if source is None:
            return Need("Open a ramp")
        if len(options.phases) < 2:
            count = "There is no phase" if not options.phases else "There is one phase"
            return Need(
                f"{count}: maps of two or more ranges of integrations are compared here. They are drawn on the light curve.",
                "Go to the light curve", lambda: self.session.set_page(LIGHT_CURVE), LANE,
            )  # fmt: skip
        if self.result is None:
            names = ", ".join(f"{each.name} ({each.first}–{each.last})" for each in options.phases)
            wrong = self.phases.trouble or outside(options.phases, *source.integrations)
            said = f"The slope maps of {names} are not there yet." + (f"\n\n{wrong[:1].upper()}{wrong[1:]}." if wrong else "")
            return Need(said, "Compute the phase maps", self.phases.compute, LANE)
        if self.compared is None:
            return Need("The phases are being compared.", "", None, LANE)
        return None

    def _chosen(self, combo: QComboBox) -> None:
        first, second = self.first.currentText(), self.second.currentText()
        if first == second:  # the other takes what this one was
            before = self.phases.sheet.pair or (first, second)
            first, second = (first, before[0]) if combo is self.first else (before[1], second)
        self.phases.choose(first, second)

    def show_in_image(self, what: str) -> None:
        """Show a map of the first or second phase, their difference or its significance in the image."""
        compared, products = self.compared, self.phases.sheet.products
        if compared is None or "" not in products:
            return
        self.limits.hold([(key, "SLOPE") for name, key in products.items() if name], compared.map_limit)
        self.limits.hold([(products[""], "DIFFERENCE")], compared.difference_limit)
        self.limits.hold([(products[""], "SIGNIFICANCE")], SIGMA_LIMIT)
        difference = compared.difference
        target = {
            "first": (products.get(difference.first.name, ""), "SLOPE"),
            "second": (products.get(difference.second.name, ""), "SLOPE"),
            "difference": (products[""], "DIFFERENCE"),
            "significance": (products[""], "SIGNIFICANCE"),
        }[what]
        self.limits.show(*target)

    # drawing

    def draw(self) -> None:
        sheet, compared = self.phases.sheet, self.compared
        self._fill_combos(sheet.pair, [phase.name for phase in sheet.result.params.phases])
        busy = self.jobs.runs(LANE)
        self.compute.setVisible(not busy)
        self.cancel.setVisible(busy)
        self.compute.setEnabled(not self.phases.is_current)
        if compared is not self._drawn:
            self._drawn = compared
            self.plot.show_drawn(lambda: self._draw(compared))
            self.show_facts(
                (f"{compared.difference.first} − {compared.difference.second}", None, facts(compared.difference)),
                notes=self._notes(compared),
            )
            verdict = compared.difference.verdict
            self.verdict.setText(sentence(compared.difference))
            self.verdict.setToolTip(verdict.sentence if verdict is not None else "")
        approximate = any(each.approximate for each in sheet.result.maps)
        stale = "" if self.phases.is_current else "approximate while phases move" if approximate else "made with other phases or groups"
        self.show_notes(self.phases.trouble, stale)

    def _notes(self, compared: Compared) -> tuple[str, ...]:
        verdict = compared.difference.verdict
        return (*compared.difference.notes, *(verdict.notes if verdict is not None else ()), *self.result.notes)

    def _fill_combos(self, pair: tuple[str, str] | None, names: list[str]) -> None:
        for combo, name in zip((self.first, self.second), pair or ("", ""), strict=True):
            if [combo.itemText(i) for i in range(combo.count())] != names:
                combo.clear()
                combo.addItems(names)
            combo.setCurrentText(name)

    def _draw(self, compared: Compared) -> None:
        plot, theme, difference = self.plot, self.plot.theme, compared.difference
        plot.label(0, "slope (DN/group)")
        plot.label(1, "difference (DN/group)", "distance from the trace (px)")
        if compared.profiles is not None:
            for phase, folded, symbol in zip((difference.first, difference.second), compared.profiles, ("o", "s"), strict=True):
                draw_profile(plot, 0, folded, QColor(phase.colour), str(phase), shaded=False, symbol=symbol)
        if difference.folded is not None:
            draw_profile(plot, 1, difference.folded, theme.points)

    # export

    def table(self) -> Table:
        columns, meta = phase_maps.as_table(self.compared.difference)
        more = {}
        for phase, folded in zip(
            (self.compared.difference.first, self.compared.difference.second), self.compared.profiles or (), strict=False
        ):
            more[f"slope_{phase.name}"] = (folded.mean, "DN/group")
            more[f"slope_{phase.name}_err"] = (folded.err, "DN/group")
        return {**columns, **more}, {**meta, "exposure": self.result.exposure, "provenance": self.result.provenance}

    def origin(self) -> Origin:
        made = dict(self.result.provenance)
        first, second = (phase.name for phase in (self.compared.difference.first, self.compared.difference.second))
        find = self.found("trace")
        lines = ["trace_ = None" if find is None else f"trace_ = trace.run(exposure, trace.{find.params!r}).trace"]
        lines.append(f"difference = phase_maps.difference(result, {first!r}, {second!r}, trace_)")
        head = ["from detgui.analysis import slope_map, trace"]
        script = "\n".join([*head, str(made.get("python", "")).rstrip(), *lines, ""]).replace("slopes=Params(", "slopes=slope_map.Params(")
        return Origin("", script, {**made, "python": script})

    def export_to(self, path: Path) -> None:
        if path.suffix.lower() == ".fits" and self.result is not None and self.compared is not None:
            result, difference = self.result, self.compared.difference
            self.exporter.run(lambda: phase_file.write(result, difference, path), path)
            return
        super().export_to(path)


def sentence(difference: phase_maps.Difference) -> str:
    """The verdict in one line, with its probability and amplitude."""
    verdict: Verdict | None = difference.verdict
    name = f"{difference.first.name} − {difference.second.name}"
    if verdict is None:
        return f"{name}: no trace was found, no verdict"
    if verdict.structure is None:
        return verdict.sentence
    word = "structure" if verdict.structure else "no structure"
    size = with_error(verdict.tilt, verdict.tilt_err, "DN/group")
    if abs(verdict.centre) / verdict.centre_err > abs(verdict.tilt) / verdict.tilt_err:
        return f"{name}: {word} along the trace (P = {probability(verdict.probability)}); centre against wings " + with_error(
            verdict.centre, verdict.centre_err, "DN/group"
        )
    return f"{name}: {word} along the trace (P = {probability(verdict.probability)}); above against below {size}"


def facts(difference: phase_maps.Difference) -> list[Fact]:
    """The numbers of a difference."""
    verdict = difference.verdict
    if verdict is None:
        return [Fact("verdict", "–", "there is no trace")]

    def with_sigma(value: float, err: float, unit: str) -> str:
        return f"{with_error(value, err, unit)} {significance(value, err)}".rstrip()

    halves = f"even {probability(verdict.even_probability)}, odd {probability(verdict.odd_probability)}"
    chance = (
        "chance of as large a difference without structure (Hotelling's T²);\nof its parts that are equal, and opposite, above and below"
    )
    part = "part of the mean migration by which the phases differ"
    return [
        Fact("P", f"{probability(verdict.probability)}; {halves}", chance),
        Fact("centre", with_sigma(verdict.centre, verdict.centre_err, "DN/group"), "middle row less the rows 2 px off"),
        Fact("tilt", with_sigma(verdict.tilt, verdict.tilt_err, "DN/group"), "rows 1 to 3 px above the trace less those below"),
        Fact("change", with_sigma(100 * verdict.change, 100 * verdict.change_err, "%"), part),
        Fact("control", f"P = {probability(verdict.control_probability)}", "rows away from the trace"),
        Fact("columns", str(verdict.columns), "with a trace"),
    ]
