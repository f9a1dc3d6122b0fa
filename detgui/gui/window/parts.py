"""What the window is built from; closed in the right order by the window."""

from __future__ import annotations

import sys
from functools import cached_property
from typing import TYPE_CHECKING

from detgui.session.bridge import Bridge
from detgui.session.scheduler import Scheduler
from detgui.session.session import Session
from detgui.session.store import RecentFiles, Settings
from detgui.tasks.engine import Engine

if TYPE_CHECKING:
    from detgui.session.exposures import Exposures
    from detgui.session.loader import Loader
    from detgui.session.restore import Keeper

CLOSE_S = 2.0  # a person who closes the window does not wait longer


class Parts:
    """Session, engine and what ties them together; needs a QApplication.

    What reads files (`exposures`, `loader`, `keeper`) is made when it is first asked for: its modules take longer to import than a
    window to appear.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.engine = Engine(workers=workers)
        self.bridge = Bridge(self.engine)
        self.session = Session()
        self.settings = Settings()
        self.recent = RecentFiles(self.settings)
        self.scheduler = Scheduler(self.settings)

    @cached_property
    def exposures(self) -> Exposures:
        """The open files."""
        from detgui.session.exposures import Exposures

        return Exposures(self.session, self.engine, self.bridge)

    @cached_property
    def loader(self) -> Loader:
        """Gets what the session asks for."""
        from detgui.session.loader import Loader

        return Loader(self.session, self.exposures, self.engine, self.bridge)

    @cached_property
    def keeper(self) -> Keeper:
        """Saves the session."""
        from detgui.session.restore import Keeper

        return Keeper(self.session, self.exposures)

    def close(self) -> bool:
        """Save, stop the work, wait for the workers, close the files; False where a worker did not stop in time."""
        made = self.__dict__
        if "keeper" in made:
            self.keeper.close()
        if "loader" in made:
            self.loader.close()
        stopped = self.engine.close(timeout=CLOSE_S)
        if "detgui.analysis.steps" in sys.modules:
            sys.modules["detgui.analysis.steps"].close_child()
        self.bridge.close()
        self.scheduler.close()
        if stopped and "exposures" in made:  # closing files under a worker that still reads would be a crash
            self.exposures.close_all()
        return stopped


def build(workers: int | None = None) -> Parts:
    """Make the parts; needs a QApplication."""
    return Parts(workers)
