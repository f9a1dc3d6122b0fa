"""The non-linearity tab in the window, with mouse and keys, on a small simulated time series."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage

from detgui import app
from detgui.analysis import slope_map
from detgui.data.exposure import open_one
from detgui.gui.nonlinearity.histogram_plot import SIZE, histogram_figure
from detgui.simulate.expose import write_exposure
from detgui.simulate.params import BotsParams
from detgui.start import Start

PATIENCE = 60_000
SMALL = BotsParams(integrations=12, groups=20, rows=32, columns=256, seed=3)
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="module")
def ramps(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bots")
    return [path for path in write_exposure(SMALL, folder, ("ramp",), segments=2) if path.stem.endswith("_ramp")]


@pytest.fixture
def make_window(qtbot):
    made = []

    def make(*files, size=(1280, 800)):
        app.application()
        start = Start(files=tuple(files), size=size)
        window = app.build_window(start)
        made.append(window)
        app.begin(window, start)
        window.build_panels()
        qtbot.waitUntil(lambda: len(window.parts.session.state.exposures) > 0, timeout=PATIENCE)
        qtbot.waitUntil(lambda: window.image_panel.answer is not None, timeout=PATIENCE)
        return window

    yield make
    for window in made:
        window.close()
        window.deleteLater()


def panel_of(window):
    window.commands.show_tab(1)
    return window.tabs.widget(1)


@pytest.fixture
def computed(qtbot, make_window, ramps):
    """A window whose map was computed with the button, and its panel."""
    window = make_window(*ramps)
    panel = panel_of(window)
    qtbot.mouseClick(panel.header.compute, LEFT)
    qtbot.waitUntil(lambda: panel.maker.result is not None and panel.maker.sheet().means is not None, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.image_panel.answer.request.signed, timeout=PATIENCE)
    return window, panel


def test_nothing_open_says_what_to_do(qtbot, make_window, flight_ramp):
    window = make_window(flight_ramp)
    panel = panel_of(window)
    assert panel.maker.source is not None  # two groups: a ramp, but too short for a map
    qtbot.mouseClick(panel.header.compute, LEFT)
    assert "groups" in panel.header.trouble.text()
    window.commands.close_shown()
    assert panel.page is None


def test_compute_shows_the_exact_map_with_colours_about_zero(computed, ramps):
    window, _ = computed
    state = window.parts.session.state
    assert state.current.source == state.exposures[0].key
    assert state.frame.plane == "SLOPE"
    with open_one(ramps) as exposure:
        expected = slope_map.run(exposure, slope_map.Params())
    answer = window.image_panel.answer
    np.testing.assert_array_equal(answer.values, expected.slope)
    assert answer.low == -answer.high
    assert answer.unit == "DN/group"
    assert "groups 1–10" in window.image_panel.title.toolTip() + window.image_panel.title.text()


def scene_to_widget(plot, item, x, y):
    """Where a point of a plot is in its widget."""
    return plot.mapFromScene(item.vb.mapViewToScene(QPointF(x, y)))


def drag(qtbot, viewport, *points):
    """Press at the first point, move over the others, let go at the last."""
    qtbot.mouseMove(viewport, points[0])
    qtbot.wait(20)
    qtbot.mousePress(viewport, LEFT, pos=points[0])
    for point in points[1:]:
        move(qtbot, viewport, point)
    qtbot.mouseRelease(viewport, LEFT, pos=points[-1])


def move(qtbot, viewport, point):
    """A move with the left button down; QTest's own moves have no buttons."""
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    place = QPointF(point)
    event = QMouseEvent(
        QEvent.Type.MouseMove, place, QPointF(viewport.mapToGlobal(point)), Qt.MouseButton.NoButton, LEFT, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(viewport, event)
    qtbot.wait(30)


def settled(qtbot, panel):
    def exact():
        result, options = panel.maker.result, panel.context.session.state.nonlinearity
        return not result.approximate and result.params.fit_groups[1] == options.fit_last and panel.maker.running is None

    qtbot.waitUntil(exact, timeout=PATIENCE)


def test_dragging_n_moves_the_map_and_ends_in_the_exact_one(qtbot, computed, ramps):
    window, panel = computed
    session, plot = window.parts.session, panel.page.plot
    session.choose_pixel(128, 12)
    qtbot.waitUntil(lambda: plot.boundary.isVisible())
    seen = []
    panel.maker.updated.connect(seen.append)
    height = plot.ramp.vb.viewRange()[1]
    y = 0.5 * sum(height)
    points = [scene_to_widget(plot, plot.ramp, x, y) for x in (10.5, 11.5, 12.5, 13.5)]
    drag(qtbot, plot.viewport(), *points)
    assert session.state.nonlinearity.fit_last == 13
    qtbot.waitUntil(lambda: any(result.approximate for result in seen), timeout=PATIENCE)
    settled(qtbot, panel)
    with open_one(ramps) as exposure:
        expected = slope_map.run(exposure, slope_map.Params(fit_groups=(1, 13)))
    quick = next(result for result in reversed(seen) if result.approximate and result.params.fit_groups[1] == 13)
    np.testing.assert_allclose(quick.slope, expected.slope, rtol=0, atol=1e-3)
    qtbot.waitUntil(lambda: np.array_equal(window.image_panel.answer.values, expected.slope, equal_nan=True), timeout=PATIENCE)
    assert "approximate" not in session.state.revision(session.state.frame.exposure).note
    assert session.undo_text == "Fitted groups"
    session.undo()  # the whole drag at once
    assert session.state.nonlinearity.fit_last == 10
    settled(qtbot, panel)


def test_dragging_the_range_uses_those_integrations(qtbot, computed, ramps):
    window, panel = computed
    strip, session = panel.page.strip, window.parts.session
    y = 0.5 * sum(strip.plot.vb.viewRange()[1])
    points = [scene_to_widget(strip, strip.plot, x, y) for x in (12.5, 11.0, 9.0, 6.5)]
    drag(qtbot, strip.viewport(), *points)
    assert session.state.nonlinearity.integrations == (1, 6)
    settled(qtbot, panel)
    qtbot.waitUntil(lambda: panel.maker.result.integrations == (1, 6), timeout=PATIENCE)
    with open_one(ramps) as exposure:
        expected = slope_map.run(exposure, slope_map.Params(integrations=(1, 6)))
    np.testing.assert_array_equal(panel.maker.result.slope, expected.slope)
    qtbot.mouseClick(panel.header.all, LEFT)
    assert session.state.nonlinearity.integrations is None


def test_region_drawn_on_the_image_has_its_statistics(qtbot, computed):
    window, panel = computed
    page, view, session = panel.page, window.image_panel.view, window.parts.session
    qtbot.waitUntil(lambda: page.stats is not None, timeout=PATIENCE)
    whole = page.stats.pixels
    qtbot.mouseClick(page.roi.draw, LEFT)
    points = [view.place_of(*pixel).toPoint() for pixel in ((40, 5), (80, 10), (120, 20))]
    drag(qtbot, view.viewport(), *points)
    assert session.state.nonlinearity.roi == (40, 5, 120, 20)
    assert not page.roi.draw.isChecked()
    assert [field.value() for field in page.roi.fields] == [40, 5, 120, 20]
    qtbot.waitUntil(lambda: page.stats.pixels < whole, timeout=PATIENCE)
    slopes = panel.maker.result.slope[5:21, 40:121]
    assert page.stats.pixels == np.isfinite(slopes).sum()
    assert page.stats.median == pytest.approx(np.nanmedian(slopes.astype(float)))
    right = [view.place_of(*pixel).toPoint() for pixel in ((120, 8), (140, 8), (160, 8))]
    drag(qtbot, view.viewport(), right[0] + QPoint(1, 0), *right[1:])
    assert session.state.nonlinearity.roi[:2] == (40, 5)
    assert abs(session.state.nonlinearity.roi[2] - 160) <= 1
    before = view.box.viewRect()
    inside = [view.place_of(*pixel).toPoint() for pixel in ((60, 8), (64, 8), (70, 8))]
    drag(qtbot, view.viewport(), *inside)  # away from edges and middle the image is moved
    assert view.box.viewRect().left() < before.left()
    qtbot.mouseClick(page.roi.whole, LEFT)
    assert session.state.nonlinearity.roi is None


def test_maps_are_kept_compared_saved_and_closed(qtbot, computed, tmp_path):
    window, panel = computed
    session = window.parts.session
    live = session.state.frame.exposure
    panel.actions_by_name["keep"].trigger()
    kept = session.state.exposures[-1]
    assert kept.label == "slopes N = 10"
    root = window.exposure_list.topLevelItem(0)
    assert [root.child(i).text(0) for i in range(3)] == ["ramp", "slope map", "slopes N = 10"]
    panel.header.n.setValue(12)
    settled(qtbot, panel)
    session.set_difference("other", session.state.frame.__class__(kept.key, "SLOPE"))
    qtbot.waitUntil(lambda: window.image_panel.answer.request.subtract is not None, timeout=PATIENCE)
    assert np.nanmax(np.abs(window.image_panel.answer.values)) > 0
    path = tmp_path / "map.fits"
    window.commands.map_saver.save(live, path)
    qtbot.waitUntil(path.exists, timeout=PATIENCE)
    with open_one([path]) as saved:
        assert saved.kind == "slopes"
        np.testing.assert_array_equal(saved.read_image(saved.planes[0]), panel.maker.result.slope)
    window.parts.exposures.close_exposure(live)
    assert session.state.exposure(live) is None
    panel.header.n.setValue(11)  # and comes back when there is something to show
    qtbot.waitUntil(lambda: any(each.label == "slope map" for each in session.state.exposures), timeout=PATIENCE)
    settled(qtbot, panel)


def test_unsaved_maps_are_not_restored(qtbot, make_window, ramps):
    window = make_window(*ramps)
    panel = panel_of(window)
    window.parts.session.set_nonlinearity(fit_last=8)
    panel.maker.compute()
    qtbot.waitUntil(lambda: window.parts.session.state.current.source != "", timeout=PATIENCE)
    window.close()
    from detgui.session.restore import load_state, session_file

    saved = load_state(session_file())
    assert [each.source for each in saved.exposures] == [""]
    assert saved.frame.exposure == saved.exposures[0].key
    assert saved.nonlinearity.fit_last == 8


def test_what_cannot_be_mapped_is_one_sentence(qtbot, make_window, tmp_path):
    short = BotsParams(integrations=2, groups=4, rows=32, columns=64)
    files = write_exposure(short, tmp_path, ("ramp",), segments=1)
    window = make_window(files[0])
    panel = panel_of(window)
    qtbot.mouseClick(panel.header.compute, LEFT)
    assert panel.header.trouble.isVisible()
    assert "late line needs at least 2 groups" in panel.header.trouble.text()
    assert window.parts.session.state.current.is_ramp


def test_cancel_stops_the_pass_and_leaves_nothing(qtbot, make_window, ramps, monkeypatch):
    def slow(exposure, params, engine=None, progress=None, **_):
        for step in range(2000):
            time.sleep(0.01)
            progress(step / 2000, "slow")

    monkeypatch.setattr(slope_map, "run", slow)
    window = make_window(*ramps)
    panel = panel_of(window)
    assert "reads" in panel.header.status.text()  # what it will cost is said before
    qtbot.mouseClick(panel.header.compute, LEFT)
    qtbot.waitUntil(lambda: "%" in panel.header.status.text() and panel.header.cancel.isVisible(), timeout=PATIENCE)
    qtbot.mouseClick(panel.header.cancel, LEFT)
    qtbot.waitUntil(lambda: panel.maker.running is None, timeout=60_000)
    assert panel.maker.result is None
    assert panel.header.trouble.isHidden()
    assert len(window.parts.session.state.exposures) == 1


def test_no_valid_pixel_is_one_sentence(qtbot, make_window, tmp_path):
    short = BotsParams(integrations=2, groups=16, rows=32, columns=64)
    (path,) = [each for each in write_exposure(short, tmp_path, ("ramp",), segments=1) if each.stem.endswith("_ramp")]
    with fits.open(path, mode="update") as hdus:
        hdus["PIXELDQ"].data[:] = 1
    window = make_window(path)
    panel = panel_of(window)
    qtbot.mouseClick(panel.header.compute, LEFT)
    qtbot.waitUntil(lambda: "no valid pixel" in panel.header.trouble.text(), timeout=PATIENCE)
    assert "\n" not in panel.header.trouble.text()
    assert panel.maker.result is None


def test_flags_that_exclude_are_chosen_in_their_menu(qtbot, computed):
    window, panel = computed
    header, session = panel.header, window.parts.session
    header.flags_menu.aboutToShow.emit()
    entries = {action.text(): action for action in header.flags_menu.actions()}
    before = panel.maker.result.count.sum()
    entries["SATURATED"].trigger()
    entries["JUMP_DET"].trigger()
    assert session.state.nonlinearity.flags == ("SATURATED", "JUMP_DET")
    assert header.flags.text() == "2 flags"
    settled(qtbot, panel)
    qtbot.waitUntil(lambda: panel.maker.result.params.flags == ("SATURATED", "JUMP_DET"), timeout=PATIENCE)
    assert panel.maker.result.count.sum() > before  # hot and dead pixels are in
    entries["Any flag at all (DQ = 0)"].trigger()
    assert session.state.nonlinearity.flags is None


def test_statistics_and_figures_are_exported_with_where_they_come_from(qtbot, computed, tmp_path):
    window, panel = computed
    page = panel.page
    window.parts.session.choose_pixel(128, 12)
    qtbot.waitUntil(lambda: page.stats is not None and page.plot.boundary.isVisible(), timeout=PATIENCE)
    for what, kind in (
        ("statistics", "ecsv"),
        ("statistics", "csv"),
        ("map", "fits"),
        ("ramp", "svg"),
        ("figure", "png"),
        ("figure", "svg"),
        ("histogram", "png"),
        ("ramp", "pdf"),
    ):
        path = tmp_path / f"{what}.{kind}"
        page.exports.write(what, path)
        qtbot.waitUntil(lambda path=path: path.exists() and str(path) in page.trouble.text(), timeout=PATIENCE)
    table = Table.read(tmp_path / "statistics.ecsv")
    assert table["pixels"].sum() + table.meta["below"] + table.meta["above"] == page.stats.pixels
    assert table.meta["roi"] == "whole image"
    for name in ("ramp.svg", "figure.svg"):
        assert "detgui slopes" in (tmp_path / name).read_text()
    picture = QImage(str(tmp_path / "figure.png"))
    assert picture.width() > 2000
    colours = {picture.pixelColor(x, y).getHsv()[0] for x in range(0, picture.width(), 7) for y in range(0, picture.height(), 7)}
    assert any(190 < hue < 230 for hue in colours)  # losses are blue
    assert any(hue in range(0, 30) for hue in colours)  # excesses are red
    assert page.script.line.text().startswith("detgui slopes")


def test_trace_button_takes_the_rows_about_the_trace(qtbot, computed):
    window, panel = computed
    qtbot.mouseClick(panel.page.roi.trace, LEFT)
    qtbot.waitUntil(lambda: window.parts.session.state.nonlinearity.roi is not None, timeout=PATIENCE)
    x0, y0, x1, y1 = window.parts.session.state.nonlinearity.roi
    bright = np.nanargmin(np.nanmin(panel.maker.result.slope, axis=1))  # where most is lost
    assert y0 < bright < y1
    assert window.image_panel.view.box is not None
    assert panel.page.on_image.item.rectangle == (x0, y0, x1, y1)
    assert panel.page.on_image.item.isVisible()
    window.commands.show_tab(0)
    assert not panel.page.on_image.item.isVisible()  # it belongs to this tab


def test_every_exposure_has_its_own_map(qtbot, computed, tmp_path):
    window, panel = computed
    first, session = panel.maker.result, window.parts.session
    other = replace(SMALL, detector="NRS2", integrations=3)
    (path,) = [each for each in write_exposure(other, tmp_path, ("ramp",), segments=1) if each.stem.endswith("_ramp")]
    window.commands.open_paths([path])
    qtbot.waitUntil(lambda: len(session.state.exposures) == 3, timeout=PATIENCE)
    assert panel.maker.source.name.endswith("nrs2_ramp")
    assert panel.maker.result is None
    assert panel.page.stack.currentWidget() is panel.page.message
    assert panel.header.last.value() == 3
    qtbot.mouseClick(panel.header.compute, LEFT)
    qtbot.waitUntil(lambda: panel.maker.result is not None and panel.maker.running is None, timeout=PATIENCE)
    assert panel.maker.result.exposure != first.exposure
    qtbot.waitUntil(lambda: panel.page.stats is not None and panel.page.stats.exposure == panel.maker.result.exposure, timeout=PATIENCE)
    session.choose_exposure(session.state.exposures[0].key)
    assert panel.maker.result is first
    qtbot.waitUntil(lambda: panel.page.stats.exposure == first.exposure, timeout=PATIENCE)
    panel.header.source.setCurrentIndex(1)
    panel.header.source.activated.emit(1)
    assert panel.maker.source.name.endswith("nrs2_ramp")


def test_a_kept_map_has_a_name_of_its_own(qtbot, computed):
    window, panel = computed
    parts = window.parts
    key = panel.maker.keep()
    kept = parts.session.state.exposure(key)
    live = parts.session.state.exposure(panel.maker.sheet().product)
    assert kept.name == f"{live.name}-N{panel.maker.result.params.fit_groups[1]}"


def test_limits_hold_while_something_is_dragged(qtbot, computed):
    window, panel = computed
    parts = window.parts
    seen = []
    parts.loader.image.connect(lambda answer: answer is not None and seen.append((answer.low, answer.high)))
    parts.loader.repeat()
    qtbot.waitUntil(lambda: len(seen) > 0, timeout=PATIENCE)
    before = seen[-1]
    n = panel.maker.options.fit_last
    panel.maker.hold(True)
    parts.session.set_nonlinearity(False, fit_last=n + 3)
    qtbot.waitUntil(lambda: panel.maker.result.params.fit_groups[1] == n + 3, timeout=PATIENCE)
    qtbot.waitUntil(lambda: parts.loader.settled, timeout=PATIENCE)
    assert panel.maker.result.approximate
    assert seen[-1] == before
    parts.session.set_nonlinearity(True, fit_last=n + 3)
    panel.maker.hold(False)
    qtbot.waitUntil(lambda: not panel.maker.result.approximate and parts.loader.settled, timeout=PATIENCE)
    assert seen[-1] != before


def test_gain_and_read_noise_are_typed(qtbot, computed):
    window, panel = computed
    parts = window.parts
    header = panel.header
    header.options.click()
    assert header.noise.isVisible()
    header.noise.gain.edit.setText("none")
    header.noise.gain.edit.editingFinished.emit()
    assert "neither a number nor a file" in header.noise.message.text()
    header.noise.gain.edit.setText("2")
    header.noise.gain.edit.editingFinished.emit()
    assert parts.session.state.nonlinearity.gain == 2.0
    assert header.noise.message.isHidden()
    qtbot.waitUntil(lambda: panel.maker.result.params.gain == 2.0 and not panel.maker.result.approximate, timeout=PATIENCE)
    assert "Used now" in header.noise.read_noise.edit.toolTip()


def test_an_exported_histogram_is_large_enough(qtbot, computed, tmp_path):
    _, panel = computed
    page = panel.page
    qtbot.waitUntil(lambda: page.stats is not None, timeout=PATIENCE)
    figure = histogram_figure(page.stats)
    qtbot.addWidget(figure)
    assert (figure.width(), figure.height()) == SIZE
