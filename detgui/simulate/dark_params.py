"""What simulated NIRSpec darks are made of: parameters with units, and where their numbers come from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from detgui.errors import BadInput
from detgui.science.detector import AXES, FULL_SIZE, DetectorGeometry, centred
from detgui.science.hot_growth import DAYS_OF_A_MONTH
from detgui.simulate.limits import check

DETECTORS = ("NRS1", "NRS2")
READOUTS = {"TRAD": "NRSRAPID", "IRS2": "NRSIRS2RAPID"}
"""READPATT of the read-outs."""

RANGES = {
    "epochs": (1, 400, ""),
    "interval": (0.01, 1200.0, "months"),
    "size": (32, FULL_SIZE, "pixels"),
    "hot": (0, 1_000_000, ""),
    "births": (0.0, 1e5, "a month"),
    "deaths": (0.0, 1e5, "a month"),
    "telegraph": (0, 1_000_000, ""),
    "coupling": (0.0, 0.2, ""),
    "coupling_scatter": (0.0, 1.0, ""),
    "noise": (0.0, 100.0, "DN/s"),
    "exposure": (1.0, 1e9, "s"),
    "zero": (0.0, 100.0, "DN/s"),
    "gain": (0.01, 1000.0, "e-/DN"),
    "groups": (0, 200, ""),
    "seed": (0, 2**63, ""),
}
"""Least and largest value that is simulated."""


@dataclass(frozen=True, slots=True)
class DarkParams:
    """Dark reference files of one detector and read-out through time.

    Attributes
    ----------
    detector, readout : of `DETECTORS`, `READOUTS`
    size : side of the frame, pixels; below 2048 the middle of the detector, without reference pixels
    epochs, interval, start : files; months of 30.4375 days between them (the report: every 3 to 4); date of the first
    hot : pixels that are hot from the start
    births, deaths : pixels a month that become hot (the report's table 1: 79 for NRS2 TRAD) and that recover, each a Poisson process
    telegraph : pixels that are hot at half of the epochs, at random
    brightness, spread : a hot pixel's rate is log-normal with this median, DN/s, and width in natural logarithms, above 1.2 DN/s; they give
        about the shares above 3, 10 and 100 DN/s of the report's table 1
    coupling, coupling_scatter : part of a hot pixel's measured flux in each neighbour, and its relative spread from neighbour to neighbour
    change : date from which files have crosses, are in DN/s and flag neighbours (the report's change of code in mid-2023); None: all do
    noise, exposure : error of a quiet pixel, DN/s, and s of exposure behind a file, for the Poisson noise
    zero : rms error of the zero level of a file, DN/s
    gain : e-/DN of the files in e-/s
    groups : groups of a SCI stack, 0 for none
    seed : of the random numbers
    """

    detector: str = "NRS1"
    readout: str = "TRAD"
    size: int = 512
    epochs: int = 12
    interval: float = 3.0
    start: str = "2022-07-01"
    hot: int = 1000
    births: float = 70.0
    deaths: float = 5.0
    telegraph: int = 50
    brightness: float = 6.0
    spread: float = 1.6
    coupling: float = 0.007
    coupling_scatter: float = 0.03
    change: str | None = None
    noise: float = 0.01
    exposure: float = 50000.0
    zero: float = 0.0
    gain: float = 1.0
    groups: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.detector not in DETECTORS:
            raise BadInput(f"darks are simulated for {' and '.join(DETECTORS)}, not {self.detector}")
        if self.readout not in READOUTS:
            raise BadInput(f"the read-out is {' or '.join(READOUTS)}, not {self.readout}")
        check(self, RANGES)
        if self.groups == 1:
            raise BadInput("a stack of one group has no slope")
        expected = self.hot + self.births * self.interval * (self.epochs - 1) + self.telegraph
        if expected > 0.1 * self.size**2:
            raise BadInput(f"about {expected:,.0f} hot pixels are too many for {self.size} x {self.size} pixels")
        _date(self.start)
        if self.change is not None:
            _date(self.change)

    @property
    def dates(self) -> tuple[datetime, ...]:
        """UTC of the files, to the second."""
        step = self.interval * DAYS_OF_A_MONTH
        return tuple(_date(self.start) + timedelta(seconds=round(86400 * step * number)) for number in range(self.epochs))

    @property
    def changed(self) -> tuple[bool, ...]:
        """Whether each file is from after the change of definition."""
        return tuple(self.change is None or date >= _date(self.change) for date in self.dates)

    @property
    def geometry(self) -> DetectorGeometry:
        """Where the frame lies on the detector."""
        first = centred(self.size)
        fast, slow = AXES[self.detector]
        return DetectorGeometry(
            self.size, self.size, self.detector, fast, slow, first, first, 4 if self.size == FULL_SIZE else 1, known=True
        )

    def as_dict(self) -> dict[str, Any]:
        """Fields by name."""
        return asdict(self)


def _date(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{text!r} is no date such as 2023-06-15") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
