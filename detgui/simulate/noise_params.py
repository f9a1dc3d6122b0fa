"""What simulated noise is made of: parameters with units. A frame of a near-infrared detector with known artifacts, or clean."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from detgui.errors import BadInput
from detgui.science.detector import AXES, FULL_SIZE, IRS2_LENGTH, DetectorGeometry, centred
from detgui.simulate.limits import check

LEVELS = ("rate", "ramp", "uncal")
READOUTS = ("TRAD", "IRS2")
DETECTORS = tuple(name for name in AXES if not name.startswith("MIR") and name not in ("NRCA5", "NRCB5"))

RANGES: dict[str, tuple[float, float, str]] = {
    "groups": (1, 500, ""),
    "integrations": (1, 2000, ""),
    "rows": (32, FULL_SIZE, "pixels"),
    "columns": (32, FULL_SIZE, "pixels"),
    "read_noise": (0.0, 1e4, ""),
    "one_over_f": (0.0, 1e4, ""),
    "private": (0.0, 1e4, ""),
    "slope": (0.2, 2.5, ""),
    "background": (-1e4, 1e5, ""),
    "gradient": (-1e3, 1e3, ""),
    "sources": (0, 100_000, ""),
    "noisy_rows": (0, 500, ""),
    "row_factor": (1.0, 100.0, ""),
    "snowballs": (0, 1000, ""),
    "snowball_radius": (2.0, 200.0, "pixels"),
    "telegraph": (0, 100_000, ""),
    "telegraph_step": (0.0, 1e5, ""),
    "bad_samples": (0, 200, ""),
    "seed": (0, 2**63, ""),
}
"""Least and largest value that is simulated."""

LARGEST = 3_000_000_000
"""Bytes of an integration that is held in memory."""


@dataclass(frozen=True, slots=True)
class NoiseParams:
    """A simulated exposure with artifacts of the read-out. Numbers are in the unit of the level: DN of ramps, DN/s of a rate.

    Attributes
    ----------
    detector, level, readout : see `DETECTORS`, `LEVELS`, `READOUTS`; IRS2 is a raw NIRSpec full frame with its reference samples
    rows, columns : size in science orientation; the full frame has four outputs and reference pixels, a smaller one sits in the middle of
        the detector and is read through one output
    groups, integrations : of a ramp; a rate has neither
    read_noise : white noise of a pixel in one read
    one_over_f, private : rms level of the lines of one read that all outputs have in common, and that each has for itself
    slope : of the power law of the 1/f noise
    columns_half : (odd - even) / 2, one number or one for each output
    background, gradient : level (a rate in ramps, DN/s), and its change from one edge to the other along both axes
    sources : point sources, brightness log-normal about twenty times the noise
    noisy_rows, row_factor : lines along the slow axis with that times the white noise
    snowballs, snowball_radius : in ramps with two groups or more; the core saturates, the halo has jumps
    telegraph, telegraph_step : pixels that hop between two levels from read to read
    bad_samples : noisy reference samples of an IRS2 frame, noise times ``row_factor``
    flags : write JUMP_DET, SATURATED and REFERENCE_PIXEL
    gain : e-/DN, for the photon noise of ramps
    """

    detector: str = "NRS1"
    level: str = "rate"
    readout: str = "TRAD"
    rows: int = FULL_SIZE
    columns: int = FULL_SIZE
    groups: int = 8
    integrations: int = 1
    read_noise: float = 8.0
    one_over_f: float = 2.0
    private: float = 0.0
    slope: float = 1.0
    columns_half: tuple[float, ...] = (1.0,)
    background: float = 0.5
    gradient: float = 0.0
    sources: int = 50
    noisy_rows: int = 5
    row_factor: float = 3.0
    snowballs: int = 5
    snowball_radius: float = 8.0
    telegraph: int = 20
    telegraph_step: float = 60.0
    bad_samples: int = 0
    flags: bool = True
    gain: float = 1.5
    seed: int = 0

    def __post_init__(self) -> None:
        if self.detector not in DETECTORS:
            raise BadInput(f"noise is simulated for {', '.join(DETECTORS)}, not {self.detector}")
        if self.level not in LEVELS:
            raise BadInput(f"there is no level {self.level} of noise; it is one of {', '.join(LEVELS)}")
        if self.readout not in READOUTS:
            raise BadInput(f"the read-out is {' or '.join(READOUTS)}, not {self.readout}")
        if self.irs2 and (self.level != "uncal" or not self.detector.startswith("NRS") or (self.rows, self.columns) != (FULL_SIZE,) * 2):
            raise BadInput("IRS2 is simulated as raw full frames (uncal) of NRS1 and NRS2: their reference samples are taken out by refpix")
        check(self, RANGES)
        if len(self.columns_half) not in (1, self.outputs):
            raise BadInput(f"alternating columns have one number or one for each of {self.outputs} outputs, not {len(self.columns_half)}")
        if not 0 < self.gain < 1e3:
            raise BadInput(f"gain must be between 0 and 1000 e-/DN, not {self.gain}")
        if 7 * self.pixels * self.groups > LARGEST:
            raise BadInput(f"{self.groups} groups of {self.columns} x {self.rows} pixels are too many for one integration in memory")

    @property
    def irs2(self) -> bool:
        """A raw IRS2 frame."""
        return self.readout == "IRS2"

    @property
    def ramp(self) -> bool:
        """Whether there are groups."""
        return self.level != "rate"

    @property
    def outputs(self) -> int:
        """4 for the full frame, else 1."""
        return 4 if (self.rows, self.columns) == (FULL_SIZE, FULL_SIZE) else 1

    @property
    def shape(self) -> tuple[int, int]:
        """(ny, nx) of the file's images."""
        return (IRS2_LENGTH, self.columns) if self.irs2 else (self.rows, self.columns)

    @property
    def pixels(self) -> int:
        """Of an image."""
        return self.shape[0] * self.shape[1]

    @property
    def geometry(self) -> DetectorGeometry:
        """Where the frame lies on the detector."""
        fast, slow = AXES[self.detector]
        start = (centred(self.columns), 1 if self.irs2 else centred(self.rows))
        return DetectorGeometry(*self.shape, self.detector, fast, slow, *start, self.outputs, self.irs2, known=True)

    @property
    def clean(self) -> NoiseParams:
        """The same exposure with white noise and light alone."""
        none: dict[str, Any] = dict.fromkeys(("one_over_f", "private"), 0.0)
        none |= dict.fromkeys(("noisy_rows", "snowballs", "telegraph", "bad_samples"), 0)
        return replace(self, **none, columns_half=(0.0,))

    def as_dict(self) -> dict[str, Any]:
        """Fields by name."""
        return asdict(self)
