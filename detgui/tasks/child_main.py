"""What runs inside a child process: see `detgui.tasks.child`."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import pickle
import queue
import shutil
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from detgui.tasks.child_words import kind_of, sentence

NICE = 5
"""How much lower than its parent's the priority of the process is, where priorities are like this."""


class Talk:
    """The way back to the parent; messages of several threads do not mix."""

    def __init__(self, descriptor: int) -> None:
        self._out = os.fdopen(descriptor, "wb")
        self._lock = threading.Lock()
        self.busy = False
        """A job runs, so that somebody reads."""

    def say(self, *message: Any) -> None:
        """Send one message. A parent that is gone ends the process."""
        text = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        try:
            with self._lock:
                self._out.write(text)
                self._out.flush()
        except OSError:
            os._exit(1)


class Lines(logging.Handler):
    """Sends lines of the log while a job runs."""

    def __init__(self, talk: Talk) -> None:
        super().__init__(logging.INFO)
        self._talk = talk

    def emit(self, record: logging.LogRecord) -> None:
        """Send one line."""
        if self._talk.busy:
            with contextlib.suppress(Exception):
                level = f"{record.levelname}: " if record.levelno >= logging.WARNING else ""
                self._talk.say("log", level + " ".join(record.getMessage().split()))


class Inbox(threading.Thread):
    """Reads jobs; the end of the pipe means that the parent is gone: then nothing half made is left, and the process ends."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(name="inbox", daemon=True)
        self._in = os.fdopen(descriptor, "rb")
        self.jobs: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self.discard: list[str] = []

    def run(self) -> None:
        """Until the parent is gone."""
        while True:
            try:
                self.jobs.put(pickle.load(self._in))
            except Exception:
                self._leave()

    def _leave(self) -> None:
        for path in self.discard:
            if Path(path).is_dir():
                shutil.rmtree(path, ignore_errors=True)
            with contextlib.suppress(OSError):
                Path(path).unlink(missing_ok=True)
        os.chdir(Path(os.sep))
        shutil.rmtree(_FOLDER, ignore_errors=True)
        killpg = getattr(os, "killpg", None)
        if killpg is not None and os.getpgid(0) == os.getpid():
            killpg(os.getpid(), signal.SIGKILL)  # with whatever it started
        os._exit(1)


_FOLDER = str(Path.cwd())


def lower_priority() -> None:
    """Let the program that started this one go first, so that its window answers; Windows is told at the start of the process."""
    nice = getattr(os, "nice", None)
    if nice is not None:
        with contextlib.suppress(OSError):
            nice(NICE)


def main() -> None:
    """Warm up, then do jobs one after the other, for ever."""
    lower_priority()
    talk, inbox = Talk(os.dup(1)), Inbox(os.dup(0))
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)  # what libraries print must not get between the messages
    inbox.start()
    warm, loggers = inbox.jobs.get()
    listen(loggers, Lines(talk))
    if warm:
        with contextlib.suppress(BaseException):
            find(warm)()
    while True:
        target, given, inbox.discard = inbox.jobs.get()
        talk.busy = True
        answer = do(target, given, talk)
        talk.busy = False
        inbox.discard = []
        talk.say(*answer)


def listen(loggers: tuple[str, ...], handler: logging.Handler) -> None:
    """Send what these loggers say at INFO and above."""
    if "py.warnings" in loggers:
        logging.captureWarnings(True)
        warnings.simplefilter("default")
    for name in loggers:
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
        logger.addHandler(handler)
        logger.propagate = False


def do(target: str, given: bytes, talk: Talk) -> tuple[Any, ...]:
    """The last message of a job."""

    def progress(fraction: float, message: str = "") -> None:
        talk.say("progress", float(fraction), message)

    try:
        answer = find(target)(*pickle.loads(given), progress=progress)
        pickle.dumps(answer)
        return "result", answer
    except BaseException as error:  # SystemExit too: libraries call sys.exit
        return "error", kind_of(error), sentence(error), "".join(traceback.format_exception(error))


def find(target: str) -> Callable[..., Any]:
    """The function called ``module:function``."""
    module, _, name = target.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


if __name__ == "__main__":
    sys.exit("this is started by detgui.tasks.child")
