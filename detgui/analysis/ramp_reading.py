"""What the ramp analysis reads of an exposure: pixels, data quality, the zero level, the times of the integrations."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.pixel_noise import Neighbours
from detgui.data.exposure import Exposure, FileRecord
from detgui.data.references import reference_value
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.scatter import FEWEST_INTEGRATIONS

INTEGRATIONS_READ_AT_ONCE = 128
INTEGRATIONS_FOR_SCATTER = 32
"""Enough for a pixel's noise to some per cent; few enough to be read with a click, and for the source not to change."""

_Key = tuple[tuple[FileRecord, ...], str, int, int, int]
_remembered: OrderedDict[_Key, Neighbours] = OrderedDict()
_lock = Lock()
REMEMBERED = 16


def check_pixel(exposure: Exposure, x: int, y: int) -> None:
    """Raises `BadInput` for a pixel that is not there, and where there are no ramps."""
    _, ngroups, ny, nx = exposure.shape
    if ngroups < 2:
        raise BadInput(f"{exposure.files[0].path.name}: no ramp in it (kind {exposure.kind}: one value per pixel and integration)")
    if not (0 <= x < nx and 0 <= y < ny):
        raise BadInput(f"{exposure.name}: pixel {x}, {y} is not there; x goes from 0 to {nx - 1}, y from 0 to {ny - 1}")


def check_groups(name: str, ngroups: int, fit_groups: tuple[int, int] | None) -> None:
    """Raises `BadInput` for a range of groups that the ramps of the exposure ``name``, with ``ngroups`` groups, do not have."""
    if fit_groups is not None and not 1 <= fit_groups[0] <= fit_groups[1] <= ngroups:
        raise BadInput(f"{name}: groups {fit_groups[0]}-{fit_groups[1]} are not there; the ramp has groups 1 to {ngroups}")


def choose_integration(exposure: Exposure, integration: int | None) -> int:
    """The integration's number, the first for None. Raises `BadInput` for one that is not there."""
    numbers = exposure.integrations
    if integration is None:
        return int(numbers[0])
    if integration not in numbers:
        raise BadInput(f"{exposure.name}: integration {integration} is not there; it has {_ranges(numbers)}")
    return int(integration)


def _ranges(numbers: NDArray[np.int64]) -> str:
    parts = np.split(numbers, np.flatnonzero(np.diff(numbers) != 1) + 1)
    return ", ".join(f"{part[0]} to {part[-1]}" if len(part) > 1 else str(part[0]) for part in parts)


def read_ramps(
    exposure: Exposure, x: int, y: int, integrations: Sequence[int], progress: Progress = no_progress
) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
    """Signal (DN, float64) and GROUPDQ (zeros where there is none) of one pixel, shape (n, ngroups)."""
    signal = np.empty((len(integrations), exposure.shape[1]))
    groupdq = np.zeros(signal.shape, dtype=np.uint32)
    for start in range(0, len(integrations), INTEGRATIONS_READ_AT_ONCE):
        progress(start / len(integrations), f"reading pixel {x}, {y}")
        block = list(integrations[start : start + INTEGRATIONS_READ_AT_ONCE])
        rows = slice(start, start + len(block))
        signal[rows] = exposure.read_pixel(x, y, "SCI", block)
        if "GROUPDQ" in exposure.planes:
            groupdq[rows] = exposure.read_pixel(x, y, "GROUPDQ", block)
    return signal, groupdq


def read_dq(exposure: Exposure, x: int, y: int, integration: int) -> int:
    """The pixel's own data quality (PIXELDQ, or DQ of reference files), 0 where there is none."""
    for plane in ("PIXELDQ", "DQ"):
        if plane in exposure.planes:
            return int(exposure.read_pixel(x, y, plane, [integration]).flat[0])
    return 0


def read_neighbours(exposure: Exposure, x: int, y: int, integration: int, saturation: float = np.nan) -> Neighbours | None:
    """The pixel in `INTEGRATIONS_FOR_SCATTER` integrations around ``integration``, its ramps ended at ``saturation`` DN; None with fewer
    than three."""
    found = _remembered_neighbours(exposure, x, y, integration)
    return None if found is None else found.ended_at(saturation)


