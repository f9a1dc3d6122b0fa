"""Statistics of the selected regions in the shown image, as both change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from detgui.progress import Progress
from detgui.science.regions import Shape
from detgui.session.bridge import FINAL, Bridge
from detgui.session.loader import Loader
from detgui.session.regions import selected_here
from detgui.session.requests import ImageAnswer
from detgui.session.session import Session
from detgui.session.state import SessionState
from detgui.session.words import sentence
from detgui.tasks.engine import Engine
from detgui.tasks.events import TaskEvent

if TYPE_CHECKING:
    from detgui.science.region_values import Numbers

AT_ONCE = 200_000
"""Of more pixels median and spread come from a sample while things move, and from all when they rest."""


@dataclass(frozen=True, slots=True, eq=False)
class Wish:
    """What is wanted: numbers of shapes together in an image, compared by identity."""

    answer: ImageAnswer
    shapes: tuple[Shape, ...]
    names: tuple[str, ...]
    left_out: str

    def same(self, other: Wish | None) -> bool:
        """Whether another wish has the same numbers."""
        if other is None or len(self.shapes) != len(other.shapes):
            return False
        alike = all(one is two for one, two in zip(self.shapes, other.shapes, strict=True))
        same_image = self.answer.values is other.answer.values and self.answer.dq is other.answer.dq
        return alike and same_image and (self.left_out, self.names) == (other.left_out, other.names)


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """The numbers of a wish; ``flags_follow`` where data quality is still being read."""

    wish: Wish
    numbers: Numbers
    unit: str
    flags_follow: bool


def measure(wish: Wish, most: int | None, progress: Progress) -> Numbers:
    """The numbers; runs in a worker."""
    from detgui.science.region_values import bad_pixels, of_shapes

    bad = bad_pixels(wish.answer.dq, wish.left_out, wish.answer.definitions)
    progress(0.2, "measuring the region")
    return of_shapes(wish.answer.values, list(wish.shapes), bad, most)


class LiveNumbers(QObject):
    """Follows the selected regions and the shown image while `listen` says that somebody looks.

    One measurement is under way at a time and the newest wish comes next, so that a drag never starves; an approximate one is followed by
    an exact one when nothing newer is wanted. An older answer is never shown after a newer one.
    """

    changed = Signal(object)  # Reading, None where nothing is selected or shown
    failed = Signal(str)  # one sentence

    def __init__(self, session: Session, loader: Loader, engine: Engine, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._engine = session, engine
        self._answer: ImageAnswer | None = None
        self._listening = False
        self._wanted: Wish | None = None
        self._running: tuple[int, Wish] | None = None
        session.changed.connect(self._follow)
        loader.image.connect(self._take)
        loader.flags.connect(self._take_flags)
        bridge.task_event.connect(self._hear)

    def listen(self, on: bool) -> None:
        """Measure, or rest while nobody looks."""
        self._listening = on
        self._ask()

    def _follow(self, old: SessionState, new: SessionState) -> None:
        if (
            old.regions is not new.regions
            or old.selected != new.selected
            or old.tools.left_out != new.tools.left_out
            or old.frame != new.frame
        ):
            self._ask()

    def _take(self, answer: ImageAnswer | None) -> None:
        self._answer = answer
        self._ask()

    def _take_flags(self, answer: ImageAnswer) -> None:
        if self._answer is not None and answer.request == self._answer.request:
            self._take(answer)

    def _wish(self) -> Wish | None:
        chosen = selected_here(self._session.state)
        if not (self._listening and chosen and self._answer is not None):
            return None
        state, answer = self._session.state, self._answer
        if state.frame is None or answer.request.frame.exposure != state.frame.exposure:
            return None
        names = tuple(each.region.name for each in chosen)
        return Wish(answer, tuple(each.region.shape for each in chosen), names, state.tools.left_out)

    def _ask(self) -> None:
        wish = self._wish()
        if wish is None:
            if self._wanted is not None:
                self._wanted = None
                self.changed.emit(None)
            return
        if wish.same(self._wanted):
            return
        self._wanted = wish
        if self._running is None:
            self._start(wish, AT_ONCE)

    def _start(self, wish: Wish, most: int | None) -> None:
        try:
            task = self._engine.submit(measure, wish, most, quick=True)
        except RuntimeError:  # the window is closing
            return
        self._running = (task.id, wish)

    def _hear(self, event: TaskEvent) -> None:
        if self._running is None or event.task != self._running[0] or event.kind not in FINAL:
            return
        wish, self._running = self._running[1], None
        if self._wanted is None:
            return
        if event.kind == "done":
            follow = wish.left_out != "nothing" and wish.answer.dq is None and wish.answer.dq_follows
            self.changed.emit(Reading(wish, event.result, wish.answer.unit, follow))
            if wish is self._wanted and event.result.approximate:
                self._start(wish, None)
        elif event.kind == "failed":
            self.failed.emit(sentence(event.error, "the statistics of the region"))
        if self._wanted is not wish and self._running is None:
            self._start(self._wanted, AT_ONCE)
