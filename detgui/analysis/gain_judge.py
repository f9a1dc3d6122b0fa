"""Maps by which pairs of flats are judged: always in the report's boxes of 256 pixels, whatever the boxes of the map.

A changed gradient adds to the variance of a box as the square of its size, and the error of a median ratio goes with the number of boxes:
judged in the map's own boxes, the same pair would be left out of one map and kept in another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.box_clipper import Clipper
from detgui.analysis.gain_frames import Flat
from detgui.science.boxes import Boxes
from detgui.science.gain_error import classic
from detgui.science.photon_transfer import Moments, stacked

Array = NDArray[np.float64]

JUDGED_BOX = 256
"""Pixels on a side (JWST-STScI-004622, sections 5.4 and 6)."""


def judged(reads: Sequence[Moments], boxes: Boxes, limit: float) -> tuple[Array, Array]:
    """Gains and errors (pairs, n), e-/DN, from the moments of the reads of every pair in boxes of 256 pixels."""
    pool = boxes.sector * 2 + boxes.kind
    lines = [classic(each, limit, pool) for each in reads]
    return np.stack([each.gain for each in lines]), np.stack([each.gain_err for each in lines])


def reads_of_pair(one: Flat, two: Flat, clipper: Clipper, limit: float, last_group: int, tick: Callable[[int], None]) -> Moments:
    """Moments of the reads of a pair up to the last group with a box within the limit; ``tick(groups done)`` before each."""
    bad = one.pixel_bad() | two.pixel_bad()
    found: list[Moments] = []
    for group in range(1, last_group + 1):
        tick(group - 1)
        for flat in (one, two):
            flat.add_group_bad(group, bad)
        found.append(clipper.moments(one.read(group), two.read(group), bad))
        if not np.any(found[-1].mean <= 2.0 * limit):
            break
    return stacked(found)
