"""What every page of the noise tab is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from detgui.gui.common.jobs import Jobs
from detgui.session.exposures import Exposures
from detgui.session.noise import NoiseMaker
from detgui.session.session import Session


@dataclass(frozen=True, slots=True)
class Context:
    """Session, open exposures, the maker that runs steps, long work, and the image (`ImagePanel`, None in tests)."""

    session: Session
    exposures: Exposures
    maker: NoiseMaker
    jobs: Jobs
    image: Any = None
