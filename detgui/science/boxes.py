"""Boxes of pixels in which the gain is measured (JWST-STScI-004622, section 4 and 5.1).

The sector of every amplifier is cut into a grid; what lies in an epoxy void has boxes of its own, and boxes with less than half of the
nominal number of pixels are joined to another one of the same kind in the same sector.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from detgui.errors import BadInput
from detgui.science.box_kernels import count_cells, count_runs, fill_runs, join_nearest, label_cells, paint
from detgui.science.detector import FULL_SIZE, OUTPUTS, DetectorGeometry

SECTOR = FULL_SIZE // 4
BULK, VOID = 0, 1
KINDS = ("bulk", "void")
NOWHERE = -1

Runs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """Boxes of an image of shape (ny, nx).

    ``labels`` (ny, nx) int32: number of the box, -1 where there is none. By box (shape (n,)): ``sector`` 1 to 4 by detector column,
    ``kind`` `BULK` or `VOID`, ``pixels`` how many, ``small`` True where they are less than half of ``nominal``, ``x`` and ``y`` the
    centre (0-based). ``amplifiers`` by box: 'A' to 'D', '' where not known.
    """

    labels: NDArray[np.int32]
    sector: NDArray[np.int64]
    kind: NDArray[np.int64]
    pixels: NDArray[np.int64]
    small: NDArray[np.bool_]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    amplifiers: tuple[str, ...]
    nominal: int

    def __len__(self) -> int:
        return int(self.sector.size)

    def regions(self) -> tuple[str, ...]:
        """'bulk' or 'void' by box."""
        return tuple(KINDS[kind] for kind in self.kind)

    def spread(self, values: NDArray[np.float64]) -> NDArray[np.float32]:
        """Image (ny, nx) with every box's value, NaN where there is no box."""
        image = np.empty(self.labels.shape, np.float32)
        paint(self.labels.reshape(-1), values.astype(np.float32), image.reshape(-1))
        return image

    def runs(self, chosen: NDArray[np.int64] | None = None) -> Runs:
        """(starts, lengths, bounds): runs of consecutive pixels of the flat image, box after box; box k has runs bounds[k] to
        bounds[k + 1] - 1. Of the boxes ``chosen`` alone, in that order, where given."""
        places = np.arange(len(self)) if chosen is None else np.full(len(self), -1, np.int64)
        if chosen is not None:
            places[chosen] = np.arange(chosen.size)
        flat, nx = self.labels.reshape(-1), self.labels.shape[1]
        counts = np.zeros(len(self) if chosen is None else chosen.size, np.int64)
        count_runs(flat, nx, places, counts)
        bounds = np.append(0, np.cumsum(counts))
        starts, lengths = np.empty(bounds[-1], np.int64), np.empty(bounds[-1], np.int64)
        fill_runs(flat, nx, places, bounds[:-1].copy(), starts, lengths)
        return starts, lengths, bounds


