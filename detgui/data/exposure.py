"""One exposure, whatever its number of files."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.data import reader
from detgui.data.dq_def import dq_definitions
from detgui.data.files import FileRecord
from detgui.data.int_times import int_times
from detgui.data.keywords import STEP_NAMES, ExposureMeta
from detgui.data.layout import Hdu, read_header
from detgui.data.opening import find
from detgui.data.parts import Part, common_planes, flag_planes, shared_warnings
from detgui.data.places import Places
from detgui.data.reader import Run
from detgui.data.segments import segment_name, why_apart
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.detector import DetectorGeometry
from detgui.science.timing import GroupTiming

__all__ = ["Exposure", "ExposureMeta", "FileRecord", "Run", "open_exposures", "open_many", "open_one"]


class Exposure:
    """Blocks, images and pixels of one exposure, read when asked for; safe to read from several threads.

    Every read raises `BadInput` for a plane, integration, group or pixel that is not there, and where a file was closed, cut short,
    changed or removed since it was opened.

    Attributes
    ----------
    name : str            what a person calls it: root and suffix without folder and ``.fits`` (``[SCI,2]`` added for a second SCI)
    kind : str            'uncal', 'ramp', 'rate', 'rateints', 'cal', 'calints', 'crf', 'crfints', 'i2d', 's2d', 's3d', 'reference',
                          'cube', 'image'
    shape : tuple         (nints, ngroups, ny, nx), always four numbers
    dtype : numpy.dtype   of the values that reads return, native byte order (uint16 for BITPIX 16 with BZERO 32768)
    unit : str            of SCI: 'DN', 'DN/s', 'MJy/sr', ...; '' where the file does not say
    planes : tuple        names that `read_image` and `read_pixel` accept, of 'SCI', 'ERR', 'DQ', 'PIXELDQ', 'GROUPDQ', 'ZEROFRAME',
                          'REFOUT', ...; 'SCI' is always one of them: the main image of a file that does not name it so
    files : tuple         FileRecord of every file, in the order of integrations
    integrations : array  (nints,) int: the integration numbers, 1-based, as in INTSTART..INTEND
    warnings : tuple      sentences: missing segments, keywords that contradict the data
    dq_definitions        names and values of the flags where the file has its own (DQ_DEF of reference files), None for JWST's
    signed : tuple        planes whose values lie about zero: maps of residual slopes
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
    dq_definitions: Mapping[str, int] | None = None
    signed: tuple[str, ...] = ()
    meta: ExposureMeta
    timing: GroupTiming
    geometry: DetectorGeometry

    def __init__(self, parts: Sequence[Part], warnings: Sequence[str] = ()) -> None:
        """Made by `open_exposures`: ``parts`` belong together and are in the order of their integrations."""
        first = parts[0]
        self._first = first
        self._times_lock = threading.Lock()
        self._times: dict[str, NDArray[Any]] | None = None
        self._times_read = False
        named = segment_name(first.name) if len(parts) > 1 else None
        self.name = named.exposure if named else first.name
        self.kind, self.unit, self.meta, self.timing, self.geometry = first.kind, first.unit, first.meta, first.timing, first.geometry
        self.shape = (sum(part.shape[0] for part in parts), *first.shape[1:])
        self.dtype = first.planes["SCI"].form.value
        self.dq_definitions = dq_definitions(first)
        self.planes, left_out = common_planes(parts)
        self.files = tuple(part.file.record for part in parts)
        self.integrations = np.concatenate([np.arange(part.first, part.last + 1, dtype=np.int64) for part in parts])
        self._places = Places(self.name, parts, self.planes, self.integrations)
        self.warnings = tuple(dict.fromkeys([*warnings, *shared_warnings(parts), *left_out]))
        self.signed = ("SCI",) if self.kind == "slopes" else ()

    def __repr__(self) -> str:
        return f"<Exposure {self.name}: {self.kind} {' x '.join(map(str, self.shape))} {self.dtype}>"

    def __enter__(self) -> Exposure:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def nbytes(self) -> int:
        """Sum of the sizes of the files."""
        return sum(record.size for record in self.files)

    @property
    def is_ramp(self) -> bool:
        """True where there are at least two groups."""
        return self.shape[1] >= 2

    @property
    def cal_steps(self) -> dict[str, str]:
        """Status of every calibration step that the header names."""
        return dict(self._first.steps)

    def cal_step(self, name: str) -> str | None:
        """'COMPLETE', 'SKIPPED' or 'FAILED' for a calibration step such as 'superbias', as the header says; None where it does not."""
        return self._first.steps.get(STEP_NAMES.get(name, name))

    def plane_unit(self, plane: str) -> str:
        """Unit of a plane's values, '' where it is not known."""
        return self.unit if plane in ("SCI", "ERR", "ZEROFRAME", "REFOUT") else ""

    @property
    def flag_planes(self) -> tuple[str, ...]:
        """The planes whose flags belong to a shown image: DQ, or those there are of PIXELDQ and GROUPDQ; () for none."""
        return flag_planes(self.planes)

    def plane_shape(self, plane: str = "SCI") -> tuple[int, int, int, int]:
        """(nints, ngroups, ny, nx) of a plane, 1 for an axis that it does not have."""
        shapes = [part.planes[plane].shape for part in self._places.of_plane(plane)]
        return (sum(shape[0] for shape in shapes) if shapes[0][0] == self._first.shape[0] else 1, *shapes[0][1:])

    def plane_dtype(self, plane: str = "SCI") -> np.dtype[Any]:
        """Dtype of what reads of a plane return."""
        return self._places.of_plane(plane)[0].planes[plane].form.value

    def segment(self, integration: int | None = None) -> int:
        """Place in `files` of the file that holds an integration; planes without integrations may differ from file to file."""
        return self._places.segment(integration)

    def read_image(
        self, plane: str = "SCI", integration: int | None = None, group: int | None = None, empty: reader.Empty = np.empty
    ) -> NDArray[Any]:
        """One 2-D image, shape (ny, nx), native byte order, a contiguous array from ``empty``; numbers 1-based, None is the first.

        A plane without groups or integrations gives its one image for every number that the exposure has.
        """
        part, local = self._places.locate(plane, integration)
        return reader.image(part, part.planes[plane], local, self._places.group(group), empty)

    def read_pixel(
        self, x: int, y: int, plane: str = "SCI", integrations: Sequence[int] | None = None, progress: Progress = no_progress
    ) -> NDArray[Any]:
        """One pixel's ramps, shape (n, ngroups) ((n, 1) for planes without groups); integrations None is all of them.

        ``progress`` is called between batches of reads.
        """
        wanted = self.integrations if integrations is None else np.asarray(integrations, np.int64).reshape(-1)
        self._places.check_box(plane, x, y, x, y)
        places = [self._places.locate(plane, int(number)) for number in wanted]
        return reader.pixel(places, plane, x, y, progress, f"reading pixel {x}, {y} of {self.name}")

    def read_box(self, x0: int, y0: int, x1: int, y1: int, plane: str = "SCI", integration: int | None = None) -> NDArray[Any]:
        """All groups of a box of pixels (0-based, inclusive corners), shape (ngroups, y1 - y0 + 1, x1 - x0 + 1).

        ngroups is 1 for a plane without groups.
        """
        self._places.check_box(plane, x0, y0, x1, y1)
        part, local = self._places.locate(plane, integration)
        return reader.box(part, part.planes[plane], local, (x0, y0, x1, y1))

    def read_block(
        self,
        plane: str = "SCI",
        integrations: tuple[int, int] | None = None,
        groups: tuple[int, int] | None = None,
        rows: tuple[int, int] | None = None,
        progress: Progress = no_progress,
    ) -> NDArray[Any]:
        """A block, shape (integrations, groups, rows, nx); each range is (first, last), inclusive, None is all of it.

        Integrations and groups are 1-based, rows 0-based. A plane without groups has one whatever ``groups`` is; integrations that are
        missing inside the range are left out.
        """
        first, last = (int(self.integrations[0]), int(self.integrations[-1])) if integrations is None else integrations
        self._places.integration(first), self._places.integration(last)
        wanted = self.integrations[(self.integrations >= first) & (self.integrations <= last)]
        _, ng, ny, nx = self.plane_shape(plane)
        g0, g1 = (1, self.shape[1]) if groups is None else groups
        self._places.group(g0), self._places.group(g1)
        y0, y1 = (0, ny - 1) if rows is None else rows
        self._places.check_box(plane, 0, y0, nx - 1, y1)
        if wanted.size == 0 or g1 < g0:
            raise BadInput(f"{self.name}: integrations {first}-{last}, groups {g0}-{g1} is an empty block")
        span = (0, 0) if ng == 1 else (g0 - 1, g1 - 1)
        places = [self._places.locate(plane, int(number)) for number in wanted]
        return reader.block(places, plane, span, (y0, y1), progress, f"reading {self.name}")

    def read_dq(self, integration: int | None = None, group: int | None = None) -> NDArray[np.uint32] | None:
        """Data quality that belongs to a shown image, shape (ny, nx): DQ, or PIXELDQ | GROUPDQ; None where there is none."""
        result: NDArray[np.uint32] | None = None
        for plane in self.flag_planes:
            flags = self.read_flags(plane, integration, group)
            result = flags if result is None else np.bitwise_or(result, flags, out=result)
        return result

    def read_flags(self, plane: str, integration: int | None = None, group: int | None = None) -> NDArray[np.uint32]:
        """One image of a plane of flags as uint32, shape (ny, nx), a fresh array."""
        return reader.as_flags(self.read_image(plane, integration, group))

    def runs(self, plane: str = "SCI") -> tuple[Run, ...]:
        """Where every integration of a plane lies, for kernels that read by themselves inside `hold`."""
        parts = self._places.of_plane(plane)
        return tuple(reader.run(part, plane, local) for part in parts for local in range(part.shape[0]))

    @contextmanager
    def hold(self) -> Iterator[dict[Path, int]]:
        """Descriptors by path, kept open (also against `close`) while inside, after a check that the files are what was opened."""
        with ExitStack() as stack:
            yield {part.file.path: stack.enter_context(part.file.in_use()) for part in self._places.parts}

    def check(self) -> None:
        """Raise `BadInput` where a file was closed, cut short, changed or removed since it was opened."""
        with self.hold():
            pass

    def int_times(self) -> dict[str, NDArray[Any]] | None:
        """INT_TIMES, arrays of shape (nints,) in the order of `integrations`; None where no file has it.

        Keys 'integration_number' and 'int_{start,mid,end}_{MJD_UTC,BJD_TDB}' (days; NaN where a table lacks the integration).
        """
        with self._times_lock:
            if not self._times_read:
                self._times = int_times(self._places.parts, self.integrations)
                self._times_read = True
            return self._times

    def header(self, name: str = "PRIMARY", file: int = 0) -> Any:
        """A copy of the astropy Header of one HDU ('SCI' is this exposure's own); None where the file does not have it."""
        part = self._places.parts[file]
        matches: list[Hdu] = [hdu for hdu in part.hdus if hdu.name == name or (name == "PRIMARY" and hdu.index == 0)]
        hdu = next((hdu for hdu in matches if part.ver is None or hdu.ver == part.ver), matches[0] if matches else None)
        return None if hdu is None else read_header(part.file, hdu.header_offset)[0]

    def headers(self) -> list[tuple[str, Any]]:
        """(name, astropy Header) of every HDU of every file, for the header viewer; of several files the name says which."""
        prefix = len(self._places.parts) > 1
        return [
            (f"{part.file.name}: {hdu.label}" if prefix else hdu.label, read_header(part.file, hdu.header_offset)[0])
            for part in self._places.parts
            for hdu in part.hdus
        ]

    def why_apart(self, other: Exposure) -> str:
        """Why another exposure is not part of this one, as the end of a sentence; '' where both are segments that fit."""
        return why_apart(self._first, other._first)

    def close(self) -> None:
        """Close the files; reads after that raise BadInput. Reads that are running end first."""
        self._places.close()


