"""Growing from a pixel ends at the edge of the plateau, whatever its step, the light's slope and the read-out's pattern."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from detgui.errors import BadInput
from detgui.science.region_growth import averaged, edge_tolerance, grow, grow_far, own_tolerance, slope_about
from detgui.science.region_masks import mask_of
from detgui.session.regions import RegionTools
from detgui.simulate.flat_params import FlatParams
from detgui.simulate.flats import FlatScene, make_scene, simulate_flat

SMOOTH = RegionTools().smooth


def flat(size: int, void: tuple[float, float, float], seed: int, groups: int) -> tuple[FlatScene, np.ndarray, np.ndarray]:
    """The scene, its last group without zero levels, and the same as it is read, with even and odd columns 1000 DN apart."""
    scene = make_scene(FlatParams(rows=size, columns=size, groups=groups, void=void, seed=seed, pairs=1))
    *_, last = simulate_flat(scene, 1)
    return scene, last.signal, last.raw.astype(np.float32)


def share(image: np.ndarray, void: np.ndarray, x: int, y: int) -> float:
    """Pixels that are both in the void and found by a click, over those that are either."""
    found = mask_of(grow_far(image, x, y, edge_tolerance(image, x, y, SMOOTH), SMOOTH), image.shape)
    return float((found & void).sum() / (found | void).sum())


@pytest.mark.parametrize(
    ("size", "void", "seed", "groups", "clicks"),
    [
        (2048, (900.0, 1100.0, 400.0), 1, 2, 4),  # the light changes by half of the step across it
        (1024, (500.0, 560.0, 180.0), 2, 6, 6),
        (1024, (60.0, 700.0, 90.0), 3, 1, 4),  # at the edge of the detector; one group: each pixel's noise is as large as the step
        (256, (140.0, 120.0, 14.0), 4, 4, 4),
    ],
)
def test_a_click_anywhere_in_a_void_finds_it(size, void, seed, groups, clicks):
    scene, signal, _ = flat(size, void, seed, groups)
    rows, columns = np.nonzero(ndimage.binary_erosion(scene.void, iterations=4))
    for place in np.random.default_rng(seed).integers(0, rows.size, clicks):
        x, y = int(columns[place]), int(rows[place])
        assert share(signal, scene.void, x, y) > 0.93, (x, y)


def test_the_slope_of_the_light_does_not_hide_a_void_whose_step_is_smaller():
    scene = make_scene(FlatParams(rows=1024, columns=1024, groups=2, void=(520.0, 560.0, 150.0), seed=0, pairs=1))
    *_, last = simulate_flat(scene, 0)  # the first flat: 11 % from side to side, and the void is 3 % lower
    rows, columns = np.nonzero(ndimage.binary_erosion(scene.void, iterations=4))
    for place in np.random.default_rng(1).integers(0, rows.size, 8):
        x, y = int(columns[place]), int(rows[place])
        assert share(last.signal, scene.void, x, y) > 0.93, (x, y)


def test_the_slope_is_that_of_the_light_and_not_of_plateaus():
    x, y = np.meshgrid(np.arange(600.0), np.arange(400.0))
    image = 0.3 * x - 0.1 * y - 50.0 * (np.hypot(x - 300, y - 200) < 120) + 500.0 * (x % 2)
    rng = np.random.default_rng(3)
    image += rng.normal(0.0, 5.0, image.shape)
    image[rng.random(image.shape) < 0.02] = np.nan
    assert slope_about(image, 280, 190) == pytest.approx((0.3, -0.1), abs=0.01)
    assert slope_about(image[:8, :8], 3, 3) == (0.0, 0.0)


def test_even_and_odd_columns_do_not_hide_a_void():
    scene, _, raw = flat(512, (250.0, 280.0, 90.0), 5, 6)
    for x, y in ((230, 260), (251, 301), (290, 270), (222, 280)):
        assert scene.void[y, x]
        assert share(raw, scene.void, x, y) > 0.93, (x, y)


def test_the_tolerance_is_half_of_the_step():
    x, y = np.meshgrid(np.arange(300), np.arange(200))
    low = np.hypot(x - 140, y - 90) < 50
    image = np.random.default_rng(6).normal(1000.0, 3.0, low.shape) - 40.0 * low
    assert edge_tolerance(image, 150, 80, SMOOTH) == pytest.approx(20.0, rel=0.2)


def test_without_an_edge_it_is_that_of_the_noise():
    image = np.random.default_rng(7).normal(1000.0, 3.0, (200, 300))
    assert edge_tolerance(image, 150, 80, SMOOTH) == own_tolerance(image, 150, 80, SMOOTH)
    assert edge_tolerance(np.ones((50, 60)), 30, 20, SMOOTH) == 0.0
    assert grow_far(np.ones((50, 60)), 30, 20, 0.0, SMOOTH).pixels.all()


def test_even_and_odd_columns_have_the_same_average():
    image = np.broadcast_to(np.where(np.arange(40) % 2, 1000.0, 0.0), (30, 40)).copy()
    good = np.ones(image.shape, bool)
    for size in (3, 5, 6, 9):
        inside = averaged(image, good, size)[6:-6, 6:-6]
        assert np.allclose(inside, 500.0)
    assert np.array_equal(averaged(image, good, 1), image)


def test_an_average_is_that_of_the_good_pixels_about():
    rng = np.random.default_rng(8)
    image, good = rng.normal(size=(20, 25)), rng.random((20, 25)) > 0.2
    weights = np.outer([0.5, 1, 1, 1, 0.5], [0.5, 1, 1, 1, 0.5])
    found = averaged(image, good, 5)
    for x, y in ((12, 9), (3, 17), (20, 4)):
        part = np.s_[y - 2 : y + 3, x - 2 : x + 3]
        assert found[y, x] == pytest.approx(np.average(image[part], weights=weights * good[part]))


def test_a_seed_that_is_noise_is_taken_alone():
    image = np.random.default_rng(9).normal(0.0, 1.0, (60, 60))
    image[30, 30] = 500.0
    assert grow(image, 30, 30, 0.0, 3).sum() == 1


def test_no_tolerance_where_there_is_no_value():
    image = np.ones((20, 20))
    image[5, 5] = np.nan
    for place in ((5, 5), (20, 0), (0, -1)):
        with pytest.raises(BadInput):
            edge_tolerance(image, *place, SMOOTH)
