"""Clipped moments of boxes, pair of images after pair of images, with threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from detgui.science import clip_factor
from detgui.science.boxes import Boxes
from detgui.science.clip_kernels import clip_boxes
from detgui.science.photon_transfer import Moments, moments_of


class Clipper:
    """Moments of the same boxes in one pair of images after another, with threads of its own; close it."""

    def __init__(self, boxes: Boxes, level: float = 3.0, correct: bool = True, workers: int = 2) -> None:
        """``level`` standard deviations, 0 for no clipping; ``correct`` the variance for what clipping takes. Raises `BadInput` for a
        level that is not tabulated."""
        clip_factor.factors(level, np.ones(1))
        self.level, self.correct, self._count = level, correct, len(boxes)
        self._runs = boxes.runs()
        self._spans = _spans(boxes.pixels, workers)
        self._rooms = [np.empty(max(1, int(boxes.pixels.max())), np.float32) for _ in self._spans]
        self._pool = ThreadPoolExecutor(max(1, len(self._spans)), thread_name_prefix="detgui-clip")

    def __enter__(self) -> Clipper:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def moments(self, one: NDArray[np.float32], two: NDArray[np.float32], bad: NDArray[np.uint8]) -> Moments:
        """Mean of ``one + two`` and variance of ``one - two``, each clipped by itself, of the pixels that are not ``bad`` and finite.

        All three have the shape of the labels. NaN where fewer than two pixels are left.
        """
        out = np.empty((self._count, 2, 4))
        first, second = np.ascontiguousarray(one).reshape(-1), np.ascontiguousarray(two).reshape(-1)
        marks = np.ascontiguousarray(bad).reshape(-1)

        def work(part: int) -> None:
            clip_boxes(first, second, marks, *self._runs, self._spans[part], self.level, self._rooms[part], out)

        list(self._pool.map(work, range(len(self._spans))))
        return moments_of(out, self.level, self.correct)


def _spans(pixels: NDArray[np.int64], workers: int) -> list[tuple[int, int]]:
    """Ranges of boxes with about as many pixels each."""
    edges = np.searchsorted(np.cumsum(pixels), np.linspace(0, pixels.sum(), max(1, workers) + 1)[1:-1]) + 1
    edges = np.unique(np.clip(np.concatenate([[0], edges, [pixels.size]]), 0, pixels.size))
    return [(int(a), int(b)) for a, b in pairwise(edges)]
