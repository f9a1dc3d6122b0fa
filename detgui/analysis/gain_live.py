"""Gain map that follows an outline while it is dragged: reads of a few groups are kept, only boxes that change are measured again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.gain_types import Params
from detgui.data.exposure import Exposure
from detgui.progress import Progress, no_progress
from detgui.science.boxes import Boxes
from detgui.science.detector import DetectorGeometry

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

MEMORY = 600_000_000
"""Bytes of reads that are kept at most."""


@dataclass(frozen=True, slots=True, eq=False)
class LiveMap:
    """Gain by box while an outline moves: ``gain`` and ``gain_err`` e-/DN, shapes (n,), NaN where a box cannot be measured; ``changed``
    numbers of the boxes that were measured anew, shape (m,)."""

    boxes: Boxes
    gain: Array
    gain_err: Array
    changed: NDArray[np.int64]

    def map(self) -> NDArray[np.float32]:
        """Gain of every pixel, shape (ny, nx), e-/DN; NaN where there is no box."""
        return self.boxes.spread(self.gain)


class LiveGain:
    """Reads of pairs of flats, kept for gain maps with other voids; `build` makes one, `update` may be called by any thread.

    ``geometry``; ``pairs`` and ``groups`` (1-based) that are kept, ``limit`` DN on the single frame, ``factor`` of the IPC that gains are
    multiplied with; ``complete`` True where no pair and no group within the limit had to be left out; ``nbytes`` of the reads;
    ``pixel_count`` of the image.
    """

    geometry: DetectorGeometry
    pairs: tuple[int, ...]
    groups: tuple[int, ...]
    limit: float
    factor: float
    complete: bool
    nbytes: int
    pixel_count: int

    @classmethod
    def build(
        cls,
        flats: Sequence[Exposure],
        params: Params,
        pairs_used: tuple[int, ...],
        progress: Progress = no_progress,
        factor: float = 1.0,
        memory: int = MEMORY,
    ) -> LiveGain:
        """Read the pairs ``pairs_used`` (1-based) once. Raises `BadInput` for what `gain_map.check` finds, `Cancelled` by ``progress``."""
        raise NotImplementedError

    def update(self, voids: Sequence[Mask], exclude: Sequence[Mask] = (), box: int | None = None) -> LiveMap:
        """Gain with these voids and excluded pixels, masks (ny, nx); ``box`` nominal side, that of the build where None.

        Raises `BadInput` as `boxes.cut` does.
        """
        raise NotImplementedError
