"""Tasks of a panel that are under way: what each makes, and of what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any, Generic, TypeVar

from detgui.tasks.engine import Engine
from detgui.tasks.events import TaskEvent

Of = TypeVar("Of")


@dataclass(slots=True)
class _Running(Generic[Of]):
    what: str
    of: Of
    began: float
    newest: TaskEvent | None = None


class UnderWay(Generic[Of]):
    """By number of the task; used in the window's thread alone. ``chosen(what, of)`` tells which tasks are meant."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._running: dict[int, _Running[Of]] = {}

    def __contains__(self, task: int) -> bool:
        return task in self._running

    def __len__(self) -> int:
        return len(self._running)

    def submit(self, what: str, of: Of, func: Any, *args: Any, **how: Any) -> bool:
        """Start a task that makes ``what``; False where the window is closing. ``how`` as `Engine.submit` takes it."""
        try:
            task = self._engine.submit(func, *args, **how)
        except RuntimeError:  # a timer was still running
            return False
        self._running[task.id] = _Running(what, of, monotonic())
        return True

    def runs(self, what: str, of: Of | None = None) -> bool:
        """Whether something makes ``what``, of just that where it is given."""
        return any(each.what == what and of in (None, each.of) for each in self._running.values())

    def newest(self, chosen: Callable[[str, Of], bool]) -> TaskEvent | None:
        """The newest word of the last of the chosen tasks."""
        found = [each for each in self._running.values() if chosen(each.what, each.of)]
        return found[-1].newest if found else None

    def cancel(self, chosen: Callable[[str, Of], bool]) -> None:
        """Cancel the chosen tasks."""
        for task, each in list(self._running.items()):
            if chosen(each.what, each.of):
                self._engine.cancel(task)

    def heard(self, event: TaskEvent) -> str:
        """Keep a word of a task; returns what it makes."""
        running = self._running[event.task]
        running.newest = event
        return running.what

    def ended(self, task: int) -> tuple[str, Of, float]:
        """(what, of what, seconds it took) of a task that ended, which is forgotten."""
        each = self._running.pop(task)
        return each.what, each.of, monotonic() - each.began
