"""What a gain map is asked for and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.science.boxes import Boxes
from detgui.science.detector import DetectorGeometry
from detgui.science.gain_differences import PairGains
from detgui.science.gain_pairs import PairFigures
from detgui.science.gain_sectors import SectorFigures
from detgui.science.photon_transfer import Moments

Array = NDArray[np.float64]
Masks = tuple[NDArray[np.bool_], ...]

UNIT = "electron / DN"


@dataclass(frozen=True, slots=True, eq=False)
class Params:
    """What to map.

    Attributes
    ----------
    box : nominal side of a box, pixels
    limit : largest signal of the fit, DN on the single frame; None: 5,000, long wave 7,500 (the report's)
    pairs : 'auto' leaves out pairs that are off, 'all', or numbers of pairs, 1-based
    voids : masks of shape (ny, nx), or a region file
    exclude : masks of pixels that belong to no box, or a region file
    ipc_centre : centre of the IPC correction kernel, for the analytic correction
    ipc_kernel : the kernel itself or an IPC reference file, for the full correction
    ipc_measure : correct by the covariance of neighbours in the flats themselves
    clip : standard deviations of the clipping, 0 for none
    clip_correction : correct variances for what clipping takes from them
    last_group : last group that is read, 1-based; None: all
    """

    box: int = 256
    limit: float | None = None
    pairs: str | tuple[int, ...] = "auto"
    voids: Masks | Path = ()
    exclude: Masks | Path = ()
    ipc_centre: float | None = None
    ipc_kernel: Array | Path | None = None
    ipc_measure: bool = False
    clip: float = 3.0
    clip_correction: bool = True
    last_group: int | None = None


@dataclass(frozen=True, slots=True)
class Ipc:
    """Correction of the gain: ``factor`` it was multiplied with, ``method`` 'none', 'header', 'analytic', 'kernel' or 'measured', and
    the other figures where there are any (None). ``measured_err``: error of ``measured``; where that is the factor, the gains of all boxes
    have it in common and it is not in their errors."""

    factor: float = 1.0
    method: str = "none"
    analytic: float | None = None
    kernel: float | None = None
    measured: float | None = None
    measured_err: float | None = None

    @property
    def factor_err(self) -> float:
        """Error of ``factor``: 0 unless it was measured on the flats."""
        return self.measured_err if self.method == "measured" and self.measured_err is not None else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """Gain of boxes by one method, mean over the pairs used and corrected for IPC, e-/DN, shapes (n,)."""

    gain: Array
    err: Array


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """A gain map; arrays by box have the shape (n,), those by pair (pairs, n).

    ``gain`` e-/DN, ``read_noise`` DN of a single read from the intercept, noise of the reset included, each with its error; ``noise`` and
    ``noise_err`` the intercept, DN^2, twice the square of that (its mean over boxes is free of bias where many are near zero).
    ``pair_gain`` and ``pair_gain_err`` by pair, corrected for IPC. ``reads`` by pair: `Moments` of shape (groups, n), group 1 first, for
    the plot of variance against mean; ``measured`` by pair what came of them, not corrected for IPC. ``sectors``: by sector and kind the
    noise of reads alone and of the reset, and how far the estimators disagree.
    ``estimators``: 'classic', 'adjacent', 'lag1', 'lag2'. ``pairs_used`` 1-based. ``flat_signal`` and ``flat_signal_std`` by flat: mean
    and spread over pixels of the signal between ``flat_groups`` (1-based), DN. Pairs are judged in boxes of 256 pixels whatever
    ``params.box`` is. The uncertainty from differences of maps is `gain_maps.uncertainty`.
    """

    params: Params
    limit: float
    flats: tuple[str, ...]
    boxes: Boxes
    gain: Array
    gain_err: Array
    read_noise: Array
    read_noise_err: Array
    noise: Array
    pair_gain: Array
    pair_gain_err: Array
    reads: tuple[Moments, ...]
    estimators: dict[str, Estimate]
    pairs_used: tuple[int, ...]
    pairs: tuple[PairFigures, ...]
    flat_signal: Array
    flat_signal_std: Array
    flat_groups: tuple[int, int]
    ipc: Ipc
    geometry: DetectorGeometry
    error_method: str
    notes: tuple[str, ...] = ()
    provenance: dict[str, object] = field(default_factory=dict)
    header: Any = None
    noise_err: Array = field(default_factory=lambda: np.zeros(0))
    measured: tuple[PairGains, ...] = ()
    sectors: tuple[SectorFigures, ...] = ()
    unit: str = UNIT

    def map(self) -> NDArray[np.float32]:
        """Gain of every pixel, shape (ny, nx), e-/DN; NaN where nothing was measured."""
        return self.boxes.spread(self.gain)

    def err_map(self) -> NDArray[np.float32]:
        """Error of the gain of every pixel, shape (ny, nx), e-/DN."""
        return self.boxes.spread(self.gain_err)
