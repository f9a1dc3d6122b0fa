"""What workers do for the pages. No Qt, no state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from detgui.progress import Progress, no_progress
from detgui.session.reading import reading
from detgui.session.shelf import Shelf

if TYPE_CHECKING:
    from detgui.analysis import slope_map, trace, trace_profile


def measure(shelf: Shelf, key: str, run: Callable[..., Any], params: object, progress: Progress = no_progress, **more: Any) -> Any:
    """``run(exposure, params)`` of an analysis, of an open exposure."""
    progress(0.0, "reading")
    with reading(shelf, key) as exposure:
        return run(exposure, params, progress=progress, **more)


def profile_of(
    map_: slope_map.Result, found: trace.Result, params: trace_profile.Params, progress: Progress = no_progress
) -> trace_profile.Result:
    """Profile of a map about a trace, with the curve of apertures."""
    from detgui.analysis import trace_profile

    progress(0.0, "profile about the trace")
    return trace_profile.run(map_, found.trace, found.image, params)
