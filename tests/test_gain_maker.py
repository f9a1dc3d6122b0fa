"""What makes the gain panel's maps: exact ones, and those that follow an outline while it is dragged."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from gain_window_help import PATIENCE, VOID, FakeLive, flats, open_files, settled, void, write  # noqa: F401

from detgui.analysis import gain_live, gain_map
from detgui.data.exposure import open_exposures
from detgui.gui.window.parts import Parts
from detgui.science.boxes import VOID as VOID_KIND
from detgui.science.region_masks import mask_of
from detgui.science.regions import Ellipse
from detgui.session.gain import TAB, GainMaker
from detgui.session.gain_work import VOID_FILE, command


@pytest.fixture
def made(monkeypatch) -> list[FakeLive]:
    """What was built to follow outlines."""
    found: list[FakeLive] = []
    monkeypatch.setattr(gain_live.LiveGain, "build", FakeLive.builder(found))
    return found


@pytest.fixture
def bench(qtbot, flats, made):  # noqa: F811
    """Parts with open flats in front of a maker with boxes of 64 pixels."""
    parts = Parts(workers=2)
    maker = GainMaker(parts.session, parts.exposures, parts.engine, parts.bridge)
    parts.session.set_tab(TAB)
    parts.session.set_gain(box=64)
    open_files(qtbot, parts, flats)
    yield parts, maker
    parts.close()


@pytest.fixture
def computed(qtbot, bench, made):
    """The same with an exact map, and reads to follow with."""
    parts, maker = bench
    maker.compute()
    qtbot.waitUntil(lambda: maker.result is not None and maker.follows, timeout=PATIENCE)
    parts.session.choose_exposure(maker.source.key)
    return parts, maker, made[-1]


def directly(files, **params):
    exposures = open_exposures(files, join=False, neighbours=False)
    try:
        return gain_map.run(exposures, gain_map.Params(box=64, **params))
    finally:
        for each in exposures:
            each.close()


def test_map_is_that_of_the_analysis_and_stands_in_the_list(qtbot, bench, flats):  # noqa: F811
    parts, maker = bench
    assert [each.name for each in maker.flats] == [path.stem for path in flats]
    maker.compute()
    qtbot.waitUntil(lambda: settled(maker), timeout=PATIENCE)
    expected = directly(flats)
    np.testing.assert_array_equal(maker.result.gain, expected.gain)
    product = parts.session.state.exposure(maker.product)
    assert parts.session.state.current is product
    assert (product.planes, product.unit, product.source) == (("GAIN", "ERR", "BOX"), "e-/DN", maker.source.key)
    np.testing.assert_array_equal(parts.exposures.exposure(product.key).read_image("BOX"), maker.result.boxes.labels + 1)
    np.testing.assert_array_equal(parts.exposures.exposure(product.key).read_image("GAIN"), expected.map())
    assert len(maker.flats) == len(flats)  # the map is no flat


def test_what_is_wrong_is_said_before_anything_is_computed(qtbot, bench):
    parts, maker = bench
    parts.exposures.close_exposure(maker.flats[-1].key)
    qtbot.waitUntil(lambda: "has no partner" in maker.advice, timeout=PATIENCE)
    maker.compute()
    qtbot.waitUntil(lambda: "has no partner" in maker.trouble, timeout=PATIENCE)
    assert maker.result is None
    parts.session.set_gain(flats=tuple(each.key for each in maker.flats[:2]))
    qtbot.waitUntil(lambda: maker.advice == "", timeout=PATIENCE)
    assert maker.trouble == ""


def test_raw_flats_are_taken_only_where_none_is_calibrated(qtbot, tmp_path):
    parts = Parts(workers=2)
    maker = GainMaker(parts.session, parts.exposures, parts.engine, parts.bridge)
    try:
        files = write(tmp_path, ("uncal", "ramp"))
        parts.session.set_tab(TAB)
        open_files(qtbot, parts, files[4:])
        qtbot.waitUntil(lambda: "is raw" in maker.advice, timeout=PATIENCE)
        assert [each.kind for each in maker.flats] == ["uncal"] * 4
        open_files(qtbot, parts, files[:4])
        assert [each.kind for each in maker.flats] == ["ramp"] * 4
        qtbot.waitUntil(lambda: maker.advice == "", timeout=PATIENCE)
    finally:
        parts.close()


def test_map_follows_a_dragged_outline_and_the_exact_one_replaces_it(qtbot, computed, flats):  # noqa: F811
    parts, maker, _live = computed
    session = parts.session
    session.add_regions([void(120.0)])
    number = session.state.regions[-1].number
    qtbot.waitUntil(lambda: settled(maker), timeout=PATIENCE)
    maker.holding = lambda: True  # the mouse is down
    for x in (160.0, 200.0, VOID[0]):
        session.set_region_shape(number, Ellipse(x, VOID[1], VOID[2], VOID[2]), commit=False)
        qtbot.waitUntil(lambda: maker.approximate is not None and not maker._tasks.runs("follow"), timeout=PATIENCE)
        inside = maker.approximate.boxes.kind == VOID_KIND
        assert abs(float(np.average(maker.approximate.boxes.x[inside], weights=maker.approximate.boxes.pixels[inside])) - x) < 1.0
        shown = parts.exposures.exposure(maker.product).read_image("GAIN")
        assert shown[int(VOID[1]), int(x)] == 2.0
    assert "approximate" in session.state.revision(maker.product).note
    qtbot.wait(600)  # longer than the maker waits for a rest
    assert maker.approximate is not None and not maker.busy
    maker.holding = lambda: False
    session.set_region_shape(number, Ellipse(*VOID, VOID[2]), commit=True)
    qtbot.waitUntil(lambda: settled(maker), timeout=PATIENCE)
    expected = directly(flats, voids=(mask_of(Ellipse(*VOID, VOID[2]), (256, 512)),))
    np.testing.assert_array_equal(maker.result.gain, expected.gain)
    assert "approximate" not in session.state.revision(maker.product).note
    assert f"--voids {VOID_FILE}" in command(maker.result)


def test_of_many_moves_only_the_newest_is_waited_for(qtbot, computed):
    parts, maker, live = computed
    gate = threading.Event()
    live.wait = lambda: gate.wait(20)
    parts.session.add_regions([void(100.0, r=20)])
    number = parts.session.state.regions[-1].number
    maker.holding = lambda: True
    for x in range(101, 160):
        parts.session.set_region_shape(number, Ellipse(float(x), 120.0, 20.0 + x / 10, 20.0), commit=False)
    gate.set()
    last = (int(mask_of(Ellipse(159.0, 120.0, 35.9, 20.0), (256, 512)).sum()),)
    qtbot.waitUntil(lambda: live.updates[-1:] == [last] and not maker._tasks.runs("follow"), timeout=PATIENCE)
    assert len(live.updates) <= 3
    number_of_pixels = maker.approximate.boxes.pixels[maker.approximate.boxes.kind == VOID_KIND].sum()
    assert number_of_pixels == last[0]


def test_undo_comes_back_to_the_map_before_at_once(qtbot, computed):
    parts, maker, _ = computed
    first = maker.result
    parts.session.forget()
    parts.session.add_regions([void()])
    qtbot.waitUntil(lambda: settled(maker) and maker.result is not first, timeout=PATIENCE)
    second = maker.result
    parts.session.undo()
    assert maker.result is first
    parts.session.redo()
    assert maker.result is second


def test_a_region_of_another_kind_changes_nothing_and_excluded_pixels_are_in_no_box(qtbot, computed):
    parts, maker, live = computed
    parts.session.add_regions([void(kind="background")])
    assert maker.is_current and not live.updates
    parts.session.add_regions([void(kind="exclude")])
    qtbot.waitUntil(lambda: settled(maker), timeout=PATIENCE)
    assert maker.boxes.labels[int(VOID[1]), int(VOID[0])] == -1


def test_other_boxes_follow_and_a_choice_of_ipc_without_a_value_is_said(qtbot, computed):
    parts, maker, _ = computed
    count = len(maker.boxes)
    parts.session.set_gain(box=128)
    qtbot.waitUntil(lambda: settled(maker), timeout=PATIENCE)
    assert 0 < len(maker.boxes) < count
    parts.session.set_gain(ipc="centre")
    qtbot.waitUntil(lambda: "type the centre" in maker.trouble + maker.advice, timeout=PATIENCE)
    parts.session.set_gain(ipc_centre=1.025)
    qtbot.waitUntil(lambda: settled(maker), timeout=PATIENCE)
    assert maker.result.ipc.factor == pytest.approx(0.95)
    assert maker.trouble == ""


def test_closing_a_flat_forgets_its_maps(qtbot, computed):
    parts, maker, _ = computed
    parts.exposures.close_exposure(maker.flats[0].key)
    assert maker.result is None
    assert maker.boxes is None
    assert not maker.follows


def test_kept_reads_follow_the_outline_close_to_the_exact_map(qtbot, flats):  # noqa: F811
    parts = Parts(workers=2)
    maker = GainMaker(parts.session, parts.exposures, parts.engine, parts.bridge)
    try:
        parts.session.set_tab(TAB)
        parts.session.set_gain(box=64)
        open_files(qtbot, parts, flats)
        maker.compute()
        qtbot.waitUntil(lambda: maker.follows, timeout=PATIENCE)
        parts.session.choose_exposure(maker.source.key)
        maker.holding = lambda: True
        parts.session.add_regions([void(150.0)])
        number = parts.session.state.regions[-1].number
        for x in (180.0, 215.0, VOID[0]):
            parts.session.set_region_shape(number, Ellipse(x, VOID[1], VOID[2], VOID[2]), commit=False)
            qtbot.waitUntil(lambda: maker.approximate is not None and not maker._tasks.runs("follow"), timeout=PATIENCE)
        followed = maker.approximate
        maker.holding = lambda: False
        parts.session.set_region_shape(number, Ellipse(*VOID, VOID[2]), commit=True)
        qtbot.waitUntil(lambda: settled(maker), timeout=PATIENCE)
        exact = maker.result
        np.testing.assert_array_equal(followed.boxes.labels, exact.boxes.labels)
        inside = exact.boxes.kind == VOID_KIND
        assert inside.any()
        assert (np.abs(followed.gain - exact.gain) < exact.gain_err).all()
        assert np.median(followed.gain[inside]) < np.median(followed.gain[~inside])  # the void was found
    finally:
        parts.close()
