"""From the numbers that people use to places in the parts of an exposure; whatever is not there is one sentence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from detgui.data.parts import Part
from detgui.data.segments import ranges
from detgui.errors import BadInput

Place = tuple[Part, int]
"""A part and the 0-based place of an integration in it."""


class Places:
    """Looks up integrations (1-based, as in INTSTART), groups (1-based) and pixels (0-based) of the exposure ``name``."""

    def __init__(self, name: str, parts: Sequence[Part], planes: Sequence[str], integrations: NDArray[np.int64]) -> None:
        self.name = name
        self._parts = tuple(parts)
        self.planes = tuple(planes)
        self.integrations = integrations
        self.ngroups = parts[0].shape[1]
        self._starts = np.array([part.first for part in parts], np.int64)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts. Raises `BadInput` where the exposure was closed."""
        if not self._parts:
            raise BadInput(f"{self.name} was closed")
        return self._parts

    def close(self) -> None:
        """Let go of the files."""
        parts, self._parts = self._parts, ()
        for part in parts:
            part.file.close()

    def of_plane(self, plane: str) -> tuple[Part, ...]:
        """The parts. Raises `BadInput` where they do not have the plane."""
        if plane not in self.planes:
            raise BadInput(f"{self.name} has no {plane} plane: it has {', '.join(self.planes)}")
        return self.parts

    def locate(self, plane: str, integration: int | None) -> Place:
        """The part that holds an integration and its place there; None is the first. Raises `BadInput` where it is missing."""
        parts = self.of_plane(plane)
        number = self.integration(integration)
        part = parts[self.segment(number)]
        return part, number - part.first

    def segment(self, integration: int | None) -> int:
        """Number of the part that holds an integration, from 0; None is the first. Raises `BadInput` where it is missing."""
        return int(np.searchsorted(self._starts, self.integration(integration), "right")) - 1

    def integration(self, number: int | None) -> int:
        """An integration number that exists; None is the first. Raises `BadInput`."""
        if number is None:
            return int(self.integrations[0])
        index = int(np.searchsorted(self.integrations, number))
        if index == self.integrations.size or self.integrations[index] != number:
            raise BadInput(f"{self.name} has no integration {number}: it has {ranges(self.integrations.tolist())}")
        return int(number)

    def group(self, number: int | None) -> int:
        """0-based place of a group; None is the first. Raises `BadInput` where it is not there."""
        if number is None:
            return 0
        if not 1 <= number <= self.ngroups:
            raise BadInput(
                f"{self.name} has no group {number}: it has " + (f"groups 1-{self.ngroups}" if self.ngroups > 1 else "only group 1")
            )
        return int(number) - 1

    def check_box(self, plane: str, x0: int, y0: int, x1: int, y1: int) -> None:
        """Raise `BadInput` where a box (inclusive corners) is empty or reaches outside the plane."""
        ny, nx = self.of_plane(plane)[0].planes[plane].shape[2:]
        for x, y in ((x0, y0), (x1, y1)):
            if not (0 <= x < nx and 0 <= y < ny):
                raise BadInput(f"pixel {x}, {y} is outside {plane} of {self.name}: x is 0-{nx - 1} and y 0-{ny - 1}")
        if x1 < x0 or y1 < y0:
            raise BadInput(f"{self.name}: the box {x0}, {y0} to {x1}, {y1} is empty, its second corner lies before the first")
