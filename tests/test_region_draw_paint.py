"""Painting with the brush and growing from a pixel, by real mouse events."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from region_help import ALT, RIGHT, SHAPE, drawn, key, mask, only, region_window, stroke, take, tap

from detgui.science.detector import DetectorGeometry
from detgui.science.regions import Painted, Rectangle, Region

Y, X = np.mgrid[0 : SHAPE[2], 0 : SHAPE[3]]


@pytest.fixture
def window(qtbot):
    return region_window(qtbot)


@pytest.fixture
def panel(window):
    return window.panel


def test_the_brush_paints_without_gaps_and_goes_on_with_its_region(panel):
    take(panel, "brush", brush=2.0)
    stroke(panel, [(10, 10), (80, 60)])
    first = mask(only(panel))
    assert isinstance(only(panel).region.shape, Painted)
    along = np.linspace(0, 1, 400)
    for part in along:
        x, y = 10 + 70 * part, 10 + 50 * part
        assert first[round(y), round(x)]
    away = np.abs((X - 10) * 50 - (Y - 10) * 70) / np.hypot(50, 70)
    assert not first[away > 3].any()
    assert first[(away < 1.5) & (X > 12) & (X < 78)].all()
    stroke(panel, [(10, 70), (40, 70)])
    assert mask(only(panel))[70, 10:41].all()
    panel.session.undo()
    assert np.array_equal(mask(only(panel)), first)
    panel.session.undo()
    assert drawn(panel) == []


def test_a_click_with_the_brush_paints_one_dot(panel):
    take(panel, "brush", brush=3.0)
    tap(panel, 50, 40)
    found = mask(only(panel))
    assert np.array_equal(found, np.hypot(X - 50, Y - 40) <= 3.0) or abs(int(found.sum()) - 29) <= 4


def test_another_region_chosen_or_the_brush_put_down_begins_a_new_region(panel):
    take(panel, "brush", brush=2.0)
    tap(panel, 20, 20)
    key(panel, Qt.Key.Key_Escape)
    take(panel, "brush")
    tap(panel, 60, 20)
    assert len(drawn(panel)) == 2


def test_the_right_button_and_alt_paint_away(panel):
    panel.session.add_regions([Region(Rectangle(50, 40, 40, 30))])
    whole = mask(only(panel))
    take(panel, "brush", brush=2.0)
    stroke(panel, [(35, 30), (65, 30)], button=RIGHT)
    once = mask(only(panel))
    assert not once[30, 35:66].any()
    assert np.array_equal(once | whole, whole)
    stroke(panel, [(35, 50), (65, 50)], ALT)
    assert not mask(only(panel))[50, 35:66].any()
    assert once[50, 35:66].all()
    assert panel.session.undo_text == "Subtract from region"
    panel.session.undo()
    panel.session.undo()
    assert only(panel).region.shape == Rectangle(50, 40, 40, 30)


def test_painting_all_of_a_region_away_deletes_it(panel):
    panel.session.add_regions([Region(Rectangle(50, 40, 6, 4))])
    take(panel, "brush", brush=10.0)
    stroke(panel, [(45, 40), (55, 40)], ALT)
    assert drawn(panel) == []
    panel.session.undo()
    assert only(panel).region.shape == Rectangle(50, 40, 6, 4)


def test_escape_in_a_stroke_gives_it_up(panel):
    panel.session.add_regions([Region(Rectangle(50, 40, 40, 30))])
    take(panel, "brush", brush=2.0)
    stroke(panel, [(35, 30), (65, 30)], ALT, release=False)
    assert not mask(only(panel))[30, 40]
    key(panel, Qt.Key.Key_Escape)
    assert only(panel).region.shape == Rectangle(50, 40, 40, 30)
    assert panel.session.undo_text == "Draw region"


def plateau(panel, level: float = -30.0, noise: float = 2.0) -> np.ndarray:
    """Give the shown image a low plateau in noise; returns where it is."""
    low = ((X - 50) / 20) ** 2 + ((Y - 40) / 12) ** 2 <= 1
    values = np.random.default_rng(8).normal(1000.0, noise, X.shape)
    values[low] += level
    answer = panel.answer
    object.__setattr__(answer, "values", values.astype(np.float32))
    return low


def test_growing_finds_a_low_plateau(panel):
    low = plateau(panel)
    take(panel, "grow", kind="void", tolerance=12.0, smooth=1)
    tap(panel, 50, 40)
    assert np.array_equal(mask(only(panel)), low)
    assert only(panel).region.kind == "void"


@pytest.mark.parametrize("place", [(47, 41), (36, 40), (60, 44)])
def test_growing_chooses_its_tolerance_itself(panel, place):
    low = plateau(panel)
    take(panel, "grow")
    tap(panel, *place)
    assert (mask(only(panel)) != low).sum() < 0.06 * low.sum()


def test_growing_says_where_it_found_no_edge(panel):
    plateau(panel, level=0.0)
    take(panel, "grow")
    tap(panel, 50, 40)
    assert "no edge found" in panel.message.text()
    plateau(panel)
    tap(panel, 47, 41)
    assert "no edge" not in panel.message.text()


def test_smoothing_finds_a_plateau_that_noise_cuts(panel):
    low = plateau(panel, noise=8.0)
    take(panel, "grow", tolerance=10.0, smooth=1)
    tap(panel, 50, 40)
    rough = mask(only(panel)).sum()
    panel.session.set_tools(smooth=5)  # what was grown last follows
    fine = mask(only(panel))
    assert rough < 0.97 * low.sum()
    assert (fine != low).sum() < 0.2 * low.sum()
    assert abs(int(fine.sum()) - int(low.sum())) < 0.15 * low.sum()


def test_dragging_up_raises_the_tolerance_and_the_spin_box_changes_it_afterwards(panel):
    low = plateau(panel)
    take(panel, "grow", tolerance=3.0, smooth=1)
    stroke(panel, [(50, 40), (50, 55)])
    raised = panel.session.state.tools.tolerance
    assert raised > 5.0
    assert (mask(only(panel)) & ~low).sum() == 0
    panel.options.tolerance.setValue(14.0)
    assert np.array_equal(mask(only(panel)), low)
    assert len(drawn(panel)) == 1
    panel.options.tolerance.setValue(100.0)
    assert mask(only(panel)).all()
    panel.session.undo()
    assert np.array_equal(mask(only(panel)), low)


def test_a_pixel_without_a_value_says_so(panel):
    plateau(panel)
    panel.answer.values[40, 50] = np.nan
    take(panel, "grow")
    tap(panel, 50, 40)
    assert drawn(panel) == []
    assert "no value" in panel.message.text()


def test_growing_goes_on_where_the_next_amplifier_begins_and_says_so(panel, monkeypatch):
    low = plateau(panel)
    panel.answer.values[:, 49:] += 400.0  # column 49 is the first of amplifier B
    array = DetectorGeometry(80, 100, "NRCB1", 1, -2, xstart=464, ystart=900, noutputs=4, known=True)
    monkeypatch.setattr(panel, "exposures", SimpleNamespace(exposure=lambda key: SimpleNamespace(geometry=array)))
    take(panel, "grow")
    for place in ((40, 40), (60, 44)):
        tap(panel, *place)
        assert (mask(drawn(panel)[-1]) != low).sum() < 0.06 * low.sum()
        assert "steps between amplifiers taken out" in panel.message.text()
    panel.session.set_tools(smooth=3)  # what was grown last follows, still without the step
    assert (mask(drawn(panel)[-1]) != low).sum() < 0.06 * low.sum()
