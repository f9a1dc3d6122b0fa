"""Steps of the level between amplifiers are no edges of a plateau, and nothing else is taken out with them."""

from __future__ import annotations

import numpy as np
import pytest

from detgui.gui.image.region_grow import LEVELLED, grown
from detgui.science.detector import DetectorGeometry
from detgui.science.region_levels import WIDE, border_step, without_steps
from detgui.science.region_masks import mask_of
from detgui.simulate.flat_params import FlatParams
from detgui.simulate.flats import make_scene, simulate_flat

EDGES = (127.5, 255.5)


def frame(seed: int = 1, rows: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """(raw image, void) of two borders: light that rises along x, even and odd columns apart, a hot pixel, one without a value."""
    y, x = np.mgrid[0:rows, 0:400].astype(float)
    void = np.hypot(x - 140, y - rows / 2) < 40
    image = np.random.default_rng(seed).normal(12000.0 + 0.5 * x + 600.0 * (x % 2) - 90.0 * void, 12.0)
    image += np.select([x > EDGES[1], x > EDGES[0]], [310.0, -470.0])
    image[90, 126], image[50, 129] = 60000.0, np.nan
    return image, void


def test_steps_are_found_whatever_lies_across_the_border():
    image, _ = frame()
    assert border_step(image, 128) == pytest.approx(-470.0, abs=3.0)
    assert border_step(image, 256) == pytest.approx(780.0, abs=3.0)
    assert border_step(image, 200) == 0.0  # none is there


def test_what_ends_at_a_border_is_no_step():
    y, x = np.mgrid[0:200, 0:400]
    image = np.random.default_rng(2).normal(100.0, 1.0, x.shape) - 50.0 * ((x >= 128) & (y > 120))
    assert abs(border_step(image, 128)) < 1.0


def test_the_error_of_a_step_is_that_of_its_scatter():
    found = []
    for seed in range(60):
        image = np.random.default_rng(seed).normal(0.0, 5.0, (400, 4 * WIDE))
        image[:, 2 * WIDE :] += 40.0
        found.append(border_step(image, 2 * WIDE))
    expected = 1.2533 * 5.0 * np.sqrt(5.0 / WIDE / 400)  # of 1.5, 1.5, 0.5 and 0.5 times a mean of WIDE pixels
    assert np.std(found) == pytest.approx(expected, rel=0.2)
    assert np.mean(found) == pytest.approx(40.0, abs=4 * expected / np.sqrt(60))


@pytest.mark.parametrize("axis", ["x", "y"])
def test_an_image_goes_on_across_its_borders(axis):
    image, _ = frame()
    flat, levelled = without_steps(image if axis == "x" else image.T, axis, EDGES)
    flat = flat if axis == "x" else flat.T
    assert levelled
    assert np.array_equal(flat[:, :128], image[:, :128], equal_nan=True)
    columns = np.arange(400)
    expected = 12000.0 + 0.5 * columns + 600.0 * (columns % 2)
    assert np.nanmedian(flat[:40], axis=0) == pytest.approx(expected, abs=12.0)


def test_an_image_without_steps_stays_the_same():
    image = np.random.default_rng(3).normal(100.0, 1.0, (200, 400))
    assert without_steps(image, "x", EDGES) == (image, False)
    assert without_steps(image[:, :100], "x", (95.5,))[1] is False  # too near to the side to tell
    assert without_steps(np.full((200, 400), np.nan), "x", EDGES)[1] is False


@pytest.mark.parametrize("place", [(120, 100), (132, 92), (150, 110)])
def test_growth_goes_on_across_a_border(place):
    image, void = frame()
    shape, _, said = grown(image, *place, None, 5, ("x", EDGES))
    found = mask_of(shape, image.shape)
    assert said == LEVELLED
    assert (found & void).sum() > 0.93 * (found | void).sum()


def test_a_click_in_a_raw_full_frame_finds_the_void_on_both_sides_of_a_border():
    scene = make_scene(FlatParams(rows=512, columns=2048, groups=6, void=(1030.0, 260.0, 120.0), seed=5, pairs=1))
    *_, last = simulate_flat(scene, 1)
    raw, borders = last.raw, DetectorGeometry(512, 2048, "NRCB1", 1, -2, noutputs=4, known=True).amplifier_boundaries()
    for place in ((960, 260), (1020, 250), (1026, 300), (1090, 250)):
        assert scene.void[place[1], place[0]]
        shape, _, _ = grown(raw, *place, None, 5, borders)
        found = mask_of(shape, raw.shape)
        assert (found & scene.void).sum() > 0.93 * (found | scene.void).sum(), place
