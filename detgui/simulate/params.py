"""What a simulated NIRSpec time series is made of: parameters with units, and the detector's own numbers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from detgui.errors import BadInput
from detgui.science.detector import AXES, DetectorGeometry
from detgui.simulate.limits import complaints

LEVELS = ("uncal", "ramp", "rateints")
DETECTORS = ("NRS1", "NRS2")
GRATINGS = {
    "G140H": "F100LP",
    "G140M": "F100LP",
    "G235H": "F170LP",
    "G235M": "F170LP",
    "G395H": "F290LP",
    "G395M": "F290LP",
    "PRISM": "CLEAR",
}
"""Grating and the filter it is used with here."""

YSTART = {
    "G140H": (963, 1055),
    "G140M": (963, 1055),
    "G235H": (967, 1051),
    "G235M": (963, 1055),
    "G395H": (963, 1055),
    "G395M": (946, 1072),
    "PRISM": (957, 1059),
}
"""SUBSTRT2 of the 32-row subarrays on NRS1 and NRS2 (ESA-JWST-SCI-NRS-TN-2018-002)."""

SUBARRAYS = {2048: ("SUB2048", 1), 1024: ("SUB1024B", 1025), 512: ("SUB512", 1025)}
"""Columns of a 32-row subarray: its name and SUBSTRT1; other sizes are GENERIC and start at 1."""

GAIN = {"NRS1": 1.43, "NRS2": 1.43}
"""e-/DN: near unity in full frame, 1.43 times that in subarrays (JDox, NIRSpec Detector Performance and Detector Subarrays)."""

READ_NOISE = 8.0
"""DN of a single read; typical of a traditional subarray read-out (about 12 e-)."""

FULL_WELL = 77000.0
"""e-: saturation limit in subarrays (JDox, NIRSpec Detector Subarrays)."""

MIGRATION = {"NRS1": 0.011, "NRS2": 0.0037}
"""Default migration coefficients: late slopes of about 20 and 6 DN/group for 1000 DN/group at the peak (STScI-009234 section 4)."""

MOST_MEMORY = 1_000_000_000
"""Bytes of the largest integration that is simulated; integrations are what is kept in memory."""

RANGES = {
    "gain": (0.01, 1000.0, "e-/DN"),
    "saturation": (1.0, 1e7, "DN"),
    "peak": (1e-6, 1e7, "DN/group"),
    "read_noise": (0.0, 1e5, "DN"),
    "ktc": (0.0, 1e5, "DN"),
    "one_over_f": (0.0, 1e5, "DN"),
    "dark": (0.0, 1e6, "e-/s"),
    "jumps": (0.0, 0.1, "per pixel and s"),
    "migration_start": (0.0, 1e7, "DN"),
    "jitter_x": (0.0, 100.0, "px"),
    "jitter_y": (0.0, 100.0, "px"),
}
"""Least and largest value that is simulated: far beyond any detector, and what the arithmetic can hold."""


@dataclass(frozen=True, slots=True)
class BotsParams:
    """A NIRSpec Bright Object Time Series.

    Attributes
    ----------
    integrations, groups : numbers of integrations and of groups (NRSRAPID: one frame each)
    detector, grating : 'NRS1' or 'NRS2'; key of `GRATINGS`
    rows, columns : size of the subarray, pixels; 32 x 2048 is SUB2048
    peak : rate of the brightest pixel of the trace, DN/group (1000: 10,000 DN in the report's ten groups)
    migration : share of the contrast above ``migration_start`` (DN) that moves to each neighbour; None is the detector's `MIGRATION`
    gain, read_noise, ktc : e-/DN (None: the detector's `GAIN`), DN of a single read, DN of the pedestal left by the reset
    saturation : DN at which a pixel is full (None: `FULL_WELL` / gain)
    jumps : cosmic-ray hits per pixel and s (5 per cm2 and s on 18 um pixels, a typical value)
    flags : False leaves PIXELDQ and GROUPDQ at zero; the defects stay in the data
    one_over_f : DN rms of correlated noise along the fast read direction
    transit_depth, eclipse_depth : of the star's flux
    transit, eclipses, duration : mid-times and full duration, as fractions of the series (STScI-009234 figures 5 and 6)
    jitter_x, jitter_y : px rms by which the spectrum (x) and the trace (y) move from integration to integration
    drift_y : px by which the trace moves up, evenly, from the first integration to the last
    migration_change : part by which the migration coefficient is larger in the transit than outside (0.1: 10 % larger)
    """

    integrations: int = 120
    groups: int = 42
    detector: str = "NRS1"
    grating: str = "G395H"
    rows: int = 32
    columns: int = 2048
    peak: float = 1000.0
    migration: float | None = None
    migration_start: float = 10000.0
    gain: float | None = None
    read_noise: float = READ_NOISE
    ktc: float = 26.0
    saturation: float | None = None
    jumps: float = 1.6e-5
    hot: float = 0.002
    dead: float = 0.001
    flags: bool = True
    one_over_f: float = 0.0
    dark: float = 0.01
    transit_depth: float = 0.015
    eclipse_depth: float = 0.005
    transit: float = 0.508
    eclipses: tuple[float, float] = (0.100, 0.9075)
    duration: float = 0.077
    seed: int = 0
    jitter_x: float = 0.0
    jitter_y: float = 0.0
    drift_y: float = 0.0
    migration_change: float = 0.0

    def __post_init__(self) -> None:
        for complaint in self._complaints():
            raise BadInput(complaint)

    def _complaints(self) -> list[str]:
        out = []
        if self.detector not in DETECTORS:
            out.append(f"there is no NIRSpec detector {self.detector}; it is one of {', '.join(DETECTORS)}")
        if self.grating not in GRATINGS:
            out.append(f"there is no NIRSpec grating {self.grating}; it is one of {', '.join(GRATINGS)}")
        limits = (("integrations", 1, 100_000), ("groups", 1, 1000), ("rows", 8, 2048), ("columns", 16, 2048))
        for name, low, high in limits:
            if not low <= getattr(self, name) <= high:
                out.append(f"{name} must be between {low} and {high}, not {getattr(self, name)}")
        if self.migration is not None and not 0 <= self.migration < 0.2:
            out.append(f"the migration coefficient must be between 0 and 0.2, not {self.migration}")
        out += complaints(self, RANGES)
        if not abs(self.drift_y) < self.rows / 4:
            out.append(f"the drift must be less than a quarter of the rows, not {self.drift_y} px")
        if self.detector in DETECTORS and not (self.migration_change >= -1 and self.coefficient * (1 + self.migration_change) < 0.2):
            out.append(f"the migration cannot be {1 + self.migration_change} times {self.coefficient} in the transit")
        for name in ("hot", "dead", "transit_depth", "eclipse_depth"):
            if not 0 <= getattr(self, name) < 0.5:
                out.append(f"{name.replace('_', ' ')} must be between 0 and 0.5, not {getattr(self, name)}")
        if self.integration_bytes > MOST_MEMORY:
            out.append(
                f"an integration of {self.groups} groups of {self.rows} x {self.columns} pixels is more than {MOST_MEMORY / 1e9:.0f} GB"
            )
        if self.seed < 0:
            out.append(f"the seed must not be negative, not {self.seed}")
        return out

    @property
    def integration_bytes(self) -> int:
        """Bytes of the signal (float32) and the flags of one integration."""
        return 5 * self.groups * self.rows * self.columns

    @property
    def electrons_per_dn(self) -> float:
        """Gain that is used, e-/DN."""
        return GAIN[self.detector] if self.gain is None else self.gain

    @property
    def coefficient(self) -> float:
        """Migration coefficient that is used."""
        return MIGRATION[self.detector] if self.migration is None else self.migration

    @property
    def saturation_dn(self) -> float:
        """Signal at which a pixel is full, DN above its zero level."""
        return FULL_WELL / self.electrons_per_dn if self.saturation is None else self.saturation

    @property
    def tframe(self) -> float:
        """Frame time of a one-output subarray, s: 10 us a pixel, 12 pixels of overhead a line and one line (0.90156 s for SUB2048)."""
        return 1e-5 * (self.rows + 12) * (self.columns + 1)

    @property
    def period(self) -> float:
        """From one integration to the next, s: its groups and the reset frame."""
        return (self.groups + 1) * self.tframe

    @property
    def subarray(self) -> tuple[str, int, int]:
        """(SUBARRAY, SUBSTRT1, SUBSTRT2)."""
        ystart = YSTART[self.grating][DETECTORS.index(self.detector)]
        name, xstart = SUBARRAYS.get(self.columns, ("GENERIC", 1)) if self.rows == 32 else ("GENERIC", 1)
        return name, xstart, ystart

    @property
    def geometry(self) -> DetectorGeometry:
        """Where the frame lies on the detector."""
        _, xstart, ystart = self.subarray
        fast, slow = AXES[self.detector]
        return DetectorGeometry(self.rows, self.columns, self.detector, fast, slow, xstart, ystart, 1, known=True)

    def as_dict(self) -> dict[str, Any]:
        """Parameters with what was used where the field says None."""
        values = asdict(self)
        values.update(gain=self.electrons_per_dn, migration=self.coefficient, saturation=self.saturation_dn)
        return values
