"""Live statistics: newest wins, nothing starves, flags and exact numbers follow."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from session_fakes import Desk, FakeExposure

from detgui.science.region_masks import mask_of
from detgui.science.regions import Rectangle, Region
from detgui.session import region_numbers
from detgui.session.region_numbers import LiveNumbers

SHAPE = (2, 5, 30, 40)


def values(integration: int, group: int) -> np.ndarray:
    y, x = np.mgrid[: SHAPE[2], : SHAPE[3]]
    return 1000.0 * integration + 100 * group + 10 * y + x


def box(x: float) -> Rectangle:
    return Rectangle(x, 12, 5, 7)


@pytest.fixture
def desk(qtbot):
    made = Desk(qtbot)
    yield made
    made.close()


@pytest.fixture
def live(desk):
    desk.exposures.add(FakeExposure(SHAPE))
    made = LiveNumbers(desk.session, desk.loader, desk.engine, desk.bridge)
    made.heard = []
    made.changed.connect(made.heard.append)
    desk.session.set_tools(left_out="nothing")
    desk.session.add_regions([Region(box(5), "x")])
    made.listen(True)
    return made


def newest(live) -> float:
    return live.heard[-1].numbers.mean if live.heard and live.heard[-1] is not None else np.nan


def wait(desk, live, image, shape) -> None:
    expected = image[mask_of(shape, SHAPE[2:])].mean()
    desk.qtbot.waitUntil(lambda: newest(live) == pytest.approx(expected), timeout=60_000)


def test_numbers_follow_the_outline_and_the_frame(desk, live):
    wait(desk, live, values(1, 1), box(5))
    assert live.heard[-1].unit == live.heard[-1].wish.answer.unit
    desk.session.set_region_shape(1, box(20))
    wait(desk, live, values(1, 1), box(20))
    desk.session.step_group(2)
    wait(desk, live, values(1, 3), box(20))
    desk.session.set_difference("previous group")
    wait(desk, live, np.full(SHAPE[2:], 100.0), box(20))
    desk.session.select_regions(())
    assert live.heard[-1] is None


def test_a_drag_faster_than_the_worker_neither_starves_nor_goes_back(desk, live, monkeypatch):
    wait(desk, live, values(1, 1), box(5))
    gate, entered, measure = threading.Semaphore(0), threading.Semaphore(0), region_numbers.measure

    def slow(wish, most, progress):
        entered.release()
        assert gate.acquire(timeout=20)
        return measure(wish, most, progress)

    monkeypatch.setattr(region_numbers, "measure", slow)
    desk.session.set_region_shape(1, box(6), commit=False)
    assert entered.acquire(timeout=10)
    for step in range(7, 31):  # all while the first is measured
        desk.session.set_region_shape(1, box(step), commit=False)
    live.heard.clear()
    gate.release(2)
    wait(desk, live, values(1, 1), box(30))
    seen = [each.wish.shapes[0].x for each in live.heard]
    assert seen == [6, 30]  # what was under way, then the newest


def test_a_large_region_is_measured_quickly_and_then_exactly(desk, live, monkeypatch):
    monkeypatch.setattr(region_numbers, "AT_ONCE", 10)
    desk.session.set_region_shape(1, Rectangle(20, 15, 30, 20))
    desk.qtbot.waitUntil(
        lambda: len(live.heard) > 1 and live.heard[-1] is not None and not live.heard[-1].numbers.approximate, timeout=10_000
    )
    assert live.heard[-2].numbers.approximate
    inside = mask_of(Rectangle(20, 15, 30, 20), SHAPE[2:])
    assert live.heard[-1].numbers.median == np.median(values(1, 1)[inside])


def test_flagged_pixels_go_when_their_flags_have_come(desk, live):
    edge = Rectangle(1, 12, 5, 7)  # the flags of the fake are in column 0
    desk.session.set_region_shape(1, edge)
    desk.session.set_tools(left_out="flagged")
    inside = mask_of(edge, SHAPE[2:])
    kept = inside.copy()
    kept[:, 0] = False
    desk.qtbot.waitUntil(
        lambda: bool(live.heard) and live.heard[-1] is not None and live.heard[-1].numbers.pixels == kept.sum(), timeout=10_000
    )
    assert live.heard[-1].numbers.left_out == inside.sum() - kept.sum()
    assert not live.heard[-1].flags_follow


def test_nobody_looks_nothing_is_measured(desk, live):
    wait(desk, live, values(1, 1), box(5))
    live.listen(False)
    live.heard.clear()
    desk.session.set_region_shape(1, box(20))
    desk.settle()
    assert [each for each in live.heard if each is not None] == []
    live.listen(True)
    wait(desk, live, values(1, 1), box(20))


def test_another_array_has_no_numbers_of_these_regions(desk, live):
    wait(desk, live, values(1, 1), box(5))
    desk.exposures.add(FakeExposure((1, 2, 9, 9), name="other"))
    desk.settle()
    assert live.heard[-1] is None
    desk.session.choose_exposure(desk.session.state.exposures[0].key)
    wait(desk, live, values(1, 1), box(5))


def test_notes_beside_the_numbers_wrap_instead_of_being_cut(qtbot):
    from types import SimpleNamespace

    from detgui.gui.regions.numbers_box import NumbersBox
    from detgui.science.region_values import of_shapes

    box = NumbersBox()
    qtbot.addWidget(box)
    box.resize(200, 240)
    box.show()
    flags = np.zeros((40, 40), bool)
    flags[0, :12] = True
    boxes = np.kron(np.float32([[2.41, 2.43], [2.44, 2.48]]), np.ones((20, 20), np.float32))
    found = of_shapes(boxes, [Rectangle(19.5, 19.5, 40, 40)], flags)
    box.show_reading(SimpleNamespace(numbers=found, unit="e-/DN", flags_follow=True, wish=SimpleNamespace(names=("void",))))
    assert box.values["pixels"].text() == "1588"
    assert box.note.text() == "12 left out; no errors: pixels share values; flags follow"
    assert box.note.isVisible()
    assert box.note.hasHeightForWidth()
    box.show_reading(None)
    assert not box.note.isVisible()
