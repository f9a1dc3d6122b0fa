"""What a listener of an engine hears."""

from __future__ import annotations

import threading
from collections import defaultdict

from detgui.tasks.engine import Engine
from detgui.tasks.events import TaskEvent

FINAL = ("done", "failed", "cancelled")


class Ear:
    """Collects events of all threads by task."""

    def __init__(self, engine: Engine) -> None:
        self.lock = threading.Lock()
        self.events: dict[int, list[TaskEvent]] = defaultdict(list)
        engine.listen(self)

    def __call__(self, event: TaskEvent) -> None:
        with self.lock:
            self.events[event.task].append(event)

    def kinds(self, task) -> list[str]:
        return [each.kind for each in self.events[task.id]]

    def finals(self) -> list[int]:
        return [sum(each.kind in FINAL for each in events) for events in self.events.values()]


def add(a, b, progress):
    return a + b
