"""One exposure, whatever its number of files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.science.detector import DetectorGeometry
from detgui.science.timing import GroupTiming


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What identifies an input file in provenance: absolute path, size in bytes, modification time in s."""

    path: Path
    size: int
    mtime: float


@dataclass(frozen=True, slots=True)
class ExposureMeta:
    """Keywords the program works with; ``None`` where the file does not have them."""

    telescope: str | None = None
    instrument: str | None = None
    detector: str | None = None
    exp_type: str | None = None
    reftype: str | None = None
    subarray: str | None = None
    readpatt: str | None = None
    filter: str | None = None
    grating: str | None = None
    date_obs: str | None = None
    noutputs: int | None = None
    header_ngroups: int | None = None


class Exposure:
    """Blocks, images and pixels of one exposure, read when asked for.

    Attributes
    ----------
    name : str            what a person calls it: root and suffix without folder and ``.fits`` (``[SCI,2]`` added for a second SCI)
    kind : str            'uncal', 'ramp', 'rate', 'rateints', 'cal', 'calints', 'crf', 'crfints', 'reference', 'cube', 'image', ...
    shape : tuple         (nints, ngroups, ny, nx), always four numbers
    dtype : numpy.dtype   of the values that reads return, native byte order (uint16 for BITPIX 16 with BZERO 32768)
    unit : str            of SCI: 'DN', 'DN/s', 'MJy/sr', ...; '' where the file does not say
    planes : tuple        names that `read_image` and `read_pixel` accept, of 'SCI', 'ERR', 'DQ', 'PIXELDQ', 'GROUPDQ', 'ZEROFRAME', 'REFOUT', ...
    files : tuple         FileRecord of every file, in the order of integrations
    integrations : array  (nints,) int: the integration numbers, 1-based, as in INTSTART..INTEND
    warnings : tuple      sentences: missing segments, keywords that contradict the data
    meta, timing, geometry
    """

    name: str
    kind: str
    shape: tuple[int, int, int, int]
    dtype: np.dtype[Any]
    unit: str
    planes: tuple[str, ...]
    files: tuple[FileRecord, ...]
    integrations: NDArray[np.int64]
    warnings: tuple[str, ...]
    meta: ExposureMeta
    timing: GroupTiming
    geometry: DetectorGeometry

    @property
    def nbytes(self) -> int:
        """Sum of the sizes of the files."""
        raise NotImplementedError

    @property
    def is_ramp(self) -> bool:
        """True where there are at least two groups."""
        raise NotImplementedError

    def read_image(self, plane: str = "SCI", integration: int | None = None, group: int | None = None) -> NDArray[Any]:
        """One 2-D image, shape (ny, nx), native byte order, a fresh contiguous array; numbers 1-based, None is the first."""
        raise NotImplementedError

    def read_pixel(self, x: int, y: int, plane: str = "SCI", integrations: Sequence[int] | None = None) -> NDArray[Any]:
        """One pixel's ramps, shape (n, ngroups) ((n, 1) for planes without groups); integrations None is all of them."""
        raise NotImplementedError

    def read_box(self, x0: int, y0: int, x1: int, y1: int, plane: str = "SCI", integration: int | None = None) -> NDArray[Any]:
        """All groups of a box of pixels (0-based, inclusive corners), shape (ngroups, y1 - y0 + 1, x1 - x0 + 1)."""
        raise NotImplementedError

    def read_dq(self, integration: int | None = None, group: int | None = None) -> NDArray[np.uint32] | None:
        """Data quality that belongs to a shown image, shape (ny, nx): DQ, or PIXELDQ | GROUPDQ; None where there is none."""
        raise NotImplementedError

    def headers(self) -> list[tuple[str, Any]]:
        """(name, astropy Header) of every HDU of every file, for the header viewer."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the files; reads after that raise BadInput."""
        raise NotImplementedError


def open_exposures(paths: Sequence[str | Path], *, join: bool = True, neighbours: bool = True) -> list[Exposure]:
    """Open files as exposures, reading headers only.

    ``join`` puts segments of one exposure together; ``neighbours`` also looks for the segments that lie beside a named one.
    A file with several SCI extensions gives one exposure each. Raises `BadInput` (one sentence, names file and cause).
    """
    raise NotImplementedError
