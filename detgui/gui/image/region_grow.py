"""Growing a region from a pixel of the shown image: the worker's answer to a press."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.region_growth import edge_tolerance, grow_far
from detgui.science.regions import Painted


def grown(
    values: NDArray[Any], x: int, y: int, tolerance: float | None, smooth: int = 1, progress: Progress = no_progress
) -> tuple[Painted | None, float, str]:
    """(pixels, tolerance, complaint): the pixels that `science.region_growth.grow` finds, as a shape, or None and why not.

    ``tolerance`` None: `edge_tolerance`.
    """
    try:
        progress(0.0, "growing")
        reach = edge_tolerance(values, x, y, smooth) if tolerance is None else tolerance
        progress(0.5, "growing")
        return grow_far(values, x, y, reach, smooth), reach, ""
    except BadInput as error:
        return None, 0.0, str(error)
