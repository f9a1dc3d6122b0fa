"""Compile the loops of gain maps ahead of their first use."""

from __future__ import annotations

import numpy as np

from detgui.analysis.box_clipper import BoxWork, Images, Rooms
from detgui.progress import Progress, no_progress
from detgui.science.box_kernels import match
from detgui.science.boxes import cut
from detgui.science.clip_kernels import Image, clip_rows
from detgui.science.detector import DetectorGeometry
from detgui.science.neighbour_kernels import lag_sums

SIDE = 64
SIZES = (32, 8)
"""Pixels: boxes of the large and of the small kind."""

PREPARING = "preparing (slow the first time)"
"""Only then is anything compiled; later it is loaded."""

_done: set[str] = set()


def prepare(progress: Progress = no_progress) -> None:
    """Compile, or load from the cache, what clips the boxes of a map; it says so by ``progress``, once in a process.

    Otherwise the first group of the first map would seem to take seconds.
    """
    _clip("float32", progress)


def warm_up(progress: Progress = no_progress) -> None:
    """The same for all that the gain tab may need: maps that follow an outline, IPC from neighbours, comparisons. For a background task."""
    prepare(progress)
    _clip("int16", progress)
    if "others" not in _done:
        progress(0.8, PREPARING)
        image, labels = np.zeros((4, 4), np.float32), np.zeros(4, np.int32)
        match(labels, labels, np.full(1, -1, np.int64))
        lag_sums(image, image, np.zeros((1, 2), np.int64), np.empty((1, 2)))
        clip_rows(image, 3.0, np.empty((4, 4)))
        _done.add("others")
    progress(1.0, "prepared")


def _clip(dtype: str, progress: Progress) -> None:
    """Clip boxes of either kind in images of a type."""
    if dtype in _done:
        return
    image: Image = np.zeros(SIDE * SIDE, dtype)
    images = Images(image, image, np.zeros(image.size, np.uint8))
    for size in SIZES:
        progress(0.0, PREPARING)
        boxes = cut(DetectorGeometry(SIDE, SIDE), size)
        work = BoxWork(boxes.runs(), boxes.pixels, 3.0, 1)
        work.clip(0, Rooms(), images, np.empty((len(boxes), 2, 4)))
    _done.add(dtype)
