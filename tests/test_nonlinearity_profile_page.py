"""The Profile page: folded profile, bins, the dragged half-width, the trace over the image, export."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from page_help import drag, get, keys, make_map, numbers, place, press, series, shown_panel, simulate  # noqa: F401
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from detgui.gui.nonlinearity.signs import _with_crossings

NAME = "Profile"


def first_number(text: str) -> float:
    return float(text.split()[0])


def wait_drawn(qtbot, page) -> None:
    qtbot.waitUntil(lambda: not page.jobs.runs("profile") and page.pages.currentIndex() == 1, timeout=60_000)


def test_one_button_gets_map_trace_and_profile(qtbot, series):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"]], NAME) as (_, _, page):
        assert "slope map" in page.prompt.text()
        get(qtbot, page)
        wait_drawn(qtbot, page)
        said = numbers(page)
        assert first_number(said["losses"]) < 0 < first_number(said["excesses"])
        assert "DN/group" in said["losses"]
        assert "±" in said["width"]
        assert "P =" in said["balance"]


def test_profile_is_the_map_folded_about_the_true_trace(qtbot, series):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"]], NAME) as (panel, _, page):
        get(qtbot, page)
        wait_drawn(qtbot, page)
        truth = series["NRS1"][0].with_name(series["NRS1"][0].name.replace("-seg001", "").replace("_ramp", "_truth"))
        centre = np.asarray(fits.getdata(truth, "TRACE")["y"], float)
        slope = panel.maker.result.slope
        distance = np.arange(slope.shape[0])[:, None] - centre[None, :]
        found = page.findings.get(page.key, "trace").trace
        there = np.isfinite(found.centre)
        assert np.abs(found.centre - centre)[there].max() < 0.1
        bright = np.isfinite(slope) & (np.abs(distance) < 0.125) & there[None, :]
        middle = page.result.folded
        assert middle.mean[middle.distance == 0][0] == pytest.approx(slope[bright].mean(), rel=0.1)


def test_bins_are_chosen(qtbot, series):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"]], NAME) as (_, _, page):
        get(qtbot, page)
        wait_drawn(qtbot, page)
        before = page.result
        assert before.folded.width == 0.25
        page.bins.setFocus()
        QTest.keyClick(page.bins, Qt.Key.Key_Down)
        qtbot.waitUntil(lambda: page.result is not before, timeout=60_000)
        assert page.result.folded.width == 0.5


def test_the_half_width_is_dragged_and_read(qtbot, series):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"]], NAME) as (_, _, page):
        get(qtbot, page)
        wait_drawn(qtbot, page)
        assert "5.00 px" in numbers(page)["bias at h"]
        drag(page.plot, place(page.plot, 1, 5.0), place(page.plot, 1, 1.0))
        half = float(page.half.value())
        assert half == pytest.approx(1.0, abs=0.1)
        curve = page.result.aperture
        expected = 100 * np.interp(half, curve.half, curve.bias)
        said = numbers(page)["bias at h"]
        assert first_number(said) == pytest.approx(expected, rel=0.02)
        assert first_number(said) < -0.1
        assert f"h = {half:.2f} px" in page.half.label.toPlainText()
        assert page.typed.value() == pytest.approx(half, abs=0.005)
        keys(page.typed, "3")
        assert page.half.value() == 3.0
        assert "at 3.00 px" in numbers(page)["bias at h"]


def test_the_profile_follows_the_map(qtbot, series):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"]], NAME) as (panel, parts, page):
        make_map(qtbot, panel)
        qtbot.waitUntil(lambda: page.pages.currentIndex() == 1, timeout=60_000)
        before = page.result
        parts.session.set_nonlinearity(fit_last=10)
        qtbot.waitUntil(lambda: page.result is not before, timeout=60_000)
        qtbot.waitUntil(lambda: panel.maker.running is None and not panel.maker.result.approximate, timeout=60_000)
        wait_drawn(qtbot, page)
        qtbot.waitUntil(lambda: page.result.provenance["parameters"]["fit_groups"] == (1, 10), timeout=60_000)


def test_a_cancelled_trace_is_not_looked_for_unasked(qtbot, series, monkeypatch):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"]], "Map") as (panel, parts, _):
        make_map(qtbot, panel)
        started = []
        monkeypatch.setattr(panel.context.jobs, "start", lambda lane, *_, **__: started.append(lane))
        parts.session.set_page(NAME)
        panel.page.refresh()
        panel.page.refresh()
        assert started.count("trace") == 1  # the page before may still have started something of its own
        assert panel.page.get.isVisible()
        press(panel.page.get)
        assert started.count("trace") == 2


def test_no_trace_is_said(qtbot, tmp_path):
    files = simulate(tmp_path, segments=1, integrations=3, columns=64, peak=1.0)
    with shown_panel(qtbot, [files], NAME) as (_, _, page):
        press(page.get)
        qtbot.waitUntil(lambda: "no trace" in page.prompt.text(), timeout=60_000)
        assert page.get.isVisible()


def test_export(qtbot, series, tmp_path):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"]], NAME) as (_, _, page):
        get(qtbot, page)
        wait_drawn(qtbot, page)
        names = [f"profile.{kind}" for kind in ("ecsv", "csv", "png", "svg", "pdf")]
        for name in names:
            page.export_to(tmp_path / name)
        qtbot.waitUntil(lambda: all((tmp_path / name).exists() for name in names), timeout=60_000)
        table = Table.read(tmp_path / "profile.ecsv", format="ascii.ecsv")
        np.testing.assert_allclose(table["slope"], page.result.folded.mean)
        assert len(table.meta["aperture"]["half_width"]) == page.result.aperture.half.size
        scope: dict = {}
        exec(page.origin().python, scope)
        np.testing.assert_allclose(scope["profile"].folded.mean, page.result.folded.mean, rtol=1e-5, atol=1e-6)


def test_shades_meet_at_zero():
    x, y = _with_crossings(np.array([0.0, 1.0, 2.0]), np.array([-1.0, 1.0, 3.0]))
    assert x.tolist() == [0.0, 0.5, 1.0, 2.0]
    assert y.tolist() == [-1.0, 0.0, 1.0, 3.0]
