"""The pixels of darks and masks: rates, their errors, flags, and which pixels can be hot at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.data.blocks import read_scattered
from detgui.data.dark_words import E_S
from detgui.data.darks import FLAG, DarkFile, planes_of
from detgui.data.parts import Part, Plane, open_parts
from detgui.data.reader import as_flags, image
from detgui.errors import BadInput
from detgui.science.detector import BORDER, FULL_SIZE

Image = NDArray[np.float32]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class DarkMaps:
    """Pixels of one file, each of shape (ny, nx).

    ``rate`` and ``err`` in ``unit`` (of a mask: 1 for a bad pixel, 0 else, no errors); ``hot`` those flagged HOT, None where the file
    has no such flag; ``seeing`` active pixels, which reference pixels are not; ``valid`` those of them with a number: NaN is none, nor is
    what a plain mask holds beside 0 and bad; ``notes`` what to know of the pixels.
    """

    rate: Image
    err: Image | None
    hot: Bools | None
    seeing: Bools
    valid: Bools
    unit: str
    notes: tuple[str, ...] = ()

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        return sum(each.nbytes for each in (self.rate, self.err, self.hot, self.seeing, self.valid) if each is not None)


def conversion(dark: DarkFile, unit: str, gain: float | None) -> float:
    """What rates of a file are multiplied with to have ``unit``; ``gain`` e-/DN, the file's own where None. Raises `BadInput`."""
    if dark.unit == unit or FLAG in (dark.unit, unit):
        return 1.0
    used = gain if gain is not None else dark.gain
    if used is None:
        raise BadInput(f"{dark.name} is in {dark.unit}, the others are in {unit}, and there is no gain to convert it with")
    return used if unit == E_S else 1.0 / used


def read_maps(dark: DarkFile, unit: str | None = None, gain: float | None = None, errors: bool = True) -> DarkMaps:
    """Read the maps in ``unit`` (None: the file's own). Raises `BadInput` for a file that changed, is cut short or lacks a gain."""
    unit = dark.unit if unit is None or dark.is_mask else unit
    factor = conversion(dark, unit, gain)
    with _opened(dark) as (part, planes):
        dq = as_flags(image(part, planes["DQ"], 0, 0)) if "DQ" in planes else None
        if dark.is_mask:
            return _mask(dark, part, planes, dq)
        rate = _slope(part, planes["SCI"], dark.step) if dark.rate == "slope of SCI" else _float(image(part, planes[dark.rate], 0, 0))
        err = _float(image(part, planes[dark.uncertainty], 0, 0)) if errors and dark.uncertainty else None
    if factor != 1.0:
        rate *= np.float32(factor)
        if err is not None:
            err *= np.float32(factor)
    seeing = active(dark, dq)
    hot = ((dq & np.uint32(dark.hot_bit)) != 0) & seeing if dq is not None and dark.hot_bit else None
    return DarkMaps(rate, err, hot, seeing, seeing & np.isfinite(rate), unit)


def read_flags(dark: DarkFile) -> NDArray[np.uint32] | None:
    """The file's DQ plane, shape (ny, nx), bits as its own DQ_DEF has them; None without."""
    with _opened(dark) as (part, planes):
        return as_flags(image(part, planes["DQ"], 0, 0)) if "DQ" in planes else None


def read_pixels(dark: DarkFile, y: NDArray[np.int64], x: NDArray[np.int64], unit: str, gain: float | None) -> tuple[Image, Image]:
    """Rates and errors (NaN without) of some pixels, shapes (n,), without reading the whole image where that can be avoided."""
    if y.size > 2000 or dark.is_mask or dark.rate == "slope of SCI":
        maps = read_maps(dark, unit, gain)
        err = maps.err[y, x] if maps.err is not None else np.full(y.size, np.nan, np.float32)
        return np.where(maps.valid[y, x], maps.rate[y, x], np.float32(np.nan)), err
    factor = np.float32(conversion(dark, unit, gain))
    with _opened(dark) as (part, planes):
        rate = _scattered(part, planes[dark.rate], y, x) * factor
        err = _scattered(part, planes[dark.uncertainty], y, x) * factor if dark.uncertainty else np.full(y.size, np.nan, np.float32)
    return rate, err


