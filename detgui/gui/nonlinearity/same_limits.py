"""Several images shown on one scale, without leaving that scale behind for others."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject

from detgui.session.session import Session
from detgui.session.state import Frame, SessionState


class SameLimits(QObject):
    """While a frame of a group is shown the limits are the group's; what was chosen before comes back with any other frame."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._limits: dict[tuple[str, str], float] = {}  # exposure and plane: largest value shown
        self._before: dict[str, object] | None = None
        session.changed.connect(self._follow)

    def hold(self, frames: Iterable[tuple[str, str]], limit: float) -> None:
        """Show these planes of exposures from ``-limit`` to ``limit``."""
        self._limits |= dict.fromkeys(frames, limit)

    def show(self, key: str, plane: str) -> None:
        """Show a plane of an exposure with the limits of its group."""
        if self._session.state.exposure(key) is None:
            return
        limit = self._limits.get((key, plane))
        if limit is not None:
            self._take(limit)
        self._session.go_to(exposure=key, plane=plane)

    def _take(self, limit: float) -> None:
        display = self._session.state.display
        if self._before is None:
            self._before = {name: getattr(display, name) for name in ("limits", "low", "high")}
        self._session.set_display(limits="typed", low=-limit, high=limit)

    def _follow(self, old: SessionState, new: SessionState) -> None:
        if self._before is None or old.frame == new.frame:
            return
        frame: Frame | None = new.frame
        if frame is not None and (frame.exposure, frame.plane) in self._limits:
            return
        before, self._before = self._before, None
        if new.display.limits == "typed":
            self._session.set_display(**before)
