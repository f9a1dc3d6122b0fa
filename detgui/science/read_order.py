"""The order in which a near-infrared detector was read: lines, outputs, odd and even columns, and the clock between them.

A *line* is what is read one after the other along the fast axis at one place of the slow axis; outputs read their parts of a line side by
side. Images are turned to (slow, fast) for everything that has to do with time: 1/f noise differs from line to line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.errors import BadInput
from detgui.science.detector import AXES, IRS2_REFERENCE, IRS2_SCIENCE, OUTPUTS, DetectorGeometry

PIXEL_TIME = 1e-5
"""s between two pixels of an output (JWST documentation, "NIRCam Detector Readout": 10 microseconds)."""

LINE_OVERHEAD = 12
"""Pixel times at the end of a line; with one more line at the end of a frame a full frame takes 524 x 2049 x 10 us = 10.73677 s."""

IRS2_LINE = 712
"""Pixel times of a line of an IRS2 read-out (jwst.refpix.irs2_subtract_reference, ``row``)."""

FRAME_OVERHEAD = 1
MOST_FRAME_OVERHEAD = 8
"""Lines at the end of a frame, where its time does not say; and the most that are believed."""

EVEN, ODD, NEITHER = 0, 1, -1


@dataclass(frozen=True, slots=True, eq=False)
class ReadOrder:
    """How an image (ny, nx) was read.

    Attributes
    ----------
    fast_is_x : the fast axis is the image's x
    fast_forward, slow_forward : whether the image's own order along the axis is that of reading
    names : of the outputs: 'A' to 'D'; ('A',) where one output read all, whichever that was
    output : (n_fast,) place in ``names`` of every place along the fast axis, -1 for IRS2 reference samples
    column : (n_fast,) raw detector column, 1-based, 0 for IRS2 reference samples
    parity : (n_fast,) `ODD`, `EVEN`, `NEITHER` for IRS2 reference samples; of columns counted from 1 on the full frame
    reference : (n_slow, n_fast) mask of reference pixels
    irs2 : a raw frame with its reference samples
    irs2_read : read with IRS2, whether or not the samples are still there
    placed : the image's place on the detector is known; otherwise columns are counted from the image's first
    """

    fast_is_x: bool
    fast_forward: bool
    slow_forward: bool
    names: tuple[str, ...]
    output: NDArray[np.intp]
    column: NDArray[np.intp]
    parity: NDArray[np.intp]
    reference: NDArray[np.bool_]
    irs2: bool
    irs2_read: bool
    placed: bool

    @property
    def shape(self) -> tuple[int, int]:
        """(n_slow, n_fast)."""
        return self.reference.shape[0], self.reference.shape[1]

    def lines(self, image: NDArray[Any]) -> NDArray[Any]:
        """A view of (..., ny, nx) with the axes (..., slow, fast), in the image's own order."""
        return image if self.fast_is_x else image.swapaxes(-1, -2)

    image = lines
    """The way back is the same."""

    def members(self, number: int) -> NDArray[np.intp]:
        """Places along the fast axis of an output, in the image's order."""
        return np.flatnonzero(self.output == number)

    def part(self, number: int) -> slice | NDArray[np.intp]:
        """The same as an index that takes a view where they are neighbours."""
        places = self.members(number)
        together = places.size and places.size == places[-1] - places[0] + 1
        return slice(int(places[0]), int(places[-1]) + 1) if together else places

    def in_time(self, lines: NDArray[Any], number: int) -> NDArray[Any]:
        """The pixels of one output in the order of reading, shape (n_slow, n): every other output reads backwards.

        Of four outputs B and D, as ``jwst.refpix.irs2_subtract_reference`` turns them.
        """
        places = self.members(number)
        columns = self.column[places]
        backwards = len(self.names) > 1 and OUTPUTS.index(self.names[number]) % 2 == 1
        places = places[np.argsort(-columns if backwards else columns, kind="stable")]
        taken = lines[:, places]
        return taken if self.slow_forward else taken[::-1]


