"""Detector geometry in science orientation: amplifiers, reference pixels, the raw detector's own pixel numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


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

    def to_full(self, x: int, y: int) -> tuple[int, int]:
        """1-based full-frame science pixel of the 0-based array pixel (x, y)."""
        return x + self.xstart, y + self.ystart

    def to_detector(self, x: int, y: int) -> tuple[int, int]:
        """1-based raw detector pixel (column, row) of the 0-based array pixel (x, y)."""
        raise NotImplementedError

    def amplifier(self, x: int, y: int) -> str:
        """Output 'A' to 'D' that read the pixel, '' where not known; IRS2 reference samples are 'R'."""
        raise NotImplementedError

    def amplifier_boundaries(self) -> tuple[str, tuple[float, ...]]:
        """('x' or 'y', edges): the axis that the outputs split and the pixel-edge coordinates (0-based centres, so n - 0.5) inside the array."""
        raise NotImplementedError

    def reference_pixels(self) -> NDArray[np.bool_]:
        """Mask of reference pixels, shape (ny, nx)."""
        raise NotImplementedError
