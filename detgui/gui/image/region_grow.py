"""Growing a region from a pixel of the shown image, fast enough to follow a drag."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.region_masks import grow, painted
from detgui.science.regions import Painted
from detgui.science.robust import sigma_of

FIRST = 128
"""Pixels on either side of the seed that are tried first."""
ABOUT = 20
"""Pixels on either side of the seed from which its noise is told."""
SIGMAS = 3.0


def own_tolerance(values: NDArray[Any], x: int, y: int, smooth: int = 1) -> float:
    """Three robust sigmas of the noise about a pixel, unit of the image.

    From differences of neighbours in a row, which an edge or a slope of the light does not raise; averaging ``smooth`` x ``smooth`` pixels
    leaves 1 / ``smooth`` of it.
    """
    near = values[max(0, y - ABOUT) : y + ABOUT + 1, max(0, x - ABOUT) : x + ABOUT + 1].astype(np.float64)
    sigma = sigma_of(np.diff(near, axis=1)) / np.sqrt(2)
    return float(SIGMAS * sigma / max(smooth, 1)) if np.isfinite(sigma) else 0.0


def grown(
    values: NDArray[Any], x: int, y: int, tolerance: float | None, smooth: int = 1, progress: Progress = no_progress
) -> tuple[Painted | None, float, str]:
    """(pixels, tolerance, complaint): the same pixels as `science.region_masks.grow` finds, as a shape, or None and why not.

    Only as much of the image is looked at as they need. ``tolerance`` None: `own_tolerance`.
    """
    try:
        inside = 0 <= y < values.shape[0] and 0 <= x < values.shape[1]
        reach = own_tolerance(values, x, y, smooth) if tolerance is None and inside else tolerance or 0.0
        return _grown(values, x, y, reach, smooth, progress), reach, ""
    except BadInput as error:
        return None, 0.0, str(error)


def _grown(values: NDArray[Any], x: int, y: int, tolerance: float, smooth: int, progress: Progress) -> Painted:
    ny, nx = values.shape
    room, margin = FIRST, smooth + 1
    while True:
        progress(0.0, "growing")
        x0, y0, x1, y1 = max(0, x - room), max(0, y - room), min(nx, x + room + 1), min(ny, y + room + 1)
        found = painted(grow(values[y0:y1, x0:x1], x - x0, y - y0, tolerance, smooth))
        low_x, low_y, high_x, high_y = found.bounds
        # What comes near a cut may go on behind it, and is averaged with less than all of its neighbours.
        cut = (
            (x0 > 0 and low_x < margin)
            or (y0 > 0 and low_y < margin)
            or (x1 < nx and high_x > x1 - x0 - 1 - margin)
            or (y1 < ny and high_y > y1 - y0 - 1 - margin)
        )
        if not cut:
            return Painted(found.x0 + x0, found.y0 + y0, found.pixels)
        room *= 2
