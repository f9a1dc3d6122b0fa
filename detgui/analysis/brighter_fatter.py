"""How much charge moves for a given contrast, found in two ways that share nothing but the ramps.

From the mean: regression of the residual late slope on the local contrast of the image (`detgui.science.contrast`). From the noise:
covariance of non-overlapping group differences of neighbouring pixels (`detgui.science.correlations`). Both give the share of the
difference of two neighbours' signals above ``start`` that moves from one to the other, DN per DN.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from detgui.analysis import slope_map
from detgui.analysis.origin import origin
from detgui.analysis.rates import RateReader, check_flags, flagged, left_out, numbers_in, sample, sample_size, spread_out
from detgui.data.exposure import Exposure
from detgui.data.tables import Columns
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.contrast import ContrastFit, fit_contrast, late_contrast, late_excess
from detgui.science.correlations import FEWEST, QUAD, PairFit, PairSums
from detgui.science.robust import nan_median

START = 10_000.0
"""DN; signal above which charge moves: STScI-009234 section 3.2, after Goudfrooij et al. 2024."""

BATCH_BYTES = 700_000_000


@dataclass(frozen=True, slots=True)
class Params:
    """``fit_groups`` and ``integrations`` of the slope map; ``start`` DN above which charge moves (0: at any signal); ``local`` also fits
    what is left of a pixel's own non-linearity; ``sample`` integrations of the mean image; ``pairs`` integrations whose group differences
    are compared (0: none); ``flags`` that exclude a pixel, None any."""

    fit_groups: tuple[int, int] = (1, 10)
    integrations: tuple[int, int] | None = None
    start: float = START
    local: bool = False
    sample: int = 32
    pairs: int = 64
    flags: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """``slopes`` from the regression. ``along_x``, ``along_y`` and their mean ``pair_coefficient`` from the covariances, None and NaN where
    the data do not allow it: ``why_not`` says why. ``agreement`` is the difference of the two ways in its errors. ``gain`` e-/DN and
    ``read_noise`` DN (single read, with 1/f noise) come from the same differences, NaN where not seen."""

    exposure: str
    params: Params
    slopes: ContrastFit
    along_x: PairFit | None
    along_y: PairFit | None
    pair_coefficient: float
    pair_err: float
    agreement: float
    why_not: str
    gain: float
    gain_err: float
    read_noise: float
    notes: tuple[str, ...]
    provenance: dict[str, object] = field(default_factory=dict)


def check(exposure: Exposure, params: Params) -> None:
    """Raises `BadInput` for parameters that cannot be, before anything is read."""
    slope_map.check(exposure, _slope_params(params))
    check_flags(params.flags)
    if not 0 <= params.start < 1e7:
        raise BadInput(f"the signal above which charge moves must be 0 DN or more, not {params.start}")
    if params.sample < 2 or params.pairs < 0:
        raise BadInput("the mean image needs two or more integrations, and the number of those compared cannot be negative")


def _slope_params(params: Params) -> slope_map.Params:
    return slope_map.Params(params.fit_groups, params.integrations, flags=params.flags)


def run(
    exposure: Exposure,
    params: Params,
    engine: Executor | None = None,
    progress: Progress = no_progress,
    slopes: slope_map.Result | None = None,
) -> Result:
    """Both ways. ``slopes`` is a slope map made with the same groups, integrations and flags; None: it is made. Raises `BadInput` for bad
    parameters and a map made with others."""
    check(exposure, params)
    if slopes is not None and (slopes.params.fit_groups, slopes.params.integrations) != (params.fit_groups, params.integrations):
        raise BadInput(f"{exposure.name}: the slope map was made with other groups or integrations")
    map_ = slopes or slope_map.run(exposure, _slope_params(params), engine, lambda f, m: progress(0.5 * f, m))
    numbers = numbers_in(exposure, params.integrations)
    reader = RateReader(exposure, params.fit_groups, params.flags)
    chosen = spread_out(numbers, sample_size(exposure, params.sample))
    images = sample(reader, chosen, lambda f, m: progress(0.5 + 0.1 * f, m))
    rate = np.where(left_out(exposure, params.flags), np.nan, nan_median(images, axis=0))
    fitted = from_slopes(map_.slope, map_.err, rate, exposure.shape[1], params)
    sums, why_not = _pairs(exposure, numbers, rate, params, lambda f, m: progress(0.6 + 0.4 * f, m))
    return _result(exposure, params, fitted, sums, why_not)


def from_slopes(
    slope: NDArray[np.floating], err: NDArray[np.floating], rate: NDArray[np.float64], ngroups: int, params: Params
) -> ContrastFit:
    """Regression of a slope map on the late contrast of a rate image, all DN/group, shape (ny, nx)."""
    contrast = late_contrast(rate, ngroups, params.fit_groups, params.start)
    excess = late_excess(rate, ngroups, params.fit_groups, params.start) if params.local else None
    return fit_contrast(slope, err, contrast, excess)


def _pairs(
    exposure: Exposure, numbers: NDArray[np.int64], rate: NDArray[np.float64], params: Params, progress: Progress
) -> tuple[PairSums | None, str]:
    """Covariances of neighbours, added up; and why there are none."""
    why_not = _why_not(exposure, numbers, rate, params)
    if why_not:
        return None, why_not
    _, ngroups, ny, nx = exposure.shape
    batch = int(np.clip(BATCH_BYTES // (30 * ngroups * ny * nx), 2, 8))
    chosen = spread_out(numbers, params.pairs)
    known = np.where(np.isfinite(rate), rate, 0.0)
    sums, static = PairSums(known, params.start), ~np.isfinite(rate)
    for first in range(0, chosen.size - 1, batch):
        some = chosen[first : first + batch]
        progress(first / chosen.size, f"neighbours' noise, integration {int(some[0])}")
        if some.size > 1:
            sums.add(*_read(exposure, some, static, params))
    progress(1.0, "neighbours' noise")
    return sums, ""


def _why_not(exposure: Exposure, numbers: NDArray[np.int64], rate: NDArray[np.float64], params: Params) -> str:
    ngroups = exposure.shape[1]
    if params.pairs < 2 or numbers.size < 2:
        return "two or more integrations are needed"
    if ngroups < 2 * QUAD:
        return f"{2 * QUAD} or more groups are needed, the ramp has {ngroups}"
    if params.start <= 0:
        return "charge that moves at any signal cannot be told from inter-pixel capacitance: a start above zero is needed"
    last = (ngroups // QUAD - 1) * QUAD + 1
    if not (rate * last > params.start).any():
        return f"no pixel is above {params.start:g} DN for {QUAD} groups"
    return ""


def _read(
    exposure: Exposure, numbers: NDArray[np.int64], static: NDArray[np.bool_], params: Params
) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
    blocks = [exposure.read_block("SCI", (int(n), int(n)))[0] for n in numbers]
    bad = np.zeros((numbers.size, *blocks[0].shape), bool)
    if "GROUPDQ" in exposure.planes:
        for index, number in enumerate(numbers):
            bad[index] = flagged(exposure.read_block("GROUPDQ", (int(number), int(number)))[0], params.flags)
    return np.array(blocks), bad | static


def _result(exposure: Exposure, params: Params, fitted: ContrastFit, sums: PairSums | None, why_not: str) -> Result:
    along = [sums.fit(direction) if sums else None for direction in ("x", "y")]
    gain, gain_err, read_noise = sums.noise_found() if sums else (np.nan,) * 3
    value, err = _mean([each for each in along if each is not None])
    if sums and not np.isfinite(value):
        most = max(each.pairs for each in along if each)
        why_not = (
            f"{most} pairs of differences above {params.start:g} DN, {FEWEST} are needed"
            if most < FEWEST
            else "photon noise is not seen in the differences below the start"
        )
    agreement = (value - fitted.coefficient) / np.hypot(err, fitted.coefficient_err)
    notes = [f"share of the contrast above {params.start:g} DN that moves to each of four neighbours; signals counted from the reset"]
    if np.isfinite(fitted.curvature) and abs(fitted.curvature) > 3 * fitted.curvature_err:
        notes.append(f"not linear in the contrast: {100 * fitted.curvature:+.0f} ± {100 * fitted.curvature_err:.0f} % at the largest")
    if why_not:
        notes.append(f"nothing from the covariance of neighbours: {why_not}")
    if exposure.kind == "uncal":
        notes.append("raw counts: the detector's non-linearity is in the slopes")
    return Result(
        exposure.name,
        params,
        fitted,
        along[0],
        along[1],
        value,
        err,
        float(agreement),
        why_not,
        gain,
        gain_err,
        read_noise,
        tuple(notes),
        origin(exposure, params, "brighter_fatter"),
    )


def _mean(fits: list[PairFit]) -> tuple[float, float]:
    """Weighted mean of the two directions and its error."""
    good = [each for each in fits if np.isfinite(each.coefficient) and each.coefficient_err > 0]
    if not good:
        return np.nan, np.nan
    weights = np.array([each.coefficient_err**-2 for each in good])
    return float(weights @ [each.coefficient for each in good] / weights.sum()), float(weights.sum() ** -0.5)


def as_table(result: Result) -> tuple[Columns, dict[str, object]]:
    """Mean slope against contrast as columns, coefficients as metadata."""
    contrast, slope, err = result.slopes.binned
    columns = {"contrast": (contrast, "DN/group"), "slope": (slope, "DN/group"), "slope_err": (err, "DN/group")}
    fitted = replace(result.slopes, binned=(contrast[:0], slope[:0], err[:0]))
    meta: dict[str, object] = {"exposure": result.exposure, "start_DN": result.params.start}
    meta |= {name: getattr(fitted, name) for name in fitted.__dataclass_fields__ if name != "binned"}
    for name, pair in (("along_x", result.along_x), ("along_y", result.along_y)):
        meta |= {} if pair is None else {f"{name}_{key}": getattr(pair, key) for key in pair.__dataclass_fields__}
    for name in ("pair_coefficient", "pair_err", "agreement", "why_not", "gain", "gain_err", "read_noise"):
        meta[name] = getattr(result, name)
    return columns, {**meta, "notes": list(result.notes), "provenance": result.provenance}
