"""Even and odd columns: the zero level that alternates between neighbouring detector columns, taken off by reference pixels.

JWST-STScI-004622 section 3.2: in each sector on its own, the sigma-clipped mean of the reference pixels in the odd columns of the top
and bottom edge is subtracted from the odd columns, and that of the even ones from the even columns. Columns are those of the detector
(across the fast axis), counted from 1 on the full frame, as in the ``refpix`` step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.errors import BadInput
from detgui.science.detector import BORDER, DetectorGeometry

EVEN, ODD = 0, 1
"""Places in the last axis of levels."""

CLIP = 3.0
"""Standard deviations; the default of the ``refpix`` step's ``siglimit``."""

Floats = NDArray[np.float32] | NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ReadLayout:
    """How an image was read.

    Attributes
    ----------
    fast_is_x : the fast axis is the image's x
    sector : (n,) int, sector of each place along the fast axis, from 0
    names : of the sectors: 'A' to 'D', or one '' where one output reads all
    parity : (n,) int, `ODD` or `EVEN` of each place along the fast axis
    edges : places along the slow axis of the reference rows, one array for each edge of the detector that is in the image
    """

    fast_is_x: bool
    sector: NDArray[np.intp]
    names: tuple[str, ...]
    parity: NDArray[np.intp]
    edges: tuple[NDArray[np.intp], ...]


def read_layout(geometry: DetectorGeometry) -> ReadLayout:
    """The layout of an image. Raises `BadInput`, without the file's name, where it has no reference rows of its own."""
    if not geometry.known or geometry.miri:
        raise BadInput("even and odd columns are those of a near-infrared JWST detector")
    if geometry.interleaved:
        raise BadInput("a raw IRS2 frame has its reference pixels between the others: refpix corrects it")
    fast_length, slow_length = (geometry.nx, geometry.ny) if geometry.fast_is_x else (geometry.ny, geometry.nx)
    columns = np.array([_detector(geometry, place, 0)[0] for place in range(fast_length)], np.intp)
    rows = np.array([_detector(geometry, 0, place)[1] for place in range(slow_length)], np.intp)
    size = geometry.full_size[abs(geometry.slowaxis) - 1]
    edges = (np.flatnonzero(rows <= BORDER), np.flatnonzero(rows > size - BORDER))
    found = tuple(edge for edge in edges if edge.size)
    if not found:
        raise BadInput("the subarray has no reference rows at the top or bottom of the detector")
    if geometry.has_amplifiers:
        quarter = geometry.full_size[abs(geometry.fastaxis) - 1] // 4
        output = (columns - 1) // quarter
        numbers = np.unique(output)
        names = tuple("ABCD"[number] for number in numbers)
        sector = np.searchsorted(numbers, output)
    else:
        names, sector = ("",), np.zeros(fast_length, np.intp)
    return ReadLayout(geometry.fast_is_x, sector.astype(np.intp), names, columns % 2, found)


def reference_levels(
    groups: Floats, layout: ReadLayout, usable: NDArray[np.bool_] | None = None, clip: float = CLIP
) -> NDArray[np.float64]:
    """Mean of the reference pixels of even and of odd columns in each sector.

    Parameters
    ----------
    groups : (ngroups, ny, nx), DN
    usable : (ny, nx), False for reference pixels to leave out; pixels that are not finite are left out too
    clip : standard deviations of the iterated clipping, of each edge by itself

    Returns
    -------
    (ngroups, sectors, 2), DN, [..., `EVEN`] and [..., `ODD`]: mean over the edges of the clipped mean of each, so that a slope from
    edge to edge does not enter where an edge has fewer pixels. NaN where there is no pixel.
    """
    frames = _slow_fast(groups, layout)
    mask = np.ones(frames.shape[1:], np.bool_) if usable is None else _slow_fast(usable[None], layout)[0]
    levels = np.full((frames.shape[0], len(layout.names), 2), np.nan)
    for sector in range(len(layout.names)):
        for parity in (EVEN, ODD):
            columns = np.flatnonzero((layout.sector == sector) & (layout.parity == parity))
            means = [_edge_mean(frames, mask, edge, columns, clip) for edge in layout.edges]
            levels[:, sector, parity] = _mean_of_known(np.stack(means))
    return levels


def subtract_levels(groups: Floats, layout: ReadLayout, levels: NDArray[np.float64]) -> None:
    """Subtract `reference_levels` from all pixels of ``groups`` (ngroups, ny, nx), in place.

    A sector without both levels stays as it is.
    """
    known = np.isfinite(levels).all(axis=2, keepdims=True)
    per_column = np.where(known, levels, 0.0)[:, layout.sector, layout.parity].astype(groups.dtype)
    frames = _slow_fast(groups, layout)
    for frame, column in zip(frames, per_column, strict=True):
        frame -= column[None, :]


def clipped_mean(values: NDArray[np.float64], good: NDArray[np.bool_], clip: float) -> NDArray[np.float64]:
    """Mean along the last axis of the good values, those more than ``clip`` standard deviations off left out until none is.

    Shapes (n, pixels); the standard deviation has the divisor n, as in scipy's ``sigmaclip``. NaN where no value is good.
    """
    keep = good & np.isfinite(values)
    filled = np.where(keep, values, 0.0)
    while True:
        count = keep.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(keep, filled, 0.0).sum(axis=1) / count
            spread = np.sqrt(np.where(keep, (filled - mean[:, None]) ** 2, 0.0).sum(axis=1) / count)
            inside = keep & (np.abs(filled - mean[:, None]) <= clip * spread[:, None])
        # Equal values have no spread, and rounding of their mean must not throw them out.
        inside = np.where((spread > 1e-9 * np.abs(mean))[:, None], inside, keep)
        if (inside == keep).all():
            return np.asarray(mean, np.float64)
        keep = inside


def _edge_mean(
    frames: Floats, mask: NDArray[np.bool_], edge: NDArray[np.intp], columns: NDArray[np.intp], clip: float
) -> NDArray[np.float64]:
    place = np.ix_(edge, columns)
    good = np.broadcast_to(mask[place].ravel(), (frames.shape[0], edge.size * columns.size))
    values = frames[:, edge[:, None], columns[None, :]].reshape(frames.shape[0], -1).astype(np.float64)
    return clipped_mean(values, good, clip)


def _mean_of_known(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean along the first axis of what is no NaN."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, values, 0.0).sum(axis=0) / known.sum(axis=0), np.float64)


def _slow_fast(groups: NDArray[Any], layout: ReadLayout) -> NDArray[Any]:
    """A view with axes (group, slow, fast)."""
    return groups if layout.fast_is_x else groups.swapaxes(1, 2)


def _detector(geometry: DetectorGeometry, fast: int, slow: int) -> tuple[int, int]:
    """1-based raw detector (column, row) of a place along the fast and one along the slow axis."""
    return geometry.to_detector(fast, slow) if geometry.fast_is_x else geometry.to_detector(slow, fast)
