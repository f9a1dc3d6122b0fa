"""The same call on many pieces of work through any ``concurrent.futures.Executor``: threads, processes, a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from typing import TypeVar

from detgui.errors import DetguiError
from detgui.progress import Progress

Piece = TypeVar("Piece")
Answer = TypeVar("Answer")

LOOK_S = 0.1
"""Longest time between two progress calls, so longest wait of a cancel."""


class RemoteExecutor(Executor):
    """An executor whose workers are elsewhere, and may be lost while they are waited for."""

    address = ""
    threads = 1
    """Calls that run at once."""

    def watch(self) -> str:
        """Called often while calls are waited for. Returns what to tell the user, '' for nothing.

        Raises `DetguiError` where the workers cannot be expected to answer any more.
        """
        return ""


def map_blocks(
    executor: Executor,
    func: Callable[[Piece], Answer],
    pieces: Sequence[Piece],
    progress: Progress,
    message: str = "",
    sizes: Sequence[float] | None = None,
    part: tuple[float, float] = (0.0, 1.0),
) -> Iterator[Answer]:
    """``func(piece)`` for every piece, in the order in which they finish.

    ``func`` goes to other processes by its import path, pieces and answers pickled. ``sizes`` (any unit) say how much of the work each
    piece is; ``part`` is the fraction of the whole task at beginning and end. What a call or ``progress`` raises ends all: calls that
    wait are cancelled, the answers of those that run are dropped.
    """
    weights = [1.0] * len(pieces) if sizes is None else [float(size) for size in sizes]
    total, done, finished = max(sum(weights), 1e-300), 0.0, 0
    waiting: dict[Future[Answer], float] = {}
    try:
        for piece, weight in zip(pieces, weights, strict=True):
            progress(part[0], message)
            waiting[executor.submit(func, piece)] = weight
        while waiting:
            trouble = executor.watch() if isinstance(executor, RemoteExecutor) else ""
            words = trouble or f"{message}: block {finished} of {len(pieces)}"
            progress(part[0] + (part[1] - part[0]) * min(1.0, done / total), words)
            for future in wait(waiting, LOOK_S, FIRST_COMPLETED).done:
                done += waiting.pop(future)
                finished += 1
                yield _answer(future)
    finally:
        for future in waiting:
            future.cancel()


def _answer(future: Future[Answer]) -> Answer:
    try:
        return future.result()
    except CancelledError:
        raise DetguiError("the workers were stopped before they were done") from None
