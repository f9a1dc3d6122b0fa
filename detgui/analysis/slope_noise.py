"""What gain, read noise and rate say about the noise of a slope in one integration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.pixel_noise import Given, _table_row, check_given
from detgui.data.exposure import Exposure
from detgui.data.reader import as_flags
from detgui.data.reference_maps import reference_map
from detgui.data.references import single_read_noise
from detgui.errors import BadInput
from detgui.science.covariance import MINIMUM_READ_VARIANCE, GroupTimes, photon_form
from detgui.science.noise_sampling import noise_of_sample
from detgui.science.robust import nan_median

FloatArray = NDArray[np.float64]

RATE_INTEGRATIONS = 5
"""Integrations that the mean rate of a pixel is taken from; their median is free of single jumps."""

RATE_ROWS = 128
"""Rows that the rate is found for at a time: the median needs many times its own memory."""

SAMPLE_VALUES = 150_000
SAMPLE_INTEGRATIONS = 4
SAMPLE_ROWS = 16


@dataclass(frozen=True, slots=True, eq=False)
class SlopeNoise:
    """Gain (e-/DN), read noise (DN, single read) and rate (DN/s): numbers, or flat images of all pixels; NaN where not known."""

    gain: float | FloatArray
    gain_source: str
    read_noise: float | FloatArray
    read_noise_source: str
    rate: FloatArray
    times: GroupTimes

    def variance(self, weights: FloatArray) -> FloatArray:
        """Variance of ``weights @ signal`` in one integration, (DN/group)^2, flat; NaN where gain or read noise are not known.

        As `covariance.linear_variance`, for all pixels at once.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            photon = np.maximum(self.rate, 0.0) / self.gain * float(photon_form(weights, self.times))
        read = np.maximum(np.square(self.read_noise) / self.times.nframes, MINIMUM_READ_VARIANCE) * float((weights**2).sum())
        return np.asarray(photon + read)

    @property
    def words(self) -> str:
        """Gain and read noise with their sources, as a person reads them."""
        gain, read = _number(self.gain, "e-/DN"), _number(self.read_noise, "DN")
        return f"gain {gain} ({self.gain_source}), read noise {read} ({self.read_noise_source})"


def _number(value: float | FloatArray, unit: str) -> str:
    return f"{float(np.nanmedian(value)) if np.isfinite(value).any() else np.nan:.3g} {unit}"


def check_noise(exposure: Exposure, gain: Given, read_noise: Given) -> None:
    """Raise `BadInput` for numbers that no detector has, and references that cannot be used."""
    check_given(gain, read_noise)
    for value, kind in ((gain, "GAIN"), (read_noise, "READNOISE")):
        if isinstance(value, Path):
            image, _ = reference_map(value, "GAIN" if kind == "GAIN" else "READNOISE", exposure.geometry)
            if not np.isfinite(image).any():
                raise BadInput(f"{value.name} has no {kind.lower()} at any pixel of {exposure.name}")


def find_slope_noise(
    exposure: Exposure, gain: Given, read_noise: Given, integrations: NDArray[np.int64], rows: tuple[int, int], mask: int
) -> SlopeNoise:
    """Gain, read noise and rate of the pixels in ``rows``.

    Each from the first source that has it: the number or reference given; `resources/noise.ecsv`; the bends of some of
    the ramps themselves.
    """
    times = GroupTimes.of(exposure.timing)
    table = _table_row(exposure)
    rate = _rate(exposure, integrations, rows, times)
    if isinstance(gain, Path):
        values, source = reference_map(gain, "GAIN", exposure.geometry)[0].reshape(-1), gain.name
        gains: float | FloatArray = np.where(values > 0, values, np.nan)
    elif gain is not None:
        gains, source = float(gain), "given"
    else:
        gains, source = table.gain, f"built-in: {table.gain_source}"
    reads: float | FloatArray = np.nan
    read_source = ""
    if isinstance(read_noise, Path):
        values, unit = reference_map(read_noise, "READNOISE", exposure.geometry)
        reads, read_source = single_read_noise(1.0, unit, 1.0) * values.reshape(-1), f"{read_noise.name} / sqrt(2)"
        if single_read_noise(1.0, unit, 2.0) != single_read_noise(1.0, unit, 1.0):
            reads = reads / gains
    elif read_noise is not None:
        reads, read_source = float(read_noise), "given"
    elif np.isfinite(table.read_noise):
        reads = table.read_noise / (float(np.nanmedian(gains)) if table.read_noise_unit == "e-" else 1.0)
        read_source = f"built-in: {table.read_noise_source}"
    if not (np.isfinite(gains).any() and np.isfinite(reads).any()):
        known = float(np.nanmedian(gains)) if np.isfinite(gains).any() else np.nan
        sampled = noise_of_sample(*_sample(exposure, integrations, rows, mask), times, known)
        if not np.isfinite(known):
            gains, source = sampled.gain, "from the ramps themselves"
        if not np.isfinite(reads).any():
            reads, read_source = sampled.read_noise, "from the ramps themselves"
    return SlopeNoise(_filled(gains), source, _filled(reads), read_source, rate, times)


