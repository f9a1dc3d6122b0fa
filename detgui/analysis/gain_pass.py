"""One pass over a pair of flats: moments of the reads and of differences of reads, a few frames in memory at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.box_clipper import Clipper
from detgui.analysis.gain_frames import Flat
from detgui.science.box_planes import less_planes, tiles_of
from detgui.science.boxes import Boxes
from detgui.science.gain_error import ADJACENT, LAG_ONE, LAG_TWO
from detgui.science.ipc import neighbour_factor
from detgui.science.photon_transfer import Moments, averaged, stacked

Frame = NDArray[np.float32]

DRIFT_GROUP = 11
"""Figure 9 of the report: group 11 minus group 1."""


@dataclass(frozen=True, slots=True, eq=False)
class PairMoments:
    """What a pair gives: moments of its ``reads`` (groups, boxes), of ``differences`` of reads within the limit, signal between two groups
    of either flat with its spread over pixels, and the IPC factor from neighbours (NaN where not asked for)."""

    reads: Moments
    differences: dict[str, Moments]
    signal: tuple[tuple[float, float], tuple[float, float]]
    ipc: float


def drift_groups(ngroups: int) -> tuple[int, int]:
    """The two groups, 1-based, between which the signal of a flat is taken."""
    return 1, min(DRIFT_GROUP, ngroups)


class PairPass:
    """Goes through the groups of two flats."""

    def __init__(self, one: Flat, two: Flat, boxes: Boxes, clipper: Clipper, limit: float, measure_ipc: bool) -> None:
        self.flats, self.boxes, self.clipper, self.limit, self.measure_ipc = (one, two), boxes, clipper, limit, measure_ipc
        self.bad = one.pixel_bad() | two.pixel_bad()
        self._steps: list[tuple[Frame, Frame]] = []
        self._found: dict[str, list[Moments]] = {ADJACENT: [], LAG_ONE: [], LAG_TWO: []}
        self._first: tuple[Frame, Frame] | None = None
        self._low: tuple[Frame, NDArray[np.bool_]] | None = None
        self._high: tuple[Frame, NDArray[np.bool_]] | None = None

    def run(self, last_group: int, tick: Callable[[int], None]) -> PairMoments:
        """All groups up to ``last_group``; ``tick(groups done)`` is called before each."""
        ngroups = self.flats[0].exposure.shape[1]
        drift = drift_groups(last_group)
        reads: list[Moments] = []
        before: tuple[Frame, Frame] | None = None
        signal = ((np.nan, np.nan), (np.nan, np.nan))
        for group in range(1, min(last_group, ngroups) + 1):
            tick(group - 1)
            for flat in self.flats:
                flat.add_group_bad(group, self.bad)
            now = (self.flats[0].read(group), self.flats[1].read(group))
            reads.append(self.clipper.moments(*now, self.bad))
            within = bool(np.any(reads[-1].mean <= 2.0 * self.limit))
            if within:
                self._differences(before, now)
                self._for_ipc(now)
            if group == 1:
                self._first = now
            if group == drift[1] and self._first is not None:
                signal = (self._signal(now[0], self._first[0]), self._signal(now[1], self._first[1]))
                self._first = None
            before = now if within else None
        differences = {name: stacked(each) for name, each in self._found.items() if each}
        return PairMoments(stacked(reads), differences, signal, self._ipc())

    def _differences(self, before: tuple[Frame, Frame] | None, now: tuple[Frame, Frame]) -> None:
        """Differences of adjacent groups of the pair, and of one ramp at lag one and two, the mean of both ramps."""
        if before is None:
            return
        step = (now[0] - before[0], now[1] - before[1])
        self._found[ADJACENT].append(self.clipper.moments(*step, self.bad))
        for name, lag in ((LAG_ONE, 1), (LAG_TWO, 2)):
            if len(self._steps) >= lag:
                older = self._steps[-lag]
                self._found[name].append(averaged(*(self.clipper.moments(step[at], older[at], self.bad) for at in (0, 1))))
        self._steps = [*self._steps, step][-2:]

    def _for_ipc(self, now: tuple[Frame, Frame]) -> None:
        """Keep the first and the newest difference frame."""
        if self.measure_ipc:
            kept = (now[0] - now[1], self.bad == 0)
            self._low, self._high = (kept, None) if self._low is None else (self._low, kept)

    def _ipc(self) -> float:
        """The factor from neighbours in the first and the last frame within the limit, NaN where not asked for."""
        if self._low is None or self._high is None:
            return float("nan")
        tiles = tiles_of(self.boxes)
        high, low = (less_planes(frame, tiles, good) for frame, good in (self._high, self._low))
        return neighbour_factor(high, low)

    def _signal(self, late: Frame, early: Frame) -> tuple[float, float]:
        values = (late - early)[(self.boxes.labels >= 0) & (self.bad == 0)]
        values = values[np.isfinite(values)]
        return (float(values.mean(dtype=np.float64)), float(values.std(dtype=np.float64))) if values.size else (np.nan, np.nan)
