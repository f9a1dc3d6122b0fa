"""An existing Dask cluster as an executor: calls run on its workers, one thread each.

Functions go to the workers by their import path, so workers need the same detgui; arguments and answers are pickled. Workers read
blocks of files themselves, from the same paths as here. Dask runs a call again where its worker is lost.
"""

from __future__ import annotations

import asyncio
import pickle
import platform
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, InvalidStateError
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from detgui import __version__
from detgui.errors import DetguiError
from detgui.tasks import dask_client
from detgui.tasks.blocks import RemoteExecutor
from detgui.tasks.dask_client import words

CONNECT_S = 4.0
"""How long the scheduler may take to answer."""

CLOSE_S = 1.0
"""How long leaving a scheduler may take."""

LOOK_S = 2.0
"""Time between two looks at how many workers there are."""

ALONE_S = 30.0
"""How long calls wait for a first worker, or for another after the last was lost: clusters that grow on demand need time."""

SILENT_S = 30.0
"""How long a connected scheduler may be silent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker sends back: the value, who made it, and with which versions."""

    value: Any
    worker: str
    versions: tuple[tuple[str, str], ...]


def versions() -> tuple[tuple[str, str], ...]:
    """Versions in this process of what the numbers depend on."""
    import numpy as np

    return (("python", ".".join(platform.python_version_tuple()[:2])), ("numpy", np.__version__))


