"""Growing a region from a pixel of the shown image: the worker's answer to a press."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.region_growth import edge_tolerance, grow_far, own_tolerance
from detgui.science.region_levels import without_steps
from detgui.science.regions import Painted

Borders = tuple[str, tuple[float, ...]]
"""The axis that amplifiers split and the edges between them, as `DetectorGeometry.amplifier_boundaries` gives them."""

NO_BORDERS: Borders = ("x", ())
EDGELESS = "no edge found, three sigmas of the noise taken"
LEVELLED = "steps between amplifiers taken out"


def grown(
    values: NDArray[Any],
    x: int,
    y: int,
    tolerance: float | None,
    smooth: int = 1,
    borders: Borders = NO_BORDERS,
    progress: Progress = no_progress,
) -> tuple[Painted | None, float, str]:
    """(pixels, tolerance, what is to be said): the pixels that `science.region_growth.grow` finds, as a shape, or None and why not.

    ``tolerance`` None: `edge_tolerance`. Steps of the level at ``borders`` are no edges.
    """
    try:
        progress(0.0, "growing")
        values, levelled = without_steps(values, *borders)
        reach = edge_tolerance(values, x, y, smooth) if tolerance is None else tolerance
        progress(0.5, "growing")
        edgeless = tolerance is None and reach == own_tolerance(values, x, y, smooth)
        remarks = [word for word, applies in ((EDGELESS, edgeless), (LEVELLED, levelled)) if applies]
        return grow_far(values, x, y, reach, smooth), reach, "; ".join(remarks)
    except BadInput as error:
        return None, 0.0, str(error)
