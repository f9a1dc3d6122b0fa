"""Choosing, moving and changing regions with the arrow, by real mouse and key events."""

from __future__ import annotations

import numpy as np
import pytest
from mouse_help import drag
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from region_help import ALT, CTRL, NONE, SHAPE, SHIFT, add, at, double, drawn, key, mask, move, only, region_window, stroke, take, tap
from view_fakes import pixels

from detgui.gui.image.rectangle import RectangleItem
from detgui.gui.image.region_edit import handles
from detgui.science.region_masks import painted
from detgui.science.regions import Ellipse, Painted, Polygon, Rectangle

BOX = Rectangle(50.0, 40.0, 30.0, 20.0)
KITE = Polygon(((30.0, 20.0), (70.0, 25.0), (65.0, 60.0), (25.0, 50.0)))


@pytest.fixture
def window(qtbot):
    return region_window(qtbot)


@pytest.fixture
def panel(window):
    return window.panel


@pytest.fixture
def session(window):
    return window.session


def handle(panel, shape, grip: str, number: int = 0, side=(0, 0)) -> tuple[float, float]:
    """Where a handle is."""
    found = [
        each
        for each in handles(shape, panel.canvas.regions.pixel())
        if (each.part.grip, each.part.number, each.part.side) == (grip, number, side)
    ]
    return found[0].x, found[0].y


def slowly(qtbot) -> None:
    """Long enough that the next click is no double click."""
    qtbot.wait(QApplication.doubleClickInterval() + 20)


# Choosing


def test_a_click_chooses_the_smallest_region_under_the_mouse_and_the_pixel(qtbot, panel, session):
    add(session, BOX, Ellipse(50, 40, 5, 5), Rectangle(50, 40, 90, 70))
    session.select_regions(())
    for place, number in (((50, 40), 2), ((62, 40), 1), ((80, 60), 3)):
        tap(panel, *place)
        assert session.state.selected == (number,)
        assert session.state.pixel == place
        slowly(qtbot)
    tap(panel, 2, 77)
    assert session.state.selected == ()
    assert session.state.pixel == (2, 77)


def test_control_click_adds_and_takes_out_and_shift_click_still_pins(qtbot, panel, session):
    add(session, Rectangle(20, 20, 10, 10), Rectangle(70, 60, 10, 10))
    tap(panel, 20, 20)
    tap(panel, 70, 60, CTRL)
    assert session.state.selected == (1, 2)
    slowly(qtbot)
    tap(panel, 70, 60, CTRL)
    assert session.state.selected == (1,)
    slowly(qtbot)
    tap(panel, 70, 60, SHIFT)
    assert [(pin.x, pin.y) for pin in session.state.pins] == [(70, 60)]
    assert session.state.selected == (1,)


def test_a_drag_that_begins_on_no_selected_region_moves_the_image(panel, session):
    add(session, BOX)
    session.select_regions(())
    panel.view.zoom(2.0)
    before = panel.view.box.viewRect()
    drag(panel.view, at(panel, 50, 40), at(panel, 60, 45))
    assert only(panel).region.shape == BOX
    assert panel.view.box.viewRect().center() != before.center()


def test_a_selected_region_larger_than_the_view_is_moved_by_its_edge_only(panel, session):
    large = Rectangle(50.0, 40.0, 60.0, 50.0)
    add(session, large)
    panel.view.show_range(QRectF(35, 25, 30, 30))
    QApplication.processEvents()
    before = panel.view.box.viewRect()
    drag(panel.view, at(panel, 50, 40), at(panel, 58, 44))
    assert only(panel).region.shape == large
    assert panel.view.box.viewRect().center() != before.center()


# Moving and changing


def test_a_selected_region_is_moved_by_whole_pixels_as_one_undo(panel, session):
    add(session, KITE)
    before = mask(only(panel))
    seen = []
    session.changed.connect(lambda _old, new: seen.append(new.regions[0].region.shape))
    stroke(panel, [(45, 40), (50, 44), (57.2, 47.2)])
    moved = mask(only(panel))
    assert np.array_equal(moved, np.roll(before, (7, 12), (0, 1)))
    assert len(seen) > 2  # it follows while it is dragged
    assert session.undo_text == "Move region"
    session.undo()
    assert only(panel).region.shape == KITE
    assert session.undo_text == ""


def test_all_selected_regions_move_together(panel, session):
    add(session, Rectangle(20, 20, 10, 10), Rectangle(70, 60, 10, 10), Rectangle(20, 60, 10, 10))
    session.select_regions((1, 2))
    stroke(panel, [(20, 20), (26, 22)])
    assert [each.region.shape.x for each in drawn(panel)] == [26, 76, 20]
    session.undo()
    assert [each.region.shape.x for each in drawn(panel)] == [20, 70, 20]


