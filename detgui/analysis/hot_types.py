"""What a study of hot pixels through time is asked for and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detgui.data.darks import DarkFile
from detgui.errors import BadInput
from detgui.science.hot_growth import Growth, StepShare
from detgui.science.hot_spill import Cross

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

THRESHOLDS = (1.0, 3.0, 10.0, 100.0)
"""DN/s: JWST-STScI-009188, figures 1 and 2."""


@dataclass(frozen=True, slots=True)
class Params:
    """What to count.

    Attributes
    ----------
    thresholds : rates in the unit of the series; what is strictly above counts (default: the report's)
    breaks : 'YYYY-MM-DD' of changes of definition; files of such a day or later get a step
    unit : 'DN/s' or 'e-/s' of all rates, whatever the files say; None: as they say
    gain : e-/DN, or a GAIN reference file, to convert files of the other unit; None: the files' own
    units : (file name, unit) for single files, before ``unit``
    dates : (file name, 'YYYY-MM-DD') for files without a date
    hot_threshold : rate above which a pixel should be flagged HOT in DQ (the report: 1)
    centre : least rate of the pixels whose crosses are stacked
    sigma : how many standard deviations of the coupling's spread a neighbour has to stand above what is explained
    """

    thresholds: tuple[float, ...] = THRESHOLDS
    breaks: tuple[str, ...] = ()
    unit: str | None = None
    gain: float | Path | None = None
    units: tuple[tuple[str, str], ...] = ()
    dates: tuple[tuple[str, str], ...] = ()
    hot_threshold: float = 1.0
    centre: float = 10.0
    sigma: float = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """Pixels above the rate of the check against those that ``source`` flags HOT ('DQ': the dark's own, else the name of a MASK reference).

    ``flagged`` and ``above`` are counts; ``flagged_only`` and ``hot_only`` flat indices of those that disagree, with their rates in the
    unit of the series, NaN where a flagged pixel has none.
    """

    source: str
    flagged: int
    above: int
    flagged_only: Indices
    hot_only: Indices
    flagged_rate: NDArray[np.float32]
    hot_rate: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Trend:
    """Counts above one threshold (None: flagged in a mask) through time.

    ``counts``, ``centres`` shape (n,); ``positions``, ``centre_positions`` flat indices of the pixels counted, one array for each epoch,
    empty where they are too many to keep; ``turnover`` pixels that stayed, came, left, and are measured in one of the two only, from each
    epoch to the next, shape (n - 1, 4);
    ``growth`` and ``growth_centres`` None where there are too few dates; ``shares`` of the steps, one for each break of the series.
    """

    threshold: float | None
    counts: Indices
    centres: Indices
    positions: tuple[Indices, ...]
    centre_positions: tuple[Indices, ...]
    turnover: Indices
    growth: Growth | None
    growth_centres: Growth | None
    shares: tuple[StepShare, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Files of one detector, read-out and subarray in the order of time.

    ``days`` since 1970 (UTC), ``months`` of 30.4375 days since the first; ``breaks`` that lie between files, and ``part`` how many of them
    are at or before each file, None without; ``changed`` epochs of the first files after a change of criteria that the counts show;
    ``hot_dq`` pixels flagged HOT, -1 where a file has no such flag; ``dq_checks`` and ``mask_checks`` against the file's own HOT flags and
    those of the MASK reference in force, None without; ``measured`` pixels that count; ``crosses`` one for each file, ``part_crosses``
    their means, one for each part between breaks; ``gain`` e-/DN used to convert, None without.
    """

    detector: str
    readout: str
    subarray: str
    unit: str
    files: tuple[DarkFile, ...]
    days: Array
    months: Array
    breaks: tuple[datetime, ...]
    part: Indices | None
    changed: Indices
    hot_dq: Indices
    dq_checks: tuple[Check | None, ...]
    mask_checks: tuple[Check | None, ...]
    measured: Indices
    crosses: tuple[Cross, ...]
    part_crosses: tuple[Cross, ...]
    trends: tuple[Trend, ...]
    gain: float | None
    notes: tuple[str, ...]

    @property
    def is_mask(self) -> bool:
        """True for masks, which have flags and no rates."""
        return self.files[0].is_mask

    @property
    def cross(self) -> Cross:
        """The cross of the newest files: after the last break, of all where there is none."""
        return self.part_crosses[-1]

    @property
    def first_after(self) -> Indices:
        """0-based epochs of the first file at or after each break, shape (breaks,)."""
        return np.flatnonzero(np.diff(self.part)) + 1 if self.part is not None else np.empty(0, np.int64)

    @property
    def shape(self) -> tuple[int, int]:
        """(ny, nx)."""
        return self.files[0].shape

    @property
    def label(self) -> str:
        """Such as 'NRS1 TRAD'; with the subarray where it is not the full frame."""
        words = (self.detector or "unknown detector", self.readout, "" if self.subarray == "FULL" else self.subarray)
        return " ".join(word for word in words if word)

    @property
    def dates(self) -> tuple[datetime, ...]:
        """Dates of the files, UTC."""
        return tuple(date_of(each) for each in self.files)

    def trend(self, threshold: float | None) -> Trend:
        """The trend of a threshold. Raises `BadInput` for one that was not counted."""
        for each in self.trends:
            if each.threshold == threshold:
                return each
        raise BadInput(f"{threshold} was not counted in {self.label}")


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """Hot pixels through time: ``series`` in the order of detectors and read-outs, ``refused`` a sentence for every file left out,
    ``notes`` what to know; ``provenance`` where it comes from."""

    params: Params
    series: tuple[Series, ...]
    refused: tuple[str, ...]
    notes: tuple[str, ...]
    provenance: dict[str, object] = field(default_factory=dict)


def date_of(dark: DarkFile) -> datetime:
    """The date of a file of a series, which has one."""
    if dark.date is None:
        raise BadInput(f"{dark.name} has no date")
    return dark.date
