"""The image panel by real mouse and key events: pixels, waiting and trouble, keys and themes."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication
from view_fakes import LEFT, SHIFT, click, image_window, pixels, press

from detgui.gui.common.colours import pin_colour
from detgui.session.requests import Trouble


@pytest.fixture
def window(qtbot):
    return image_window(qtbot)


@pytest.fixture
def panel(window):
    return window.panel


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


# Waiting and trouble


def test_a_slow_image_is_announced_and_the_old_one_stays(qtbot, panel):
    loader = panel.parent().loader
    shown = panel.view.image.indices
    loader.quiet = True
    panel.session.step_group(1)
    assert panel.message.isHidden()
    qtbot.waitUntil(lambda: not panel.message.isHidden(), timeout=60_000)
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