def active(dark: DarkFile, dq: NDArray[np.uint32] | None = None) -> Bools:
    """Pixels that see: neither reference pixels of the frame's border nor flagged REFERENCE_PIXEL, shape (ny, nx)."""
    if dark.geometry.known:
        good = ~dark.geometry.reference_pixels()
    else:
        good = np.ones(dark.shape, np.bool_)
        if dark.shape == (FULL_SIZE, FULL_SIZE):
            good[:BORDER], good[-BORDER:], good[:, :BORDER], good[:, -BORDER:] = False, False, False, False
    flag = dark.definitions.get("REFERENCE_PIXEL", 0)
    if dq is not None and flag:
        good &= (dq & np.uint32(flag)) == 0
    return good


@contextmanager
def _opened(dark: DarkFile) -> Iterator[tuple[Part, dict[str, Plane]]]:
    parts = open_parts(dark.path)
    try:
        planes = planes_of(parts[0])[0]
        wanted = dark.rate.removeprefix("slope of ")
        if wanted not in planes or planes[wanted].shape[2:] != dark.shape:
            raise BadInput(f"{dark.name} changed on disk: add it again")
        yield parts[0], planes
    finally:
        for part in parts:
            part.file.close()


def _mask(dark: DarkFile, part: Part, planes: dict[str, Plane], dq: NDArray[np.uint32] | None) -> DarkMaps:
    """A MASK reference counts its HOT pixels, or those of DO_NOT_USE where it knows no HOT; a plain image the lowest bit."""
    if dark.kind == "mask":
        assert dq is not None
        bit = dark.hot_bit or dark.definitions.get("DO_NOT_USE", 1)
        valid = active(dark, dq)
        bad = ((dq & np.uint32(bit)) != 0) & valid
        return DarkMaps(bad.astype(np.float32), None, bad if dark.hot_bit else None, valid, valid, FLAG)
    values = image(part, planes[dark.rate], 0, 0)
    bad = (values & values.dtype.type(dark.bad_value)) != 0
    seeing = active(dark)
    valid = seeing & (bad | (values == 0))
    return DarkMaps(bad.astype(np.float32), None, None, seeing, valid, FLAG, _neither(values[seeing & ~valid]))


def _neither(values: NDArray[Any]) -> tuple[str, ...]:
    """What is said of pixels of a mask that are neither good nor bad, such as 1024 for an edge that was not looked at."""
    if not values.size:
        return ()
    found = [f"{each:g}" for each in np.unique(values)]
    held = ", ".join(found) if len(found) < 4 else f"{len(found)} other values"
    words = ("pixel holds", "it counts") if values.size == 1 else ("pixels hold", "they count")
    return (f"{values.size:,} {words[0]} {held}, neither 0 nor bad: {words[1]} as not measured",)


def _slope(part: Part, stack: Plane, step: float) -> Image:
    """Least-squares slope over the groups, mean over the integrations, per s; one group in memory at a time."""
    nints, groups, ny, nx = stack.shape
    at = np.arange(groups) - (groups - 1) / 2
    weights = at / (at @ at) / step / nints
    total = np.zeros((ny, nx), np.float64)
    for integration in range(nints):
        for group, weight in enumerate(weights):
            total += weight * image(part, stack, integration, group)
    return total.astype(np.float32)


def _float(values: NDArray[Any]) -> Image:
    return values.astype(np.float32, copy=False)


def _scattered(part: Part, plane: Plane, y: NDArray[np.int64], x: NDArray[np.int64]) -> Image:
    out = np.empty((y.size, 1), plane.form.value)
    offsets = np.array([plane.position(0, 0, int(row), int(column)) for row, column in zip(y, x, strict=True)], np.int64)
    with part.file.in_use() as fd:
        read_scattered(part.file, fd, offsets, plane.form, out)
    return _float(out[:, 0])
