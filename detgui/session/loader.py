"""Gets what the state asks for, newest first, and hands it to the window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from detgui.session import changes, flags, work
from detgui.session.bridge import FINAL, Bridge
from detgui.session.cache import Cache
from detgui.session.exposures import Exposures
from detgui.session.limits import LimitsLock
from detgui.session.requests import ImageAnswer, ImageRequest, OverviewRequest, RampRequest, Trouble, Wanted
from detgui.session.reserve import Reserve
from detgui.session.resolve import resolve
from detgui.session.session import Session
from detgui.session.state import Frame, SessionState
from detgui.session.words import trouble
from detgui.tasks.engine import Engine
from detgui.tasks.events import TaskEvent

IMAGE_BYTES = 128 * 2**20  # values, data quality and pictures of the last frames; older ones are in the system's own file cache
SPARE_BYTES = 40 * 2**20  # of images that were dropped: two of 2048 x 2048 pixels
PIXEL_BYTES = 32 * 2**20
AHEAD_MS = 5  # the next image is read when this one was painted: until then a worker would be in the way
FLAGS_MS = 60  # data quality that is not drawn is read when stepping has paused for so long
QUIET = ("ahead", "flags")  # lanes that nobody waits for
DIRECT_RAMPS = 8  # at most so many are fitted in the window's thread, well under 1 ms each


class Loader(QObject):
    """Follows `Session.changed`: resolves, asks the engine for what differs, drops late answers, emits the others.

    What was read is remembered, so that other limits, a step back or a dragged N read nothing; the next frame in the direction of
    stepping is read ahead while nothing else is wanted. Every lane holds one task: newest wins.
    """

    image = Signal(object)  # requests.ImageAnswer, None where nothing can be shown
    blink = Signal(object)  # requests.ImageAnswer of the frame to blink against, None for none
    flags = Signal(object)  # requests.ImageAnswer: that of `image` or `blink` again, with the data quality that was to follow
    ramps = Signal(object)  # tuple of requests.RampAnswer, one for each ramp that could be read; () for none
    overview = Signal(object)  # analysis.ramp.Overview, None for none
    trouble = Signal(object)  # requests.Trouble
    busy = Signal(bool)  # True while an answer is on its way

    def __init__(self, session: Session, exposures: Exposures, engine: Engine, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._shelf, self._engine = session, exposures.shelf, engine
        self._images = Cache(IMAGE_BYTES, SPARE_BYTES)
        self._pixels = Cache(PIXEL_BYTES)
        self._reserve = Reserve(self._images.buffers, engine, self)
        self._lock = LimitsLock()
        self._hold = False
        self._wanted = Wanted()
        self._blink: ImageRequest | None = None  # the other frame as it was asked for, with the shown frame's limits
        self._tasks: dict[str, tuple[int, Any]] = {}  # lane: id of the task whose answer counts, its request
        self._said: dict[str, str] = {}  # lane: the trouble told last, not to be told again at every step
        self._warm: set[str] = set()  # fit methods whose kernels are compiled
        self._step: tuple[int, int] = (0, 0)  # last step, integrations and groups
        self._is_busy = False
        self._without_flags: dict[str, ImageAnswer] = {}  # lane: the shown answer whose data quality is to follow
        self._pause = QTimer(self, singleShot=True, interval=FLAGS_MS)
        self._pause.timeout.connect(self._ask_flags)
        self._ahead = QTimer(self, singleShot=True, interval=AHEAD_MS)
        self._ahead.timeout.connect(self._read_ahead)
        self._connections = [
            (session.changed, session.changed.connect(self._follow)),
            (bridge.task_event, bridge.task_event.connect(self._hear)),
            (exposures.closed, exposures.closed.connect(self._forget)),
            (exposures.replaced, exposures.replaced.connect(self._forget)),
        ]
        self._ask(self._locked(resolve(session.state)))

    @property
    def engine(self) -> Engine:
        """What runs the reads; panels submit their own long tasks to it."""
        return self._engine

    @property
    def settled(self) -> bool:
        """True where everything has come, data quality and what is read ahead too."""
        return not (self._tasks or self._pause.isActive() or self._ahead.isActive())

    def hold_limits(self, on: bool) -> None:
        """Keep the limits of the shown image, as if they were locked, until told otherwise."""
        if on != self._hold:
            self._hold = on
            self._ask(self._locked(resolve(self._session.state)))

    def repeat(self) -> None:
        """Emit the present answers again, for listeners that were made after they came; reads nothing that was read."""
        wanted, self._wanted, self._blink = self._wanted, Wanted(), None
        self._ask(wanted)

    def close(self) -> None:
        """Cancel what runs and follow the session no more."""
        for signal, connection in self._connections:
            signal.disconnect(connection)
        self._connections = []
        self._pause.stop()
        self._ahead.stop()
        self._reserve.stop()
        for lane in list(self._tasks):
            self._drop(lane)

    # From the state to tasks

    def _follow(self, old: SessionState, new: SessionState) -> None:
        self._step = _step_between(old.frame, new.frame) or self._step
        self._ask(self._locked(resolve(new)))

    def _locked(self, wanted: Wanted) -> Wanted:
        locked = self._hold or self._session.state.display.lock_limits
        return replace(wanted, image=self._lock.apply(wanted.image, locked), blink=self._lock.apply(wanted.blink, locked))

    def _ask(self, wanted: Wanted) -> None:
        before, self._wanted = self._wanted, wanted
        if wanted.image != before.image:
            self._ask_image("image", wanted.image)
        if wanted.ramps != before.ramps:
            self._ask_ramps(wanted.ramps)
        self._ask_blink()
        if wanted.overview != before.overview:
            self._ask_overview(wanted.overview)
        self._tell_busy()

    def _ask_image(self, lane: str, request: ImageRequest | None) -> None:
        ahead = self._tasks.get("ahead")
        if lane == "image" and ahead is not None and ahead[1] == request:
            self._drop(lane)
            self._tasks[lane] = self._tasks.pop("ahead")  # it is on its way already
            return
        if lane == "image":
            self._drop("ahead")
            self._reserve.stop()
        answer = None if request is None else self._images.get(request)
        if request is None or answer is not None:
            self._drop(lane)
            self._show(lane, answer)
        else:
            self._submit(lane, request, work.image, request, self._shelf, self._images, title="Reading image")

    def _ask_blink(self) -> None:
        """Ask for the other frame with the limits of the shown one: what differs is then the pixels and not the colours."""
        blink = self._lock.apply(self._wanted.blink, self._same_unit())
        if blink != self._blink:
            self._blink = blink
            self._ask_image("blink", blink)

    def _same_unit(self) -> bool:
        state, image, blink = self._session.state, self._wanted.image, self._wanted.blink
        pair = [state.exposure(each.frame.exposure) for each in (image, blink) if each is not None]
        return len(pair) == 2 and pair[0] is not None and pair[1] is not None and pair[0].unit == pair[1].unit

    def _ask_ramps(self, requests: tuple[RampRequest, ...]) -> None:
        if not requests or self._fits_at_once(requests):
            self._drop("ramps")
            self._show_ramps(work.ramps(requests, self._shelf, self._pixels))
        else:
            self._submit("ramps", requests, work.ramps, requests, self._shelf, self._pixels, title="Reading ramps")

    def _ask_overview(self, request: OverviewRequest | None) -> None:
        if request is None:
            self._drop("overview")
            self.overview.emit(None)
            return
        running = self._tasks.get("overview")
        if running is not None and work.overview_key(running[1]) == work.overview_key(request):
            return  # another N of the same pixel: that of now is fitted when the one before was shown, so that a dragged N is seen moving
        self._submit("overview", request, work.overview, request, self._shelf, self._pixels, title="Reading all integrations")

    def _fits_at_once(self, requests: tuple[RampRequest, ...]) -> bool:
        if len(requests) > DIRECT_RAMPS:
            return False
        return all(each.params.method in self._warm and self._pixels.get(work.pixel_key(each)) is not None for each in requests)

    def _submit(self, lane: str, request: object, func: Callable[..., Any], *args: Any, title: str) -> None:
        self._drop(lane)  # an adopted task is in another lane of the engine
        task = self._engine.submit(func, *args, lane=f"view {lane}", title=title, quick=True)
        self._tasks[lane] = (task.id, request)

    def _drop(self, lane: str) -> None:
        if (task := self._tasks.pop(lane, None)) is not None:
            self._engine.cancel(task[0])

    # From answers to the window

    def _hear(self, event: TaskEvent) -> None:
        if event.kind not in FINAL:
            return
        lane = next((lane for lane, (number, _) in self._tasks.items() if number == event.task), None)
        if lane is None:
            return  # late: something newer is wanted
        request = self._tasks.pop(lane)[1]
        if event.kind == "done":
            self._answer(lane, event.result)
            if lane == "overview" and self._wanted.overview != request:
                self._ask_overview(self._wanted.overview)
        elif lane != "ahead":
            self._show_nothing(lane)
            if event.kind == "failed":  # and nothing to say where the user cancelled it
                self._tell(lane, trouble(event, request), event.error)
        self._tell_busy()

    def _answer(self, lane: str, result: Any) -> None:
        self._said.pop(lane, None)
        if lane in ("image", "blink"):
            self._show(lane, result)
            self._ask_blink()
        elif lane == "ramps":
            self._show_ramps(result)
        elif lane == "overview":
            self.overview.emit(result)
        elif lane == "flags":
            self._show_flags(result)

    def _show(self, lane: str, answer: ImageAnswer | None) -> None:
        self._expect_flags(lane, answer)
        if lane == "blink":
            self.blink.emit(answer)
            return
        self._lock.note(answer)
        self.image.emit(answer)
        if answer is not None:
            self._ahead.start()
            self._reserve.expect(answer)

    def _expect_flags(self, lane: str, answer: ImageAnswer | None) -> None:
        self._without_flags.pop(lane, None)
        if answer is not None and answer.dq_follows:
            self._without_flags[lane] = answer
        if self._without_flags:
            self._drop("flags")
            self._pause.start()

    def _ask_flags(self) -> None:
        answer = next(iter(self._without_flags.values()), None)
        if answer is not None:
            self._submit("flags", answer.request, flags.complete, answer, self._shelf, self._images, title="Reading data quality")

    def _show_flags(self, answer: ImageAnswer) -> None:
        for lane in [each for each, shown in self._without_flags.items() if shown.request == answer.request]:
            del self._without_flags[lane]
        work.keep(answer, self._shelf, self._images)
        self.flags.emit(answer)
        self._ask_flags()

    def _show_ramps(self, result: tuple[list[Any], list[tuple[Trouble, BaseException]]]) -> None:
        answers, troubles = result
        self._warm.update(each.request.params.method for each in answers)
        self.ramps.emit(tuple(answers))
        for each, error in troubles:
            self._tell("ramps", each, error)

    def _show_nothing(self, lane: str) -> None:
        if lane == "flags":
            self._without_flags.clear()
        else:
            getattr(self, lane).emit(() if lane == "ramps" else None)

    def _tell(self, lane: str, each: Trouble, error: BaseException | None) -> None:
        if self._said.get(lane) != each.sentence:
            self._said[lane] = each.sentence
            self.trouble.emit(each)
        if isinstance(error, work.ExposureLost):
            self._session.set_error(error.key, each.sentence)

    def _read_ahead(self) -> None:
        """Make the next picture in the direction of stepping ready while nobody waits."""
        state, (integrations, groups) = self._session.state, self._step
        if state.frame is None or self._step == (0, 0):
            return
        then = changes.step_group(changes.step_integration(state, integrations), groups)
        request = self._locked(resolve(then)).image
        if request is not None and request != self._wanted.image and self._images.get(request) is None:
            self._submit("ahead", request, work.image, request, self._shelf, self._images, title="Reading ahead")

    def _forget(self, key: str) -> None:
        self._images.drop(lambda each: _names(each, key))
        self._pixels.drop(lambda each: each[1] == key)

    def _tell_busy(self) -> None:
        busy = any(lane not in QUIET for lane in self._tasks)
        if busy != self._is_busy:
            self._is_busy = busy
            self.busy.emit(busy)


def _step_between(old: Frame | None, new: Frame | None) -> tuple[int, int] | None:
    """The step from one frame to the next, (0, 0) to another exposure or plane, None for the same frame."""
    if old == new:
        return None
    if old is None or new is None or (old.exposure, old.plane) != (new.exposure, new.plane):
        return (0, 0)
    integrations = new.integration - old.integration
    return ((integrations > 0) - (integrations < 0), new.group - old.group)


def _names(key: Any, exposure: str) -> bool:
    """True where a key of the image cache belongs to an exposure."""
    if isinstance(key, ImageRequest):
        return exposure in (key.frame.exposure, key.subtract.exposure if key.subtract else "")
    return bool(key[1].exposure == exposure)
