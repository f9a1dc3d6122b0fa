"""The image panel by real mouse and key events."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QKeySequence, QWheelEvent
from PySide6.QtWidgets import QApplication, QMainWindow
from view_fakes import FakeLoader, exposure, pixels, values

from detgui.gui.common.colours import pin_colour
from detgui.gui.image import colormaps
from detgui.gui.image.choose_frame import ChooseFrame
from detgui.gui.image.go_to import GoToPixel
from detgui.gui.image.image_panel import ImagePanel
from detgui.gui.image.play import HeldKey
from detgui.session.requests import Trouble
from detgui.session.session import Session
from detgui.session.state import Frame

LEFT, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def window(qtbot):
    """A window with the panel in it, two exposures open, the first shown."""
    window = QMainWindow()
    qtbot.addWidget(window)
    window.session = Session()
    window.loader = FakeLoader(window.session)
    window.panel = ImagePanel(window.session, window.loader)
    window.setCentralWidget(window.panel)
    window.resize(600, 720)
    window.show()
    qtbot.waitExposed(window)
    window.session.add_exposures([exposure("a"), exposure("b")])
    window.activateWindow()
    window.panel.view.setFocus()
    qtbot.waitUntil(window.panel.view.hasFocus)
    return window


@pytest.fixture
def panel(window):
    return window.panel


def click(qtbot, panel, x, y, modifier=Qt.KeyboardModifier.NoModifier):
    place = panel.view.place_of(x, y).toPoint()
    viewport = panel.view.viewport()
    qtbot.mouseMove(viewport, place)
    qtbot.mouseClick(viewport, LEFT, modifier, place)
    QApplication.processEvents()


def press(qtbot, panel, *keys, modifier=Qt.KeyboardModifier.NoModifier):
    for key in keys:
        qtbot.keyClick(panel.view, key, modifier)


def turn(widget, delta, place):
    event = QWheelEvent(
        place, widget.mapToGlobal(place), QPoint(), QPoint(0, delta), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


# Pixels


@pytest.mark.parametrize("pixel", [(0, 0), (17, 31), (59, 39)])
def test_a_click_chooses_the_pixel_under_the_mouse(qtbot, panel, pixel):
    click(qtbot, panel, *pixel)
    assert panel.session.state.pixel == pixel


def test_a_click_with_a_shaky_hand_still_chooses_and_a_drag_does_not(qtbot, panel):
    viewport, place = panel.view.viewport(), panel.view.place_of(20, 20).toPoint()
    for dx, expected in ((2, (20, 20)), (60, (20, 20))):
        qtbot.mouseMove(viewport, place)
        qtbot.mousePress(viewport, LEFT, pos=place)
        qtbot.mouseMove(viewport, place + QPoint(dx // 2, 0), delay=5)
        qtbot.mouseMove(viewport, place + QPoint(dx, 0), delay=5)
        qtbot.mouseRelease(viewport, LEFT, pos=place + QPoint(dx, 0))
        QApplication.processEvents()
        assert panel.session.state.pixel == expected


def test_shift_click_pins_with_a_new_colour_and_again_unpins(qtbot, panel):
    for pixel in ((5, 6), (30, 20)):
        click(qtbot, panel, *pixel, modifier=SHIFT)
    assert [(pin.x, pin.y, pin.colour) for pin in panel.session.state.pins] == [(5, 6, 0), (30, 20, 1)]
    assert [mark.colour for mark in panel.view.marks.marks] == [pin_colour(0), pin_colour(1)]
    assert panel.session.state.pixel is None
    qtbot.wait(QApplication.doubleClickInterval() + 20)
    click(qtbot, panel, 5, 6, modifier=SHIFT)
    assert [(pin.x, pin.y) for pin in panel.session.state.pins] == [(30, 20)]


def test_delete_unpins_the_chosen_pixel_and_escape_all(qtbot, panel):
    for pixel in ((5, 6), (30, 20), (9, 9)):
        panel.session.toggle_pin(*pixel)
    panel.session.choose_pixel(5, 6)
    press(qtbot, panel, Qt.Key.Key_Delete)
    assert [(pin.x, pin.y) for pin in panel.session.state.pins] == [(30, 20), (9, 9)]
    press(qtbot, panel, Qt.Key.Key_Delete)
    assert [(pin.x, pin.y) for pin in panel.session.state.pins] == [(30, 20)]
    press(qtbot, panel, Qt.Key.Key_Escape)
    assert panel.session.state.pins == ()


def test_arrow_keys_move_the_pixel_as_it_is_seen(qtbot, panel):
    panel.session.choose_pixel(20, 20)
    press(qtbot, panel, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Up)
    assert panel.session.state.pixel == (21, 22)
    press(qtbot, panel, Qt.Key.Key_Left, Qt.Key.Key_Down, modifier=SHIFT)
    assert panel.session.state.pixel == (11, 12)


def test_a_pixel_that_moves_out_of_view_takes_the_view_along(qtbot, panel):
    panel.session.choose_pixel(10, 10)
    panel.view.zoom_to(10, 10)
    panel.view.zoom(4.0, (10, 10))
    for _ in range(3):
        press(qtbot, panel, Qt.Key.Key_Right, modifier=SHIFT)
    assert panel.view.box.viewRect().contains(QPointF(40, 10))


def test_the_chosen_pixel_is_marked_where_it_is(panel):
    before = pixels(panel.view)
    panel.session.choose_pixel(30, 12)
    changed = (pixels(panel.view) != before).any(axis=2).nonzero()
    place = panel.view.place_of(30, 12)
    assert (changed[0].min() + changed[0].max()) / 2 == pytest.approx(place.y(), abs=2)
    assert (changed[1].min() + changed[1].max()) / 2 == pytest.approx(place.x(), abs=2)


def test_hovering_names_the_pixel_and_leaving_ends_it(qtbot, panel):
    seen = []
    panel.hovered.connect(seen.append)
    viewport = panel.view.viewport()
    for x, y in ((10, 11), (12, 13)):
        qtbot.mouseMove(viewport, panel.view.place_of(x, y).toPoint())
        qtbot.wait(30)
    assert seen[-1] == (12, 13)
    qtbot.mouseMove(viewport, QPoint(3, 3))
    qtbot.wait(30)
    assert seen[-1] is None


# Steps


def test_keys_step_groups_and_integrations(qtbot, panel):
    def place():
        return panel.session.state.frame.integration, panel.session.state.frame.group

    press(qtbot, panel, Qt.Key.Key_BracketRight, Qt.Key.Key_BracketRight)
    assert place() == (1, 3)
    press(qtbot, panel, Qt.Key.Key_BracketLeft)
    assert place() == (1, 2)
    press(qtbot, panel, Qt.Key.Key_Period, Qt.Key.Key_Period, Qt.Key.Key_Comma)
    assert place() == (2, 2)
    press(qtbot, panel, Qt.Key.Key_End)
    assert place() == (2, 5)
    press(qtbot, panel, Qt.Key.Key_Home)
    assert place() == (2, 1)
    press(qtbot, panel, Qt.Key.Key_BracketLeft)
    assert place() == (2, 1)


def test_a_held_key_waits_for_the_image_and_single_strokes_do_not(panel):
    loader, now = panel.parent().loader, [0.0]
    panel.intents._held = HeldKey(lambda: now[0])

    def stroke(after: float) -> int:
        now[0] += after
        panel.intents.step_group(1)
        return panel.session.state.frame.group

    assert stroke(0.03) == 2
    loader.quiet = True
    assert [stroke(0.03) for _ in range(3)] == [3, 3, 3]
    assert stroke(0.2) == 4
    loader.quiet = False
    loader.answer()
    assert stroke(0.03) == 5


def test_buttons_spin_box_and_slider_step_and_show(qtbot, panel):
    groups = panel.groups
    qtbot.mouseClick(groups.next, LEFT)
    assert panel.session.state.frame.group == 2
    assert (groups.spin.value(), groups.slider.value(), groups.of.text()) == (2, 2, "of 5")
    qtbot.mouseClick(groups.last, LEFT)
    assert panel.session.state.frame.group == 5
    assert not groups.next.isEnabled()
    groups.spin.setFocus()
    groups.spin.selectAll()
    qtbot.keyClicks(groups.spin, "3")
    assert panel.session.state.frame.group == 5, "typing must not step before Enter"
    qtbot.keyClick(groups.spin, Qt.Key.Key_Return)
    assert panel.session.state.frame.group == 3
    assert panel.view.hasFocus(), "the next key is for the image again"
    groups.slider.setValue(4)
    assert panel.session.state.frame.group == 4


def test_the_wheel_over_a_stepper_steps_once_for_a_notch(panel):
    stepper = panel.integrations
    for delta, expected in ((120, 2), (60, 2), (60, 3), (-120, 2)):
        turn(stepper, delta, QPointF(5, 5))
        assert panel.session.state.frame.integration == expected


def test_integration_numbers_are_the_files_own(panel):
    panel.session.add_exposures([exposure("c", shape=(4, 5, 40, 60), first=101)])
    panel.session.choose_exposure("c")
    assert (panel.integrations.value, panel.integrations.of.text()) == (101, "of 101 to 104")
    assert "integration 101 of 104" in panel.title.whole


def test_steppers_that_have_nothing_to_step_are_hidden(panel):
    panel.session.add_exposures([exposure("c", shape=(1, 1, 40, 60))])
    panel.session.choose_exposure("c")
    assert panel.integrations.isHidden()
    assert panel.groups.isHidden()
    assert panel.play_button.isHidden()
    panel.session.choose_exposure("a")
    assert not panel.groups.isHidden()


def test_space_plays_round_and_stops(qtbot, panel):
    panel.player.set_speed(20)
    seen = []
    panel.session.changed.connect(lambda _old, new: seen.append(new.frame.group))
    press(qtbot, panel, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(seen) >= 5, timeout=5000)
    press(qtbot, panel, Qt.Key.Key_Space)
    assert seen[:5] == [2, 3, 4, 5, 1]
    assert not panel.player.playing


def test_playing_waits_for_the_image(qtbot, panel):
    panel.player.set_speed(20)
    loader = panel.parent().loader
    loader.quiet = True
    press(qtbot, panel, Qt.Key.Key_Space)
    qtbot.wait(300)
    assert panel.session.state.frame.group == 2
    panel.player.play(False)


# What is shown


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


# Difference and blinking


def test_d_in_the_first_group_says_that_nothing_is_subtracted(qtbot, panel):
    press(qtbot, panel, Qt.Key.Key_D)
    assert "group 1 has none before it" in panel.message.text()
    assert panel.bar.colormap.value == panel.session.state.display.colormap
    panel.session.go_to(group=2)
    assert panel.bar.colormap.value == panel.session.state.display.difference_colormap
    press(qtbot, panel, Qt.Key.Key_D)
    assert panel.bar.colormap.value == panel.session.state.display.colormap


def test_any_frame_can_be_subtracted_by_its_numbers(qtbot, panel):
    menu = panel.bar.difference.menu()
    menu.aboutToShow.emit()
    entry = next(action for action in menu.actions() if action.text().startswith("Another"))
    entry.trigger()
    dialog = panel.window().findChild(ChooseFrame)
    qtbot.waitUntil(dialog.isVisible)
    for spin, number in ((dialog.integration, "2"), (dialog.group, "4")):
        spin.setFocus()
        spin.selectAll()
        qtbot.keyClicks(spin, number)
    qtbot.keyClick(dialog.group, Qt.Key.Key_Return)
    assert panel.session.state.difference.other == Frame("a", "SCI", 2, 4)
    assert panel.session.state.difference.mode == "other"


def test_a_file_in_another_unit_is_not_on_offer_to_be_subtracted(qtbot, panel):
    panel.session.update(exposures=(panel.session.state.exposures[0], replace(panel.session.state.exposures[1], unit="DN/s")))
    for button, offered in ((panel.bar.difference, False), (panel.bar.blink, True)):
        menu = button.menu()
        menu.aboutToShow.emit()
        (entry,) = [action for action in menu.actions() if "0000b_nrs1" in action.text()]
        assert entry.isEnabled() == offered
        assert ("(in DN/s)" in entry.text()) != offered


def test_the_menus_know_that_a_long_image_fills_the_view(qtbot, panel):
    assert not panel.actions_by_name["fill"].isChecked()
    panel.session.add_exposures([exposure("c", shape=(1, 3, 16, 1024))])
    assert panel.actions_by_name["fill"].isChecked()
    press(qtbot, panel, Qt.Key.Key_W)
    assert not panel.actions_by_name["fill"].isChecked()


def test_square_pixels_show_all_of_a_long_image_and_the_chosen_pixel_stays_in_view(qtbot, panel):
    panel.parent().loader.quiet = False
    panel.session.add_exposures([exposure("c", shape=(1, 3, 16, 1024))])
    press(qtbot, panel, Qt.Key.Key_W)
    view = panel.view.box.viewRect()
    assert not panel.view.fill
    assert view.left() <= -0.5 and view.right() >= 1023.5
    panel.view.zoom_to(500, 8)
    panel.view.fit()
    panel.view.zoom(40, (500, 8))
    panel.session.choose_pixel(3, 8)
    assert panel.view.box.viewRect().left() <= 3
    panel.window().resize(700, 760)
    qtbot.wait(20)
    view = panel.view.box.viewRect()
    assert view.left() <= 3 <= view.right()
    assert view.width() < 200


def test_b_blinks_two_prepared_pictures_without_asking_again(qtbot, panel):
    panel.session.go_to(group=3)
    press(qtbot, panel, Qt.Key.Key_B)
    assert panel.session.state.blink.other == Frame("a", "SCI", 1, 2)
    panel.session.set_blink(True, panel.session.state.blink.other, 60)
    loader = panel.parent().loader
    loader.asked.clear()
    titles = []
    panel.shown.connect(lambda answer: titles.append(answer.request.frame.group))
    qtbot.waitUntil(lambda: len(titles) >= 4, timeout=5000)
    assert titles[:4] in ([2, 3, 2, 3], [3, 2, 3, 2])
    assert loader.asked == []
    press(qtbot, panel, Qt.Key.Key_B)
    assert not panel.blinker.on
    assert panel.answer.request.frame.group == 3


def test_blinking_shows_the_other_values_and_its_name(qtbot, panel):
    panel.session.set_blink(True, Frame("b", "SCI", 1, 1), 60)
    shape = panel.session.state.current.shape
    qtbot.waitUntil(lambda: panel.blinker.other, timeout=5000)
    assert (panel.answer.values == values(Frame("b"), shape)).all()
    assert "0000b_nrs1" in panel.title.whole


def test_side_by_side_shows_both_with_one_zoom(qtbot, panel):
    panel.session.go_to(group=3)
    press(qtbot, panel, Qt.Key.Key_V)
    second = panel.second
    assert not second.isHidden()
    assert not panel.blinker.on
    shape = panel.session.state.current.shape
    assert (panel._other.values == values(Frame("a", "SCI", 1, 2), shape)).all()
    assert second.view.image.indices is panel._other.indices
    assert "group 2 of 5" in second.title.whole
    QApplication.processEvents()
    assert second.view.size() == panel.view.size()
    assert "group 3 of 5" in panel.first_title.text()
    assert panel.title.isHidden()
    panel.view.zoom_to(20, 15)
    assert second.view.box.viewRect().center().toTuple() == pytest.approx((20, 15), abs=0.5)
    before = panel.view.box.viewRect()
    place = second.view.place_of(20, 15)
    turn(second.view.viewport(), 240, place)
    assert panel.view.box.viewRect().width() < 0.9 * before.width()
    assert panel.view.box.viewRect().width() == pytest.approx(second.view.box.viewRect().width(), rel=0.2)
    panel.view.zoom_to(41, 29)
    qtbot.wait(50)  # both views settle on one scale
    place = second.view.place_of(41, 29).toPoint()
    qtbot.mouseMove(second.view.viewport(), place)
    qtbot.mouseClick(second.view.viewport(), LEFT, pos=place)
    assert panel.session.state.pixel == (41, 29)
    assert [mark.cross for mark in second.view.marks.marks] == [True]
    press(qtbot, panel, Qt.Key.Key_V)
    assert second.isHidden()
    assert panel.title.isVisible()
    assert not panel.session.state.blink.on


def test_the_mouse_over_the_second_view_reads_the_other_image(qtbot, panel):
    press(qtbot, panel, Qt.Key.Key_V)
    qtbot.wait(50)
    qtbot.mouseMove(panel.second.view.viewport(), panel.second.view.place_of(10, 10).toPoint())
    qtbot.waitUntil(lambda: panel.pointed is panel._other, timeout=3000)
    qtbot.mouseMove(panel.view.viewport(), panel.view.place_of(10, 10).toPoint())
    qtbot.waitUntil(lambda: panel.pointed is panel.answer, timeout=3000)


def test_a_partner_of_another_size_is_let_go(qtbot, panel):
    panel.session.set_blink(True, Frame("b", "SCI", 1, 1))
    panel.session.set_difference("other", Frame("b", "SCI", 1, 1))
    panel.parent().loader.quiet = True
    panel.session.add_exposures([exposure("c", shape=(1, 1, 8, 9))])
    qtbot.waitUntil(lambda: not panel.session.state.blink.on, timeout=3000)
    assert panel.session.state.difference.mode == "none"
    assert not panel.blinker.on
    press(qtbot, panel, Qt.Key.Key_B)
    assert not panel.session.state.blink.on
    assert "no other frame" in panel.message.text()


# Waiting and trouble


def test_a_slow_image_is_announced_and_the_old_one_stays(qtbot, panel):
    loader = panel.parent().loader
    shown = panel.view.image.indices
    loader.quiet = True
    panel.session.step_group(1)
    assert panel.message.isHidden()
    qtbot.waitUntil(lambda: not panel.message.isHidden(), timeout=5000)
    assert panel.message.text() == "reading…"
    assert panel.view.image.indices is shown
    loader.quiet = False
    loader.answer()
    assert panel.message.isHidden()
    assert panel.view.image.indices is not shown


def test_an_exposure_that_is_gone_says_so(panel):
    panel.session.set_error("a", "a_ramp.fits is not there any more")
    assert panel.message.text() == "a_ramp.fits is not there any more"
    assert not panel.message.isHidden()


def test_trouble_with_the_image_is_said_until_another_is_shown(qtbot, panel):
    loader = panel.parent().loader
    loader.quiet = True
    panel.session.step_group(1)
    loader.trouble.emit(Trouble(loader.asked[-1], "a_ramp.fits was cut short", ""))
    assert panel.message.text() == "a_ramp.fits was cut short"
    panel.session.choose_pixel(3, 3)
    qtbot.wait(250)
    assert panel.message.text() == "a_ramp.fits was cut short"
    loader.quiet = False
    panel.session.step_group(-1)
    assert panel.message.isHidden()


def test_nothing_open_shows_nothing(panel):
    for key in ("a", "b"):
        panel.session.close_exposure(key)
    assert panel.answer is None
    assert panel.title.text() == ""
    assert panel.view.image.indices is None


# Keys and themes


def test_every_action_has_a_text_and_a_key_of_its_own(panel):
    actions = panel.actions_for_menu()
    keys = [key.toString() for action in actions for key in action.shortcuts()]
    assert len(keys) == len(set(keys))
    assert all(action.text() and action.shortcuts() for action in actions)
    assert QKeySequence("Ctrl+O").toString() not in keys


def test_the_plot_follows_the_palette(qtbot, panel):
    from detgui.gui.window.theme import palette

    for dark in (True, False):
        panel.setPalette(palette(dark))
        QApplication.processEvents()
        corner = pixels(panel.view)[4, 4]
        assert (corner.mean() < 100) == dark


def test_the_bar_fits_a_narrow_panel(window):
    window.resize(400, 600)
    QApplication.processEvents()
    panel = window.panel
    for button in (panel.bar.plane, panel.bar.zoom, panel.bar.colormap):
        assert panel.bar.rect().contains(button.geometry())
