"""Values of one pixel out of JWST reference files: GAIN, READNOISE, SUPERBIAS, SATURATION."""

from __future__ import annotations

import gzip
import math
import warnings
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

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
    image = read_reference(path)
    if image.reftype and image.reftype != reftype:
        raise BadInput(f"{image.name} is a {image.reftype} reference, not {reftype}")
    if geometry.detector and image.detector not in ANY_DETECTOR and image.detector != geometry.detector.upper():
        raise BadInput(f"{image.name} is for detector {image.detector}, the exposure is of {geometry.detector}")
    position = _position(image, geometry, x, y)
    if position is None:
        return np.nan, image.unit
    column, row = position
    ny, nx = image.values.shape
    if not (0 <= column < nx and 0 <= row < ny):
        raise BadInput(f"{image.name} ({nx} x {ny} pixels from {image.xstart or 1}, {image.ystart or 1}) does not cover pixel {x}, {y}")
    return float(image.values[row, column]), image.unit


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
    from astropy.io import fits

    try:
        with warnings.catch_warnings(), fits.open(path, memmap=False, lazy_load_hdus=True) as hdus:
            warnings.simplefilter("ignore")  # a file that is cut short is an error below
            primary = hdus[0].header
            hdu = hdus["SCI"] if "SCI" in hdus else hdus[0]
            _check_size(path, hdu, size)
            values = np.asarray(hdu.data)
            header = hdu.header
    except BadInput:
        raise
    except (OSError, EOFError, ValueError, TypeError, KeyError, IndexError, zlib.error, gzip.BadGzipFile) as error:
        raise BadInput(f"{path.name} cannot be read as a FITS reference file: {' '.join(str(error).split())}") from error

    def text(key: str) -> str:
        return str(header.get(key) or primary.get(key) or "").strip().upper()

    def number(key: str) -> int | None:
        value = header.get(key, primary.get(key))
        return int(value) if isinstance(value, int | float) else None

    unit = str(header.get("BUNIT") or primary.get("BUNIT") or "").strip()
    return ReferenceImage(path, values, text("REFTYPE"), text("DETECTOR"), unit, number("SUBSTRT1"), number("SUBSTRT2"))


def _check_size(path: Path, hdu: Any, size: int) -> None:
    """Nothing is read before the header's claim was compared with what is there."""
    shape = [hdu.header.get(f"NAXIS{axis + 1}", 0) for axis in range(hdu.header.get("NAXIS", 0))]
    if len(shape) != 2 or min(shape) < 1:
        raise BadInput(f"{path.name} has no reference image: its SCI has {len(shape)} axes, not 2")
    if max(shape) > LARGEST_SIDE:
        raise BadInput(f"{path.name} is no detector reference: its image claims {shape[0]} x {shape[1]} pixels")
    needed = abs(hdu.header["BITPIX"]) // 8 * shape[0] * shape[1]
    start = hdu.fileinfo()["datLoc"] or 0
    if path.suffix.lower() != ".gz" and start + needed > size:
        raise BadInput(f"{path.name} is cut short: its header asks for {start + needed} bytes, the file has {size}")


def _position(image: ReferenceImage, geometry: DetectorGeometry, x: int, y: int) -> tuple[int, int] | None:
    """0-based (column, row) in the reference; None for samples of an IRS2 frame that are no pixels."""
    if image.values.shape == (geometry.ny, geometry.nx):
        return x, y
    column, row = geometry.to_full(x, y)
    return None if (column, row) == (0, 0) else (column - (image.xstart or 1), row - (image.ystart or 1))
