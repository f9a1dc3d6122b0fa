"""One submitted call: its state, its progress and its one final word."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from enum import Enum
from typing import Any

from detgui.errors import Cancelled
from detgui.tasks.estimate import Remaining, Sieve
from detgui.tasks.events import EventKind, TaskEvent


class _Stage(Enum):
    NEW = 0
    QUEUED = 1
    RUNNING = 2
    ENDED = 3


class Task:
    """A submitted call.

    The stage only moves forward and under the lock; whoever moves it to ENDED sends the final event, so there is exactly one.
    Events are sent without holding the lock: a listener may cancel or submit.
    """

    def __init__(
        self, number: int, lane: str, generation: int, title: str, send: Callable[[Task, TaskEvent], None], quiet: float = 0.0
    ) -> None:
        """``quiet``: a task that ends within so many seconds sends its final event only."""
        self.id = number
        self.lane = lane
        self.generation = generation
        self.title = title
        self.future: Future[None] | None = None
        self._send = send
        self._lock = threading.Lock()
        self._stage = _Stage.NEW
        self._stop = False
        self._over = threading.Event()
        self._result: Any = None
        self._error: BaseException | None = None
        self._held: TaskEvent | None = None  # the newest progress that the sieve kept back
        self._quiet_until = time.monotonic() + quiet if quiet else 0.0
        self._unsaid: list[TaskEvent] = []  # 'queued' and 'started' while it is quiet

    @property
    def ended(self) -> bool:
        """True after the final event was decided."""
        return self._stage is _Stage.ENDED

    @property
    def cancelled(self) -> bool:
        """True where it was asked to stop."""
        return self._stop

    def cancel(self) -> None:
        """Ask it to stop at its next progress call; it ends with one 'cancelled' event. One that only waits ends at once."""
        with self._lock:
            self._stop = True
            waiting = self._stage is _Stage.QUEUED
        if waiting:
            self._end("cancelled", error=Cancelled(f"{self.title or 'task'} cancelled"), only_from=_Stage.QUEUED)
            if self.future is not None:
                self.future.cancel()

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the result; raises the task's error, `errors.Cancelled`, or TimeoutError."""
        if not self._over.wait(timeout):
            raise TimeoutError(f"{self.title or 'task'} has not finished after {timeout} s")
        if self._error is not None:
            raise self._error
        return self._result

    # For the engine.

    def announce(self, needs: str) -> bool:
        """Send 'queued'; False where it was cancelled before that, and has ended."""
        self._say("queued", message=needs)
        with self._lock:
            if not self._stop:
                self._stage = _Stage.QUEUED
                return True
        self._end("cancelled", error=Cancelled(f"{self.title or 'task'} cancelled"))
        return False

    def work(self, call: Callable[..., Any]) -> None:
        """Run ``call(progress=...)`` in this thread unless it was cancelled meanwhile; nothing is raised."""
        with self._lock:
            if self._stage is not _Stage.QUEUED:
                return
            self._stage = _Stage.RUNNING
        self._say("started")
        try:
            value = call(progress=self._progress_function())
        except Cancelled as error:
            self._end("cancelled", error=error)
        # SystemExit too: crds calls sys.exit, and a task without a final word would be waited for for ever.
        except BaseException as error:
            if self._stop:
                self._end("cancelled", error=Cancelled(f"{self.title or 'task'} cancelled"))
            else:
                self._end("failed", error=error, details=traceback.format_exc())
        else:
            if self._stop:
                self._end("cancelled", error=Cancelled(f"{self.title or 'task'} cancelled"))
            else:
                self._end("done", result=value)

    def fail(self, error: BaseException) -> None:
        """End it where the executor could not run it."""
        self._end("failed", error=error, details="".join(traceback.format_exception(error)))

    def abandon(self) -> None:
        """End it where the executor cancelled it behind our back."""
        self._end("cancelled", error=Cancelled(f"{self.title or 'task'} cancelled"), only_from=_Stage.QUEUED)

    def _progress_function(self) -> Callable[..., None]:
        remaining, sieve = Remaining(time.monotonic), Sieve(time.monotonic)

        def progress(fraction: float, message: str = "") -> None:
            if self._stop:
                raise Cancelled(f"{self.title or 'task'} cancelled")
            if self.ended:
                return  # a helper thread of the call that outlived it
            fraction = min(1.0, max(0.0, float(fraction)))
            if self._is_quiet():
                return
            event = self._event("progress", fraction=fraction, message=message, remaining=remaining.update(fraction))
            if sieve.lets_through():
                self._held = None
                self._send(self, event)
            else:
                self._held = event

        return progress

    def _end(self, kind: EventKind, *, only_from: _Stage | None = None, **fields: Any) -> None:
        with self._lock:
            if self._stage is _Stage.ENDED or (only_from is not None and self._stage is not only_from):
                return
            self._stage = _Stage.ENDED
            self._result, self._error = fields.get("result"), fields.get("error")
            held, self._held = self._held, None
        if held is not None and kind == "done":
            self._send(self, held)
        try:
            self._send(self, self._event(kind, fraction=1.0 if kind == "done" else 0.0, **fields))
        finally:
            self._over.set()

    def _say(self, kind: EventKind, **fields: Any) -> None:
        with self._lock:
            self._unsaid.append(self._event(kind, **fields))
        self._is_quiet()

    def _is_quiet(self) -> bool:
        """Whether it is too early to say anything; if not, what was not said is said."""
        if self._quiet_until and time.monotonic() < self._quiet_until:
            return True
        with self._lock:
            unsaid, self._unsaid = self._unsaid, []
        for event in unsaid:
            self._send(self, event)
        return False

    def _event(self, kind: EventKind, **fields: Any) -> TaskEvent:
        return TaskEvent(kind=kind, task=self.id, lane=self.lane, generation=self.generation, title=self.title, **fields)
