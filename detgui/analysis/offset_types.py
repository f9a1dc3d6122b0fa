"""What the measurement of module offsets takes and gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.data.catalogs import Catalog, Columns
from detgui.data.offset_tables import OffsetRow
from detgui.errors import BadInput
from detgui.science.offset_detectors import LONG, detector_name, name_of
from detgui.science.offset_fit import REPLICATES, Medians, PairFit
from detgui.science.offset_sky import LongAxis, P
from detgui.science.offset_solve import Solution

Array = NDArray[np.float64]
Texts = NDArray[np.str_]

MATCHES = ("auto", "id", "position")
SLOPES = ("auto", "free", "zero")
REFERENCES = ("A", "B", "mean")
MOST_REPLICATES = 10_000
LEAST_RADIUS, MOST_RADIUS = 0.002, 0.1
"""Arcsec: from the alignment that the paper's images reached (figure 3) to a short-wave PSF (issue of what a match may be)."""


@dataclass(frozen=True, slots=True)
class Params:
    """How offsets are measured.

    pair_epochs: the two epochs of the table, earlier first; None for the first two that swap modules.
    match: sources by 'id', by 'position', or by identifiers that all catalogs share and positions confirm ('auto').
    radius: of a match by position, arcsec, 0.002 to 0.1.
    mag_limit: faintest source, mag (paper, section 3.1: 22, a signal-to-noise ratio of 100).
    snr_limit: least signal-to-noise ratio of a measurement.
    slope: gradients 'free', 'zero', or free in the long-wave channel only ('auto'; paper, section 5.1).
    free_time: whether T is free in the offsets of the table (paper, section 5.1: 0).
    long_axis_pa: position angle of the footprint's long side, degrees from north through east; None: the catalogs', else the footprint's.
    reference: what keeps its photometry: 'B' (paper, section 5.2), 'A', 'mean' of both, or a detector such as 'nrcb1'.
    replicates, seed: of the bootstrap.
    columns: how the catalogs' columns are read.
    """

    pair_epochs: tuple[str, str] | None = None
    match: str = "auto"
    radius: float = MOST_RADIUS
    mag_limit: float = 22.0
    snr_limit: float = 10.0
    slope: str = "auto"
    free_time: bool = False
    long_axis_pa: float | None = None
    reference: str = "B"
    replicates: int = REPLICATES
    seed: int = 0
    columns: Columns = field(default_factory=Columns)

    def __post_init__(self) -> None:
        """Raises `BadInput` for values that cannot be used."""
        if self.match not in MATCHES or self.slope not in SLOPES:
            raise BadInput(f"match is one of {', '.join(MATCHES)} and slope one of {', '.join(SLOPES)}")
        if not LEAST_RADIUS <= self.radius <= MOST_RADIUS:
            raise BadInput(f"sources are matched within {LEAST_RADIUS:g} to {MOST_RADIUS:g} arcsec, not {self.radius:g}")
        if self.long_axis_pa is not None and not np.isfinite(self.long_axis_pa):
            raise BadInput(f"the long axis has a position angle in degrees, not {self.long_axis_pa}")
        if not np.isfinite(self.mag_limit) or not 0 <= self.snr_limit < np.inf:
            raise BadInput("the limits are a magnitude and a signal-to-noise ratio that is not negative")
        if not 20 <= self.replicates <= MOST_REPLICATES:
            raise BadInput(f"errors need 20 to {MOST_REPLICATES:,} replicates, not {self.replicates:,}")
        if self.pair_epochs is not None and (len(self.pair_epochs) != 2 or self.pair_epochs[0] == self.pair_epochs[1]):
            raise BadInput(f"a pair is of two epochs such as 1,2, not {','.join(self.pair_epochs)}")
        if self.reference not in REFERENCES and not detector_name(self.reference):
            raise BadInput(f"the reference is A, B, mean or a detector such as nrcb1, not {self.reference}")

    def slope_free(self, number: str) -> bool:
        """Whether a gradient is fitted for the arrays of a number."""
        return self.slope == "free" or (self.slope == "auto" and number == LONG)


