"""Regions in the state: what can be done to them, undo of it, and which exposures share them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from session_fakes import FakeExposure, entry

from detgui.errors import BadInput
from detgui.science.detector import DetectorGeometry
from detgui.science.region_masks import mask_of
from detgui.science.regions import Ellipse, Painted, Rectangle, Region
from detgui.session import changes, regions, undo
from detgui.session.exposures import array_of, map_array
from detgui.session.session import Session
from detgui.session.state import SessionState

SIZE = (30, 40)


def box(x: float, y: float, width: float = 4, height: float = 4, **fields) -> Region:
    return Region(Rectangle(x, y, width, height), **fields)


@pytest.fixture
def session() -> Session:
    made = Session()
    made.add_exposures([entry("a", array="A", shape=(1, 2, *SIZE)), entry("b", array="B", shape=(1, 2, *SIZE))])
    made.choose_exposure("a")
    return made


def numbers(session: Session) -> list[int]:
    return [each.number for each in regions.regions_of(session.state)]


def test_regions_belong_to_the_array_and_stay_when_its_exposures_close(session):
    session.add_regions([box(5, 5)])
    assert numbers(session) == [1]
    assert session.state.regions[0].region.name == "region 1"
    session.choose_exposure("b")
    assert numbers(session) == []
    assert regions.selected_here(session.state) == ()
    session.close_exposure("a")
    assert len(session.state.regions) == 1
    session.add_exposures([entry("c", array="A")])
    assert numbers(session) == [1]


@pytest.mark.parametrize("how", ["add", "subtract", "intersect"])
def test_joined_regions_have_the_pixels_of_the_masks(session, how):
    shapes = [Rectangle(10, 10, 11, 9), Ellipse(14, 12, 6.2, 4.1, 30), Rectangle(9, 14, 5, 7, 20)]
    session.add_regions([Region(shape, name=name) for shape, name in zip(shapes, "xyz", strict=True)])
    session.join_regions((1, 2, 3), how)
    first, second, third = (mask_of(shape, SIZE) for shape in shapes)
    expected = {"add": first | second | third, "subtract": first & ~second & ~third, "intersect": first & second & third}[how]
    assert numbers(session) == [1]
    assert np.array_equal(mask_of(session.state.regions[0].region.shape, SIZE), expected)
    assert session.state.selected == (1,)
    session.undo()
    assert [each.region.shape for each in session.state.regions] == shapes


def test_what_cannot_be_joined_is_said_and_changes_nothing(session):
    session.add_regions([box(5, 5, name="x"), box(20, 20, name="y"), box(6, 6, name="z", locked=True)])
    before = session.state
    for chosen, how, words in [((1, 2), "intersect", "nothing would be left of x"), ((3, 1), "add", "z is locked"), ((1,), "add", "two")]:
        with pytest.raises(BadInput, match=words):
            session.join_regions(chosen, how)
    assert session.state is before
    session.add_regions([box(5, 5, name="w")], "B")
    with pytest.raises(BadInput, match="different detectors or subarrays"):
        session.join_regions((1, 4), "add")
    session.join_regions((1, 3), "add")  # the first is not locked: it grows, the locked one stays
    assert [each.region.name for each in session.state.regions] == ["x", "y", "z", "w"]


def test_locked_regions_neither_move_nor_go(session):
    session.add_regions([box(5, 5, locked=True), box(9, 9)])
    session.set_region_shape(1, Rectangle(1, 1, 2, 2))
    session.set_region_shape(2, Rectangle(2, 2, 2, 2))
    assert [each.region.shape.x for each in session.state.regions] == [5, 2]
    session.remove_regions((1, 2))
    assert numbers(session) == [1]
    session.replace_region(1, [box(1, 1)])
    assert numbers(session) == [1]


def test_a_drag_of_several_is_one_undo(session):
    session.add_regions([box(5, 5), box(9, 9)])
    for step in range(1, 6):
        session.set_region_shape(1, Rectangle(5 + step, 5, 4, 4), commit=False)
        session.set_region_shape(2, Rectangle(9 + step, 9, 4, 4), commit=False)
    session.set_region_shape(1, Rectangle(10, 5, 4, 4), commit=False)
    session.set_region_shape(2, Rectangle(14, 9, 4, 4))
    assert session.undo_text == "Move region"
    session.undo()
    assert [each.region.shape.x for each in session.state.regions] == [5, 9]
    session.redo()
    assert [each.region.shape.x for each in session.state.regions] == [10, 14]


def test_copies_have_names_of_their_own(session):
    session.add_regions([box(5, 5, name="v", kind="void", locked=True)])
    session.duplicate_regions((1,))
    session.duplicate_regions((1,))
    assert [each.region.name for each in session.state.regions] == ["v", "v copy", "v copy 2"]
    assert [each.region.locked for each in session.state.regions] == [True, False, False]
    assert session.state.selected == (3,)
    session.copy_regions([("B", [box(1, 1, name="v")]), ("B", [box(2, 2, name="v")])])
    assert [each.region.name for each in session.state.regions if each.frame == "B"] == ["v", "v copy"]
    assert session.state.selected == (3,)
    session.undo()
    assert all(each.frame == "A" for each in session.state.regions)


def test_parts_take_the_place_of_the_whole(session):
    session.add_regions([box(5, 5, name="x"), box(9, 9, name="y"), box(1, 1, name="z")])
    session.replace_region(2, [box(8, 9, name="y A"), box(10, 9, name="y B")])
    assert [each.region.name for each in session.state.regions] == ["x", "y A", "y B", "z"]
    assert len({each.number for each in session.state.regions}) == 4
    assert [regions.region(session.state, number).region.name for number in session.state.selected] == ["y A", "y B"]


def test_everything_can_be_undone_and_made_again(session):
    """Draw, move, rename, recolour, kind, lock, hide, delete, combine, import, copy."""
    deeds = [
        lambda: session.add_regions([box(5, 5)]),
        lambda: session.add_regions([box(15, 15), box(18, 15)], text="Import regions"),
        lambda: session.set_region_shape(1, Rectangle(7, 7, 4, 4)),
        lambda: session.set_region((1,), "Rename region", name="other"),
        lambda: session.set_region((1, 2), "Colour region", colour="#123456"),
        lambda: session.set_region((2,), "Kind of region", kind="void"),
        lambda: session.set_region((3,), "Hide region", hidden=True),
        lambda: session.combine_region(2, Rectangle(15, 17, 4, 4), "add"),
        lambda: session.join_regions((2, 3), "add"),
        lambda: session.copy_regions([("B", [box(1, 1)])]),
        lambda: session.duplicate_regions((1,)),
        lambda: session.set_region((1,), "Lock region", locked=True),
        lambda: session.remove_regions((2,)),
    ]
    states = [session.state.regions]
    for deed in deeds:
        deed()
        assert session.state.regions != states[-1]
        states.append(session.state.regions)
    for before in reversed(states[:-1]):
        session.undo()
        assert session.state.regions == before
        assert set(session.state.selected) <= {each.number for each in before}
    for after in states[1:]:
        session.redo()
        assert session.state.regions == after
    assert session.redo_text == ""


def test_undo_of_large_masks_takes_limited_memory(session, monkeypatch):
    monkeypatch.setattr(undo, "PAINTED_BYTES", 10_000)
    session.add_regions([Region(Painted(0, 0, np.ones((40, 50), bool)))])
    for step in range(1, 20):
        session.set_region_shape(1, Painted(step, 0, np.ones((40, 50), bool)))
    for _ in range(30):
        session.undo()
    assert session.state.regions[0].region.shape.x0 == 14  # five masks of 2000 bytes are kept


def test_select_all_leaves_out_what_is_hidden_or_elsewhere(session):
    session.add_regions([box(5, 5), box(9, 9, hidden=True), box(1, 1)])
    session.add_regions([box(1, 1)], "B")
    session.select_all_regions()
    assert session.state.selected == (1, 3)
    before = session.undo_text
    session.select_regions((3, 3, 99, 1))
    assert session.state.selected == (3, 1)
    assert session.undo_text == before


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 6)), max_size=25))
def test_numbers_are_never_given_twice_whatever_is_done(deeds):
    state = changes.add_exposures(SessionState(), [entry("a", array="A", shape=(1, 2, *SIZE))])
    for what, number in deeds:
        chosen = (number, number + 1)
        if what == 0:
            state = regions.add(state, [box(number + 3, 5), box(9, number)])
        elif what == 1:
            state = regions.remove(state, chosen)
        elif what == 2:
            state = regions.duplicate(state, chosen)
        elif what == 3:
            state = regions.replace_region(state, number, [box(1, 1), box(4, 4)])
        elif what == 4:
            state = regions.combine(state, number, Rectangle(5, 5, 6, 6), "subtract")
        else:
            state = regions.add_copies(state, [("A", [box(2, 2)])])
        there = [each.number for each in state.regions]
        assert len(set(there)) == len(there)
        assert set(state.selected) <= set(there)


# Which exposures share regions


def exposure(geometry: DetectorGeometry | None, kind: str = "ramp", name: str = "x_ramp", path=None) -> FakeExposure:
    made = FakeExposure(shape=(1, 2, 64, 128), name=name, paths=[path] if path else [])
    made.kind = kind
    if geometry is not None:
        made.geometry = geometry
    return made


NRS1 = DetectorGeometry(64, 128, "NRS1", 2, 1, 1, 993, 4, known=True)


def test_exposures_of_the_same_pixels_share_regions(tmp_path):
    first = array_of(exposure(NRS1, "uncal"))
    assert array_of(exposure(NRS1, "rate", "y_rate")) == first
    for other in (
        replace(NRS1, detector="NRS2"),
        replace(NRS1, ystart=897),
        replace(NRS1, fastaxis=1, slowaxis=2),
        replace(NRS1, xstart=2),
    ):
        assert array_of(exposure(other)) != first


def test_files_without_a_detector_frame_or_resampled_are_alone(tmp_path):
    paths = [tmp_path / name for name in ("one.fits", "two.fits")]
    for path in paths:
        path.write_bytes(b"x")
    alone = [
        array_of(exposure(geometry, kind, name, path))
        for path in paths
        for geometry, kind, name in [
            (DetectorGeometry(64, 128), "image", "x"),
            (None, "image", "y"),
            (replace(NRS1, nx=64), "image", "z"),
            (NRS1, "i2d", "x_i2d"),
            (NRS1, "cal", "x_cal[SCI,1]"),
            (NRS1, "cal", "x_cal[SCI,2]"),
        ]
    ]
    assert len(set(alone)) == len(alone)
    assert all(each.startswith("file ") for each in alone)
    assert not array_of(exposure(NRS1)).startswith("file ")


def test_a_map_has_the_array_of_its_source():
    source, same = entry("a", array="A", shape=(2, 5, 64, 128)), entry("m", shape=(1, 1, 64, 128), label="slope map")
    assert map_array(same, source) == "A"
    other = map_array(entry("m", shape=(1, 1, 8, 8), label="boxes"), source)
    assert other not in ("", "A")
    assert map_array(replace(same, array="M"), None) == "M"


def test_painted_and_drawn_shapes_share_a_list(session):
    session.add_regions([Region(Painted(3, 4, np.ones((2, 3), bool)))])
    session.combine_region(1, Rectangle(5, 5, 3, 3), "add")
    expected = mask_of(Painted(3, 4, np.ones((2, 3), bool)), SIZE) | mask_of(Rectangle(5, 5, 3, 3), SIZE)
    assert np.array_equal(mask_of(session.state.regions[0].region.shape, SIZE), expected)
