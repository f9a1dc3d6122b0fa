"""Steps that follow each other quickly: of a key that is held down, of playing and of blinking."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal

SPEEDS = (2, 5, 10, 20)
"""Frames a second on offer."""


HELD_S = 0.08
"""Steps closer than this, in s, come from a key that is held down; nobody strikes so fast."""


class HeldKey:
    """Leaves steps of a held key out while the last one is not drawn yet: all that is stepped through is seen, however slow the file."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = float("-inf")

    def lets_through(self, ready: bool) -> bool:
        """Whether a step that is asked for now is made; ``ready`` says that the last one is drawn."""
        before, self._last = self._last, self._clock()
        return ready or self._last - before > HELD_S


class Player(QObject):
    """Steps on at a steady speed; a step is left out while the last one is not drawn yet (``ready`` is False)."""

    playing_changed = Signal(bool)
    step = Signal()

    def __init__(self, ready: Callable[[], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ready = ready
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self.set_speed(5)

    @property
    def playing(self) -> bool:
        """Whether it steps."""
        return self._timer.isActive()

    @property
    def speed(self) -> int:
        """Frames a second."""
        return round(1000 / self._timer.interval())

    def set_speed(self, speed: int) -> None:
        """Set the frames a second."""
        self._timer.setInterval(round(1000 / speed))

    def play(self, on: bool) -> None:
        """Start or stop."""
        if on != self.playing:
            self._timer.start() if on else self._timer.stop()
            self.playing_changed.emit(on)

    def _tick(self) -> None:
        if self._ready():
            self.step.emit()


class Blinker(QObject):
    """Says which of two prepared pictures to show: the ``other`` one every second time."""

    swapped = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.other = False
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    @property
    def on(self) -> bool:
        """Whether it blinks."""
        return self._timer.isActive()

    def blink(self, on: bool, period_ms: int) -> None:
        """Start, change the period or stop; stopped, the first picture is shown."""
        if on and (not self.on or self._timer.interval() != period_ms):
            self._timer.start(period_ms)
        elif not on and self.on:
            self._timer.stop()
            if self.other:
                self._tick()

    def _tick(self) -> None:
        self.other = not self.other
        self.swapped.emit(self.other)