def on_worker(version: str, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Answer:
    """Runs on the worker: ``func(*args, **kwargs)`` where detgui is the one that asks. Raises `DetguiError`, naming the worker."""
    from distributed import get_worker

    import detgui

    address = str(get_worker().address)
    if detgui.__version__ != version:
        raise DetguiError(f"worker {address} has detgui {detgui.__version__}, here it is {version}: they have to be the same")
    try:
        return Answer(func(*args, **kwargs), address, versions())
    except DetguiError as error:
        raise type(error)(f"worker {address}: {error}") from None


@dataclass(frozen=True, slots=True)
class Call:
    """A call of `on_worker` that happens when it is unpickled.

    So what Dask itself sees is ``pickle.loads`` and some bytes: a worker without detgui, which would die of a message that it cannot
    unpickle, only reports that it cannot import it.
    """

    args: tuple[Any, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        return on_worker, self.args


@contextmanager
def connected(address: str | None) -> Iterator[Cluster | None]:
    """The cluster at an address, closed at the end; None for None."""
    if address is None:
        yield None
        return
    cluster = Cluster(address)
    try:
        yield cluster
    finally:
        cluster.shutdown(wait=False)


class Cluster(RemoteExecutor):
    """A connection to a scheduler that runs already; `shutdown` leaves the scheduler and its workers as they are.

    Attributes
    ----------
    address : of the scheduler
    workers, threads : worker processes and their threads in all, when last looked
    notes : sentences about workers whose versions differ from those here
    """

    def __init__(self, address: str, timeout: float | None = None) -> None:
        """Connect, within `CONNECT_S` unless ``timeout`` (s) is given.

        Raises `BadInput` for a bad address and without ``distributed``, `DetguiError` where no scheduler answers.
        """
        timeout = CONNECT_S if timeout is None else timeout
        self.address = dask_client.check_address(address)
        distributed = dask_client.library()
        dask_client.probe(self.address, timeout)
        self._client = dask_client.client(distributed, self.address, timeout)
        self.notes: tuple[str, ...] = ()
        self.workers, self.threads = 0, 1
        self._asked: Future[Any] | None = None
        self._asked_at = self._seen_at = time.monotonic()
        try:
            self._count(self._client.sync(self._client.scheduler.ncores, callback_timeout=timeout))
        except Exception as error:
            self.shutdown(wait=False)
            raise DetguiError(f"the Dask scheduler {self.address} does not answer: {words(error)}") from None

    def __repr__(self) -> str:
        return f"<Cluster {self.address}: {self}>"

    def __str__(self) -> str:
        """What the task bar shows."""
        return f"cluster {self.address} {self.workers} worker{'' if self.workers == 1 else 's'}"

    @property
    def connected(self) -> bool:
        """False after `shutdown`, and where the scheduler was lost."""
        return bool(self._client.status == "running")

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run ``fn(*args, **kwargs)`` on a worker; ``fn`` is a function that can be imported there.

        Raises `DetguiError` where the scheduler was lost.
        """
        try:
            payload = pickle.dumps(Call((__version__, fn, args, kwargs)), pickle.HIGHEST_PROTOCOL)
            name = getattr(fn, "__name__", "call")
            call = self._client.submit(pickle.loads, payload, key=f"detgui-{name}-{uuid.uuid4().hex}", pure=False)
            future: Future[Any] = Future()
            call.add_done_callback(partial(self._finish, future))
        except Exception as error:
            raise self._lost(error) from None
        # Without a reference from here the scheduler forgets the call: that is how it is cancelled, and how its result is freed.
        future.add_done_callback(lambda _: call.release())
        return future

    def watch(self) -> str:
        """Say where there is no worker. Raises `DetguiError` where the scheduler is silent or without a worker for too long."""
        now = time.monotonic()
        if self._client.status in ("closed", "closing"):
            raise self._lost()
        if self._asked is None:
            if now - self._asked_at >= LOOK_S:
                self._asked_at = now
                self._asked = asyncio.run_coroutine_threadsafe(self._client.scheduler.ncores(), self._client.loop.asyncio_loop)
        elif self._asked.done():
            asked, self._asked = self._asked, None
            if asked.exception() is None:
                self._count(asked.result())
        elif now - self._asked_at > SILENT_S:
            raise DetguiError(f"the Dask scheduler {self.address} has not answered for {SILENT_S:g} s")
        if self.workers:
            self._seen_at = now
            return ""
        if now - self._seen_at > ALONE_S:
            raise DetguiError(f"the Dask cluster {self.address} has no worker")
        return f"waiting for a worker of {self.address}"

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Close the connection; calls that still run are forgotten."""
        if self._client.status not in ("closed", "closing"):
            try:
                self._client.close(timeout=CLOSE_S)
            except Exception:  # the scheduler went away first
                return

    def _count(self, threads: dict[str, int]) -> None:
        self.workers, self.threads = len(threads), max(1, sum(threads.values()))
        if self.workers:
            self._seen_at = time.monotonic()

    def _finish(self, future: Future[Any], call: Any) -> None:
        """In Dask's own thread, when a call has ended: hand over its answer, or the sentence for what went wrong."""
        if not future.set_running_or_notify_cancel():
            return
        try:
            if call.status == "cancelled":
                raise self._lost()
            error = call.exception() if call.status == "error" else None
            if error is not None:
                raise self._failure(error)
            answer: Answer = call.result()
            self._compare(answer)
            future.set_result(answer.value)
        except InvalidStateError:
            return
        except DetguiError as error:
            future.set_exception(error)
        except BaseException as error:
            future.set_exception(error if call.status == "error" else self._lost(error))

    def _failure(self, error: BaseException) -> BaseException:
        """What a person is told about a call that failed."""
        if type(error).__name__ == "KilledWorker":
            times = int(getattr(error, "allowed_failures", 3)) + 1
            return DetguiError(f"{times} workers of {self.address} died one after the other at the same block: look into the workers' log")
        causes = [str(each) for each in (error, error.__cause__) if each is not None]
        if isinstance(error, ImportError) or any("deserializ" in text.lower() for text in causes):
            needed = f"its workers need detgui {__version__} as here"
            return DetguiError(f"the Dask cluster {self.address} cannot run detgui: {needed} ({words(error)})")
        return error

    def _compare(self, answer: Answer) -> None:
        other = [(name, there, here) for (name, there), (_, here) in zip(answer.versions, versions(), strict=False) if there != here]
        if other:
            listed = ", ".join(f"{name} {there} (here {here})" for name, there, here in other)
            note = f"worker {answer.worker} has {listed}: results may differ by rounding"
            if note not in self.notes:
                self.notes = (*self.notes, note)

    def _lost(self, error: BaseException | None = None) -> DetguiError:
        if isinstance(error, DetguiError):
            return error
        why = f" ({words(error)})" if error is not None else ""
        return DetguiError(f"the connection to the Dask scheduler {self.address} was lost{why}")
