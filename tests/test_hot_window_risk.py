"""Risks of hot pixels, and windows of exposures, with mouse and keys, on small simulated darks."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
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
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from detgui.gui.common.quantity import with_error
from detgui.science.regions import Ellipse, Rectangle, Region


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
    made = panel.maker.newest_risk_map.map
    assert 100 * made.p_any_err < 0.001  # too small to be shown
    assert f"any star 100 %, fewer than 5 clean stars {with_error(100 * made.p_fewer, 100 * made.p_fewer_err, '%')}" in page.notes.text()
    assert page.map.text() == "Map of risk"


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
