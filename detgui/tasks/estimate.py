"""How long a task still takes, and how often it may say so."""

from __future__ import annotations

from collections.abc import Callable

MIN_ELAPSED = 0.5  # s before a first guess
MIN_FRACTION = 0.01
MEMORY = 3.0  # s over which the speed is averaged


class Remaining:
    """Remaining time from the fractions a task reports, s; None until there is enough to go by.

    The speed (fraction per s) is an exponential average over `MEMORY` s, so that one slow block does not make the figure jump.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._start = self._time = clock()
        self._fraction = 0.0
        self._speed = 0.0

    def update(self, fraction: float) -> float | None:
        """Take in a fraction done (0 to 1); returns the remaining time, s."""
        now = self._clock()
        elapsed, step = now - self._start, now - self._time
        if fraction < self._fraction:  # a second pass begins: forget the first
            self._start, self._time, self._fraction, self._speed = now, now, fraction, 0.0
            return None
        if elapsed < MIN_ELAPSED or fraction < MIN_FRACTION or step <= 0:
            return self._left(fraction) if self._speed else None
        weight = min(1.0, step / MEMORY) if self._speed else 1.0
        latest = (fraction - self._fraction) / step if self._speed else fraction / elapsed
        self._speed += weight * (latest - self._speed)
        self._time, self._fraction = now, fraction
        return self._left(fraction)

    def _left(self, fraction: float) -> float | None:
        return max(0.0, 1.0 - fraction) / self._speed if self._speed > 0 else None


class Sieve:
    """Lets through at most ``per_second`` words a second, and the first one always."""

    def __init__(self, clock: Callable[[], float], per_second: float = 20.0) -> None:
        self._clock = clock
        self._gap = 1.0 / per_second
        self._last: float | None = None

    def lets_through(self) -> bool:
        """True where the caller may speak now."""
        now = self._clock()
        if self._last is not None and now - self._last < self._gap:
            return False
        self._last = now
        return True
