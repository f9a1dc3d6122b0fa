"""Ctrl-C, and the signals with which systems end a job: raised as KeyboardInterrupt, and remembered where a library swallows that.

Ctrl-C that comes while a package is being imported can end up in that package's own error handling and be lost; the next progress call
raises it again.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

from detgui.errors import Cancelled

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class Interrupts:
    """A context manager: inside, the signals of `SIGNALS` that are not ignored (nohup, background jobs) raise KeyboardInterrupt."""

    def __init__(self) -> None:
        self._number = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        self._number = 0
        if threading.current_thread() is not threading.main_thread():  # handlers cannot be set from elsewhere
            return self
        for name in SIGNALS:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
                self._before[number] = signal.signal(number, self._raise)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _raise(self, number: int, frame: FrameType | None) -> None:
        self._number = number
        raise KeyboardInterrupt

    @property
    def came(self) -> bool:
        """Whether a signal came."""
        return self._number != 0

    @property
    def exit_status(self) -> int:
        """130 for Ctrl-C, 143 for SIGTERM: 128 and the signal's number."""
        return 128 + self._number if self._number else Cancelled.exit_status

    def check(self) -> None:
        """Raise KeyboardInterrupt where a signal came."""
        if self._number:
            raise KeyboardInterrupt


interrupts = Interrupts()
"""Those of this process."""
