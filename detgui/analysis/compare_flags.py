"""Flags that differ between two exposures, by name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.data.exposure import Exposure
from detgui.progress import Progress
from detgui.science.dq import names


@dataclass(frozen=True, slots=True)
class FlagChange:
    """One flag of one plane: pixels (of GROUPDQ pixels in groups) that have it ``before`` and ``after``, that
    ``gained`` and ``lost`` it."""

    plane: str
    flag: str
    before: int
    after: int
    gained: int
    lost: int


def flag_changes(before: Exposure, after: Exposure, progress: Progress) -> tuple[FlagChange, ...]:
    """Flags that changed, those of the integrations and groups that both have; one image of each is in memory at a time."""
    found = []
    for plane in ("DQ", "PIXELDQ", "GROUPDQ"):
        if plane in before.planes and plane in after.planes:
            found += _plane(before, after, plane, progress)
    return tuple(found)


def _plane(before: Exposure, after: Exposure, plane: str, progress: Progress) -> list[FlagChange]:
    shape = before.plane_shape(plane)
    common = [int(each) for each in before.integrations if each in set(after.integrations.tolist())] if shape[0] > 1 else [None]
    groups = range(1, min(shape[1], after.plane_shape(plane)[1]) + 1)
    counts = np.zeros((4, 32), np.int64)
    for number, integration in enumerate(common):
        for group in groups:
            progress((number + group / len(groups)) / (len(common) + 1), plane)
            old, new = (each.read_flags(plane, integration, group) for each in (before, after))
            for row, values in enumerate((old, new, new & ~old, old & ~new)):
                counts[row] += _by_bit(values)
    table = before.dq_definitions
    return [
        FlagChange(plane, "/".join(names(1 << bit, table)), *(int(each) for each in counts[:, bit]))
        for bit in range(32)
        if counts[2, bit] or counts[3, bit]
    ]


def _by_bit(values: NDArray[np.uint32]) -> NDArray[np.int64]:
    """How many values have each of 32 bits."""
    flat = values.reshape(-1)
    flat = flat[flat != 0]
    different, count = np.unique(flat, return_counts=True)
    bits = (different[:, None] >> np.arange(32, dtype=np.uint32)) & 1
    return np.asarray((bits * count[:, None]).sum(axis=0), np.int64)