def test_a_click_on_a_selected_region_chooses_the_pixel_and_moves_nothing(panel, session):
    add(session, BOX)
    tap(panel, 45, 38)
    assert session.state.pixel == (45, 38)
    assert session.state.selected == (1,)
    assert only(panel).region.shape == BOX


def test_a_corner_resizes_and_the_opposite_one_stays(panel, session):
    add(session, BOX)
    stroke(panel, [handle(panel, BOX, "size", side=(1, 1)), (75, 60)])
    shape = only(panel).region.shape
    assert (shape.x - shape.width / 2, shape.y - shape.height / 2) == (35, 30)
    assert (shape.x + shape.width / 2, shape.y + shape.height / 2) == pytest.approx((75, 60), abs=1)
    high_x, high_y = shape.bounds[2:]
    assert (high_x % 1, high_y % 1) == (0.5, 0.5)  # between pixels
    assert session.undo_text == "Resize region"


def test_an_edge_dragged_past_the_other_side_turns_the_box_over(panel, session):
    add(session, BOX)
    stroke(panel, [handle(panel, BOX, "size", side=(1, 0)), (20, 40)])
    shape = only(panel).region.shape
    assert shape.x + shape.width / 2 == 35
    assert shape.x - shape.width / 2 == pytest.approx(20, abs=1)


def test_an_ellipse_is_turned_and_with_control_by_steps(panel, session):
    add(session, Ellipse(50.0, 40.0, 20.0, 8.0))
    top = handle(panel, only(panel).region.shape, "turn")
    stroke(panel, [top, (40, 60), (25, 45)])
    angle = only(panel).region.shape.angle
    assert angle == pytest.approx(np.degrees(np.arctan2(5, -25)) - 90, abs=3)
    top = handle(panel, only(panel).region.shape, "turn")
    start = at(panel, *top)
    QTest.mousePress(panel.view.viewport(), Qt.MouseButton.LeftButton, NONE, start)
    move(panel.view, at(panel, 40, 55), Qt.MouseButton.LeftButton, CTRL)
    assert only(panel).region.shape.angle % 15 == 0
    QTest.mouseRelease(panel.view.viewport(), Qt.MouseButton.LeftButton, CTRL, at(panel, 40, 55))


def test_a_turned_rectangle_is_resized_along_its_own_axes(panel, session):
    shape = Rectangle(50.0, 40.0, 30.0, 20.0, 30.0)
    add(session, shape)
    side = handle(panel, shape, "size", side=(1, 0))
    away = (side[0] + 8 * np.cos(np.pi / 6), side[1] + 8 * np.sin(np.pi / 6))
    stroke(panel, [side, away])
    after = only(panel).region.shape
    assert (after.width, after.height, after.angle) == pytest.approx((38, 20, 30), abs=0.5)


def test_a_vertex_is_moved_added_and_deleted(qtbot, panel, session):
    add(session, KITE)
    stroke(panel, [(70, 25), (85, 15)])
    points = only(panel).region.shape.points
    assert points[1] == pytest.approx((85, 15), abs=0.4)
    assert (points[0], *points[2:]) == (KITE.points[0], *KITE.points[2:])
    assert session.undo_text == "Move vertex"
    double(panel, 45, 55)  # on the edge from (65, 60) to (25, 50)
    longer = only(panel).region.shape.points
    assert len(longer) == 5
    assert longer[3] == pytest.approx((45, 55), abs=0.5)
    assert session.undo_text == "Add vertex"
    QTest.mouseMove(panel.view.viewport(), at(panel, *longer[3]))
    QApplication.processEvents()
    key(panel, Qt.Key.Key_Delete)
    assert only(panel).region.shape.points == points
    assert session.undo_text == "Delete vertex"
    while session.undo_text:
        session.undo()
    assert only(panel).region.shape == KITE


def test_painted_pixels_are_moved(panel, session):
    pattern = np.zeros(SHAPE[2:], bool)
    pattern[30:40, 40:60] = np.random.default_rng(1).random((10, 20)) < 0.8
    add(session, painted(pattern))
    before = mask(only(panel))
    y, x = np.argwhere(before)[30]
    stroke(panel, [(x, y), (x + 9, y + 5)])
    assert isinstance(only(panel).region.shape, Painted)
    assert np.array_equal(mask(only(panel)), np.roll(before, (5, 9), (0, 1)))


# Keys


def test_delete_removes_selected_regions_and_leaves_pins(panel, session):
    add(session, BOX, Rectangle(10, 10, 5, 5))
    session.toggle_pin(3, 3)
    session.select_regions((1,))
    key(panel, Qt.Key.Key_Delete)
    assert [each.number for each in drawn(panel)] == [2]
    assert len(session.state.pins) == 1
    session.undo()
    assert len(drawn(panel)) == 2
    session.select_regions(())
    key(panel, Qt.Key.Key_Delete)  # nothing selected: the pin goes as before
    assert session.state.pins == ()
    assert len(drawn(panel)) == 2


