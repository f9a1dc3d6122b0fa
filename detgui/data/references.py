"""Values of one pixel out of JWST reference files: GAIN, READNOISE, SUPERBIAS, SATURATION."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from detgui.data.keywords import Keywords
from detgui.data.layout import Hdu, read_header
from detgui.data.parts import Part, open_parts
from detgui.data.reader import image
from detgui.errors import BadInput
from detgui.science.detector import DetectorGeometry

ReferenceType = Literal["GAIN", "READNOISE", "SUPERBIAS", "SATURATION"]

LARGEST_SIDE = 8192
ANY_DETECTOR = ("", "ANY", "N/A", "MULTIPLE", "GENERIC")


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceImage:
    """SCI of a reference file, shape (ny, nx), and what its headers say; ``xstart``, ``ystart`` are SUBSTRT1/2, None where missing."""

    path: Path
    values: NDArray[Any]
    reftype: str
    detector: str
    unit: str
    xstart: int | None
    ystart: int | None

    @property
    def name(self) -> str:
        """File name without folder."""
        return self.path.name


def reference_value(path: Path, reftype: ReferenceType, geometry: DetectorGeometry, x: int, y: int) -> tuple[float, str]:
    """Value and unit ('' where the file does not say) at the 0-based pixel (x, y) of an exposure with ``geometry``.

    A reference of the full frame, or of a larger subarray, is cut by SUBSTRT1/2; interleaved IRS2 frames find their pixel in a 2048-row
    reference. NaN where the reference has no value there. Raises `BadInput` for a file that cannot be read, is of another type or
    detector, or ends before the pixel.
    """
    found = read_reference(path)
    if found.reftype and found.reftype != reftype:
        raise BadInput(f"{found.name} is a {found.reftype} reference, not {reftype}")
    if geometry.detector and found.detector not in ANY_DETECTOR and found.detector != geometry.detector.upper():
        raise BadInput(f"{found.name} is for detector {found.detector}, the exposure is of {geometry.detector}")
    position = _position(found, geometry, x, y)
    if position is None:
        return np.nan, found.unit
    column, row = position
    ny, nx = found.values.shape
    if not (0 <= column < nx and 0 <= row < ny):
        raise BadInput(f"{found.name} ({nx} x {ny} pixels from {found.xstart or 1}, {found.ystart or 1}) does not cover pixel {x}, {y}")
    return float(found.values[row, column]), found.unit


def single_read_noise(value: float, unit: str, gain: float) -> float:
    """Noise of one read, DN, from a READNOISE reference's value.

    JWST read noise references hold the noise of a correlated double sample in DN, a factor sqrt(2) more than a single read (jwst
    documentation, ramp_fitting; `stcal.ramp_fitting.likely_fit` divides likewise). A file that says electrons is divided by ``gain``
    e-/DN first; NaN without.
    """
    electrons = unit.strip().lower().startswith(("e", "electron"))
    return value / math.sqrt(2.0) / (gain if electrons else 1.0)


def read_reference(path: Path) -> ReferenceImage:
    """The image of a reference file, read once while it does not change. Raises `BadInput`."""
    try:
        status = path.stat()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}") from error
    return _read(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=6)
def _read(path: Path, mtime: int, size: int) -> ReferenceImage:
    parts = open_parts(path)
    try:
        main = parts[0]
        values = _image(main)
        headers = [read_header(main.file, hdu.header_offset)[0] for hdu in (_main_hdu(main), main.hdus[0])]
    finally:
        for part in parts:
            part.file.close()
    keys = Keywords(headers)
    return ReferenceImage(
        path, values, keys.upper("REFTYPE"), keys.upper("DETECTOR"), main.unit, keys.integer("SUBSTRT1"), keys.integer("SUBSTRT2")
    )


def _main_hdu(part: Part) -> Hdu:
    return next(hdu for hdu in part.hdus if hdu.data_offset == part.planes["SCI"].offset)


def _image(part: Part) -> NDArray[Any]:
    axes = len(_main_hdu(part).shape)
    if axes != 2:
        raise BadInput(f"{part.file.name} has no reference image: its SCI has {axes} axes, not 2")
    if max(part.shape) > LARGEST_SIDE:
        raise BadInput(f"{part.file.name} is no detector reference: its image has {part.shape[3]} x {part.shape[2]} pixels")
    return image(part, part.planes["SCI"], 0, 0)


def _position(found: ReferenceImage, geometry: DetectorGeometry, x: int, y: int) -> tuple[int, int] | None:
    """0-based (column, row) in the reference; None for samples of an IRS2 frame that are no pixels."""
    elsewhere = geometry.known and (found.xstart, found.ystart) not in ((None, None), (geometry.xstart, geometry.ystart))
    if found.values.shape == (geometry.ny, geometry.nx) and (geometry.irs2 or not elsewhere):
        return x, y
    column, row = geometry.to_full(x, y)
    return None if (column, row) == (0, 0) else (column - (found.xstart or 1), row - (found.ystart or 1))
