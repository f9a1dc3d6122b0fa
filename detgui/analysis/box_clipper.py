"""Clipped moments of boxes, pair of images after pair of images, with threads."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.science import clip_factor
from detgui.science.boxes import Boxes, Runs
from detgui.science.clip_kernels import CHUNK, Floats, Image, Room, aligned, clip_groups, room_for
from detgui.science.clip_lanes import LANES, MOST_PIXELS, STEP, clip_strips, work_for
from detgui.science.clip_plan import Plan, large, small
from detgui.science.photon_transfer import Moments, moments_of


@dataclass(frozen=True, slots=True, eq=False)
class Images:
    """Two images, flat arrays: ``scale`` times ``one`` and ``two``; a pixel counts where ``bad`` is at most ``allowed``."""

    one: Image
    two: Image
    bad: NDArray[np.uint8]
    allowed: int = 0
    scale: float = 1.0


class BoxWork:
    """How boxes are clipped: large and small ones, each in parts for several threads."""

    def __init__(self, runs: Runs, pixels: NDArray[np.int64], level: float, parts: int) -> None:
        """``runs`` (`boxes.Boxes.runs`) and number of ``pixels`` of every box; clipping at ``level``."""
        self.level, self.boxes = level, pixels.size
        few = pixels <= MOST_PIXELS
        self._large, self._small = large(runs, np.flatnonzero(~few)), small(runs, np.flatnonzero(few))
        self._parts = [(one, two) for one, two in zip(_spans(self._large, parts), _spans(self._small, parts), strict=True)]

    @property
    def parts(self) -> int:
        """Into how many parts the work is cut."""
        return len(self._parts)

    def clip(self, part: int, rooms: Rooms, images: Images, out: NDArray[np.float64]) -> None:
        """Do a part for two flat images, into ``out`` (boxes, 2, 4)."""
        pixels, flat = (images.one, images.two, images.bad, np.uint8(images.allowed), np.float32(images.scale)), out.reshape(-1)
        span, strips = self._parts[part]
        if span[1] > span[0]:
            scratch, room = rooms.large(self._large.room)
            clip_groups(*pixels, self._large.arrays, span, self.level, scratch, room, flat)
        if strips[1] > strips[0]:
            plan = self._small
            clip_strips(*pixels, plan.arrays, plan.index, strips, self.level, rooms.small(plan.room, plan.rows), rooms.work, flat)


class Rooms:
    """Scratch memory of one thread, which grows as needed."""

    def __init__(self) -> None:
        self._chunks, self._room = np.empty((2, 0), np.float32), room_for(0)
        self._strips, self._lanes = np.empty((2, 0), np.float32), np.empty(0, np.float32)
        self.work = work_for()

    def large(self, chunks: int) -> tuple[tuple[Floats, Floats], Room]:
        """Room for that many chunks of the difference and of the sum, and for their sums."""
        if self._chunks.shape[1] < chunks * CHUNK:
            self._chunks, self._room = aligned((2, chunks * CHUNK)), room_for(chunks)
        return (self._chunks[0], self._chunks[1]), self._room

    def small(self, pixels: int, rows: int) -> tuple[Floats, Floats, Floats]:
        """Room for strips of that many pixels of the difference and of the sum, and for `clip_lanes.LANES` boxes of ``rows`` pixels."""
        if self._strips.shape[1] < pixels:
            self._strips = aligned((2, pixels))
        if self._lanes.size < (rows + STEP) * LANES:
            self._lanes = aligned(((rows + STEP) * LANES,))
        return self._strips[0], self._strips[1], self._lanes


class Clipper:
    """Moments of the same boxes in one pair of images after another, with threads of its own; close it."""

    def __init__(self, boxes: Boxes, level: float = 3.0, correct: bool = True, workers: int = 2) -> None:
        """``level`` standard deviations, 0 for no clipping; ``correct`` the variance for what clipping takes. Raises `BadInput` for a
        level that is not tabulated."""
        clip_factor.factors(level, np.ones(1))
        self.level, self.correct = level, correct
        self._work = BoxWork(boxes.runs(), boxes.pixels, level, max(1, workers))
        self._rooms = [Rooms() for _ in range(self._work.parts)]
        self._pool = ThreadPoolExecutor(self._work.parts, thread_name_prefix="detgui-clip")

    def __enter__(self) -> Clipper:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def moments(self, one: NDArray[np.float32], two: NDArray[np.float32], bad: NDArray[np.uint8]) -> Moments:
        """Mean of ``one + two`` and variance of ``one - two``, each clipped by itself, of the pixels that are not ``bad`` and finite.

        All three have the shape of the labels. NaN where fewer than two pixels are left.
        """
        out = np.empty((self._work.boxes, 2, 4))
        first, second = (np.ascontiguousarray(each, np.float32).reshape(-1) for each in (one, two))
        images = Images(first, second, np.ascontiguousarray(bad, np.uint8).reshape(-1))

        def work(part: int) -> None:
            self._work.clip(part, self._rooms[part], images, out)

        list(self._pool.map(work, range(self._work.parts)))
        return moments_of(out, self.level, self.correct)


def _spans(plan: Plan, parts: int) -> Sequence[tuple[int, int]]:
    """Ranges of groups with about as many pixels each."""
    done = np.append(0, np.cumsum(plan.pixels))
    edges = np.abs(done - np.linspace(0, done[-1], parts + 1)[:, None]).argmin(axis=1)
    edges[-1] = len(plan)
    return [(int(edges[part]), int(edges[part + 1])) for part in range(parts)]
