"""Counts above thresholds, the coupling measured on stacked crosses, and which pixels are centres."""

from __future__ import annotations

import numpy as np
import pytest
from hot_fakes import SIDES, cross_image

from detgui.science.hot_spill import centres_above, counts_above, measure_cross, own_rate

SHAPE = (300, 300)


def grid(rng, step=15, low=2.0, high=6.0):
    """Hot pixels far apart, rates log-uniform between e^low and e^high."""
    places = [(y, x) for y in range(10, 290, step) for x in range(10, 290, step)]
    return {place: float(np.exp(rng.uniform(low, high))) for place in places}


def test_strictly_above_and_only_valid():
    rate = np.array([[1.0, 1.0000001, 3.0, np.nan, 50.0]], np.float32)
    valid = np.array([[True, True, True, False, False]])
    assert counts_above(rate, valid, (1.0, 3.0, 10.0)).tolist() == [2, 0, 0]


@pytest.mark.parametrize("coupling", [0.004, 0.012])
def test_the_coupling_is_found_with_its_error(coupling):
    pulls = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        image = cross_image(SHAPE, grid(rng), coupling) + rng.normal(0.01, 0.02, SHAPE).astype(np.float32)
        cross = measure_cross(image, np.ones(SHAPE, bool), 10.0)
        pulls.append((cross.coupling - coupling) / cross.coupling_err)
    assert np.std(pulls) == pytest.approx(1.0, abs=0.35)
    assert cross.coupling == pytest.approx(coupling, rel=0.05)
    assert cross.stack.shape == (5, 5)
    assert cross.stack[2, 2] == 1.0
    assert abs(cross.stack[1, 1]) < 1e-4


def test_no_coupling_is_none():
    rng = np.random.default_rng(3)
    image = cross_image(SHAPE, grid(rng)) + rng.normal(0.01, 0.02, SHAPE).astype(np.float32)
    cross = measure_cross(image, np.ones(SHAPE, bool), 10.0)
    assert abs(cross.coupling) < 4 * cross.coupling_err


def test_sides_that_differ_are_told_apart():
    rng = np.random.default_rng(4)
    image = np.zeros(SHAPE, np.float32)
    for (y, x), rate in grid(rng).items():
        image[y, x] += rate
        for (dy, dx), part in zip(SIDES, (0.01, 0.002, 0.005, 0.007), strict=True):
            image[y + dy, x + dx] += part * rate
    np.testing.assert_allclose(measure_cross(image, np.ones(SHAPE, bool), 10.0).sides, (0.01, 0.002, 0.005, 0.007), rtol=1e-3)


def test_too_few_hot_pixels_measure_nothing_and_all_are_centres():
    image = cross_image(SHAPE, {(50, 50): 1000.0, (100, 100): 500.0}, 0.01)
    valid = np.ones(SHAPE, bool)
    cross = measure_cross(image, valid, 10.0)
    assert not cross.measured
    flat, centre = centres_above(image, valid, 1.0, cross)
    assert flat.size == 10
    assert centre.all()


def test_neighbours_are_no_centres_but_hot_neighbours_are():
    rng = np.random.default_rng(5)
    pixels = grid(rng)
    pixels[(10, 11)] = 400.0  # hot itself, beside another
    pixels[(25, 26)] = 1.5 + 0.0
    pixels[(25, 25)] = 800.0  # lends 8 to each neighbour
    image = cross_image(SHAPE, pixels, 0.01)
    valid = np.ones(SHAPE, bool)
    cross = measure_cross(image, valid, 10.0)
    for threshold in (1.0, 3.0, 100.0):
        flat, centre = centres_above(image, valid, threshold, cross)
        found = {divmod(int(each), SHAPE[1]) for each in flat[centre]}
        assert found == {place for place, rate in pixels.items() if rate > threshold}
    assert counts_above(image, valid, (1.0,))[0] > len(pixels) + 300


def test_own_rate_takes_the_neighbours_part_off():
    rng = np.random.default_rng(6)
    image = cross_image(SHAPE, {**grid(rng), (7, 200): 1000.0, (7, 201): 5.0}, 0.01)
    cross = measure_cross(image, np.ones(SHAPE, bool), 10.0)
    own, _ = own_rate(image, np.ones(SHAPE, bool), np.array([7]), np.array([201]), cross)
    assert own[0] == pytest.approx(5.0, abs=0.05)


def test_a_coupling_that_scatters_does_not_make_centres():
    """Neighbours of 20,000 DN/s differ by far more than the threshold from what the mean coupling explains."""
    rng = np.random.default_rng(7)
    pixels = grid(rng, low=9.0, high=10.0)
    image = np.zeros(SHAPE, np.float32)
    for (y, x), rate in pixels.items():
        image[y, x] += rate
        for dy, dx in SIDES:
            image[y + dy, x + dx] += 0.007 * (1 + 0.05 * rng.standard_normal()) * rate
    valid = np.ones(SHAPE, bool)
    cross = measure_cross(image, valid, 10.0)
    assert cross.scatter == pytest.approx(0.007 * 0.05, rel=0.2)
    _, centre = centres_above(image, valid, 1.0, cross)
    assert centre.sum() == pytest.approx(len(pixels), rel=0.02)


def test_the_border_and_nan_do_no_harm():
    rng = np.random.default_rng(8)
    image = cross_image(SHAPE, {**grid(rng), (0, 0): 500.0, (299, 150): 300.0}, 0.01)
    image[5, 5] = np.nan
    valid = np.isfinite(image)
    cross = measure_cross(image, valid, 10.0)
    flat, centre = centres_above(image, valid, 100.0, cross)
    assert 0 in flat[centre]
    assert 299 * 300 + 150 in flat[centre]
