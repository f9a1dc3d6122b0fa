"""The levels of the lines drawn over the image, along the slow axis."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.gui.noise.noise_page import FOUND
from detgui.gui.pages.image_curve import Curve, ImageCurve
from detgui.session.noise import TAB
from detgui.session.noise_work import Diagnosed

SHARE = 0.12  # of the image's other side that the curve takes
REACH = 3.0  # standard deviations of the levels from the middle of the curve to its end
PAGE = "1/f"


class LevelLine(ImageCurve):
    """A curve beside the first lines of the image of the exposure that was diagnosed; drawn while the page is in front."""

    def find(self) -> Diagnosed | None:
        state = self._context.session.state
        front = state.tab == TAB and state.noise.page == PAGE and state.current is not None
        return self._findings.get(state.current.key, FOUND) if front else None

    def curve(self, found: Diagnosed) -> Curve:
        order = found.result.order
        return curve(found.result.one_over_f.level, order.shape, order.fast_is_x)


def curve(level: NDArray[Any], shape: tuple[int, int], fast_is_x: bool) -> Curve:
    """x and y of the curve in pixels of the image: levels of the first image, clipped, about the middle of its room."""
    first = np.asarray(level[0], np.float64)
    known = first[np.isfinite(first)]
    middle = float(np.median(known)) if known.size else 0.0
    spread = 1.4826 * float(np.median(np.abs(known - middle))) if known.size else 0.0
    room = SHARE * shape[1] / 2
    height = room + room * np.clip((first - middle) / (REACH * spread if spread > 0 else 1.0), -1, 1) - 0.5
    along = np.arange(first.size, dtype=np.float64)
    return (height, along) if fast_is_x else (along, height)
