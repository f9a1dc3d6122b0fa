"""What is being drawn is in the session from the first move on: one undo when it is done, nothing left when it is given up."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from region_help import ALT, LEFT, NONE, SHAPE, SHIFT, at, drawn, key, mask, move, only, region_window, stroke, take, tap

from detgui.science.regions import Rectangle, Region

Y, X = np.mgrid[0 : SHAPE[2], 0 : SHAPE[3]]
WAY = [(20, 20), (60, 22), (62, 60), (30, 50)]
WALL = Rectangle(50, 40, 40, 30)


@pytest.fixture
def window(qtbot):
    return region_window(qtbot)


@pytest.fixture
def panel(window):
    return window.panel


@pytest.fixture
def session(panel):
    return panel.session


def begin(panel, tool: str, modifier=NONE) -> None:
    """Draw as far as the last place of the way, without the end."""
    take(panel, tool, smooth=1, tolerance=1e9)
    if tool == "polygon":
        for place in WAY:
            tap(panel, *place)
    else:
        stroke(panel, WAY if tool != "ellipse" else WAY[::2], modifier, release=False)


@pytest.mark.parametrize("tool", ["rectangle", "ellipse", "polygon", "lasso", "brush", "grow"])
def test_what_is_drawn_is_there_before_it_is_done_and_is_one_undo(panel, session, tool):
    begin(panel, tool)
    before = only(panel)
    assert session.state.selected == (before.number,)
    assert mask(before).any()
    assert session.undo_text == ""
    if tool == "polygon":
        key(panel, Qt.Key.Key_Return)
    else:
        QTest.mouseRelease(panel.view.viewport(), LEFT, NONE, at(panel, *WAY[2 if tool == "ellipse" else -1]))
    assert only(panel).number == before.number
    assert np.array_equal(mask(only(panel)), mask(before))
    assert session.undo_text == "Draw region of interest"
    session.undo()
    assert drawn(panel) == []
    assert session.undo_text == ""
    session.redo()
    assert only(panel).region.name == "region 1"


@pytest.mark.parametrize("tool", ["rectangle", "ellipse", "polygon", "lasso", "brush", "grow"])
def test_what_is_given_up_leaves_nothing(panel, session, tool):
    session.add_regions([Region(Rectangle(90, 70, 4, 4))])
    old = session.state.selected
    session.forget()
    begin(panel, tool)
    assert len(drawn(panel)) == 2
    key(panel, Qt.Key.Key_Escape)
    assert (only(panel).number, session.state.selected) == (old[0], old)
    assert (session.undo_text, session.redo_text) == ("", "")
    assert panel.canvas.regions.draft is None


def test_the_shape_follows_the_mouse(panel):
    take(panel, "rectangle", kind="void")
    stroke(panel, [(20, 30), (41, 49)], release=False)
    assert np.array_equal(mask(only(panel)), (X >= 20) & (X <= 41) & (Y >= 30) & (Y <= 49))
    move(panel.view, at(panel, 25, 33), LEFT, NONE)
    assert np.array_equal(mask(only(panel)), (X >= 20) & (X <= 25) & (Y >= 30) & (Y <= 33))
    assert only(panel).region.name == "void 1"


@pytest.mark.parametrize(("modifier", "join"), [(SHIFT, np.logical_or), (ALT, lambda a, b: a & ~b), (SHIFT | ALT, np.logical_and)])
def test_a_region_that_is_changed_follows_too(panel, session, modifier, join):
    session.add_regions([Region(WALL)])
    session.forget()
    before = mask(only(panel))
    take(panel, "rectangle")
    stroke(panel, [(60, 50), (90, 70), (80, 60)], modifier, release=False)
    assert np.array_equal(mask(only(panel)), join(before, (X >= 60) & (X <= 80) & (Y >= 50) & (Y <= 60)))
    assert session.undo_text == ""
    key(panel, Qt.Key.Key_Escape)
    assert only(panel).region.shape == WALL
    assert session.undo_text == ""


def test_undo_in_the_middle_takes_back_what_is_drawn_and_no_more(panel, session):
    session.add_regions([Region(WALL)])
    begin(panel, "polygon")
    assert len(drawn(panel)) == 2
    session.undo()
    assert only(panel).region.shape == WALL
    assert panel.canvas.regions.draft is None
    key(panel, Qt.Key.Key_Return)
    assert only(panel).region.shape == WALL


def test_a_polygon_taken_back_to_one_vertex_is_no_region(panel, session):
    begin(panel, "polygon")
    for _ in range(3):
        key(panel, Qt.Key.Key_Backspace)
    assert drawn(panel) == []
    key(panel, Qt.Key.Key_Return)
    assert drawn(panel) == []
    assert session.undo_text == ""


def test_a_pixel_chosen_meanwhile_does_not_keep_what_is_given_up(panel, session):
    begin(panel, "polygon")
    session.choose_pixel(3, 4)
    key(panel, Qt.Key.Key_Escape)
    assert drawn(panel) == []


def test_handles_are_not_shown_while_drawing(panel, monkeypatch):
    shown = []
    item = panel.canvas.regions
    monkeypatch.setattr(type(item), "_draw_handles", lambda self, painter, transform, region: shown.append(region.name))
    begin(panel, "rectangle")
    panel.view.grab()
    assert shown == []
    QTest.mouseRelease(panel.view.viewport(), LEFT, NONE, at(panel, *WAY[-1]))
    panel.view.grab()
    assert shown == ["region 1"]


def test_what_was_drawn_is_put_right_by_its_handles_with_the_tool_still_in_hand(panel, session):
    take(panel, "rectangle")
    stroke(panel, [(20, 20), (59, 49)])
    stroke(panel, [(59.5, 49.5), (70, 60)])
    assert len(drawn(panel)) == 1
    assert np.array_equal(mask(only(panel)), (X >= 20) & (X <= 70) & (Y >= 20) & (Y <= 60))
    assert session.state.tools.tool == "rectangle"
    stroke(panel, [(40, 40), (45, 45)])  # its inside is free for the next one
    assert len(drawn(panel)) == 2
    session.select_regions(())
    stroke(panel, [(70.5, 60.5), (80, 70)])  # what is not selected has no handles
    assert len(drawn(panel)) == 3


def test_a_vertex_is_moved_with_the_polygon_tool_in_hand_and_a_locked_one_is_not(panel, session):
    begin(panel, "polygon")
    key(panel, Qt.Key.Key_Return)
    stroke(panel, [WAY[2], (80, 70)])
    assert only(panel).region.shape.points[2] == pytest.approx((80, 70), abs=0.3)
    session.set_region((only(panel).number,), locked=True)
    stroke(panel, [(80, 70), (90, 75)])
    key(panel, Qt.Key.Key_Escape)
    assert only(panel).region.shape.points[2] == pytest.approx((80, 70), abs=0.3)
