"""Runs functions away from the caller, newest per lane, with progress and cancel."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from functools import partial
from types import TracebackType
from typing import Any

from detgui.tasks.events import TaskEvent
from detgui.tasks.task import Task

__all__ = ["Engine", "Task"]

QUICK_WORKERS = 6  # image, blink image, ramps, overview, read ahead, and one that is still busy with what nobody wants any more
QUICK_QUIET = 0.1  # s; a quick task that ends sooner says so and nothing else: each word wakes the window

_log = logging.getLogger(__name__)


class Engine:
    """A thread pool (or any ``concurrent.futures.Executor``) with lanes, progress and cancel.

    ``submit(func, *args, lane="", title="", **kwargs)`` calls ``func(*args, progress=..., **kwargs)`` in a worker. A new task in a
    named lane cancels the older one there. Listeners are called in worker threads with `TaskEvent`.

    ``executor`` runs the long tasks; it stays the caller's and is not shut down by `close`. Progress and cancel go through this
    process's memory, so it must run its calls in threads of this process (a ``ProcessPoolExecutor`` cannot pickle them).
    ``workers`` is the size of the own pool: by default the number of processors, at least 2 and at most 8.
    Tasks submitted as ``quick`` (what the window waits for) have threads of their own, so that no long computation delays them, and
    send nothing but their final event where they end within `QUICK_QUIET`.
    """

    def __init__(self, executor: Executor | None = None, workers: int | None = None) -> None:
        count = workers if workers is not None else min(8, max(2, os.cpu_count() or 2))
        # Threads start with the first task of each pool.
        self._own = None if executor is not None else ThreadPoolExecutor(count, thread_name_prefix="detgui")
        self._quick = ThreadPoolExecutor(QUICK_WORKERS, thread_name_prefix="detgui-quick")
        self._long: Executor = executor if executor is not None else self._own  # type: ignore[assignment]
        self._lock = threading.Lock()
        self._listeners: tuple[Callable[[TaskEvent], None], ...] = ()
        self._live: dict[int, Task] = {}
        self._lanes: dict[str, Task] = {}
        self._generations: dict[str, int] = {}
        self._futures: set[Future[None]] = set()
        self._count = 0
        self._closed = False

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def submit(
        self,
        func: Callable[..., Any],
        *args: Any,
        lane: str = "",
        title: str = "",
        needs: str = "",
        quick: bool = False,
        **kwargs: Any,
    ) -> Task:
        """Run ``func(*args, progress=..., **kwargs)`` in a worker.

        ``title`` names the task to a person; ``needs`` says how much memory or time it takes where that is much, and is the message of
        its 'queued' event. Raises RuntimeError after `close`.
        """
        task, older = self._register(lane, title, quick)
        if older is not None:
            older.cancel()
        if not task.announce(needs):
            return task
        try:
            future = (self._quick if quick else self._long).submit(task.work, partial(func, *args, **kwargs))
        except RuntimeError as error:  # the pool was shut down, or broke
            task.fail(error)
            raise
        with self._lock:
            self._futures.add(future)
        task.future = future
        future.add_done_callback(partial(self._after, task))
        return task

    def newest(self, lane: str) -> int:
        """Generation of the newest task of a lane, 0 for none."""
        with self._lock:
            return self._generations.get(lane, 0)

    def cancel(self, number: int) -> None:
        """Cancel the task of that id, if it still runs."""
        with self._lock:
            task = self._live.get(number)
        if task is not None:
            task.cancel()

    def listen(self, listener: Callable[[TaskEvent], None]) -> Callable[[], None]:
        """Add a listener; returns the function that removes it."""
        with self._lock:
            self._listeners = (*self._listeners, listener)

        def remove() -> None:
            with self._lock:
                self._listeners = tuple(each for each in self._listeners if each is not listener)

        return remove

    def cancel_all(self) -> None:
        """Cancel whatever waits or runs."""
        with self._lock:
            tasks = list(self._live.values())
        for task in tasks:
            task.cancel()

    @property
    def busy(self) -> bool:
        """True while a task waits or runs."""
        with self._lock:
            return bool(self._live)

    def close(self, timeout: float = 5.0) -> bool:
        """Cancel everything and join the workers; False where one did not stop in time. May be called again."""
        with self._lock:
            self._closed = True
        deadline = time.monotonic() + timeout
        self.cancel_all()
        with self._lock:
            futures = set(self._futures)
        stuck = wait_for(futures, max(0.0, deadline - time.monotonic())).not_done
        for pool in (self._own, self._quick):
            if pool is not None:
                pool.shutdown(wait=not stuck, cancel_futures=True)
        return not stuck

    def _register(self, lane: str, title: str, quick: bool) -> tuple[Task, Task | None]:
        with self._lock:
            if self._closed:
                raise RuntimeError("the engine is closed")
            self._count += 1
            generation = self._generations.get(lane, 0) + 1
            self._generations[lane] = generation
            task = Task(self._count, lane, generation, title, self._send, QUICK_QUIET if quick else 0.0)
            self._live[task.id] = task
            older = self._lanes.get(lane) if lane else None
            if lane:
                self._lanes[lane] = task
            return task, older

    def _send(self, task: Task, event: TaskEvent) -> None:
        """To every listener; a listener that fails is logged and does no harm to the task."""
        if event.kind in ("done", "failed", "cancelled"):
            with self._lock:
                self._live.pop(task.id, None)
                if self._lanes.get(task.lane) is task:
                    del self._lanes[task.lane]
        for listener in self._listeners:
            try:
                listener(event)
            except Exception:
                _log.exception("a listener failed on %s", event.kind)

    def _after(self, task: Task, future: Future[None]) -> None:
        with self._lock:
            self._futures.discard(future)
        if future.cancelled():
            task.abandon()
        elif isinstance(error := future.exception(), BaseException):
            task.fail(error if not isinstance(error, CancelledError) else RuntimeError("the executor stopped"))
