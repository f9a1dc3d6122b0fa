"""The state and what can be done to it, without Qt."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from session_fakes import entry

from detgui.session import changes
from detgui.session.state import Blink, Difference, Frame, Pin, SessionState
from detgui.session.undo import LIMIT, History, Made


@pytest.fixture
def state() -> SessionState:
    return changes.add_exposures(SessionState(), [entry("a"), entry("b", (3, 8, 4, 6))])


def test_first_opened_exposure_is_shown(state):
    assert state.frame == Frame("a", "SCI", 1, 1)
    assert state.current.key == "a"
    assert changes.add_exposures(state, [entry("a")]) is state


def test_every_exposure_keeps_its_place(state):
    state = changes.go_to(state, integration=2, group=4)
    state = changes.choose_exposure(state, "b")
    assert state.frame == Frame("b", "SCI", 1, 1)
    state = changes.step_group(state, 6)
    state = changes.choose_exposure(state, "a")
    assert state.frame == Frame("a", "SCI", 2, 4)
    assert changes.choose_exposure(state, "b").frame.group == 7
    assert changes.choose_exposure(state, "nothing") is state


def test_steps_stop_at_the_ends(state):
    assert changes.step_group(state, -1) is state
    assert changes.step_group(state, 99).frame.group == 5
    assert changes.step_integration(state, 99).frame.integration == 2
    assert changes.step_integration(state, -99) is state
    empty = SessionState()
    assert changes.step_group(empty, 1) is empty
    assert changes.step_integration(empty, 1) is empty
    assert changes.go_to(empty, group=3) is empty


def test_steps_go_over_a_gap():
    gap = entry("g", (5, 2, 4, 4), integrations=(11, 25), spans=((11, 13), (24, 25)))
    state = changes.add_exposures(SessionState(), [gap])
    seen = []
    for _ in range(6):
        seen.append(state.frame.integration)
        state = changes.step_integration(state, 1)
    assert seen == [11, 12, 13, 24, 25, 25]
    assert changes.step_integration(state, -2).frame.integration == 13
    assert changes.go_to(state, integration=20).frame.integration == 24
    assert changes.go_to(state, integration=15).frame.integration == 13
    assert not gap.has_integration(14)
    assert gap.has_integration(24)


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 4)), min_size=1, max_size=5), st.integers(-3, 60), st.integers(-30, 30))
def test_steps_walk_along_the_numbers_that_are_there(pieces, number, step):
    spans, numbers, last = [], [], 0
    for skip, length in pieces:
        first = last + 1 + skip
        last = first + length - 1
        spans.append((first, last))
        numbers += range(first, last + 1)
    exposure = entry("e", (len(numbers), 1, 2, 2), integrations=(spans[0][0], spans[-1][1]), spans=tuple(spans))
    nearest = exposure.nearest_integration(number)
    assert abs(nearest - number) == min(abs(each - number) for each in numbers)
    place = numbers.index(nearest)
    assert exposure.step_integration(nearest, step) == numbers[min(max(place + step, 0), len(numbers) - 1)]


def test_planes_that_are_not_there_become_sci(state):
    assert changes.go_to(state, plane="PIXELDQ").frame.plane == "PIXELDQ"
    assert changes.go_to(state, plane="REFOUT").frame.plane == "SCI"
    only = changes.add_exposures(SessionState(), [entry("r", planes=("DQ",))])
    assert only.frame.plane == "DQ"


def test_closing_shows_the_neighbour_and_drops_references(state):
    state = changes.set_difference(state, "other", Frame("b"))
    state = changes.compare_exposures(state, ["b", "b", "nothing"])
    state = changes.set_blink(state, True, Frame("b"))
    assert state.ramp.compare == ("b",)
    left = changes.close_exposure(state, "b")
    assert (left.difference, left.blink, left.ramp.compare) == (Difference(), Blink(), ())
    assert left.frame == state.frame
    other = changes.close_exposure(state, "a")
    assert other.frame.exposure == "b"
    assert other.difference.other == Frame("b")
    nothing = changes.close_exposure(other, "b")
    assert (nothing.frame, nothing.positions, nothing.exposures) == (None, (), ())
    assert changes.close_exposure(nothing, "b") is nothing


def test_difference_remembers_the_other_frame(state):
    state = changes.set_difference(state, "other", Frame("b", group=2))
    state = changes.set_difference(state, "none")
    assert state.difference.mode == "none"
    assert changes.set_difference(state, "other").difference == Difference("other", Frame("b", group=2))
    assert changes.set_difference(SessionState(), "other") == SessionState()


def test_blink_takes_the_group_beside(state):
    assert changes.set_blink(state, True).blink.other.group == 2
    assert changes.set_blink(changes.step_group(state, 3), True).blink.other.group == 3
    assert changes.set_blink(state, True, period_ms=1).blink.period_ms == 50
    assert not changes.set_blink(SessionState(), True).blink.on


def test_pixels_stay_inside(state):
    assert changes.choose_pixel(state, 6, 0) is state
    assert changes.choose_pixel(state, 0, -1) is state
    state = changes.choose_pixel(state, 5, 3)
    assert state.pixel == (5, 3)
    assert changes.move_pixel(state, 1, 1) is state
    assert changes.move_pixel(state, -9, -1).pixel == (0, 2)
    assert changes.move_pixel(replace(state, pixel=None), 0, 1).pixel == (3, 2)
    assert changes.move_pixel(SessionState(), 1, 0).pixel is None


def test_pins_take_the_lowest_free_colour(state):
    for x in (0, 1, 2):
        state = changes.toggle_pin(state, x, 0)
    assert [pin.colour for pin in state.pins] == [0, 1, 2]
    state = changes.toggle_pin(state, 1, 0)
    state = changes.toggle_pin(state, 5, 3)
    assert state.pins == (Pin(0, 0, 0), Pin(2, 0, 2), Pin(5, 3, 1))
    assert changes.toggle_pin(state, 6, 0) is state


def test_fit_last_is_inside_the_ramp(state):
    assert changes.set_fit_last(state, 99).ramp.fit_last == 5
    assert changes.set_fit_last(state, 0).ramp.fit_last == 2
    assert changes.set_fit_last(state, None) is state


def test_undo_and_redo_bring_back_what_was_made_and_leave_the_frame(state):
    history = History()
    one = changes.choose_pixel(state, 1, 1)
    history.record(state, one, "Choose pixel")
    two = changes.toggle_pin(changes.step_group(one, 2), 2, 2)
    history.record(one, two, "Pin pixel")
    assert (history.undo_text, history.redo_text) == ("Pin pixel", "")
    back = history.undo(two)
    assert (back.pins, back.pixel, back.frame.group) == ((), (1, 1), 3)
    assert (history.undo_text, history.redo_text) == ("Choose pixel", "Pin pixel")
    assert history.undo(back).pixel is None
    again = history.redo(history.redo(history.undo(back) if history.undo_text else replace(back, pixel=None)))
    assert (again.pins, again.pixel) == (two.pins, two.pixel)
    assert history.redo(again) is again


def test_a_drag_is_one_undo(state):
    history, now = History(), state
    for last in (3, 4, 5):
        new = changes.set_fit_last(now, last)
        history.record(now, new, "Fitted groups", commit=False)
        now = new
    assert history.undo_text == ""
    history.record(now, now, "Fitted groups")
    assert history.undo_text == "Fitted groups"
    assert history.undo(now).ramp.fit_last is None


def test_an_unfinished_drag_is_taken_back_first(state):
    history = History()
    dragged = changes.set_fit_last(state, 3)
    history.record(state, dragged, "Fitted groups", commit=False)
    assert history.undo(dragged) == state


def test_arrow_keys_are_one_undo(state):
    history, now = History(), changes.choose_pixel(state, 0, 0)
    history.record(state, now, "Choose pixel")
    for _ in range(3):
        new = changes.move_pixel(now, 1, 0)
        history.record(now, new, "Move pixel", merge=True)
        now = new
    assert history.undo(now).pixel == (0, 0)


def test_nothing_made_is_nothing_to_undo_and_the_stack_is_bounded(state):
    history = History()
    history.record(state, changes.step_group(state, 1), "Step")
    assert history.undo_text == ""
    for number in range(LIMIT + 50):
        history.record(replace(state, pixel=(number, 0)), replace(state, pixel=(number + 1, 0)), "Choose pixel")
    count = 0
    while history.undo_text:
        state = history.undo(state)
        count += 1
    assert count == LIMIT
    history.clear()
    assert history.redo_text == ""


def test_undo_does_not_bring_back_closed_exposures(state):
    history = History()
    compared = changes.compare_exposures(state, ["b"])
    history.record(state, compared, "Compare")
    none = changes.compare_exposures(compared, [])
    history.record(compared, none, "Compare")
    closed = changes.close_exposure(none, "b")
    assert history.undo(closed).ramp.compare == ()
    assert Made.of(closed).put_into(closed) == closed
