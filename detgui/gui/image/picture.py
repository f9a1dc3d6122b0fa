"""Small computations on 8-bit pictures and their data quality; arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.progress import Progress, no_progress
from detgui.session.requests import ImageAnswer, ImageRequest


def blocks(values: NDArray[np.uint8], step_y: int, step_x: int) -> NDArray[np.uint8]:
    """Maximum of every block of step_y x step_x values, shape (ceil(ny / step_y), ceil(nx / step_x))."""
    for axis, step in ((0, step_y), (1, step_x)):
        if step > 1:
            values = _along(values, step, axis)
    return values


def _along(values: NDArray[np.uint8], step: int, axis: int) -> NDArray[np.uint8]:
    rows = values if axis == 0 else values.T
    largest = rows[::step].copy(order="K")
    for offset in range(1, step):
        part = rows[offset::step]
        np.maximum(largest[: len(part)], part, out=largest[: len(part)])
    return largest if axis == 0 else largest.T


def block_maximum(indices: NDArray[np.uint8], step_y: int, step_x: int) -> NDArray[np.uint8]:
    """`blocks` of colour indices; NAN_INDEX only where no pixel of the block has a value."""
    return blocks(indices + np.uint8(1), step_y, step_x) - np.uint8(1)  # 255 wraps to 0, below all others, and back


def zero_position(answer: ImageAnswer) -> float | None:
    """Where zero is along the colour table: 0 at the low limit, 1 at the high one; None where the limits are no numbers."""
    from detgui.science.display import stretched

    if not answer.high > answer.low:
        return None
    place = -answer.low / (answer.high - answer.low)
    if answer.request.stretch == "linear" or not 0.0 < place < 1.0:
        return place
    return float(stretched(np.array([place]), answer.request.stretch)[0])


def flag_counts(dq: NDArray[np.uint32], definitions: Mapping[str, int] | None = None, progress: Progress = no_progress) -> dict[str, int]:
    """Number of pixels of each flag that occurs, lowest bit first; ``definitions`` None: JWST's flags."""
    from detgui.science.dq import names

    line: NDArray[Any] = dq.ravel()
    present = int(np.bitwise_or.reduce(line)) if line.size else 0
    counts = {}
    for value in [1 << bit for bit in range(32) if present >> bit & 1]:
        progress(value.bit_length() / 32, "counting flags")
        counts[names(value, definitions)[0]] = int(np.count_nonzero(line & np.uint32(value)))
    return counts


def answers(shown: ImageRequest, wanted: ImageRequest) -> bool:
    """Whether an image is the wanted one; with locked limits the loader put its own into the request."""
    if shown.locked:
        fields = ("limits", "percentile", "low", "high", "locked")
        wanted = replace(wanted, **{name: getattr(shown, name) for name in fields})
    return shown == wanted
