"""Reads of pairs of flats that are kept in memory, as many groups as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.box_clipper import Images
from detgui.analysis.gain_frames import Flat
from detgui.progress import Progress
from detgui.science.clip_kernels import Image

BAND = 64
FEWEST, MOST = 3, 250
SPAN = 4.0
"""Whole numbers reach from -1 to 3 times the limit of the single frame."""

LEAST, MOST_NUMBER = -32768, 32767


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """Reads of one pair: ``reads`` by group, flat arrays of the first and of the second flat, in DN once multiplied with ``scale`` and
    ``offset`` added; ``bad`` (pixels,): in how many of the groups, the last ones, a pixel is of no use."""

    reads: tuple[tuple[Image, Image], ...]
    scale: float
    offset: float
    bad: NDArray[np.uint8]

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return self.bad.nbytes + sum(each.nbytes for pair in self.reads for each in pair)

    def images(self, group: int) -> Images:
        """Both flats at a group (its place among those kept)."""
        return Images(*self.reads[group], self.bad, len(self.reads) - 1 - group, self.scale)


@dataclass(frozen=True, slots=True)
class Choice:
    """What is kept: ``pairs`` and ``groups`` (1-based), ``whole`` True for float32 as read, ``complete`` True where nothing is left out."""

    pairs: tuple[int, ...]
    groups: tuple[int, ...]
    whole: bool
    complete: bool


def choose(flats: Sequence[Flat], pairs: tuple[int, ...], last: int, limit: float, memory: int) -> Choice:
    """What of the ``pairs`` and of the groups up to ``last`` whose signal is within ``limit`` fits into ``memory`` bytes.

    Groups are spread evenly in the logarithm of their signal: variances of reads of one ramp are correlated by the ratio of their signals.
    """
    levels = _levels(flats[2 * (pairs[0] - 1)], last)
    count = max(FEWEST, int((levels[:, 0] <= limit).sum()))
    pixels = int(np.prod(flats[0].exposure.shape[2:]))
    groups = min(count, last, MOST)
    if len(pairs) * pixels * (8 * groups + 1) <= memory:
        return Choice(pairs, tuple(range(1, groups + 1)), True, groups == count)
    most_pairs = max(1, memory // (pixels * (4 * FEWEST + 1)))
    kept = pairs[:most_pairs]
    room = min(MOST, max(FEWEST, (memory // (pixels * len(kept)) - 1) // 4))
    if room >= groups:
        return Choice(kept, tuple(range(1, groups + 1)), False, groups == count and len(kept) == len(pairs))
    inside = max(FEWEST, int((levels[:, 1] <= limit).sum()))
    return Choice(kept, spread(levels[:inside, 1], room), False, False)


def spread(levels: NDArray[np.float64], count: int) -> tuple[int, ...]:
    """Numbers (1-based) of ``count`` of the groups with these signals, the first and the last among them."""
    if count >= levels.size:
        return tuple(range(1, levels.size + 1))
    signal = np.maximum.accumulate(np.maximum(levels, 1e-3 * max(float(levels[-1]), 1.0)))
    wanted = np.geomspace(signal[0], signal[-1], count)
    chosen = {int(np.abs(signal - each).argmin()) for each in wanted} | {0, levels.size - 1}
    for group in range(levels.size - 1, -1, -1):
        if len(chosen) >= count:
            break
        chosen.add(group)
    return tuple(group + 1 for group in sorted(chosen))


def _levels(flat: Flat, last: int) -> NDArray[np.float64]:
    """Low (1 %) and middle signal of every group in a band of rows, DN, shape (last, 2)."""
    ny = flat.exposure.shape[2]
    rows = (max(0, (ny - BAND) // 2), min(ny, (ny + BAND) // 2) - 1)
    found = []
    for group in range(1, last + 1):
        band = np.asarray(flat.exposure.read_block("SCI", (flat.integration,) * 2, (group,) * 2, rows), np.float32)[..., ::4]
        found.append(np.nanpercentile(band, (1.0, 50.0)) if np.isfinite(band).any() else np.full(2, np.inf))
    return np.array(found)


def keep(one: Flat, two: Flat, choice: Choice, limit: float, progress: Progress) -> Kept:
    """Read a pair, with ``progress`` before every group."""
    bad = one.pixel_bad() | two.pixel_bad()
    scale = 1.0 if choice.whole else SPAN * limit / (1 << 16)
    count = np.where(bad.reshape(-1) != 0, len(choice.groups), 0).astype(np.uint8)
    images: list[tuple[Image, Image]] = []
    for at, group in enumerate(choice.groups):
        progress(at / len(choice.groups), f"group {group}")
        before = choice.groups[at - 1] if at else 0
        for flat in (one, two):
            for each in range(before + 1, group + 1):
                flat.add_group_bad(each, bad)
        reads = [each.read(group).reshape(-1) for each in (one, two)]
        gone = (bad.reshape(-1) != 0) | ~np.isfinite(reads[0]) | ~np.isfinite(reads[1])
        np.maximum(count, np.where(gone, len(choice.groups) - at, 0).astype(np.uint8), out=count)
        images.append((_stored(reads[0], choice.whole, limit, scale), _stored(reads[1], choice.whole, limit, scale)))
    return Kept(tuple(images), scale, 0.0 if choice.whole else limit, count)


def _stored(read: NDArray[np.float32], whole: bool, limit: float, scale: float) -> Image:
    """What is kept of a read; what is not finite becomes some number."""
    if whole:
        return np.ascontiguousarray(read)
    numbers = np.subtract(read, np.float32(limit))
    numbers *= np.float32(1.0 / scale)
    np.rint(numbers, out=numbers)
    np.fmax(numbers, np.float32(LEAST), out=numbers)
    np.fmin(numbers, np.float32(MOST_NUMBER), out=numbers)
    return numbers.astype(np.int16)