def open_many(
    paths: Sequence[str | Path], *, join: bool = True, neighbours: bool = True, progress: Progress = no_progress
) -> tuple[list[Exposure], list[BadInput]]:
    """Open files as exposures, reading headers only, and say which cannot be used: one bad file does not hide the others.

    ``join`` puts segments of one exposure together; ``neighbours`` also looks for the segments that lie beside a named one (a damaged one
    there is a warning). Files that are no segments, and files with several SCI extensions, give one exposure for each image.
    """
    found, troubles = find(paths, join, neighbours, progress)
    return [Exposure(each.parts, each.warnings) for each in found], troubles


def open_exposures(
    paths: Sequence[str | Path], *, join: bool = True, neighbours: bool = True, progress: Progress = no_progress
) -> list[Exposure]:
    """Open files as exposures, reading headers only.

    Like `open_many`, but raises `BadInput` (one sentence, names file and cause) where any file cannot be used.
    """
    exposures, troubles = open_many(paths, join=join, neighbours=neighbours, progress=progress)
    if troubles:
        for exposure in exposures:
            exposure.close()
        raise troubles[0]
    return exposures


def open_one(paths: Sequence[str | Path], *, join: bool = True, neighbours: bool = True, progress: Progress = no_progress) -> Exposure:
    """Open files that have to be one exposure: a file, or segments of one exposure, detector and suffix.

    Of a file with several SCI extensions it is the first. Raises `BadInput` where a file cannot be used or does not belong to the others.
    """
    exposures = open_exposures(paths, join=join, neighbours=neighbours, progress=progress)
    try:
        if not exposures:
            raise BadInput("no file was given")
        first = exposures[0]
        for other in exposures[1:]:
            if other.files != first.files:
                raise BadInput(f"{other.name} does not belong to the exposure of {first.name}: {first.why_apart(other)}")
    except BaseException:
        for exposure in exposures:
            exposure.close()
        raise
    for other in exposures[1:]:
        other.close()
    return first
