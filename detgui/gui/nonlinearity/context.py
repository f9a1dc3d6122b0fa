"""What every page of the non-linearity tab is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from detgui.gui.common.jobs import Jobs
from detgui.session.exposures import Exposures
from detgui.session.session import Session
from detgui.session.slopes import SlopeMaker


@dataclass(frozen=True, slots=True)
class Context:
    """Session, open exposures, the maker of maps and mean ramps, long work, and the image.

    ``maker.source`` is the chosen exposure, ``maker.sheet().means`` its mean ramps, ``maker.result`` the shown map; ``maker.changed`` says
    that any of them did. ``jobs`` runs a page's own work in the engine. ``image`` is the `ImagePanel`, None in tests.
    """

    session: Session
    exposures: Exposures
    maker: SlopeMaker
    jobs: Jobs
    image: Any = None
