"""Compile the loops of the passes over ramps ahead of their first use."""

from __future__ import annotations

import numpy as np

from detgui.data import ramp_kernels, stream_kernels
from detgui.progress import PREPARING, Progress, no_progress

_done = False


def first_words(words: str) -> str:
    """What a pass over ramps says before its first block: ``words``, or what keeps it where its loops are not compiled yet."""
    return words if _done else PREPARING


def warm_up(progress: Progress = no_progress) -> None:
    """Compile, or load from the cache, what the first map and the first mean ramps would wait for (seconds the first time).

    For a background task at start; without numba, or where nothing can be compiled, nothing happens.
    """
    global _done
    progress(0.0, PREPARING)
    if not stream_kernels.prepare():
        _done = True
        return
    none, bytes_, one = np.empty(0, np.int64), np.zeros(8, np.uint8), np.ones(1, np.float32)
    numbers, counts = np.zeros(1), np.zeros(1, np.int32)
    shared = (np.zeros(1, np.uint8), np.zeros(1, np.int64))
    marks, mask = bytes_[:1], np.uint8(255)
    stream_kernels.reduce_slopes(-1, none, none, 4, 1, 0, one, 1, mask, marks, bytes_, one, marks, numbers, numbers, counts, *shared)
    progress(0.5, PREPARING)
    image, keep, floats = bytes_.reshape(1, 8), np.zeros((4, 1), np.uint8), np.zeros((1, 1), np.float32)
    places = (np.empty(0, np.int32), none, none)
    ramp_kernels.average_ramps(
        *places, 4, np.float32(0), 1, 0, 1, mask, none, image, bytes_, keep, one, bytes_[:1], floats, 0, counts, *shared
    )
    ramp_kernels.sum_ramps(floats.reshape(1, 1, 1), floats, none, 0, 1, floats)
    _done = True
    progress(1.0, "prepared")
