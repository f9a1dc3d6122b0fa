"""How far a diagnosis is, told again between its parts: every time is a chance to cancel it."""

from __future__ import annotations

from detgui.progress import Progress


class Stages:
    """A progress that remembers what it said last."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._last = (0.0, "")

    def __call__(self, fraction: float, message: str = "") -> None:
        """Say how far it is."""
        self._last = (fraction, message)
        self.tick()

    def tick(self) -> None:
        """Say the same again. Raises what the progress raises to stop."""
        self._progress(*self._last)
