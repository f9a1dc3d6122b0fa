"""From the state to requests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from session_fakes import entry

from detgui.session import changes
from detgui.session.limits import LimitsLock
from detgui.session.requests import Wanted
from detgui.session.resolve import resolve
from detgui.session.state import Display, Frame, SessionState


@pytest.fixture
def state() -> SessionState:
    made = changes.add_exposures(SessionState(), [entry("a"), entry("b", (1, 8, 4, 6)), entry("flat", (1, 1, 4, 6), kind="rate")])
    return changes.choose_pixel(changes.go_to(made, integration=2, group=3), 5, 1)


def test_nothing_open_wants_nothing():
    assert resolve(SessionState()) == Wanted()


def test_the_shown_frame_with_the_display(state):
    display = Display("asinh", "percentile", 98.0, 1.0, 2.0, dq_flags=("HOT",))
    image = resolve(replace(state, display=display)).image
    assert image.frame == Frame("a", "SCI", 2, 3)
    assert (image.stretch, image.limits, image.percentile, image.dq_flags, image.subtract) == ("asinh", "percentile", 98.0, ("HOT",), None)
    assert (image.low, image.high) == (None, None)  # typed limits count for 'typed' only
    typed = resolve(replace(state, display=replace(display, limits="typed"))).image
    assert (typed.low, typed.high) == (1.0, 2.0)


def test_what_does_not_make_another_picture_asks_for_nothing_new(state):
    for same in (
        replace(state, tab="Gain", theme="dark"),
        replace(state, display=replace(state.display, colormap="gray", amplifiers=True, reference_pixels=True)),
        changes.set_blink(state, False),
    ):
        assert resolve(same) == resolve(state)


def test_previous_group_of_the_same_integration(state):
    state = changes.set_difference(state, "previous group")
    assert resolve(state).image.subtract == Frame("a", "SCI", 2, 2)
    assert resolve(changes.go_to(state, group=1)).image.subtract is None


def test_other_frame_and_blink(state):
    other = Frame("b", "SCI", 1, 8)
    wanted = resolve(changes.set_blink(changes.set_difference(state, "other", other), True, Frame("b", "SCI", 1, 2)))
    assert wanted.image.subtract == other
    assert (wanted.blink.frame, wanted.blink.subtract) == (Frame("b", "SCI", 1, 2), other)
    assert resolve(state).blink is None


def test_ramps_of_chosen_pins_and_compared(state):
    state = changes.toggle_pin(state, 0, 0)
    state = changes.compare_exposures(state, ["b", "a", "flat"])
    ramps = resolve(state).ramps
    assert [(each.exposure, each.role, each.params.x, each.params.y, each.params.integration) for each in ramps] == [
        ("a", "chosen", 5, 1, 2),
        ("a", "pin", 0, 0, 2),
        ("b", "compare", 5, 1, 1),  # b has one integration only
    ]


def test_ramp_parameters(state):
    state = replace(state, ramp=replace(state.ramp, fit_last=4, method="ols", gain=1.5, read_noise=Path("rn.fits")))
    chosen = resolve(state).ramps[0].params
    assert (chosen.fit_groups, chosen.method, chosen.gain, chosen.read_noise) == ((1, 4), "ols", 1.5, Path("rn.fits"))
    assert resolve(replace(state, ramp=replace(state.ramp, fit_last=None))).ramps[0].params.fit_groups is None
    assert resolve(replace(state, ramp=replace(state.ramp, fit_last=40))).ramps[0].params.fit_groups == (1, 5)


def test_no_ramp_where_there_is_none(state):
    assert resolve(changes.choose_exposure(state, "flat")).ramps == ()
    outside = replace(state, pixel=(50, 50))
    assert resolve(outside).ramps == ()
    assert resolve(replace(state, pixel=None)).ramps == ()


def test_stepping_groups_keeps_the_ramps_and_stepping_integrations_the_overview(state):
    state = replace(state, ramp=replace(state.ramp, show="slopes"))
    assert resolve(changes.step_group(state, -1)).ramps == resolve(state).ramps
    stepped = resolve(changes.step_integration(state, -1))
    assert stepped.ramps != resolve(state).ramps
    assert stepped.overview == resolve(state).overview is not None
    assert resolve(replace(state, ramp=replace(state.ramp, show="ramp"))).overview is None


def test_lost_exposures_are_left_alone(state):
    state = changes.compare_exposures(changes.set_blink(changes.set_difference(state, "other", Frame("b")), True, Frame("b")), ["b"])
    wanted = resolve(changes.set_error(state, "b", "gone"))
    assert (wanted.image.subtract, wanted.blink) == (None, None)
    assert [each.role for each in wanted.ramps] == ["chosen"]
    assert resolve(changes.set_error(state, "a", "gone")) == Wanted()


class Shown:
    def __init__(self, request, low, high):
        self.request, self.low, self.high = request, low, high


def test_locked_limits_stay_while_stepping(state):
    lock, first = LimitsLock(), resolve(state).image
    assert lock.apply(first, True) == first  # nothing shown yet
    lock.note(Shown(first, 3.0, 9.0))
    second = resolve(changes.step_group(state, 1)).image
    assert lock.apply(second, False) == second
    locked = lock.apply(second, True)
    assert (locked.limits, locked.low, locked.high) == ("typed", 3.0, 9.0)
    lock.note(Shown(locked, 3.0, 9.0))
    assert lock.apply(resolve(changes.step_group(state, 2)).image, True).low == 3.0


@pytest.mark.parametrize(
    "change",
    [
        lambda state: changes.go_to(state, plane="PIXELDQ"),
        lambda state: replace(state, display=replace(state.display, limits="minmax")),
        lambda state: changes.set_difference(state, "previous group"),
    ],
)
def test_locked_limits_do_not_outlive_what_they_are_for(state, change):
    lock, first = LimitsLock(), resolve(state).image
    lock.note(Shown(first, 3.0, 9.0))
    changed = resolve(change(state)).image
    assert lock.apply(changed, True) == changed
