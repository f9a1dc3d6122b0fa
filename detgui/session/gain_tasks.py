"""Tasks of the gain panel that are under way: what each makes, and for which wish."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import Any

from detgui.session.gain_work import Wish
from detgui.tasks.engine import Engine
from detgui.tasks.events import TaskEvent


@dataclass(slots=True)
class _Running:
    what: str
    wish: Wish
    began: float
    newest: TaskEvent | None = None


class GainTasks:
    """By number of the task; used in the window's thread alone."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._running: dict[int, _Running] = {}

    def __contains__(self, task: int) -> bool:
        return task in self._running

    def submit(self, what: str, wish: Wish, func: Any, *args: Any, **how: Any) -> bool:
        """Start a task that makes ``what``; False where the window is closing. ``how`` as `Engine.submit` takes it."""
        try:
            task = self._engine.submit(func, *args, **how)
        except RuntimeError:  # a timer was still running
            return False
        self._running[task.id] = _Running(what, wish, monotonic())
        return True

    def runs(self, what: str, wish: Wish | None = None) -> bool:
        """Whether something makes ``what``, for that wish where one is given."""
        return any(each.what == what and wish in (None, each.wish) for each in self._running.values())

    def newest(self, what: str) -> TaskEvent | None:
        """The newest word of the last task that makes ``what``."""
        found = [each for each in self._running.values() if each.what == what]
        return found[-1].newest if found else None

    def cancel(self, *whats: str, of: str = "") -> None:
        """Cancel what makes any of ``whats``, or what needs the flat with the key ``of``."""
        for task, each in list(self._running.items()):
            if each.what in whats or (of and of in each.wish.flats):
                self._engine.cancel(task)

    def heard(self, event: TaskEvent) -> str:
        """Keep a word of a task; returns what it makes."""
        running = self._running[event.task]
        running.newest = event
        return running.what

    def ended(self, task: int) -> tuple[str, Wish, float]:
        """(what, wish, seconds it took) of a task that ended, which is forgotten."""
        each = self._running.pop(task)
        return each.what, each.wish, monotonic() - each.began
