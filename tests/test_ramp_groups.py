"""Which groups count, and how many are early."""

from __future__ import annotations

import numpy as np
import pytest

from detgui.science.ramp_groups import DO_NOT_USE, JUMP_DET, SATURATED, early_group_count, extrapolated_zero, segment_numbers, usable_groups


def flags(ngroups, **bits):
    found = np.zeros(ngroups, dtype=np.uint32)
    for name, groups in bits.items():
        found[list(groups)] |= {"dnu": DO_NOT_USE, "sat": SATURATED, "jump": JUMP_DET}[name]
    return found


def test_bits_are_the_pipelines():
    from stdatamodels.jwst.datamodels import dqflags

    assert dqflags.group["DO_NOT_USE"] == DO_NOT_USE
    assert dqflags.group["SATURATED"] == SATURATED
    assert dqflags.group["JUMP_DET"] == JUMP_DET


def test_usable_groups_by_hand():
    signal = np.arange(8.0)
    signal[6] = np.nan
    found = usable_groups(np.stack([signal, np.arange(8.0)]), np.stack([flags(8, dnu=[0]), flags(8, sat=[5], jump=[2])]))
    assert found.tolist() == [[False, True, True, True, True, True, False, True], [True] * 5 + [False] * 3]


def test_segments_by_hand():
    assert segment_numbers(flags(7, jump=[0, 2, 3, 6])).tolist() == [0, 0, 1, 2, 2, 2, 3]
    assert segment_numbers(np.stack([flags(3), flags(3, jump=[1], dnu=[1])])).tolist() == [[0, 0, 0], [0, 1, 1]]


@pytest.mark.parametrize(
    ("bits", "expected"),
    [
        ({}, 50.0),
        ({"dnu": [0]}, 50.0),
        ({"dnu": [1, 2]}, 50.0),
        ({"jump": [1]}, 50.0),  # the step comes from groups 2 and 3, after the jump
        ({"jump": [1, 2, 3, 4]}, 150.0),  # no two groups of one segment: the first group itself
        ({"dnu": [0, 2, 3, 4]}, 250.0),
        ({"dnu": range(5)}, np.nan),
        ({"sat": [1]}, 150.0),
    ],
)
def test_zero_level_of_a_straight_ramp(bits, expected):
    signal, marks = 50.0 + 100.0 * np.arange(1, 6), flags(5, **bits)
    zero = extrapolated_zero(signal, usable_groups(signal, marks), segment_numbers(marks))
    assert zero.shape == (1,)
    assert zero[0] == pytest.approx(expected, nan_ok=True)


def test_zero_levels_of_many_ramps_are_those_of_one():
    rng = np.random.default_rng(4)
    signal = rng.normal(size=(50, 6)).cumsum(axis=1)
    marks = rng.choice(np.array([0, 0, 0, 1, 4, 2], dtype=np.uint32), size=signal.shape)
    usable, segments = usable_groups(signal, marks), segment_numbers(marks)
    together = extrapolated_zero(signal, usable, segments)
    alone = [extrapolated_zero(signal[i], usable[i], segments[i])[0] for i in range(50)]
    assert together == pytest.approx(alone, nan_ok=True)


@pytest.mark.parametrize(
    ("step", "zero", "expected"),
    [(1000.0, 0.0, 10), (999.9, 0.0, 11), (1000.0, 1000.0, 11), (6000.0, 0.0, 3), (100.0, 0.0, 20), (500.0, 0.0, 20), (499.0, 0.0, 20)],
)
def test_early_groups_reach_ten_thousand(step, zero, expected):
    signal = step * np.arange(1, 21)
    assert early_group_count(signal, np.ones(20, dtype=bool), zero, 10_000.0) == expected


def test_early_groups_of_short_and_flagged_ramps():
    assert early_group_count(np.array([20_000.0, 30_000.0]), np.ones(2, dtype=bool), 0.0, 10_000.0) == 2
    signal, usable = 2000.0 * np.arange(1, 11), np.ones(10, dtype=bool)
    usable[4] = False  # the group that would reach it cannot be used
    assert early_group_count(signal, usable, 0.0, 10_000.0) == 6
    usable[4:] = False  # saturated before
    assert early_group_count(signal, usable, 0.0, 10_000.0) == 10
    assert early_group_count(signal, np.ones(10, dtype=bool), np.nan, 10_000.0) == 10
