"""What simulated NIRCam flats are made of: parameters with units, and where the detector's numbers come from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from detgui.errors import BadInput
from detgui.science.detector import AXES, FULL_SIZE, DetectorGeometry, centred
from detgui.simulate.limits import check

FLAT_LEVELS = ("uncal", "ramp")

DETECTORS = {
    "NRCA1": 2.15,
    "NRCA2": 2.15,
    "NRCA3": 2.28,
    "NRCA4": 1.98,
    "NRCALONG": 2.17,
    "NRCB1": 2.34,
    "NRCB2": 2.45,
    "NRCB3": 2.25,
    "NRCB4": 2.25,
    "NRCBLONG": 2.0,
}
"""Gain outside the voids, e-/DN: middle of the ranges of JWST-STScI-004622 table 6 where it has one, else near the others."""

RANGES = {
    "pairs": (1, 100, ""),
    "groups": (1, 1000, ""),
    "rows": (16, FULL_SIZE, "pixels"),
    "columns": (16, FULL_SIZE, "pixels"),
    "rate": (1e-3, 60000.0, "DN/group"),
    "void_gain": (0.1, 10.0, ""),
    "void_level": (0.0, 10.0, ""),
    "ipc": (1.0, 1.2, ""),
    "read_noise": (0.0, 1e4, "DN"),
    "ktc": (0.0, 1e4, "DN"),
    "even_odd": (0.0, 5000.0, "DN"),
    "bias_drift": (0.0, 1000.0, "DN"),
    "saturation": (1.0, 1e7, "DN"),
    "warm_up": (0.0, 0.5, ""),
    "gradient": (0.0, 0.5, ""),
    "first_gradient": (-0.5, 0.5, ""),
    "structure": (0.0, 0.2, ""),
    "nonlinearity": (0.0, 1e-4, "per DN"),
    "seed": (0, 2**63, ""),
}
"""Least and largest value that is simulated."""


@dataclass(frozen=True, slots=True)
class FlatParams:
    """Pairs of flats of one NIRCam detector, one integration in each file.

    Attributes
    ----------
    detector : key of `DETECTORS`
    pairs, groups : pairs of flats; groups of each (RAPID: one frame each)
    rows, columns : size, pixels; ``xstart``, ``ystart``: 1-based place of the first on the detector (None: at the middle, at the bottom)
    outputs : 4, or 1 as small subarrays are read (None: 4 where all columns are read, else 1)
    rate : mean signal, DN/group
    gain : e-/DN of the amplifiers A to D, or one for all (None: the detector's)
    void : x, y (0-based pixels) and radius of an epoxy void, an irregular blob; None for none
    void_gain, void_level : gain and level (DN) in the void relative to its surroundings (JWST-STScI-004622 section 5.1: gain 5 % lower)
    ipc : centre of the correction kernel as in JWST IPC files; 1 is no coupling (JWST-STScI-004622 equation 2: 1.025)
    read_noise, ktc : DN of a single read; DN of the pedestal left by the reset
    even_odd : DN between even and odd columns (section 3.2: about 1000)
    bias_drift : DN rms by which the zero level of an output moves between frames, reference pixels with it
    saturation : full pixel, DN
    warm_up : part by which the lamp is fainter in the first flat; it brightens over the next few
    gradient, first_gradient : illumination from one side to the other along a diagonal, and the part of it that is in the first flat only
    structure : rms of pixel-to-pixel differences of the response
    nonlinearity : 1/DN; of the raw signal m, the true one is m + nonlinearity m^2 (uncal only)
    seed : of the random numbers; every detector and flat has its own
    """

    detector: str = "NRCB1"
    pairs: int = 5
    groups: int = 10
    rows: int = FULL_SIZE
    columns: int = FULL_SIZE
    xstart: int | None = None
    ystart: int | None = None
    outputs: int | None = None
    rate: float = 1100.0
    gain: tuple[float, ...] | None = None
    void: tuple[float, float, float] | None = None
    void_gain: float = 0.95
    void_level: float = 0.97
    ipc: float = 1.025
    read_noise: float = 6.0
    ktc: float = 12.0
    even_odd: float = 1000.0
    bias_drift: float = 2.0
    saturation: float = 45000.0
    warm_up: float = 0.008
    gradient: float = 0.05
    first_gradient: float = 0.06
    structure: float = 0.005
    nonlinearity: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.detector not in DETECTORS:
            raise BadInput(f"there is no NIRCam detector {self.detector}; it is one of {', '.join(DETECTORS)}")
        check(self, RANGES)
        if self.gain is not None and (len(self.gain) not in (1, 4) or not all(0.01 <= value <= 1000 for value in self.gain)):
            raise BadInput(f"the gain is one number or four, between 0.01 and 1000 e-/DN, not {', '.join(map(str, self.gain))}")
        if self.outputs not in (None, 1, 4):
            raise BadInput(f"a NIRCam detector is read through 1 or 4 outputs, not {self.outputs}")
        place = self.place
        if not (1 <= place[0] <= FULL_SIZE + 1 - self.columns and 1 <= place[1] <= FULL_SIZE + 1 - self.rows):
            raise BadInput(f"{self.columns} x {self.rows} pixels from ({place[0]}, {place[1]}) do not lie on the detector")
        if self.void is not None and not (self.void[2] > 0 and all(abs(value) < 1e5 for value in self.void)):
            raise BadInput("a void has a place on the detector and a positive radius, pixels")

    @property
    def place(self) -> tuple[int, int]:
        """(SUBSTRT1, SUBSTRT2)."""
        return centred(self.columns) if self.xstart is None else self.xstart, 1 if self.ystart is None else self.ystart

    @property
    def noutputs(self) -> int:
        """Outputs that are used."""
        return self.outputs or (4 if self.columns == FULL_SIZE else 1)

    @property
    def gains(self) -> tuple[float, float, float, float]:
        """e-/DN of the amplifiers A to D."""
        values = self.gain or (DETECTORS[self.detector],)
        a, b, c, d = values if len(values) == 4 else values * 4
        return a, b, c, d

    @property
    def geometry(self) -> DetectorGeometry:
        """Frame of the flats."""
        xstart, ystart = self.place
        fast, slow = AXES[self.detector]
        return DetectorGeometry(self.rows, self.columns, self.detector, fast, slow, xstart, ystart, self.noutputs, known=True)

    @property
    def tframe(self) -> float:
        """Frame time, s: 10 us a pixel, 12 pixels of overhead a line and one line (10.737 s for a full frame)."""
        return 1e-5 * (self.columns / self.noutputs + 12) * (self.rows + 1)

    def as_dict(self) -> dict[str, Any]:
        """Parameters with what was used where the field says None."""
        xstart, ystart = self.place
        return {**asdict(self), "gain": list(self.gains), "xstart": xstart, "ystart": ystart, "outputs": self.noutputs}
