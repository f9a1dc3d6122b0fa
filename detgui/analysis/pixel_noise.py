"""Gain and read noise of one pixel: given, from a reference file, from the built-in table, or from the scatter between integrations."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detgui.data.exposure import Exposure
from detgui.data.references import reference_value, single_read_noise
from detgui.errors import BadInput
from detgui.resources import resource
from detgui.science.covariance import GroupTimes, Noise
from detgui.science.ramp_groups import saturated_from, segment_numbers, usable_groups
from detgui.science.scatter import noise_between_integrations

Given = float | Path | None

LARGEST = 1e6
"""Gains (e-/DN) and read noises (DN) that no detector comes near."""


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """The same pixel in integrations around the chosen one: ``signal`` DN and ``groupdq``, shape (n, ngroups)."""

    signal: NDArray[np.float64]
    groupdq: NDArray[np.uint32]

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Groups that may be fitted, shape (n, ngroups)."""
        return usable_groups(self.signal, self.groupdq)

    @property
    def segments(self) -> NDArray[np.int64]:
        """Segment of each group, shape (n, ngroups)."""
        return segment_numbers(self.groupdq)

    def ended_at(self, saturation: float) -> Neighbours:
        """The same with groups at or above ``saturation`` DN flagged; as they are for NaN."""
        return replace(self, groupdq=saturated_from(self.signal, self.groupdq, saturation))


@dataclass(frozen=True, slots=True)
class PixelNoise:
    """Gain (e-/DN) and read noise (DN, single read), NaN where not known, where they are from, and sentences about what could not be
    used."""

    gain: float = np.nan
    gain_source: str = ""
    read_noise: float = np.nan
    read_noise_source: str = ""
    notes: tuple[str, ...] = ()

    @property
    def noise(self) -> Noise:
        """The two numbers for the covariance."""
        return Noise(self.gain, self.read_noise)

    @property
    def complete(self) -> bool:
        """True where neither needs another source."""
        return bool(np.isfinite(self.gain) and np.isfinite(self.read_noise))


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of the built-in table; ``read_noise`` in ``read_noise_unit``, NaN where not known."""

    gain: float
    gain_source: str
    read_noise: float
    read_noise_unit: str
    read_noise_source: str


def with_given(known: PixelNoise, gain: Given, read_noise: Given) -> PixelNoise:
    """``known`` with numbers that the user gave; files were read before."""
    if isinstance(gain, int | float):
        known = replace(known, gain=float(gain), gain_source="given")
    if isinstance(read_noise, int | float):
        known = replace(known, read_noise=float(read_noise), read_noise_source="given")
    return known


def check_given(gain: Given, read_noise: Given) -> None:
    """Raises `BadInput` for numbers that no detector has."""
    if isinstance(gain, int | float) and not 1 / LARGEST <= gain <= LARGEST:
        raise BadInput(f"a gain of {gain} e-/DN is not possible: it has to be above 0 and below {LARGEST:.0e}")
    if isinstance(read_noise, int | float) and not 0 <= read_noise <= LARGEST:
        raise BadInput(f"a read noise of {read_noise} DN is not possible: it has to be 0 or more and below {LARGEST:.0e}")


def find_noise(
    exposure: Exposure, x: int, y: int, gain: Given, read_noise: Given, neighbours: Callable[[], Neighbours | None]
) -> PixelNoise:
    """Gain and read noise of the 0-based pixel (x, y), each from the first source that has it.

    Sources: the number or reference file given; `resources/noise.ecsv`; the scatter between the integrations that ``neighbours`` reads
    (only called where needed). Raises `BadInput` for a reference file that cannot be used.
    """
    check_given(gain, read_noise)
    found = with_given(PixelNoise(), gain, read_noise)
    found = _from_references(found, exposure, x, y, gain, read_noise)
    found = _from_table(found, exposure)
    return found if found.complete else _from_scatter(found, exposure, neighbours())


def _from_references(found: PixelNoise, exposure: Exposure, x: int, y: int, gain: Given, read_noise: Given) -> PixelNoise:
    if isinstance(gain, Path):
        value, _ = reference_value(gain, "GAIN", exposure.geometry, x, y)
        if np.isfinite(value) and value > 0:
            found = replace(found, gain=value, gain_source=gain.name)
        else:
            found = replace(found, notes=(*found.notes, f"{gain.name} has no gain at this pixel"))
    if isinstance(read_noise, Path):
        value, unit = reference_value(read_noise, "READNOISE", exposure.geometry, x, y)
        electrons = found.gain if np.isfinite(found.gain) else _table_row(exposure).gain
        single = single_read_noise(value, unit, electrons)
        if np.isfinite(single) and single >= 0:
            said = f" (in {unit.lower()})" if single != single_read_noise(value, "", 1.0) else ""
            found = replace(found, read_noise=single, read_noise_source=f"{read_noise.name}{said} / sqrt(2)")
        elif np.isfinite(value):
            found = replace(found, notes=(*found.notes, f"{read_noise.name} is in {unit} and the gain is not known"))
        else:
            found = replace(found, notes=(*found.notes, f"{read_noise.name} has no read noise at this pixel"))
    return found


def _from_table(found: PixelNoise, exposure: Exposure) -> PixelNoise:
    row = _table_row(exposure)
    if not np.isfinite(found.gain) and np.isfinite(row.gain):
        found = replace(found, gain=row.gain, gain_source=f"built-in: {row.gain_source}")
    if not np.isfinite(found.read_noise) and np.isfinite(row.read_noise):
        value = row.read_noise / found.gain if row.read_noise_unit == "e-" else row.read_noise
        if np.isfinite(value):
            found = replace(found, read_noise=value, read_noise_source=f"built-in: {row.read_noise_source}")
    return found


def _from_scatter(found: PixelNoise, exposure: Exposure, neighbours: Neighbours | None) -> PixelNoise:
    if neighbours is None:
        return found
    times = GroupTimes.of(exposure.timing)
    noise, count = noise_between_integrations(neighbours.signal, neighbours.usable, neighbours.segments, times, found.gain)
    source = f"scatter between {count} integrations"
    if not np.isfinite(found.gain) and np.isfinite(noise.gain):
        found = replace(found, gain=noise.gain, gain_source=source)
    if not np.isfinite(found.read_noise) and np.isfinite(noise.read_noise):
        found = replace(found, read_noise=noise.read_noise, read_noise_source=source)
    return found


def _table_row(exposure: Exposure) -> TableRow:
    detector = (exposure.meta.detector or exposure.geometry.detector or "").upper()
    readout = "SUB" if detector.startswith("NRS") and _is_subarray(exposure) else ""
    table = noise_table()
    return table.get((detector, readout), table.get((detector, ""), TableRow(np.nan, "", np.nan, "", "")))


def _is_subarray(exposure: Exposure) -> bool:
    name = (exposure.meta.subarray or "").upper()
    return not exposure.geometry.full_frame if name in ("", "GENERIC", "N/A") else name != "FULL"


@lru_cache(maxsize=1)
def noise_table() -> dict[tuple[str, str], TableRow]:
    """The built-in table by (DETECTOR, read-out class); read-out 'SUB' are NIRSpec's subarrays, '' any other.

    Its rows are plain CSV below the ECSV header, and are read as such: a click must not wait for astropy's tables.
    """
    lines = [line for line in resource("noise.ecsv").read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return {
        (row["detector"], row["readout"]): TableRow(
            float(row["gain"]), row["gain_source"], float(row["read_noise"]), row["read_noise_unit"], row["read_noise_source"]
        )
        for row in csv.DictReader(lines)
    }
