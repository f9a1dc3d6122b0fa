"""Makes the maps of the non-linearity panel: exact ones in a pass over the ramps, and while something is dragged out of mean ramps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from detgui.errors import BadInput
from detgui.session import changes, slope_work
from detgui.session.bridge import FINAL, Bridge
from detgui.session.cache import Cache
from detgui.session.exposures import Exposures
from detgui.session.nonlinearity import NonlinearityOptions
from detgui.session.session import Session
from detgui.session.slope_sheets import Sheet, Sheets
from detgui.session.state import OpenExposure, SessionState
from detgui.session.under_way import UnderWay
from detgui.session.words import sentence
from detgui.tasks.engine import Engine
from detgui.tasks.events import TaskEvent

if TYPE_CHECKING:
    from detgui.analysis import slope_map

SETTLE_MS = 500  # after the last change of N or the range the exact pass begins
DIRECT_S = 0.004  # quick maps that take less are made in the window's thread
QUICK_S = 0.1  # before one was made
FIRST_SPEED = 4e8  # bytes/s, before a pass was measured
EXACT_BYTES = 96 * 2**20  # of exact maps kept, to come back to at once
LABEL = "slope map"


class SlopeMaker(QObject):
    """Follows the session's options for the present source: `compute` starts the passes, moves of N and the range follow by themselves.

    Lives in the window's thread. One quick map is under way at a time and the newest wish comes next, so that a drag never starves.
    """

    changed = Signal()  # what runs, what there is, or what is wrong
    held_changed = Signal(bool)  # True while the mouse holds N, the range or a phase
    updated = Signal(object)  # slope_map.Result of the present source that is now in the image, exact or approximate

    def __init__(self, session: Session, exposures: Exposures, engine: Engine, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._exposures = session, exposures
        self._sheets = Sheets()
        self._exact = Cache(EXACT_BYTES)
        self._tasks: UnderWay[tuple[str, Any]] = UnderWay(engine)  # of: key of the source, parameters
        self._wish: tuple[str, slope_map.Params] | None = None  # the quick map to make next
        self._held = False
        self._quick_s = QUICK_S  # how long the last quick map took, s
        self.executor: slope_work.FindExecutor = slope_work.threads_here  # asked for by each exact pass, in its own thread
        self.trouble = ""
        self.speed = FIRST_SPEED
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._settled)
        session.changed.connect(self._follow)
        bridge.task_event.connect(self._hear)
        exposures.closed.connect(self._forget)

    # What there is

    @property
    def source(self) -> OpenExposure | None:
        """The exposure whose ramps are used, None for none."""
        return changes.ramp_source(self._session.state)

    @property
    def options(self) -> NonlinearityOptions:
        """The session's options, as far as the present source allows them."""
        return changes.fitting_options(self._session.state)

    def sheet(self, key: str = "") -> Sheet:
        """What was made of an exposure, of the present source by default; empty where nothing was."""
        source = self.source
        return self._sheets.get(key or (source.key if source else ""), Sheet())

    @property
    def result(self) -> slope_map.Result | None:
        """The present source's map as it is shown."""
        return self.sheet().shown

    @property
    def running(self) -> TaskEvent | None:
        """The newest word of the pass over the ramps that runs for the present source, None for none."""
        source = self.source
        return self._tasks.newest(lambda what, of: what != "quick" and of[0] == source.key) if source is not None else None

    def nbytes(self) -> int:
        """Bytes that a pass over the present source reads; 0 without one."""
        source = self.source
        exposure = self._exposures.exposure(source.key) if source is not None else None
        return slope_work.pass_bytes(exposure) if exposure is not None else 0

    def seconds(self) -> float:
        """How long both passes over the present source take, s, at the speed of the last one."""
        return 2 * self.nbytes() / self.speed

    # What a person does

    def compute(self) -> None:
        """Make the exact map of the present options, and the mean ramps where they are missing."""
        source = self.source
        if source is None:
            self._tell("there is no exposure with ramps: open a ramp file")
            return
        params = self._checked(source)
        if params is not None:
            self._sheets.setdefault(source.key, Sheet())
            self._make_exact(source, params, show=True)

    def cancel(self) -> None:
        """Stop the passes over the present source."""
        source = self.source
        self._settle.stop()
        self._tasks.cancel(lambda what, of: what != "quick" and source is not None and of[0] == source.key)

    def hold(self, on: bool) -> None:
        """While something is held with the mouse no exact pass begins."""
        if on != self._held:
            self._held = on
            self.held_changed.emit(on)
        if not on and self._is_waiting():
            self._settle.start()

    @property
    def held(self) -> bool:
        """Whether something is held with the mouse."""
        return self._held

    def keep(self) -> str:
        """Put the present map into the list as it is, to compare others with; returns its key, '' where there is none."""
        source, result = self.source, self.result
        if source is None or result is None:
            return ""
        exposure = self._exposures.exposure(source.key)
        if exposure is None:
            return ""
        kept = slope_work.as_exposure(result, exposure)
        kept.name = slope_work.kept_name(result, kept.name, source.integrations)
        label = slope_work.kept_label(result, source.integrations)
        return self._exposures.add_map(kept, source.key, label, show=False, note=slope_work.words(result))

    # From the state to tasks

    def _follow(self, old: SessionState, new: SessionState) -> None:
        before, after = changes.fitting_options(old), changes.fitting_options(new)
        source = changes.ramp_source(new)
        was = changes.ramp_source(old)
        if (source.key if source else "") != (was.key if was else ""):
            self.trouble = ""
            self.changed.emit()
        if source is None or before == after:
            return
        sheet = self._sheets.get(source.key)
        fields = ("fit_last", "integrations", "flags", "gain", "read_noise")
        if sheet is None or all(getattr(before, name) == getattr(after, name) for name in fields):
            return
        params = slope_work.map_params(after)
        self._drop_passes(source.key)
        known = self._exact.get((source.key, params))
        if known is not None:
            self._settle.stop()
            self._wish = None
            self._take(source.key, known)
            return
        if sheet.means is not None and sheet.means_params == slope_work.means_params(after):
            self._wish = (source.key, params)
            self._make_quick()
        self._settle.start()
        self.changed.emit()

    def _drop_passes(self, key: str) -> None:
        """Stop exact passes of parameters that are out of date: they would only slow the drag down."""
        self._tasks.cancel(lambda what, of: what in ("exact", "show") and of[0] == key)

    def _is_waiting(self) -> bool:
        """Whether the shown map is not the exact one of the present options."""
        source = self.source
        sheet = self._sheets.get(source.key) if source is not None else None
        if sheet is None or sheet.shown is None:
            return False
        params = slope_work.map_params(self.options)
        return sheet.shown.approximate or sheet.shown.params != params

    def _settled(self) -> None:
        source = self.source
        if self._held or source is None or source.key not in self._sheets:
            return
        params = self._checked(source)
        if params is not None:
            self._make_exact(source, params)

    def _checked(self, source: OpenExposure) -> slope_map.Params | None:
        """Parameters of the exact map; None, and the reason told, where it cannot be made."""
        try:
            params = slope_work.map_params(self.options)
            slope_work.check(self._exposures.shelf, source.key, params)
        except BadInput as error:
            self._tell(str(error))
            return None
        self._tell("")
        return params

    def _make_exact(self, source: OpenExposure, params: slope_map.Params, show: bool = False) -> None:
        known = self._exact.get((source.key, params))
        if known is not None:
            self._take(source.key, known, show)
            self._make_means(source)
            return
        needs = f"reads {self.nbytes() / 1e6:,.0f} MB"
        args = (self._exposures.shelf, source.key, params, self.executor)
        self._submit("show" if show else "exact", source, params, slope_work.exact_map, *args, title="Slope map", needs=needs)

    def _make_means(self, source: OpenExposure) -> None:
        sheet = self._sheets[source.key]
        params = slope_work.means_params(self.options)
        if (sheet.means is not None and sheet.means_params == params) or self._tasks.runs("means", (source.key, params)):
            return
        self._sheets.make_room(source.key)
        args = (self._exposures.shelf, source.key, params)
        self._submit("means", source, params, slope_work.mean_ramps_of, *args, title="Mean ramps")

    def _make_quick(self) -> None:
        if self._wish is None or self._tasks.runs("quick"):
            return
        (key, params), self._wish = self._wish, None
        sheet = self._sheets.get(key)
        source = self._session.state.exposure(key)
        if sheet is None or source is None or sheet.means is None:
            return
        args = (sheet.means, params, sheet.exact)
        if self._quick_s < DIRECT_S:
            self._make_directly(key, *args)
        else:
            self._submit("quick", source, params, slope_work.quick_map, *args, title="", quick=True)

    def _make_directly(self, key: str, *args: Any) -> None:
        """In the window's thread: a worker's answer would come a frame later."""
        try:
            result, self._quick_s = slope_work.quick_map(*args)
        except BadInput as error:
            self._tell(str(error))
            return
        self._take(key, result)

    def _submit(self, what: str, source: OpenExposure, params: object, func: Any, *args: Any, title: str, **how: Any) -> None:
        name = f"{title} of {source.name}" if title else ""
        lane = "exact" if what == "show" else what
        if self._tasks.submit(what, (source.key, params), func, *args, lane=f"slopes {lane} {source.key}", title=name, **how):
            self.changed.emit()

    # From answers to the image

    def _hear(self, event: TaskEvent) -> None:
        if event.task not in self._tasks:
            return
        if event.kind not in FINAL:
            if self._tasks.heard(event) != "quick":
                self.changed.emit()
            return
        what, (key, params), seconds = self._tasks.ended(event.task)
        if event.kind == "done" and key in self._sheets:
            self._came(what, key, params, event.result, seconds)
        elif event.kind == "failed":
            self._tell(sentence(event.error, event.title))
        if what == "quick":
            self._make_quick()
        self.changed.emit()

    def _came(self, what: str, key: str, params: Any, result: Any, seconds: float) -> None:
        source = self._session.state.exposure(key)
        if source is None:
            return
        sheet = self._sheets[key]
        if what in ("exact", "show"):
            self.speed = max(self._bytes_of(key) / max(seconds, 1e-3), 1e6)
            self._exact.put((key, params), result, slope_work.nbytes(result))
            sheet.exact = result
            if params == slope_work.map_params(self.options) or sheet.shown is None:
                self._take(key, result, what == "show")
            self._make_means(source)
        elif what == "means":
            sheet.means, sheet.means_params = result, params
            self._quick_s = QUICK_S  # of these it is not known yet
        else:
            quick, self._quick_s = result
            if (params == self._present(key) or self._wish is not None) and self._exact.get((key, params)) is None:
                self._take(key, quick)

    def _present(self, key: str) -> slope_map.Params | None:
        source = self.source
        return slope_work.map_params(self.options) if source is not None and source.key == key else None

    def _bytes_of(self, key: str) -> int:
        source = self.source
        return self.nbytes() if source is not None and source.key == key else 0

    def _take(self, key: str, result: slope_map.Result, show: bool = False) -> None:
        """Show a map in the image, instead of the one before."""
        sheet = self._sheets[key]
        sheet.shown = result
        if not result.approximate:
            sheet.exact = result
        source = self._exposures.exposure(key)
        if source is None:
            return
        former = sheet.product
        sheet.product = self._exposures.put_map(former, slope_work.as_exposure(result, source), key, LABEL, slope_work.words(result))
        if show or sheet.product != former:
            self._session.choose_exposure(sheet.product)
        self.updated.emit(result)
        self.changed.emit()

    def _forget(self, key: str) -> None:
        sheet = self._sheets.pop(key, None)
        if sheet is not None:
            self._exact.drop(lambda each: each[0] == key)
            self._tasks.cancel(lambda _, of: of[0] == key)
        self._sheets.closed(key)

    def _tell(self, trouble: str) -> None:
        if trouble != self.trouble:
            self.trouble = trouble
            self.changed.emit()
