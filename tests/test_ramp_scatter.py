"""Gain and read noise from the scatter between integrations of simulated pixels."""

from __future__ import annotations

import numpy as np
import pytest
from ramp_fakes import simulate_groups

from detgui.science.covariance import GroupTimes, Noise
from detgui.science.scatter import noise_between_integrations, spread, spread_of_neighbours
from detgui.science.timing import GroupTiming

SINGLE, AVERAGED = GroupTiming(42, 0.9, 0.9), GroupTiming(12, 5 * 0.9, 0.9, 4, 1)


def measure(signal, timing, usable=None, segments=None):
    usable = np.ones(signal.shape, dtype=bool) if usable is None else usable
    segments = np.zeros(signal.shape, dtype=np.int64) if segments is None else segments
    return noise_between_integrations(signal, usable, segments, GroupTimes.of(timing))


@pytest.mark.parametrize(("timing", "rate"), [(SINGLE, 300.0), (AVERAGED, 60.0)])
def test_truth_is_found(timing, rate):
    rng = np.random.default_rng(31)
    found = [measure(simulate_groups(rng, timing, rate, 1.5, 8.0, 48), timing)[0] for _ in range(60)]
    assert np.nanmedian([noise.gain for noise in found]) == pytest.approx(1.5, rel=0.05)
    assert np.median([noise.read_noise for noise in found]) == pytest.approx(8.0, rel=0.08)


def test_a_source_that_varies_does_not_look_noisy():
    rng = np.random.default_rng(32)
    signal = np.concatenate([simulate_groups(rng, SINGLE, rate, 1.5, 8.0, 16) for rate in (300.0, 303.0, 306.0)])
    steady = simulate_groups(rng, SINGLE, 303.0, 1.5, 8.0, 48)
    assert measure(signal, SINGLE)[0].gain == pytest.approx(measure(steady, SINGLE)[0].gain, rel=0.25)


def test_jumps_flagged_or_not_are_left_out():
    rng = np.random.default_rng(33)
    signal = simulate_groups(rng, SINGLE, 300.0, 1.5, 8.0, 48)
    clean, count = measure(signal, SINGLE)
    segments = np.zeros(signal.shape, dtype=np.int64)
    signal[3, 20:] += 5000.0
    signal[9, 30:] += 5000.0
    segments[9, 30:] = 1
    noise, left = measure(signal, SINGLE, segments=segments)
    assert count == 48
    assert left == 46
    assert noise.gain == pytest.approx(clean.gain, rel=0.1)


def test_no_photon_noise_no_gain():
    signal = simulate_groups(np.random.default_rng(34), SINGLE, 0.0, 1.5, 8.0, 48)
    noise, _ = measure(signal, SINGLE)
    assert np.isnan(noise.gain)
    assert noise.read_noise == pytest.approx(8.0, rel=0.1)


@pytest.mark.parametrize(("timing", "rate"), [(SINGLE, 220.0), (AVERAGED, 12.0)])
def test_a_known_gain_makes_the_read_noise_better_known(timing, rate):
    rng = np.random.default_rng(38)
    usable, segments = np.ones((6, timing.ngroups), dtype=bool), np.zeros((6, timing.ngroups), dtype=np.int64)
    ramps = [simulate_groups(rng, timing, rate, 1.5, 8.0, 6) for _ in range(200)]
    given = np.array([noise_between_integrations(each, usable, segments, GroupTimes.of(timing), 1.5)[0].read_noise for each in ramps])
    both = np.array([noise_between_integrations(each, usable, segments, GroupTimes.of(timing))[0].read_noise for each in ramps])
    assert np.median(given) == pytest.approx(8.0, rel=0.06)
    assert np.std(given) < 0.9 * np.std(both)
    assert noise_between_integrations(ramps[0], usable, segments, GroupTimes.of(timing), 1.5)[0].gain == 1.5


@pytest.mark.parametrize("gain", [1.5, np.nan])
def test_a_bright_pixel_does_not_look_free_of_read_noise(gain):
    rng = np.random.default_rng(39)
    usable, segments = np.ones((4, 42), dtype=bool), np.zeros((4, 42), dtype=np.int64)
    found = [
        noise_between_integrations(simulate_groups(rng, SINGLE, 3000.0, 1.5, 8.0, 4), usable, segments, GroupTimes.of(SINGLE), gain)[0]
        for _ in range(100)
    ]
    assert min(noise.read_noise for noise in found) > 4.0


@pytest.mark.parametrize(("nints", "ngroups"), [(2, 42), (10, 2)])
def test_too_little_to_tell(nints, ngroups):
    timing = GroupTiming(ngroups, 0.9, 0.9)
    noise, _ = measure(simulate_groups(np.random.default_rng(35), timing, 300.0, 1.5, 8.0, nints), timing)
    assert noise == Noise(noise.gain, noise.read_noise)
    assert np.isnan([noise.gain, noise.read_noise]).all()


def test_spread_is_the_standard_deviation_of_what_can_be_used():
    rng = np.random.default_rng(36)
    signal = rng.normal(size=(10, 5))
    usable, segments = np.ones(signal.shape, dtype=bool), np.zeros(signal.shape, dtype=np.int64)
    weights = np.array([0.0, -1.0, 0.0, 1.0, 0.0])
    expected = np.std(signal[:, 3] - signal[:, 1], ddof=1)
    assert spread(weights, signal, usable, segments) == pytest.approx(expected)
    usable[:2, 2], segments[2, 4] = False, 1  # where the weights are zero
    assert spread(weights, signal, usable, segments) == pytest.approx(expected)
    usable[0, 3], segments[1, 2:] = False, 1
    assert spread(weights, signal, usable, segments) == pytest.approx(np.std(signal[2:, 3] - signal[2:, 1], ddof=1))
    usable[:, 1] = False
    assert np.isnan(spread(weights, signal, usable, segments))


def test_spread_of_a_series_that_drifts():
    rng = np.random.default_rng(37)
    values = 100.0 * np.sin(np.linspace(0, 3, 2000)) + rng.normal(0, 2.0, 2000)
    values[5] = np.nan
    assert spread_of_neighbours(values) == pytest.approx(2.0, rel=0.08)
    assert np.isnan(spread_of_neighbours(np.array([1.0, 2.0])))
