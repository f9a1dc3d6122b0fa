"""Tables, lists and masks of the hot-pixel tab as files."""

from __future__ import annotations

import numpy as np
from astropy.io import fits
from astropy.table import Table
from hot_window_help import LEFT, PATIENCE, added_fixture, counted_fixture, darks, show, tab_fixture, type_into  # noqa: F401
from PySide6.QtTest import QTest


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