def _filled(values: float | FloatArray) -> float | FloatArray:
    """An image with its median where it has no value."""
    if isinstance(values, float):
        return values
    return np.where(np.isfinite(values), values, np.nanmedian(values)) if np.isfinite(values).any() else np.nan


def _spread_out(integrations: NDArray[np.int64], most: int) -> list[int]:
    places = np.unique(np.linspace(0, integrations.size - 1, min(most, integrations.size)).round().astype(int))
    return [int(each) for each in integrations[places]]


def _rate(exposure: Exposure, integrations: NDArray[np.int64], rows: tuple[int, int], times: GroupTimes) -> FloatArray:
    """Median rate between first and last group, DN/s, flat (ny * nx); NaN outside ``rows``."""
    ny, nx = exposure.shape[2:]
    last = exposure.shape[1]
    numbers = _spread_out(integrations, RATE_INTEGRATIONS)
    rate = np.full((ny, nx), np.nan)
    for start in range(rows[0], rows[1] + 1, RATE_ROWS):
        band = (start, min(start + RATE_ROWS - 1, rows[1]))
        rises = np.empty((len(numbers), band[1] - start + 1, nx), np.float32)
        for rise, number in zip(rises, numbers, strict=True):
            low, high = (exposure.read_block("SCI", (number, number), (group, group), band)[0, 0] for group in (1, last))
            np.subtract(high, low, out=rise, dtype=np.float32, casting="unsafe")
        rate[start : band[1] + 1] = nan_median(rises) / (times.mean[-1] - times.mean[0])
    return rate.reshape(-1)


def _sample(exposure: Exposure, integrations: NDArray[np.int64], rows: tuple[int, int], mask: int) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Some ramps, (ngroups, n), and which of them have no flag."""
    ngroups, _, nx = exposure.shape[1:]
    numbers = _spread_out(integrations, SAMPLE_INTEGRATIONS)
    count = int(np.clip(SAMPLE_VALUES // (ngroups * len(numbers) * nx), 1, SAMPLE_ROWS))
    chosen = np.unique(np.linspace(rows[0], rows[1], count + 2)[1:-1].round().astype(int)) if rows[1] > rows[0] else np.array([rows[0]])
    columns = slice(None, None, max(1, ngroups * len(numbers) * nx * len(chosen) // (2 * SAMPLE_VALUES)))
    signal, good = [], []
    for number in numbers:
        for row in chosen.tolist():
            signal.append(exposure.read_block("SCI", (number, number), None, (row, row))[0, :, 0, columns].astype(np.float64))
            fine = np.ones(signal[-1].shape[1], bool)
            for plane in ("GROUPDQ", "PIXELDQ"):
                if plane in exposure.planes:
                    flags = as_flags(exposure.read_block(plane, (number, number), None, (row, row))[0, :, 0, columns])
                    fine &= (np.bitwise_or.reduce(flags, axis=0) & np.uint32(mask)) == 0
            good.append(fine)
    return np.concatenate(signal, axis=1), np.concatenate(good)
