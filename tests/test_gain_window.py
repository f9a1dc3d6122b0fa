"""The gain tab in the window, with mouse and keys, on small simulated flats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from gain_window_help import PATIENCE, SMALL, VOID, FakeLive, flats, settled, void, write  # noqa: F401
from page_help import numbers
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QStyle, QStyleOptionButton
from region_help import stroke
from window_help import opened

from detgui.analysis import flat_calibration, gain_live
from detgui.analysis.gain_file import Origin
from detgui.data.region_files import read_masks
from detgui.gui.gain import calibrate_page
from detgui.science.boxes import VOID as VOID_KIND
from detgui.science.regions import Ellipse
from detgui.session.gain import TAB
from detgui.session.gain_work import VOID_FILE

LEFT = Qt.MouseButton.LeftButton
PAGES = ("Map", "Pairs", "Box", "Sectors", "Estimators", "Maps", "Studies", "Compare")


@pytest.fixture
def tab(qtbot, make_window, flats, monkeypatch):  # noqa: F811
    """A window with two pairs of flats and the gain tab in front, boxes of 64 pixels."""
    monkeypatch.setattr(gain_live.LiveGain, "build", FakeLive.builder([]))
    window = make_window(*flats, panels=True)
    opened(qtbot, window, len(flats))
    QTest.keyClick(window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    panel = window.tabs.currentWidget()
    assert window.parts.session.state.tab == TAB
    keys(panel.header.box.lineEdit(), "64")
    qtbot.waitUntil(lambda: window.image_panel.is_drawn and window.image_panel.answer is not None, timeout=PATIENCE)
    return window, panel


@pytest.fixture
def computed(qtbot, tab):
    """The same with the map computed by the button."""
    window, panel = tab
    QTest.mouseClick(panel.header.compute, LEFT)
    qtbot.waitUntil(lambda: settled(panel.maker) and panel.maker.follows, timeout=PATIENCE)
    return window, panel


def keys(field, text: str) -> None:
    """Type a text into a field instead of what is there, and Enter."""
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def show(panel, title: str):
    """Click a page's button in the switch."""
    button = next(each for each in panel._switch.buttons() if each.text() == title)
    QTest.mouseClick(button, LEFT)
    QApplication.processEvents()
    return panel.page


def hover(panel, x: float, y: float) -> None:
    """Put the mouse over a place of the image."""
    view = panel.view
    QTest.mouseMove(view.viewport(), view.mapFromScene(view.box.mapViewToScene(QPointF(x, y))))
    QApplication.processEvents()


def cells(rows) -> list[list[str]]:
    """The texts of a table."""
    return [line.split("\t") for line in rows.tsv().splitlines()]


def test_compute_shows_the_map_its_histogram_and_the_boxes(qtbot, computed):
    window, panel = computed
    state = window.parts.session.state
    assert state.frame.plane == "GAIN"
    assert panel.header.box.currentText() == "64"
    assert panel.header.limit.placeholderText() == "5000"
    page = panel.page
    facts = numbers(page)
    assert facts["median"].endswith("e-/DN")
    assert float(facts["median"].split()[0]) == pytest.approx(2.0, rel=0.02)
    assert "pairs 1, 2" in panel.header.status.toolTip() + panel.header.status.text()
    assert page.script.line.text().startswith("detgui gain ")
    assert "--box 64" in page.script.line.text()
    labels = window.image_panel.canvas.labels
    qtbot.waitUntil(labels.isVisible, timeout=PATIENCE)
    QTest.mouseClick(page.boxes, LEFT)
    qtbot.waitUntil(lambda: not labels.isVisible(), timeout=PATIENCE)
    QTest.mouseClick(page.show_map, LEFT)
    assert window.parts.session.state.current.key == panel.maker.source.key


def test_boxes_go_with_the_tab(qtbot, computed):
    window, _ = computed
    labels = window.image_panel.canvas.labels
    qtbot.waitUntil(labels.isVisible, timeout=PATIENCE)
    QTest.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not labels.isVisible(), timeout=PATIENCE)


