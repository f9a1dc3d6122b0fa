"""Runs steps of the pipeline for the noise panel, and knows what a run would need before it starts."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from detgui.science.regions import Region
from detgui.session import noise_options, noise_work, step_work
from detgui.session.bridge import FINAL, Bridge
from detgui.session.exposures import Exposures, Opened
from detgui.session.noise_options import NoiseOptions
from detgui.session.session import Session
from detgui.session.state import OpenExposure, SessionState
from detgui.session.step_work import Outlook, Plan, Ran
from detgui.session.under_way import UnderWay
from detgui.session.words import sentence
from detgui.tasks.engine import Engine
from detgui.tasks.events import TaskEvent

if TYPE_CHECKING:
    from detgui.analysis.step_forms import Form

TAB = "Noise"
SETTLE_MS = 150  # after the last change of the form
LOG_MS = 100  # between two looks at the lines of the log
COMPARE = "Compare"
CLEAN = "clean_flicker_noise"


class NoiseMaker(QObject):
    """Follows the options while the noise tab is in front; `compute` runs the steps.

    Lives in the window's thread. The steps run in a child process, which is warmed when the tab first comes to the front.
    """

    changed = Signal()  # what runs, what is known, or what is wrong
    logged = Signal(object)  # new lines of the pipeline's log, a list of str
    ran = Signal(object)  # step_work.Ran
    opened = Signal(str, str)  # keys of the exposure before and after a run, once the result is open

    def __init__(self, session: Session, exposures: Exposures, engine: Engine, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._exposures = session, exposures
        self._tasks: UnderWay[Any] = UnderWay(engine)
        self._forms: dict[str, Form] = {}
        self._outlook: Outlook | None = None
        self._lines: deque[str] = deque()
        self._awaited: tuple[str, tuple[Path, ...]] | None = None  # key before, files that are being opened
        self._warm = False
        self.result: Ran | None = None
        self.trouble = ""  # what went wrong with the last run
        self.ended = ""  # 'done', 'failed', 'cancelled' of the last run
        self._mask = ("", 0.0)  # file of the last mask of regions, and which part of the image it measures noise on
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._look)
        self._listen = QTimer(self, interval=LOG_MS)
        self._listen.timeout.connect(self._say_lines)
        session.changed.connect(self._follow)
        bridge.task_event.connect(self._hear)
        exposures.opened.connect(self._opened)

    # What there is

    @property
    def options(self) -> NoiseOptions:
        """The session's options."""
        return self._session.state.noise

    @property
    def source(self) -> OpenExposure | None:
        """The exposure that is diagnosed and that steps run on, None for none."""
        return source_of(self._session.state)

    @property
    def plan(self) -> Plan | None:
        """What `compute` would run; None where nothing is open or no step chosen."""
        source = self.source
        if source is None or not source.paths or not self.options.steps:
            return None
        return Plan.of(source.paths, self.options)

    @property
    def step(self) -> str:
        """The step whose settings are shown, '' for none."""
        steps = self.options.steps
        return self.options.step if self.options.step in steps else next(iter(steps), "")

    def form(self, step: str) -> Form | None:
        """The settings of a step, None until they are known."""
        return self._forms.get(step)

    @property
    def outlook(self) -> Outlook | None:
        """What the present plan would take, None until that is known."""
        return self._outlook if self._outlook is not None and self._outlook.plan == self.plan else None

    @property
    def running(self) -> TaskEvent | None:
        """The newest word of the run, None where none runs or it has said nothing yet."""
        return self._tasks.newest(lambda what, _: what == "run")

    @property
    def mask_part(self) -> float:
        """Part of the image that the mask of regions in use measures noise on, 0 where none is in use."""
        used = noise_options.settings_of(self.options, CLEAN).get("user_mask", "") if CLEAN in self.options.steps else ""
        return self._mask[1] if used and used == self._mask[0] else 0.0

    @property
    def busy(self) -> bool:
        """Whether steps run."""
        return self._tasks.runs("run")

    # What a person does

    def compute(self) -> None:
        """Run the steps."""
        plan = self.plan
        source = self.source
        if plan is None or source is None or self.busy:
            return
        self.trouble, self.result, self.ended = "", None, ""
        self._session.set_noise(source=source.key)  # the result is shown next, and another try is on the same input
        self._lines.clear()
        names = ", ".join(plan.steps)
        args = (plan, self._lines.append)
        self._submit("run", source.key, step_work.run, *args, lane="steps", title=f"{names}: {source.name}", needs=self._needs())
        self._listen.start()

    def cancel(self) -> None:
        """Kill the run."""
        self._tasks.cancel(lambda what, _: what == "run")

    def fill(self, recipe: Mapping[str, Mapping[str, str]], text: str = "Fill the form") -> None:
        """Put steps with settings, {step: {name: value}}, into the form."""
        options = noise_options.with_recipe(self.options, recipe)
        self._session.set_noise(text=text, steps=options.steps, step=options.step, settings=options.settings)

    def run_with_mask(self, regions: tuple[Region, ...]) -> None:
        """Write regions as the ``user_mask`` of clean_flicker_noise, and run the steps with it."""
        plan, source = self.plan, self.source
        if source is None or self.busy or self._tasks.runs("mask"):
            return
        folder = plan.folder if plan is not None else source.paths[0].parent
        self.trouble = ""
        args = (self._exposures.shelf, source.key, regions, folder)
        self._submit("mask", source.key, noise_work.user_mask, *args, lane="noise mask", title="Mask for clean_flicker_noise", quick=True)

    def _masked(self, path: Path) -> None:
        options = noise_options.with_setting(self.options, CLEAN, "user_mask", str(path))
        steps = options.steps if CLEAN in options.steps else (CLEAN,)
        self._session.set_noise(text="Mask of regions", steps=steps, step=CLEAN, settings=options.settings)
        self.compute()

    def compare_with(self, before: str, files: tuple[Path, ...], join: bool = False) -> None:
        """Open files that were made of an exposure; `opened` follows where they can be compared with it."""
        self._awaited = (before, tuple(path.absolute() for path in files))
        self._exposures.open(self._awaited[1], join=join)

    def look(self) -> None:
        """Find out what the present plan needs."""
        self._settle.start()

    # From the state to tasks

    def _follow(self, old: SessionState, new: SessionState) -> None:
        if all(getattr(old, name) is getattr(new, name) for name in ("exposures", "frame", "noise", "tab")):
            return
        if new.tab == TAB:
            self._settle.start()
            self.changed.emit()

    def _look(self) -> None:
        if self._session.state.tab != TAB:
            return
        if not self._warm:
            self._warm = True
            self._submit("warm", "", step_work.warm, lane="steps warm", title="")
        for step in self.options.steps:
            if step not in self._forms and not self._tasks.runs("form", step):
                self._submit("form", step, step_work.form_of, step, lane=f"form {step}", title="", quick=True)
        plan = self.plan
        if plan is None or self.busy or self._tasks.runs("check", plan) or self._tasks.runs("look", plan):
            return
        if self.outlook is None:
            self._submit("check", plan, step_work.check, plan, lane="steps look", title="", quick=True)
        elif self.outlook.references is None and self.outlook.memory:
            self._submit("look", plan, step_work.look, self.outlook, lane="steps look", title="", quick=True)

    def _needs(self) -> str:
        from detgui.analysis.step_table import gigabytes

        return f"about {gigabytes(self.outlook.peak)} of memory" if self.outlook is not None and self.outlook.memory else ""

    def _submit(self, what: str, of: Any, func: Any, *args: Any, lane: str, title: str, **how: Any) -> None:
        if self._tasks.submit(what, of, func, *args, lane=lane, title=title, **how):
            self.changed.emit()

    # From answers to the form

    def _hear(self, event: TaskEvent) -> None:
        if event.task not in self._tasks:
            return
        if event.kind not in FINAL:
            if self._tasks.heard(event) == "run":
                self.changed.emit()
            return
        what, of, _ = self._tasks.ended(event.task)
        if what == "run":
            self._ended(event, of)
        elif event.kind == "done" and what == "mask":
            self._mask = (str(event.result[0]), event.result[1])
            self._masked(event.result[0])
        elif event.kind == "failed" and what == "mask":
            self.ended, self.trouble = "failed", sentence(event.error, event.title)
        elif event.kind == "done" and what == "form":
            self._forms[of] = event.result
        elif event.kind == "done" and what in ("check", "look"):
            self._outlook = event.result
            self._look()
        elif event.kind == "failed" and what == "form":
            self.trouble = sentence(event.error, event.title)
        elif event.kind == "failed" and what in ("check", "look"):
            self._outlook = Outlook(of, {}, None, (), sentence(event.error, event.title))
        self.changed.emit()

    def _ended(self, event: TaskEvent, key: str) -> None:
        self._listen.stop()
        self._say_lines()
        self.ended = event.kind
        if event.kind == "done":
            self.result = event.result
            self.ran.emit(event.result)
            self.compare_with(key, event.result.outputs, len(event.result.results) > 1)
        elif event.kind == "failed":
            self.trouble = sentence(event.error, event.title)
        if event.kind != "done":
            self._warm = False  # the child was killed, or may have died: the next one is warmed in advance
        self._settle.start()

    def _say_lines(self) -> None:
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        if lines:
            self.logged.emit(lines)

    def _opened(self, opened: Opened) -> None:
        if self._awaited is None or opened.paths != self._awaited[1]:
            return
        (before, _), self._awaited = self._awaited, None
        state = self._session.state
        first, then = state.exposure(before), next((state.exposure(key) for key in opened.keys), None)
        if then is None:
            return
        self._session.choose_exposure(then.key)
        self._session.set_noise(before=before if first is not None else "", after=then.key)
        if first is not None and first.is_ramp == then.is_ramp and first.shape[2:] == then.shape[2:]:
            self.opened.emit(first.key, then.key)


def source_of(state: SessionState) -> OpenExposure | None:
    """What is diagnosed: the chosen exposure, else the shown one, or what that was made from; never a map in memory."""
    current = state.current
    wanted = (state.noise.source, current.key if current else "", current.source if current else "")
    found = (state.exposure(key) for key in wanted if key)
    return next((each for each in found if each is not None and not each.source), None)
