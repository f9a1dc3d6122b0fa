"""What lies behind the tools: outlines of pixels, strokes, growing, handles; against slow and plain ways."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from region_help import drawn, mask, only, take, tap
from view_fakes import FakeLoader, exposure

from detgui.gui.image.image_panel import ImagePanel
from detgui.gui.image.region_brush import Stroke
from detgui.gui.image.region_edit import Part, dragged, handles, part_at, with_new_vertex, without_vertex
from detgui.gui.image.region_grow import grown
from detgui.gui.image.region_lines import lines_of, member_lines, nearest, pixel_lines, simplified
from detgui.gui.image.region_paths import outline_path
from detgui.science.region_growth import grow, own_tolerance
from detgui.science.region_masks import mask_of, outline, painted
from detgui.science.regions import Combined, Ellipse, Painted, Polygon, Rectangle
from detgui.session.bridge import Bridge
from detgui.session.session import Session
from detgui.tasks.engine import Engine

SIZE = (40, 50)
Y, X = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]


def sides(lines: np.ndarray) -> list[tuple[float, ...]]:
    """Lines along pixel edges cut into sides of single pixels, in order, each once for every time it is there."""
    cut = []
    for x0, y0, x1, y1 in lines:
        (x0, x1), (y0, y1) = sorted((x0, x1)), sorted((y0, y1))
        for step in range(round(x1 - x0 + y1 - y0)):
            cut.append((x0 + step, y0, x0 + step + 1, y0) if y0 == y1 else (x0, y0 + step, x0, y0 + step + 1))
    return sorted(cut)


def test_outline_of_pixels_is_that_of_the_polygon_about_them():
    pixels = np.ones((6, 9), bool)
    pixels[:2, :4] = pixels[5, 7:] = False
    shape = Painted(11, 7, pixels)
    assert sides(pixel_lines(shape)) == sides(lines_of(outline(shape)))


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 0.9))
@settings(max_examples=30, deadline=None)
def test_outline_of_any_pixels_parts_inside_from_outside(seed, share):
    found = np.random.default_rng(seed).random(SIZE) < share
    found[5, 5] = True
    lines = sides(pixel_lines(painted(found)))
    padded = np.pad(found, 1)
    upright, level = np.diff(padded.astype(int), axis=1) != 0, np.diff(padded.astype(int), axis=0) != 0
    expected = [(x - 0.5, y - 1.5, x - 0.5, y - 0.5) for y, x in np.argwhere(upright)]
    expected += [(x - 1.5, y - 0.5, x - 0.5, y - 0.5) for y, x in np.argwhere(level)]
    assert lines == sorted(expected)


def test_outline_of_blocks_holds_every_pixel():
    found = np.zeros(SIZE, bool)
    found[3, 4] = found[20:30, 11:33] = True
    shape = painted(found)
    blocks = pixel_lines(shape, 4)
    assert (blocks[:, 0].min(), blocks[:, 1].min()) == (shape.x0 - 0.5, shape.y0 - 0.5)
    assert sides(pixel_lines(shape, 1)) == sides(pixel_lines(shape))
    assert len(blocks) < len(sides(pixel_lines(shape)))


def test_members_are_the_pixels_whose_centres_are_inside():
    shape = Ellipse(20.3, 15.8, 9.0, 5.0, 25.0)
    assert sides(member_lines(shape, SIZE)) == sides(pixel_lines(painted(mask_of(shape, SIZE))))


def test_nearest_measures_on_the_screen():
    lines = np.array([[0.0, 0.0, 10.0, 0.0], [0.0, 5.0, 10.0, 5.0]])
    distance, number, spot = nearest(lines, 4.0, 2.0, (1.0, 0.5))  # rows are twice as high as columns are wide
    assert (distance, number, spot) == (pytest.approx(4.0), 0, pytest.approx((4.0, 0.0)))


def test_a_shape_without_pixels_has_no_outline_and_is_not_found():
    nothing = Combined(Rectangle(20, 20, 5, 5), Rectangle(20, 20, 9, 9), "subtract")
    assert len(lines_of(nothing)) == 0
    assert outline_path(nothing, 1)[0].isEmpty()
    assert part_at(nothing, 20.0, 20.0, (1.0, 1.0), True) is None


def test_simplified_leaves_out_what_lies_on_a_line():
    corner = np.array([(0.0, 0.0), (3.0, 0.2), (10.0, 0.0), (10.2, 5.0), (10.0, 10.0)])
    assert simplified(corner, (1.0, 1.0)).tolist() == [[0, 0], [10, 0], [10, 10]]
    assert len(simplified(corner, (0.1, 0.1))) == 5  # seen ten times larger, they all count


@given(st.integers(0, 2**32 - 1), st.floats(0.5, 6.0))
@settings(max_examples=20, deadline=None)
def test_a_stroke_takes_the_pixels_near_its_path(seed, radius):
    path = np.random.default_rng(seed).uniform((-5, -5), (55, 45), (5, 2))
    stroke = Stroke(SIZE, radius)
    for x, y in path:
        stroke.go(x, y)
    steps = [start + (end - start) * part for start, end in pairwise(path) for part in np.linspace(0, 1, 600)]
    distance = np.min([np.hypot(X - x, Y - y) for x, y in steps], axis=0)
    reach = max(radius, np.sqrt(0.5))
    shape = stroke.passed()
    found = mask_of(shape, SIZE) if shape is not None else np.zeros(SIZE, bool)
    assert not (found & (distance > reach + 0.01)).any()
    assert found[distance < reach - 0.06].all()


@pytest.mark.parametrize("how", ["add", "subtract"])
def test_a_stroke_changes_a_shape(how):
    base = Polygon(((10.0, 10.0), (40.0, 12.0), (25.0, 35.0)))
    stroke = Stroke(SIZE, 3.0, base, how)
    stroke.go(20, 8)
    stroke.go(30, 20)
    passed, before = mask_of(stroke.passed(), SIZE), mask_of(base, SIZE)
    expected = before | passed if how == "add" else before & ~passed
    assert np.array_equal(mask_of(stroke.result(), SIZE), expected)


@pytest.mark.parametrize("smooth", [1, 3, 6])
@pytest.mark.parametrize(("x", "y", "to"), [(300, 250, 0), (5, 495, 0), (590, 3, 0), (300, 250, -150), (300, 250, 150)])
def test_growing_in_part_of_the_image_is_growing_in_all_of_it(x, y, to, smooth):
    rng = np.random.default_rng(4)
    rows, columns = np.mgrid[0:500, 0:600]
    values = rng.normal(100.0, 1.0, (500, 600))
    values[((columns - x - to) / 160) ** 2 + ((rows - y) / 40) ** 2 <= 1] -= 9.0
    values[rng.random(values.shape) < 0.01] = np.nan
    values[y, x] = 91.0
    shape, _, complaint = grown(values, x, y, 4.5, smooth)
    assert complaint == ""
    assert shape == painted(grow(values, x, y, 4.5, smooth))


@pytest.mark.parametrize("start", range(170, 182))
def test_growing_that_ends_beside_a_cut_is_averaged_with_what_lies_behind_it(start):
    values = np.full((60, 500), 100.0)
    values[:, start:400] = 91.0
    shape, _, _ = grown(values, 300, 30, 5.0, 6)  # the first part that is looked at begins at column 172
    assert shape == painted(grow(values, 300, 30, 5.0, 6))


def test_the_own_tolerance_is_three_sigmas_of_the_noise_whatever_the_slope():
    rows, columns = np.mgrid[0:300, 0:300]
    noise = np.random.default_rng(2).normal(0, 4.0, (300, 300))
    wall = 500.0 * (columns > 150)
    found = [own_tolerance(noise + wall + 0.3 * rows, x, 100) for x in range(60, 240, 20)]
    assert np.mean(found) == pytest.approx(12.0, rel=0.04)
    assert own_tolerance(noise, 100, 100, 4) == own_tolerance(noise, 100, 100) / 4


def test_handles_stay_a_hand_s_breadth_from_the_shape_at_any_zoom():
    shape = Rectangle(20.0, 20.0, 10.0, 6.0, 90.0)
    for pixel in ((1.0, 1.0), (0.1, 0.1), (0.5, 4.0)):
        (turn,) = (each for each in handles(shape, pixel) if each.part.grip == "turn")
        assert abs(turn.x - 17.0) / pixel[0] == pytest.approx(22.0)  # its upper side is at x = 17
        assert turn.y == pytest.approx(20.0)


def test_parts_under_the_mouse():
    shape = Rectangle(20.0, 20.0, 10.0, 6.0)
    pixel = (0.1, 0.1)
    found = {place: part_at(shape, *place, pixel, True) for place in ((15, 17), (25, 20), (18, 23), (20, 20), (40, 20))}
    assert [part and part.grip for part in found.values()] == ["size", "size", "edge", "body", None]
    assert found[(15, 17)].side == (-1, -1)


def test_a_small_shape_cannot_vanish():
    shape = Ellipse(20.0, 20.0, 5.0, 3.0)
    after = dragged(shape, Part("size", side=(1, 0)), (25.0, 20.0), (15.0, 20.0))
    assert after.rx == 0.5


def test_vertices_come_and_go():
    triangle = Polygon(((0.0, 0.0), (10.0, 0.0), (5.0, 8.0)))
    longer = with_new_vertex(triangle, 2, (2.0, 4.0))
    assert longer.points == (*triangle.points, (2.0, 4.0))
    assert without_vertex(longer, 3) == triangle
    assert without_vertex(triangle, 0) is None


def test_growing_in_a_worker(qtbot):
    engine = Engine(workers=2)
    bridge = Bridge(engine)
    session = Session()
    panel = ImagePanel(session, FakeLoader(session), engine=engine, bridge=bridge)
    qtbot.addWidget(panel)
    panel.resize(600, 700)
    panel.show()
    qtbot.waitExposed(panel)
    try:
        session.add_exposures([exposure("c", (1, 3, 80, 100), array="NRCA1 full")])
        values = np.full((80, 100), 50.0, np.float32)
        values[20:60, 30:70] = 20.0
        object.__setattr__(panel.answer, "values", values)
        take(panel, "grow", tolerance=5.0, smooth=1)
        tap(panel, 50, 40)
        qtbot.waitUntil(lambda: len(drawn(panel)) == 1, timeout=60_000)
        assert np.array_equal(mask(only(panel)), values == 20.0)
        session.set_tools(tolerance=40.0)
        qtbot.waitUntil(lambda: mask(only(panel)).all(), timeout=60_000)
        assert len(drawn(panel)) == 1
    finally:
        engine.close()
        bridge.close()