def test_escape_lets_go_of_the_selection_then_unpins(panel, session):
    add(session, BOX)
    session.toggle_pin(3, 3)
    key(panel, Qt.Key.Key_Escape)
    assert session.state.selected == ()
    assert len(session.state.pins) == 1
    key(panel, Qt.Key.Key_Escape)
    assert session.state.pins == ()


def test_escape_in_a_drag_puts_the_region_back(panel, session):
    add(session, BOX)
    stroke(panel, [(50, 40), (70, 50)], release=False)
    assert only(panel).region.shape != BOX
    key(panel, Qt.Key.Key_Escape)
    assert only(panel).region.shape == BOX
    QTest.mouseRelease(panel.view.viewport(), Qt.MouseButton.LeftButton, NONE, at(panel, 70, 50))
    assert only(panel).region.shape == BOX
    assert session.undo_text == ""


def test_alt_arrows_nudge_the_region_and_arrows_still_move_the_pixel(panel, session):
    add(session, BOX)
    session.choose_pixel(10, 10)
    key(panel, Qt.Key.Key_Right, ALT)
    key(panel, Qt.Key.Key_Up, ALT)
    assert (only(panel).region.shape.x, only(panel).region.shape.y) == (51, 41)
    assert session.state.pixel == (10, 10)
    session.undo()
    assert (only(panel).region.shape.x, only(panel).region.shape.y) == (51, 40)
    key(panel, Qt.Key.Key_Right)
    assert session.state.pixel == (11, 10)


def test_keys_of_the_arrow_work_with_a_tool_in_hand(panel, session):
    add(session, Rectangle(10, 10, 5, 5), KITE)
    take(panel, "polygon")
    QTest.mouseMove(panel.view.viewport(), at(panel, *KITE.points[1]))
    QApplication.processEvents()
    key(panel, Qt.Key.Key_Delete)
    assert session.undo_text == "Delete vertex"
    session.undo()
    QTest.mouseMove(panel.view.viewport(), at(panel, 90, 70))
    QApplication.processEvents()
    key(panel, Qt.Key.Key_Right, ALT)
    assert session.undo_text == "Move region"
    key(panel, Qt.Key.Key_Delete)  # the mouse is over no vertex any more
    assert [each.number for each in drawn(panel)] == [1]
    session.undo()
    tap(panel, 80, 60)  # a polygon has begun: its own keys count
    tap(panel, 90, 60)
    session.select_regions((1,))
    key(panel, Qt.Key.Key_Backspace)
    key(panel, Qt.Key.Key_Backspace)
    assert [each.number for each in drawn(panel)] == [1, 2]
    assert session.state.tools.tool == "polygon"


# Locked and hidden


def test_a_locked_region_stays_and_a_word_says_so(panel, session):
    add(session, BOX, name="wall", locked=True)
    stroke(panel, [(35, 40), (55, 60)])
    assert only(panel).region.shape == BOX
    assert panel.message.text() == "wall is locked"
    QTest.mouseMove(panel.view.viewport(), at(panel, 50, 30))
    QTest.mouseMove(panel.view.viewport(), at(panel, 51, 30))
    QApplication.processEvents()
    assert panel.canvas.regions.cursor().shape() == Qt.CursorShape.ForbiddenCursor
    key(panel, Qt.Key.Key_Delete)
    assert only(panel).region.shape == BOX
    key(panel, Qt.Key.Key_Right, ALT)
    assert only(panel).region.shape == BOX


def test_a_hidden_region_is_neither_drawn_nor_found(panel, session):
    before = pixels(panel.view)
    add(session, BOX)
    session.select_regions(())
    assert not np.array_equal(pixels(panel.view), before)
    session.set_region((1,), hidden=True)
    assert np.array_equal(pixels(panel.view), before)
    tap(panel, 50, 40)
    assert session.state.selected == ()


def test_another_item_that_waits_for_the_drag_gets_it(panel, session):
    add(session, BOX)
    item = RectangleItem()
    panel.view.box.addItem(item, ignoreBounds=True)
    item.show_rectangle(None, 100, 80)
    item.set_drawing(True)
    drag(panel.view, at(panel, 45, 38), at(panel, 70, 55))
    assert only(panel).region.shape == BOX
    assert item.rectangle is not None
    panel.view.box.removeItem(item)


def test_place_of_the_mouse(panel):
    """The hand itself: what the tests press is where they say."""
    point = at(panel, 50, 40)
    back = panel.view.box.mapSceneToView(panel.view.mapToScene(point))
    assert (QPointF(back) - QPointF(50, 40)).manhattanLength() < 0.5
