"""A warm child process for calls that hold the interpreter's lock, cannot be interrupted or import slowly: it can be killed.

The child is Python started afresh with the same search path (`detgui.tasks.child_main`) in a folder of its own, so nothing of the
parent's main program runs in it. Jobs go in and answers come out as pickles over its stdin and stdout. It ends with its parent, however
that ends: its stdin is closed then.
"""

from __future__ import annotations

import contextlib
import pickle
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detgui import troubles
from detgui.errors import BadInput, DetguiError
from detgui.progress import Progress, no_progress
from detgui.tasks.child_process import END_S, end, read, remove, send, spawn

LOOK_S = 0.02
"""Longest time between two progress calls, so longest wait of a cancel, s."""

Log = Callable[[str], None]


def no_log(line: str) -> None:
    """Of somebody who does not read it."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a child is for.

    Attributes
    ----------
    title : what sentences call it
    warm : ``module:function`` called without arguments before the first job, '' for none; what it raises is forgotten
    loggers : names of loggers whose lines at INFO and above come back while a job runs; 'py.warnings' for warnings
    environment : variables that differ from those here, None for those that are taken away
    """

    title: str = "the child process"
    warm: str = ""
    loggers: tuple[str, ...] = ()
    environment: Mapping[str, str | None] | None = None


class Child:
    """One child process, started when it is first needed and again after it died; one job at a time, others wait.

    May be used from several threads. Nothing is left running after `close`; a later call starts it again.
    """

    def __init__(self, work: Work | None = None) -> None:
        self.work = work or Work()
        self._turn = threading.Lock()  # held while a job runs
        self._state = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self._killed = False

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Number of the process, None where none runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Start it, if it does not run, without waiting until it is warm. Raises `DetguiError` where that fails."""
        with self._state:
            if self._process is not None and self._process.poll() is None:
                return
            self._discard_process()
            self._killed = False
            self._folder = Path(tempfile.mkdtemp(prefix="detgui-child-"))
            try:
                self._process = spawn(self._folder, self.work.environment or {}, (self.work.warm, self.work.loggers))
            except OSError as error:
                shutil.rmtree(self._folder, ignore_errors=True)
                raise DetguiError(f"{self.work.title} cannot be started: {error.strerror or error}") from None

    def call(
        self,
        target: str,
        *args: Any,
        progress: Progress = no_progress,
        log: Log = no_log,
        discard: Sequence[Path] = (),
    ) -> Any:
        """``function(*args, progress=...)`` in the child, where ``target`` is ``module:function``; arguments and answer are pickled.

        Parameters
        ----------
        progress : called here every `LOOK_S` and for whatever the function reports; lines of the log are messages too. What it raises
            kills the child at once.
        log : called here with every line of the log, 'WARNING: ' or 'ERROR: ' before those
        discard : files and folders that are removed if the job does not end well, by the child itself if this process is killed

        Raises
        ------
        `BadInput` and `DetguiError` as the function raised them; `DetguiError`, one sentence, for everything else, and where the child
        died or was killed; whatever ``progress`` raises.
        """
        with self._my_turn(progress):
            try:
                return self._job(target, args, progress, log, discard)
            except BaseException:
                for path in discard:
                    remove(path)
                raise

    def kill(self) -> None:
        """End the process at once; a job that runs ends with an error, and the next one starts it again."""
        with self._state:
            process, self._killed = self._process, True
        if process is not None:
            end(process)

    def close(self) -> None:
        """End the process and remove its folder."""
        self.kill()
        with self._turn, self._state:
            self._discard_process()

    def _job(self, target: str, args: tuple[Any, ...], progress: Progress, log: Log, discard: Sequence[Path]) -> Any:
        given = pickle.dumps(args, pickle.HIGHEST_PROTOCOL)
        self.start()
        process = self._process
        assert process is not None
        messages: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        reader = threading.Thread(target=read, args=(process.stdout, messages), name="detgui-child", daemon=True)
        reader.start()
        try:
            with contextlib.suppress(OSError):  # a dead one has closed its end: the reader says so
                send(process.stdin, (target, given, [str(path) for path in discard]))
            return self._wait(messages, progress, log)
        except ChildError:
            raise
        except BaseException:
            end(process)
            raise
        finally:
            reader.join(END_S)

    def _wait(self, messages: queue.SimpleQueue[tuple[Any, ...]], progress: Progress, log: Log) -> Any:
        fraction, text = 0.0, ""
        while True:
            try:
                kind, *rest = messages.get(timeout=LOOK_S)
            except queue.Empty:
                progress(fraction, text)
                continue
            if kind == "progress":
                fraction, text = rest
                progress(fraction, text)
            elif kind == "log":
                log(rest[0])
                text = rest[0]
                progress(fraction, text)
            elif kind == "result":
                return rest[0]
            elif kind == "error":
                raise self._told(*rest)
            else:
                raise self._lost()

    def _told(self, kind: str, sentence: str, details: str) -> DetguiError:
        """The error that the function raised."""
        if kind == "BadInput":
            return ChildBadInput(sentence)
        troubles.log(details)
        return ChildError(sentence)

    def _lost(self) -> DetguiError:
        process = self._process
        with contextlib.suppress(subprocess.TimeoutExpired):
            if process is not None:
                process.wait(END_S)
        if self._killed:
            return DetguiError(f"{self.work.title} was stopped")
        code = process.returncode if process is not None else None
        if code is not None and code < 0:
            name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
            hint = ": memory may have run out" if name == "SIGKILL" else ""
            return DetguiError(f"{self.work.title} was ended by the system ({name}){hint}")
        said = self._last_words()
        return DetguiError(f"{self.work.title} died" + (f" with exit status {code}" if code else "") + (f": {said}" if said else ""))

    def _last_words(self) -> str:
        if self._folder is None:
            return ""
        try:
            text = (self._folder / "stderr.txt").read_text(errors="replace")
        except OSError:
            return ""
        if text.strip():
            troubles.log(text[-20_000:])
        return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")[:200]

    @contextlib.contextmanager
    def _my_turn(self, progress: Progress) -> Iterator[None]:
        while not self._turn.acquire(timeout=LOOK_S):
            progress(0.0, f"waiting for {self.work.title}")
        try:
            yield
        finally:
            self._turn.release()

    def _discard_process(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            end(process)
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    if pipe is not None:
                        pipe.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


class ChildError(DetguiError):
    """A job that failed in a child that is well."""


class ChildBadInput(ChildError, BadInput):
    """Bad use or input that the job found."""

    exit_status = 2


__all__ = ["Child", "ChildBadInput", "ChildError", "Log", "Work", "no_log", "remove"]
