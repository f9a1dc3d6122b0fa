"""An exposure whose planes are arrays in memory: a map that was computed, shown like any file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.data import reader
from detgui.data.exposure import Exposure
from detgui.data.keywords import ExposureMeta
from detgui.data.reader import Run
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.detector import DetectorGeometry
from detgui.science.timing import GroupTiming

DQ_PLANE = "DQ"

Headers = list[tuple[str, Any]]


class MapExposure(Exposure):
    """Planes of shape (ny, nx) with the interface of `Exposure`: one integration, one group, nothing on disk.

    The first plane is the map itself and is listed first; there is no 'SCI'. ``files`` are those the map was made from. ``write``
    writes it to a path, None where it cannot be written.
    """

    write: Callable[[Path], object] | None

    def __init__(
        self,
        name: str,
        planes: Mapping[str, NDArray[Any]],
        *,
        unit: str = "",
        units: Mapping[str, str] | None = None,
        signed: Sequence[str] = (),
        source: Exposure | None = None,
        kind: str = "slopes",
        headers: Callable[[], Headers] | None = None,
        write: Callable[[Path], object] | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        """``units`` by plane, ``unit`` of those it does not name; ``signed``: planes whose zero is in the middle of the colours.

        ``headers`` makes (HDU, astropy Header) when asked for; the arrays are kept, not copied. Raises `BadInput` for planes of
        different shapes.
        """
        shapes = {each.shape for each in planes.values()}
        if len(shapes) != 1 or len(next(iter(shapes))) != 2:
            raise BadInput(f"{name}: the planes of a map must all have one shape (ny, nx)")
        ny, nx = next(iter(shapes))
        self._planes = dict(planes)
        self._units = dict(units or {})
        self._headers = headers
        self._closed = False
        self.name, self.kind, self.unit = name, kind, unit
        self.write = write
        self.shape = (1, 1, ny, nx)
        self.planes = tuple(planes)
        self.signed = tuple(signed)
        self.dtype = self._planes[self.planes[0]].dtype
        self.files = source.files if source is not None else ()
        self.integrations = np.array([1], dtype=np.int64)
        self.warnings = tuple(notes)
        self.meta = source.meta if source is not None else ExposureMeta()
        self.timing = GroupTiming(1, 1.0, 1.0, known=False)
        known = source is not None and source.shape[2:] == (ny, nx)
        self.geometry = source.geometry if known and source is not None else DetectorGeometry(ny, nx)

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return sum(each.nbytes for each in self._planes.values())

    @property
    def cal_steps(self) -> dict[str, str]:
        """None are known of a map."""
        return {}

    def cal_step(self, name: str) -> str | None:
        """None: no step is known of a map."""
        return None

    @property
    def flag_planes(self) -> tuple[str, ...]:
        """DQ where it is there."""
        return (DQ_PLANE,) if DQ_PLANE in self._planes else ()

    def plane_unit(self, plane: str) -> str:
        """Unit of a plane."""
        return self._units.get(plane, self.unit)

    def plane_shape(self, plane: str = "SCI") -> tuple[int, int, int, int]:
        """(1, 1, ny, nx)."""
        self._plane(plane)
        return self.shape

    def plane_dtype(self, plane: str = "SCI") -> np.dtype[Any]:
        """Dtype of a plane."""
        return self._plane(plane).dtype

    def segment(self, integration: int | None = None) -> int:
        """0."""
        return 0

    def read_image(
        self, plane: str = "SCI", integration: int | None = None, group: int | None = None, empty: reader.Empty = np.empty
    ) -> NDArray[Any]:
        """A copy of a plane, shape (ny, nx), in an array from ``empty``."""
        self._numbers(integration, group)
        values = self._plane(plane)
        out = empty(values.shape, values.dtype)
        out[...] = values
        return out

    def read_pixel(
        self, x: int, y: int, plane: str = "SCI", integrations: Sequence[int] | None = None, progress: Progress = no_progress
    ) -> NDArray[Any]:
        """One pixel, shape (n, 1)."""
        wanted = [1] if integrations is None else list(integrations)
        for number in wanted:
            self._numbers(number, None)
        value = self.read_box(x, y, x, y, plane)[0, 0, 0]
        return np.full((len(wanted), 1), value)

    def read_box(self, x0: int, y0: int, x1: int, y1: int, plane: str = "SCI", integration: int | None = None) -> NDArray[Any]:
        """A box of pixels (0-based, inclusive corners), shape (1, y1 - y0 + 1, x1 - x0 + 1)."""
        self._numbers(integration, None)
        ny, nx = self.shape[2:]
        if not (0 <= x0 <= x1 < nx and 0 <= y0 <= y1 < ny):
            raise BadInput(f"{self.name}: x {x0}-{x1}, y {y0}-{y1} is not in the image of {nx} x {ny} pixels")
        return self._plane(plane)[None, y0 : y1 + 1, x0 : x1 + 1].copy()

    def read_block(
        self,
        plane: str = "SCI",
        integrations: tuple[int, int] | None = None,
        groups: tuple[int, int] | None = None,
        rows: tuple[int, int] | None = None,
        progress: Progress = no_progress,
    ) -> NDArray[Any]:
        """Rows of a plane, shape (1, 1, rows, nx)."""
        for number in integrations or ():
            self._numbers(number, None)
        for number in groups or ():
            self._numbers(None, number)
        y0, y1 = rows or (0, self.shape[2] - 1)
        return self.read_box(0, y0, self.shape[3] - 1, y1, plane)[None]

    def read_dq(self, integration: int | None = None, group: int | None = None) -> NDArray[np.uint32] | None:
        """The DQ plane, None where there is none."""
        return self.read_flags(DQ_PLANE, integration, group) if self.flag_planes else None

    def read_flags(self, plane: str, integration: int | None = None, group: int | None = None) -> NDArray[np.uint32]:
        """A plane of flags as uint32."""
        return reader.as_flags(self.read_image(plane, integration, group))

    def runs(self, plane: str = "SCI") -> tuple[Run, ...]:
        """Raises `BadInput`: nothing of a map lies in a file."""
        raise BadInput(f"{self.name} is a map in memory, not a file")

    @contextmanager
    def hold(self) -> Iterator[dict[Path, int]]:
        """No descriptors."""
        self.check()
        yield {}

    def check(self) -> None:
        """Raise `BadInput` where it was closed."""
        if self._closed:
            raise BadInput(f"{self.name} was closed")

    def int_times(self) -> dict[str, NDArray[Any]] | None:
        """None: a map has no times."""
        return None

    def header(self, name: str = "PRIMARY", file: int = 0) -> Any:
        """A Header of that name, None where there is none."""
        return next((header for each, header in self.headers() if each == name), None)

    def headers(self) -> Headers:
        """(HDU, astropy Header) as they would be written; [] where that is not known."""
        return self._headers() if self._headers is not None else []

    def why_apart(self, other: Exposure) -> str:
        """A map is no segment."""
        return f"{self.name} is a map in memory"

    def close(self) -> None:
        """Let the arrays go; reads after that raise `BadInput`."""
        self._closed = True
        self._planes = {}

    def _plane(self, plane: str) -> NDArray[Any]:
        self.check()
        if plane not in self._planes:
            raise BadInput(f"{self.name} has no {plane}; it has {', '.join(self.planes)}")
        return self._planes[plane]

    def _numbers(self, integration: int | None, group: int | None) -> None:
        if integration not in (None, 1) or group not in (None, 1):
            raise BadInput(f"{self.name} is one image: it has integration 1 and group 1 only")
