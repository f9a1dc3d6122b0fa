"""Clipped means and variances of boxes, and the straight line of variance against mean (JWST-STScI-004622, section 4)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from detgui.science.boxes import Boxes
from detgui.science.clip_factor import factors
from detgui.science.clip_kernels import clip_boxes

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Clipped moments of boxes, shapes (..., n boxes).

    ``mean`` of the sum frame, DN; ``variance`` of the difference frame, DN^2, corrected for clipping where asked; ``pixels`` that
    entered the difference before clipping; ``factor`` and ``excess`` of `clip_factor.factors`, ``factor`` 1 where not corrected.
    """

    mean: Array
    variance: Array
    pixels: Array
    factor: Array
    excess: Array


class Clipper:
    """Moments of the same boxes in one pair of images after another, with threads of its own; close it."""

    def __init__(self, boxes: Boxes, level: float = 3.0, correct: bool = True, workers: int = 2) -> None:
        """``level`` standard deviations, 0 for no clipping; ``correct`` the variance for what clipping takes. Raises `BadInput` for a
        level that is not tabulated."""
        factors(level, np.ones(1))
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
        factor, excess = factors(self.level, out[:, 0, 0])
        if not self.correct:
            factor = np.ones_like(factor)
        return Moments(out[:, 1, 2], out[:, 0, 3] / factor, out[:, 0, 0], factor, excess)


def _spans(pixels: NDArray[np.int64], workers: int) -> list[tuple[int, int]]:
    """Ranges of boxes with about as many pixels each."""
    edges = np.searchsorted(np.cumsum(pixels), np.linspace(0, pixels.sum(), max(1, workers) + 1)[1:-1]) + 1
    edges = np.unique(np.clip(np.concatenate([[0], edges, [pixels.size]]), 0, pixels.size))
    return [(int(a), int(b)) for a, b in pairwise(edges)]


def stacked(several: list[Moments]) -> Moments:
    """Moments of several groups as one, shapes (groups, boxes)."""
    return Moments(*(np.stack([getattr(each, name) for each in several]) for name in ("mean", "variance", "pixels", "factor", "excess")))
