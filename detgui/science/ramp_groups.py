"""Which groups of a ramp count: flags, segments, and the early groups of STScI-009234, section 3.2.

Arrays have the groups along their last axis, so that one ramp and all ramps of a pixel go through the same functions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

DO_NOT_USE = 1
SATURATED = 2
JUMP_DET = 4
"""Bits of GROUPDQ (jwst documentation, Data Quality Flags; `stdatamodels.jwst.datamodels.dqflags.group`)."""

FEWEST_EARLY_GROUPS = 3


def saturated_from(signal: FloatArray, groupdq: NDArray[np.uint32], level: float) -> NDArray[np.uint32]:
    """``groupdq`` with SATURATED added to the groups of ``signal`` at or above ``level`` DN, shapes (..., ngroups); NaN adds none."""
    return np.asarray(np.where(np.asarray(signal) >= level, groupdq | np.uint32(SATURATED), groupdq), dtype=np.uint32)


def usable_groups(signal: FloatArray, groupdq: NDArray[np.uint32]) -> BoolArray:
    """Groups that may go into a fit, shape (..., ngroups): finite, not DO_NOT_USE, before the first SATURATED one, which ends its ramp."""
    not_ended = ~np.logical_or.accumulate((groupdq & SATURATED) != 0, axis=-1)
    return np.asarray(np.isfinite(signal) & ((groupdq & DO_NOT_USE) == 0) & not_ended)


def segment_numbers(groupdq: NDArray[np.uint32]) -> IntArray:
    """Segment that each group belongs to, shape (..., ngroups), from 0; a JUMP_DET group is the first of a new one."""
    jumps = (groupdq & JUMP_DET) != 0
    jumps[..., 0] = False
    return np.cumsum(jumps, axis=-1, dtype=np.int64)


def extrapolated_zero(signal: FloatArray, usable: BoolArray, segments: IntArray) -> FloatArray:
    """Zero level, DN, shape (...): a ramp's first usable group extrapolated back to group number 0.

    The step comes from the first two usable groups of one segment, so that a jump is not taken for light. A ramp without such a pair has
    its first usable group as zero level, one without usable groups NaN.
    """
    signal, usable, segments = np.atleast_2d(signal), np.atleast_2d(usable), np.atleast_2d(segments)
    zero = np.full(len(signal), np.nan)
    rows, groups = np.nonzero(usable)
    if not rows.size:
        return zero
    first_of_row = np.flatnonzero(np.diff(rows, prepend=-1))
    zero[rows[first_of_row]] = signal[rows[first_of_row], groups[first_of_row]]
    pair = np.flatnonzero((rows[1:] == rows[:-1]) & (segments[rows[1:], groups[1:]] == segments[rows[:-1], groups[:-1]]))
    paired_rows, first_pair = np.unique(rows[pair], return_index=True)
    a = pair[first_pair]
    b = a + 1
    step = (signal[paired_rows, groups[b]] - signal[paired_rows, groups[a]]) / (groups[b] - groups[a])
    starts = np.searchsorted(rows[first_of_row], paired_rows)
    zero[paired_rows] -= step * (groups[first_of_row][starts] + 1)
    return zero


def early_group_count(signal: FloatArray, usable: BoolArray, zero_level: FloatArray | float, threshold: float) -> IntArray:
    """Groups of the early line, shape (...): the number a pixel needs to reach ``threshold`` DN above ``zero_level`` DN, 3 to ngroups.

    A pixel that never gets there has them all.
    """
    ngroups = signal.shape[-1]
    with np.errstate(invalid="ignore"):
        reached = usable & (signal - np.asarray(zero_level, dtype=np.float64)[..., None] >= threshold)
    count = np.where(reached.any(axis=-1), reached.argmax(axis=-1) + 1, ngroups)
    return np.asarray(np.clip(count, min(FEWEST_EARLY_GROUPS, ngroups), ngroups), dtype=np.int64)
