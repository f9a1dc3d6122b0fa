"""Steps through groups and integrations by real mouse and key events: keys, buttons, wheel, playing."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, Qt
from view_fakes import LEFT, exposure, image_window, press, turn

from detgui.gui.image.play import HeldKey


@pytest.fixture
def window(qtbot):
    return image_window(qtbot)


@pytest.fixture
def panel(window):
    return window.panel


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
    qtbot.waitUntil(lambda: len(seen) >= 5, timeout=60_000)
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
