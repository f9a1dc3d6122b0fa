"""What the command line writes on the terminal: one-line errors, warnings and the progress bar, all on stderr."""

from __future__ import annotations

import json
import math
import sys
import time
from types import TracebackType
from typing import Any, Self

BAR_WIDTH = 24
REDRAW_S = 0.1


def say(sentence: str) -> None:
    """Write one line on stderr, whatever line breaks the sentence has."""
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


def clock(seconds: float) -> str:
    """Duration as m:ss or h:mm:ss."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


class ProgressBar:
    """A `detgui.progress.Progress` drawn on a terminal; draws nothing where stderr is not one or ``quiet`` is set."""

    def __init__(self, quiet: bool = False) -> None:
        self.on = not quiet and sys.stderr.isatty()
        self._start = time.monotonic()
        self._drawn = -math.inf
        self._width = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.on and self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()

    def __call__(self, fraction: float, message: str = "") -> None:
        """Draw the bar, at most ten times a second."""
        now = time.monotonic()
        if not self.on or now - self._drawn < REDRAW_S:
            return
        self._drawn = now
        line = bar_line(fraction, message, now - self._start)
        sys.stderr.write("\r" + line.ljust(self._width))
        sys.stderr.flush()
        self._width = len(line)


def bar_line(fraction: float, message: str, elapsed: float) -> str:
    """Text of the bar; the remaining time supposes that the rest goes as fast, ``elapsed`` in s."""
    fraction = min(max(fraction, 0.0), 1.0)
    done = round(BAR_WIDTH * fraction)
    left = f"  {clock(elapsed * (1 - fraction) / fraction)} left" if fraction > 0.02 and elapsed > 1 else ""
    return f"[{'#' * done}{'.' * (BAR_WIDTH - done)}] {100 * fraction:3.0f} %{left}  {message[:60]}".rstrip()
