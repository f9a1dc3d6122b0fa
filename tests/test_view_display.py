"""How the image is shown, by real mouse and key events: stretch, limits, flags, zoom."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from view_fakes import LEFT, image_window, press, turn

from detgui.gui.image import colormaps
from detgui.gui.image.go_to import GoToPixel
from detgui.session.state import Frame


@pytest.fixture
def window(qtbot):
    return image_window(qtbot)


@pytest.fixture
def panel(window):
    return window.panel


def test_the_title_says_what_is_shown(panel):
    session = panel.session
    assert panel.title.whole == "jw01366003001_04101_0000a_nrs1_ramp  ·  integration 1 of 3  ·  group 1 of 5  ·  DN"
    session.go_to(group=4)
    session.set_difference("previous group")
    assert "integration 1 of 3  ·  group 4 − group 3" in panel.title.whole
    session.set_difference("other", Frame("a", "SCI", 3, 4))
    assert "integration 1 − integration 3  ·  group 4 of 5" in panel.title.whole
    session.set_difference("other", Frame("b", "SCI", 1, 4))
    assert "group 4 of 5  ·  − jw01366003001_04101_0000b_nrs1_ramp" in panel.title.whole


def test_a_difference_has_its_own_colours_with_white_at_zero(qtbot, panel):
    panel.session.go_to(group=2)
    plain = panel.view.image.colour_table
    press(qtbot, panel, Qt.Key.Key_D)
    assert panel.session.state.difference.mode == "previous group"
    assert panel.bar.colormap.value == colormaps.DIVERGING
    assert panel.view.image.colour_table != plain
    press(qtbot, panel, Qt.Key.Key_C)
    assert (panel.session.state.display.colormap, panel.session.state.display.difference_colormap) == ("viridis", "gray")
    press(qtbot, panel, Qt.Key.Key_D)
    assert panel.view.image.colour_table == plain


def test_a_difference_with_another_file_follows_the_steps(qtbot, panel):
    panel.session.set_difference("other", Frame("b", "SCI", 1, 1))
    loader = panel.parent().loader
    loader.asked.clear()
    press(qtbot, panel, Qt.Key.Key_BracketRight)
    press(qtbot, panel, Qt.Key.Key_Period)
    assert [(r.frame.integration, r.frame.group) for r in loader.asked] == [(1, 2), (2, 2)]
    assert [(r.subtract.exposure, r.subtract.integration, r.subtract.group) for r in loader.asked] == [("b", 1, 2), ("b", 2, 2)]


def test_the_wheel_zooms_about_the_mouse(panel):
    whole, place = panel.view.box.viewRect(), panel.view.place_of(15, 25)
    turn(panel.view.viewport(), 240, place)
    assert panel.view.box.viewRect().width() < whole.width()
    assert (panel.view.place_of(15, 25) - place).manhattanLength() < 4


@pytest.mark.parametrize(
    ("key", "field", "expected"),
    [
        (Qt.Key.Key_S, "stretch", "sqrt"),
        (Qt.Key.Key_C, "colormap", "cividis"),
        (Qt.Key.Key_M, "limits", "minmax"),
        (Qt.Key.Key_L, "lock_limits", True),
        (Qt.Key.Key_A, "amplifiers", True),
        (Qt.Key.Key_R, "reference_pixels", True),
        (Qt.Key.Key_Q, "dq_flags", ("SATURATED", "JUMP_DET", "DO_NOT_USE")),
    ],
)
def test_keys_change_the_display(qtbot, panel, key, field, expected):
    press(qtbot, panel, key)
    assert getattr(panel.session.state.display, field) == expected


def test_flags_come_back_as_they_were_chosen(qtbot, panel):
    panel.session.set_display(dq_flags=("HOT",))
    press(qtbot, panel, Qt.Key.Key_Q)
    assert panel.session.state.display.dq_flags == ()
    press(qtbot, panel, Qt.Key.Key_Q)
    assert panel.session.state.display.dq_flags == ("HOT",)


def test_the_flag_menu_lists_what_occurs_with_counts(panel):
    panel.flags_menu.open()
    texts = [action.text() for action in panel.bar.flags.menu().actions()]
    assert "HOT\t40" in texts
    assert "DO_NOT_USE\t40" in texts
    assert "SATURATED\t1" in texts
    assert not any("DEAD" in text for text in texts)
    hot = next(action for action in panel.bar.flags.menu().actions() if action.text().startswith("HOT"))
    hot.trigger()
    assert panel.session.state.display.dq_flags == ("HOT",)
    assert not panel.canvas.legend.isHidden()
    assert panel.answer.overlay.sum() == 40


def test_choices_of_the_bar_reach_the_session(panel):
    for button, choice, field, expected in (
        (panel.bar.stretch, "asinh", "stretch", "asinh"),
        (panel.bar.limits, "99.9 %", "percentile", 99.9),
        (panel.bar.colormap, "inferno", "colormap", "inferno"),
    ):
        next(action for action in button.menu().actions() if action.text() == choice).trigger()
        assert getattr(panel.session.state.display, field) == expected
        assert button.value == choice
    next(action for action in panel.bar.plane.menu().actions() if action.text() == "ERR").trigger()
    assert panel.session.state.frame.plane == "ERR"
    assert "ERR" in panel.title.whole


def test_dragging_a_limit_shows_at_once(qtbot, panel):
    bar = panel.limits.histogram
    low, high = bar.limits
    start = QPoint(round(bar.position(high)), 10)
    qtbot.mousePress(bar, LEFT, pos=start)
    qtbot.mouseMove(bar, start - QPoint(30, 0))
    display = panel.session.state.display
    assert display.limits == "typed"
    assert display.low == pytest.approx(low)
    assert low < display.high < high
    assert panel.answer.high == pytest.approx(display.high)
    qtbot.mouseRelease(bar, LEFT, pos=start - QPoint(30, 0))
    assert panel.bar.limits.text() == "typed"
    qtbot.mouseDClick(bar, LEFT, pos=QPoint(40, 10))
    assert panel.session.state.display.limits == "zscale"


def test_typed_limits(qtbot, panel):
    field = panel.limits.low
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "1105.5")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert panel.session.state.display.low == 1105.5
    assert panel.answer.low == 1105.5


def test_letters_typed_into_a_field_are_no_commands(qtbot, panel):
    panel.limits.low.setFocus()
    qtbot.keyClicks(panel.limits.low, "-1")
    assert panel.view.box.viewRect().contains(panel.view.image.boundingRect())
    assert panel.session.state.display.stretch == "linear"


def test_keys_zoom(qtbot, panel):
    whole = panel.view.box.viewRect()
    press(qtbot, panel, Qt.Key.Key_Plus)
    assert panel.view.box.viewRect().width() == pytest.approx(whole.width() / 1.5)
    press(qtbot, panel, Qt.Key.Key_Minus)
    assert panel.view.box.viewRect().width() == pytest.approx(whole.width())
    panel.session.choose_pixel(3, 4)
    press(qtbot, panel, Qt.Key.Key_X)
    assert panel.view.box.viewRect().center().toTuple() == pytest.approx((3, 4), abs=1)
    press(qtbot, panel, Qt.Key.Key_F)
    assert panel.view.box.viewRect() == whole
    press(qtbot, panel, Qt.Key.Key_W)
    assert panel.view.fill


def test_the_zoom_stays_when_another_exposure_of_the_same_shape_is_shown(panel):
    panel.view.zoom_to(20, 20)
    zoomed = panel.view.box.viewRect()
    panel.session.choose_exposure("b")
    assert panel.view.box.viewRect() == zoomed


def test_go_to_pixel(qtbot, panel):
    press(qtbot, panel, Qt.Key.Key_G)
    dialog = panel.findChild(GoToPixel)
    dialog.x.setValue(33)
    dialog.y.setValue(21)
    with qtbot.waitSignal(dialog.finished):
        dialog.accept()
    assert panel.session.state.pixel == (33, 21)
