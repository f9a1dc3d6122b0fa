"""The Correction page of the offsets tab, the image of the difference, and sources in open images, by the mouse."""

from __future__ import annotations

from threading import Event

import numpy as np
import pytest
from offsets_help import PATIENCE, catalogs, measured, shown_panel  # noqa: F401  (fixture)
from page_help import press
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox

from detgui.data.offset_tables import PUBLISHED
from detgui.resources import resource
from detgui.simulate.imaging import write_imaging
from detgui.simulate.imaging_params import ImagingParams


@pytest.fixture
def cals(tmp_path):
    written = write_imaging(ImagingParams(epochs=2, sources=40, filters=("f444w",), images="cal", size=64), tmp_path)
    return sorted(path for path in written if path.name.endswith("_cal.fits"))


@pytest.fixture
def mosaics(tmp_path):
    written = write_imaging(ImagingParams(epochs=2, sources=160, filters=("f444w",), images="i2d", size=128, seed=4), tmp_path)
    return [path for path in written if path.suffix in (".ecsv", ".fits")]


def pick(box, text: str) -> None:
    """Choose an entry with the keys, as a person does."""
    box.setFocus()
    for _ in range(box.count()):
        QTest.keyClick(box, Qt.Key.Key_Up)
    for _ in range(box.findText(text)):
        QTest.keyClick(box, Qt.Key.Key_Down)
    box.activated.emit(box.currentIndex())
    QApplication.processEvents()
    assert box.currentText() == text


def settled(qtbot, panel, count: int) -> None:
    """Wait until the images and the table are looked at."""
    correction = panel.maker.correction
    qtbot.waitUntil(lambda: len(correction.cals) == count and correction.table is not None, timeout=PATIENCE)
    QApplication.processEvents()


def test_the_published_table_without_own_offsets(qtbot, cals):
    with shown_panel(qtbot, page="Correction") as (panel, parts):
        page = panel.page
        panel.maker.correction.add(cals)
        settled(qtbot, panel, 4)
        assert page.form.table.currentText().startswith("published")
        assert not page.form.gradient.isEnabled()  # half of it needs a long axis
        qtbot.waitUntil(lambda: "0.011 mag" in page.notes.text(), timeout=PATIENCE)  # the zeros differ
        qtbot.waitUntil(lambda: "epoch 1 or 2" in page.said.text(), timeout=PATIENCE)
        assert not page.write.isEnabled()
        pick(page.form.epoch, "1")
        qtbot.waitUntil(page.write.isEnabled, timeout=PATIENCE)
        factors = {page.rows.item(row, 1).text(): page.rows.item(row, 4).text() for row in range(4)}
        assert factors == {"NRCALONG": f"{10 ** (-0.016536067 / 2.5):.5f}", "NRCBLONG": "1.00000"}
        press(page.preview)
        qtbot.waitUntil(lambda: parts.session.state.current is not None, timeout=PATIENCE)
        shown = parts.exposures.exposure(parts.session.state.current.key).read_image("FACTOR")
        assert shown == pytest.approx(np.full((64, 64), 10 ** (-0.016536067 / 2.5)), rel=1e-6)


def test_images_are_written_and_undone(qtbot, catalogs, cals):  # noqa: F811
    from astropy.io import fits

    with shown_panel(qtbot, catalogs) as (panel, parts):
        press(panel.header.measure)
        measured(qtbot, panel)
        parts.session.set_offsets(page="Correction", epoch="1")
        page = panel.page
        panel.maker.correction.add(cals[:2])
        settled(qtbot, panel, 2)
        assert page.form.table.currentText() == "measured here"
        qtbot.waitUntil(lambda: panel.maker.correction.predicted is not None, timeout=PATIENCE)
        QApplication.processEvents()
        assert abs(float(page.effect.item(2, 3).text().split()[0])) > 0.02
        assert abs(float(page.effect.item(2, 4).text().split()[0])) < 0.002
        assert "is a choice" in page.notes.text()
        assert page.write.text() == "Write 2"
        press(page.write)
        qtbot.waitUntil(lambda: panel.maker.correction.written is not None, timeout=PATIENCE)
        QApplication.processEvents()
        folder = cals[0].parent / "corrected"
        assert page.said.text() == f"2 images corrected in {folder}."
        assert sorted(path.name for path in folder.iterdir()) == sorted(["offsets.ecsv", *(path.name for path in cals[:2])])
        assert "--offsets" in page.script.line.text()
        parts.session.set_offsets(cals=tuple(folder / path.name for path in cals[:2]))
        qtbot.waitUntil(lambda: all(each.corrected for each in panel.maker.correction.cals), timeout=PATIENCE)
        QApplication.processEvents()
        assert not page.write.isEnabled()
        assert page.undo.text() == "Undo 2"
        press(page.undo)
        qtbot.waitUntil(lambda: panel.maker.correction.written is not None, timeout=PATIENCE)
        back = fits.getdata(folder / "undone" / cals[0].name, "SCI")
        assert back == pytest.approx(fits.getdata(cals[0], "SCI"), rel=1e-6, nan_ok=True)