def read_order(geometry: DetectorGeometry, detector: str = "", irs2: bool = False) -> ReadOrder:
    """The order of an image; ``irs2`` where the header says so (its reference samples may be gone).

    ``detector`` is used where the image's place on the detector is not known: then only the axes are. Raises `BadInput`, without the
    file's name, for anything but a near-infrared JWST detector.
    """
    name = (geometry.detector or detector).upper()
    if geometry.miri or (not geometry.known and name not in AXES) or name.startswith("MIR"):
        raise BadInput("lines, outputs and columns are those of a near-infrared JWST detector, and the header names none")
    fast, slow = (geometry.fastaxis, geometry.slowaxis) if geometry.known else AXES[name]
    fast_is_x = abs(fast) == 1
    n_fast = geometry.nx if fast_is_x else geometry.ny
    column = _columns(geometry, n_fast) if geometry.known else np.arange(1, n_fast + 1)
    if not geometry.known and fast < 0:
        column = column[::-1].copy()
    names, output = _outputs(geometry, column)
    parity = np.where(column > 0, column % 2, NEITHER)
    reference = geometry.reference_pixels()
    return ReadOrder(
        fast_is_x,
        fast > 0,
        slow > 0,
        names,
        output.astype(np.intp),
        column.astype(np.intp),
        parity.astype(np.intp),
        reference if fast_is_x else reference.T,
        geometry.interleaved,
        irs2 or geometry.interleaved,
        geometry.known,
    )


def _columns(geometry: DetectorGeometry, n_fast: int) -> NDArray[np.intp]:
    places = ((place, 0) if geometry.fast_is_x else (0, place) for place in range(n_fast))
    return np.array([geometry.to_detector(*place)[0] for place in places], np.intp)


def _outputs(geometry: DetectorGeometry, column: NDArray[np.intp]) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    if not geometry.has_amplifiers:
        return ("A",), np.where(column > 0, 0, -1)
    number = np.where(column > 0, (column - 1) // 512, -1)
    if geometry.interleaved:  # the reference samples between an output's pixels are read by that output
        number = np.where(column > 0, number, -1)
    there = np.unique(number[number >= 0])
    output = np.where(number >= 0, np.searchsorted(there, np.maximum(number, 0)), -1)
    return tuple(OUTPUTS[each] for each in there), output


@dataclass(frozen=True, slots=True)
class Clock:
    """Pixel times of a line and lines of a frame, overheads with them; ``exact`` where the frame time confirms them."""

    line: int
    frame: int
    exact: bool


def clock(order: ReadOrder, tframe: float) -> Clock:
    """The clock of a frame of ``tframe`` s (0 or NaN where not known)."""
    pixels = max((order.members(number).size for number in range(len(order.names))), default=1)
    line = IRS2_LINE if order.irs2_read and pixels == 512 else pixels + LINE_OVERHEAD
    n_slow = order.shape[0]
    lines = tframe / (line * PIXEL_TIME) if np.isfinite(tframe) and tframe > 0 else 0.0
    extra = round(lines) - n_slow
    if abs(lines - round(lines)) < 0.01 and 0 <= extra <= MOST_FRAME_OVERHEAD:
        return Clock(line, n_slow + extra, True)
    return Clock(line, n_slow + FRAME_OVERHEAD, False)


def irs2_neighbours(column: int) -> tuple[tuple[int, int], ...]:
    """Groups of interleaved reference samples before and after a 1-based detector column of an IRS2 read-out.

    Each is (first, last), 0-based sample numbers of the 3200 of a raw line in the order of columns. IRS2 interpolates between them, so a
    bad one spoils the columns on both sides.
    """
    sector, within = divmod(column - 1, 512)
    block = (within + IRS2_SCIENCE // 2) // IRS2_SCIENCE
    start = 640 * (sector + 1) + IRS2_SCIENCE // 2
    groups = []
    for number in (block - 1, block):
        if 0 <= number < 512 // IRS2_SCIENCE:
            first = start + number * (IRS2_SCIENCE + IRS2_REFERENCE)
            groups.append((first, first + IRS2_REFERENCE - 1))
    return tuple(groups)


def edge_lines(order: ReadOrder) -> NDArray[np.bool_]:
    """Lines that are reference pixels throughout, shape (n_slow,)."""
    return np.asarray(order.reference.all(axis=1), np.bool_)
