"""Rate images of integrations from their first groups: what the trace, the light curve and the contrast are measured on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.data.exposure import Exposure
from detgui.data.reader import as_flags
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science import dq

BoolArray = NDArray[np.bool_]

SAMPLE_BYTES = 256_000_000
"""Memory of the integrations that a mean image is made of."""

Flags = tuple[str, ...] | None
"""Names of the DQ flags that exclude a pixel; None: any flag at all (DQ == 0, STScI-009234 section 3.2)."""


def check_flags(flags: Flags) -> None:
    """Raises `BadInput` for a name that no flag has."""
    for name in flags or ():
        if name not in dq.PIXEL:
            raise BadInput(f"there is no DQ flag {name}")


def check_ramps(exposure: Exposure, groups: tuple[int, int], integrations: tuple[int, int] | None, flags: Flags = None) -> None:
    """Raises `BadInput` for a file without ramps and for groups, integrations or flags that are not there."""
    count = exposure.shape[1]
    if not exposure.is_ramp:
        raise BadInput(f"{exposure.name} has no ramps: it holds {exposure.kind} data with one group")
    if not 1 <= groups[0] < groups[1] <= count:
        raise BadInput(f"{exposure.name}: a rate needs two or more groups of 1 to {count}, not {groups[0]}-{groups[1]}")
    check_flags(flags)
    numbers_in(exposure, integrations)


def numbers_in(exposure: Exposure, integrations: tuple[int, int] | None) -> NDArray[np.int64]:
    """Numbers of the integrations in a range, inclusive; None is all. Raises `BadInput` where the exposure lacks an end of the range."""
    have = exposure.integrations
    if integrations is None:
        return have
    first, last = integrations
    chosen = have[(have >= first) & (have <= last)]
    if first > last or first not in have or last not in have:
        raise BadInput(f"{exposure.name}: integrations {first}-{last} are not there; it has {have[0]} to {have[-1]}")
    return chosen


def spread_out(numbers: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """``count`` of the numbers, shape (count,), evenly spread; all of them where there are fewer."""
    return numbers if numbers.size <= count else numbers[np.linspace(0, numbers.size - 1, count).round().astype(int)]


def flagged(values: NDArray[Any], flags: Flags) -> BoolArray:
    """Pixels, shape of ``values``, that have one of the flags; None is any flag at all."""
    bits = as_flags(values)
    return np.asarray(bits != 0 if flags is None else dq.mask(bits, flags))


def left_out(exposure: Exposure, flags: Flags) -> BoolArray:
    """Pixels that PIXELDQ (or a DQ of the whole exposure) excludes from every integration, shape (ny, nx)."""
    shape = exposure.shape[2:]
    if "PIXELDQ" not in exposure.planes:
        return np.zeros(shape, bool)
    return flagged(exposure.read_image("PIXELDQ"), flags)


@dataclass(frozen=True, slots=True, eq=False)
class RateReader:
    """Reads groups ``groups`` of one integration and gives their straight line's slope, DN/group, and the pixels flagged in them."""

    exposure: Exposure
    groups: tuple[int, int]
    flags: Flags = None

    def weights(self) -> NDArray[np.float64]:
        """Weights of the groups that give the least-squares slope per group."""
        number = np.arange(self.groups[0], self.groups[1] + 1, dtype=np.float64)
        number -= number.mean()
        return np.asarray(number / (number**2).sum())

    def read(self, integration: int) -> tuple[NDArray[np.float32], BoolArray]:
        """(rate, bad), shape (ny, nx); safe in several threads."""
        one = (integration, integration)
        block = self.exposure.read_block("SCI", one, self.groups)[0]
        flat = block.reshape(len(block), -1)
        weights = self.weights().astype(np.float64 if flat.dtype.itemsize > 4 else np.float32)
        # The weights add up to zero: less the first group, nothing is lost to rounding.
        rate = weights[1:] @ (flat[1:].astype(weights.dtype) - flat[0].astype(weights.dtype))
        shape = block.shape[1:]
        return rate.reshape(shape).astype(np.float32, copy=False), self._bad(one, shape)

    def _bad(self, one: tuple[int, int], shape: tuple[int, ...]) -> BoolArray:
        if "GROUPDQ" not in self.exposure.planes:
            return np.zeros(shape, bool)
        flags = self.exposure.read_block("GROUPDQ", one, self.groups)[0]
        return flagged(
            np.bitwise_or.reduce(as_flags(flags), axis=0) if flags.dtype.kind == "f" else np.bitwise_or.reduce(flags, axis=0), self.flags
        )


def sample(reader: RateReader, numbers: NDArray[np.int64], progress: Progress = no_progress) -> NDArray[np.float32]:
    """Rate images of some integrations, DN/group, shape (n, ny, nx), NaN where flagged in the groups."""
    images = np.empty((numbers.size, *reader.exposure.shape[2:]), np.float32)
    for index, number in enumerate(numbers):
        progress(index / numbers.size, f"mean image of {reader.exposure.name}")
        rate, bad = reader.read(int(number))
        images[index] = np.where(bad, np.nan, rate)
    return images


def sample_size(exposure: Exposure, wanted: int) -> int:
    """Integrations that a mean image is made of: as many as wanted and as memory allows, at least two."""
    _, _, ny, nx = exposure.shape
    return max(2, min(wanted, SAMPLE_BYTES // (8 * ny * nx)))
