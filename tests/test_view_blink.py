"""Two frames at once, by real mouse and key events: difference, blinking, side by side."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from view_fakes import LEFT, exposure, image_window, press, turn, values

from detgui.gui.image.choose_frame import ChooseFrame
from detgui.session.state import Frame


@pytest.fixture
def window(qtbot):
    return image_window(qtbot)


@pytest.fixture
def panel(window):
    return window.panel


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
    qtbot.waitUntil(lambda: len(titles) >= 4, timeout=60_000)
    assert titles[:4] in ([2, 3, 2, 3], [3, 2, 3, 2])
    assert loader.asked == []
    press(qtbot, panel, Qt.Key.Key_B)
    assert not panel.blinker.on
    assert panel.answer.request.frame.group == 3


def test_blinking_shows_the_other_values_and_its_name(qtbot, panel):
    panel.session.set_blink(True, Frame("b", "SCI", 1, 1), 60)
    shape = panel.session.state.current.shape
    qtbot.waitUntil(lambda: panel.blinker.other, timeout=60_000)
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
