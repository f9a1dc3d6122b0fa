"""What changed between two epochs: a map of differences, and the list of pixels whose change is more than chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.hot_types import Array, Indices, Series
from detgui.data.dark_maps import DarkMaps, read_maps, read_pixels
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science import hot_classes
from detgui.science.robust import sigma_of

Image = NDArray[np.float32]
KINDS = ("became hot", "recovered", "brighter", "fainter")


@dataclass(frozen=True, slots=True)
class Params:
    """Epochs ``first`` and ``second`` (0-based), ``threshold`` that divides hot from not, ``discovery`` false-discovery rate over all
    pixels, ``persistence`` epochs (the second among them) the pixel has to stay on the new side of the middle between the two rates."""

    first: int = 0
    second: int = -1
    threshold: float = 1.0
    discovery: float = 0.01
    persistence: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """``difference`` second - first in ``unit``, shape (ny, nx), NaN where not measured in both; pixels that changed, the most significant
    first: ``y``, ``x``, ``before``, ``after``, ``err`` of the difference, ``z``, ``p``, ``kind`` (place in `KINDS`), shapes (m,);
    ``scale`` what errors were multiplied with; ``p_limit``; ``tested`` pixels; ``level`` difference of the medians, taken off for z."""

    params: Params
    unit: str
    difference: Image
    y: Indices
    x: Indices
    before: Image
    after: Image
    err: Image
    z: Array
    p: Array
    kind: NDArray[np.int8]
    scale: float
    p_limit: float
    tested: int
    level: float
    notes: tuple[str, ...]


def run(series: Series, params: Params, progress: Progress = no_progress) -> Result:
    """Compare two epochs. Raises `BadInput` for epochs that are not there or are the same."""
    number = len(series.files)
    first, second = (each % number if -number <= each < number else -1 for each in (params.first, params.second))
    if min(first, second) < 0 or first == second:
        raise BadInput(
            f"{series.label} has {number} epochs: two different ones of them are compared, not {params.first} and {params.second}"
        )
    progress(0.0, f"reading {series.files[first].name}")
    one = read_maps(series.files[first], series.unit, series.gain)
    progress(0.3, f"reading {series.files[second].name}")
    two = read_maps(series.files[second], series.unit, series.gain)
    progress(0.6, "testing all pixels")
    both = one.valid & two.valid
    difference = np.where(both, two.rate - one.rate, np.float32(np.nan))
    if series.is_mask:
        return _mask_changes(params, one, two, both, difference)
    level = float(np.nanmedian(difference)) if both.any() else 0.0
    err, notes = _error(one, two, difference)
    scale = max(1.0, hot_classes.error_scale((difference[both][::3] - level) / err[both][::3]))
    if scale > 1.05:
        notes.append(f"quiet pixels scatter {scale:.2f} times more than the errors say: errors are multiplied by that")
    err *= np.float32(scale)
    p = hot_classes.two_sided((difference - np.float32(level)) / err)
    limit = hot_classes.benjamini_hochberg(p, params.discovery)
    flat = np.flatnonzero((p <= limit).reshape(-1))
    y, x = np.divmod(flat, series.shape[1])
    keep = _lasting(series, params, second, one.rate[y, x], two.rate[y, x], y, x)
    y, x = y[keep], x[keep]
    z = (difference[y, x].astype(np.float64) - level) / err[y, x]
    order = np.argsort(-np.abs(z), kind="stable")
    y, x, z = y[order], x[order], z[order]
    progress(1.0, "done")
    return Result(
        params, series.unit, difference, y, x, one.rate[y, x], two.rate[y, x], err[y, x], z, p[y, x],
        _kinds(one.rate[y, x], two.rate[y, x], params.threshold), scale, limit, int(np.count_nonzero(both)), level, tuple(notes),
    )  # fmt: skip


def _error(one: DarkMaps, two: DarkMaps, difference: Image) -> tuple[Image, list[str]]:
    if one.err is not None and two.err is not None:
        err = np.hypot(one.err, two.err)
        return np.where(err > 0, err, np.float32(np.nan)), []
    spread = np.float32(sigma_of(difference))
    return np.full(difference.shape, spread, np.float32), ["a file has no errors: the scatter of quiet pixels is used"]


def _lasting(series: Series, params: Params, second: int, before: Image, after: Image, y: Indices, x: Indices) -> NDArray[np.bool_]:
    """Pixels that stay on the new side in the epochs after the second, as far as there are any."""
    keep = np.ones(y.size, np.bool_)
    middle = (before + after) / 2
    for dark in series.files[second + 1 : second + params.persistence]:
        later, _ = read_pixels(dark, y, x, series.unit, series.gain)
        keep &= ~np.isfinite(later) | ((later > middle) == (after > before))
    return keep


def _kinds(before: Image, after: Image, threshold: float) -> NDArray[np.int8]:
    crossed = (before > threshold) != (after > threshold)
    up = after > before
    return np.where(crossed, np.where(up, 0, 1), np.where(up, 2, 3)).astype(np.int8)


def _mask_changes(params: Params, one: DarkMaps, two: DarkMaps, both: NDArray[np.bool_], difference: Image) -> Result:
    """Flags that came and went; they have neither errors nor significance."""
    y, x = np.nonzero(both & (one.rate != two.rate))
    nothing = np.full(y.size, np.nan)
    return Result(
        params, one.unit, difference, y, x, one.rate[y, x], two.rate[y, x], nothing.astype(np.float32), nothing, nothing,
        np.where(two.rate[y, x] > one.rate[y, x], 0, 1).astype(np.int8), 1.0, 1.0, int(np.count_nonzero(both)), 0.0, (),
    )  # fmt: skip
