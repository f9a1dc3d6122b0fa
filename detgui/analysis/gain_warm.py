"""Compile the loops of gain maps ahead of their first use."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.box_clipper import BoxWork, Images, Rooms
from detgui.progress import PREPARING, Progress, no_progress
from detgui.science.box_kernels import match, paint
from detgui.science.boxes import cut
from detgui.science.clip_kernels import Image, clip_rows
from detgui.science.clip_lanes import MOST_PIXELS
from detgui.science.detector import DetectorGeometry
from detgui.science.neighbour_kernels import lag_sums

SIDE = 64
LARGE, SMALL = 32, 8
"""Pixels: boxes of either kind (`clip_lanes.MOST_PIXELS`)."""

_done: set[tuple[str, int]] = set()
"""Type of the images and side of the boxes."""


def prepare(pixels: NDArray[np.int64], progress: Progress = no_progress) -> None:
    """Compile, or load from the cache, what clips boxes of so many ``pixels``; it says so by ``progress``, once in a process.

    Otherwise the first group of the first map would seem to take seconds.
    """
    for side, there in ((LARGE, pixels > MOST_PIXELS), (SMALL, pixels <= MOST_PIXELS)):
        if there.any():
            _clip("float32", side, progress)


def warm_up(progress: Progress = no_progress) -> None:
    """The same for all that the gain tab may need: maps that follow an outline, IPC from neighbours, comparisons. For a background task."""
    for dtype in ("float32", "int16"):
        for side in (LARGE, SMALL):
            _clip(dtype, side, progress)
    progress(0.8, PREPARING)
    image, labels = np.zeros((4, 4), np.float32), np.zeros(4, np.int32)
    match(labels, labels, np.full(1, -1, np.int64))
    paint(labels, image[0], image[1])
    lag_sums(image, image, np.zeros((1, 2), np.int64), np.empty((1, 2)))
    clip_rows(image, 3.0, np.empty((4, 4)))
    progress(1.0, "prepared")


def _clip(dtype: str, side: int, progress: Progress) -> None:
    """Clip boxes in images of a type, unless that was done."""
    if (dtype, side) in _done:
        return
    progress(0.0, PREPARING)
    image: Image = np.zeros(SIDE * SIDE, dtype)
    boxes = cut(DetectorGeometry(SIDE, SIDE), side)
    work = BoxWork(boxes.runs(), boxes.pixels, 3.0, 1)
    work.clip(0, Rooms(), Images(image, image, np.zeros(image.size, np.uint8)), np.empty((len(boxes), 2, 4)))
    _done.add((dtype, side))
