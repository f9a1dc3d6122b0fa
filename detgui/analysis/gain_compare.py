"""A gain map against a gain file with a value for every pixel, binned into the same boxes (JWST-STScI-004622, section 6.3, figure 10)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.gain_maps import Histogram, error_of_mean, histogram, spread
from detgui.analysis.gain_types import Result
from detgui.data.exposure import Exposure, open_exposures
from detgui.data.references import ANY_DETECTOR
from detgui.errors import BadInput
from detgui.science.boxes import Boxes
from detgui.science.clip_kernels import clip_rows
from detgui.science.detector import DetectorGeometry

Array = NDArray[np.float64]

CLIP = 3.0
LEAST, MOST = 0.01, 1000.0
"""e-/DN between which the median of a gain lies."""

OTHERS = {"NRCA5": "NRCALONG", "NRCB5": "NRCBLONG"}


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """The file's gain in the boxes of a map; arrays by box have the shape (n,), NaN where the file or the map has no value.

    ``gain`` and ``gain_err`` clipped mean over the box and its error, e-/DN, ``pixels`` that have a value; ``ratio`` file over map and
    ``ratio_err``, from the errors of both. Over pixels: ``mean`` of the ratio, ``mean_err`` the error of that, ``std`` the ratio's standard
    deviation. ``covered`` part of the map's pixels that have a value in the file.
    """

    name: str
    path: Path
    boxes: Boxes
    gain: Array
    gain_err: Array
    pixels: NDArray[np.int64]
    ratio: Array
    ratio_err: Array
    mean: float
    mean_err: float
    std: float
    covered: float
    notes: tuple[str, ...]

    def map(self) -> NDArray[np.float32]:
        """The file's gain in every box, shape (ny, nx), e-/DN."""
        return self.boxes.spread(self.gain)

    def percent_map(self) -> NDArray[np.float32]:
        """By how much the file is above the map, per cent, shape (ny, nx) (lower left of figure 10)."""
        return self.boxes.spread(100.0 * (self.ratio - 1.0))

    def histogram(self, bins: int | None = None) -> Histogram:
        """Pixels by per cent above the map (lower right of figure 10)."""
        return histogram(100.0 * (self.ratio - 1.0), self.boxes, bins)


def compare(result: Result, path: str | Path, clip: float = CLIP) -> Comparison:
    """Compare with a GAIN reference or any FITS file with one value in each pixel.

    Values are clipped at ``clip`` standard deviations in every box; what is not finite or not above 0 does not count. Raises `BadInput`
    for a file that cannot be read, is no gain, is of another detector, or shares no pixel with the map.
    """
    path = Path(path)
    values, notes = read_gain(path, result.geometry)
    gain, error, pixels = binned(values, result.boxes, clip)
    if not np.isfinite(gain).any():
        raise BadInput(f"{path.name} has no value in any box of the map")
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = gain / result.gain
        ratio_err = ratio * np.hypot(error / gain, result.gain_err / result.gain)
    mean, std, _ = spread(ratio, result.boxes.pixels.astype(np.float64))
    mean_err = error_of_mean(ratio_err, result.boxes.pixels.astype(np.float64))
    covered = float(pixels.sum() / result.boxes.pixels.sum())
    if covered < 0.995:
        notes = (*notes, f"{path.name} has values for {100.0 * covered:.1f} % of the pixels of the map")
    return Comparison(path.name, path, result.boxes, gain, error, pixels, ratio, ratio_err, mean, mean_err, std, covered, notes)


def read_gain(path: Path, geometry: DetectorGeometry) -> tuple[Array, tuple[str, ...]]:
    """Gain of every pixel of an image with ``geometry``, shape (ny, nx), e-/DN, NaN where the file has none, and what to know.

    A file of the full frame is cut, one of a subarray put where it belongs; one in another orientation (FASTAXIS, SLOWAXIS) is turned.
    """
    opened = open_exposures([path], join=False, neighbours=False)
    try:
        file = opened[0]
        _check(path, file, geometry)
        values = np.asarray(file.read_image("SCI"), np.float64)
        there = _frame(file, geometry)
        notes = _turned(path.name, there, geometry)
    finally:
        for each in opened:
            each.close()
    good = np.isfinite(values) & (values > 0)
    middle = float(np.median(values[good])) if good.any() else np.nan
    if not LEAST <= middle <= MOST:
        what = "has no value above 0" if not good.any() else f"has a median of {middle:g}, which is no gain in e-/DN"
        raise BadInput(f"{path.name} {what}")
    return laid(path.name, np.where(good, values, np.nan), there, geometry), notes