@dataclass(frozen=True, slots=True, eq=False)
class PairSources:
    """Sources that the arrays of one number saw in both epochs, module A in one and B in the other; arrays of shape (n,).

    ``source`` numbers the filter's sources, ``ident`` as in the catalogs. ``ra``, ``dec`` degrees; ``delta`` mag(later) - mag(earlier) and
    its ``err``, mag; ``d`` arcmin along the long side; ``patch`` 1 (p: B first) or -1 (q: A first); ``mag`` mean of both epochs. ``x`` and
    ``y``, shape (2, n): where on the detectors of the earlier and the later epoch, NaN where not known. ``east`` and ``north``: later
    minus earlier position, mas.
    """

    source: NDArray[np.int64]
    ident: Texts
    ra: Array
    dec: Array
    delta: Array
    err: Array
    d: Array
    patch: NDArray[np.int64]
    mag: Array
    x: Array
    y: Array
    east: Array
    north: Array

    @property
    def in_p(self) -> NDArray[np.bool_]:
        """True for sources of patch p."""
        return np.asarray(self.patch == P, np.bool_)

    def __len__(self) -> int:
        return int(self.delta.size)


@dataclass(frozen=True, slots=True, eq=False)
class PairResult:
    """One step: arrays of one number in one filter and pair of epochs.

    ``fit`` as the parameters say, ``free`` the same with T free; ``exposures`` whether their errors are from drawing exposures too.
    """

    filter: str
    number: str
    epochs: tuple[str, str]
    sources: PairSources
    medians: Medians
    fit: PairFit
    free: PairFit
    slope_free: bool
    exposures: bool

    @property
    def key(self) -> tuple[str, str, tuple[str, str]]:
        """(filter, array number, epochs): what names the step."""
        return self.filter, self.number, self.epochs

    @property
    def label(self) -> str:
        """The step for people."""
        return step_label(self.filter, self.number, self.epochs)

    @property
    def detectors(self) -> tuple[str, str]:
        """Detectors of module A and B."""
        return name_of("A", self.number), name_of("B", self.number)

    @property
    def time_test(self) -> float:
        """T over its error, both with T free: what speaks against T = 0, in standard deviations."""
        return self.free.time / self.free.time_err if self.free.time_err > 0 else float("nan")


def step_label(filter_: str, number: str, epochs: tuple[str, str]) -> str:
    """A step for people."""
    return f"{filter_.upper()} array {number}, epochs {epochs[0]} and {epochs[1]}"


@dataclass(frozen=True, slots=True)
class Alignment:
    """Later minus earlier positions of ``count`` sources: medians and median absolute deviations, mas (paper, figure 3 and table 1)."""

    filter: str
    epochs: tuple[str, str]
    count: int
    east: float
    east_mad: float
    north: float
    north_mad: float


@dataclass(frozen=True, slots=True, eq=False)
class FilterResult:
    """All detectors and epochs of one filter at once; ``solution`` None with ``trouble`` saying why.

    ``undetermined``: terms that the data do not fix.
    """

    filter: str
    epochs: tuple[str, ...]
    detectors: tuple[str, ...]
    solution: Solution | None
    undetermined: tuple[str, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """``pairs`` in the order of filter, array and epochs; ``rows`` of the table, of ``pair_epochs``; ``axis`` the long side, ``axis_from``
    where its angle comes from. ``troubles``: one sentence for each step that could not be made. ``catalog``: what was measured, all rows.
    """

    params: Params
    catalog: Catalog
    epochs: tuple[str, ...]
    pair_epochs: tuple[str, str]
    axis: LongAxis
    axis_from: str
    pairs: tuple[PairResult, ...]
    filters: tuple[FilterResult, ...]
    alignments: tuple[Alignment, ...]
    rows: tuple[OffsetRow, ...]
    notes: tuple[str, ...]
    troubles: tuple[str, ...]
    provenance: dict[str, Any]

    def pair(self, filter_: str, number: str, epochs: tuple[str, str]) -> PairResult | None:
        """The step of a name; None where it could not be made."""
        return next((each for each in self.pairs if each.key == (filter_, number, epochs)), None)