def test_a_batch_is_stopped_between_two_images(qtbot, cals, monkeypatch):
    from detgui.analysis import offset_correct

    write, first, go_on = offset_correct.write_scaled, Event(), Event()

    def slow(*args, **values):
        write(*args, **values)
        first.set()
        go_on.wait(60)

    monkeypatch.setattr(offset_correct, "write_scaled", slow)
    with shown_panel(qtbot, page="Correction") as (panel, parts):
        page = panel.page
        panel.maker.correction.add(cals)
        settled(qtbot, panel, 4)
        parts.session.set_offsets(epoch="1")
        qtbot.waitUntil(page.write.isEnabled, timeout=PATIENCE)
        press(page.write)
        qtbot.waitUntil(first.is_set, timeout=PATIENCE)
        press(page.cancel)
        go_on.set()
        qtbot.waitUntil(lambda: not panel.maker.correction.writing, timeout=PATIENCE)
        QApplication.processEvents()
        assert page.write.isEnabled()
        assert not page.cancel.isVisible()
        assert page.said.text() == f"Stopped; images that were written until then are in {cals[0].parent / 'corrected'}."
    written = sorted((cals[0].parent / "corrected").iterdir())  # after the workers have stopped
    assert [each.name for each in written] == [cals[0].name]


def test_images_of_a_folder_and_of_the_inputs(qtbot, cals, catalogs):  # noqa: F811
    (cals[0].parent / "a_cat.csv").write_text("ra,dec\n1,2\n")
    with shown_panel(qtbot, page="Correction") as (panel, parts):
        page = panel.page
        panel.maker.correction.add([cals[0].parent])
        settled(qtbot, panel, 4)
        assert parts.session.state.offsets.cals == tuple(cals)  # catalogs are not to be corrected
    with shown_panel(qtbot, [*cals[:3], catalogs[0]], page="Correction") as (panel, parts):
        page = panel.page
        assert panel.maker.cal_images == cals[:3]
        page.inputs.trigger()
        settled(qtbot, panel, 3)
        assert parts.session.state.offsets.cals == tuple(cals[:3])


def test_a_table_of_a_file_that_is_none(qtbot, tmp_path):
    (tmp_path / "bad.ecsv").write_text("nothing")
    with shown_panel(qtbot, page="Correction") as (panel, _):
        panel.page.form.take_file(tmp_path / "bad.ecsv")
        qtbot.waitUntil(lambda: panel.header.trouble.text().startswith("bad.ecsv cannot be read"), timeout=PATIENCE)
        assert panel.page.form.table.currentText() == "bad.ecsv…"


def test_a_table_that_was_mended_is_read_again(qtbot, tmp_path):
    path = tmp_path / "table.ecsv"
    path.write_text("nothing")
    with shown_panel(qtbot, page="Correction") as (panel, parts):
        panel.page.form.take_file(path)
        qtbot.waitUntil(lambda: "table.ecsv" in panel.header.trouble.text(), timeout=PATIENCE)
        path.write_bytes(resource(PUBLISHED).read_bytes())
        parts.session.set_offsets(page="Inputs")
        QApplication.processEvents()
        parts.session.set_offsets(page="Correction")
        qtbot.waitUntil(lambda: panel.maker.correction.table is not None, timeout=PATIENCE)
        QApplication.processEvents()
        assert panel.header.trouble.text() == ""


