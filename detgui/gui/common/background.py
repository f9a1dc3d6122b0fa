"""Questions whose answers take longer than a frame, asked in a worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject

from detgui.progress import no_progress


class Asker(QObject):
    """Runs ``func(*args, progress=...)`` in the engine, newest per lane, and hands the result over in this thread.

    Without an engine the question is answered at once. A question that fails hands over None: what these answer is never essential.
    """

    def __init__(self, engine: Any = None, bridge: Any = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._then: dict[int, Callable[[Any], None]] = {}
        if bridge is not None:
            bridge.task_event.connect(self._event)

    def ask(self, lane: str, title: str, func: Callable[..., Any], *args: Any, then: Callable[[Any], None]) -> None:
        """Ask; ``then(result)`` is called unless a newer question came into the lane."""
        if self._engine is None:
            then(func(*args, progress=no_progress))
            return
        task = self._engine.submit(func, *args, lane=lane, title=title)
        self._then[task.id] = then

    def _event(self, event: Any) -> None:
        if event.kind not in ("done", "failed", "cancelled") or event.task not in self._then:
            return
        then = self._then.pop(event.task)
        if event.kind == "done":
            then(event.result)
        elif event.kind == "failed":
            then(None)
