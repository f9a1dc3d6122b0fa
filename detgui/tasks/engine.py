"""Runs functions away from the caller, newest per lane, with progress and cancel."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

from detgui.tasks.events import TaskEvent


class Task:
    """A submitted call."""

    id: int
    lane: str
    generation: int
    title: str

    def cancel(self) -> None:
        """Ask it to stop at its next progress call; it ends with one 'cancelled' event."""
        raise NotImplementedError

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the result; raises the task's error, `errors.Cancelled`, or TimeoutError."""
        raise NotImplementedError


class Engine:
    """A thread pool (or any ``concurrent.futures.Executor``) with lanes, progress and cancel.

    ``submit(func, *args, lane="", title="", **kwargs)`` calls ``func(*args, progress=..., **kwargs)`` in a worker. A new task in a
    named lane cancels the older one there. Listeners are called in worker threads with `TaskEvent`.
    """

    def __init__(self, executor: Executor | None = None, workers: int | None = None) -> None:
        raise NotImplementedError

    def submit(self, func: Callable[..., Any], *args: Any, lane: str = "", title: str = "", **kwargs: Any) -> Task:
        raise NotImplementedError

    def newest(self, lane: str) -> int:
        """Generation of the newest task of a lane, 0 for none."""
        raise NotImplementedError

    def listen(self, listener: Callable[[TaskEvent], None]) -> Callable[[], None]:
        """Add a listener; returns the function that removes it."""
        raise NotImplementedError

    def cancel_all(self) -> None:
        raise NotImplementedError

    def close(self, timeout: float = 5.0) -> bool:
        """Cancel everything and join the workers; False where one did not stop in time."""
        raise NotImplementedError
