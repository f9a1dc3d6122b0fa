"""Detector geometry in science orientation: amplifiers, reference pixels, the raw detector's own pixel numbers.

Orientation as in ``jwst.lib.reffile_utils.science_detector_frame_transform``; sections of the outputs and reference pixels as in the
``refpix`` step (JWST pipeline documentation, "Reference Pixel Correction"): outputs A to D are quarters of the raw detector's columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FULL_SIZE = 2048  # pixels on a side of an H2RG
MIRI_SIZE = (1032, 1024)  # columns, rows
BORDER = 4  # reference pixels along an edge
OUTPUTS = "ABCD"

# IRS2 (Rauscher et al. 2017, PASP 129, 105003): of 3200 samples along the fast axis 640 belong to the reference output, then each of four
# outputs has 640: 8 science, 4 reference, 16 science, 4 reference, ..., 8 science.
IRS2_LENGTH = 3200
IRS2_SECTOR = 640
IRS2_SCIENCE = 16
IRS2_REFERENCE = 4

AXES: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("NRCA1", "NRCA3", "NRCALONG", "NRCA5", "NRCB2", "NRCB4"), (-1, 2)),
    **dict.fromkeys(("NRCA2", "NRCA4", "NRCB1", "NRCB3", "NRCBLONG", "NRCB5"), (1, -2)),
    "NRS1": (2, 1),
    "NRS2": (-2, -1),
    "NIS": (-2, -1),
    "GUIDER1": (-2, -1),
    "GUIDER2": (2, -1),
    **dict.fromkeys(("MIRIMAGE", "MIRIFULONG", "MIRIFUSHORT"), (1, 2)),
}
"""(FASTAXIS, SLOWAXIS) of every JWST detector by its DETECTOR keyword: +-1 science x, +-2 science y; sign: direction of reading."""


def centred(length: int) -> int:
    """1-based first pixel of ``length`` pixels in the middle of a `FULL_SIZE` detector."""
    return 1 + (FULL_SIZE - length) // 2


@dataclass(frozen=True, slots=True)
class DetectorGeometry:
    """Where an image of shape (ny, nx) sits on its detector and how the detector was read.

    ``fastaxis`` and ``slowaxis`` are the FASTAXIS/SLOWAXIS keywords (+-1 is science x, +-2 science y); ``xstart``, ``ystart`` the 1-based
    SUBSTRT1/2 of the array's first pixel; ``noutputs`` 1 or 4 (0 unknown); ``irs2`` for NIRSpec's interleaved reference read-out.
    ``known`` is False for files without JWST geometry: then the frames coincide and there are no amplifiers.
    """

    ny: int
    nx: int
    detector: str = ""
    fastaxis: int = 1
    slowaxis: int = 2
    xstart: int = 1
    ystart: int = 1
    noutputs: int = 0
    irs2: bool = False
    known: bool = False

    @property
    def miri(self) -> bool:
        """True for MIRI's Si:As detectors: other size, interleaved outputs, reference columns only."""
        return self.detector.startswith("MIR")

    @property
    def full_size(self) -> tuple[int, int]:
        """(columns, rows) of the full frame in science orientation."""
        return MIRI_SIZE if self.miri else (FULL_SIZE, FULL_SIZE)

    @property
    def full_frame(self) -> bool:
        """True where the array is the whole detector (an IRS2 frame with its reference samples is)."""
        return self.interleaved or (self.nx, self.ny) == self.full_size

    @property
    def fast_is_x(self) -> bool:
        """True where the fast axis is science x."""
        return abs(self.fastaxis) == 1

    @property
    def interleaved(self) -> bool:
        """True for a raw IRS2 frame, which still has its reference samples along the fast axis."""
        return self.irs2 and (self.nx if self.fast_is_x else self.ny) == IRS2_LENGTH

    @property
    def single_output(self) -> bool:
        """True for a subarray that is known to be read through one output; which one the files do not say."""
        return self.known and self.noutputs == 1 and not self.miri

    @property
    def has_amplifiers(self) -> bool:
        """True where it is known which output read which pixel."""
        if not self.known:
            return False
        return self.miri or self.noutputs in (4, 5) or (self.noutputs == 0 and self.full_frame)

    def irs2_science_row(self, sample: int) -> int | None:
        """1-based full-frame science pixel along the fast axis of a 0-based sample of a raw IRS2 frame; None for a reference sample."""
        pixel = _irs2_pixel(sample if self.fastaxis > 0 else IRS2_LENGTH - 1 - sample)
        if pixel < 0:
            return None
        return pixel + 1 if self.fastaxis > 0 else FULL_SIZE - pixel

    def to_full(self, x: int, y: int) -> tuple[int, int]:
        """1-based full-frame science pixel of the 0-based array pixel (x, y); (0, 0) for an IRS2 reference sample, which is no pixel."""
        if not self.interleaved:
            return x + self.xstart, y + self.ystart
        along = self.irs2_science_row(x if self.fast_is_x else y)
        if along is None:
            return 0, 0
        return (along, y + self.ystart) if self.fast_is_x else (x + self.xstart, along)

    def to_detector(self, x: int, y: int) -> tuple[int, int]:
        """1-based raw detector pixel (column, row) of the 0-based array pixel (x, y); (0, 0) for an IRS2 reference sample."""
        full = self.to_full(x, y)
        if not self.known or full == (0, 0):
            return full
        return self._along(self.fastaxis, full), self._along(self.slowaxis, full)

    def amplifier(self, x: int, y: int) -> str:
        """Output 'A' to 'D' that read the pixel, '' where not known; IRS2 reference samples are 'R'.

        A subarray read through one output gives '': its files do not say which output that was.
        """
        if not self.has_amplifiers:
            return ""
        column = self.to_detector(x, y)[0]
        if self.interleaved and column == 0:
            return "R"
        number = int(self._output_number(column))
        return OUTPUTS[number - 1] if 1 <= number <= len(OUTPUTS) else ""

    def amplifier_map(self) -> NDArray[np.uint8]:
        """Output of every pixel, shape (ny, nx): 1 to 4 for A to D, 0 where not known and for IRS2 reference samples."""
        outputs = np.zeros((self.ny, self.nx), np.uint8)
        if not self.has_amplifiers:
            return outputs
        columns = self._axis_positions(self.fast_is_x)
        reference = columns == 0
        if self.fastaxis < 0:
            columns = self.full_size[abs(self.fastaxis) - 1] + 1 - columns
        numbers = np.where(reference, 0, self._output_number(columns)).astype(np.uint8)
        outputs[:] = numbers[None, :] if self.fast_is_x else numbers[:, None]
        return outputs

    def amplifier_boundaries(self) -> tuple[str, tuple[float, ...]]:
        """('x' or 'y', edges): the axis that the outputs split, and the pixel edges inside the array (0-based centres, so n - 0.5).

        No edges where the outputs are not known, and for MIRI, whose outputs read every fourth column.
        """
        axis = "x" if self.fast_is_x else "y"
        if not self.has_amplifiers or self.miri:
            return axis, ()
        length, start = (self.nx, self.xstart) if self.fast_is_x else (self.ny, self.ystart)
        step, last = (IRS2_SECTOR, IRS2_LENGTH) if self.interleaved else (FULL_SIZE // 4, FULL_SIZE)
        edges = (edge - (start - 1) - 0.5 for edge in range(step, last, step))
        return axis, tuple(edge for edge in edges if -0.5 < edge < length - 0.5)

    def reference_pixels(self) -> NDArray[np.bool_]:
        """Mask of reference pixels, shape (ny, nx): those of the full frame's border that fall inside, and all IRS2 reference samples."""
        columns, rows = self._axis_reference(True), self._axis_reference(False)
        return rows[:, None] | columns[None, :]

    def is_reference(self, x: int, y: int) -> bool:
        """Whether the 0-based array pixel (x, y) is a reference pixel or an IRS2 reference sample."""
        if not self.known:
            return False
        column, row = self.to_full(x, y)
        size = self.full_size
        inside_x = BORDER < column <= size[0] - BORDER
        return not (inside_x and (self.miri or BORDER < row <= size[1] - BORDER))

    def _along(self, axis: int, full: tuple[int, int]) -> int:
        """1-based position along a FASTAXIS or SLOWAXIS of a full-frame science pixel."""
        position = full[abs(axis) - 1]
        return position if axis > 0 else self.full_size[abs(axis) - 1] + 1 - position

    def _output_number(self, column: int | NDArray[np.int64]) -> int | NDArray[np.int64]:
        """1 to 4 for the output A to D that reads a 1-based raw detector column."""
        return (column - 1) % 4 + 1 if self.miri else (column - 1) // (FULL_SIZE // 4) + 1

    def _axis_positions(self, along_x: bool) -> NDArray[np.int64]:
        """1-based full-frame science pixel of every column (or row) of the array, 0 for IRS2 reference samples."""
        length, start = (self.nx, self.xstart) if along_x else (self.ny, self.ystart)
        if self.interleaved and along_x == self.fast_is_x:
            return np.array([self.irs2_science_row(sample) or 0 for sample in range(length)], np.int64)
        return np.arange(length, dtype=np.int64) + start

    def _axis_reference(self, along_x: bool) -> NDArray[np.bool_]:
        """Columns (or rows) of the array that are reference pixels throughout."""
        positions = self._axis_positions(along_x)
        if not self.known or (self.miri and not along_x):
            return np.zeros(positions.size, np.bool_)
        reference: NDArray[np.bool_] = (positions <= BORDER) | (positions > self.full_size[0 if along_x else 1] - BORDER)
        return reference


def _irs2_pixel(sample: int) -> int:
    """0-based detector column of a 0-based IRS2 sample in the order of reading, -1 for a reference sample."""
    sector, offset = divmod(sample - IRS2_SECTOR, IRS2_SECTOR)
    period = IRS2_SCIENCE + IRS2_REFERENCE
    blocks, phase = divmod(offset + IRS2_SCIENCE // 2, period)
    if sector < 0 or phase >= IRS2_SCIENCE:
        return -1
    return sector * (FULL_SIZE // 4) + offset - IRS2_REFERENCE * blocks
