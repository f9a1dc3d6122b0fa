"""The hot-pixel tab in the window, with mouse and keys, on small simulated darks: files, and what all pages do."""

from __future__ import annotations

import numpy as np
import pytest
from hot_fakes import write_dark
from hot_window_help import (  # noqa: F401
    LEFT,
    PATIENCE,
    added_fixture,
    click_row,
    counted_fixture,
    darks,
    drop,
    press,
    show,
    show_name,
    tab_fixture,
    type_cell,
)
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QStyle, QStyleOptionButton

from detgui.gui.hotpixels.files_table import DATE, FILE, UNIT, WHY

PAGES = ("Files", "Counts", "Spill-over", "Pixels", "Changes", "Risk")


def test_dropped_files_are_listed_and_ticked_off(qtbot, added):
    window, panel = added
    rows = panel.page.rows
    assert [rows.item(row, DATE).text() for row in range(2)] == ["2022-07-01", "2022-09-30"]
    option = QStyleOptionButton()
    option.rect = rows.visualItemRect(rows.item(0, FILE))
    box = rows.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, rows)
    QTest.mouseClick(rows.viewport(), LEFT, pos=QPoint(option.rect.left() + 3 + box.width() // 2, option.rect.center().y()))
    assert [each.use for each in window.parts.session.state.hot.files] == [False] + [True] * 5
    assert rows.item(0, FILE).text().endswith("20220701T000000.fits")  # ticking does not move a row
    window.parts.session.undo()
    assert window.parts.session.state.hot.files[0].use
    rows.setFocus()
    click_row(rows, 5, 2)
    QTest.keyClick(rows, Qt.Key.Key_Delete)
    assert len(window.parts.session.state.hot.files) == 5


def test_bad_files_are_said_and_a_date_is_typed(qtbot, tab, tmp_path):
    window, panel = tab
    rate = np.full((64, 64), 0.01, np.float32)
    flat = write_dark(tmp_path / "flat.fits", rate, reftype="FLAT")
    dark = write_dark(tmp_path / "dateless.fits", rate, date=None, unit=None)
    drop(panel, [flat, dark])
    qtbot.waitUntil(lambda: len(panel.maker.facts) == 2 and panel.page.rows.rowCount() == 2, timeout=PATIENCE)
    rows = panel.page.rows
    names = [rows.item(row, FILE).text() for row in range(2)]
    at, bad = names.index("dateless.fits"), names.index("flat.fits")
    assert "is no dark: it is a FLAT reference" in rows.item(bad, WHY).text()
    assert "no date" in rows.item(at, WHY).text() and "assumed" in rows.item(at, UNIT).text()
    for text, date in (("soon", ""), ("2023-05-06", "2023-05-06")):
        type_cell(rows, names.index("dateless.fits"), DATE, text)
        assert next(each.date for each in window.parts.session.state.hot.files if each.path == dark) == date
        assert ("soon" in panel.header.trouble.text()) == (not date)
    qtbot.waitUntil(lambda: any(each.series for each in panel.maker.facts), timeout=PATIENCE)


def test_what_is_left_out_is_said_below_the_table_and_with_the_counts(qtbot, tab, tmp_path):
    _, panel = tab
    write_dark(tmp_path / "good.fits", np.full((64, 64), 0.01, np.float32))
    for number in range(5):
        (tmp_path / f"text{number}.fits").write_text("no file of images")
    drop(panel, [tmp_path])
    qtbot.waitUntil(lambda: len(panel.maker.facts) == 6, timeout=PATIENCE)
    lines = panel.page.said.text().splitlines()
    assert lines[0].endswith("left out: 5")
    assert [line.split()[0].rstrip(":") for line in lines[1:5]] == [f"text{number}.fits" for number in range(4)]
    assert lines[5].startswith("and 1 more")
    press(panel.header.count)
    qtbot.waitUntil(lambda: panel.maker.is_current and show_name(panel) == "counts", timeout=PATIENCE)
    assert "5 files are left out" in panel.page.notes.text()
    (first, last), _ = panel.page.plot.plots[0].vb.viewRange()
    assert last - first == pytest.approx(60 * 86400)


def test_the_unit_of_single_files_is_typed(qtbot, tab, tmp_path):
    window, panel = tab
    rate = np.full((64, 64), 0.01, np.float32)
    names = [write_dark(tmp_path / f"d{k}.fits", rate, date=f"202{k}-01-01T00:00:00", unit=None if k == 2 else "DN/s") for k in (1, 2)]
    drop(panel, names)
    qtbot.waitUntil(lambda: len(panel.maker.facts) == 2 and panel.page.rows.rowCount() == 2, timeout=PATIENCE)
    rows, session = panel.page.rows, window.parts.session
    for text, unit, shown in (("Jy", "", "DN/s (assumed)"), ("e/s", "e-/s", "e-/s (typed)"), (" ", "", "DN/s (assumed)")):
        type_cell(rows, 1, UNIT, text)
        qtbot.waitUntil(lambda shown=shown: rows.item(1, UNIT).text() == shown, timeout=PATIENCE)
        assert [each.unit for each in session.state.hot.files] == ["", unit]
        assert ("'Jy' is neither DN/s nor e-/s" in panel.header.trouble.text()) == (text == "Jy")
    assert rows.item(0, UNIT).text() == "DN/s"


def test_every_page_shows_something_or_says_what_it_needs(qtbot, counted):
    _, panel = counted
    for title in PAGES[1:]:
        page = show(panel, title)
        qtbot.waitUntil(lambda page=page: page.pages.currentIndex() == 1, timeout=PATIENCE)
        columns, meta = page.table()
        assert columns and meta["provenance"]["verb"] == "hotpixels"
        assert page.script.line.text()


def test_pages_without_files_say_what_to_do(tab):
    _, panel = tab
    for title in PAGES[1:]:
        page = show(panel, title)
        assert page.pages.currentIndex() == 0
        assert "Add darks" in page.prompt.text()
    press(page.get)
    assert panel.page.rows.rowCount() == 0


def test_a_page_chosen_while_files_are_counted_stays(qtbot, added):
    _, panel = added
    press(panel.header.count)
    show(panel, "Risk")
    show(panel, "Files")
    show(panel, "Risk")
    qtbot.waitUntil(lambda: panel.maker.is_current, timeout=PATIENCE)
    assert show_name(panel) == "risk"


def test_the_script_is_of_the_shown_series(qtbot, added, tmp_path):
    window, panel = added
    for number, date in enumerate(("2023-01-01", "2023-04-01", "2023-07-01", "2023-10-01")):
        image = np.full((64, 64), 0.01, np.float32)
        image[10, 10 : 12 + number] = 5.0
        write_dark(tmp_path / f"other{number}.fits", image, f"{date}T00:00:00", DETECTOR="NRS2")
    drop(panel, [tmp_path])
    qtbot.waitUntil(lambda: len(panel.maker.facts) == 10, timeout=PATIENCE)
    press(panel.header.count)
    qtbot.waitUntil(lambda: len(panel.maker.names) == 2 and panel.maker.is_current, timeout=PATIENCE)
    page = show(panel, "Pixels")
    for number, name in enumerate(panel.maker.names):
        window.parts.session.set_hot(series=name)
        assert f"result.series[{number}]" in page.origin().python
        assert panel.maker.result.series[number] is panel.maker.series
