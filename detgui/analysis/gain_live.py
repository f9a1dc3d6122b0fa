"""Gain map that follows an outline while it is dragged: reads of a few groups are kept, only boxes that change are measured again.

A box is clipped and its line fitted just as `gain_map` does it, out of the groups that are kept. Where all groups within the limit are kept
the gains are those of `gain_map`; but for the weights of the fits of a new pool of boxes, such as the first void in a sector, which come
from the noise of reads of the sector.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue

import numpy as np
from numpy.typing import NDArray

from detgui.analysis import gain_map
from detgui.analysis.box_clipper import BoxWork, Clipper, Rooms
from detgui.analysis.gain_frames import Flat, flats_of
from detgui.analysis.gain_pass import PairPass
from detgui.analysis.gain_reads import Choice, Kept, choose, keep
from detgui.analysis.gain_regions import masks_of
from detgui.analysis.gain_types import Params
from detgui.data.exposure import Exposure
from detgui.data.stream import workers_for
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.box_kernels import match
from detgui.science.boxes import Boxes, cut
from detgui.science.clip_factor import factors
from detgui.science.detector import DetectorGeometry
from detgui.science.gain_differences import measure_pair
from detgui.science.gain_error import Noise, classic
from detgui.science.gain_pairs import mean_of_pairs
from detgui.science.photon_transfer import Moments

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

MEMORY = 600_000_000
"""Bytes of reads that are kept at most."""

NOISE_GROUPS = 4
"""Groups out of whose differences the noise of reads comes where not all are kept."""

POOLS = 10
"""Pools of boxes: twice the sector plus the kind of box."""

TYPICAL = 200
"""Boxes of a pool, apart from those that changed, out of which the weights of a fit are made."""


@dataclass(frozen=True, slots=True, eq=False)
class LiveMap:
    """Gain by box while an outline moves: ``gain`` and ``gain_err`` e-/DN, shapes (n,), NaN where a box cannot be measured; ``changed``
    numbers of the boxes that were measured anew, shape (m,)."""

    boxes: Boxes
    gain: Array
    gain_err: Array
    changed: NDArray[np.int64]

    def map(self) -> NDArray[np.float32]:
        """Gain of every pixel, shape (ny, nx), e-/DN; NaN where there is no box."""
        return self.boxes.spread(self.gain)


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """The last map: ``moments`` (3, pairs, groups, n), mean of the sum and variance of the difference in DN and pixels before clipping;
    ``gain`` and ``err`` (pairs, n)."""

    boxes: Boxes
    moments: NDArray[np.float32]
    gain: Array
    err: Array


class LiveGain:
    """Reads of pairs of flats, kept for gain maps with other voids; `build` makes one, `update` may be called by any thread.

    ``geometry``; ``pairs`` and ``groups`` (1-based) that are kept, ``limit`` DN on the single frame, ``factor`` of the IPC that gains are
    multiplied with; ``complete`` True where no pair and no group within the limit had to be left out; ``nbytes`` of the reads;
    ``pixel_count`` of the image.
    """

    def __init__(self, params: Params, limit: float, geometry: DetectorGeometry, choice: Choice, factor: float) -> None:
        self.params, self.limit, self.geometry, self.factor = params, limit, geometry, factor
        self.pairs, self.groups, self.complete = choice.pairs, choice.groups, choice.complete
        self.pixel_count = geometry.ny * geometry.nx
        self._kept: list[Kept] = []
        self._noise = np.full((len(choice.pairs), POOLS), np.nan)
        self._lock = threading.Lock()
        self._last: _State | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of the reads."""
        return sum(each.nbytes for each in self._kept)

    @classmethod
    def build(
        cls,
        flats: Sequence[Exposure],
        params: Params,
        pairs_used: tuple[int, ...],
        progress: Progress = no_progress,
        factor: float = 1.0,
        memory: int = MEMORY,
    ) -> LiveGain:
        """Read the pairs ``pairs_used`` (1-based) once. Raises `BadInput` for what `gain_map.check` finds, `Cancelled` by ``progress``."""
        gain_map.check(flats, params)
        frames, geometry = flats_of(flats), flats[0].geometry
        limit = params.limit if params.limit is not None else gain_map.default_limit(geometry.detector)
        ngroups = frames[0].exposure.shape[1]
        last = ngroups if params.last_group is None else min(ngroups, params.last_group)
        choice = choose(frames, pairs_used, last, limit, memory)
        live = cls(params, limit, geometry, choice, factor)
        voids, exclude = masks_of(flats[0], params.voids, "void"), masks_of(flats[0], params.exclude, "exclude")
        boxes = cut(geometry, params.box, voids, exclude)
        for at, pair in enumerate(choice.pairs):
            one, two = frames[2 * pair - 2], frames[2 * pair - 1]
            told = _part(progress, at, len(choice.pairs), f"pair {pair}: reads for the map that follows")
            live._kept.append(keep(one, two, choice, limit, told))
            live._noise[at] = live._noise_of(one, two, boxes, choice.groups[-1] if choice.complete else min(NOISE_GROUPS, last), told)
        progress(0.95, "first map")
        live.update(voids, exclude)
        with suppress(BadInput):  # the dot may be all that a sector has
            live.update((*voids, live._dot()), exclude)
        progress(1.0, "done")
        return live

    def _dot(self) -> Mask:
        """A void of a few pixels, with which everything that an outline may need gets compiled."""
        dot = np.zeros((self.geometry.ny, self.geometry.nx), bool)
        dot[self.geometry.ny // 2 :, self.geometry.nx // 2 :][:3, :3] = True
        return dot

    def update(self, voids: Sequence[Mask], exclude: Sequence[Mask] = (), box: int | None = None) -> LiveMap:
        """Gain with these voids and excluded pixels, masks (ny, nx); ``box`` nominal side, that of the build where None.

        Raises `BadInput` as `boxes.cut` does.
        """
        boxes = cut(self.geometry, self.params.box if box is None else box, voids, exclude)
        with self._lock:
            source = self._unchanged(boxes)
            changed = np.flatnonzero(source < 0)
            shape = (len(self.pairs), len(boxes))
            state = _State(boxes, np.empty((3, shape[0], len(self.groups), shape[1]), np.float32), np.empty(shape), np.empty(shape))
            if self._last is not None:
                for now, before in ((state.moments, self._last.moments), (state.gain, self._last.gain), (state.err, self._last.err)):
                    np.take(before, source, axis=-1, out=now, mode="clip")
            self._clip(state, changed)
            self._fit(state, changed)
            self._last = state
        gain, err = mean_of_pairs(state.gain * self.factor, state.err * self.factor)
        return LiveMap(boxes, gain, err, changed)

    def _unchanged(self, boxes: Boxes) -> NDArray[np.int64]:
        """By box the number that the same pixels had in the last map, -1 where they were no box of the same kind."""
        source = np.full(len(boxes), -1, np.int64)
        if self._last is not None:
            before = self._last.boxes
            match(boxes.labels.reshape(-1), before.labels.reshape(-1), source)
            place = np.maximum(source, 0)
            same = (source >= 0) & (before.pixels[place] == boxes.pixels) & (before.kind[place] == boxes.kind)
            source[~same] = -1
        return source

    def _clip(self, state: _State, chosen: NDArray[np.int64]) -> None:
        """Moments of some boxes, every pair and group, into ``state``."""
        if not chosen.size:
            return
        work = BoxWork(state.boxes.runs(chosen), state.boxes.pixels[chosen], self.params.clip, 1)
        jobs: SimpleQueue[tuple[int, int]] = SimpleQueue()
        for pair in range(len(self.pairs)):
            for group in range(len(self.groups)):
                jobs.put((pair, group))

        def work_off() -> None:
            room, out = Rooms(), np.empty((chosen.size, 2, 4))
            with suppress(Empty):
                while True:
                    pair, group = jobs.get_nowait()
                    kept = self._kept[pair]
                    work.clip(0, room, kept.images(group), out)
                    found = (out[:, 1, 2] + 2.0 * kept.offset, out[:, 0, 3], out[:, 0, 0])
                    for place, figures in enumerate(found):
                        state.moments[place, pair, group, chosen] = figures

        others = workers_for(None) - 1  # this thread works too: to start one costs as much as a box or two
        with ThreadPoolExecutor(max(1, others), thread_name_prefix="detgui-live") as pool:
            waiting = [pool.submit(work_off) for _ in range(others)]
            work_off()
            for each in waiting:
                each.result()

    def _fit(self, state: _State, chosen: NDArray[np.int64]) -> None:
        """Gains of some boxes, with weights made out of them and of typical ones of their pools."""
        if not chosen.size:
            return
        pool = state.boxes.sector * 2 + state.boxes.kind
        some = np.union1d(chosen, typical(pool))
        level, correct = self.params.clip, self.params.clip_correction
        for pair in range(len(self.pairs)):
            mean, variance, pixels = state.moments[:, pair][:, :, some].astype(np.float64)
            factor, excess = factors(level, pixels)
            factor = factor if correct else np.ones_like(factor)
            line = classic(
                Moments(mean, variance / factor, pixels, factor, excess), self.limit, pool[some], self._noise_for(pair, pool[some])
            )
            state.gain[pair, some], state.err[pair, some] = line.gain, line.gain_err

    def _noise_for(self, pair: int, pool: NDArray[np.int64]) -> Noise | None:
        """2 R^2 of pools; that of the other kind in the sector, or the median, where a pool was not there."""
        known = self._noise[pair]
        if not np.isfinite(known).any():
            return None
        other = known[np.arange(POOLS) ^ 1]
        filled = np.where(np.isfinite(known), known, np.where(np.isfinite(other), other, np.nanmedian(known)))[pool]
        return Noise(filled, np.zeros_like(filled), np.ones_like(filled), ())

    def _noise_of(self, one: Flat, two: Flat, boxes: Boxes, groups: int, progress: Progress) -> Array:
        """2 R^2 by pool, NaN where it is not known, from the differences of the first groups of a pair."""
        pool = boxes.sector * 2 + boxes.kind
        with Clipper(boxes, self.params.clip, self.params.clip_correction, workers_for(None)) as clipper:
            found = PairPass(one, two, boxes, clipper, self.limit, False).run(groups, lambda _: progress(1.0, "noise of reads"))
        noise = measure_pair(found.reads, found.differences, self.limit, pool).noise
        by_pool = np.full(POOLS, np.nan)
        if noise is not None:
            by_pool[pool] = noise.value
        return by_pool


def typical(pool: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers of at most `TYPICAL` boxes of every pool, evenly spread over it."""
    found = []
    for number in np.unique(pool):
        members = np.flatnonzero(pool == number)
        found.append(members[np.linspace(0, members.size - 1, min(TYPICAL, members.size)).astype(np.int64)])
    return np.concatenate(found)


def _part(progress: Progress, at: int, parts: int, message: str) -> Progress:
    """The progress of one of equal parts."""

    def told(fraction: float, _: str = "") -> None:
        progress((at + 0.9 * fraction) / parts, message)

    return told