def test_every_page_shows_something_or_says_what_it_needs(computed):
    _, panel = computed
    for title in PAGES:
        page = show(panel, title)
        if page.pages.currentIndex() == 0:
            assert title in ("Studies", "Compare")
            assert page.prompt.text() and page.get.isVisible()
        else:
            columns, meta = page.table()
            assert columns and meta["provenance"]["verb"] == "gain"
            assert any(plot.listDataItems() or plot.items for plot in page.plot.plots)


def test_a_typed_limit_that_is_no_number_is_said_and_a_good_one_is_used(qtbot, computed):
    window, panel = computed
    keys(panel.header.limit, "much")
    assert "much" in panel.header.trouble.text()
    keys(panel.header.limit, "4,000")
    assert window.parts.session.state.gain.limit == 4000.0
    qtbot.waitUntil(lambda: settled(panel.maker), timeout=PATIENCE)
    assert panel.maker.result.limit == 4000.0


def test_ticks_of_pairs_overrule(qtbot, computed):
    window, panel = computed
    page = show(panel, "Pairs")
    rows = page.rows
    assert [rows.item(row, 0).checkState() for row in (0, 1)] == [Qt.CheckState.Checked] * 2
    option = QStyleOptionButton()
    option.rect = rows.visualItemRect(rows.item(0, 0))
    box = rows.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, rows)
    QTest.mouseClick(rows.viewport(), LEFT, pos=QPoint(option.rect.left() + 3 + box.width() // 2, option.rect.center().y()))
    gain = window.parts.session.state.gain
    assert (gain.pairs, gain.chosen_pairs) == ("chosen", (2,))
    qtbot.waitUntil(lambda: settled(panel.maker), timeout=PATIENCE)
    assert panel.maker.result.pairs_used == (2,)
    assert panel.header.pairs.currentText() == "chosen"
    QTest.mouseClick(page.automatic, LEFT)
    qtbot.waitUntil(lambda: settled(panel.maker) and panel.maker.result.pairs_used == (1, 2), timeout=PATIENCE)


def test_box_page_follows_the_mouse(computed):
    window, panel = computed
    page = show(panel, "Box")
    result = panel.maker.result
    for x, y in ((100, 50), (400, 200)):
        hover(window.image_panel, x, y)
        number = int(result.boxes.labels[y, x])
        assert page.numbers.model().columns[0][0] == f"box {number + 1}"  # as in the reference file
        columns, _ = page.table()
        mean, _ = columns["mean"]
        np.testing.assert_allclose(mean[: mean.size // 2], result.reads[0].mean[:, number])
        line = np.polyfit(mean[: mean.size // 2][:5], columns["variance"][0][: mean.size // 2][:5], 1)
        assert 1 / line[0] == pytest.approx(result.pair_gain[0, number], rel=0.1)


def test_map_follows_the_outline_under_the_mouse(qtbot, computed):
    window, panel = computed
    session, image, maker = window.parts.session, window.image_panel, panel.maker
    session.choose_exposure(maker.source.key)
    qtbot.waitUntil(lambda: image.is_drawn and image.answer.request.frame.exposure == maker.source.key, timeout=PATIENCE)
    session.add_regions([void(130.0)])
    qtbot.waitUntil(lambda: settled(maker), timeout=PATIENCE)
    maker.holding = lambda: True  # mouse events of tests do not tell the application that a button is down
    stroke(image, [(130, 120), (160, 120), (250, 120)], release=False)
    qtbot.waitUntil(lambda: maker.approximate is not None and not maker._tasks.runs("follow"), timeout=PATIENCE)
    shape = session.state.regions[0].region.shape
    assert shape.x == pytest.approx(250, abs=2)
    boxes = maker.approximate.boxes
    assert boxes.kind[boxes.labels[120, 290]] == VOID_KIND
    assert "approximate" in panel.page.notes.text().lower()
    assert "approximate" in panel.header.status.toolTip() + panel.header.status.text()
    maker.holding = lambda: False
    point = image.view.mapFromScene(image.view.box.mapViewToScene(QPointF(250, 120)))
    QTest.mouseRelease(image.view.viewport(), LEFT, pos=point)
    qtbot.waitUntil(lambda: settled(maker), timeout=PATIENCE)
    rows = {row[1] for row in cells(show(panel, "Sectors").rows)[1:]}
    assert rows == {"bulk", "void"}
    session.undo()
    assert session.state.regions[0].region.shape.x == 130.0


def test_reference_file_with_what_the_form_says_and_the_voids_beside_it(qtbot, computed, tmp_path):
    from stdatamodels.jwst.datamodels import GainModel

    window, panel = computed
    window.parts.session.add_regions([void()])
    qtbot.waitUntil(lambda: settled(panel.maker), timeout=PATIENCE)
    page = panel.page
    page.references.actions["reference"].trigger()
    form = page.references.form
    keys(form.useafter, "yesterday")
    form.buttons.button(form.buttons.StandardButton.Save).click()
    assert "yesterday" in form.message.text()
    keys(form.useafter, "2022-07-01T00:00:00")
    keys(form.author, "J. Doe")
    form.history.setPlainText("first line\nsecond line")
    found = []
    form.accepted_origin.disconnect()  # no dialog for a place
    form.accepted_origin.connect(found.append)
    form.buttons.button(form.buttons.StandardButton.Save).click()
    path = tmp_path / "gain.fits"
    page.references.write_reference(panel.maker.result, path, found[0])
    qtbot.waitUntil(lambda: str(path) in page.said.text(), timeout=PATIENCE)
    with GainModel(str(path)) as model:
        assert model.meta.author == "J. Doe"
        assert model.meta.useafter == "2022-07-01T00:00:00"
        np.testing.assert_array_equal(model.data, panel.maker.result.map())
    assert "second line" in str(fits.getheader(path)["HISTORY"])
    (mask,) = [each for _, kind, each in read_masks(path.with_name(f"{path.stem}_voids.reg"), (256, 512)) if kind == "void"]
    np.testing.assert_array_equal(mask, panel.maker.result.params.voids[0])
    assert f"--voids {path.with_name('gain_voids.reg')}" in "".join(fits.getheader(path)["HISTORY"])


def test_outlines_beside_a_map_are_those_it_was_made_with(qtbot, computed, tmp_path):
    """Not those drawn since; an older file of outlines stays, and the map names the new one."""
    window, panel = computed
    session = window.parts.session
    session.add_regions([void()])
    qtbot.waitUntil(lambda: settled(panel.maker), timeout=PATIENCE)
    result, path, older = panel.maker.result, tmp_path / "gain.fits", tmp_path / "gain_voids.reg"
    older.write_text("mine")
    panel.maker.holding = lambda: True  # the map of the next outline does not come
    session.set_region_shape(session.state.regions[-1].number, Ellipse(60.0, 60.0, 30.0, 30.0))
    panel.page.references.write_reference(result, path, Origin())
    qtbot.waitUntil(lambda: str(path) in panel.page.said.text(), timeout=PATIENCE)
    newer = tmp_path / "gain_voids_2.reg"
    (mask,) = [each for _, kind, each in read_masks(newer, (256, 512)) if kind == "void"]
    np.testing.assert_array_equal(mask, result.params.voids[0])
    assert older.read_text() == "mine"
    assert f"--voids {newer}" in "".join(fits.getheader(path)["HISTORY"])
    panel.maker.holding = lambda: False


def test_bulk_and_void_have_the_same_rows(qtbot, computed):
    window, panel = computed
    window.parts.session.add_regions([void()])
    qtbot.waitUntil(lambda: settled(panel.maker), timeout=PATIENCE)
    columns = show(panel, "Map").numbers.model().columns
    assert len(columns) == 2
    assert len({tuple(fact.label for fact in facts) for _, _, facts in columns}) == 1


def test_what_the_command_needs_is_said_where_outlines_are_drawn(qtbot, computed):
    window, panel = computed
    page = show(panel, "Map")
    assert VOID_FILE not in page.notes.text() and "--voids" not in page.origin().command
    window.parts.session.add_regions([void()])
    qtbot.waitUntil(lambda: settled(panel.maker), timeout=PATIENCE)
    assert f"reads the outlines from {VOID_FILE}" in page.notes.text() and f"--voids {VOID_FILE}" in page.origin().command
    assert "intercept_noise" in page.table()[0] and "read_noise" not in page.table()[0]


def test_table_and_figures_are_written(qtbot, computed, tmp_path):
    _, panel = computed
    page = show(panel, "Sectors")
    for kind in ("ecsv", "png", "svg", "pdf"):
        path = tmp_path / f"sectors.{kind}"
        page.export_to(path)
        qtbot.waitUntil(lambda path=path: path.exists() and str(path) in page.said.text(), timeout=PATIENCE)
    table = Table.read(tmp_path / "sectors.ecsv")
    assert table["sector"].tolist() == [2, 3]  # the array is in the middle of the detector
    assert str(table["gain"].unit) == "electron / DN"
    assert "detgui gain" in (tmp_path / "sectors.svg").read_text()


def test_studies_and_comparison(qtbot, computed, tmp_path, flats):  # noqa: F811
    window, panel = computed
    page = show(panel, "Studies")
    QTest.mouseClick(page.switches["limit"], LEFT)
    QTest.mouseClick(page.get, LEFT)
    qtbot.waitUntil(lambda: page.pages.currentIndex() == 1 or page.said.isVisible(), timeout=PATIENCE)
    assert [row[0] for row in cells(page.rows)[1:]] == ["5000", "10000", "15000"]
    page = show(panel, "Compare")
    path = tmp_path / "half.fits"
    image = fits.ImageHDU(np.full((256, 512), 1.0, np.float32), name="SCI")
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(path)
    window.parts.session.set_gain(compare=path)
    qtbot.waitUntil(lambda: page.pages.currentIndex() == 1, timeout=PATIENCE)
    assert page.comparison.mean == pytest.approx(0.5, rel=0.02)
    window.parts.session.set_gain(compare=Path(flats[0]))
    qtbot.waitUntil(lambda: page.pages.currentIndex() == 0 and flats[0].name in page.prompt.text(), timeout=PATIENCE)


def test_raw_flats_are_calibrated_opened_and_shown_before_and_after(qtbot, make_window, tmp_path, monkeypatch):
    raw = write(tmp_path / "raw", ("uncal",), SMALL)

    def calibrate(paths, params, folder, progress):
        """Stands for the child process: the same flats as simulated ramps."""
        assert "superbias" not in params.stages
        done = write(folder, ("ramp",), SMALL)
        stages = [flat_calibration.Stage("raw", "", paths[0])]
        stages += [flat_calibration.Stage(name, "COMPLETE", None) for name in params.stages[:-1]]
        stages.append(flat_calibration.Stage("linearity", "COMPLETE", done[0]))
        return flat_calibration.CalibratedFlats(tuple(done), tuple(stages), (), ("a note",))

    monkeypatch.setattr(calibrate_page, "calibrate", calibrate)
    window = make_window(*raw, panels=True)
    opened(qtbot, window, len(raw))
    window.parts.session.set_tab(TAB)
    panel = window.tabs.currentWidget()
    qtbot.waitUntil(lambda: "is raw" in panel.header.trouble.text(), timeout=PATIENCE)
    QTest.mouseClick(panel.header.calibrate, LEFT)
    page = panel.page
    page.rows.item(1, 0).setCheckState(Qt.CheckState.Unchecked)
    page.folder = tmp_path / "done"
    QTest.mouseClick(page.run, LEFT)
    opened(qtbot, window, 2 * len(raw))
    assert "A note." in page.said.text()
    assert [each.kind for each in panel.maker.flats] == ["ramp"] * len(raw)
    assert not panel.header.calibrate.isVisible()
    QTest.mouseClick(page.rows.cellWidget(6, calibrate_page.BUTTONS), LEFT)
    state = window.parts.session.state
    assert state.blink.on
    assert state.exposure(state.blink.other.exposure).kind == "uncal"
    assert state.current.paths[0].parent == tmp_path / "done"
