"""Voids and excluded pixels of a gain map out of region files and FITS masks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from detgui.analysis.gain_types import Masks
from detgui.data.exposure import Exposure
from detgui.errors import BadInput
from detgui.science.regions import Mask


def masks_of(exposure: Exposure, given: Masks | Path, kind: str) -> Masks:
    """``given`` as masks of shape (ny, nx): those of the ``kind`` in a DS9 region file or a FITS mask, as what counts what has no kind.

    Sky coordinates are taken to pixels with the WCS of the exposure's file. Raises `BadInput` for a file that cannot be read, has another
    size, is in sky coordinates where the exposure has no WCS, or has no region of the kind.
    """
    if not isinstance(given, Path):
        return given
    from detgui.data.region_files import is_fits, needs_wcs

    sky = not is_fits(given) and needs_wcs(given)
    found = _by_sky(exposure, given, kind) if sky else _read(exposure, given, kind, None)
    named = tuple(np.asarray(mask, bool) for _, each, mask in found if each == kind)
    if not named:
        raise BadInput(f"{given.name} has no region of the kind {kind}")
    return named


def _read(exposure: Exposure, path: Path, kind: str, wcs: Any) -> list[tuple[str, str, Mask]]:
    from detgui.data.region_files import read_masks

    return read_masks(path, exposure.shape[2:], exposure.geometry, wcs, kind)


def _by_sky(exposure: Exposure, path: Path, kind: str) -> list[tuple[str, str, Mask]]:
    from detgui.data.wcs import celestial_wcs

    try:
        with celestial_wcs(exposure.files[0].path, *exposure.shape[2:]) as wcs:
            return _read(exposure, path, kind, wcs)
    except BadInput as error:
        raise BadInput(f"{path.name} is in sky coordinates: {error}" if path.name not in str(error) else str(error)) from error
