"""Images of JWST reference files, cut to the pixels of an exposure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detgui.data.references import ANY_DETECTOR, ReferenceImage, ReferenceType, read_reference
from detgui.errors import BadInput
from detgui.science.detector import DetectorGeometry


def reference_map(path: Path, reftype: ReferenceType, geometry: DetectorGeometry) -> tuple[NDArray[np.float64], str]:
    """Values, shape (ny, nx), and unit ('' where the file does not say) at every pixel of an exposure with ``geometry``.

    A reference of the full frame, or of a larger subarray, is cut by SUBSTRT1/2. NaN where it has no value. Raises `BadInput` for a file
    that cannot be read, is of another type or detector, or does not cover the exposure.
    """
    image = read_reference(path)
    if image.reftype and image.reftype != reftype:
        raise BadInput(f"{image.name} is a {image.reftype} reference, not {reftype}")
    if geometry.detector and image.detector not in ANY_DETECTOR and image.detector != geometry.detector.upper():
        raise BadInput(f"{image.name} is for detector {image.detector}, the exposure is of {geometry.detector}")
    return _cut(image, geometry), image.unit


def _cut(image: ReferenceImage, geometry: DetectorGeometry) -> NDArray[np.float64]:
    values = np.asarray(image.values, np.float64)
    if values.shape == (geometry.ny, geometry.nx):
        return values
    columns = _positions(geometry, geometry.nx, geometry.xstart, geometry.fast_is_x) - (image.xstart or 1)
    rows = _positions(geometry, geometry.ny, geometry.ystart, not geometry.fast_is_x) - (image.ystart or 1)
    for places, size in ((columns, values.shape[1]), (rows, values.shape[0])):
        inside = (places >= 0) & (places < size)
        if not inside.any() or (not geometry.interleaved and not inside.all()):
            ny, nx = values.shape
            raise BadInput(f"{image.name} ({nx} x {ny} pixels from {image.xstart or 1}, {image.ystart or 1}) does not cover the exposure")
    found = values[np.clip(rows, 0, values.shape[0] - 1)][:, np.clip(columns, 0, values.shape[1] - 1)]
    found[(rows < 0) | (rows >= values.shape[0])] = np.nan
    found[:, (columns < 0) | (columns >= values.shape[1])] = np.nan
    return found


def _positions(geometry: DetectorGeometry, length: int, start: int, fast: bool) -> NDArray[np.int64]:
    """1-based full-frame pixel of every column or row, 0 for interleaved reference samples."""
    if geometry.interleaved and fast:
        return np.array([geometry.irs2_science_row(sample) or 0 for sample in range(length)], np.int64)
    return np.arange(length, dtype=np.int64) + start
