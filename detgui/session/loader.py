"""Gets what the state asks for, newest first, and hands it to the window."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from detgui.session.bridge import Bridge
from detgui.session.exposures import Exposures
from detgui.session.session import Session
from detgui.tasks.engine import Engine


class Loader(QObject):
    """Follows `Session.changed`: resolves, asks the engine for what differs, drops late answers, emits the others."""

    image = Signal(object)  # requests.ImageAnswer, None where nothing can be shown
    blink = Signal(object)  # requests.ImageAnswer of the frame to blink against, None for none
    ramps = Signal(object)  # tuple of requests.RampAnswer, one for each ramp that could be read; () for none
    overview = Signal(object)  # analysis.ramp.Overview, None for none
    trouble = Signal(object)  # requests.Trouble

    def __init__(self, session: Session, exposures: Exposures, engine: Engine, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)

    def reload(self) -> None:
        """Forget all answers and ask for everything again."""
        raise NotImplementedError

    def close(self) -> None:
        """Cancel what runs and follow the session no more."""
        raise NotImplementedError
