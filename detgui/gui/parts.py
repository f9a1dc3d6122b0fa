"""What the window is built from; made by `build`, closed in the right order by the window."""

from __future__ import annotations

from dataclasses import dataclass

from detgui.session.bridge import Bridge
from detgui.session.exposures import Exposures
from detgui.session.loader import Loader
from detgui.session.restore import Keeper, RecentFiles, Settings
from detgui.session.session import Session
from detgui.tasks.engine import Engine

CLOSE_S = 2.0  # a person who closes the window does not wait longer


@dataclass(frozen=True, slots=True)
class Parts:
    """Session, engine and what ties them together."""

    engine: Engine
    bridge: Bridge
    session: Session
    exposures: Exposures
    loader: Loader
    keeper: Keeper
    settings: Settings
    recent: RecentFiles

    def close(self) -> bool:
        """Save, stop the work, wait for the workers, close the files; False where a worker did not stop in time."""
        self.keeper.close()
        self.loader.close()
        stopped = self.engine.close(timeout=CLOSE_S)
        self.bridge.close()
        if stopped:  # closing files under a worker that still reads would be a crash
            self.exposures.close_all()
        return stopped


def build(workers: int | None = None) -> Parts:
    """Make the parts; needs a QApplication."""
    engine = Engine(workers=workers)
    bridge = Bridge(engine)
    session = Session()
    exposures = Exposures(session, engine, bridge)
    settings = Settings()
    return Parts(
        engine=engine,
        bridge=bridge,
        session=session,
        exposures=exposures,
        loader=Loader(session, exposures, engine, bridge),
        keeper=Keeper(session, exposures),
        settings=settings,
        recent=RecentFiles(settings),
    )
