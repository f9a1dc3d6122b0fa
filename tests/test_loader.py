"""The loader: asks for what differs, newest wins, remembers what it read, reads ahead."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
from session_fakes import Desk, FakeExposure, FakeRamps

from detgui.session.requests import ImageAnswer
from detgui.session.state import Frame


@pytest.fixture
def ramps(monkeypatch):
    return FakeRamps(monkeypatch)


@pytest.fixture
def desk(qtbot, ramps):
    made = Desk(qtbot)
    yield made
    made.close()


@pytest.fixture
def exposure(desk):
    made = FakeExposure()
    desk.exposures.add(made)
    desk.settle()
    return made


def last_image(desk) -> ImageAnswer:
    return desk.said["image"][-1]


def test_first_image_of_an_added_exposure(desk, exposure):
    answer = last_image(desk)
    assert answer.request.frame == Frame("e1", "SCI", 1, 1)
    assert answer.values[2, 3] == 1000 + 100 + 20 + 3
    assert answer.unit == "DN"
    assert (answer.minimum, answer.maximum) == (1100.0, 1135.0)
    assert answer.indices.dtype == np.uint8
    assert answer.overlay is None
    assert answer.dq is None
    assert answer.dq_follows


def test_data_quality_follows_when_stepping_pauses(desk, exposure):
    (answer,) = desk.said["flags"]
    assert answer.request == last_image(desk).request
    assert answer.indices is last_image(desk).indices
    assert answer.dq[:, 0].all() and not answer.dq[:, 1:].any()
    assert not answer.dq_follows
    assert [each for each in exposure.reads if each[0] == "dq"] == [("dq", "PIXELDQ", 1, 1)]
    desk.session.go_to(group=2)
    desk.settle()
    assert last_image(desk).dq is answer.dq  # what all groups share is read once and is there at once
    assert len(desk.said["flags"]) == 1


def test_data_quality_of_single_groups_and_of_the_blinked_frame(desk):
    exposure = FakeExposure(planes=("SCI", "PIXELDQ", "GROUPDQ"))
    desk.exposures.add(exposure)
    desk.session.set_blink(True, Frame("e1", "SCI", 1, 4))
    desk.settle()
    assert {each.request.frame.group: bool(each.dq[:, 0].all()) for each in desk.said["flags"]} == {1: True, 4: True}
    assert sorted(each[1:] for each in exposure.reads if each[0] == "dq") == [
        ("GROUPDQ", 1, 1), ("GROUPDQ", 1, 4), ("PIXELDQ", 1, 1)
    ]  # fmt: skip
    desk.session.set_display(dq_flags=("DO_NOT_USE",))
    desk.settle()
    assert last_image(desk).overlay[:, 0].all()
    assert len([each for each in exposure.reads if each[0] == "dq"]) == 3


def test_data_quality_that_cannot_be_read_is_a_trouble_and_the_image_stays(desk):
    exposure = FakeExposure()
    desk.exposures.add(exposure)
    desk.qtbot.waitUntil(lambda: desk.loader._pause.isActive())
    exposure.broken = "PIXELDQ cannot be read"
    desk.settle()
    assert [each.sentence for each in desk.said["trouble"]] == ["PIXELDQ cannot be read"]
    assert last_image(desk) is not None


def test_stepping_reads_one_frame_and_the_next_ahead(desk, exposure):
    exposure.reads.clear()
    desk.session.step_group(1)
    desk.settle()
    assert exposure.images() == [("SCI", 1, 2), ("SCI", 1, 3)]
    before = len(desk.said["image"])
    desk.session.step_group(1)
    assert len(desk.said["image"]) == before + 1  # shown before the event loop turned
    assert last_image(desk).values[0, 0] == 1300
    desk.settle()
    assert exposure.images() == [("SCI", 1, 2), ("SCI", 1, 3), ("SCI", 1, 4)]


def test_stepping_back_and_other_display_read_nothing(desk, exposure):
    desk.session.step_group(1)
    desk.settle()
    desk.session.step_group(-1)
    desk.settle()
    exposure.reads.clear()
    desk.session.set_display(stretch="log")
    desk.settle()
    desk.session.set_display(limits="typed", low=0.0, high=2000.0)
    desk.settle()
    assert (last_image(desk).low, last_image(desk).high) == (0.0, 2000.0)
    desk.session.set_display(dq_flags=("DO_NOT_USE",))
    desk.settle()
    assert last_image(desk).overlay[:, 0].all()
    assert not last_image(desk).overlay[:, 1:].any()
    assert exposure.images() == []


def test_newest_wins_and_stale_reads_do_not_queue_up(desk, exposure):
    exposure.reads.clear()
    exposure.entered.clear()
    exposure.gate.clear()
    desk.said["image"].clear()
    desk.session.go_to(group=5)
    assert exposure.entered.wait(5)
    for group in (1, 2, 3, 4, 5, 4):
        desk.session.go_to(integration=2, group=group)
    exposure.gate.set()
    desk.settle()
    assert [each.request.frame.group for each in desk.said["image"]] == [4]
    assert last_image(desk).values[0, 0] == 2400


def test_late_answers_are_dropped(desk, exposure):
    exposure.gate.clear()
    exposure.entered.clear()
    desk.said["image"].clear()
    desk.session.go_to(group=5)
    assert exposure.entered.wait(5)
    desk.session.go_to(group=1)  # remembered: shown at once
    exposure.gate.set()
    desk.settle()
    assert [each.request.frame.group for each in desk.said["image"]] == [1]


def test_a_read_ahead_is_taken_over(desk, exposure):
    desk.session.step_group(1)
    exposure.entered.clear()
    desk.qtbot.waitUntil(lambda: "ahead" in desk.loader._tasks or ("SCI", 1, 3) in exposure.images())
    desk.session.step_group(1)
    desk.settle()
    assert last_image(desk).request.frame.group == 3
    assert exposure.images().count(("SCI", 1, 3)) == 1


def test_difference_with_the_previous_group(desk, exposure):
    desk.session.go_to(group=3)
    desk.session.set_difference("previous group")
    desk.settle()
    assert (last_image(desk).values == 100).all()
    assert last_image(desk).values.dtype == np.float32


def test_difference_of_unlike_shapes_is_a_trouble_once(desk, exposure):
    desk.exposures.add(FakeExposure((1, 2, 8, 8), "other_uncal"))
    desk.session.choose_exposure("e1")
    desk.session.set_difference("other", Frame("e2"))
    desk.settle()
    desk.session.step_group(1)
    desk.settle()
    sentences = [each.sentence for each in desk.said["trouble"]]
    assert sentences == ["cannot subtract a SCI image of 8 x 8 pixels from a SCI image of 6 x 4 pixels"]
    assert last_image(desk) is None
    assert desk.session.state.current.error == ""
    desk.session.set_difference("none")
    desk.settle()
    assert last_image(desk).request.frame.group == 2


def test_blink_gets_the_other_frame_ready(desk, exposure):
    desk.session.set_blink(True)
    desk.settle()
    assert desk.said["blink"][-1].request.frame.group == 2
    desk.session.set_blink(False)
    assert desk.said["blink"][-1] is None


def test_the_blinked_frame_has_the_limits_of_the_shown_one(desk, exposure):
    desk.session.set_blink(True, Frame("e1", "SCI", 1, 4))
    desk.settle()
    for group in (1, 3):
        desk.session.go_to(group=group)
        desk.settle()
        shown, other = last_image(desk), desk.said["blink"][-1]
        assert other.request.frame.group == 4
        assert (other.low, other.high) == (shown.low, shown.high)
        assert other.minimum > shown.low + 1  # its own limits would be others
    desk.loader.repeat()
    assert desk.said["blink"][-1] is other


def test_frames_of_other_units_keep_their_own_limits(desk, exposure):
    other = FakeExposure(name="fake_ramp")
    other.unit = "electron"
    desk.exposures.add(other)
    desk.session.choose_exposure("e2")
    desk.session.set_blink(True, Frame("e1", "SCI", 1, 4))
    desk.settle()
    assert last_image(desk).request.frame.exposure == "e2"
    assert desk.said["blink"][-1].request.frame.exposure == "e1"
    assert not desk.said["blink"][-1].request.locked


def test_locked_limits(desk, exposure):
    low, high = last_image(desk).low, last_image(desk).high
    desk.session.set_display(lock_limits=True)
    desk.session.go_to(group=5)
    desk.settle()
    assert (last_image(desk).low, last_image(desk).high) == (low, high)
    desk.session.set_display(lock_limits=False)
    desk.settle()
    assert last_image(desk).low >= 1500


def test_ramps_are_read_once_then_fitted_without_reading(desk, exposure, ramps):
    desk.session.choose_pixel(2, 1)
    desk.settle()
    answer = desk.said["ramps"][-1][0]
    assert answer.result[3].tolist() == [1112.0, 1212.0, 1312.0, 1412.0, 1512.0]
    assert answer.neighbours.shape == (5, 3, 3)
    assert answer.neighbours[0, 1, 1] == 1112.0
    assert answer.neighbours[0, 0, 2] == 1103.0
    exposure.reads.clear()
    for last in (4, 3, 2):
        desk.session.set_fit_last(last, commit=False)
        assert desk.said["ramps"][-1][0].request.params.fit_groups == (1, last)  # before the event loop turned
    assert exposure.reads == []
    assert ramps.threads[0] != ramps.threads[-1] == threading.current_thread().name


def test_neighbours_outside_the_array_are_nan(desk, exposure):
    desk.session.choose_pixel(5, 3)
    desk.settle()
    near = desk.said["ramps"][-1][0].neighbours
    assert np.isnan(near[:, 2, :]).all()
    assert np.isnan(near[:, :, 2]).all()
    assert near[0, 1, 1] == 1135.0
    assert near[0, 0, 0] == 1124.0


def test_pins_and_compared_exposures(desk, exposure):
    desk.exposures.add(FakeExposure((1, 3, 4, 6), "after_ramp"))
    desk.session.choose_exposure("e1")
    desk.session.choose_pixel(2, 1)
    desk.session.toggle_pin(0, 0)
    desk.session.compare_exposures(["e2"])
    desk.settle()
    assert [(each.request.role, each.result[0]) for each in desk.said["ramps"][-1]] == [
        ("chosen", "fake_uncal"),
        ("pin", "fake_uncal"),
        ("compare", "after_ramp"),
    ]
    desk.session.choose_pixel(5, 3)
    desk.session.clear_pins()
    desk.session.compare_exposures([])
    desk.settle()
    assert [each.request.role for each in desk.said["ramps"][-1]] == ["chosen"]


def test_one_ramp_that_cannot_be_read_keeps_no_other_away(desk, exposure):
    bad = FakeExposure((1, 3, 4, 6), "bad_ramp")
    desk.exposures.add(bad)
    desk.session.choose_exposure("e1")
    desk.settle()
    bad.broken = "bad_ramp.fits cannot be decoded"
    desk.session.choose_pixel(2, 1)
    desk.session.compare_exposures(["e2"])
    desk.settle()
    assert [each.request.role for each in desk.said["ramps"][-1]] == ["chosen"]
    assert [each.sentence for each in desk.said["trouble"]] == ["bad_ramp.fits cannot be decoded"]


def test_overview_only_where_it_is_shown(desk, exposure):
    desk.session.choose_pixel(2, 1)
    desk.settle()
    assert desk.said["overview"] == []
    desk.session.set_ramp(show="slopes")
    desk.settle()
    assert desk.said["overview"][-1][1] == 1100 + 10 * 1 + 2
    desk.session.set_ramp(show="ramp")
    assert desk.said["overview"][-1] is None


def test_another_n_refits_all_integrations_without_reading(desk, exposure, ramps):
    desk.session.set_ramp(show="slopes")
    desk.session.choose_pixel(3, 2)
    desk.settle()
    exposure.reads.clear()
    desk.session.set_fit_last(4)
    desk.settle()
    assert desk.said["overview"][-1][2].fit_groups == (1, 4)
    assert exposure.reads == []


def test_a_dragged_n_is_followed_and_ends_where_the_mouse_does(desk, exposure, ramps):
    desk.session.set_ramp(show="slopes")
    desk.session.choose_pixel(3, 2)
    desk.settle()
    desk.said["overview"].clear()
    ramps.gate.clear()
    for last in (2, 3, 4, 5):
        desk.session.set_fit_last(last, commit=False)
    ramps.gate.set()
    desk.settle()
    assert [each[2].fit_groups for each in desk.said["overview"]] == [(1, 2), (1, 5)]


def test_a_file_cut_short_is_one_sentence_and_the_rest_goes_on(desk, tmp_path):
    path = tmp_path / "cut_uncal.fits"
    path.write_bytes(bytes(100))
    lost, fine = FakeExposure(name="cut_uncal", paths=[path]), FakeExposure(name="fine_uncal")
    desk.exposures.add(lost)
    desk.exposures.add(fine)
    desk.settle()
    path.write_bytes(bytes(10))
    lost.broken = "cut_uncal.fits ends at byte 10, before the image"
    desk.session.go_to(exposure="e1", group=4)
    desk.settle()
    assert [each.sentence for each in desk.said["trouble"]] == [lost.broken]
    assert desk.session.state.exposure("e1").error == lost.broken
    assert last_image(desk) is None
    desk.session.choose_exposure("e2")
    desk.settle()
    assert last_image(desk).request.frame.exposure == "e2"
    assert len(desk.said["trouble"]) == 1


def test_an_unforeseen_error_is_told_and_does_not_end_the_loader(desk, exposure, monkeypatch):
    def crash(*_):
        raise SystemExit(-1)

    monkeypatch.setattr(exposure, "read_image", crash)
    desk.session.step_group(1)
    desk.settle()
    told = desk.said["trouble"][-1]
    assert "asked the program to stop" in told.sentence
    assert "Traceback" in told.details
    monkeypatch.undo()
    desk.session.step_group(1)
    desk.settle()
    assert last_image(desk).request.frame.group == 3


def test_closing_drops_what_was_remembered_and_waits_for_the_reader(desk, exposure):
    desk.session.choose_pixel(1, 1)
    desk.settle()
    exposure.entered.clear()
    exposure.gate.clear()
    desk.session.go_to(group=5)
    assert exposure.entered.wait(5)
    desk.exposures.close_exposure("e1")
    assert not exposure.is_closed
    exposure.gate.set()
    desk.settle()
    assert exposure.is_closed
    assert last_image(desk) is None
    assert desk.said["ramps"][-1] == ()
    assert desk.said["trouble"] == []
    assert (desk.loader._images.nbytes, desk.loader._pixels.nbytes) == (0, 0)


def test_busy_is_told_once_each_way(desk, exposure):
    told = []
    desk.loader.busy.connect(told.append)
    desk.session.go_to(group=5)
    desk.settle()
    assert told == [True, False]


def test_closed_loader_follows_no_more(desk, exposure):
    exposure.reads.clear()
    desk.loader.close()
    desk.session.step_group(1)
    desk.qtbot.wait(20)
    assert exposure.reads == []


def test_equal_requests_are_not_asked_for_again(desk, exposure):
    exposure.reads.clear()
    shown = len(desk.said["image"])
    desk.session.set_tab("Gain")
    desk.session.put(replace(desk.session.state, theme="dark"))
    desk.session.set_display(colormap="gray")
    desk.settle()
    assert exposure.reads == []
    assert len(desk.said["image"]) == shown


def test_a_read_the_user_cancels_is_not_asked_for_again(desk, exposure):
    exposure.entered.clear()
    exposure.gate.clear()
    desk.session.go_to(group=5)
    assert exposure.entered.wait(5)
    desk.engine.cancel_all()
    exposure.gate.set()
    desk.settle()
    assert last_image(desk) is None
    assert desk.said["trouble"] == []
    desk.session.go_to(group=4)
    desk.settle()
    assert last_image(desk).request.frame.group == 4


def test_a_file_written_again_is_lost_too(desk, tmp_path):
    path = tmp_path / "again_uncal.fits"
    path.write_bytes(bytes(100))
    exposure = FakeExposure(paths=[path])
    desk.exposures.add(exposure)
    desk.settle()
    path.write_bytes(bytes(200))
    exposure.broken = "again_uncal.fits was changed"
    desk.session.step_group(1)
    desk.settle()
    assert desk.session.state.current.error == exposure.broken
