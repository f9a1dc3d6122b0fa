"""What the window is opened with, and what of it is not there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detgui.session.state import SessionState, Theme


@dataclass(frozen=True, slots=True)
class Start:
    """``size`` of the window in pixels, ``pixel`` 0-based, ``integration`` and ``group`` 1-based; None is the program's own choice."""

    files: tuple[Path, ...] = ()
    join: bool = True
    demo: bool = False
    size: tuple[int, int] | None = None
    theme: Theme | None = None
    pixel: tuple[int, int] | None = None
    integration: int | None = None
    group: int | None = None
    workers: int | None = None
    regions: tuple[Path, ...] = ()  # files of regions to draw on the first exposure

    def missing(self, state: SessionState) -> str:
        """What was asked for and is not there, in one sentence; '' for nothing.

        The session goes to the nearest that there is; to show something else than what was asked for without a word would deceive.
        """
        current, frame = state.current, state.frame
        if current is None or frame is None:
            return "nothing was opened"
        _, ngroups, ny, nx = current.shape
        if self.pixel is not None and state.pixel != self.pixel:
            return f"{current.name}: there is no pixel {self.pixel[0]}, {self.pixel[1]}; the image is {nx} x {ny}"
        if self.integration not in (None, frame.integration):
            first, last = current.integrations
            return f"{current.name}: there is no integration {self.integration}; it has {first} to {last}"
        if self.group not in (None, frame.group):
            return f"{current.name}: there is no group {self.group}; it has {ngroups}"
        return ""
