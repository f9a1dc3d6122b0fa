"""Boxes of pixels in which the gain is measured (JWST-STScI-004622, section 4 and 5.1).

The sector of every amplifier is cut into a grid; what lies in an epoxy void has boxes of its own, and boxes with less than half of the
nominal number of pixels are joined to another one of the same kind in the same sector.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.errors import BadInput
from detgui.science.detector import FULL_SIZE, OUTPUTS, DetectorGeometry

SECTOR = FULL_SIZE // 4
BULK, VOID = 0, 1
KINDS = ("bulk", "void")
NOWHERE = -1


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
        return np.append(values, np.nan).astype(np.float32)[self.labels]

    def runs(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """(starts, lengths, boxes): runs of consecutive pixels of the flat image by box; box k has runs boxes[k] to boxes[k + 1] - 1."""
        flat = self.labels.reshape(-1)
        row_starts = np.arange(0, flat.size, self.labels.shape[1])
        starts = np.union1d(np.flatnonzero(np.diff(flat)) + 1, row_starts)
        lengths = np.diff(np.append(starts, flat.size))
        of_box = flat[starts]
        inside = of_box >= 0
        order = np.argsort(of_box[inside], kind="stable")
        counts = np.bincount(of_box[inside], minlength=len(self))
        return starts[inside][order], lengths[inside][order], np.append(0, np.cumsum(counts))


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
    usable = ~geometry.reference_pixels() & ~off
    columns = sectors(geometry)
    _check_voids(columns, void, usable, void_name)
    if not usable.any():
        raise BadInput("no pixel is left for a box: all are excluded or reference pixels")
    cells, kinds = _grid(geometry, columns, size), void.astype(np.int64)
    keys = (columns * 2 + kinds) * (int(cells.max()) + 1) + cells
    present = np.bincount(keys[usable]) > 0
    numbers = np.where(present, np.cumsum(present) - 1, NOWHERE).astype(np.int32)
    labels = np.full(shape, NOWHERE, np.int32)
    labels[usable] = numbers[keys[usable]]
    nominal = min(size, SECTOR if geometry.fast_is_x else FULL_SIZE) * min(size, FULL_SIZE if geometry.fast_is_x else SECTOR)
    return _joined(geometry, labels, columns, void, nominal)


def sectors(geometry: DetectorGeometry) -> NDArray[np.int64]:
    """Sector of every pixel, shape (ny, nx): 1 to 4 for the quarters of the detector's own columns (report, section 3.1)."""
    length = geometry.nx if geometry.fast_is_x else geometry.ny
    places = [geometry.to_detector(at, 0)[0] if geometry.fast_is_x else geometry.to_detector(0, at)[0] for at in range(length)]
    numbers = np.clip((np.array(places, np.int64) - 1) // SECTOR + 1, 1, 4)
    wide = numbers[None, :] if geometry.fast_is_x else numbers[:, None]
    return np.broadcast_to(wide, (geometry.ny, geometry.nx)).copy()


def _union(masks: Sequence[NDArray[np.bool_]], shape: tuple[int, int], what: str) -> NDArray[np.bool_]:
    whole = np.zeros(shape, bool)
    for mask in masks:
        if np.shape(mask) != shape:
            raise BadInput(f"a {what} of shape {np.shape(mask)} does not fit the flats, which are {shape[1]} x {shape[0]} pixels")
        whole |= np.asarray(mask, bool)
    return whole


def _check_voids(columns: NDArray[np.int64], void: NDArray[np.bool_], usable: NDArray[np.bool_], name: str) -> None:
    for sector in range(1, 5):
        inside = (columns == sector) & usable
        if inside.any() and void[inside].all():
            raise BadInput(f"{name} covers the whole of sector {sector}: nothing is left for the bulk of it")


def _grid(geometry: DetectorGeometry, columns: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Number of the cell of every pixel within its sector; cells are counted from the full frame's and the sector's first pixel."""
    x = np.arange(geometry.nx, dtype=np.int64) + geometry.xstart - 1
    y = np.arange(geometry.ny, dtype=np.int64) + geometry.ystart - 1
    fast, slow = (x[None, :], y[:, None]) if geometry.fast_is_x else (y[:, None], x[None, :])
    cells: NDArray[np.int64] = (fast % SECTOR) // size * (FULL_SIZE // size + 1) + slow // size
    return cells + np.zeros_like(columns)


def _joined(
    geometry: DetectorGeometry, labels: NDArray[np.int32], columns: NDArray[np.int64], void: NDArray[np.bool_], nominal: int
) -> Boxes:
    inside = labels >= 0
    flat = labels[inside]
    count = int(flat.max()) + 1
    rows, places = np.nonzero(inside)
    pixels = np.bincount(flat, minlength=count)
    sums = np.stack([np.bincount(flat, places, count), np.bincount(flat, rows, count)]).astype(np.float64)
    sector, kind = np.zeros(count, np.int64), np.zeros(count, np.int64)
    sector[flat], kind[flat] = columns[inside], void[inside]
    target = join_small(sector, kind, pixels, sums, nominal)
    kept, new = np.unique(target, return_inverse=True)  # of boxes, not of pixels
    joined = np.full_like(labels, NOWHERE)
    joined[inside] = new[flat].astype(np.int32)
    pixels = np.bincount(new, pixels, kept.size).astype(np.int64)
    x, y = (np.bincount(new, each, kept.size) / pixels for each in sums)
    known = geometry.has_amplifiers
    names = tuple(OUTPUTS[number - 1] if known else "" for number in sector[kept])
    return Boxes(joined, sector[kept], kind[kept], pixels, pixels * 2 < nominal, x, y, names, nominal)


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
        size, total = pixels[members].astype(np.float64), sums[:, members].astype(np.float64).copy()
        alive = np.ones(members.size, bool)
        into = np.arange(members.size)
        while alive.sum() > 1:
            least = int(np.argmin(np.where(alive, size, np.inf)))
            if size[least] * 2 >= nominal:
                break
            centres = total / size
            distance = np.where(alive, np.hypot(*(centres - centres[:, least : least + 1])), np.inf)
            distance[least] = np.inf
            nearest = int(np.argmin(distance))
            size[nearest] += size[least]
            total[:, nearest] += total[:, least]
            into[into == least] = nearest
            alive[least] = False
        target[members] = members[into]
    return target
