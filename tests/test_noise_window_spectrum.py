"""The Spectrum page of the noise tab on a small simulated spectrum; mouse and keys."""

from __future__ import annotations

import json

import numpy as np
from astropy.io import fits
from mouse_help import drag
from noise_window_help import PATIENCE, page_of, press, show_fixture, spectrum_fixture  # noqa: F401
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from region_help import at
from window_help import opened

from detgui.gui.common.quantity import with_error


def test_the_aperture_is_found_dragged_and_written(qtbot, show, spectrum, tmp_path):
    window, panel = show(spectrum)
    page = page_of(panel, "Spectrum")
    qtbot.waitUntil(lambda: page.found("spectrum") is not None, timeout=PATIENCE)
    QApplication.processEvents()
    found = page.found("spectrum")
    assert [each.column for each in found.divots][:1] == [60]
    assert "DO_NOT_USE" in page.rows.item(0, 4).text()
    item = page.on_image.item
    assert item.isVisible()
    x0, y0, x1, y1 = item.rectangle
    middle = (x0 + x1) / 2
    drag(window.image_panel.view, at(window.image_panel, middle, y1 + 0.1), at(window.image_panel, middle, y1 + 2.1))
    assert window.parts.session.state.noise.aperture == (x0, y0, x1, y1 + 2)
    qtbot.waitUntil(lambda: page.found("spectrum").aperture.ystop == y1 + 2, timeout=PATIENCE)
    page.write_to(tmp_path / "aperture.json")
    qtbot.waitUntil(lambda: "Wrote" in page.said.text(), timeout=PATIENCE)
    entry = json.loads((tmp_path / "aperture.json").read_text())["apertures"][0]
    assert (entry["ystart"], entry["ystop"]) == (y0, y1 + 2)
    press(page.automatic)
    assert window.parts.session.state.noise.aperture is None
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.parts.session.state.noise.aperture == (x0, y0, x1, y1 + 2)


def test_a_written_aperture_is_opened_and_undone(qtbot, show, spectrum, tmp_path):
    window, panel = show(spectrum)
    page = page_of(panel, "Spectrum")
    session = window.parts.session
    qtbot.waitUntil(lambda: page.found("spectrum") is not None, timeout=PATIENCE)
    session.set_noise(text="Aperture", aperture=(5, 7, 90, 20))
    page.write_to(tmp_path / "aperture.json")
    qtbot.waitUntil(lambda: "Wrote" in page.said.text(), timeout=PATIENCE)
    press(page.automatic)
    before = session.state.noise
    page.open_from(tmp_path / "aperture.json")
    qtbot.waitUntil(lambda: page.said.text() == "Aperture of aperture.json", timeout=PATIENCE)
    assert (session.state.noise.aperture, session.state.noise.dispersion) == ((5, 7, 90, 20), 1)
    assert page.on_image.item.rectangle == (5, 7, 90, 20)
    qtbot.waitUntil(lambda: page.found("spectrum").aperture.box == (5, 90, 7, 20), timeout=PATIENCE)
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.state.noise == before
    (tmp_path / "bad.json").write_text('{"apertures": [{"id": "ANY", "src_coeff": [[3.0], [9.0]]}]}')
    page.open_from(tmp_path / "bad.json")
    qtbot.waitUntil(lambda: bool(page.said.text()), timeout=PATIENCE)
    assert page.said.text().startswith("bad.json: its aperture is given by src_coeff")
    assert session.state.noise == before


def test_the_file_of_an_aperture_is_asked_for(qtbot, show, spectrum, tmp_path):
    _, panel = show(spectrum)
    page = page_of(panel, "Spectrum")
    qtbot.waitUntil(lambda: page.found("spectrum") is not None, timeout=PATIENCE)
    QApplication.processEvents()
    page.open.trigger()
    (dialog,) = page.findChildren(QFileDialog)
    assert dialog.nameFilters() == ["EXTRACT1D (*.json)"]
    dialog.fileSelected.emit(str(tmp_path / "none.json"))
    dialog.reject()
    qtbot.waitUntil(lambda: page.said.text().startswith("none.json: cannot be read"), timeout=PATIENCE)


def test_errors_of_a_background_are_added(qtbot, show, spectrum, tmp_path):
    window, panel = show(spectrum)
    page = page_of(panel, "Spectrum")
    qtbot.waitUntil(lambda: page.found("spectrum") is not None, timeout=PATIENCE)
    copy = tmp_path / "with_rateints.fits"
    page.take_background(spectrum, copy)
    qtbot.waitUntil(lambda: bool(page.said.text()), timeout=PATIENCE)
    assert page.said.text() == f"Wrote {copy}"
    with fits.open(copy) as new, fits.open(spectrum) as old:
        good = np.isfinite(old["ERR"].data)
        np.testing.assert_allclose(new["ERR"].data[good], np.sqrt(2) * old["ERR"].data[good], rtol=1e-5)
    opened(qtbot, window, 2)


def test_the_growth_of_the_errors_is_said_with_its_error(qtbot, show, spectrum, monkeypatch):
    _, panel = show(spectrum)
    page = page_of(panel, "Spectrum")
    qtbot.waitUntil(lambda: page.found("spectrum") is not None, timeout=PATIENCE)
    monkeypatch.setattr(page, "exporter_dialog", lambda *_: None)
    page.take_background(spectrum)
    qtbot.waitUntil(lambda: page.background is not None and bool(page.said.text()), timeout=PATIENCE)
    found = page.background.diagnosis
    assert f"own: {with_error(found.value, found.err)}. The errors are 41.4 % larger" in page.said.text()
