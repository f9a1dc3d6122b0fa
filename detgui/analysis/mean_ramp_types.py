"""Mean ramps of bins of consecutive integrations, and what they are made with."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.pixel_noise import Given
from detgui.analysis.ramp_sums import range_ramp
from detgui.analysis.slope_map import Roi
from detgui.analysis.slope_noise import SlopeNoise
from detgui.science.detector import DetectorGeometry

MAX_BYTES = 1_500_000_000
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Params:
    """What to average.

    ``integrations``, ``flags``, ``gain``, ``read_noise``, ``roi``: as in `slope_map.Params` (of the region only its rows are kept).
    ``max_bytes``: memory of the whole process that the ramps may bring it to; ``max_bins`` the most bins, None: as many as fit.
    """

    integrations: tuple[int, int] | None = None
    flags: tuple[str, ...] | None = None
    roi: Roi | None = None
    gain: Given = None
    read_noise: Given = None
    max_bytes: int = MAX_BYTES
    max_bins: int | None = None


@dataclass(slots=True)
class _Last:
    """What was made last, so that moving N alone reads only one ramp for each pixel."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    bins: tuple[int, int] | None = None
    ramp: NDArray[np.float32] | None = None
    count: NDArray[np.int64] | None = None
    exact: object = None
    factor: FloatArray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class MeanRamps:
    """Mean ramps of the valid integrations of each bin.

    Attributes
    ----------
    edges : (nbins + 1,) int: integration with which each bin begins, and one past the end
    mean : (nbins, ngroups, nrows, nx) float32, DN; 0 where ``count`` is 0
    count : (nbins, nrows, nx) int32: integrations averaged; 0 too where one of them is not finite though no flag says so
    rows : first and last row that ``mean`` has: all, or those of the region
    chunks, chunk_count : the same for `CHUNK` bins at a time
    dq : (ny, nx) uint32, PIXELDQ
    """

    exposure: str
    params: Params
    edges: NDArray[np.int64]
    mean: NDArray[np.float32]
    count: NDArray[np.int32]
    rows: tuple[int, int]
    chunks: NDArray[np.float32]
    chunk_count: NDArray[np.int32]
    dq: NDArray[np.uint32]
    geometry: DetectorGeometry
    noise: SlopeNoise
    notes: tuple[str, ...] = ()
    paths: tuple[Path, ...] = ()
    header: object = None
    provenance: dict[str, object] = field(default_factory=dict)
    integrations: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    last: _Last = field(default_factory=_Last, repr=False)

    @property
    def nbins(self) -> int:
        """Number of bins."""
        return len(self.count)

    @property
    def ngroups(self) -> int:
        """Number of groups."""
        return int(self.mean.shape[1])

    def bins_for(self, integrations: tuple[int, int] | None) -> tuple[int, int]:
        """First bin and one past the last whose edges are nearest to a range of integrations; at least one bin."""
        if integrations is None:
            return 0, self.nbins
        first = int(np.argmin(np.abs(self.edges[:-1] - integrations[0])))
        end = int(np.argmin(np.abs(self.edges - (integrations[1] + 1))))
        return (
            (first, end) if end > first else (min(first, end), min(first, end) + 1) if end < first else _nearest(self.edges, integrations)
        )

    def ramp(self, integrations: tuple[int, int] | None = None) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Mean ramp (ngroups, nrows * nx) and number of valid integrations (nrows * nx,) of a range, rounded to bins; not to be changed."""
        bins = self.bins_for(integrations)
        with self.last.lock:
            if self.last.bins != bins or self.last.ramp is None or self.last.count is None:
                self.last.ramp, self.last.count = range_ramp(self.mean, self.count, self.chunks, self.chunk_count, bins)
                self.last.bins = bins
            return self.last.ramp, self.last.count


def _nearest(edges: NDArray[np.int64], integrations: tuple[int, int]) -> tuple[int, int]:
    """The one bin in which the middle of a short range lies."""
    middle = (integrations[0] + integrations[1]) / 2
    place = int(np.clip(np.searchsorted(edges, middle, "right") - 1, 0, edges.size - 2))
    return place, place + 1
