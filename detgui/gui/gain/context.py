"""What every page of the gain tab is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from detgui.gui.common.jobs import Jobs
from detgui.gui.gain.box_overlay import BoxOverlay
from detgui.session.exposures import Exposures
from detgui.session.gain import GainMaker
from detgui.session.session import Session


@dataclass(frozen=True, slots=True)
class Context:
    """Session, open exposures, the maker of gain maps, long work, the image (`ImagePanel`, None in tests) and the boxes over it."""

    session: Session
    exposures: Exposures
    maker: GainMaker
    jobs: Jobs
    image: Any = None
    overlay: BoxOverlay | None = None