def _remembered_neighbours(exposure: Exposure, x: int, y: int, integration: int) -> Neighbours | None:
    numbers = exposure.integrations
    if len(numbers) < FEWEST_INTEGRATIONS:
        return None
    half = INTEGRATIONS_FOR_SCATTER // 2
    place = int(np.searchsorted(numbers, integration))
    start = int(np.clip((place // half) * half - half // 2, 0, max(len(numbers) - INTEGRATIONS_FOR_SCATTER, 0)))
    key = (exposure.files, exposure.name, x, y, start)
    with _lock:
        if key in _remembered:
            _remembered.move_to_end(key)
            return _remembered[key]
    block = [int(n) for n in numbers[start : start + INTEGRATIONS_FOR_SCATTER]]
    found = Neighbours(*read_ramps(exposure, x, y, block))
    with _lock:
        _remembered[key] = found
        while len(_remembered) > REMEMBERED:
            _remembered.popitem(last=False)
    return found


@dataclass(frozen=True, slots=True)
class Levels:
    """Levels of a pixel on the scale of the data, DN, NaN where not known: ``zero`` with its source ('' for none), ``saturation``; and
    sentences about what could not be used."""

    zero: float = np.nan
    zero_source: str = ""
    saturation: float = np.nan
    notes: tuple[str, ...] = ()


def read_levels(exposure: Exposure, x: int, y: int, superbias: Path | None, saturation: Path | None) -> Levels:
    """Zero level (0 where the superbias was removed, else that of the reference) and saturation level of the 0-based pixel (x, y).

    Raises `BadInput` for a reference that cannot be used, whether it is needed or not.
    """
    bias = np.nan if superbias is None else reference_value(superbias, "SUPERBIAS", exposure.geometry, x, y)[0]
    full = np.nan if saturation is None else reference_value(saturation, "SATURATION", exposure.geometry, x, y)[0]
    notes = []
    if saturation is not None and not full > 0:
        full = np.nan
        notes.append(f"{saturation.name} has no saturation level at this pixel")
    if not superbias_removed(exposure):
        if superbias is not None and not np.isfinite(bias):
            notes.append(f"{superbias.name} has no zero level at this pixel")
        known = superbias is not None and np.isfinite(bias)
        return Levels(bias, f"superbias {superbias.name}" if known and superbias else "", full, tuple(notes))
    if np.isfinite(full):
        if np.isfinite(bias):
            full -= bias
        else:
            notes.append("the saturation level is that of raw counts: the superbias was removed from the ramp but not from it")
        if (exposure.cal_step("linearity") or "").upper() == "COMPLETE":
            notes.append("the saturation level is that of raw counts: the linearity of the ramp was corrected, that of the level was not")
    elif superbias is not None:
        notes.append(f"{superbias.name} is not needed: the superbias was removed from the ramp")
    return Levels(0.0, "superbias removed", full, tuple(notes))


def superbias_removed(exposure: Exposure) -> bool:
    """Whether the superbias step was done, or the file is a near-infrared ramp product that does not say."""
    status = exposure.cal_step("superbias")
    if status is not None:
        return status.upper() == "COMPLETE"
    return exposure.kind == "ramp" and (exposure.meta.instrument or "").upper() != "MIRI"


def mid_times(exposure: Exposure) -> NDArray[np.float64]:
    """Mid-times of the integrations, UTC as MJD, shape (nints,); NaN where INT_TIMES is missing."""
    times = exposure.int_times()
    return np.full(len(exposure.integrations), np.nan) if times is None else np.asarray(times["int_mid_MJD_UTC"], dtype=np.float64)


def ends_of(used: NDArray[np.bool_], early: tuple[int, int]) -> tuple[int, int]:
    """First and last group of ``used``, shape (ngroups,), 1-based; ``early``, the range asked for, where none could be used."""
    numbers = np.flatnonzero(used) + 1
    return (int(numbers[0]), int(numbers[-1])) if numbers.size else early
