"""The one way from workers to the window's thread."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from enum import Enum

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from detgui.tasks.engine import Engine
from detgui.tasks.events import TaskEvent

FINAL = ("done", "failed", "cancelled")
SLICE = 0.004  # s of events at a time: the window paints and reads the mouse in between
REST_MS = 10  # progress is handed over at most this often; answers at once


class _Mode(Enum):
    IDLE = 0  # any event wakes
    COMING = 1  # a wake-up or a timer without delay is on its way
    RESTING = 2  # a timer runs; only answers wake


class Bridge(QObject):
    """Emits every `TaskEvent` of an engine in the thread it lives in; of a task's progress only the newest.

    One queue and one queued signal. A wake-up that is already posted is not posted again, so a flood of progress cannot
    keep the event loop from its other work.
    """

    task_event = Signal(object)  # TaskEvent; "event" would hide QObject.event
    _wake = Signal()

    def __init__(self, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._events: OrderedDict[tuple[int, int], TaskEvent] = OrderedDict()
        self._number = 0
        self._mode = _Mode.IDLE
        self._closed = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._drain)
        self._wake.connect(self._drain, Qt.ConnectionType.QueuedConnection)
        self._deaf = engine.listen(self.post)

    def post(self, event: TaskEvent) -> None:
        """Hand an event over; from any thread."""
        with self._lock:
            if self._closed:
                return
            if event.kind == "progress":
                self._events[event.task, 0] = event  # keeps the place of the older one
            else:
                self._number += 1
                self._events[event.task, self._number] = event
            if self._mode is _Mode.COMING or (self._mode is _Mode.RESTING and event.kind not in FINAL):
                return
            self._mode = _Mode.COMING
        self._wake.emit()

    def close(self) -> None:
        """Hear nothing any more; what waits is dropped."""
        self._deaf()
        with self._lock:
            self._closed = True
            self._events.clear()
        self._timer.stop()

    def _drain(self) -> None:
        with self._lock:
            self._mode = _Mode.COMING  # what is posted meanwhile needs no wake-up
        deadline = time.perf_counter() + SLICE
        handed = False
        while (event := self._next()) is not None:
            self.task_event.emit(event)
            handed = True
            if time.perf_counter() > deadline:
                break
        with self._lock:
            left = bool(self._events)
            self._mode = _Mode.COMING if left else _Mode.RESTING if handed else _Mode.IDLE
            if self._closed or self._mode is _Mode.IDLE:
                return
        # A timer, not another posted event: those go before timers and painting on some platforms.
        self._timer.start(0 if left else REST_MS)

    def _next(self) -> TaskEvent | None:
        with self._lock:
            return self._events.popitem(last=False)[1] if self._events else None

    @property
    def waiting(self) -> bool:
        """True while events wait to be handed over."""
        with self._lock:
            return bool(self._events)
