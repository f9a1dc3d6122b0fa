"""Errors in words: one sentence for the user, the rest in the details."""

from __future__ import annotations

from pathlib import Path

from detgui.errors import DetguiError
from detgui.session.requests import Trouble
from detgui.tasks.events import TaskEvent


def sentence(error: BaseException | None, title: str = "") -> str:
    """One sentence that says what went wrong with ``title``; never a traceback."""
    what = title or "the task"
    if isinstance(error, DetguiError):
        return str(error)
    if isinstance(error, OSError):
        cause = error.strerror or str(error) or type(error).__name__
        return f"{Path(error.filename).name}: {cause}" if isinstance(error.filename, str) and error.filename else f"{what}: {cause}"
    if isinstance(error, MemoryError):
        return f"{what}: not enough memory"
    if isinstance(error, SystemExit):
        return f"{what}: a library asked the program to stop (status {error.code})"
    text = str(error).strip().splitlines()
    return f"{what} failed: {type(error).__name__}" + (f": {text[0]}" if text else "")


def trouble(event: TaskEvent, request: object) -> Trouble:
    """The trouble of a task that failed."""
    return Trouble(request, sentence(event.error, event.title), event.details)
