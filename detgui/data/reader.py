"""Reads of images, pixels, boxes and blocks out of the parts of an exposure; all numbers here are 0-based and already checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.data.blocks import read_run, read_scattered
from detgui.data.parts import Part, Plane
from detgui.data.pixels import PixelFormat
from detgui.data.places import Place
from detgui.progress import Progress, no_progress


@dataclass(frozen=True, slots=True)
class Run:
    """The contiguous bytes of one integration of a plane.

    ``integration`` is its number, 1-based; ``offset`` the byte position in the file ``path`` (its unpacked copy for .gz); ``shape``
    (ngroups, ny, nx); ``form`` the pixel format: ``form.raw`` big-endian on disk, ``form.xor`` the top bit to turn over.
    """

    integration: int
    path: Path
    offset: int
    shape: tuple[int, int, int]
    form: PixelFormat

    @property
    def nbytes(self) -> int:
        """Number of bytes of the integration."""
        ng, ny, nx = self.shape
        return ng * ny * nx * self.form.raw.itemsize


def run(part: Part, plane: str, local: int) -> Run:
    """The bytes of one integration."""
    array = part.planes[plane]
    return Run(part.first + local, part.file.path, array.position(local, 0, 0, 0), array.shape[1:], array.form)


Empty = Callable[[tuple[int, ...], np.dtype[Any]], NDArray[Any]]
"""Makes an array of a shape and dtype with any content, as `numpy.empty` does."""


def image(part: Part, array: Plane, local: int, group: int, empty: Empty = np.empty) -> NDArray[Any]:
    """One image, shape (ny, nx), in an array from ``empty``."""
    out = empty(array.shape[2:], array.form.value)
    with part.file.in_use() as fd:
        read_run(part.file, fd, array.position(local, group, 0, 0), array.form, out.reshape(-1))
    return out


def pixel(places: Sequence[Place], plane: str, x: int, y: int, progress: Progress = no_progress, message: str = "") -> NDArray[Any]:
    """One pixel of every group of some integrations, shape (len(places), ngroups)."""
    first = places[0][0].planes[plane] if places else None
    if first is None:
        return np.empty((0, 0))
    ng = first.shape[1]
    out = np.empty((len(places), ng), first.form.value)
    done = 0
    for part, rows, locals_ in _by_part(places):
        array = part.planes[plane]
        step = array.shape[2] * array.shape[3] * array.form.raw.itemsize
        starts = np.array([array.position(local, 0, y, x) for local in locals_], np.int64)
        offsets = (starts[:, None] + step * np.arange(ng)).reshape(-1)
        values = np.empty((offsets.size, 1), array.form.value)
        report = _share(progress, done, len(rows), len(places))
        with part.file.in_use() as fd:
            read_scattered(part.file, fd, offsets, array.form, values, report, message)
        out[rows] = values.reshape(len(rows), ng)
        done += len(rows)
    progress(1.0, message)
    return out


def box(part: Part, array: Plane, local: int, corners: tuple[int, int, int, int]) -> NDArray[Any]:
    """All groups of a box (x0, y0, x1, y1), inclusive, shape (ngroups, rows, columns)."""
    x0, y0, x1, y1 = corners
    ng, _, nx = array.shape[1:]
    height, width = y1 - y0 + 1, x1 - x0 + 1
    out = np.empty((ng, height, width), array.form.value)
    whole_rows = width == nx
    lines = range(y0, y0 + 1) if whole_rows else range(y0, y1 + 1)
    offsets = [array.position(local, group, y, x0) for group in range(ng) for y in lines]
    with part.file.in_use() as fd:
        read_scattered(part.file, fd, offsets, array.form, out.reshape(len(offsets), -1))
    return out


def block(
    places: Sequence[Place], plane: str, groups: tuple[int, int], rows: tuple[int, int], progress: Progress, message: str
) -> NDArray[Any]:
    """A block, shape (len(places), groups, rows, nx); ``groups`` and ``rows`` are (first, last), inclusive."""
    first = places[0][0].planes[plane]
    _, _, ny, nx = first.shape
    shape = (len(places), groups[1] - groups[0] + 1, rows[1] - rows[0] + 1, nx)
    out = np.empty(shape, first.form.value)
    pieces = range(groups[0], groups[0] + 1) if shape[2] == ny else range(groups[0], groups[1] + 1)
    for part, numbers, locals_ in _by_part(places):
        array = part.planes[plane]
        with part.file.in_use() as fd:
            for number, local in zip(numbers, locals_, strict=True):
                progress(number / len(places), message)
                targets = out[number].reshape(len(pieces), -1)  # whole frames follow one another on disk: one piece
                for target, group in zip(targets, pieces, strict=True):
                    read_run(part.file, fd, array.position(local, group, rows[0], 0), array.form, target)
    return out


def as_flags(values: NDArray[Any]) -> NDArray[np.uint32]:
    """Data quality of any stored type as uint32 (the lowest 32 bits; not a number is no flag)."""
    if values.dtype.kind == "f":
        values = np.clip(np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0), 0, 2**32 - 1).astype(np.int64)
    return values.astype(np.uint32, copy=False)


def _by_part(places: Sequence[Place]) -> Iterator[tuple[Part, list[int], list[int]]]:
    """Each part once, with the indices of its places and their integrations."""
    order: dict[int, tuple[Part, list[int], list[int]]] = {}
    for index, (part, local) in enumerate(places):
        _, rows, locals_ = order.setdefault(id(part), (part, [], []))
        rows.append(index)
        locals_.append(local)
    yield from order.values()


def _share(progress: Progress, done: int, count: int, total: int) -> Progress:
    return lambda fraction, message: progress((done + fraction * count) / total, message)
