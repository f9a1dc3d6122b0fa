"""The offsets tab, driven by the mouse and the keys."""

from __future__ import annotations

import numpy as np
import pytest
from offsets_help import OFFSETS, PATIENCE, catalogs, measured, shown_panel, write_catalogs  # noqa: F401  (fixture)
from page_help import keys, numbers, press
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from detgui.gui.offsets.step_plot import ALONG, SKY
from detgui.session.offsets_work import step_name


def go(panel, title: str):
    """Press the button of a page."""
    press(next(button for button in panel._switch.buttons() if button.text() == title))
    return panel.page


def spot(plot, row: int, x: float, y: float):
    """Where data coordinates of a plot are in its viewport."""
    return plot.mapFromScene(plot.plots[row].vb.mapViewToScene(QPointF(x, y)))


def click(plot, row: int, x: float, y: float) -> None:
    """Click at data coordinates with the mouse, moving there first as a hand does."""
    at = spot(plot, row, x, y)
    QTest.mouseMove(plot.viewport(), at)
    QTest.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
    QApplication.processEvents()


def drop(panel, paths) -> None:
    """Drop files on the tab."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    how = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(QPoint(30, 30), *how)
    QApplication.sendEvent(panel, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(panel, QDropEvent(QPointF(30, 30), *how))


def test_dropped_catalogs_are_listed_and_measured(qtbot, catalogs):  # noqa: F811
    with shown_panel(qtbot) as (panel, parts):
        page = panel.page
        assert page.how.isVisible()
        assert not panel.header.measure.isEnabled()
        drop(panel, catalogs)
        qtbot.waitUntil(lambda: len(panel.maker.facts) == 6, timeout=PATIENCE)
        QApplication.processEvents()
        assert [page.rows.item(0, column).text() for column in range(6)] == [
            "f444w_epoch1.ecsv",
            "catalog",
            "1",
            "F444W",
            "NRCALONG, NRCBLONG",
            "120",
        ]
        press(panel.header.measure)
        measured(qtbot, panel)
        assert parts.session.state.offsets.page == "Overview"
        assert panel.page.rows.rowCount() == 4
        assert "4 steps" in panel.header.status.whole
        parts.session.undo()
        assert parts.session.state.offsets.files == ()


def test_parameters_are_followed(qtbot, catalogs):  # noqa: F811
    with shown_panel(qtbot, catalogs) as (panel, _):
        page = panel.page
        press(panel.header.measure)
        measured(qtbot, panel)
        go(panel, "Inputs")
        first = sum(len(each.sources) for each in panel.maker.result.pairs)
        keys(page.form.mag_limit, "20")
        measured(qtbot, panel)
        assert sum(len(each.sources) for each in panel.maker.result.pairs) < first
        assert "footprint" in page.form.angle.toolTip()
        keys(page.form.mag_limit, "10")
        qtbot.waitUntil(lambda: "fainter than 10 mag" in panel.header.trouble.text(), timeout=PATIENCE)
        assert panel.maker.result is None  # what is shown is never of other parameters without saying so
        keys(page.form.mag_limit, "22")
        measured(qtbot, panel)
        keys(page.form.angle, "72")
        measured(qtbot, panel)
        assert panel.maker.result.axis.angle == 72.0
        assert panel.maker.result.axis_from == "given"
        press_box(page.form.free_time)
        measured(qtbot, panel)
        assert panel.maker.result.pairs[0].fit.time_err > 0
        keys(page.form.radius, "3")
        assert panel.header.trouble.text() == "Radius: 3 is no number between 0.002 and 0.1"
        assert page.form.radius.text() == "0.1"


def press_box(box) -> None:
    """Tick a box with the mouse."""
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))


def test_troubles_are_said(qtbot, tmp_path):
    files = write_catalogs(tmp_path, epochs=1, count=30)
    with shown_panel(qtbot, files) as (panel, _):
        press(panel.header.measure)
        qtbot.waitUntil(lambda: bool(panel.maker.trouble), timeout=PATIENCE)
        assert panel.header.trouble.text() == "offsets need catalogs of at least two epochs, these are all of epoch 1"
        page = go(panel, "Step")
        assert page.prompt.text() == "No offsets yet."


def test_steps_by_keys_and_buttons(qtbot, catalogs):  # noqa: F811
    with shown_panel(qtbot, catalogs, size=(520, 900)) as (panel, parts):
        press(panel.header.measure)
        measured(qtbot, panel)
        page = go(panel, "Step")
        names = [step_name(each) for each in panel.maker.pairs]
        assert names == ["f200w 2 1,2", "f200w 2 2,3", "f444w long 1,2", "f444w long 2,3"]
        assert page.hasFocus()
        QTest.keyClick(page, Qt.Key.Key_Right)
        assert panel.maker.place == 1
        assert page.steps.currentText() == "F200W array 2, epochs 2 and 3"
        press(page.next)
        assert panel.maker.place == 2
        QTest.keyClick(page, Qt.Key.Key_Left)
        press(page.previous)
        QTest.keyClick(page, Qt.Key.Key_Left)  # round and round
        assert panel.maker.place == 3
        text = numbers(page)["A − B"]
        value = float(text.split()[0])
        assert value == pytest.approx(OFFSETS["long"], abs=0.015)
        go(panel, "Inputs")
        before = panel.maker.place
        QTest.keyClick(panel.page.form.mag_limit, Qt.Key.Key_Left)  # arrows belong to the field
        assert panel.maker.place == before
        assert parts.session.undo_text == ""  # steps are not undone


def test_a_click_on_a_source_says_its_numbers(qtbot, catalogs):  # noqa: F811
    with shown_panel(qtbot, catalogs, size=(640, 1000)) as (panel, _):
        press(panel.header.measure)
        measured(qtbot, panel)
        page = go(panel, "Step")
        pair = panel.maker.pair
        sources = pair.sources
        lonely = int(np.argmax(np.where(pair.fit.weights == 1, sources.d, -9)))  # at the end of the field: no other is beneath
        click(page.plot, ALONG, sources.d[lonely], sources.delta[lonely])
        assert page.chosen == (step_name(pair), lonely)
        assert page.source.text().startswith(f"{sources.ident[lonely]}: RA {sources.ra[lonely]:.6f}°")
        assert f"{sources.mag[lonely]:.3f} mag, patch p" in page.source.text()
        page.chosen = None
        page.refresh()
        from detgui.science.offset_sky import tangent_plane

        east, north = tangent_plane(sources.ra, sources.dec, panel.maker.result.axis.ra, panel.maker.result.axis.dec)
        apart = np.hypot(east[:, None] - east, north[:, None] - north) + 9 * np.eye(east.size)
        lonely = int(apart.min(axis=1).argmax())
        click(page.plot, SKY, east[lonely], north[lonely])
        assert page.chosen == (step_name(pair), lonely)


def test_outliers_are_hollow_and_at_the_edge(qtbot, catalogs):  # noqa: F811
    from detgui.gui.offsets.step_draw import hollow

    with shown_panel(qtbot, catalogs) as (panel, _):
        press(panel.header.measure)
        measured(qtbot, panel)
        page = go(panel, "Step")
        open_ = hollow(panel.maker.pair)
        assert open_.sum() >= 5  # the six that the simulation made fainter in epoch 2, and perhaps some of the noise
        assert (panel.maker.pair.sources.delta[open_] > 0.3).sum() >= 5
        low, high = page.plot.plots[ALONG].vb.viewRange()[1]
        assert high - low < 0.5  # they do not squeeze the others


def test_a_point_of_the_overview_leads_to_its_step(qtbot, catalogs):  # noqa: F811
    with shown_panel(qtbot, catalogs, size=(560, 900)) as (panel, parts):
        press(panel.header.measure)
        measured(qtbot, panel)
        page = panel.page
        pair = panel.maker.result.pairs[2]
        click(page.plot, 1, 1 - 0.125, pair.fit.offset)  # the first of two points of the second array
        assert parts.session.state.offsets.page == "Step"
        assert panel.maker.pair.key[:2] == ("f444w", "long")
        page = go(panel, "Overview")
        row = page.rows.visualItemRect(page.rows.item(0, 0)).center()
        QTest.mouseClick(page.rows.viewport(), Qt.MouseButton.LeftButton, pos=row)
        assert panel.maker.place == 0
        QTest.mouseDClick(page.rows.viewport(), Qt.MouseButton.LeftButton, pos=row)
        assert parts.session.state.offsets.page == "Step"


def test_before_and_after_the_correction(qtbot, catalogs):  # noqa: F811
    with shown_panel(qtbot, catalogs) as (panel, _):
        press(panel.header.measure)
        measured(qtbot, panel)
        before = float(panel.page.rows.item(2, 3).text().split()[0])
        press(panel.header.corrected)
        qtbot.waitUntil(lambda: panel.maker.is_corrected, timeout=PATIENCE)
        QApplication.processEvents()
        assert abs(before) > 0.03
        assert abs(float(panel.page.rows.item(2, 3).text().split()[0])) < 1e-3
        assert "Magnitudes after the correction" in panel.page.notes.text()
        page = go(panel, "Step")
        assert [title for title, *_ in page.numbers.model().columns] == ["corrected", "before"]
        press(panel.header.corrected)
        assert not panel.maker.is_corrected
        assert len(page.numbers.model().columns) == 1


def test_solution(qtbot, catalogs):  # noqa: F811
    with shown_panel(qtbot, catalogs) as (panel, _):
        press(panel.header.measure)
        measured(qtbot, panel)
        page = go(panel, "Solution")
        page.filters.setCurrentText("F444W")
        page.refresh()
        headers = [page.rows.horizontalHeaderItem(at).text() for at in range(page.rows.columnCount())]
        assert headers == ["term", "value", "without epoch 1", "without epoch 2", "without epoch 3"]
        terms = [page.rows.item(at, 0).text() for at in range(page.rows.rowCount())]
        assert terms[:2] == ["NRCALONG", "NRCBLONG"]
        assert float(page.rows.item(0, 1).text().split()[0]) == pytest.approx(OFFSETS["long"], abs=0.015)
        assert page.rows.item(1, 1).text() == "0 (fixed)"
        assert "average to 0" in page.notes.text()


def test_columns_are_mapped_in_a_dialog(qtbot, tmp_path):
    files = write_catalogs(tmp_path, epochs=2, count=60, names={"mag": "brightness"})
    with shown_panel(qtbot, files) as (panel, parts):
        page = panel.page
        assert "has no column for mag" in page.rows.item(0, 6).text()
        assert "has no column for mag, mag_err" in page.said.text()  # where it is seen without scrolling
        assert "Columns… says which is which (3 more cannot be used either" in page.said.text()
        press(page.columns)
        dialog = page.dialog
        assert dialog.boxes["ra"].currentText() == "as recognised: ra"
        assert dialog.boxes["mag"].currentText() == "none recognised"
        dialog.boxes["mag"].setCurrentText("brightness [mag]" if dialog.boxes["mag"].findText("brightness [mag]") >= 0 else "brightness")
        dialog.boxes["mag_err"].setCurrentIndex(dialog.boxes["mag_err"].findData("mag_err"))
        dialog.accept()
        qtbot.waitUntil(lambda: not any(each.why for each in panel.maker.facts), timeout=PATIENCE)
        assert not page.said.isVisible()
        assert dict(parts.session.state.offsets.columns) == {"mag": "brightness", "mag_err": "mag_err"}
        press(panel.header.measure)
        measured(qtbot, panel)
        assert "--column mag=brightness" in panel.page.origin().command


def test_exports(qtbot, catalogs, tmp_path):  # noqa: F811
    from detgui.data.offset_tables import read_offsets

    with shown_panel(qtbot, catalogs) as (panel, _):
        press(panel.header.measure)
        measured(qtbot, panel)
        page = panel.page
        page.export_offsets(tmp_path / "offsets.ecsv")
        page.export_to(tmp_path / "figure.png")
        for title, name in (("Step", "step.ecsv"), ("Solution", "solution.ecsv"), ("Overview", "overview.csv")):
            go(panel, title).export_to(tmp_path / name)
        names = ("offsets.ecsv", "figure.png", "step.ecsv", "solution.ecsv", "overview.csv")
        qtbot.waitUntil(lambda: all((tmp_path / name).exists() for name in names), timeout=PATIENCE)
        assert read_offsets(tmp_path / "offsets.ecsv").rows == panel.maker.result.rows
        assert panel.page.script.line.text().startswith("detgui offsets ")
