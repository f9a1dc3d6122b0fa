"""A warm child process for calls that hold the interpreter's lock, cannot be interrupted or import slowly: it can be killed.

The child is Python started afresh with the same search path (`detgui.tasks.child_main`) in a folder of its own, so nothing of the
parent's main program runs in it. Jobs go in and answers come out as pickles over its stdin and stdout. It ends with its parent, however
that ends: its stdin is closed then.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from detgui import troubles
from detgui.errors import BadInput, Cancelled, DetguiError
from detgui.progress import Progress, no_progress

LOOK_S = 0.02
"""Longest time between two progress calls, so longest wait of a cancel, s."""

END_S = 5.0
"""How long a killed process may take to be gone, s."""

BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from detgui.tasks.child_main import main; main()"

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
                self._process = self._spawn(self._folder)
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

    def _spawn(self, folder: Path) -> subprocess.Popen[bytes]:
        environment = dict(os.environ)
        for name, value in (self.work.environment or {}).items():
            if value is None:
                environment.pop(name, None)
            else:
                environment[name] = value
        search = [str(Path(each).resolve()) for each in sys.path]
        options: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW | subprocess.BELOW_NORMAL_PRIORITY_CLASS
            options = {"creationflags": flags}
        with (folder / "stderr.txt").open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-c", BOOT, json.dumps(search)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=folder,
                env=environment,
                **options,
            )
        with contextlib.suppress(OSError):  # one that died already is found out by the first job
            send(process.stdin, (self.work.warm, self.work.loggers))
        return process

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


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and those that it started, and wait until it is gone."""
    if process.poll() is None:
        killpg = getattr(os, "killpg", None)
        with contextlib.suppress(OSError):
            if killpg is not None:
                killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(END_S)


def send(pipe: IO[bytes] | None, value: Any) -> None:
    """Write one pickle."""
    assert pipe is not None
    pipe.write(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))
    pipe.flush()


def read(pipe: IO[bytes], messages: queue.SimpleQueue[tuple[Any, ...]]) -> None:
    """Pass messages on until a job has ended or the pipe has."""
    kind = ""
    while kind not in ("result", "error", "gone"):
        try:
            message = pickle.load(pipe)
        except Exception:  # cut short at any place
            message = ("gone",)
        kind = message[0]
        messages.put(message)


def remove(path: Path) -> None:
    """Remove a file or a folder if it is there; Windows lets go of a killed process's files a little later."""
    for _ in range(20):
        with contextlib.suppress(OSError):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
            return
        time.sleep(0.05)


__all__ = ["Cancelled", "Child", "ChildBadInput", "ChildError", "Work", "no_log"]