def cut(
    geometry: DetectorGeometry,
    size: int = 256,
    voids: Sequence[NDArray[np.bool_]] = (),
    exclude: Sequence[NDArray[np.bool_]] = (),
    void_name: str = "the void",
) -> Boxes:
    """The boxes of an image with ``geometry``, nominally ``size`` pixels on a side.

    ``voids`` and ``exclude`` are masks of shape (ny, nx); the pixels of ``exclude`` and the reference pixels are in no box.
    ``void_name`` is what messages call the voids. Raises `BadInput` for a size below 2, a mask of another shape, no pixel left, or a void
    that covers a whole sector.
    """
    if size < 2:
        raise BadInput(f"boxes of {size} pixels on a side hold no variance, the smallest are 2")
    shape = (geometry.ny, geometry.nx)
    void, off = _union(voids, shape, "void"), _union(exclude, shape, "excluded region")
    usable = ~(geometry.reference_pixels() | off)
    if not usable.any():
        raise BadInput("no pixel is left for a box: all are excluded or reference pixels")
    along_x, along_y, step = _keys(geometry, size)
    sums = np.zeros((2 * step * (len(OUTPUTS) + 1), 3), np.int64)
    flat = along_x, along_y, void.reshape(-1).view(np.uint8), usable.reshape(-1).view(np.uint8), step
    count_cells(*flat, sums)
    keys = np.flatnonzero(sums[:, 0])
    sector, kind = np.divmod(keys // step, 2)
    pixels = sums[keys, 0]
    _check_voids(sector, kind, void_name)
    nominal = min(size, SECTOR if geometry.fast_is_x else FULL_SIZE) * min(size, FULL_SIZE if geometry.fast_is_x else SECTOR)
    places = sums[keys, 1:].T.astype(np.float64)
    kept, new = np.unique(join_small(sector, kind, pixels, places, nominal), return_inverse=True)
    numbers = np.full(len(sums), NOWHERE, np.int32)
    numbers[keys] = new
    labels = np.empty(shape, np.int32)
    label_cells(*flat, numbers, labels.reshape(-1))
    pixels = np.bincount(new, pixels, kept.size).astype(np.int64)
    x, y = (np.bincount(new, each, kept.size) / pixels for each in places)
    names = tuple(OUTPUTS[number - 1] if geometry.has_amplifiers else "" for number in sector[kept])
    return Boxes(labels, sector[kept], kind[kept], pixels, pixels * 2 < nominal, x, y, names, nominal)


def sectors(geometry: DetectorGeometry) -> NDArray[np.int64]:
    """Sector of every pixel, shape (ny, nx): 1 to 4 for the quarters of the detector's own columns (report, section 3.1)."""
    numbers = _sector_numbers(geometry)
    wide = numbers[None, :] if geometry.fast_is_x else numbers[:, None]
    return np.broadcast_to(wide, (geometry.ny, geometry.nx)).copy()


@lru_cache(maxsize=8)
def _sector_numbers(geometry: DetectorGeometry) -> NDArray[np.int64]:
    """Sectors along the fast axis; kept, because boxes are cut many times a second while an outline moves."""
    length = geometry.nx if geometry.fast_is_x else geometry.ny
    places = [geometry.to_detector(at, 0)[0] if geometry.fast_is_x else geometry.to_detector(0, at)[0] for at in range(length)]
    numbers = np.clip((np.array(places, np.int64) - 1) // SECTOR + 1, 1, len(OUTPUTS))
    numbers.setflags(write=False)
    return numbers


def _union(masks: Sequence[NDArray[np.bool_]], shape: tuple[int, int], what: str) -> NDArray[np.bool_]:
    whole = np.zeros(shape, bool)
    for mask in masks:
        if np.shape(mask) != shape:
            raise BadInput(f"a {what} of shape {np.shape(mask)} does not fit the flats, which are {shape[1]} x {shape[0]} pixels")
        whole |= np.asarray(mask, bool)
    return whole


def _check_voids(sector: NDArray[np.int64], kind: NDArray[np.int64], name: str) -> None:
    for number in np.unique(sector):
        if (kind[sector == number] == VOID).all():
            raise BadInput(f"{name} covers the whole of sector {number}: nothing is left for the bulk of it")


def _keys(geometry: DetectorGeometry, size: int) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """(along x, along y, step) of the keys of `box_kernels`: 2 step sector + step (in a void) + cell of the grid within the sector.

    Cells are counted from the full frame's and the sector's first pixel.
    """
    x = np.arange(geometry.nx, dtype=np.int64) + geometry.xstart - 1
    y = np.arange(geometry.ny, dtype=np.int64) + geometry.ystart - 1
    fast, slow = (x, y) if geometry.fast_is_x else (y, x)
    row = int(slow.max()) // size + 1
    cells = fast % SECTOR // size * row
    step = int(cells.max()) + row
    fast, slow = 2 * step * _sector_numbers(geometry) + cells, slow // size
    return (fast, slow, step) if geometry.fast_is_x else (slow, fast, step)


def join_small(
    sector: NDArray[np.int64], kind: NDArray[np.int64], pixels: NDArray[np.int64], sums: NDArray[np.float64], nominal: int
) -> NDArray[np.int64]:
    """Box that each box is part of in the end, shape (n,).

    Smallest first, a box of less than half of ``nominal`` pixels joins the one of the same sector and kind whose centre (``sums``, shape
    (2, n), over ``pixels``) is nearest; then it has the pixels and the centre of both. A box that is alone of its kind in its sector stays.
    """
    target = np.arange(sector.size)
    group = sector * len(KINDS) + kind
    for each in np.unique(group):
        members = np.flatnonzero(group == each)
        size, x, y = (np.array(figures[members], np.float64) for figures in (pixels, *sums))
        into = np.arange(members.size)
        join_nearest(size, x, y, nominal, into)
        target[members] = members[into]
    return target
