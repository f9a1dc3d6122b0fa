"""The hot-pixel tab in the window, with mouse and keys, on small simulated darks."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
import pytest
from astropy.io import fits
from astropy.table import Table
from hot_fakes import write_dark
from hot_window_help import LEFT, PATIENCE, cells, click_row, darks, press, show, type_into  # noqa: F401
from mouse_help import drag
from page_help import numbers as facts
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QStyle, QStyleOptionButton
from window_help import windows

from detgui.analysis import hot_pixels
from detgui.gui.hotpixels.break_line import day_of, second_of
from detgui.gui.hotpixels.files_table import DATE, FILE, UNIT, WHY
from detgui.science.regions import Ellipse, Rectangle, Region
from detgui.session.hot import TAB

PAGES = ("Files", "Counts", "Spill-over", "Pixels", "Changes", "Risk")


@pytest.fixture
def make_window(qtbot):
    yield from windows()


@pytest.fixture
def tab(qtbot, make_window):
    """A window with the hot-pixel tab in front."""
    window = make_window(panels=True)
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE)
    QTest.keyClick(window, Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    assert window.parts.session.state.tab == TAB
    return window, window.tabs.currentWidget()


def drop(panel, paths) -> None:
    """Drop files on the tab."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(50, 200), Qt.DropAction.CopyAction, mime, buttons, keys)
    QApplication.sendEvent(panel, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(panel, QDropEvent(QPointF(50, 200), Qt.DropAction.CopyAction, mime, buttons, keys))


@pytest.fixture
def added(qtbot, tab, darks):  # noqa: F811
    """The same with the darks dropped on it."""
    window, panel = tab
    drop(panel, darks)
    qtbot.waitUntil(lambda: len(panel.maker.facts) == len(darks) and panel.page.rows.rowCount() == len(darks), timeout=PATIENCE)
    return window, panel


@pytest.fixture
def counted(qtbot, added):
    """The same, counted by the button."""
    window, panel = added
    press(panel.header.count)
    image = window.image_panel
    qtbot.waitUntil(lambda: panel.maker.is_current and image.is_drawn and image.answer is not None, timeout=PATIENCE)
    qtbot.waitUntil(lambda: show_name(panel) == "counts", timeout=PATIENCE)
    return window, panel


def click_image(window, x: float, y: float) -> None:
    """Click a pixel of the image."""
    view = window.image_panel.view
    QTest.mouseClick(view.viewport(), LEFT, pos=view.mapFromScene(view.box.mapViewToScene(QPointF(x, y))))
    QApplication.processEvents()


def show_name(panel) -> str:
    """Name of the shown page, '' for Files."""
    return getattr(panel.page, "name", "")


def type_cell(rows, row, column, text):
    """Double-click a cell and type."""
    rows.scrollTo(rows.model().index(row, column))
    place = rows.visualRect(rows.model().index(row, column)).center()
    QTest.mouseClick(rows.viewport(), LEFT, pos=place)
    QTest.mouseDClick(rows.viewport(), LEFT, pos=place)
    type_into(rows.viewport().findChildren(QLineEdit)[-1], text)  # that of before may not be gone yet


# files


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


# counts


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
    qtbot.waitUntil(lambda: window.parts.session.state.current is not None, timeout=PATIENCE)
    click_row(panel.page.list, 0)
    assert window.parts.session.state.pixel in ((40, 30), (51, 50))


# pages


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


def test_pixels_are_followed_listed_and_stepped_through(qtbot, counted):
    window, panel = counted
    page = show(panel, "Pixels")
    qtbot.waitUntil(lambda: panel.maker.history is not None, timeout=PATIENCE)
    history = panel.maker.history
    assert page.which.currentText() == f"newly hot ({history.newly_hot().size})"
    rows = cells(page.list)[1:]
    assert len(rows) == history.newly_hot().size
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


def test_a_page_chosen_while_files_are_counted_stays(qtbot, added):
    _, panel = added
    press(panel.header.count)
    show(panel, "Risk")
    show(panel, "Files")
    show(panel, "Risk")
    qtbot.waitUntil(lambda: panel.maker.is_current, timeout=PATIENCE)
    assert show_name(panel) == "risk"


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
    page.second.setFocus()
    QTest.keyClick(page.second, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: panel.maker.changes is not None and panel.maker.changes is not result, timeout=PATIENCE)
    assert session.state.hot.second == 4


def test_risk_follows_the_fields(qtbot, counted):
    from detgui.analysis import ta_risk

    _, panel = counted
    page = show(panel, "Risk")
    fields = page.fields
    type_into(fields.rate, "70")
    type_into(fields.months, "18")
    qtbot.waitUntil(lambda: page.rows.rowCount() == 4, timeout=PATIENCE)
    rows = cells(page.rows)
    assert [row[0] for row in rows[1:]] == ["6", "12", "24", "18"]
    pixels = int(panel.maker.series.measured.max())
    expected = ta_risk.run(ta_risk.Params(70.0, 0.0, 12.0, pixels=pixels)).p_stamp
    assert float(rows[2][2].split()[0]) == pytest.approx(100 * expected, rel=1e-2)
    assert page.script.line.text().startswith("detgui ta-risk --rate 70 ")
    type_into(fields.date, "2023-01-15")
    assert "On 2023-01-15" in page.notes.text() and "2022-12-30" in page.notes.text()
    type_into(fields.date, "2020-01-01")
    assert "no mask is in force" in page.notes.text().lower()
    type_into(fields.cadence, "0")
    assert "Cadence" in panel.header.trouble.text()


def test_new_hot_pixels_of_a_drawn_window(qtbot, counted):
    window, panel = counted
    page, session = show(panel, "Risk"), window.parts.session
    press(page.windows)
    qtbot.waitUntil(lambda: panel.maker.history is not None, timeout=PATIENCE)
    session.add_regions([Region(Rectangle(47.5, 63.5, 32.0, 32.0), "WATA")])
    qtbot.waitUntil(lambda: page.window_list.rows == 1, timeout=PATIENCE)
    history = panel.maker.history
    new = history.newly_hot()
    inside = (np.abs(history.x[new] - 47.5) < 16) & (np.abs(history.y[new] - 63.5) < 16)
    row = cells(page.window_list)[1]
    assert row[:4] == ["WATA", "32–63", "48–79", str(int(inside.sum()))]
    assert page.pixel_list.rows == int(inside.sum()) > 0
    click_row(page.pixel_list, 0)
    x, y = session.state.pixel
    assert 32 <= x <= 63 and 48 <= y <= 79


def test_windows_of_drawn_regions_count_what_is_inside_their_outline(qtbot, counted):
    window, panel = counted
    page, session = show(panel, "Risk"), window.parts.session
    press(page.windows)
    qtbot.waitUntil(lambda: panel.maker.history is not None, timeout=PATIENCE)
    session.add_regions([Region(Ellipse(63.5, 63.5, 40.0, 40.0), "round")])
    qtbot.waitUntil(lambda: page.window_list.rows == 1, timeout=PATIENCE)
    history = panel.maker.history
    new = history.newly_hot()
    distance = np.hypot(history.x[new] - 63.5, history.y[new] - 63.5)
    inside, box = int((distance < 40).sum()), int((np.maximum(abs(history.x[new] - 63.5), abs(history.y[new] - 63.5)) < 40).sum())
    assert 0 < inside < box
    assert cells(page.window_list)[1][3] == str(inside)
    expected = 12 * panel.maker.series.trend(1.0).growth.rate * np.pi * 40**2 / panel.maker.series.measured.max()
    assert page._found[0].expected == pytest.approx(expected, rel=0.01)


def test_subarray_of_an_exposure_is_a_window(qtbot, counted, tmp_path):
    _, panel = counted
    page = show(panel, "Risk")
    press(page.windows)
    qtbot.waitUntil(lambda: panel.maker.history is not None, timeout=PATIENCE)
    place = panel.maker.series.files[0].geometry
    keys = {"TELESCOP": "JWST", "DETECTOR": "NRS1", "SUBARRAY": "SUB32", "SUBSIZE1": 32, "SUBSIZE2": 32}
    primary = fits.PrimaryHDU()
    primary.header.update(keys | {"SUBSTRT1": place.xstart + 40, "SUBSTRT2": place.ystart + 50})
    file = tmp_path / "acq_rate.fits"
    fits.HDUList([primary, fits.ImageHDU(np.zeros((32, 32), np.float32), name="SCI")]).writeto(file)
    press(page.subarray)
    dialog = page.findChild(QFileDialog)
    dialog.fileSelected.emit(str(file))
    dialog.close()
    qtbot.waitUntil(lambda: page.window_list.rows == 1, timeout=PATIENCE)
    assert cells(page.window_list)[1][:3] == ["SUB32", "40–71", "50–81"]
    other = tmp_path / "other.fits"
    write_dark(other, np.zeros((32, 32), np.float32), DETECTOR="NRS2")
    panel.maker.add_window(other)
    qtbot.waitUntil(lambda: panel.header.trouble.isVisible(), timeout=PATIENCE)
    assert "NRS2" in panel.header.trouble.text()


def test_map_of_risk_goes_to_a_file(qtbot, counted, tmp_path, monkeypatch):
    _, panel = counted
    page = show(panel, "Risk")
    page.fields.stamp.setValue(16)
    press(page.map)
    qtbot.waitUntil(lambda: panel.maker.pictures.shows("risk"), timeout=PATIENCE)
    monkeypatch.setattr(page.exporter, "ask", lambda kind, start, write: write(tmp_path / "risk.fits"))
    with qtbot.waitSignal(page.exporter.finished, timeout=PATIENCE) as said:
        page.exports.actions["risk map"].trigger()
    assert said.args[1]
    with fits.open(tmp_path / "risk.fits") as written:
        images = [each.data for each in written if each.data is not None and each.data.ndim == 2]
        np.testing.assert_allclose(images[0], panel.maker.newest_risk_map.map.p_stamp, rtol=1e-5)


def test_masks_that_shrink_have_no_risk_and_say_why(qtbot, tab, tmp_path):
    _, panel = tab
    rng = np.random.default_rng(2)
    for date, count in (("230101", 400), ("230701", 410), ("240101", 60), ("240701", 65)):
        image = np.zeros((2048, 2048), np.int32)
        image[rng.integers(4, 2044, count), rng.integers(4, 2044, count)] = 1
        fits.PrimaryHDU(image).writeto(tmp_path / f"nrc_badpix_{date}_NRCALONG.fits")
    drop(panel, [tmp_path])
    qtbot.waitUntil(lambda: len(panel.maker.facts) == 4, timeout=PATIENCE)
    press(panel.header.count)
    qtbot.waitUntil(lambda: panel.maker.is_current and show_name(panel) == "counts", timeout=PATIENCE)
    page = show(panel, "Risk")
    assert page.rows.rowCount() == 0
    assert "which is no growth: type a rate" in page.notes.text()
    assert "follows the criteria of the masks" in page.notes.text()
    type_into(page.fields.rate, "70")
    qtbot.waitUntil(lambda: page.rows.rowCount() == 3, timeout=PATIENCE)
    page = show(panel, "Pixels")
    assert "not healing" in page.notes.text()
    assert not page.log.isVisible()


def test_map_of_risk_is_made_and_shown(qtbot, counted):
    _, panel = counted
    page = show(panel, "Risk")
    page.fields.stamp.setFocus()
    page.fields.stamp.selectAll()
    QTest.keyClicks(page.fields.stamp, "16")
    QTest.keyClick(page.fields.stamp, Qt.Key.Key_Return)
    press(page.map)
    qtbot.waitUntil(lambda: panel.maker.pictures.shows("risk"), timeout=PATIENCE)
    assert "map of risk at 12 months" in page.notes.text().lower()
    assert page.map.text() == "Map of risk"


# files out


def test_tables_and_lists_go_to_files(qtbot, counted, tmp_path, monkeypatch):
    _, panel = counted
    said = []

    def export(page, name, file):
        monkeypatch.setattr(page.exporter, "ask", lambda kind, start, write: write(tmp_path / file))
        page.exporter.finished.connect(lambda sentence, fine: said.append((sentence, fine)))
        page.exports.actions[name].trigger()
        qtbot.waitUntil(lambda: any(file in each[0] for each in said), timeout=PATIENCE)

    export(panel.page, "trend", "trend.ecsv")
    assert len(Table.read(tmp_path / "trend.ecsv", format="ascii.ecsv")) == 24
    page = show(panel, "Pixels")
    qtbot.waitUntil(lambda: panel.maker.history is not None, timeout=PATIENCE)
    export(page, "list", "new.ecsv")
    assert len(Table.read(tmp_path / "new.ecsv", format="ascii.ecsv")) == panel.maker.history.newly_hot().size
    page.export_to(tmp_path / "pixels.ecsv")
    page.export_to(tmp_path / "pixels.png")
    qtbot.waitUntil(lambda: (tmp_path / "pixels.ecsv").exists() and (tmp_path / "pixels.png").exists(), timeout=PATIENCE)
    assert all(fine for _, fine in said)


def test_mask_with_what_the_form_says(qtbot, counted, tmp_path, monkeypatch):
    from stdatamodels.jwst.datamodels import MaskModel

    _, panel = counted
    page = show(panel, "Pixels")
    qtbot.waitUntil(lambda: panel.maker.history is not None, timeout=PATIENCE)
    monkeypatch.setattr(page.exporter, "ask", lambda kind, start, write: write(tmp_path / f"{start.rpartition('_')[2]}.{kind}"))
    page.exports.actions["mask"].trigger()
    form = page.exports.form
    qtbot.waitUntil(form.isVisible, timeout=PATIENCE)
    type_into(form.former.edit, "/nowhere/mask.fits")
    assert "not a file" in form.message.text()
    form.former.edit.clear()
    form.author.setText("A. Person")
    form.useafter.setText("soon")
    QTest.mouseClick(form.buttons.button(form.buttons.StandardButton.Save), LEFT)
    assert form.isVisible() and form.message.text()
    form.useafter.setText("2023-10-01T00:00:00")
    QTest.mouseClick(form.buttons.button(form.buttons.StandardButton.Save), LEFT)
    qtbot.waitUntil((tmp_path / "mask.fits").exists, timeout=PATIENCE)
    with MaskModel(tmp_path / "mask.fits") as mask:
        assert mask.meta.author == "A. Person"
        hot = (mask.dq & 2048) != 0
    history = panel.maker.history
    masked = np.isin(history.classes, [1, 2, 4])
    assert np.count_nonzero(hot) == np.count_nonzero(masked)


def test_mask_of_the_target_acquisition_flat(qtbot, counted, tmp_path, monkeypatch):
    _, panel = counted
    page = show(panel, "Pixels")
    qtbot.waitUntil(lambda: panel.maker.history is not None, timeout=PATIENCE)
    monkeypatch.setattr(page.exporter, "ask", lambda kind, start, write: write(tmp_path / "ta.fits"))
    flat = np.full((128, 128), 0.97, np.float32)
    flat[3, 5] = 0.0
    fits.writeto(tmp_path / "flat.fits", flat)
    page.exports.actions["ta"].trigger()
    form = page.exports.form
    qtbot.waitUntil(form.isVisible, timeout=PATIENCE)
    form.former.edit.setText(str(tmp_path / "flat.fits"))
    QTest.mouseClick(form.buttons.button(form.buttons.StandardButton.Save), LEFT)
    qtbot.waitUntil((tmp_path / "ta.fits").exists, timeout=PATIENCE)
    with fits.open(tmp_path / "ta.fits") as file:
        assert file["FORMER"].data.sum() == 1
        assert file["MASK"].data[3, 5] == 1
        assert file["DIFFERENCE"].data.sum() == file["MASK"].data.sum() - 1 > 0
