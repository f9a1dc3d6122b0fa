"""What a simulated field of several epochs is like: the PEARLS JWIDF design with known offsets of NIRCam's modules."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from detgui.data.offset_tables import published
from detgui.errors import BadInput
from detgui.science.offset_detectors import LONG, NUMBERS

IMAGES = ("none", "cal", "i2d")
START = datetime(2022, 7, 8, tzinfo=UTC)
"""Of the first epoch (paper, section 2)."""

OTHER_OFFSET = 0.02
"""mag, of filters that the published table lacks."""


@dataclass(frozen=True, slots=True)
class ImagingParams:
    """The field and its exposures.

    epochs: every second one turned by 180 degrees. interval: days between them (paper: 6 months). filters. sources: in the field, with
    number counts of 10^(0.25 m) from ``bright`` to ``faint`` mag. offset: A - B of every array, mag; None for the published values.
    slope: gradient of the even epochs for long-wave arrays, mag/arcmin along d; None for the published values. time: mag that each epoch
    adds to the one before. outliers: share of measurements of sources that vary (by 0.5 mag). scatter: of a measurement beyond its error,
    mag. astrometry: of a position, mas. long_axis: position angle, degrees. ra, dec: of the middle, degrees. images: 'none', 'cal' or
    'i2d'. size: of an image, pixels a side. dithers: exposures of an epoch, each moved by up to ``throw`` arcsec.
    """

    epochs: int = 3
    interval: float = 182.0
    filters: tuple[str, ...] = ("f150w", "f444w")
    sources: int = 600
    bright: float = 17.5
    faint: float = 22.8
    offset: float | None = None
    slope: float | None = None
    time: float = 0.0
    outliers: float = 0.03
    scatter: float = 0.006
    astrometry: float = 2.0
    long_axis: float = 72.0
    ra: float = 265.0
    dec: float = 69.0
    images: str = "none"
    size: int = 256
    dithers: int = 1
    throw: float = 2.0
    seed: int = 0
    offsets: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Fills ``offsets``, (array, filter): (A - B, slope). Raises `BadInput` for values that cannot be simulated."""
        if not 2 <= self.epochs <= 20 or not 1 <= self.dithers <= 20:
            raise BadInput(f"a field has 2 to 20 epochs of 1 to 20 dithers, not {self.epochs} of {self.dithers}")
        if not 1 <= self.sources <= 100_000 or not 32 <= self.size <= 2048:
            raise BadInput(f"a field has 1 to 100,000 sources on images of 32 to 2048 pixels, not {self.sources} on {self.size}")
        if self.images not in IMAGES:
            raise BadInput(f"images are {', '.join(IMAGES)}, not {self.images}")
        if not self.bright < self.faint or not 0 <= self.outliers < 1 or self.scatter < 0 or self.astrometry < 0 or self.interval <= 0:
            raise BadInput("magnitudes run from bright to faint, shares from 0 to 1, and errors are not negative")
        wrong = next((each for each in self.filters if not re.fullmatch(r"f\d{3}[wmn]2?", each)), None)
        if wrong is not None or not self.filters or len(set(self.filters)) < len(self.filters):
            raise BadInput(f"{wrong or 'no name'} is no filter such as f150w" if wrong is not None else "filters are named once each")
        object.__setattr__(self, "offsets", self._offsets())

    def _offsets(self) -> dict[tuple[str, str], tuple[float, float]]:
        known = {(row.det, row.filt): (row.dmag_ab, row.slope) for row in published().rows}
        found = {}
        for name in self.filters:
            for number in numbers_of(name):
                offset, slope = known.get((number, name), (OTHER_OFFSET, 0.003 if number == LONG else 0.0))
                offset = offset if self.offset is None else self.offset
                slope = slope if self.slope is None else self.slope * (number == LONG)
                found[number, name] = (offset, slope)
        return found

    def times(self) -> list[float]:
        """Time terms of the epochs, mag."""
        return [self.time * epoch for epoch in range(self.epochs)]

    def as_dict(self) -> dict[str, Any]:
        """The parameters for JSON."""
        values = asdict(self)
        values["offsets"] = [
            {"det": det, "filt": filt, "dmag_ab": offset, "slope": slope} for (det, filt), (offset, slope) in self.offsets.items()
        ]
        return values


def day_of(params: ImagingParams, epoch: int) -> datetime:
    """When an epoch, counted from 0, begins."""
    return START + timedelta(days=params.interval * epoch)


def numbers_of(filter_: str) -> tuple[str, ...]:
    """Arrays that see through a filter: the long-wave one from 2.4 micrometres on."""
    return (LONG,) if int(filter_[1:4]) >= 240 else tuple(each for each in NUMBERS if each != LONG)
