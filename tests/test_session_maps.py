"""Maps in memory: exposures of the list that are replaced while they are shown, and the options they are made of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from session_fakes import Desk, FakeExposure, entry

from detgui.data.memory_exposure import MapExposure
from detgui.errors import BadInput
from detgui.science import display
from detgui.session import changes, nonlinearity
from detgui.session.nonlinearity import NonlinearityOptions, PhaseRange
from detgui.session.requests import ImageRequest
from detgui.session.resolve import image_request
from detgui.session.restore import load_state, save_state, without_maps
from detgui.session.state import Frame, OpenExposure, SessionState
from detgui.session.undo import History

RAMP = replace(entry("a", shape=(6, 20, 32, 64)), integrations=(1, 6))


def slopes(value: float = 1.0, name: str = "fake_slopes") -> MapExposure:
    slope = np.full((4, 6), value, np.float32)
    slope[0, 0] = np.nan
    planes = {"SLOPE": slope, "ERR": np.ones((4, 6), np.float32), "COUNT": np.ones((4, 6), np.int32), "DQ": np.full((4, 6), 4, np.uint32)}
    return MapExposure(name, planes, unit="DN/group", units={"COUNT": "integrations", "DQ": ""}, signed=("SLOPE",))


def state_with(*exposures: OpenExposure) -> SessionState:
    return changes.add_exposures(SessionState(), exposures)


# The exposure


def test_map_reads_like_a_file():
    exposure = slopes(3.0)
    assert (exposure.shape, exposure.planes, exposure.kind, exposure.is_ramp) == (
        (1, 1, 4, 6),
        ("SLOPE", "ERR", "COUNT", "DQ"),
        "slopes",
        False,
    )
    image = exposure.read_image("SLOPE", 1, 1)
    image[:] = 0  # a copy
    assert exposure.read_pixel(2, 1, "SLOPE").tolist() == [[3.0]]
    assert exposure.read_box(1, 0, 2, 3, "ERR").shape == (1, 4, 2)
    assert exposure.read_block("SLOPE", rows=(1, 2)).shape == (1, 1, 2, 6)
    assert exposure.read_dq().dtype == np.uint32
    assert (exposure.plane_unit("SLOPE"), exposure.plane_unit("COUNT")) == ("DN/group", "integrations")
    assert exposure.int_times() is None


@pytest.mark.parametrize(
    "read",
    [
        lambda e: e.read_image("SCI"),
        lambda e: e.read_image("SLOPE", 2),
        lambda e: e.read_image("SLOPE", 1, 2),
        lambda e: e.read_pixel(6, 0, "SLOPE"),
        lambda e: e.read_box(3, 0, 2, 0, "SLOPE"),
        lambda e: e.runs("SLOPE"),
    ],
)
def test_what_a_map_does_not_have_is_bad_input(read):
    with pytest.raises(BadInput, match="fake_slopes"):
        read(slopes())


def test_closed_map_is_bad_input_and_planes_must_fit():
    exposure = slopes()
    exposure.close()
    with pytest.raises(BadInput, match="closed"):
        exposure.read_image("SLOPE")
    with pytest.raises(BadInput, match="shape"):
        MapExposure("x", {"A": np.zeros((2, 3)), "B": np.zeros((3, 2))})


# Limits


@pytest.mark.parametrize("mode", ["zscale", "percentile", "minmax"])
def test_limits_about_zero_are_symmetric_and_robust(mode):
    rng = np.random.default_rng(4)
    values = rng.normal(0.3, 2.0, (64, 64))
    values[3, 3], values[5, 5] = 1e6, np.nan
    low, high = display.limits_about_zero(values, mode, 95.0)
    assert low == -high
    if mode == "minmax":
        assert high == 1e6
    else:
        inside = np.mean(np.abs(values[np.isfinite(values)]) <= high)
        assert inside == pytest.approx(0.99 if mode == "zscale" else 0.95, abs=0.005)


def test_limits_about_zero_keep_what_is_typed_and_bear_nothing():
    assert display.limits_about_zero(np.zeros((2, 2)), "typed", low=-1.0, high=5.0) == (-1.0, 5.0)
    assert display.limits_about_zero(np.full((2, 2), np.nan), "zscale") == (0.0, 1.0)


# In the session


def test_map_stands_under_its_source_and_is_shown_by_its_own_plane(qtbot):
    desk = Desk(qtbot)
    try:
        first = desk.exposures.add(FakeExposure())
        desk.exposures.add(FakeExposure(name="other_uncal"))
        key = desk.exposures.add_map(slopes(), first, "slope map", note="exact")
        state = desk.session.state
        assert [each.key for each in state.exposures] == [first, key, state.exposures[2].key]
        assert (state.frame.exposure, state.frame.plane) == (key, "SLOPE")
        assert state.revision(key).note == "exact"
        request = image_request(state, state.frame)
        assert request.signed
        assert not image_request(state, replace(state.frame, plane="ERR")).signed
        desk.exposures.close_exposure(first)
        assert desk.session.state.exposure(key) is not None  # a map needs its source no more
    finally:
        desk.close()


def test_replaced_map_is_shown_anew_and_the_list_stays(qtbot):
    desk = Desk(qtbot)
    try:
        source = desk.exposures.add(FakeExposure())
        key = desk.exposures.add_map(slopes(1.0), source, "slope map")
        desk.settle()
        exposures = desk.session.state.exposures
        for value in (2.0, 3.0, 4.0):
            with qtbot.waitSignal(desk.loader.image, check_params_cb=lambda answer, value=value: answer and answer.values[1, 1] == value):
                desk.exposures.replace(key, slopes(value), f"value {value}")
        assert desk.session.state.exposures is exposures
        assert desk.session.state.revision(key).number == 3
        assert desk.session.state.revision(key).note == "value 4.0"
        answer = desk.said["image"][-1]
        assert (answer.low, answer.high, answer.unit) == (-4.0, 4.0, "DN/group")
        desk.exposures.close_exposure(key)
        assert desk.session.state.revisions == ()
        with pytest.raises(BadInput):
            desk.exposures.replace(key, slopes())
    finally:
        desk.close()


def test_requests_of_two_revisions_differ():
    state = state_with(RAMP)
    frame = Frame("a")
    one = image_request(state, frame)
    two = image_request(changes.revise(state, "a"), frame)
    assert isinstance(one, ImageRequest)
    assert one != two


# Options


def test_numbers_are_kept_within_the_source():
    state = changes.set_nonlinearity(state_with(RAMP), fit_last=40, integrations=(9, -3), roi=(70, 5, 3, 90))
    options = state.nonlinearity
    assert options.fit_last == 18  # two late groups are left
    assert options.integrations is None  # all of them
    assert options.roi == (3, 5, 63, 31)
    assert changes.set_nonlinearity(state, fit_last=1).nonlinearity.fit_last == 3
    assert changes.set_nonlinearity(state, integrations=(5, 2)).nonlinearity.integrations == (2, 5)
    assert changes.set_nonlinearity(state, roi=(0, 0, 63, 31)).nonlinearity.roi is None
    assert changes.set_nonlinearity(state, fit_last=18) is state


def test_too_short_a_ramp_keeps_the_least_there_is():
    assert nonlinearity.groups_in(10, 4) == 3
    assert nonlinearity.groups_in(10, 42) == 10


def test_a_source_with_few_groups_leaves_n_for_the_next():
    short = replace(RAMP, key="b", shape=(1, 4, 32, 64))
    state = changes.set_nonlinearity(state_with(RAMP, short), fit_last=9)
    state = changes.set_nonlinearity(state, source="b")
    assert changes.fitting_options(state).fit_last == 3
    state = changes.set_nonlinearity(state, source=RAMP.key)
    assert changes.fitting_options(state).fit_last == 9


def test_source_is_the_chosen_ramp_else_the_shown_one_or_where_it_came_from():
    image = replace(entry("i", shape=(1, 1, 32, 64)), integrations=(1, 1), source="b")
    state = state_with(RAMP, replace(RAMP, key="b"), image)
    assert changes.ramp_source(state).key == "a"
    state = changes.choose_exposure(state, "i")
    assert changes.ramp_source(state).key == "b"
    state = changes.set_nonlinearity(state, source="a")
    assert changes.ramp_source(state).key == "a"
    state = changes.close_exposure(state, "a")
    assert state.nonlinearity.source == ""
    assert changes.ramp_source(state).key == "b"
    assert changes.ramp_source(SessionState()) is None


def test_undo_brings_back_numbers_and_leaves_page_and_source():
    state, history = state_with(RAMP), History()
    new = changes.set_nonlinearity(state, fit_last=7)
    history.record(state, new, "Fitted groups")
    new = changes.set_nonlinearity(new, page="Phases", source="a")
    back = history.undo(new).nonlinearity
    assert (back.fit_last, back.page, back.source) == (10, "Phases", "a")


def test_options_survive_the_session_file_and_maps_do_not(tmp_path):
    phases = (PhaseRange("transit", 2, 4, "#d62728"),)
    options = NonlinearityOptions(fit_last=8, integrations=(2, 5), roi=(1, 2, 3, 4), flags=("HOT",), gain=1.4, phases=phases, page="Phases")
    made = replace(entry("m", shape=(1, 1, 32, 64)), source="a", planes=("SLOPE",))
    state = changes.choose_exposure(replace(state_with(RAMP, made), nonlinearity=options), "m")
    save_state(state, tmp_path / "session.json")
    saved = load_state(tmp_path / "session.json")
    assert saved.nonlinearity == options
    assert [each.key for each in saved.exposures] == ["a"]
    assert saved.frame.exposure == "a"
    assert without_maps(saved) == saved
