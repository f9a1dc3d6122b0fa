"""Statistics of regions against numpy, scipy and simulations; parts of regions against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage, stats

from detgui.errors import BadInput
from detgui.science.dq import PIXEL
from detgui.science.region_masks import islands, mask_of, widened
from detgui.science.region_values import Numbers, bad_pixels, numbers, of_shapes
from detgui.science.regions import Ellipse, Painted, Polygon, Rectangle

SIZE = (60, 50)


@pytest.fixture
def image() -> np.ndarray:
    rng = np.random.default_rng(5)
    made = rng.normal(1000, 25, SIZE).astype(np.float32)
    made[rng.random(SIZE) < 0.02] = np.nan
    return made


def check(found: Numbers, values: np.ndarray) -> None:
    good = values[np.isfinite(values)].astype(float)
    n = good.size
    assert found.pixels == n
    assert found.mean == pytest.approx(np.mean(good), rel=1e-12)
    assert found.std == pytest.approx(np.std(good, ddof=1), rel=1e-9)
    assert found.mean_err == pytest.approx(stats.sem(good), rel=1e-9)
    assert found.median == np.median(good)
    assert found.sigma == pytest.approx(stats.median_abs_deviation(good, scale="normal"), rel=1e-4)
    assert (found.minimum, found.maximum) == (good.min(), good.max())


@pytest.mark.parametrize("shape", [Rectangle(20, 30, 11, 17, 33), Ellipse(5, 5, 12, 9, 10), Polygon(((1, 1), (40, 3), (22, 55)))])
def test_numbers_of_a_shape(image, shape):
    inside = mask_of(shape, SIZE)
    found = of_shapes(image, [shape])
    check(found, image[inside])
    assert found.left_out == np.isnan(image[inside]).sum()


def test_numbers_of_several_count_shared_pixels_once(image):
    shapes = [Rectangle(20, 30, 11, 17), Ellipse(24, 30, 8, 9), Rectangle(80, 80, 4, 4)]
    inside = mask_of(shapes[0], SIZE) | mask_of(shapes[1], SIZE)
    check(of_shapes(image, shapes), image[inside])


@pytest.mark.parametrize("dtype", ["uint16", "int32", "float64", ">f4"])
def test_any_kind_of_pixel(dtype):
    values = np.arange(60_000, 60_600).astype(dtype).reshape(20, 30)
    check(of_shapes(values, [Rectangle(14, 9, 10, 10)]), values[mask_of(Rectangle(14, 9, 10, 10), (20, 30))].astype(float))


def test_flagged_pixels_are_left_out(image):
    dq = np.zeros(SIZE, np.uint32)
    dq[10:20] = PIXEL["DO_NOT_USE"] | PIXEL["HOT"]
    dq[20:25] = PIXEL["JUMP_DET"]
    inside, shape = mask_of(Rectangle(20, 20, 20, 30), SIZE), [Rectangle(20, 20, 20, 30)]
    for left_out, kept in [("nothing", dq >= 0), ("do not use", dq & 1 == 0), ("flagged", dq == 0)]:
        found = of_shapes(image, shape, bad_pixels(dq, left_out))
        check(found, image[inside & kept])
        assert found.pixels + found.left_out == inside.sum()
    own = {"DO_NOT_USE": PIXEL["JUMP_DET"]}
    assert np.array_equal(bad_pixels(dq, "do not use", own), dq == PIXEL["JUMP_DET"])
    assert bad_pixels(None, "flagged") is None


def test_nothing_inside_and_a_single_pixel():
    nothing = of_shapes(np.full(SIZE, np.nan), [Rectangle(20, 20, 4, 4)])
    assert (nothing.pixels, nothing.left_out) == (0, 16)
    assert np.isnan(nothing.mean)
    assert of_shapes(np.ones(SIZE), [Rectangle(200, 20, 4, 4)]).pixels == 0
    one = of_shapes(np.full(SIZE, 7.0), [Rectangle(20, 20, 1, 1)])
    assert (one.pixels, one.mean, one.median) == (1, 7.0, 7.0)
    assert np.isnan(one.mean_err)


def test_a_sample_keeps_the_exact_mean():
    values = np.random.default_rng(1).normal(10, 2, 50_000)
    found = numbers(values, most=5_000)
    assert found.approximate
    assert found.mean == pytest.approx(values.mean(), rel=1e-12)
    assert found.median == pytest.approx(np.median(values), abs=5 * found.sigma / np.sqrt(5_000))
    assert not numbers(values, most=50_000).approximate


def test_errors_have_the_width_they_claim():
    """Pulls of mean, median and sigma of Gaussian pixels over many simulations have width 1."""
    rng = np.random.default_rng(7)
    found = [numbers(rng.normal(100, 5, 400)) for _ in range(3000)]
    for pulls in (
        [(each.mean - 100) / each.mean_err for each in found],
        [(each.median - 100) / each.median_err for each in found],
        [(each.sigma - 5) / each.sigma_err for each in found],
    ):
        low, high = np.percentile(pulls, [16, 84])
        assert (high - low) / 2 == pytest.approx(1, abs=0.06)


# Parts and rims


@given(st.integers(0, 2**32 - 1), st.integers(-4, 6))
def test_widened_is_every_pixel_so_near(seed, pixels):
    mask = ndimage.binary_dilation(np.random.default_rng(seed).random((24, 24)) < 0.02, iterations=4)
    mask[:8], mask[-8:], mask[:, :8], mask[:, -8:] = False, False, False, False
    mask[12, 12] = True
    y, x = np.mgrid[:24, :24]
    near = np.zeros_like(mask)
    for cy, cx in np.argwhere(mask if pixels >= 0 else ~np.pad(mask, 0)):
        near |= (x - cx) ** 2 + (y - cy) ** 2 <= pixels**2
    expected = near if pixels >= 0 else mask & ~near
    shape = Painted(0, 0, mask)
    if not expected.any():
        with pytest.raises(BadInput, match="at least one pixel"):
            widened(shape, pixels)
    else:
        assert np.array_equal(mask_of(widened(shape, pixels), (24, 24)), expected)


def test_islands_are_the_parts_that_do_not_touch():
    mask = np.random.default_rng(2).random((30, 40)) < 0.3
    labels, count = ndimage.label(mask)
    parts = islands(Painted(3, 5, mask))
    assert len(parts) == count
    for number, part in enumerate(parts, start=1):
        assert np.array_equal(mask_of(part, (40, 50))[5:35, 3:43], labels == number)
    checkers = np.indices((60, 60)).sum(axis=0) % 2 == 0
    with pytest.raises(BadInput, match="1800 parts"):
        islands(Painted(0, 0, checkers))


def test_pixels_that_share_the_value_of_a_box_have_no_errors():
    rng = np.random.default_rng(6)
    boxes = np.kron(rng.normal(2.4, 0.02, (4, 5)), np.ones((16, 16))).astype(np.float32)
    found = of_shapes(boxes, [Rectangle(40, 30, 60, 40)])
    inside = mask_of(Rectangle(40, 30, 60, 40), boxes.shape)
    assert found.shared
    assert found.mean == pytest.approx(boxes[inside].mean(dtype=float))
    assert np.isnan([found.mean_err, found.median_err, found.sigma_err]).all()
    assert not of_shapes(rng.normal(2.4, 0.02, boxes.shape), [Rectangle(40, 30, 60, 40)]).shared
    assert not of_shapes(rng.poisson(100, boxes.shape).astype(np.float32), [Rectangle(40, 30, 60, 40)]).shared  # counts repeat by chance
    assert not of_shapes(boxes, [Rectangle(40, 30, 3, 3)]).shared  # too few to tell


@pytest.mark.parametrize("groups", [2, 5, 10])
def test_slopes_of_a_few_whole_numbers_repeat_by_chance_and_have_errors(groups):
    rng = np.random.default_rng(9)
    counts = np.rint(rng.normal(0, 8, (groups, 60 * 70)) + 50 * np.arange(groups)[:, None])
    slopes = np.polyfit(np.arange(groups) * 10.737, counts, 1)[0].astype(np.float32).reshape(60, 70)
    assert 3 * np.unique(slopes).size < slopes.size
    found = of_shapes(slopes, [Rectangle(35, 30, 60, 50)])
    assert not found.shared
    assert found.mean_err == pytest.approx(slopes.std() / np.sqrt(found.pixels), rel=0.1)