def test_an_epoch_of_single_images_by_the_mouse(qtbot, cals):
    with shown_panel(qtbot, page="Correction") as (panel, parts):
        page = panel.page
        panel.maker.correction.add(cals)
        settled(qtbot, panel, 4)
        rows = page.rows
        qtbot.waitUntil(lambda: "epoch 1 or 2" in rows.item(0, 6).text(), timeout=PATIENCE)
        row = next(at for at in range(4) if rows.item(at, 1).text() == "NRCALONG")
        where = rows.visualItemRect(rows.item(row, 3)).center()
        QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=where)
        QTest.mouseDClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=where)
        box = rows.findChild(QComboBox)
        assert [box.itemText(at) for at in range(box.count())] == ["as for all", "1", "2"]
        box.hidePopup()
        box.setCurrentIndex(2)
        box.activated.emit(2)
        assert parts.session.state.offsets.cal_epochs == ((cals[row], "2"),)
        qtbot.waitUntil(lambda: rows.item(row, 3).text() == "2" and rows.item(row, 5).text() == "-0.00433", timeout=PATIENCE)
        assert page.write.text() == "Write 1"
        assert "--epoch 2" in page.script.line.text()


def test_images_just_written_can_be_undone(qtbot, cals):
    from astropy.io import fits

    with shown_panel(qtbot, page="Correction") as (panel, parts):
        parts.session.set_offsets(epoch="1")
        page = panel.page
        panel.maker.correction.add(cals[:1])
        settled(qtbot, panel, 1)
        qtbot.waitUntil(page.write.isEnabled, timeout=PATIENCE)
        assert not page.undo.isEnabled()
        press(page.write)
        qtbot.waitUntil(page.undo.isEnabled, timeout=PATIENCE)
        assert page.undo.text() == "Undo 1"
        assert "just written" in page.undo.toolTip()
        press(page.undo)
        written = panel.maker.correction
        qtbot.waitUntil(lambda: written.written is not None and written.written.undone, timeout=PATIENCE)
        back = cals[0].parent / "corrected" / "undone" / cals[0].name
        assert fits.getdata(back, "SCI") == pytest.approx(fits.getdata(cals[0], "SCI"), rel=1e-6, nan_ok=True)
        qtbot.waitUntil(lambda: not page.undo.isEnabled(), timeout=PATIENCE)


def test_a_source_that_no_open_image_shows(qtbot, catalogs):  # noqa: F811
    with shown_panel(qtbot, catalogs) as (panel, parts):
        press(panel.header.measure)
        measured(qtbot, panel)
        parts.session.set_offsets(page="Step")
        QApplication.processEvents()
        panel.page.choose(3)
        assert panel.page.source.text().endswith("no open image shows its place")


def test_the_difference_of_two_epochs(qtbot, mosaics):
    with shown_panel(qtbot, mosaics) as (panel, parts):
        press(panel.header.measure)
        measured(qtbot, panel)
        parts.session.set_offsets(page="Step")
        QApplication.processEvents()
        press(panel.page.difference)
        qtbot.waitUntil(lambda: parts.session.state.current is not None, timeout=PATIENCE)
        current = parts.session.state.current
        assert current.label == "difference"
        assert current.unit == "MJy/sr"
        assert current.signed
        sources = panel.maker.pair.sources
        inside = int(np.argmin(np.where(sources.in_p, np.hypot(sources.d - sources.d[sources.in_p].mean(), 0), 99)))
        panel.page.choose(inside)
        qtbot.waitUntil(lambda: parts.session.state.pixel is not None, timeout=PATIENCE)
        x, y = parts.session.state.pixel
        assert 0 <= x < 128
        assert 0 <= y < 128


def test_no_difference_without_images(qtbot, catalogs):  # noqa: F811
    with shown_panel(qtbot, catalogs) as (panel, parts):
        press(panel.header.measure)
        measured(qtbot, panel)
        parts.session.set_offsets(page="Step")
        QApplication.processEvents()
        assert not panel.page.difference.isEnabled()
        assert "mosaics" in panel.page.difference.toolTip()
