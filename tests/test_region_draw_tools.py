"""Every drawing tool by real mouse and key events, with the modes and the kinds."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from region_help import ALT, CTRL, NONE, SHAPE, SHIFT, at, double, drawn, key, mask, move, only, region_window, stroke, take, tap
from view_fakes import turn

from detgui.science.region_masks import mask_of
from detgui.science.regions import Ellipse, Polygon, Rectangle, Region

Y, X = np.mgrid[0 : SHAPE[2], 0 : SHAPE[3]]


@pytest.fixture
def window(qtbot):
    return region_window(qtbot)


@pytest.fixture
def panel(window):
    return window.panel


def test_a_rectangle_covers_the_pixels_from_press_to_release(panel):
    take(panel, "rectangle", kind="void")
    stroke(panel, [(20, 30), (41, 49)])
    found = only(panel)
    assert found.region.shape == Rectangle(30.5, 39.5, 22, 20)
    assert np.array_equal(mask(found), (X >= 20) & (X <= 41) & (Y >= 30) & (Y <= 49))
    assert (found.region.kind, found.region.name) == ("void", "void 1")
    assert panel.session.state.selected == (found.number,)
    assert panel.session.state.tools.tool == "rectangle"
    panel.session.undo()
    assert drawn(panel) == []


def test_a_rectangle_drawn_with_control_is_a_square(panel):
    take(panel, "rectangle")
    stroke(panel, [(20, 30), (41, 35)], CTRL)
    shape = only(panel).region.shape
    assert shape.width == shape.height == 22


def test_an_ellipse_fills_the_box_of_the_drag(panel):
    take(panel, "ellipse")
    stroke(panel, [(20, 30), (60, 50)])
    shape = only(panel).region.shape
    assert isinstance(shape, Ellipse)
    assert (shape.x, shape.y, shape.rx, shape.ry) == pytest.approx((40, 40, 20, 10), abs=0.3)


def test_a_polygon_is_clicked_and_closed_with_enter(panel):
    take(panel, "polygon")
    corners = [(20, 20), (60, 22), (55, 60), (25, 50)]
    for place in corners:
        tap(panel, *place)
    assert panel.session.undo_text == ""  # it is not made yet
    key(panel, Qt.Key.Key_Return)
    assert panel.session.undo_text == "Draw region of interest"
    assert only(panel).region.shape.points == pytest.approx(np.array(corners), abs=0.2)


def test_a_double_click_or_a_click_on_the_first_vertex_closes_it(panel):
    take(panel, "polygon")
    for place in [(20, 20), (60, 22)]:
        tap(panel, *place)
    double(panel, 55, 60)
    tap(panel, 70, 20)
    for place in [(90, 20), (90, 40), (70, 20)]:
        tap(panel, *place)
    first, second = (each.region.shape.points for each in drawn(panel))
    assert first == pytest.approx(np.array([(20, 20), (60, 22), (55, 60)]), abs=0.2)
    assert second == pytest.approx(np.array([(70, 20), (90, 20), (90, 40)]), abs=0.2)


def test_backspace_takes_the_last_vertex_back_and_escape_gives_up(panel):
    take(panel, "polygon")
    for place in [(20, 20), (60, 22), (90, 70), (55, 60)]:
        tap(panel, *place)
        if place == (90, 70):
            key(panel, Qt.Key.Key_Backspace)
    key(panel, Qt.Key.Key_Enter)
    assert only(panel).region.shape.points == pytest.approx(np.array([(20, 20), (60, 22), (55, 60)]), abs=0.2)
    for place in [(20, 20), (60, 22), (90, 70)]:
        tap(panel, *place)
    key(panel, Qt.Key.Key_Escape)
    assert len(drawn(panel)) == 1
    assert panel.canvas.regions.draft is None
    assert panel.session.state.tools.tool == "polygon"  # the next Esc puts the tool down
    key(panel, Qt.Key.Key_Escape)
    assert panel.session.state.tools.tool == ""


def test_the_vertices_of_a_polygon_are_seen_and_where_a_click_closes_it(panel):
    take(panel, "polygon")
    places = [(20, 20), (60, 22), (55, 50)]
    for place in places:
        tap(panel, *place)
    draft = panel.canvas.regions.draft
    assert np.allclose(draft.knots, places, atol=0.4)
    assert not draft.closes
    QTest.mouseMove(panel.view.viewport(), at(panel, 20, 20))
    QApplication.processEvents()
    assert panel.canvas.regions.draft.closes
    key(panel, Qt.Key.Key_Escape)
    assert panel.canvas.regions.draft is None


def test_two_vertices_are_no_polygon(panel):
    take(panel, "polygon")
    for place in [(20, 20), (60, 22)]:
        tap(panel, *place)
    key(panel, Qt.Key.Key_Return)
    assert drawn(panel) == []
    assert "3 vertices" in panel.message.text()


def test_the_lasso_takes_what_it_goes_around(panel):
    take(panel, "lasso")
    turns = np.linspace(0, 2 * np.pi, 41)
    stroke(panel, list(zip(50 + 25 * np.cos(turns), 40 + 20 * np.sin(turns), strict=True)))
    found = only(panel)
    inside = ((X - 50) / 25) ** 2 + ((Y - 40) / 20) ** 2 <= 1
    assert isinstance(found.region.shape, Polygon)
    assert (mask(found) != inside).sum() < 0.04 * inside.sum()
    assert len(found.region.shape.points) < 60  # of 121 places: what lies on a line is left out


@pytest.mark.parametrize(
    ("modifier", "how", "join"),
    [
        (SHIFT, "new", lambda a, b: a | b),
        (ALT, "new", lambda a, b: a & ~b),
        (SHIFT | ALT, "new", lambda a, b: a & b),
        (Qt.KeyboardModifier.NoModifier, "add", lambda a, b: a | b),
        (Qt.KeyboardModifier.NoModifier, "subtract", lambda a, b: a & ~b),
        (Qt.KeyboardModifier.NoModifier, "intersect", lambda a, b: a & b),
    ],
)
def test_modes_by_modifiers_and_by_the_strip(panel, modifier, how, join):
    panel.session.add_regions([Region(Rectangle(50, 40, 40, 30))])
    before = mask(only(panel))
    take(panel, "rectangle", how=how)
    stroke(panel, [(60, 50), (90, 70)], modifier)
    other = (X >= 60) & (X <= 90) & (Y >= 50) & (Y <= 70)
    assert np.array_equal(mask(only(panel)), join(before, other))
    panel.session.undo()
    assert only(panel).region.shape == Rectangle(50, 40, 40, 30)


def test_taking_away_needs_a_selected_region_that_is_not_locked(panel):
    take(panel, "rectangle", how="subtract")
    stroke(panel, [(60, 50), (90, 70)])
    assert drawn(panel) == []
    assert "select the region" in panel.message.text()
    panel.session.add_regions([Region(Rectangle(50, 40, 40, 30), "wall", locked=True)])
    stroke(panel, [(60, 50), (90, 70)])
    assert only(panel).region.shape == Rectangle(50, 40, 40, 30)
    assert panel.message.text() == "wall is locked"


def test_keys_take_the_tools_and_change_mode_kind_and_size(panel):
    expected = [
        (Qt.Key.Key_R, "rectangle"), (Qt.Key.Key_E, "ellipse"), (Qt.Key.Key_P, "polygon"), (Qt.Key.Key_L, "lasso"),
        (Qt.Key.Key_B, "brush"), (Qt.Key.Key_G, "grow"),
    ]  # fmt: skip
    for which, tool in expected:
        key(panel, which, SHIFT)
        assert panel.session.state.tools.tool == tool
        assert panel.strip.tools[tool].isChecked()
    key(panel, Qt.Key.Key_E)
    assert panel.session.state.tools.tool == ""
    key(panel, Qt.Key.Key_M, SHIFT)
    assert panel.session.state.tools.how == "add"
    key(panel, Qt.Key.Key_K, SHIFT)
    assert panel.session.state.tools.kind == "background"
    key(panel, Qt.Key.Key_B, SHIFT)
    before = panel.session.state.tools.brush
    key(panel, Qt.Key.Key_0)
    assert panel.session.state.tools.brush > before
    key(panel, Qt.Key.Key_9)
    key(panel, Qt.Key.Key_9)
    assert panel.session.state.tools.brush < before


def test_the_plate_shows_what_the_tool_needs(panel):
    shown = {}
    for tool in ("", "rectangle", "brush", "grow"):
        take(panel, tool)
        shown[tool] = [name for name in ("brush", "tolerance", "smooth") if getattr(panel.options, name).isVisible()]
    assert shown == {"": [], "rectangle": [], "brush": ["brush"], "grow": ["tolerance", "smooth"]}
    take(panel, "brush")
    panel.options.brush.setValue(7.5)
    assert panel.session.state.tools.brush == 7.5


def test_a_click_with_a_tool_of_drags_chooses_the_pixel(panel):
    take(panel, "rectangle")
    tap(panel, 33, 44)
    assert panel.session.state.pixel == (33, 44)
    assert drawn(panel) == []


def test_pixels_outside_the_image_do_not_belong(panel):
    take(panel, "rectangle")
    panel.view.zoom(0.7)
    stroke(panel, [(-8, -6), (10, 12)])
    assert np.array_equal(mask(only(panel)), (X <= 10) & (Y <= 12))


def test_the_wheel_still_zooms_with_a_tool_in_hand(panel):
    take(panel, "brush")
    before = panel.view.box.viewRect()
    turn(panel.view.viewport(), 120, panel.view.viewport().rect().center())
    assert panel.view.box.viewRect().width() < before.width()


def test_a_polygon_goes_on_while_groups_are_stepped_through_and_not_on_another_detector(panel):
    take(panel, "polygon")
    for place in [(20, 20), (60, 22)]:
        tap(panel, *place)
    key(panel, Qt.Key.Key_BracketRight)
    assert panel.session.state.frame.group == 2
    tap(panel, 55, 60)
    key(panel, Qt.Key.Key_Return)
    assert len(only(panel).region.shape.points) == 3
    tap(panel, 20, 20)
    panel.session.choose_exposure("d")
    assert panel.canvas.regions.draft is None


def test_control_and_the_wheel_change_the_brush(panel):
    take(panel, "brush", brush=4.0)
    view, before = panel.view, panel.view.box.viewRect()
    place = QPointF(view.viewport().rect().center())
    for delta, expected in ((120, 5.0), (-120, 4.0)):
        event = QWheelEvent(
            place, view.viewport().mapToGlobal(place), QPoint(), QPoint(0, delta), Qt.MouseButton.NoButton, CTRL,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(view.viewport(), event)
        assert panel.session.state.tools.brush == pytest.approx(expected, abs=0.3)
    assert view.box.viewRect() == before


def test_the_middle_button_moves_the_image_with_a_tool_in_hand(qtbot, panel):
    take(panel, "rectangle")
    view, middle = panel.view, Qt.MouseButton.MiddleButton
    view.zoom(2.0)
    before = view.box.viewRect()
    start = at(panel, 50, 40)
    QTest.mousePress(view.viewport(), middle, NONE, start)
    for step in range(1, 8):
        qtbot.wait(12)
        move(view, start + QPoint(8 * step, 0), middle, NONE)
    QTest.mouseRelease(view.viewport(), middle, NONE, start + QPoint(56, 0))
    assert view.box.viewRect().left() < before.left()
    assert drawn(panel) == []


def test_shapes_on_the_screen_are_as_they_are_drawn_where_pixels_are_not_square(qtbot):
    window = region_window(qtbot, (1, 3, 32, 512))
    panel = window.panel
    assert panel.view.fill
    take(panel, "brush", brush=3.0)
    stroke(panel, [(100, 16), (300, 16)])
    found = mask_of(only(panel).region.shape, (32, 512))
    assert found[14:19, 100:300].all()
    assert not found[:12].any()
    take(panel, "polygon")
    for place in [(20, 4), (480, 4), (250, 28)]:
        tap(panel, *place)
    key(panel, Qt.Key.Key_Return)
    assert drawn(panel)[-1].region.shape.points == pytest.approx(np.array([(20, 4), (480, 4), (250, 28)]), abs=1.0)
