"""The image item draws the right pixel in the right place and colour."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor
from view_fakes import pixels

from detgui.gui.image import colormaps, hatching
from detgui.gui.image.image_view import ImageView
from detgui.gui.image.picture import block_maximum, blocks
from detgui.science import display, kernels


@pytest.fixture(params=[False, True], ids=["qt", "compiled"])
def view(qtbot, request, monkeypatch):
    """Drawn by Qt, and by the compiled kernel."""
    if request.param:
        kernels.warm()
        if not kernels.ready():
            pytest.skip("numba is not installed")
    monkeypatch.setitem(kernels._state, "ready", request.param)
    view = ImageView()
    qtbot.addWidget(view)
    view.resize(500, 400)
    view.show()
    qtbot.waitExposed(view)
    return view


def colour_at(view, x, y) -> tuple[int, int, int]:
    place = view.place_of(x, y)
    return tuple(pixels(view)[int(place.y()), int(place.x())])


def test_every_pixel_is_in_its_place_with_y_upwards(view):
    indices = np.arange(12, dtype=np.uint8).reshape(3, 4)
    view.set_shape(3, 4)
    view.image.set_indices(indices)
    view.image.set_table([0xFF000000 | (i * 20) << 16 | (255 - i * 20) << 8 for i in range(12)] + [0] * 244)
    for y in range(3):
        for x in range(4):
            assert colour_at(view, x, y) == (indices[y, x] * 20, 255 - indices[y, x] * 20, 0)
    assert view.place_of(0, 0).y() > view.place_of(0, 2).y()


def test_the_pixels_of_the_screen_are_kept_until_something_changes(view, qtbot):
    rng = np.random.default_rng(4)
    view.set_shape(300, 400)
    pictures = []
    for seed in range(3):
        view.image.set_indices(rng.integers(0, 250, (300, 400)).astype(np.uint8))
        pictures.append(pixels(view))
        view.zoom(1.5 + seed, (200, 150))
        pictures.append(pixels(view))
        view.image.set_table([0xFF000000 | i * (seed + 1) << 4 for i in range(256)])
        pictures.append(pixels(view))
    assert all((one != other).any() for one, other in pairwise(pictures))
    assert (pixels(view) == pictures[-1]).all()


def test_the_array_is_not_copied_and_a_table_changes_colours_only(view):
    indices = np.zeros((5, 5), dtype=np.uint8)
    view.set_shape(5, 5)
    view.image.set_indices(indices)
    assert view.image.indices is indices
    view.image.set_table([0xFFFF0000] + [0xFF0000FF] * 255)
    assert colour_at(view, 2, 2) == (255, 0, 0)
    view.image.set_table([0xFF00FF00] + [0xFF0000FF] * 255)
    assert view.image.indices is indices
    assert colour_at(view, 2, 2) == (0, 255, 0)


def test_a_lone_hot_pixel_hides_only_where_the_maximum_is_not_asked_for(view):
    indices = np.zeros((4000, 4000), dtype=np.uint8)
    hot = np.arange(37, 4000, 400)
    indices[np.ix_(hot, hot)] = 253
    view.set_shape(4000, 4000)
    view.image.set_indices(indices)
    view.image.set_table([0xFF000000] * 253 + [0xFFFF00FF] * 3)
    bright = (255, 0, 255)
    view.image.set_reduce(block_maximum)
    shown = (pixels(view) == bright).all(axis=2).sum()
    view.image.set_reduce(None)
    nearest = (pixels(view) == bright).all(axis=2).sum()
    assert shown >= len(hot) ** 2
    assert nearest < len(hot) ** 2


@pytest.mark.parametrize(("ny", "nx", "step_y", "step_x"), [(7, 9, 2, 3), (8, 8, 4, 4), (5, 6, 1, 4), (5, 6, 9, 1)])
def test_blocks_are_maxima(ny, nx, step_y, step_x):
    values = np.random.default_rng(3).integers(0, 256, (ny, nx), dtype=np.uint8)
    expected = [[values[y : y + step_y, x : x + step_x].max() for x in range(0, nx, step_x)] for y in range(0, ny, step_y)]
    assert blocks(values, step_y, step_x).tolist() == expected


def test_a_block_with_a_value_is_not_shown_as_empty():
    indices = np.full((4, 4), colormaps.NAN_INDEX, dtype=np.uint8)
    indices[0, 1] = 7
    assert block_maximum(indices, 2, 2).tolist() == [[7, 255], [255, 255]]


def test_indices_of_science_and_colours_agree():
    assert (colormaps.TOP_INDEX, colormaps.NAN_INDEX) == (display.TOP_INDEX, display.NAN_INDEX)


@pytest.mark.parametrize("name", colormaps.NAMES)
def test_tables_have_256_opaque_colours_and_one_for_no_value(name):
    table = colormaps.table(name)
    assert len(table) == 256
    assert all(colour >> 24 == 0xFF for colour in table)
    assert table[colormaps.NAN_INDEX] not in table[:254]


@pytest.mark.parametrize("name", ["viridis", "cividis", "inferno", "magma", "gray"])
def test_sequential_maps_get_brighter_all_the_way(name):
    red, green, blue = (colormaps.colours(name)[:, i] for i in range(3))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    assert (np.diff(luminance[::8]) > 0).all()


def test_named_maps_are_matplotlibs():
    # First, middle and last colours as published with the maps (van der Walt & Smith 2015; Nunez et al. 2018).
    assert colormaps.table("viridis")[0] == 0xFF440154
    assert colormaps.table("viridis")[253] == 0xFFFDE725
    assert colormaps.table("magma")[0] == 0xFF000004
    assert np.allclose(colormaps.colours("cividis")[0], (0, 34, 78), atol=2)


@pytest.mark.parametrize("centre", [0.1, 0.5, 0.8])
def test_white_of_the_diverging_map_is_at_zero(centre):
    table = colormaps.table(colormaps.DIVERGING, centre)
    at_zero = QColor.fromRgb(table[round(centre * 253)])
    assert min(at_zero.red(), at_zero.green(), at_zero.blue()) > 235
    # Equal distances from zero are equally strong: the nearer end is not driven to full colour.
    reach = min(centre, 1 - centre)
    below, above = (QColor.fromRgb(table[round((centre + side * reach) * 253)]) for side in (-1, 1))
    assert below.blue() > below.red()
    assert above.red() > above.blue()
    assert abs(below.lightness() - above.lightness()) < 40


def test_limits_on_one_side_of_zero_use_one_side_of_the_diverging_map():
    table = [QColor.fromRgb(colour) for colour in colormaps.table(colormaps.DIVERGING, -0.5)[:254]]
    assert all(colour.red() >= colour.blue() for colour in table)


def test_patterns_are_different_and_none_is_empty():
    patterns = {hatching.pattern(number).tobytes() for number in range(len(hatching.NAMES))}
    assert len(patterns) == len(hatching.NAMES)
    assert all(0 < hatching.pattern(number).mean() < 1 for number in range(len(hatching.NAMES)))


def test_hatching_shows_lines_and_ground_where_the_overlay_is_and_nothing_elsewhere():
    overlay = np.array([[0, 1], [2, 0]], dtype=np.uint8)
    rows, columns = np.repeat([0, 1], 8), np.repeat([0, 1], 8)
    shown = hatching.hatch(overlay, rows, columns, hatching.lookup((4, 5)))
    assert (shown[:8, :8] == 0).all()
    assert (shown[:8, 8:] == np.where(hatching.pattern(4), 2, 1)).all()
    assert (shown[8:, :8] == np.where(hatching.pattern(5), 4, 3)).all()
    assert (hatching.hatch(overlay, rows - 2, columns, hatching.lookup((4, 5)))[rows < 1] == 0).all()


def test_flags_lie_over_their_pixels(view):
    view.set_shape(4, 4)
    view.image.set_indices(np.zeros((4, 4), dtype=np.uint8))
    view.image.set_table([0xFF000000] * 256)
    overlay = np.zeros((4, 4), dtype=np.uint8)
    overlay[3, 1] = 1
    view.flags.set_overlay(overlay, [(QColor(255, 255, 0), 0)])
    shown = pixels(view)
    for y in range(4):
        for x in range(4):
            place = view.place_of(x, y)
            patch = shown[int(place.y()) - 10 : int(place.y()) + 10, int(place.x()) - 10 : int(place.x()) + 10]
            assert ((patch > 200).sum() > 0) == ((x, y) == (1, 3))


def test_a_lone_flag_is_seen_when_zoomed_out(view):
    view.set_shape(3000, 3000)
    view.image.set_indices(np.zeros((3000, 3000), dtype=np.uint8))
    view.image.set_table([0xFF000000] * 256)
    before = pixels(view)
    overlay = np.zeros((3000, 3000), dtype=np.uint8)
    overlay[1111, 1733] = 1
    view.flags.set_overlay(overlay, [(QColor(255, 255, 0), 0)])
    changed = np.argwhere((pixels(view) != before).any(axis=2))
    assert len(changed) >= 1
    place = view.place_of(1733, 1111)
    assert abs(changed - (place.y(), place.x())).max() <= 3


def test_long_images_fill_the_view_and_others_keep_square_pixels(view):
    view.set_shape(32, 2048)
    assert view.fill
    width, height = (view.place_of(2047, 31) - view.place_of(0, 0)).toTuple()
    assert width > 0.8 * view.width()
    assert -height > 0.6 * view.height()
    view.set_shape(200, 220)
    assert not view.fill
    width, height = (view.place_of(100, 100) - view.place_of(0, 0)).toTuple()
    assert width == pytest.approx(-height, rel=1e-3)


def test_zoom_stays_with_the_shape_and_comes_back(view):
    view.set_shape(100, 100)
    view.zoom_to(30, 40)
    zoomed = view.box.viewRect()
    view.set_shape(100, 100)
    assert view.box.viewRect() == zoomed
    view.set_shape(64, 64)
    assert view.box.viewRect().contains(QRectF(-0.5, -0.5, 64, 64))
    view.set_shape(100, 100)
    assert view.box.viewRect().center().toTuple() == pytest.approx((30, 40), abs=0.5)


def test_one_to_one_is_one_image_pixel_on_one_screen_pixel(view):
    view.set_shape(2048, 2048)
    view.one_to_one((1000, 1000))
    step = view.place_of(1100, 1000) - view.place_of(1000, 1000)
    assert step.x() * view.devicePixelRatioF() == pytest.approx(100, abs=2)


def test_the_pixel_under_a_place_is_the_one_drawn_there(view):
    view.set_shape(20, 30)
    for x, y in ((0, 0), (29, 19), (13, 7)):
        assert view.pixel_at(view.mapToScene(view.place_of(x, y).toPoint())) == (x, y)
    corner = view.box.mapViewToScene(pg.Point(-0.7, 3))
    assert view.pixel_at(corner) is None
