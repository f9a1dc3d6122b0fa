"""What reaches the process from outside the event loop: Ctrl-C, and exceptions that nobody caught."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from PySide6.QtCore import QSocketNotifier, QtMsgType, qInstallMessageHandler

from detgui import troubles

Show = Callable[[str, str], None]


def close_on_interrupt(close: Callable[[], object]) -> Callable[[], None]:
    """Let Ctrl-C (and SIGTERM) close the window; returns the function that ends it.

    Python's handlers run only when the interpreter does, which is not while Qt waits: the signal's number written to a socket wakes it.
    """
    reader, writer = socket.socketpair()
    for one in (reader, writer):
        one.setblocking(False)
    names = [signal.SIGINT, signal.SIGTERM]
    before = {number: signal.signal(number, _nothing) for number in names}
    old = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    notifier = QSocketNotifier(reader.fileno(), QSocketNotifier.Type.Read)

    def woken(*_: object) -> None:
        if set(reader.recv(64)) & {int(number) for number in names}:
            close()

    notifier.activated.connect(woken)

    def end() -> None:
        notifier.setEnabled(False)
        signal.set_wakeup_fd(old)
        for number, handler in before.items():
            signal.signal(number, handler)
        reader.close()
        writer.close()

    return end


def _nothing(*_: object) -> None:
    """A handler of Python's own, without which no signal would be written to the socket."""


def show_unexpected(show: Show | None) -> None:
    """Log exceptions that nobody caught, and show each in the window with ``show(sentence, details)``; None gives the hooks back."""
    if show is None:
        sys.excepthook, threading.excepthook = sys.__excepthook__, threading.__excepthook__
        return

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        details = "".join(traceback.format_exception(kind, error, trace))
        troubles.log(details)
        try:
            show(unexpected_sentence(error), details)
        except Exception:  # the window is the one in trouble: at least say it on the terminal
            sys.stderr.write(details)

    def thread_hook(args: Any) -> None:
        if args.exc_value is not None:
            troubles.log("".join(traceback.format_exception(args.exc_value)))

    sys.excepthook = hook
    threading.excepthook = thread_hook


@contextmanager
def qt_messages_logged() -> Iterator[None]:
    """Qt's own warnings go to the log meanwhile: on the terminal they would bury what the program says."""

    def handler(kind: QtMsgType, _context: object, message: str) -> None:
        if kind in (QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg):
            sys.stderr.write(f"{message}\n")
        else:
            troubles.log(message)

    before = qInstallMessageHandler(handler)
    try:
        yield
    finally:
        qInstallMessageHandler(before)


def unexpected_sentence(error: BaseException) -> str:
    """What is said of an exception that nobody foresaw."""
    text = " ".join(str(error).split())
    return f"Something unexpected went wrong ({type(error).__name__}{': ' + text[:200] if text else ''}); the program goes on."


def leave_at_once(status: int) -> None:
    """End the process without waiting for a worker that hangs in a read; everything that matters was saved before."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
