"""What every page of a tab is given."""

from __future__ import annotations

from typing import Any, Protocol

from detgui.gui.common.jobs import Jobs
from detgui.session.exposures import Exposures
from detgui.session.session import Session


class PageContext(Protocol):
    """Session, open exposures, long work, the image (`ImagePanel`, None in tests), and what makes the results that all pages show.

    ``maker`` is a QObject with ``source`` (the `OpenExposure` in use, None for none), ``running`` (the newest `TaskEvent` of its work or
    None), ``compute()``, ``cancel()`` and the signal ``changed``.
    """

    @property
    def session(self) -> Session: ...

    @property
    def exposures(self) -> Exposures: ...

    @property
    def maker(self) -> Any: ...

    @property
    def jobs(self) -> Jobs: ...

    @property
    def image(self) -> Any: ...
