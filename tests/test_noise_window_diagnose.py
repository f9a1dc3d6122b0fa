"""The pages of the diagnoses in the window, on small simulated frames with known artifacts; mouse and keys."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from cli_help import run
from noise_window_help import PATIENCE, page_of, press, show_fixture, spectrum_fixture, typed  # noqa: F401
from page_help import numbers as facts
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from detgui.analysis import noise, step_sweep
from detgui.analysis.noise_summary import summary
from detgui.cli.terminal import plain
from detgui.data.exposure import open_one
from detgui.science.regions import Rectangle, Region
from detgui.session import noise_work
from detgui.session.noise import TAB
from detgui.simulate.noise_files import write_noise
from detgui.simulate.noise_params import NoiseParams

PAGES = ("1/f", "Columns", "Lines", "CDS", "Snowballs")


@pytest.fixture(scope="module")
def ramp(tmp_path_factory) -> Path:
    """A ramp of 256 x 256 pixels with stripes, alternating columns, noisy lines and snowballs."""
    params = NoiseParams(detector="NRS1", level="ramp", rows=256, columns=256, groups=6, snowballs=3, noisy_rows=2, sources=5, seed=2)
    return next(path for path in write_noise(params, tmp_path_factory.mktemp("noise")) if path.stem.endswith("_ramp"))


def diagnosed(qtbot, panel, title: str = "1/f"):
    """A page once its button has made the diagnosis."""
    page = page_of(panel, title)
    press(page.get)
    qtbot.waitUntil(lambda: page.diagnosed is not None and page.pages.currentIndex() == 1, timeout=PATIENCE)
    QApplication.processEvents()
    return page


def test_one_diagnosis_serves_all_pages_and_is_that_of_the_analysis(qtbot, show, ramp):
    _, panel = show(ramp)
    page = diagnosed(qtbot, panel)
    with open_one([ramp]) as exposure:
        direct = noise.run(exposure)
    assert float(facts(page)["rms"].split()[0]) == pytest.approx(direct.one_over_f.rms.rms, rel=0.02)
    assert "DN" in facts(page)["rms"] and "±" in facts(page)["rms"]
    assert "clean_flicker_noise" in page.verdict.text()
    for title in PAGES[1:]:
        other = page_of(panel, title)
        assert other.pages.currentIndex() == 0 or other.result is page.result
        assert other.pages.currentIndex() == 1
        columns, meta = other.table()
        assert columns and meta["provenance"]
        assert other.verdict.text()
    assert f"{direct.columns.half[0]:.1f}"[:3] in page_of(panel, "Columns").verdict.text()
    assert "NS-G06" in page_of(panel, "Columns").verdict.text()


def test_every_number_of_the_window_is_that_of_the_command_line(qtbot, show, ramp, capsys):
    _, panel = show(ramp)
    page = diagnosed(qtbot, panel)
    status, out, _ = run(capsys, "noise", ramp, "--json")
    told = json.loads(out)
    assert status == 0
    assert plain(summary(page.result)) == told
    shown = {
        "1/f": {"rms": "one_over_f_rms", "detrended": "one_over_f_rms_detrended",
                "knee": "knee_hz_by_amplifier", "slope": "slope_by_amplifier"},
        "Columns": {"(odd − even)/2": "acn_by_amplifier"},
        "CDS": {"in time": "cds_noise_by_amplifier", "in space": "cds_noise_spatial_by_amplifier", "read noise": "read_noise_by_amplifier",
                "photons": "photon_variance_by_amplifier", "lag 2": "covariance_lag2_by_amplifier"},
    }  # fmt: skip
    for title, rows in shown.items():
        values = facts(page_of(panel, title))
        for label, key in rows.items():
            number, err = (float(part) for part in values[label].split(" DN")[0].split(" Hz")[0].split(" ± "))
            value, its_err = (told[name]["A"] if isinstance(told[name], dict) else told[name] for name in (key, f"{key}_err"))
            assert err == pytest.approx(its_err, rel=0.06), label
            assert number == pytest.approx(value, abs=0.6 * err), label  # rounded to the digits that the error leaves
    listed = page_of(panel, "Snowballs").listed
    assert [(each.integration, each.group, each.area, each.core) for each in listed] == [
        tuple(each[name] for name in ("integration", "group", "area", "core")) for each in told["snowballs"]
    ]


def test_levels_lie_over_the_image_of_the_page_only(qtbot, show, ramp):
    window, panel = show(ramp)
    page = diagnosed(qtbot, panel)
    (curve, _) = page.line.items
    assert curve.isVisible()
    x, y = curve.getData()
    assert len(x) == 256 and np.array_equal(x, np.arange(256))  # lines of NRS1 run along y
    assert y.max() < 0.15 * 256
    press(page.on_image)
    assert not curve.isVisible()
    press(page.on_image)
    page_of(panel, "Columns")
    assert not curve.isVisible()
    page_of(panel, "1/f")
    press(page.mask)
    qtbot.waitUntil(window.image_panel.canvas.labels.isVisible, timeout=PATIENCE)
    press(page.mask)
    qtbot.waitUntil(lambda: not window.image_panel.canvas.labels.isVisible(), timeout=PATIENCE)


def test_snowballs_are_stepped_through_on_the_image(qtbot, show, ramp):
    window, panel = show(ramp)
    diagnosed(qtbot, panel)
    page = page_of(panel, "Snowballs")
    assert len(page.listed) == 3
    for number, one in enumerate(page.listed):
        press(page.following)
        state = window.parts.session.state
        assert page.rows.currentRow() == number
        assert (state.frame.integration, state.frame.group) == (one.integration, one.group)
        assert state.pixel == (round(one.x), round(one.y))
        middle = window.image_panel.view.box.viewRect().center()
        assert (middle.x(), middle.y()) == pytest.approx((one.x, one.y), abs=1.5)
        assert page.circles[0].isVisible()
    press(page.following)  # round and round
    assert page.rows.currentRow() == 0
    press(page.previous)
    assert page.rows.currentRow() == 2
    page_of(panel, "Guide")
    assert not page.circles[0].isVisible()


def test_a_noisy_line_is_gone_to_by_a_click(qtbot, show, ramp):
    window, panel = show(ramp)
    diagnosed(qtbot, panel)
    page = page_of(panel, "Lines")
    noisy = page.result.rows.noisy
    assert noisy.size == 2
    cell = page.rows.visualItemRect(page.rows.item(1, 0)).center()
    QTest.mouseClick(page.rows.viewport(), Qt.MouseButton.LeftButton, pos=cell)
    assert window.parts.session.state.pixel == (128, int(noisy[1]))


def test_drawn_sources_are_left_out_when_diagnosed_again(qtbot, show, ramp):
    window, panel = show(ramp)
    page = diagnosed(qtbot, panel)
    masked = page.result.masked.mean()
    window.parts.session.add_regions([Region(Rectangle(128.0, 128.0, 256.0, 100.0), "", "source")])
    QApplication.processEvents()
    assert "Diagnose again" in page.notes.text()
    press(page.again)
    qtbot.waitUntil(lambda: "Diagnose again" not in page.notes.text(), timeout=PATIENCE)
    assert page.result.rows.noise.size == 256
    assert page.result.masked.mean() != masked or np.isnan(page.result.rows.noise[100:150]).any()


def test_try_fills_the_form(qtbot, show, ramp):
    window, panel = show(ramp)
    page = diagnosed(qtbot, panel, "Columns")
    press(page.attempt)
    noise_options = window.parts.session.state.noise
    assert (noise_options.page, noise_options.steps) == ("Run", ("refpix",))
    assert noise_options.settings[0].value == "false"  # was not read with IRS2


def test_what_cannot_be_diagnosed_is_said(qtbot, show, spectrum):
    _, panel = show(spectrum)
    page = diagnosed(qtbot, panel)
    assert page.verdict.text()
    for title in ("CDS", "Snowballs"):
        other = page_of(panel, title)
        assert other.pages.currentIndex() == 0
        assert "groups" in other.prompt.text()


def test_a_sweep_is_shown_against_its_setting(qtbot, show, ramp, tmp_path, monkeypatch):
    """The step itself is a fake here: rows as `step_sweep` makes them."""
    asked = []

    def fake(params, folder, progress):
        asked.append(params)
        rows = [
            step_sweep.Row(value, "COMPLETE", None, {"one_over_f_rms": 5.0 - at, "one_over_f_rms_err": 0.5}, ("1/f noise fell",))
            for at, value in enumerate(params.values)
        ]
        rows.append(step_sweep.Row("9", trouble="the step failed"))
        return step_sweep.Result(params, tuple(rows), {"one_over_f_rms": 6.0})

    monkeypatch.setattr(noise_work, "sweep", fake)
    window, panel = show(ramp)
    from detgui.analysis.step_forms import Form, FormField

    fields = (FormField("n_sigma", "float", 2.0), FormField("fit_method", "option", "median", ("fft", "median")))
    panel.maker._forms["clean_flicker_noise"] = Form("clean_flicker_noise", fields, (), "3")
    window.parts.session.set_noise(folder=tmp_path)
    page = page_of(panel, "Sweep")
    typed(page.values, "1, 2,4")
    press(page.run)
    qtbot.waitUntil(lambda: page.found("sweep") is not None and page.pages.currentIndex() == 1, timeout=PATIENCE)
    (params,) = asked
    assert (params.step, params.setting, params.values, params.input) == ("clean_flicker_noise", "n_sigma", ("1", "2", "4"), ramp)
    assert window.parts.session.state.noise.values == "1, 2,4"
    assert page.rows.item(1, 2).text() == "4.00 ± 0.50"
    assert page.rows.item(3, 3).text() == "the step failed"
    assert page.number.currentText() == "1/f noise"
    assert page.table()[0]["one_over_f_rms"][0][:3].tolist() == [5.0, 4.0, 3.0]


def test_the_guide_can_be_read_before_anything_is_open(qtbot, make_window):
    window = make_window(panels=True)
    window.parts.session.set_tab(TAB)
    QApplication.processEvents()
    panel = window.tabs.currentWidget()
    assert panel.page is not None and panel.page.cards
    assert not any(button.isEnabled() for button in panel.page.cards[0].buttons.values())
    assert [button.text() for button in panel._switch.buttons() if button.isEnabled()] == ["Guide"]


def test_pixels_are_centred_where_they_are(qtbot, show, ramp):
    """The curve's room is a share of the image, clipped for wild levels."""
    from detgui.gui.noise.level_line import curve

    level = np.zeros((1, 100))
    level[0, 50] = 1e9
    level[0, :50:2] = 1.0
    x, y = curve(level, (100, 200), True)
    assert np.array_equal(y, np.arange(100.0))
    assert x.max() == pytest.approx(0.12 * 200 - 0.5)
    assert QPointF(x[0], y[0]).x() < 24
