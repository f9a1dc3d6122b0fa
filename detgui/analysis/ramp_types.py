"""What a ramp is fitted with and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.pixel_noise import Neighbours, PixelNoise
from detgui.errors import BadInput
from detgui.science.ramp_fit import Method
from detgui.science.timing import GroupTiming

DEFAULT_THRESHOLD = 10_000.0
"""DN above the zero level up to which detectors count as linear: STScI-009234, section 3.2, after Goudfrooij et al. 2024."""


@dataclass(frozen=True, slots=True)
class Params:
    """What to fit.

    ``x``, ``y`` 0-based; ``integration`` 1-based, None the first; ``fit_groups`` first and last group of the early line, 1-based and
    inclusive, None: from 1 to the group that reaches ``threshold`` DN above the zero level; ``method`` 'gls' (ramp's own covariance,
    Brandt 2024) or 'ols'; ``gain`` e-/DN and ``read_noise`` DN (single read): a number, a reference file, or None (built-in table, else
    scatter).
    """

    x: int
    y: int
    integration: int | None = None
    fit_groups: tuple[int, int] | None = None
    method: str = "ols"
    gain: float | Path | None = None
    read_noise: float | Path | None = None
    superbias: Path | None = None
    saturation: Path | None = None
    threshold: float = DEFAULT_THRESHOLD


@dataclass(frozen=True, slots=True, eq=False)
class RampData:
    """All that a fit needs of one pixel of one integration, read once: refitting it (dragging N) reads nothing.

    ``signal`` DN and ``groupdq`` have shape (ngroups,). ``timing`` None counts groups. ``superbias`` is the zero level in DN that a
    reference or a finished superbias step gives, NaN for none, ``zero_source`` says which. ``saturation`` DN. ``neighbours`` are the
    integrations that errors come from where gain or read noise are not known. ``provenance`` lacks what changes with the parameters.
    """

    exposure: str
    integration: int
    signal: NDArray[np.float64]
    groupdq: NDArray[np.uint32]
    pixeldq: int
    timing: GroupTiming | None = None
    noise: PixelNoise = field(default_factory=PixelNoise)
    superbias: float = np.nan
    zero_source: str = ""
    saturation: float = np.nan
    neighbours: Neighbours | None = None
    notes: tuple[str, ...] = ()
    paths: tuple[Path, ...] = ()
    provenance: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """One pixel's fitted ramp; arrays have shape (ngroups,), DN unless said; NaN where a number does not exist."""

    exposure: str
    params: Params
    integration: int
    group: NDArray[np.int64]
    time: NDArray[np.float64]  # s since the reset, mean of the group
    signal: NDArray[np.float64]
    groupdq: NDArray[np.uint32]
    fit: NDArray[np.float64]
    residual: NDArray[np.float64]
    late_line: NDArray[np.float64]  # the line fitted to the late residuals, NaN outside them
    fit_groups: tuple[int, int]  # the groups used, first and last, 1-based
    used: NDArray[np.bool_]  # groups that went into the early line
    late: NDArray[np.bool_]  # groups that went into the late line
    segment_starts: tuple[int, ...]  # 1-based first group of each segment (a jump starts one)
    pixeldq: int
    zero_level: float
    zero_source: str
    intercept: float  # DN at time 0 (reset) of the first segment
    intercept_err: float
    slope: float  # DN/group
    slope_err: float
    slope_per_s: float  # DN/s
    slope_per_s_err: float
    late_slope: float  # DN/group, of the residual
    late_slope_err: float
    chi2: float
    dof: int
    probability: float
    gain: float  # e-/DN, NaN where not known
    gain_source: str
    read_noise: float  # DN, single read
    read_noise_source: str
    saturation: float  # DN, NaN where no reference gives it
    notes: tuple[str, ...]  # sentences: "two groups: no residual", why errors are NaN
    provenance: dict[str, object]
    signal_err: NDArray[np.float64] | None = None  # of each group by itself: read noise and photons since the reset; NaN where not known
    group_read_noise: float = np.nan  # DN, of one group: the mean of NFRAMES reads; what no two groups share


@dataclass(frozen=True, slots=True, eq=False)
class OverviewData:
    """All that the fits of one pixel in every integration need, read once.

    ``signal`` DN, ``groupdq``, ``usable`` and ``segments`` have shape (nints, ngroups); ``integration`` numbers, ``zero`` level in DN and
    ``time_mjd`` (mid-time, UTC) (nints,).
    """

    exposure: str
    integration: NDArray[np.int64]
    signal: NDArray[np.float64]
    groupdq: NDArray[np.uint32]
    usable: NDArray[np.bool_]
    segments: NDArray[np.int64]
    zero: NDArray[np.float64]
    timing: GroupTiming
    noise: PixelNoise
    time_mjd: NDArray[np.float64]

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        arrays = (self.integration, self.signal, self.groupdq, self.usable, self.segments, self.zero, self.time_mjd)
        return sum(each.nbytes for each in arrays)


@dataclass(frozen=True, slots=True, eq=False)
class Overview:
    """Slope of the early line against integration, shapes (nints,), DN/group; the ramps themselves (nints, ngroups) DN."""

    exposure: str
    params: Params
    integration: NDArray[np.int64]
    slope: NDArray[np.float64]
    slope_err: NDArray[np.float64]
    signal: NDArray[np.float64]
    groupdq: NDArray[np.uint32]
    time_mjd: NDArray[np.float64]  # mid-time of the integration (UTC, MJD), NaN where INT_TIMES is missing


def method_of(name: str) -> Method:
    """The fit method of that name. Raises `BadInput` for another."""
    if name == "gls":
        return "gls"
    if name == "ols":
        return "ols"
    raise BadInput(f"there is no fit method {name!r}: it is 'ols' or 'gls'")
