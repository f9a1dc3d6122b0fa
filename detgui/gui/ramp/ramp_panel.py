"""The ramp tab: the chosen pixel's ramp, its lines, the numbers, the neighbours and all integrations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QSignalBlocker, QTimer
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QWidget

from detgui.analysis import ramp
from detgui.gui.common import plot_theme
from detgui.gui.common.colours import pin_colour
from detgui.gui.image.partners import followed
from detgui.gui.ramp import ramp_layout
from detgui.gui.ramp.ramp_actions import RampActions
from detgui.gui.ramp.ramp_compare import fill_compare
from detgui.gui.ramp.ramp_export import KINDS, RampExporter
from detgui.gui.ramp.ramp_facts import facts, n_with_reason
from detgui.gui.ramp.ramp_plot import Companion
from detgui.session import changes
from detgui.session.requests import OverviewRequest, RampAnswer, RampRequest, Trouble
from detgui.session.resolve import overview_request, ramp_requests
from detgui.session.state import SessionState

BUSY_MS = 150  # a wait shorter than this is not worth a mark
COMPARE_COLOURS = 3  # compared files start at another colour than the pins


def _settings(state: SessionState) -> tuple[object, ...]:
    """What the panel shows of a state; stepping through groups changes none of it."""
    return (state.exposures, state.frame.exposure if state.frame else None, state.pixel, state.ramp)


def prompt(state: SessionState) -> str:
    """What a person must do, or why there is no ramp; '' where there can be one."""
    exposure = state.current
    if exposure is None:
        return "The ramp of a pixel is shown here once a file is open" if not state.exposures else "Choose an exposure in the list"
    if exposure.error:
        return exposure.error
    if not exposure.is_ramp:
        what = "one image" if exposure.shape[0] == 1 else "one image for each integration"
        return f"{exposure.name} has no ramp: it holds {what}"
    if state.pixel is None:
        return "Click a pixel in the image"
    if not exposure.contains(*state.pixel):
        return f"Pixel x {state.pixel[0]}, y {state.pixel[1]} is outside {exposure.name}"
    return ""


class RampPanel(QWidget):
    """Shows the session's ramps as the loader delivers them, and sends what a person does to the session."""

    def __init__(self, session: Any, loader: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._answers: tuple[RampAnswer, ...] = ()
        self._overview: ramp.Overview | None = None
        self._exporter = RampExporter(self, getattr(loader, "engine", None))
        self._exporter.finished.connect(self._tell)
        self.deeds = RampActions(self, self._doings(), lambda show: session.set_ramp(show=show))
        self.ui = ramp_layout.build(self, self.deeds, session)
        self._busy = QTimer(self, singleShot=True, interval=BUSY_MS)
        self._busy.timeout.connect(lambda: self.ui.busy.setVisible(self._waits()))
        self._troubled: object = None
        self._connect(session, loader)
        self._show_state(session.state)

    def actions_for_menu(self) -> list[QAction]:
        """Every action with a key, in the order of a menu."""
        return self.deeds.all()

    def _doings(self) -> dict[str, Any]:
        return {
            "axis": self._toggle_axis,
            "fewer": lambda: self._step_n(-1),
            "more": lambda: self._step_n(+1),
            "reset": lambda: self._session.set_fit_last(None),
            "method": self._toggle_method,
            "whole": self._show_whole,
            "copy": self.copy_table,
            "ecsv": lambda: self.ask_export("ecsv"),
        }

    def _connect(self, session: Any, loader: Any) -> None:
        session.changed.connect(self._on_changed)
        loader.ramps.connect(self._on_ramps)
        loader.overview.connect(self._on_overview)
        loader.trouble.connect(self._on_trouble)
        ui = self.ui
        ui.plot.boundary_moved.connect(lambda n, finished: session.set_fit_last(n, commit=finished))
        ui.plot.boundary_reset.connect(lambda: session.set_fit_last(None))
        ui.n.valueChanged.connect(lambda n: session.set_fit_last(n))
        ui.neighbours.chosen.connect(session.choose_pixel)
        ui.overview.integration_chosen.connect(self._go_to_integration)
        ui.compare_menu.aboutToShow.connect(lambda: fill_compare(ui.compare_menu, session))
        for kind in KINDS:
            ui.export_actions[kind].triggered.connect(lambda _checked=False, kind=kind: self.ask_export(kind))

    # from the session

    def _on_changed(self, old: SessionState, new: SessionState) -> None:
        if _settings(old) != _settings(new):
            self._show_state(new)
        if self._waits():
            self._busy.start()
        if (old.ramp.show, old.ramp.x_axis) != (new.ramp.show, new.ramp.x_axis):
            self._draw()
        elif new.ramp.show != "ramp" and old.frame != new.frame and self.chosen is not None:
            self._draw_overview(self.chosen, new)

    def _waits(self) -> bool:
        """Whether the state asks for something that has not come."""
        state, chosen = self._session.state, self.chosen
        wanted = next((request for request in ramp_requests(state) if request.role == "chosen"), None)
        if wanted is not None and (chosen is None or chosen.request != wanted):
            return self._troubled is None
        overview = overview_request(state)
        return overview is not None and (self._overview is None or self._overview.params != overview.params) and self._troubled is None

    def _show_state(self, state: SessionState) -> None:
        said = prompt(state)
        if said:
            self._stop_waiting()
            self.ui.message.setText(said)
        self.ui.pages.setCurrentWidget(self.ui.message if said else self.ui.content)
        options = state.ramp
        self.deeds.views[options.show].setChecked(True)
        self.deeds.time.setChecked(options.x_axis == "time")
        self.deeds.method.setChecked(options.method == "ols")
        self.deeds.reset.setEnabled(options.fit_last is not None)
        self.ui.options.show_options(options)
        self.ui.plots.setCurrentWidget(self.ui.plot if options.show == "ramp" else self.ui.overview)

    # from the loader

    def _on_ramps(self, answers: tuple[RampAnswer, ...]) -> None:
        self._answers = tuple(answers or ())
        if self._answered():
            self._tell("")
        self._rest()
        self._draw()

    def _on_overview(self, overview: ramp.Overview | None) -> None:
        self._overview = overview
        if overview is not None and isinstance(self._troubled, OverviewRequest):
            self._tell("")
        self._rest()
        if self._session.state.ramp.show != "ramp":
            self._draw()

    def _answered(self) -> bool:
        """Whether what failed has come after all: the loader tells a trouble once, so it stays until then."""
        failed = self._troubled
        if isinstance(failed, RampRequest):
            return any((a.request.exposure, a.request.role) == (failed.exposure, failed.role) for a in self._answers)
        return not isinstance(failed, OverviewRequest) and self.chosen is not None

    def _on_trouble(self, trouble: Trouble) -> None:
        request = trouble.request
        if isinstance(request, tuple) and request and isinstance(request[0], RampRequest):
            request = request[0]
        if isinstance(request, RampRequest | OverviewRequest):
            self._tell(trouble.sentence, False)
            self._troubled = request
            self._rest()

    def _rest(self) -> None:
        if not self._waits():
            self._stop_waiting()

    def _stop_waiting(self) -> None:
        self._busy.stop()
        self.ui.busy.setVisible(False)

    # drawing

    @property
    def chosen(self) -> RampAnswer | None:
        """The answer for the chosen pixel, None before there is one."""
        return next((a for a in self._answers if a.request.role == "chosen"), None)

    def _draw(self) -> None:
        state, chosen = self._session.state, self.chosen
        if chosen is None:
            self.ui.plot.clear_ramps()
            self.ui.numbers.show_columns([])
            self.ui.neighbours.show_neighbours((0, 0), None, (1, 1))
            self.ui.script.show_script("", "")
            return
        companions = [self._companion(a) for a in self._answers if a is not chosen]
        if state.ramp.show == "ramp":
            self.ui.plot.show_ramps(chosen.result, companions, state.ramp.x_axis)
        else:
            self._draw_overview(chosen, state)
        self._draw_numbers(chosen, companions)

    def _draw_overview(self, chosen: RampAnswer, state: SessionState) -> None:
        overview = self._overview
        if not self._fits(overview, chosen.result):
            return
        number = state.frame.integration if state.frame else chosen.result.integration
        if state.ramp.show == "overlay":
            self.ui.overview.show_overlay(overview, chosen.result.time, number, state.ramp.x_axis)
        else:
            self.ui.overview.show_slopes(overview, number, state.ramp.x_axis)

    @staticmethod
    def _fits(overview: ramp.Overview | None, result: ramp.Result) -> bool:
        """Whether all integrations are those of the shown pixel; they come later than its ramp."""
        return overview is not None and (overview.params.x, overview.params.y) == (result.params.x, result.params.y)

    def _companion(self, answer: RampAnswer) -> Companion:
        request, params = answer.request, answer.result.params
        if request.role == "compare":
            return Companion(answer.result, answer.result.exposure, pin_colour(request.colour + COMPARE_COLOURS), compared=True)
        return Companion(answer.result, f"{params.x}, {params.y}", pin_colour(request.colour))

    def _draw_numbers(self, chosen: RampAnswer, companions: list[Companion]) -> None:
        result = chosen.result
        columns = [(f"x {result.params.x}, y {result.params.y}", self.ui.plot.theme.line, facts(result))]
        columns += [(c.name, c.colour, facts(c.result)) for c in companions]
        self.ui.numbers.show_columns(columns)
        self.ui.neighbours.show_neighbours((result.params.x, result.params.y), chosen.neighbours, result.fit_groups)
        self.ui.options.show_used(result)
        self.ui.notes.setText("  ".join(_sentence(note) for note in result.notes))
        self.ui.notes.setVisible(bool(result.notes))
        self.ui.script.show_script(*_script(result))
        with QSignalBlocker(self.ui.n):
            self.ui.n.setRange(min(2, len(result.group)), len(result.group))
            self.ui.n.setValue(result.fit_groups[1])
        self.ui.why.setText(n_with_reason(result).partition(" ")[2].strip("()"))
        self.ui.why.setToolTip(n_with_reason(result))

    # what a person does

    def _go_to_integration(self, number: int) -> None:
        state = self._session.state
        self._session.put(followed(state, changes.go_to(state, integration=number)))

    def _step_n(self, step: int) -> None:
        if self.chosen is not None:
            self._session.set_fit_last(min(max(self.ui.n.value() + step, self.ui.n.minimum()), self.ui.n.maximum()))

    def _toggle_axis(self) -> None:
        self._session.set_ramp(x_axis="group" if self._session.state.ramp.x_axis == "time" else "time")

    def _toggle_method(self) -> None:
        self._session.set_ramp(method="gls" if self._session.state.ramp.method == "ols" else "ols")

    def _show_whole(self) -> None:
        self.ui.plot.fit_view()
        if self._session.state.ramp.show != "ramp":
            self.ui.overview.redraw()

    def copy_table(self) -> None:
        """Put the table of numbers on the clipboard, tab-separated."""
        if self.ui.numbers.tsv():
            QGuiApplication.clipboard().setText(self.ui.numbers.tsv())

    def ask_export(self, kind: str) -> None:
        """Ask where the shown ramp goes as a file of ``kind``."""
        if self.chosen is None:
            return
        result = self.chosen.result
        self._exporter.ask(kind, f"{result.exposure}_x{result.params.x}_y{result.params.y}_int{result.integration}", self.export_to)

    def export_to(self, path: Path) -> None:
        """Write the shown ramp to a file whose ending says how; a sentence in the panel says when it is there."""
        if self.chosen is None:
            return
        result, kind = self.chosen.result, path.suffix.lower().removeprefix(".")
        show = self._session.state.ramp.show
        if kind in ("ecsv", "csv"):
            if show != "ramp" and self._fits(self._overview, result):
                self._exporter.overview(self._overview, show, result.provenance, path)
            else:
                self._exporter.ramp(result, path)
            return
        title = f"{result.exposure} x {result.params.x} y {result.params.y} integration {result.integration}"
        widget = self.ui.plots.currentWidget()
        self._exporter.plot(widget, path, title, _script(result)[0], result.provenance)

    def _tell(self, sentence: str, fine: bool = True) -> None:
        self._troubled = None
        self.ui.trouble.setText(sentence)
        self.ui.trouble.setVisible(bool(sentence))
        colour = self.ui.plot.theme.foreground if fine else self.ui.plot.theme.warning
        self.ui.trouble.setStyleSheet(f"color: {colour.name()}")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "ui"):
            theme = plot_theme.from_palette(self.palette())
            if theme != self.ui.plot.theme:
                self.ui.plot.apply_theme(theme)
                self.ui.overview.apply_theme(theme)
                self.ui.script.refresh_icons()
                self._draw()


def _sentence(note: str) -> str:
    return note[:1].upper() + note[1:] + ("" if note.endswith(".") else ".")


def _script(result: ramp.Result) -> tuple[str, str]:
    """The command and the Python that make a result again."""
    return str(result.provenance.get("command", "")), str(result.provenance.get("python", ""))
