"""Compiled loops over the pixels of boxes: cells of a grid, runs of pixels, boxes that stay what they were. All images are flat.

The key of a pixel's cell is ``along_x[x] + along_y[y]``, and ``step`` more in a void; it is looked at once for a run of equal pixels.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from detgui.science.jit import kernel

Numbers = NDArray[np.int64]
Labels = NDArray[np.int32]
Marks = NDArray[np.uint8]
MIXED = -2


@kernel
def count_cells(along_x: Numbers, along_y: Numbers, void: Marks, usable: Marks, step: int, sums: Numbers) -> None:
    """Number of usable pixels, sum of their x and of their y, into ``sums`` (keys, 3)."""
    nx = along_x.size
    for y in range(along_y.size):
        base, x = y * nx, 0
        while x < nx:
            first, kind, cell = x, void[base + x], along_x[x]
            if usable[base + x] == 0:
                x += 1
                continue
            while x < nx and usable[base + x] != 0 and void[base + x] == kind and along_x[x] == cell:
                x += 1
            key, count = cell + along_y[y] + (step if kind else 0), x - first
            sums[key, 0] += count
            sums[key, 1] += count * (first + x - 1) // 2
            sums[key, 2] += count * y


@kernel
def label_cells(
    along_x: Numbers, along_y: Numbers, void: Marks, usable: Marks, step: int, numbers: NDArray[np.int32], labels: Labels
) -> None:
    """``numbers`` of every usable pixel's key into ``labels``, -1 elsewhere."""
    nx = along_x.size
    for y in range(along_y.size):
        base, row = y * nx, along_y[y]
        for x in range(nx):
            key = along_x[x] + row + (step if void[base + x] else 0)
            labels[base + x] = numbers[key] if usable[base + x] else -1


@kernel
def count_runs(labels: Labels, nx: int, chosen: Numbers, counts: Numbers) -> None:
    """Number of runs of pixels in a row of every box, at the place ``chosen`` gives it in ``counts``; boxes with -1 are passed over."""
    for base in range(0, labels.size, nx):
        last = np.int32(-1)
        for i in range(base, base + nx):
            label = labels[i]
            if label != last:
                last = label
                if label >= 0 and chosen[label] >= 0:
                    counts[chosen[label]] += 1


@kernel
def fill_runs(labels: Labels, nx: int, chosen: Numbers, following: Numbers, starts: Numbers, lengths: Numbers) -> None:
    """Starts and lengths of those runs; ``following`` is the next free place of every box, and is changed."""
    for base in range(0, labels.size, nx):
        i = base
        while i < base + nx:
            first, label = i, labels[i]
            while i < base + nx and labels[i] == label:
                i += 1
            if label >= 0 and chosen[label] >= 0:
                place = following[chosen[label]]
                following[chosen[label]] = place + 1
                starts[place], lengths[place] = first, i - first


@kernel
def paint(labels: Labels, values: NDArray[np.float32], image: NDArray[np.float32]) -> None:
    """The value of every pixel's box, NaN where there is none, into ``image``."""
    nothing = np.float32(np.nan)
    for i in range(labels.size):
        label = labels[i]
        image[i] = values[label] if label >= 0 else nothing


@kernel
def match(labels: Labels, before: Labels, source: Numbers) -> None:
    """For every box the one of ``before`` in which all its pixels were, into ``source``, which is -1 at first: `MIXED` where they were in
    several."""
    for i in range(labels.size):
        label = labels[i]
        if label >= 0:
            old = before[i]
            if source[label] != old:
                source[label] = old if source[label] == -1 and old >= 0 else MIXED


@kernel
def join_nearest(sizes: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64], nominal: int, into: Numbers) -> None:
    """Smallest first, boxes of less than half of ``nominal`` pixels join the one with the nearest centre, ``into`` whose number.

    ``sizes`` and the sums ``x`` and ``y`` of the pixels' places are changed.
    """
    alive = np.ones(sizes.size, np.bool_)
    left = sizes.size
    while left > 1:
        least = -1
        for box in range(sizes.size):
            if alive[box] and (least < 0 or sizes[box] < sizes[least]):
                least = box
        if sizes[least] * 2 >= nominal:
            break
        nearest, distance = -1, np.inf
        for box in range(sizes.size):
            if alive[box] and box != least:
                away = math.hypot(x[box] / sizes[box] - x[least] / sizes[least], y[box] / sizes[box] - y[least] / sizes[least])
                if away < distance:
                    nearest, distance = box, away
        sizes[nearest] += sizes[least]
        x[nearest] += x[least]
        y[nearest] += y[least]
        for box in range(sizes.size):
            if into[box] == least:
                into[box] = nearest
        alive[least] = False
        left -= 1
