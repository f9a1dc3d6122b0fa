"""Work of the pages: how it begins, and what workers do. No Qt, no state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.session.reading import reading
from detgui.session.shelf import Shelf

if TYPE_CHECKING:
    from detgui.analysis import slope_map, trace, trace_profile
    from detgui.data.exposure import Exposure
    from detgui.gui.pages.page import Page


def begin_measuring(
    page: Page, lane: str, title: str, check: Callable[[Exposure, Any], object], run: Callable[..., Any], params: object
) -> None:
    """Measure the present source; the result becomes its finding of the name ``lane``. The page says why, where ``check`` refuses."""
    source, shelf = page.maker.source, page.context.exposures.shelf
    if source is None:
        return
    key = source.key
    try:
        with shelf.borrow(key) as exposure:
            check(exposure, params)
    except BadInput as error:
        page.tell(str(error), False)
        return
    then = lambda found: page.findings.put(key, lane, found)  # noqa: E731
    page.start(lane, f"{title} {source.name}", measure, shelf, key, run, params, then=then)


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
