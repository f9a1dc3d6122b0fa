"""What a panel's maker keeps of its results, and what runs its work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Work(Protocol):
    """Runs functions in workers, the newest of a lane counts; as `gui.common.jobs.Jobs`."""

    changed: Any

    def start(self, lane: str, title: str, func: Callable[..., Any], *args: Any, then: Any, failed: Any = ..., quick: bool = ...) -> None:
        """Start a job; ``then(result)`` or ``failed(sentence)`` follows."""

    def cancel(self, lane: str) -> None:
        """Stop the job of a lane."""

    def runs(self, lane: str) -> bool:
        """Whether a job of that lane is under way."""

    def progress(self, lane: str) -> Any:
        """The newest word of a lane's job."""


class Made:
    """A result with what it was made of; what was tried is not tried again by itself."""

    def __init__(self) -> None:
        self.key: tuple[Any, ...] = ()
        self.result: Any = None
        self.tried: tuple[Any, ...] = ()
        self.seconds = 0.0

    def of(self, key: tuple[Any, ...]) -> Any:
        """The result made of exactly that, else None."""
        return self.result if self.result is not None and same(self.key, key) else None


def same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Whether two keys hold the same objects, or equal parameters."""
    return len(one) == len(other) and all(a is b or (type(a) is type(b) and a == b) for a, b in zip(one, other, strict=True))
