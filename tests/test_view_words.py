"""Captions and partners of the shown frame: pure functions of the state."""

from __future__ import annotations

from dataclasses import replace

import pytest
from view_fakes import exposure

from detgui.gui.common.colours import flag_colour, flag_pattern, pin_colour
from detgui.gui.image.caption import frame_name
from detgui.gui.image.image_panel import answers
from detgui.gui.image.partners import follow, offers, other_files, same_frame
from detgui.science.dq import PIXEL
from detgui.session.resolve import image_request
from detgui.session.state import Frame, SessionState


@pytest.fixture
def state():
    return SessionState(
        exposures=(exposure("a"), exposure("b", shape=(2, 3, 40, 60)), exposure("c", shape=(3, 5, 32, 60))), frame=Frame("a", "SCI", 2, 4)
    )


def test_offers_are_the_neighbours_and_the_ends_each_once(state):
    assert [(offer.text, offer.frame.integration, offer.frame.group) for offer in offers(state)] == [
        ("Previous group (3)", 2, 3),
        ("Next group (5)", 2, 5),
        ("First group (1)", 2, 1),
        ("Previous integration (1)", 1, 4),
        ("Next integration (3)", 3, 4),
    ]


def test_only_files_of_the_same_size_are_offered_with_the_nearest_frame(state):
    assert [offer.frame for offer in other_files(state)] == [Frame("b", "SCI", 2, 3)]
    gone = replace(state, exposures=tuple(replace(each, error="gone") for each in state.exposures))
    assert other_files(gone) == []


@pytest.mark.parametrize(
    ("other", "new", "expected"),
    [
        (Frame("b", "SCI", 2, 3), Frame("a", "SCI", 2, 2), Frame("b", "SCI", 2, 2)),  # the same frame of another file
        (Frame("b", "SCI", 1, 1), Frame("a", "SCI", 2, 2), Frame("b", "SCI", 1, 1)),  # a chosen one of another file
        (Frame("a", "SCI", 1, 4), Frame("a", "SCI", 2, 5), Frame("a", "SCI", 1, 5)),  # the same group of another integration
        (Frame("a", "SCI", 1, 4), Frame("a", "SCI", 3, 4), Frame("a", "SCI", 1, 4)),  # which stays while integrations are stepped
        (Frame("a", "SCI", 2, 1), Frame("a", "SCI", 3, 4), Frame("a", "SCI", 3, 1)),  # another group of the same integration
        (Frame("a", "SCI", 2, 1), Frame("a", "SCI", 2, 5), Frame("a", "SCI", 2, 1)),
        (Frame("a", "SCI", 2, 1), Frame("a", "ERR", 2, 4), Frame("a", "ERR", 2, 1)),  # the plane is common
        (Frame("a", "SCI", 2, 1), Frame("c", "SCI", 1, 1), Frame("a", "SCI", 2, 1)),  # another exposure is shown: nothing follows
        (None, Frame("a", "SCI", 1, 1), None),
    ],
)
def test_a_partner_keeps_what_it_has_in_common(state, other, new, expected):
    assert follow(state, state.frame, new, other) == expected


def test_same_frame_of_a_file_without_that_plane(state):
    only_sci = replace(state, exposures=(state.exposures[0], replace(state.exposures[1], planes=("SCI",))))
    assert same_frame(only_sci, Frame("a", "ERR", 3, 5), "b") == Frame("b", "SCI", 2, 3)


def test_frames_have_names(state):
    assert frame_name(state, Frame("a", "ERR", 2, 4)) == "jw01366003001_04101_0000a_nrs1_ramp, ERR, integration 2, group 4"


def test_locked_limits_count_as_the_wanted_image(state):
    wanted = image_request(state, state.frame)
    locked = replace(wanted, limits="typed", low=1.0, high=2.0, locked=True)
    assert answers(wanted, wanted)
    assert answers(locked, wanted)
    assert not answers(replace(locked, stretch="log"), wanted)
    assert not answers(replace(wanted, limits="minmax"), wanted)


def test_no_two_flags_look_the_same():
    looks = {(flag_colour(name).name(), flag_pattern(name)) for name in PIXEL}
    assert len(looks) == len(PIXEL) == 32
    first = ("SATURATED", "JUMP_DET", "DO_NOT_USE", "HOT", "DEAD", "REFERENCE_PIXEL")
    assert len({flag_colour(name).name() for name in first}) == len({flag_pattern(name) for name in first}) == 6


def test_pins_differ_in_colour():
    assert len({pin_colour(index).name() for index in range(6)}) == 6
