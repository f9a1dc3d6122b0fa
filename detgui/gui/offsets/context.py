"""What every page of the offsets tab is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from detgui.gui.common.jobs import Jobs
from detgui.session.exposures import Exposures
from detgui.session.offsets import OffsetsMaker
from detgui.session.session import Session


@dataclass(frozen=True, slots=True)
class Context:
    """Session, open exposures, the maker of offsets, long work, the image (`ImagePanel`, None in tests), and ``say``, which shows a
    sentence on what was typed wrongly, '' for none."""

    session: Session
    exposures: Exposures
    maker: OffsetsMaker
    jobs: Jobs
    image: Any = None
    say: Callable[[str], object] = lambda sentence: None
