"""Opening, finding again and closing files; saving and restoring the session."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest
from astropy.io import fits
from PySide6.QtCore import QObject
from session_fakes import Desk, FakeExposure

from detgui.folders import state_folder
from detgui.session.exposures import describe
from detgui.session.hot_options import HotFile
from detgui.session.restore import Keeper, files_named, load_state, save_state, session_file


@pytest.fixture
def desk(qtbot):
    made = Desk(qtbot)
    yield made
    made.close()


@pytest.fixture
def ramp_file(tmp_path, flight_ramp):
    path = tmp_path / "jw01_gs-acq1_uncal.fits"
    shutil.copy(flight_ramp, path)
    return path


def open_all(desk, *paths, **options):
    with desk.qtbot.waitSignal(desk.exposures.opened, timeout=60_000) as said:
        desk.exposures.open(paths, **options)
    desk.settle()
    return said.args[0]


def test_a_real_ramp_is_opened_and_shown(desk, flight_ramp):
    told = []
    desk.exposures.opening.connect(told.append)
    opened = open_all(desk, flight_ramp)
    assert told == [True, False]
    entry = desk.session.state.exposure(opened.keys[0])
    assert entry.shape == (6, 2, 128, 128)
    assert entry.integrations == (1, 6)
    assert entry.paths == (flight_ramp,)
    desk.session.go_to(integration=3, group=2)
    desk.settle()
    with fits.open(flight_ramp) as hdus:
        np.testing.assert_array_equal(desk.said["image"][-1].values, hdus["SCI"].data[2, 1])


def test_the_same_file_twice_is_chosen_not_opened(desk, flight_ramp, ramp_file):
    first = open_all(desk, flight_ramp)
    second = open_all(desk, ramp_file)
    assert desk.session.state.frame.exposure == second.keys[0]
    again = open_all(desk, flight_ramp)
    assert again.keys == first.keys
    assert desk.session.state.frame.exposure == first.keys[0]
    assert len(desk.session.state.exposures) == 2


def test_a_file_that_was_written_again_is_opened_afresh(desk, ramp_file):
    first = open_all(desk, ramp_file)
    stat = ramp_file.stat()
    os.utime(ramp_file, (stat.st_atime, stat.st_mtime + 10))
    second = open_all(desk, ramp_file)
    assert second.keys != first.keys
    assert [each.key for each in desk.session.state.exposures] == list(second.keys)
    assert desk.exposures.exposure(first.keys[0]) is None


def test_what_cannot_be_opened_is_one_sentence_each_and_the_rest_opens(desk, ramp_file, tmp_path):
    empty = tmp_path / "empty.fits"
    empty.touch()
    opened = open_all(desk, empty, tmp_path / "none.fits", ramp_file)
    assert len(opened.keys) == 1
    sentences = [each.sentence for each in desk.said["notice"]]
    assert len(sentences) == 2
    assert any("empty.fits" in each for each in sentences)
    assert any("none.fits" in each for each in sentences)
    assert all("\n" not in each for each in sentences)


def test_nothing_to_open_is_nothing(desk):
    desk.exposures.open([])
    assert not desk.engine.busy


def test_a_file_cut_short_while_open(desk, ramp_file, flight_ramp):
    open_all(desk, ramp_file)
    open_all(desk, flight_ramp)
    os.truncate(ramp_file, 20_000)
    desk.session.go_to(exposure="e1", integration=6, group=2)
    desk.settle()
    assert len(desk.said["trouble"]) == 1
    assert ramp_file.name in desk.said["trouble"][0].sentence
    assert desk.session.state.exposure("e1").error
    desk.session.choose_exposure("e2")
    desk.settle()
    assert desk.said["image"][-1].request.frame.exposure == "e2"
    shutil.copy(flight_ramp, ramp_file)  # and it can be opened again
    opened = open_all(desk, ramp_file)
    assert desk.session.state.exposure(opened.keys[0]).error == ""


def test_a_click_on_a_real_ramp(desk, flight_ramp):
    open_all(desk, flight_ramp)
    desk.session.choose_pixel(64, 60)
    desk.settle()
    answer = desk.said["ramps"][-1][0]
    with fits.open(flight_ramp) as hdus:
        np.testing.assert_array_equal(answer.result.signal, hdus["SCI"].data[0, :, 60, 64])
        np.testing.assert_array_equal(answer.neighbours, hdus["SCI"].data[0, :, 59:62, 63:66])
    assert desk.said["trouble"] == []


def test_integration_numbers_with_gaps_are_spans():
    exposure = FakeExposure((5, 2, 4, 4))
    exposure.integrations = np.array([3, 4, 5, 9, 10])
    entry = describe("k", exposure)
    assert (entry.integrations, entry.spans) == ((3, 10), ((3, 5), (9, 10)))
    exposure.integrations = np.arange(1, 6)
    assert describe("k", exposure).spans == ()


# The session across runs


def work_a_little(desk, *paths):
    for path in paths:
        open_all(desk, path)
    desk.session.go_to(exposure="e1", integration=4, group=2)
    desk.session.choose_pixel(3, 7)
    desk.session.toggle_pin(5, 6)
    desk.session.set_display(stretch="asinh")
    desk.session.compare_exposures(["e2"] if len(paths) > 1 else [])
    desk.settle()


def test_a_session_comes_back(desk, qtbot, ramp_file, flight_ramp):
    keeper = Keeper(desk.session, desk.exposures)
    keeper.start()
    work_a_little(desk, ramp_file, flight_ramp)
    keeper.close()

    other = Desk(qtbot)
    other.exposures._count = 40  # keys of another run differ
    back = Keeper(other.session, other.exposures)
    with qtbot.waitSignal(back.restored, timeout=60_000):
        assert back.restore()
    other.settle()
    state = other.session.state
    assert [each.paths for each in state.exposures] == [(ramp_file,), (flight_ramp,)]
    assert (state.current.paths, state.frame.integration, state.frame.group) == ((ramp_file,), 4, 2)
    assert (state.pixel, [(pin.x, pin.y) for pin in state.pins]) == ((3, 7), [(5, 6)])
    assert state.display.stretch == "asinh"
    assert state.ramp.compare == (state.exposures[1].key,)
    assert other.session.undo_text == ""
    back.close()
    other.close()


def test_a_session_whose_file_is_gone_is_a_notice(desk, qtbot, ramp_file, flight_ramp):
    work_a_little(desk, ramp_file, flight_ramp)
    save_state(desk.session.state, session_file())
    ramp_file.unlink()
    other = Desk(qtbot)
    keeper, told = Keeper(other.session, other.exposures), []
    keeper.notice.connect(told.append)
    with qtbot.waitSignal(keeper.restored, timeout=60_000):
        assert keeper.restore()
    assert [ramp_file.name in each.sentence for each in told] == [True]
    state = other.session.state
    assert [each.paths for each in state.exposures] == [(flight_ramp,)]
    assert state.frame.exposure == state.exposures[0].key
    assert state.ramp.compare == (state.exposures[0].key,)
    other.settle()
    other.close()


def test_lists_of_darks_alone_come_back(desk, qtbot, tmp_path):
    desk.session.set_hot(files=(HotFile(tmp_path / "dark.fits", True, "2023-01-01"),), page="Counts")
    save_state(desk.session.state, session_file())
    other = Desk(qtbot)
    keeper = Keeper(other.session, other.exposures)
    assert files_named(keeper.saved()) == ["dark.fits"]
    with qtbot.waitSignal(keeper.restored, timeout=60_000):
        assert keeper.restore()
    assert other.session.state.hot == desk.session.state.hot
    other.settle()
    other.close()


def test_nothing_saved_is_nothing_restored(desk):
    keeper = Keeper(desk.session, desk.exposures)
    assert keeper.saved() is None
    assert not keeper.restore()
    keeper.close()
    assert not session_file().exists()


@pytest.mark.parametrize("text", ["", "{half", "[]", '{"version": 99}', '{"version": 1, "state": {"tab": 3}}'])
def test_a_saved_session_that_cannot_be_read_is_set_aside(desk, text):
    session_file().write_text(text)
    keeper, told = Keeper(desk.session, desk.exposures), []
    keeper.notice.connect(told.append)
    assert not keeper.restore()
    assert len(told) == 1
    assert "session.json" in told[0].sentence
    assert not session_file().exists()
    assert (state_folder() / "session.json.unreadable").read_text() == text
    assert not keeper.restore()
    assert len(told) == 1


def test_every_change_is_saved_a_moment_later(desk, qtbot, monkeypatch):
    monkeypatch.setattr("detgui.session.restore.SAVE_AFTER_MS", 20)
    keeper = Keeper(desk.session, desk.exposures)
    desk.session.set_tab("Gain")
    qtbot.wait(50)
    assert not session_file().exists()  # not started
    keeper.start()
    desk.session.set_tab("Noise")
    qtbot.waitUntil(lambda: session_file().exists())
    qtbot.waitUntil(lambda: load_state(session_file()).tab == "Noise")
    desk.session.set_tab("Offsets")
    keeper.close()
    assert load_state(session_file()).tab == "Offsets"
    desk.session.set_tab("Ramp")
    keeper.close()
    assert load_state(session_file()).tab == "Offsets"


def test_a_session_that_cannot_be_saved_is_told_once(desk, qtbot, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("detgui.session.restore.write_json", refuse)
    keeper, told = Keeper(desk.session, desk.exposures), []
    keeper.notice.connect(told.append)
    keeper.start()
    for tab in ("Gain", "Noise"):
        desk.session.set_tab(tab)
        keeper.flush()
    assert [each.sentence for each in told] == ["the session cannot be saved: session.json: No space left on device"]
    keeper.close()


def test_saving_after_the_engine_was_closed(qtbot):
    desk = Desk(qtbot)
    keeper = Keeper(desk.session, desk.exposures)
    keeper.start()
    desk.close()
    desk.session.set_tab("Gain")
    keeper._save_behind()
    assert load_state(session_file()).tab == "Gain"
    keeper.close()


def test_no_timer_is_left_behind(desk):
    keeper = Keeper(desk.session, desk.exposures)
    keeper.start()
    desk.session.set_tab("Gain")
    keeper.close()
    assert not any(timer.isActive() for timer in keeper.findChildren(QObject) if hasattr(timer, "isActive"))
