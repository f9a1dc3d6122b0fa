"""What is asked of a diagnosis of noise, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detgui.science.noise_columns import Columns
from detgui.science.noise_lines import OutputLevels, Rms
from detgui.science.noise_ramp import RampNoise
from detgui.science.noise_rows import Rows
from detgui.science.noise_shared import Shared
from detgui.science.noise_spectrum import Spectrum
from detgui.science.read_order import ReadOrder
from detgui.science.snowballs import LEAST_AREA, Cluster

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Params:
    """What to look at.

    Attributes
    ----------
    integrations : first and last, 1-based, inclusive; None: all that are there
    most_images : images (differences of groups, or integrations of a cube) that are used, spread over the exposure
    group : group of the first integration that alternating columns of a ramp are measured in, 1-based
    detrend : order of the polynomial along the lines that the detrended rms is measured about
    false_alarms : chance that a clean image has any line that is called noisy
    least_area : pixels of the smallest cluster of jumps that is listed
    mask_sources : find and mask sources; without it only what is flagged or excluded is left out
    spectra, telegraph : whether to make power spectra and to look for telegraph pixels
    """

    integrations: tuple[int, int] | None = None
    most_images: int = 30
    group: int = 1
    detrend: int = 3
    false_alarms: float = 0.01
    least_area: int = LEAST_AREA
    mask_sources: bool = True
    spectra: bool = True
    telegraph: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class OneOverF:
    """Levels of the lines; images of the exposure (differences of groups, integrations) on the first axis.

    Attributes
    ----------
    rms : of the levels common to all outputs, white noise taken off, no detrending; of several images their quadratic mean
    detrended : the same about a polynomial along the lines
    shared : common and private parts of the outputs, all images together
    level, level_err : (images, n_slow), image's unit, NaN where too few pixels count
    outputs : levels of each output in the first image
    line : (n_slow,) place of the lines along the slow axis of the image, 0-based
    spectra : power spectrum of each output, by name
    """

    rms: Rms
    detrended: Rms
    shared: Shared
    level: Floats
    level_err: Floats
    outputs: OutputLevels
    spectra: dict[str, Spectrum]

    @property
    def line(self) -> NDArray[np.intp]:
        """Place of every line along the slow axis, 0-based."""
        return np.arange(self.level.shape[1])


@dataclass(frozen=True, slots=True)
class Telegraph:
    """A pixel that hops between two levels: ``x``, ``y`` 0-based, ``step`` and its error in ``unit``, ``share`` of the time it is high,
    ``hops``, and the ``chance`` that plain noise does it."""

    x: int
    y: int
    step: float
    step_err: float
    share: float
    hops: int
    chance: float


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One line of the guide: a number with its error, whether it is more than noise, and one sentence on what to try.

    ``key`` one_over_f, alternating_columns, noisy_rows, telegraph, cds_noise, snowballs; ``issue`` as 'NS-G06', '' where the page of
    NIRSpec's known issues gives it no number.
    """

    key: str
    title: str
    value: float
    err: float
    unit: str
    found: bool
    sentence: str
    issue: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """Noise of an exposure.

    Attributes
    ----------
    unit : of the image; of power spectra unit^2 / Hz
    what : which images were looked at
    images : how many
    order : how the detector was read; arrays that say (slow, fast) have its axes
    masked : (ny, nx) pixels that were left out as sources, cosmic rays or hot pixels of the first image
    one_over_f, columns, rows : see there
    reference_samples : places along the fast axis of noisy reference samples of a raw IRS2 frame
    suspects : {noisy row: reference samples before and after it, (first, last) each} where it was read with IRS2
    ramp : noise of the differences, None where there are no groups
    clusters : of jumps; None where there are no groups to tell
    telegraph : pixels; None where too few values tell
    diagnoses : numbers with sentences
    notes : sentences that qualify the numbers
    """

    exposure: str
    params: Params
    unit: str
    what: str
    images: int
    order: ReadOrder
    masked: NDArray[np.bool_]
    one_over_f: OneOverF
    columns: Columns
    columns_unit: str
    rows: Rows
    reference_samples: NDArray[np.intp]
    suspects: dict[int, tuple[tuple[int, int], ...]]
    ramp: RampNoise | None
    clusters: tuple[Cluster, ...] | None
    telegraph: tuple[Telegraph, ...] | None
    diagnoses: tuple[Diagnosis, ...] = ()
    notes: tuple[str, ...] = ()
    provenance: dict[str, object] = field(default_factory=dict)
