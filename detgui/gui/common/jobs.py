"""Long work of a panel: one job per lane, with its answer or the one sentence why there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from detgui.session.bridge import FINAL, Bridge
from detgui.session.words import sentence
from detgui.tasks.engine import Engine
from detgui.tasks.events import TaskEvent


class Jobs(QObject):
    """Runs ``func(*args, progress=...)`` in the engine and hands its result over in this thread; the newest job of a lane counts."""

    changed = Signal()  # a job began, moved on or ended

    def __init__(self, engine: Engine, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.engine = engine
        self._lanes: dict[str, int] = {}
        self._newest: dict[str, TaskEvent | None] = {}
        self._then: dict[int, tuple[str, Callable[[Any], object], Callable[[str], object]]] = {}
        bridge.task_event.connect(self._hear)

    def start(
        self,
        lane: str,
        title: str,
        func: Callable[..., Any],
        *args: Any,
        then: Callable[[Any], object],
        failed: Callable[[str], object] = lambda sentence: None,
        needs: str = "",
        quick: bool = False,
    ) -> None:
        """Start a job; an older one of the lane is cancelled. ``then(result)`` or ``failed(sentence)`` follows, nothing after a Cancel.

        A ``title`` shows the job in the task bar with its progress and Cancel.
        """
        try:
            task = self.engine.submit(func, *args, lane=f"job {lane}", title=title, needs=needs, quick=quick)
        except RuntimeError:  # the window is closing: a timer was still running
            return
        self._lanes[lane] = task.id
        self._newest[lane] = None
        self._then[task.id] = (lane, then, failed)
        self.changed.emit()

    def cancel(self, lane: str) -> None:
        """Stop the job of a lane."""
        if lane in self._lanes:
            self.engine.cancel(self._lanes[lane])

    def runs(self, lane: str) -> bool:
        """Whether a job of that lane is under way."""
        return lane in self._lanes

    def progress(self, lane: str) -> TaskEvent | None:
        """The newest word of a lane's job, None before there is one."""
        return self._newest.get(lane)

    def _hear(self, event: TaskEvent) -> None:
        if event.task not in self._then:
            return
        lane, then, failed = self._then[event.task]
        newest = self._lanes.get(lane) == event.task
        if event.kind not in FINAL:
            if newest:
                self._newest[lane] = event
                self.changed.emit()
            return
        del self._then[event.task]
        if not newest:
            return
        del self._lanes[lane]
        self._newest.pop(lane, None)
        if event.kind == "done":
            then(event.result)
        elif event.kind == "failed":
            failed(sentence(event.error, event.title))
        self.changed.emit()
