"""The Light curve page: flux and place of the trace for every integration, and the phases that are dragged on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QWidget

from detgui.analysis import light_curve, trace
from detgui.analysis.phases import load_phases, save_phases
from detgui.errors import BadInput
from detgui.gui.common.buttons import flat_button
from detgui.gui.common.quantity import plain, with_error
from detgui.gui.nonlinearity.context import Context
from detgui.gui.nonlinearity.page_work import begin_measuring
from detgui.gui.nonlinearity.phase_regions import PhaseRegions, Scale
from detgui.gui.nonlinearity.phase_text import as_phases, as_ranges, outside, report_ranges
from detgui.gui.nonlinearity.phases_box import PhasesBox
from detgui.gui.pages.page import Need, Origin, Page, Table
from detgui.gui.pages.page_plot import PagePlot
from detgui.gui.ramp.ramp_facts import Fact
from detgui.session.nonlinearity import PhaseRange

LANE = "light curve"
TIME_TIP = "Time of the integrations instead of their numbers"
LABEL_ROOM = 0.18  # of the height
FAR = 4.0  # spreads from the others where an outlier is left out of the axis
MEDIAN_ERROR = 1.2533  # error of a median in that of a mean, for Gaussian noise
CLICK = 8  # px from a point that still count as a click on it
LEFT_LABELS = ("relative flux", "x (px)", "y (px)")


class LightCurvePage(Page):
    """Measures the light curve of the present source once asked to; phases are the session's."""

    name = "light curve"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        plot = PagePlot("Light curve and shifts of the trace", (5, 2, 2), linked=True, counts=True)
        super().__init__(context, plot, parent)
        plot.legends[0].anchor((1, 1), (1, 1), offset=(-6, -4))  # the names of the phases are above
        self.measure = flat_button("Measure again", "Measure the light curve with the present N and flags")
        self.measure.clicked.connect(self.begin)
        self.cancel = flat_button("Cancel", "Stop measuring")
        self.cancel.clicked.connect(lambda: self.jobs.cancel(LANE))
        self.time = flat_button("Time", TIME_TIP)
        self.time.setCheckable(True)
        self.time.toggled.connect(lambda _: self.refresh())
        self.whole = flat_button("Whole", "Show the whole series")
        self.whole.clicked.connect(self._show_whole)
        self.put_tools(self.measure, self.cancel, self.time, self.whole, None)
        self.phases = PhasesBox(self)
        self.under.insertWidget(0, self.phases)
        self.regions = PhaseRegions(plot.plots, self)
        plot.themed.append(self.regions.set_theme)
        self.regions.set_theme(plot.theme)
        self.regions.moved.connect(self._dragged)
        self.phases.wanted.connect(lambda phases, text: self.session.set_nonlinearity(text=text, phases=tuple(phases)))
        self.phases.report_wanted.connect(self._use_report)
        self.phases.save_wanted.connect(lambda: self.exporter.ask("json", f"{self.file_name()}_phases", self.save_phases))
        self.phases.load_wanted.connect(lambda: self.exporter.ask_open("json", "Load phases", self.load_phases))
        plot.scene().sigMouseClicked.connect(self._clicked)
        self._drawn: tuple[Any, ...] = ()

    # what there is

    @property
    def result(self) -> light_curve.Result | None:
        """The light curve of the present source."""
        return self.found(LANE)

    def params(self) -> light_curve.Params:
        """What it would be measured with now."""
        options, source = self.session.state.nonlinearity, self.maker.source
        last = min(options.fit_last, source.shape[1]) if source is not None else options.fit_last
        return light_curve.Params(fit_groups=(1, last), flags=options.flags, trace=trace.Params(fit_groups=(1, last), flags=options.flags))

    def need(self) -> Need | None:
        source = self.maker.source
        if source is None:
            return Need("Open a ramp")
        if source.shape[0] < 2:
            return Need(f"{source.name} has one integration: a light curve needs two or more.")
        if self.result is None:
            words = "White light in an aperture of 10 px about the trace, and the shifts of the trace, for every integration."
            return Need(words, "Measure the light curve", self.begin, LANE)
        return None

    def begin(self) -> None:
        """Measure the light curve of the present source."""
        begin_measuring(self, LANE, "Light curve of", light_curve.check, light_curve.run, self.params())

    # drawing

    def draw(self) -> None:
        result, source = self.result, self.maker.source
        timed = bool(np.isfinite(result.time).any())
        self.time.setEnabled(timed)
        self.time.setToolTip(TIME_TIP if timed else "The file does not say when its integrations were taken")
        busy = self.jobs.runs(LANE)
        self.measure.setVisible(not busy)
        self.cancel.setVisible(busy)
        self.measure.setEnabled(result.params != self.params())
        drawn = (result, self.scale_key())
        if drawn != self._drawn:
            self._drawn = drawn
            self.plot.show_drawn(lambda: self._draw(result))
            self.show_facts((result.exposure, None, facts(result)), notes=result.notes)
            self._show_whole()
        phases = self.session.state.nonlinearity.phases
        self.regions.show_phases(phases, self.scale(), source.integrations)
        self.phases.show_phases(phases, source.integrations)
        self.show_notes(outside(phases, *source.integrations))

    def scale_key(self) -> bool:
        """Whether times are on the axis."""
        return self.time.isChecked() and self.time.isEnabled()

    def scale(self) -> Scale:
        """Integrations on the axis of now."""
        result = self.result
        return Scale(result.integration, self._hours(result) if self.scale_key() else None)

    @staticmethod
    def _hours(result: light_curve.Result) -> Any:
        return (result.time - np.nanmin(result.time)) * 24.0

    def _draw(self, result: light_curve.Result) -> None:
        plot, theme = self.plot, self.plot.theme
        timed = self.scale_key()
        x = self._hours(result) if timed else result.integration.astype(float)
        for row in range(3):
            plot.plots[row].getAxis("bottom").count(not timed)
        start = f"{result.time_scale} {np.nanmin(result.time):.5f}" if timed else ""
        plot.label(2, bottom=f"hours since {start}" if timed else "integration")
        for row, text in enumerate(LEFT_LABELS):
            plot.label(row, text)
        good, wild = ~result.outlier, result.outlier
        dense = result.integration.size > 600
        size = 3.0 if dense else 5.0
        plot.points(0, x[good], result.relative[good], result.relative_err[good], theme.points, size=size)
        if wild.any():
            name = f"beyond {result.params.outlier_sigma:g} σ"
            plot.points(0, x[wild], result.relative[wild], result.relative_err[wild], theme.warning, "x", 10.0, name)
        for row, (values, errors) in enumerate(((result.x_shift, result.x_err), (result.y_shift, result.y_err)), 1):
            plot.points(row, x[good], values[good], errors[good], theme.points, size=size - 1)
            if wild.any():
                plot.points(row, x[wild], values[wild], errors[wild], theme.warning, "x", 8.0)
            plot.level(row)

    def _show_whole(self) -> None:
        result = self.result
        if result is None:
            return
        first, last = (self.scale().place(n) for n in (result.integration[0] - 0.5, result.integration[-1] + 0.5))
        self.plot.plots[0].setXRange(first, last, padding=0.02)
        good = ~result.outlier
        curves = ((result.relative, result.relative_err), (result.x_shift, result.x_err), (result.y_shift, result.y_err))
        for row, (values, errors) in enumerate(curves):
            span = span_of(values, good, errors)
            if span is not None:
                low, high = span
                above = LABEL_ROOM * (high - low) if row == 0 else 0.0  # the names of the phases stand at the upper end
                self.plot.plots[row].setYRange(low, high + above, padding=0)

    # phases

    def _dragged(self, phases: tuple[PhaseRange, ...], finished: bool) -> None:
        self.maker.hold(not finished)
        self.session.set_nonlinearity(commit=finished, text="Phase range", phases=tuple(phases))

    def _use_report(self) -> None:
        source = self.maker.source
        if source is not None:
            phases, said = report_ranges(*source.integrations)
            self.session.set_nonlinearity(text="Report's phases", phases=phases)
            self.tell(said)

    def save_phases(self, path: Path) -> None:
        """Write the phases to a file."""
        phases = as_phases(self.session.state.nonlinearity.phases)
        self.exporter.run(lambda: save_phases(path, phases), path)

    def load_phases(self, path: Path) -> None:
        """Use the phases of a file."""
        try:
            phases = as_ranges(load_phases(path))
        except BadInput as error:
            self.tell(str(error), False)
            return
        self.session.set_nonlinearity(text="Load phases", phases=phases)
        self.tell(f"{len(phases)} phases from {path}")

    def _clicked(self, event: Any) -> None:
        """A click at a point shows that integration in the image."""
        result = self.result
        if result is None or event.button() != Qt.MouseButton.LeftButton or event.isAccepted():
            return
        box = self.plot.plots[0].vb
        if not box.sceneBoundingRect().contains(event.scenePos()):
            return
        scale = self.scale()
        number = scale.number(box.mapSceneToView(event.scenePos()).x())
        nearest = int(result.integration[np.argmin(np.abs(result.integration - number))])
        spot = box.mapViewToScene(QPointF(scale.place(nearest), 0.0))
        if abs(spot.x() - event.scenePos().x()) <= CLICK:
            self.session.go_to(exposure=self.key, integration=nearest)

    # export

    def table(self) -> Table:
        columns, meta = light_curve.as_table(self.result)
        phases = [str(phase) for phase in as_phases(self.session.state.nonlinearity.phases)]
        return columns, {**meta, "phases": phases}

    def origin(self) -> Origin:
        return Origin.of(self.result.provenance)