def _check(path: Path, file: Exposure, geometry: DetectorGeometry) -> None:
    kind = (file.meta.reftype or "").upper()
    if kind not in ("", "GAIN"):
        raise BadInput(f"{path.name} is a {kind} reference, not a gain")
    if file.shape[:2] != (1, 1):
        raise BadInput(f"{path.name} is no gain: it has {' x '.join(map(str, file.shape))} values, not one for every pixel")
    unit = file.unit.replace(" ", "").lower()
    if unit and not (unit.startswith("e") and ("/" in unit or "-1" in unit)):
        raise BadInput(f"{path.name} is no gain in e-/DN: its unit is {file.unit}")
    here, there = (OTHERS.get(each.upper(), each.upper()) for each in (geometry.detector, file.geometry.detector or ""))
    if here not in ANY_DETECTOR and there not in ANY_DETECTOR and here != there:
        raise BadInput(f"{path.name} is for detector {there}, the flats are of {here}")


def _frame(file: Exposure, geometry: DetectorGeometry) -> DetectorGeometry:
    """Frame of the file's image: what it says, or that of the flats where it has their size and does not say."""
    header = [file.header(name) for name in ("SCI", "PRIMARY")]
    placed = any(each is not None and "SUBSTRT1" in each for each in header)
    there = file.geometry
    if not placed and not there.full_frame and (there.ny, there.nx) == (geometry.ny, geometry.nx):
        return geometry
    return there if placed or there.full_frame else replace(there, known=False)


def _turned(name: str, there: DetectorGeometry, here: DetectorGeometry) -> tuple[str, ...]:
    axes = [(each.fastaxis, each.slowaxis) for each in (there, here)]
    if not (here.known and there.known) or axes[0] == axes[1]:
        return ()
    (fast, slow), (fast_here, slow_here) = axes
    return (f"{name} was turned: it is read along {fast}, {slow} and the flats along {fast_here}, {slow_here}",)


def laid(name: str, values: Array, there: DetectorGeometry, here: DetectorGeometry) -> Array:
    """``values`` of an image with geometry ``there`` in the frame of ``here``, NaN where they do not reach.

    Raises `BadInput` where sizes differ and nothing says where the smaller one lies, or where no pixel is shared.
    """
    if not (here.known and there.known):
        if values.shape == (here.ny, here.nx):
            return values
        if not (values.shape == there.full_size[::-1] and here.known):
            ny, nx = values.shape
            raise BadInput(f"{name} has {nx} x {ny} pixels, the flats have {here.nx} x {here.ny}, and it does not say where they lie")
        there = DetectorGeometry(*values.shape, here.detector, here.fastaxis, here.slowaxis, known=True)
    columns, rows = _raw_axes(here)
    file_columns, file_rows = _raw_axes(there)
    at_column, at_row = _places(columns, file_columns), _places(rows, file_rows)
    if (at_column < 0).all() or (at_row < 0).all():
        raise BadInput(
            f"{name} begins at {there.xstart}, {there.ystart} with {there.nx} x {there.ny} pixels and shares none with the flats"
        )
    raw = values if there.fast_is_x else values.T
    found = raw[np.maximum(at_row, 0)][:, np.maximum(at_column, 0)]
    found[at_row < 0] = np.nan
    found[:, at_column < 0] = np.nan
    return found if here.fast_is_x else np.ascontiguousarray(found.T)


def _raw_axes(geometry: DetectorGeometry) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """1-based raw detector column of every step along the fast axis of an image, and row along the slow one."""
    fast, slow = (geometry.nx, geometry.ny) if geometry.fast_is_x else (geometry.ny, geometry.nx)
    columns = [geometry.to_detector(*((at, 0) if geometry.fast_is_x else (0, at)))[0] for at in range(fast)]
    rows = [geometry.to_detector(*((0, at) if geometry.fast_is_x else (at, 0)))[1] for at in range(slow)]
    return np.array(columns, np.int64), np.array(rows, np.int64)


def _places(wanted: NDArray[np.int64], there: NDArray[np.int64]) -> NDArray[np.int64]:
    """Index in ``there`` of each number of ``wanted``, -1 where it is not."""
    order = np.argsort(there)
    at = np.clip(np.searchsorted(there[order], wanted), 0, there.size - 1)
    return np.where(there[order][at] == wanted, order[at], -1)


def binned(values: Array, boxes: Boxes, clip: float = CLIP) -> tuple[Array, Array, NDArray[np.int64]]:
    """Clipped mean of boxes of an image (ny, nx), its error, and how many pixels have a value; shapes (n,)."""
    starts, lengths, first = boxes.runs()
    flat = np.ascontiguousarray(values, np.float64).reshape(-1)
    mean, error, pixels = np.full(len(boxes), np.nan), np.full(len(boxes), np.nan), np.zeros(len(boxes), np.int64)
    for box in range(len(boxes)):
        runs = range(first[box], first[box + 1])
        inside = np.concatenate([flat[starts[run] : starts[run] + lengths[run]] for run in runs])
        inside = inside[np.isfinite(inside)]
        pixels[box] = inside.size
        if inside.size < 2:
            continue
        centre = float(np.median(inside))
        out = np.empty((1, 4))
        clip_rows((inside - centre).astype(np.float32)[None, :], clip, out)
        mean[box] = centre + out[0, 2]
        error[box] = np.sqrt(out[0, 3] / out[0, 1])
    return mean, error, pixels
