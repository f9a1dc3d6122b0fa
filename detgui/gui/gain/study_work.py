"""What workers do for the pages Studies and Compare. No Qt, no state."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from detgui.progress import Progress, no_progress
from detgui.session.gain_work import Wish, borrowed, params_of
from detgui.session.shelf import Shelf

if TYPE_CHECKING:
    from detgui.analysis.gain_compare import Comparison
    from detgui.analysis.gain_studies import Study
    from detgui.analysis.gain_types import Result


def study(shelf: Shelf, wish: Wish, varied: str, base: Result | None, progress: Progress = no_progress) -> Study:
    """Gain maps with boxes of several sizes ('box') or several limits ('limit'); ``base`` is used where it is one of them."""
    from detgui.analysis import gain_studies

    progress(0.0, "study")
    with ExitStack() as stack:
        flats = borrowed(stack, shelf, wish.flats)
        params = params_of(wish, flats[0].shape[2:])
        if varied == "box":
            return gain_studies.box_study(flats, params, base=base, progress=progress)
        top = max(base.limit, gain_studies.LIMITS[0]) if base is not None else gain_studies.LIMITS[0]
        limits = sorted({top, *gain_studies.LIMITS})
        return gain_studies.limit_study(flats, params, limits, base=base, progress=progress)


def compare(result: Result, path: Path, progress: Progress = no_progress) -> Comparison:
    """A map against a gain file in the same boxes."""
    from detgui.analysis import gain_compare

    progress(0.0, f"comparing with {path.name}")
    return gain_compare.compare(result, path)
