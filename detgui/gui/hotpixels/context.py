"""What every page of the hot-pixel tab is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from detgui.gui.common.jobs import Jobs
from detgui.gui.hotpixels.marks import Marks
from detgui.session.exposures import Exposures
from detgui.session.hot import HotMaker
from detgui.session.session import Session


@dataclass(frozen=True, slots=True)
class Context:
    """Session, open exposures, the maker of counts and histories, long work, the image (`ImagePanel`, None in tests), and ``say``, which
    shows a sentence on what was typed wrongly, '' for none; ``marks`` over the image."""

    session: Session
    exposures: Exposures
    maker: HotMaker
    jobs: Jobs
    image: Any = None
    say: Callable[[str], object] = lambda sentence: None
    marks: Marks | None = None
