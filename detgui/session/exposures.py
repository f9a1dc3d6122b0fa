"""The open exposures: opened in the background, listed in the state, closed when nobody reads them any more."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from detgui.data.exposure import Exposure
from detgui.session.bridge import Bridge
from detgui.session.session import Session
from detgui.tasks.engine import Engine


class Exposures(QObject):
    """Opens files into the session and keeps their `Exposure` objects by key."""

    notice = Signal(object)  # requests.Trouble: one sentence for the user
    opening = Signal(bool)  # True while files are being opened

    def __init__(self, session: Session, engine: Engine, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)

    def open(self, paths: Sequence[str | Path], *, join: bool = True) -> None:
        """Open files in the background; the first new exposure is shown. One that is open already is chosen instead."""
        raise NotImplementedError

    def exposure(self, key: str) -> Exposure | None:
        """The open exposure of a key, for quick questions only (geometry, timing, headers); workers borrow from `shelf`."""
        raise NotImplementedError

    def close_exposure(self, key: str) -> None:
        """Take it out of the session and close its files once running reads have ended."""
        raise NotImplementedError

    def close_all(self) -> None:
        """Close every file; the engine should be closed before."""
        raise NotImplementedError
