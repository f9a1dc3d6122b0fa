"""Counts of hot pixels, breaks and spill-over in the window, with mouse and keys, on small simulated darks."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
import pytest
from hot_fakes import write_dark
from hot_window_help import (  # noqa: F401
    PATIENCE,
    added_fixture,
    cells,
    click_row,
    counted_fixture,
    darks,
    drop,
    press,
    show,
    show_name,
    tab_fixture,
    type_into,
)
from mouse_help import drag
from page_help import numbers as facts
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from detgui.analysis import hot_pixels
from detgui.gui.common import plot_theme
from detgui.gui.hotpixels.break_line import day_of, second_of


def test_counts_growth_and_numbers(counted, darks):  # noqa: F811
    _, panel = counted
    page = panel.page
    directly = hot_pixels.run(darks).series[0]
    titles = [column[0] for column in page.numbers.model().columns]
    assert titles == ["> 1 DN/s", "> 3 DN/s", "> 10 DN/s", "> 100 DN/s"]
    growth = directly.trends[0].growth
    assert facts(page)["growth"].split()[0] == f"{growth.rate:.1f}"
    assert page.script.line.text().startswith("detgui hotpixels ")
    columns, meta = page.table()
    assert columns["count"][0].size == 4 * len(darks)
    assert meta["provenance"]["verb"] == "hotpixels"


def test_break_is_set_dragged_and_typed(qtbot, counted):
    window, panel = counted
    page, session = panel.page, window.parts.session
    press(page.break_on)
    (first,) = session.state.hot.breaks
    qtbot.waitUntil(lambda: panel.maker.is_current and len(page.break_lines.lines) == 1, timeout=PATIENCE)
    assert "step" in facts(page)
    box = page.plot.plots[0].vb
    low, high = box.viewRange()[1]

    def place(date):
        return page.plot.mapFromScene(box.mapViewToScene(QPointF(second_of(date), (low + 9 * high) / 10)))

    drag(page.plot, place(first), place("2022-11-15"))
    (moved,) = session.state.hot.breaks
    assert abs(second_of(moved) - second_of("2022-11-15")) < 20 * 86400
    type_into(page.breaks, "2023-03-01")
    qtbot.waitUntil(lambda: panel.maker.is_current, timeout=PATIENCE)
    assert panel.maker.series.part.tolist() == [0] * 3 + [1] * 3
    assert page.break_lines.lines[0].value() == second_of("2023-03-01")
    type_into(page.breaks, "summer")
    assert "summer" in panel.header.trouble.text() and session.state.hot.breaks == ("2023-03-01",)
    type_into(page.breaks, "2023-03-01; 2022-11-01")
    qtbot.waitUntil(lambda: panel.maker.is_current and "step 2022-11-01" in facts(page), timeout=PATIENCE)
    assert session.state.hot.breaks == ("2022-11-01", "2023-03-01") and len(page.break_lines.lines) == 2
    assert {"step 2022-11-01", "step 2023-03-01", "step of centres 2023-03-01", "explained 2023-03-01"} <= facts(page).keys()
    press(page.break_on)
    assert session.state.hot.breaks == ()
    qtbot.waitUntil(lambda: panel.maker.is_current and not page.break_lines.lines, timeout=PATIENCE)
    assert "step" not in " ".join(facts(page))


def test_days_are_those_of_utc():
    assert day_of(second_of("2023-03-01")) == "2023-03-01"
    assert second_of("1970-01-02") == 86400


def test_thresholds_log_axis_and_one_of_them(qtbot, counted):
    _, panel = counted
    page = panel.page
    type_into(page.thresholds, "2 20")
    qtbot.waitUntil(lambda: panel.maker.is_current, timeout=PATIENCE)
    assert [column[0] for column in page.numbers.model().columns] == ["> 2 DN/s", "> 20 DN/s"]
    type_into(page.thresholds, "many")
    assert "many" in panel.header.trouble.text()
    press(page.log)
    _, high = page.plot.plots[0].vb.viewRange()[1]
    assert high < 10
    page.shown.setFocus()
    QTest.keyClick(page.shown, Qt.Key.Key_Down)
    QTest.keyClick(page.shown, Qt.Key.Key_Down)
    QApplication.processEvents()
    assert [column[0] for column in page.numbers.model().columns] == ["> 20 DN/s"]


def test_pixels_that_disagree_with_hot_are_listed(qtbot, tab, tmp_path):
    window, panel = tab
    paths = []
    for number in range(2):
        rate, dq = np.full((64, 64), 0.01, np.float32), np.zeros((64, 64), np.uint32)
        rate[10, 20] = rate[30, 40] = 5.0
        dq[10, 20] = dq[50, 51] = 2048
        paths.append(write_dark(tmp_path / f"dark{number}.fits", rate, date=f"202{number + 2}-01-01T00:00:00", dq=dq))
    drop(panel, paths)
    qtbot.waitUntil(lambda: len(panel.maker.facts) == 2, timeout=PATIENCE)
    press(panel.header.count)
    qtbot.waitUntil(lambda: show_name(panel) == "counts" and panel.page.check.isVisible(), timeout=PATIENCE)
    press(panel.page.check)
    rows = cells(panel.page.list)[1:]
    assert sorted(tuple(row[1:3]) for row in rows) == [("40", "30"), ("40", "30"), ("51", "50"), ("51", "50")]
    assert {tuple(row[3:]) for row in rows} == {
        ("5", "rate above, not flagged", "HOT in DQ"),
        ("0.01", "flagged, rate below", "HOT in DQ"),
    }
    assert "Of 4 pixels above the rate of the check 2 are not flagged HOT; 2 are flagged and not above it." in panel.page.notes.text()
    qtbot.waitUntil(lambda: window.parts.session.state.current is not None, timeout=PATIENCE)
    click_row(panel.page.list, 0)
    assert window.parts.session.state.pixel in ((40, 30), (51, 50))


def test_spill_over_explains_the_step(qtbot, counted):
    window, panel = counted
    window.parts.session.set_hot(breaks=("2023-03-01",))
    qtbot.waitUntil(lambda: panel.maker.is_current, timeout=PATIENCE)
    page = show(panel, "Spill-over")
    titles = [column[0] for column in page.numbers.model().columns]
    assert titles == ["before the break", f"from {panel.maker.series.dates[3]:%Y-%m-%d}"]
    after = {fact.label: fact.text for fact in page.numbers.model().columns[1][2]}
    assert float(after["coupling"].split()[0]) == pytest.approx(0.7, abs=0.05)  # what was simulated, per cent
    share = panel.maker.series.trends[0].shares[0]
    assert cells(page.rows)[1][0] == "> 1 DN/s"
    assert cells(page.rows)[1][2].split()[0] == f"{share.explained:.{len(cells(page.rows)[1][2].split()[0].partition('.')[2])}f}"


@pytest.mark.parametrize(("breaks", "lines"), [((), 2), (("2022-11-01", "2023-03-01"), 1)])
def test_numbers_of_crosses_never_lie_over_each_other(qtbot, counted, breaks, lines):
    window, panel = counted
    window.parts.session.set_hot(breaks=breaks)
    qtbot.waitUntil(lambda: panel.maker.is_current and len(panel.maker.series.part_crosses) == len(breaks) + 1, timeout=PATIENCE)
    page = show(panel, "Spill-over")
    QApplication.processEvents()
    items = [each for each in page.plot.plots[0].items if isinstance(each, pg.TextItem)]
    numbers = [each for each in items if "." in each.toPlainText()]
    assert len(numbers) == 24 * (len(breaks) + 1)  # those of the centres are 100
    pixel = numbers[1].scenePos().x() - numbers[0].scenePos().x()
    metrics = QFontMetricsF(numbers[0].textItem.font())
    texts = [each.toPlainText().split("\n") for each in numbers]
    assert max(metrics.horizontalAdvance(line) for text in texts for line in text) < pixel
    assert {len(text) for text in texts} == {lines}
    page.plot.apply_theme(plot_theme.paper())
    assert not any(page.plot.plots[0].getAxis(side).isVisible() for side in ("left", "bottom"))
