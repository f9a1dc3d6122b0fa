"""Regions on disk: nothing that was drawn is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from session_fakes import Desk, FakeExposure

from detgui.science.regions import HOW, KINDS, Combined, Ellipse, Painted, Polygon, Rectangle, Region
from detgui.session.codec import from_json, to_json
from detgui.session.region_store import RegionStore, merge, regions_file
from detgui.session.regions import DrawnRegion, regions_of
from detgui.session.restore import Keeper

numbers = st.floats(-1e4, 1e4, allow_nan=False)
sizes = st.floats(0.1, 1e4)
simple = st.one_of(
    st.builds(Rectangle, numbers, numbers, sizes, sizes, numbers),
    st.builds(Ellipse, numbers, numbers, sizes, sizes, numbers),
    st.builds(lambda points: Polygon(tuple(points)), st.lists(st.tuples(numbers, numbers), min_size=3, max_size=9)),
    st.builds(
        lambda x0, y0, rows, columns, seed: Painted(x0, y0, np.random.default_rng(seed).random((rows, columns)) < 0.5),
        *(st.integers(-3000, 3000), st.integers(-3000, 3000), st.integers(1, 40), st.integers(1, 40), st.integers(0, 99)),
    ),
)
shapes = st.recursive(simple, lambda inner: st.builds(Combined, inner, inner, st.sampled_from(HOW)), max_leaves=4)
drawn = st.builds(Region, shapes, st.text(max_size=20), st.sampled_from(KINDS), st.just("#12ab34"), st.booleans(), st.booleans())


@given(drawn)
def test_every_region_comes_back_from_json(region):
    assert from_json(Region, json.loads(json.dumps(to_json(region)))) == region


def test_a_painted_frame_takes_little_room():
    pixels = np.zeros((2048, 2048), bool)
    pixels[300:1500, 200:900] = True
    assert len(json.dumps(to_json(Painted(0, 0, pixels)))) < 5000


@pytest.mark.parametrize(
    "spoilt",
    [
        {"shape": "spiral", "x": 1},
        {"shape": "rectangle", "x": 1.0, "y": 1.0, "width": -3.0, "height": 1.0},
        {"shape": "rectangle", "x": "1"},
        {"shape": "painted", "x0": 0, "y0": 0, "rows": 10**9, "columns": 10**9, "bits": ""},
        {"shape": "painted", "x0": 0, "y0": 0, "rows": 4, "columns": 4, "bits": "not base 64!"},
        {"shape": "combined", "how": "xor", "first": to_json(Rectangle(1, 1, 2, 2)), "second": to_json(Rectangle(1, 1, 2, 2))},
        None,
        [],
    ],
)
def test_a_shape_that_cannot_be_is_refused(spoilt):
    with pytest.raises(ValueError):
        from_json(Region, {"shape": spoilt, "name": "x"})


def test_bits_that_unpack_to_far_more_than_they_claim_are_refused():
    bomb = to_json(Painted(0, 0, np.zeros((4096, 4096), bool))) | {"rows": 4, "columns": 4}
    with pytest.raises(ValueError, match="bytes are not"):
        from_json(Region, {"shape": bomb})


# The file


def one(number: int, name: str, frame: str = "A", **fields) -> DrawnRegion:
    return DrawnRegion(number, frame, Region(Rectangle(number, 2, 3, 4), name, **fields))


def names(store: RegionStore | None = None) -> list[str]:
    """What a program that starts now would find."""
    return sorted(each.region.name for each in (store or RegionStore()).load()[0])


def test_saved_and_loaded_with_free_numbers():
    RegionStore().save((one(7, "x"), one(9, "y", "B")))
    found, wrong = RegionStore().load(taken=(1, 4))
    assert wrong == ""
    assert [(each.number, each.frame, each.region) for each in found] == [(5, "A", one(7, "x").region), (6, "B", one(9, "y").region)]


def test_programs_at_the_same_time_keep_each_others_regions():
    RegionStore().save((one(1, "old"),))
    first, second = RegionStore(), RegionStore()
    mine, theirs = first.load()[0], second.load()[0]
    first.save((*mine, one(2, "first's")))
    second.save((*theirs, one(2, "second's")))
    assert names() == ["first's", "old", "second's"]
    first.save((one(2, "first's, moved"),))  # and the old one deleted
    second.save((*theirs, one(2, "second's")))
    assert names() == ["first's, moved", "second's"]


def test_what_both_changed_is_kept_twice():
    RegionStore().save((one(1, "old"),))
    first, second = RegionStore(), RegionStore()
    first.load(), second.load()
    first.save((one(1, "by first"),))
    second.save((one(1, "by second"),))
    assert names() == ["by first", "by second"]
    second.save((one(1, "by second again"),))
    assert names() == ["by first", "by second again"]


def test_what_one_deletes_and_the_other_changes_stays():
    RegionStore().save((one(1, "x"), one(2, "y")))
    first, second = RegionStore(), RegionStore()
    first.load(), second.load()
    first.save((one(2, "y"),))
    second.save((one(1, "x changed"), one(2, "y")))
    assert names() == ["x changed", "y"]
    second.save((one(1, "x changed"), one(2, "y changed")))
    first.save(())
    assert names() == ["x changed", "y changed"]


entries = st.dictionaries(st.sampled_from("abcde"), st.sampled_from([{"v": 1}, {"v": 2}, {"v": 3}]))


@given(entries, entries, entries)
def test_merging_loses_no_change_of_either(known, mine, theirs):
    merged, renamed = merge(known, mine, theirs)
    for name, entry in mine.items():
        if known.get(name) != entry:
            assert merged[renamed.get(name, name)] == entry
    for name, entry in theirs.items():
        if known.get(name) != entry:
            assert merged[name] == entry
    for name in known:
        if known[name] == mine.get(name) and known[name] == theirs.get(name):
            assert merged[name] == known[name]
    for name in known.keys() - mine.keys() - theirs.keys():
        assert name not in merged


def test_regions_of_a_newer_program_stay_in_the_file():
    RegionStore().save((one(1, "x"),))
    data = json.loads(regions_file().read_text())
    data["regions"].append({"id": "new", "array": "A", "region": {"shape": {"shape": "spiral"}, "name": "newer"}})
    regions_file().write_text(json.dumps(data))
    store = RegionStore()
    found, wrong = store.load()
    assert (len(found), wrong) == (1, "")
    store.save((*found, one(2, "y")))
    assert [each["region"]["name"] for each in json.loads(regions_file().read_text())["regions"]] == ["x", "newer", "y"]


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"version": 99, "regions": []}', b"\xff\x00"])
def test_a_damaged_file_is_set_aside_and_told(content):
    regions_file().parent.mkdir(parents=True, exist_ok=True)
    regions_file().write_bytes(content)
    store = RegionStore()
    found, wrong = store.load()
    assert found == ()
    assert "renamed to regions.json.unreadable" in wrong
    assert regions_file().with_name("regions.json.unreadable").read_bytes() == content
    store.save((one(1, "x"),))
    assert names() == ["x"]
    regions_file().write_bytes(b"damaged again")
    assert "regions.json.unreadable2" in RegionStore().load()[1]
    assert regions_file().with_name("regions.json.unreadable").read_bytes() == content


def test_a_file_that_vanished_is_written_again():
    store = RegionStore()
    store.save((one(1, "x"), one(2, "y")))
    regions_file().unlink()
    store.save((one(1, "x"), one(2, "y")))
    assert names() == ["x", "y"]


# Across runs


@pytest.fixture
def desk(qtbot):
    made = Desk(qtbot)
    yield made
    made.close()


def keeper_of(desk) -> Keeper:
    keeper = Keeper(desk.session, desk.exposures)
    keeper.start()
    return keeper


def test_regions_are_back_without_their_exposures_and_without_restoring(qtbot, desk):
    keeper = keeper_of(desk)
    key = desk.exposures.add(FakeExposure())
    desk.session.add_regions([Region(Rectangle(2, 2, 2, 2), "kept")])
    array = desk.session.state.current.array
    desk.exposures.close_exposure(key)
    keeper.close()
    again = Desk(qtbot)
    keeper = keeper_of(again)  # the last session is not opened again
    assert [each.region.name for each in again.session.state.regions] == ["kept"]
    assert again.session.undo_text == ""
    again.exposures.add(FakeExposure())
    assert again.session.state.current.array == array
    again.session.choose_pixel(1, 1)
    again.session.undo()
    assert [each.region.name for each in again.session.state.regions] == ["kept"]
    keeper.close()
    again.close()
    assert names() == ["kept"]


def test_regions_are_there_once_after_restoring(qtbot, desk, tmp_path, flight_ramp):
    keeper = keeper_of(desk)
    desk.exposures.open([flight_ramp])
    qtbot.waitUntil(lambda: desk.session.state.current is not None, timeout=60_000)
    desk.session.add_regions([Region(Rectangle(20, 20, 9, 9), "kept")])
    desk.session.set_tools(brush=9.0, tool="brush")
    desk.settle()
    keeper.close()
    again = Desk(qtbot)
    keeper = keeper_of(again)
    with qtbot.waitSignal(keeper.restored, timeout=60_000):
        assert keeper.restore()
    assert [each.region.name for each in regions_of(again.session.state)] == ["kept"]
    assert (again.session.state.tools.brush, again.session.state.tools.tool) == (9.0, "")
    again.settle()
    keeper.close()
    again.close()
    assert names() == ["kept"]


def test_an_unfinished_drag_is_saved_too(qtbot, desk):
    keeper = keeper_of(desk)
    desk.exposures.add(FakeExposure())
    desk.session.add_regions([Region(Rectangle(2, 2, 2, 2), "dragged")])
    desk.session.set_region_shape(1, Rectangle(3, 2, 2, 2), commit=False)

    def saved() -> bool:
        found = RegionStore().load()[0]
        return bool(found) and found[0].region.shape == Rectangle(3, 2, 2, 2)

    qtbot.waitUntil(saved, timeout=60_000)
    desk.settle()
    keeper.close()


DRAWING = """
import sys
from PySide6.QtCore import QCoreApplication, QTimer
from detgui.science.regions import Rectangle, Region
from detgui.session.bridge import Bridge
from detgui.session.exposures import Exposures
from detgui.session.restore import Keeper
from detgui.session.session import Session
from detgui.tasks.engine import Engine

