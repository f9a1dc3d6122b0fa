"""What the command line writes on the terminal: one-line errors, warnings and the progress bar, all on stderr."""

from __future__ import annotations

import io
import json
import math
import shutil
import sys
import time
from types import TracebackType
from typing import Any, Self

from detgui.cli.interrupt import interrupts
from detgui.progress import clock
from detgui.tasks.estimate import Remaining

BAR_WIDTH = 24
REDRAW_S = 0.1


def take_any_name() -> None:
    """Let stdout write file names that its encoding does not have, with backslashes."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def say(sentence: str) -> None:
    """Write one line on stderr, whatever line breaks the sentence has; nothing where stderr was closed."""
    if sys.stderr is not None:
        print(f"detgui: {' '.join(sentence.split())}", file=sys.stderr, flush=True)


def put_json(value: Any) -> None:
    """Write a value as JSON on stdout; NaN and infinities, which JSON does not have, become null."""
    print(json.dumps(plain(value), indent=2, allow_nan=False))


def plain(value: Any) -> Any:
    """The value in terms that JSON knows: numpy scalars and arrays as numbers and lists, paths as text, NaN as None."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


class ProgressBar:
    """A `detgui.progress.Progress` drawn on a terminal; draws nothing where stderr is not one or ``quiet`` is set."""

    def __init__(self, quiet: bool = False) -> None:
        self.on = not quiet and sys.stderr is not None and sys.stderr.isatty()
        self._remaining = Remaining(time.monotonic)
        self._drawn = -math.inf
        self._width = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.on and self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()

    def __call__(self, fraction: float, message: str = "") -> None:
        """Draw the bar, at most ten times a second. Raises KeyboardInterrupt where one was lost."""
        interrupts.check()
        now = time.monotonic()
        if not self.on or now - self._drawn < REDRAW_S:
            return
        self._drawn = now
        line = bar_line(fraction, message, self._remaining.update(fraction))[: shutil.get_terminal_size().columns - 1]
        sys.stderr.write("\r" + line.ljust(self._width))
        sys.stderr.flush()
        self._width = len(line)


def bar_line(fraction: float, message: str, remaining: float | None) -> str:
    """Text of the bar; ``remaining`` in s, None where not known."""
    fraction = min(max(fraction, 0.0), 1.0)
    done = round(BAR_WIDTH * fraction)
    left = f"  {clock(remaining)} left" if remaining is not None else ""
    return f"[{'#' * done}{'.' * (BAR_WIDTH - done)}] {100 * fraction:3.0f} %{left}  {message[:60]}".rstrip()
