"""Single hot pixels and changes between epochs in the window, with mouse and keys, on small simulated darks."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
import pytest
from astropy.io import fits
from hot_window_help import (  # noqa: F401
    PATIENCE,
    added_fixture,
    cells,
    click_image,
    click_row,
    counted_fixture,
    darks,
    press,
    show,
    tab_fixture,
    type_into,
)
from page_help import numbers as facts
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from detgui.gui.common.quantity import probability


def test_pixels_are_followed_listed_and_stepped_through(qtbot, counted):
    window, panel = counted
    page = show(panel, "Pixels")
    qtbot.waitUntil(lambda: panel.maker.history is not None, timeout=PATIENCE)
    history = panel.maker.history
    assert page.which.currentText() == f"newly hot ({history.newly_hot().size})"
    rows = cells(page.list)[1:]
    assert len(rows) == history.newly_hot().size
    limit = f"≤ {probability(history.p_limit)}" if history.p_limit else "< 1e-300"
    assert f"P {limit}, at a false-discovery rate of 0.01 over {history.tested:,} pixels" in page.notes.text()
    last = [float(row[5].split()[0]) for row in rows]
    assert last == sorted(last, reverse=True)
    click_row(page.list, 0)
    session = window.parts.session
    assert session.state.pixel == (int(rows[0][0]), int(rows[0][1]))
    assert facts(page)["class"].startswith("newly hot")
    QTest.keyClick(window, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert session.state.pixel == (int(rows[1][0]), int(rows[1][1]))
    press(page.back)
    assert session.state.pixel == (int(rows[0][0]), int(rows[0][1]))
    marks = page.context.marks.item
    qtbot.waitUntil(marks.isVisible, timeout=PATIENCE)
    assert len(marks.data) == len(rows)
    page.which.setFocus()
    QTest.keyClick(page.which, Qt.Key.Key_Down)
    assert page.which.currentText().startswith("recovered")
    show(panel, "Counts")
    assert not marks.isVisible()


def test_any_pixel_of_the_image_has_its_rates(qtbot, counted):
    window, panel = counted
    page = show(panel, "Pixels")
    click_image(window, 60, 70)
    assert window.parts.session.state.pixel == (60, 70)
    qtbot.waitUntil(lambda: panel.maker.history is not None and "class" in facts(page), timeout=PATIENCE)
    with fits.open(panel.maker.series.files[-1].path) as file:
        rate = float(file["DRK"].data[70, 60])
    assert float(facts(page)["last rate"].split()[0]) == pytest.approx(rate, abs=0.01 + 0.01 * abs(rate))
    show(panel, "Changes")
    qtbot.waitUntil(lambda: panel.maker.changes is not None, timeout=PATIENCE)
    numbers = panel.page.numbers.model()
    qtbot.waitUntil(lambda: bool(numbers.columns) and numbers.columns[0][0] == "x 60, y 70", timeout=PATIENCE)


def test_rates_on_a_logarithmic_axis(qtbot, counted):
    window, panel = counted
    page, session = show(panel, "Pixels"), window.parts.session
    qtbot.waitUntil(lambda: page.list.rows > 0, timeout=PATIENCE)
    click_row(page.list, 0)
    history = panel.maker.history
    rate = history.rate[page._places[page.list.place]]
    press(page.log)
    assert session.state.hot.log_rates
    drawn = next(item.getData()[1] for item in page.plot.plots[0].items if isinstance(item, pg.ScatterPlotItem))
    assert rate[-1] > 0
    np.testing.assert_allclose(drawn[-1], np.log10(rate[-1]), rtol=1e-6)
    low, high = page.plot.plots[0].vb.viewRange()[1]
    assert -6 < low < high < 6  # rates below their errors, and those errors, are not drawn
    show(panel, "Changes")
    assert panel.page.log.isChecked()


def test_classes_are_shown_and_persistence_follows(qtbot, counted):
    window, panel = counted
    page = show(panel, "Pixels")
    qtbot.waitUntil(lambda: panel.maker.history is not None, timeout=PATIENCE)
    press(page.classes)
    qtbot.waitUntil(lambda: window.parts.session.state.frame.plane == "CLASS", timeout=PATIENCE)
    before = panel.maker.history.numbers()
    page.persistence.setFocus()
    QTest.keyClick(page.persistence, Qt.Key.Key_Down)
    assert window.parts.session.state.hot.persistence == 1
    qtbot.waitUntil(lambda: panel.maker.history is not None, timeout=PATIENCE)
    assert panel.maker.history.numbers()["not confirmed"] <= before["not confirmed"]
    type_into(page.discovery, "2")
    assert "no number" in panel.header.trouble.text()


def test_changes_in_the_image_blinked_and_stepped_through(qtbot, counted):
    window, panel = counted
    page, session = show(panel, "Changes"), window.parts.session
    qtbot.waitUntil(lambda: panel.maker.changes is not None and page.pages.currentIndex() == 1, timeout=PATIENCE)
    assert (page.first.currentText(), page.second.currentText()) == ("2022-07-01", "2023-09-30")
    press(page.difference)
    qtbot.waitUntil(lambda: session.state.frame.plane == "DIFFERENCE", timeout=PATIENCE)
    press(page.blink)
    qtbot.waitUntil(lambda: session.state.blink.on, timeout=PATIENCE)
    assert (session.state.frame.plane, session.state.blink.other.plane) == ("FIRST", "SECOND")
    press(page.blink)
    assert not session.state.blink.on
    press(page.on)
    press(page.on)
    rows = cells(page.list)[1:]
    assert session.state.pixel == (int(rows[1][0]), int(rows[1][1]))
    result = panel.maker.changes
    assert len(rows) == int((result.kind == 0).sum())
    assert f"P ≤ {probability(result.p_limit)}, at a false-discovery rate of 0.01" in page.notes.text()
    assert 0 < result.p.max() <= result.p_limit
    page.second.setFocus()
    QTest.keyClick(page.second, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: panel.maker.changes is not None and panel.maker.changes is not result, timeout=PATIENCE)
    assert session.state.hot.second == 4
