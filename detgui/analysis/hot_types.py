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
    break_date : 'YYYY-MM-DD'; files of that day or later get the step
    unit : 'DN/s' or 'e-/s' of all rates, whatever the files say; None: as they say
    gain : e-/DN, or a GAIN reference file, to convert files of the other unit; None: the files' own
    dates : (file name, 'YYYY-MM-DD') for files without a date
    hot_threshold : rate above which a pixel should be flagged HOT in DQ (the report: 1)
    centre : least rate of the pixels whose crosses are stacked
    sigma : how many standard deviations of the coupling's spread a neighbour has to stand above what is explained
    """

    thresholds: tuple[float, ...] = THRESHOLDS
    break_date: str | None = None
    unit: str | None = None
    gain: float | Path | None = None
    dates: tuple[tuple[str, str], ...] = ()
    hot_threshold: float = 1.0
    centre: float = 10.0
    sigma: float = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Trend:
    """Counts above one threshold (None: flagged in a mask) through time.

    ``counts``, ``centres`` shape (n,); ``positions``, ``centre_positions`` flat indices of the pixels counted, one array for each epoch,
    empty where they are too many to keep; ``turnover`` pixels that stayed, came and left from each epoch to the next, shape (n - 1, 3);
    ``growth``, ``growth_centres`` and ``share`` None where there are too few dates.
    """

    threshold: float | None
    counts: Indices
    centres: Indices
    positions: tuple[Indices, ...]
    centre_positions: tuple[Indices, ...]
    turnover: Indices
    growth: Growth | None
    growth_centres: Growth | None
    share: StepShare | None


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Files of one detector, read-out and subarray in the order of time.

    ``days`` since 1970 (UTC), ``months`` of 30.4375 days since the first; ``after`` True at and after the break; ``hot_dq`` pixels
    flagged HOT, -1 where a file has no such flag; ``flagged_only`` and ``hot_only``: pixels of the DQ check that disagree; ``measured``
    pixels that count; ``crosses`` one for each file, ``cross`` their mean, with a break
    that of the files after it, beside ``cross_before``; ``gain`` e-/DN used to convert, None without.
    """

    detector: str
    readout: str
    subarray: str
    unit: str
    files: tuple[DarkFile, ...]
    days: Array
    months: Array
    after: NDArray[np.bool_] | None
    hot_dq: Indices
    flagged_only: tuple[Indices, ...]
    hot_only: tuple[Indices, ...]
    measured: Indices
    crosses: tuple[Cross, ...]
    cross: Cross
    cross_before: Cross | None
    trends: tuple[Trend, ...]
    gain: float | None
    notes: tuple[str, ...]

    @property
    def is_mask(self) -> bool:
        """True for masks, which have flags and no rates."""
        return self.files[0].is_mask

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