app = QCoreApplication([])
session, engine = Session(), Engine(workers=2)
bridge = Bridge(engine)
keeper = Keeper(session, Exposures(session, engine, bridge))
keeper.start()
session.add_regions([Region(Rectangle(5, 5, 3, 3), "drawn")], "A")
count = 0

def drag():
    global count
    count += 1
    session.set_region_shape(1, Rectangle(5 + count, 5, 3, 3), commit=False)

timer = QTimer(interval=10)
timer.timeout.connect(drag)
timer.start()
QTimer.singleShot(60_000, app.quit)
app.exec()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_killed_in_the_middle_of_a_drag(own_folders):
    """The region is there, somewhere on the way of the drag."""
    child = subprocess.Popen([sys.executable, "-c", DRAWING], env={**os.environ, "QT_QPA_PLATFORM": "offscreen"})
    try:
        deadline = time.monotonic() + 60
        while not (found := RegionStore().load()[0]) or found[0].region.shape.x < 7:
            assert time.monotonic() < deadline
            assert child.poll() is None
            time.sleep(0.05)
    finally:
        child.kill()
        child.wait()
    found, wrong = RegionStore().load()
    assert wrong == ""
    assert [each.region.name for each in found] == ["drawn"]
    assert found[0].region.shape.x >= 7


def test_every_field_of_a_region_survives(qtbot):
    made = replace(one(1, "ünïcode {x}", kind="void", colour="#abcdef", locked=True, hidden=True), frame="file /some where/x.fits x 4x6")
    RegionStore().save((made,))
    assert RegionStore().load()[0] == (made,)
