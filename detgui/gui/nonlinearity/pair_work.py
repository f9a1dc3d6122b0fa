"""What workers do for the Pair page. No Qt, no state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from detgui.analysis import slope_map, trace
from detgui.errors import BadInput
from detgui.gui.nonlinearity.phase_work import limit_of
from detgui.progress import Progress, no_progress
from detgui.science.profile import Folded, fold
from detgui.science.ranges import Range, ratio_of_ranges, robust_range
from detgui.session.reading import reading
from detgui.session.shelf import Shelf

if TYPE_CHECKING:
    from detgui.data.exposure import Exposure

NEAR = 5.0  # px from the trace: where charge moves
PERCENTILES = (0.5, 99.5)
REACH = 10.0  # px of the profiles
BIN = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One of the two: its map (slope and err, shape (ny, nx), in ``unit``), range of the pixels near the trace, and profile.

    ``noise_half`` is the half-range that the errors alone would give. ``map`` is the slope map that was made of ramps,
    None for a map that was open; ``near`` says which pixels the range is of.
    """

    key: str
    name: str
    unit: str
    slope: NDArray[Any]
    err: NDArray[Any] | None
    range: Range
    folded: Folded | None
    trace: trace.Result | None
    map: slope_map.Result | None
    near: str
    files: tuple[str, ...]
    noise_half: float = np.nan


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two sides, ratios of their half-ranges and of their profiles with errors, and one limit (unit of the maps) for both images.

    Noise widens ranges, that of the fainter map more: the ratio of the profiles is free of that.
    """

    sides: tuple[Side, Side]
    ratio: float
    ratio_err: float
    limit: float
    profile_ratio: float
    profile_ratio_err: float


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What one side is made of: an exposure, and what is known of it already."""

    key: str
    params: slope_map.Params | None  # of the map of an exposure with ramps, None for an image
    map: slope_map.Result | None = None
    trace: trace.Result | None = None


def make_pair(shelf: Shelf, first: Asked, second: Asked, progress: Progress = no_progress) -> Pair:
    """Maps, traces, ranges and profiles of two exposures; what is known is not made again."""
    sides = []
    for number, asked in enumerate((first, second)):
        share = _share(progress, number)
        share(0.0, "maps of the pair")
        sides.append(_side(shelf, asked, share))
    masks = [_near(side.trace, side.slope.shape) for side in sides]
    images = [np.where(mask, side.slope, np.nan).astype(np.float64) for side, mask in zip(sides, masks, strict=True)]
    ratio, err = ratio_of_ranges(images[0], images[1], PERCENTILES)
    limit = max(limit_of([side.slope], mask) for side, mask in zip(sides, masks, strict=True))
    profiles = [side.folded for side in sides]
    scale = profile_ratio(*profiles) if profiles[0] is not None and profiles[1] is not None else (np.nan, np.nan)
    return Pair((sides[0], sides[1]), ratio, err, limit, *scale)


def profile_ratio(first: Folded, second: Folded) -> tuple[float, float]:
    """How many times larger one profile is than another of the same bins, and its error: least squares with errors on both."""
    good = np.isfinite(first.mean) & np.isfinite(second.mean) & (first.err > 0) & (second.err > 0)
    one, other, one_err, other_err = (each[good] for each in (first.mean, second.mean, first.err, second.err))
    ratio, error = np.nan, np.nan
    weight = 1 / one_err**2
    for _ in range(5):
        signal = other**2 - other_err**2  # the noise of the second profile is in its square too
        square = float((weight * signal).sum())
        if not square > 0:
            return np.nan, np.nan
        ratio = float((weight * one * other).sum()) / square
        both = one_err**2 + (ratio * other_err) ** 2
        scatter = both * signal + (one_err * other_err) ** 2 + 2 * (ratio * other_err**2) ** 2
        error = float(np.sqrt(max((weight**2 * scatter).sum(), 0.0))) / square
        weight = 1 / both
    return ratio, error


def _share(progress: Progress, number: int) -> Progress:
    return lambda fraction, message: progress((number + fraction) / 2, message)


def _side(shelf: Shelf, asked: Asked, progress: Progress) -> Side:
    with reading(shelf, asked.key) as exposure:
        map_, found = asked.map, asked.trace
        if asked.params is not None:
            map_ = map_ or slope_map.run(exposure, asked.params, progress=lambda f, m: progress(0.85 * f, m))
            slope, err, unit = map_.slope, map_.err, map_.unit
            found = found or _trace_of_ramps(exposure, asked.params, lambda f, m: progress(0.85 + 0.15 * f, m))
        else:
            slope, err, unit = _image(exposure)
            found = found or _trace_of_map(slope, exposure.name)
        name, files = exposure.name, tuple(str(each.path) for each in exposure.files)
    near = _near(found, slope.shape)
    if not (near & np.isfinite(slope)).any():
        raise BadInput(f"{name}: no pixel has a slope")
    values = np.where(near, slope, np.nan).astype(np.float64)
    words = f"within {NEAR:g} px of the trace" if found is not None else "all pixels: no trace was found"
    folded = None
    if found is not None:
        errors = err if err is not None else np.zeros(slope.shape)
        folded = fold(slope, errors, found.trace.distance(slope.shape[0]), BIN, REACH)
    noise = _noise_half(err, near & np.isfinite(slope))
    return Side(asked.key, name, unit, slope, err, robust_range(values, PERCENTILES), folded, found, map_, words, files, noise)


def _noise_half(err: NDArray[Any] | None, chosen: NDArray[np.bool_]) -> float:
    """Half-range of pixels that hold nothing but noise of these errors."""
    if err is None or not (chosen & np.isfinite(err)).any():
        return np.nan
    errors = err[chosen & np.isfinite(err)]
    drawn = np.random.default_rng(0).standard_normal(errors.size) * errors
    return float(np.diff(np.percentile(drawn, PERCENTILES))[0] / 2)


def _image(exposure: Exposure) -> tuple[NDArray[Any], NDArray[Any] | None, str]:
    """The main plane of an image and its error."""
    plane = "SCI" if "SCI" in exposure.planes else exposure.planes[0]
    first = int(exposure.integrations[0])
    err = exposure.read_image("ERR", first, 1) if "ERR" in exposure.planes else None
    return exposure.read_image(plane, first, 1).astype(np.float64), err, exposure.plane_unit(plane)


def _trace_of_ramps(exposure: Exposure, params: slope_map.Params, progress: Progress) -> trace.Result | None:
    try:
        last = min(10, exposure.shape[1])
        return trace.run(exposure, trace.Params(fit_groups=(1, last), flags=params.flags), progress=progress)
    except BadInput:
        return None


def _trace_of_map(slope: NDArray[Any], name: str) -> trace.Result | None:
    """The trace where a map's losses are, for maps whose ramps are not open."""
    try:
        return trace.find(-slope, trace.Params(sigma=0.7), name)
    except BadInput:
        return None


def _near(found: trace.Result | None, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Pixels that the range is of, shape (ny, nx)."""
    if found is None:
        return np.ones(shape, bool)
    return np.asarray(np.abs(found.trace.distance(shape[0])) <= NEAR)