def span_of(values: Any, good: Any, errors: Any) -> tuple[float, float] | None:
    """What an axis shows: the good values, and others that are not further off than these are spread; None where there are none."""
    finite = values[good & np.isfinite(values)]
    if not finite.size:
        return None
    low, high = (float(each) for each in np.percentile(finite, [0.2, 99.8]))
    room = 0.1 * (high - low) + 1.5 * _median(errors) or 1e-6
    others = values[~good & np.isfinite(values)]
    near = others[(others > low - FAR * (high - low + room)) & (others < high + FAR * (high - low + room))]
    return min([low, *near.tolist()]) - room, max([high, *near.tolist()]) + room


def facts(result: light_curve.Result) -> list[Fact]:
    """The numbers of a light curve."""
    good = ~result.outlier
    scatter_err = result.scatter / np.sqrt(2 * max(int(good.sum()) - 1, 1))
    scatter = with_error(1e6 * result.scatter, 1e6 * scatter_err, "ppm")
    trace_, params = result.trace.trace, result.params
    level_err = MEDIAN_ERROR * _median(result.flux_err[good]) / np.sqrt(max(int(good.sum()), 1))
    level = f"{with_error(_median(result.flux[good]), level_err, 'DN/group')} in {params.aperture:g} px"
    shifts = "rms over the integrations; error of a single one"
    wild = f"{int(result.outlier.sum())} of {result.integration.size} beyond {params.outlier_sigma:g} σ"
    columns = f"{int(trace_.used.sum())} columns, {plain(trace_.rms, 3)} px rms about the spline"
    return [
        Fact("scatter", f"{scatter}; errors {plain(1e6 * _median(result.relative_err[good]), 3)} ppm", "of the flux, from point to point"),
        Fact("flux", level, f"median; groups {params.fit_groups[0]} to {params.fit_groups[1]}"),
        Fact("outliers", wild, "off the rolling median; marked, not removed"),
        Fact("x shift", _spread(result.x_shift[good], result.x_err[good]), shifts),
        Fact("y shift", _spread(result.y_shift[good], result.y_err[good]), shifts),
        Fact("trace", columns, "columns that the spline goes through"),
    ]


def _median(values: Any) -> float:
    return float(np.nanmedian(values)) if np.isfinite(values).any() else np.nan


def _spread(values: Any, errors: Any) -> str:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return "–"
    rms = float(np.std(finite))
    return f"rms {with_error(rms, rms / np.sqrt(2 * max(finite.size - 1, 1)), 'px')}; errors {plain(_median(errors), 2)} px"
