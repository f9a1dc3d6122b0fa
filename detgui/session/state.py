"""What is open, chosen and shown: one frozen value, replaced as a whole. Truth lives here, never in a widget.

Pixels are 0-based (x, y); integrations and groups are 1-based, as a person sees them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from detgui.session.gain_options import GainOptions
from detgui.session.hot_options import HotOptions
from detgui.session.noise_options import NoiseOptions
from detgui.session.nonlinearity import NonlinearityOptions
from detgui.session.offsets_options import OffsetsOptions
from detgui.session.regions import DrawnRegion, RegionTools

OWN_ARRAY = "file "
"""How the array of a file that shares its pixels with no other begins."""

Stretch = Literal["linear", "sqrt", "log", "asinh"]
LimitsMode = Literal["zscale", "percentile", "minmax", "typed"]
DifferenceMode = Literal["none", "previous group", "other"]
Theme = Literal["system", "light", "dark"]


@dataclass(frozen=True, slots=True)
class OpenExposure:
    """An open exposure as the session knows it; ``key`` is unique while the program runs."""

    key: str
    name: str
    kind: str
    shape: tuple[int, int, int, int]
    unit: str
    planes: tuple[str, ...]
    integrations: tuple[int, int]  # first and last integration number
    paths: tuple[Path, ...]
    warnings: tuple[str, ...] = ()
    error: str = ""  # set when the file disappeared or shrank
    spans: tuple[tuple[int, int], ...] = ()  # first and last number of each unbroken run of integrations; () for one run
    signed: tuple[str, ...] = ()  # planes whose values lie about zero
    source: str = ""  # key of the exposure a map in memory was made from; '' for files
    label: str = ""  # what a map is, in a word or two: 'slope map'
    array: str = ""  # which pixels of which detector, or which file: exposures of one array share their regions

    @property
    def is_ramp(self) -> bool:
        """True where there are at least two groups."""
        return self.shape[1] > 1

    @property
    def main_plane(self) -> str:
        """The plane that is shown first: SCI, or that of a map."""
        return "SCI" if "SCI" in self.planes or not self.planes else self.planes[0]

    @property
    def runs(self) -> tuple[tuple[int, int], ...]:
        """First and last integration number of each unbroken run (a missing segment leaves a gap)."""
        return self.spans or (self.integrations,)

    def has_integration(self, number: int) -> bool:
        """True where that integration is there."""
        return any(first <= number <= last for first, last in self.runs)

    def nearest_integration(self, number: int) -> int:
        """The integration that is there and closest to ``number``."""
        ends = (min(max(number, first), last) for first, last in self.runs)
        return min(ends, key=lambda each: abs(each - number))

    def step_integration(self, number: int, step: int) -> int:
        """The integration ``step`` further among those that are there, from the first to the last."""
        place = 0
        for first, last in self.runs:
            if number > last:
                place += last - first + 1
            elif number >= first:
                place += number - first
        place = min(max(place + step, 0), self.shape[0] - 1)
        for first, last in self.runs:
            if place <= last - first:
                return first + place
            place -= last - first + 1
        return self.integrations[1]

    def contains(self, x: int, y: int) -> bool:
        """True where the 0-based pixel is inside the array."""
        return 0 <= x < self.shape[3] and 0 <= y < self.shape[2]


@dataclass(frozen=True, slots=True)
class Frame:
    """One image of one exposure: what the image view shows, subtracts or blinks against."""

    exposure: str
    plane: str = "SCI"
    integration: int = 1
    group: int = 1


@dataclass(frozen=True, slots=True)
class Difference:
    """What is subtracted from the shown frame; ``other`` counts for mode 'other' only."""

    mode: DifferenceMode = "none"
    other: Frame | None = None


@dataclass(frozen=True, slots=True)
class Blink:
    """Blinking of the shown frame against another one."""

    on: bool = False
    other: Frame | None = None
    period_ms: int = 600


@dataclass(frozen=True, slots=True)
class Display:
    """How an image is turned into colours and what lies over it."""

    stretch: Stretch = "linear"
    limits: LimitsMode = "zscale"
    percentile: float = 99.5  # per cent of the pixels between the limits
    low: float | None = None  # typed limits, unit of the image
    high: float | None = None
    lock_limits: bool = False  # keep the limits while stepping
    colormap: str = "viridis"
    difference_colormap: str = "blue-red"  # its middle is shown at zero
    block_max: bool = False  # when zoomed out show the block's maximum, so that no hot pixel hides
    dq_flags: tuple[str, ...] = ()  # flag names drawn over the image
    amplifiers: bool = False
    reference_pixels: bool = False


@dataclass(frozen=True, slots=True)
class Pin:
    """A pixel kept beside the chosen one, with the index of its colour."""

    x: int
    y: int
    colour: int


@dataclass(frozen=True, slots=True)
class RampOptions:
    """Parameters of the ramp panel; None means the analysis's own default."""

    fit_last: int | None = None  # N, the last group of the early line; None: the 10,000 DN rule
    method: Literal["gls", "ols"] = "gls"
    x_axis: Literal["group", "time"] = "group"
    gain: float | Path | None = None  # e-/DN
    read_noise: float | Path | None = None  # DN, single read
    superbias: Path | None = None
    saturation: Path | None = None
    show: Literal["ramp", "overlay", "slopes"] = "ramp"  # one integration, all of them overlaid, slope against integration
    compare: tuple[str, ...] = ()  # keys of exposures whose same pixel is drawn too


@dataclass(frozen=True, slots=True)
class Revision:
    """How often a map in memory was replaced by a newer one, and what is to be said of the present one."""

    exposure: str
    number: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class SessionState:
    """Everything that the window shows."""

    exposures: tuple[OpenExposure, ...] = ()
    frame: Frame | None = None  # the shown one; its exposure is the current exposure
    positions: tuple[Frame, ...] = ()  # last shown frame of every exposure, to come back to
    difference: Difference = field(default_factory=Difference)
    blink: Blink = field(default_factory=Blink)
    display: Display = field(default_factory=Display)
    pixel: tuple[int, int] | None = None
    pins: tuple[Pin, ...] = ()
    ramp: RampOptions = field(default_factory=RampOptions)
    tab: str = "Ramp"
    theme: Theme = "system"
    nonlinearity: NonlinearityOptions = field(default_factory=NonlinearityOptions)
    gain: GainOptions = field(default_factory=GainOptions)
    hot: HotOptions = field(default_factory=HotOptions)
    noise: NoiseOptions = field(default_factory=NoiseOptions)
    offsets: OffsetsOptions = field(default_factory=OffsetsOptions)
    regions: tuple[DrawnRegion, ...] = ()
    selected: tuple[int, ...] = ()  # numbers of regions
    tools: RegionTools = field(default_factory=RegionTools)
    revisions: tuple[Revision, ...] = ()  # of maps in memory; apart from `exposures`, which stay what they are while a map changes

    def exposure(self, key: str) -> OpenExposure | None:
        """The open exposure of that key, or None."""
        return next((e for e in self.exposures if e.key == key), None)

    def revision(self, key: str) -> Revision:
        """The revision of an exposure, number 0 where it never changed."""
        return next((each for each in self.revisions if each.exposure == key), Revision(key))

    @property
    def current(self) -> OpenExposure | None:
        """The exposure whose frame is shown, or None."""
        return self.exposure(self.frame.exposure) if self.frame else None
