"""What a task says while it runs; sent from worker threads, read by whoever listens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

EventKind = Literal["queued", "started", "progress", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class TaskEvent:
    """One word of one task; exactly one of 'done', 'failed', 'cancelled' ends it.

    ``lane`` and ``generation``: a new task in a lane cancels the older one there, so an answer counts only while its
    generation is the lane's newest. ``remaining`` in s, None where not known; ``details`` is the traceback of a failure.
    """

    kind: EventKind
    task: int
    lane: str
    generation: int
    title: str
    fraction: float = 0.0
    message: str = ""
    remaining: float | None = None
    result: Any = None
    error: BaseException | None = None
    details: str = ""
