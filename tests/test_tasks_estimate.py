"""What is said of the remaining time, and how often progress is."""

from __future__ import annotations

import pytest

from detgui.tasks.estimate import Remaining, Sieve


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_remaining_time_of_even_work():
    clock = Clock()
    remaining = Remaining(clock)
    assert remaining.update(0.0) is None
    clock.now += 0.1
    assert remaining.update(0.01) is None  # too early to say
    clock.now = 110.0
    assert remaining.update(0.25) == pytest.approx(30.0)
    clock.now = 120.0
    assert remaining.update(0.5) == pytest.approx(20.0)
    clock.now = 140.0
    assert remaining.update(1.0) == 0.0


def test_remaining_time_is_smoothed_and_starts_again_with_a_second_pass():
    clock = Clock()
    remaining = Remaining(clock)
    for step in range(1, 11):
        clock.now = 100.0 + step
        steady = remaining.update(step * 0.05)
    assert steady == pytest.approx(10.0)
    clock.now += 1.0
    stalled = remaining.update(0.5)  # one block took as long as two
    assert steady < stalled < 2 * steady
    clock.now += 1.0
    assert remaining.update(0.1) is None


def test_sieve_lets_twenty_a_second_through():
    clock = Clock()
    sieve = Sieve(clock)
    passed = 0
    for _ in range(1000):
        passed += sieve.lets_through()
        clock.now += 0.001
    assert 19 <= passed <= 21
