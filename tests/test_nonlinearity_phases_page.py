"""The Phases page: maps of the phases as products, their difference and verdict, limits, following a drag, export."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from page_help import get, make_map, numbers, press, series, shown_panel  # noqa: F401
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from detgui.analysis import slope_map
from detgui.data.exposure import open_exposures
from detgui.session.nonlinearity import PhaseRange

NAME = "Phases"
THREE = (PhaseRange("eclipse 1", 2, 6, "#ff7f0e"), PhaseRange("transit", 15, 17, "#d62728"), PhaseRange("eclipse 2", 25, 29, "#c837c8"))


def computed(qtbot, parts, page, phases=THREE):
    parts.session.set_nonlinearity(text="Phases", phases=phases)
    get(qtbot, page)


def idle(qtbot, page):
    qtbot.waitUntil(lambda: page.phases.is_current and not any(page.jobs.runs(each) for each in list(page.jobs._lanes)), timeout=60_000)


def test_without_phases_it_leads_to_the_light_curve(qtbot, series):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"]], NAME) as (_, parts, page):
        assert "no phase" in page.prompt.text()
        press(page.get)
        assert parts.session.state.nonlinearity.page == "Light curve"


def test_maps_are_those_of_the_phases_and_products(qtbot, series):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"]], NAME) as (_, parts, page):
        computed(qtbot, parts, page)
        (exposure,) = open_exposures(series["NRS1"])
        alone = slope_map.run(exposure, slope_map.Params(fit_groups=(1, 8), integrations=(15, 17)))
        exposure.close()
        np.testing.assert_array_equal(page.result.map_of("transit").slope, alone.slope)
        state = parts.session.state
        labels = {each.label: each for each in state.exposures if each.source}
        assert set(labels) == {"eclipse 1: slopes", "transit: slopes", "eclipse 2: slopes", "transit − eclipse 1"}
        assert labels["transit − eclipse 1"].signed == ("DIFFERENCE", "SIGNIFICANCE")
        key = labels["transit − eclipse 1"].key
        shown = parts.exposures.exposure(key).read_image("DIFFERENCE")
        before = page.result.map_of("eclipse 1").slope
        headers = dict(parts.exposures.exposure(key).headers())
        assert headers["DIFFERENCE"]["PHASE2"] == "eclipse 1 (2-6)"
        np.testing.assert_allclose(shown, alone.slope.astype(float) - before, equal_nan=True)


def test_verdicts_tell_the_transit_from_the_eclipses(qtbot, series):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"]], NAME) as (_, parts, page):
        computed(qtbot, parts, page)
        assert "transit − eclipse 1: structure" in page.verdict.text()
        assert "P = " in page.verdict.text()
        assert "±" in page.verdict.text()
        page.first.setFocus()
        before = page.compared
        QTest.keyClick(page.first, Qt.Key.Key_Down)  # transit becomes eclipse 2
        qtbot.waitUntil(lambda: page.compared is not before, timeout=60_000)
        page.refresh()
        assert "eclipse 2 − eclipse 1: no structure" in page.verdict.text()
        assert set(numbers(page)) >= {"P", "centre", "tilt", "change", "control"}


def test_choosing_the_same_phase_twice_swaps_them(qtbot, series):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"]], NAME) as (_, parts, page):
        computed(qtbot, parts, page)
        assert page.phases.sheet.pair == ("transit", "eclipse 1")
        page.first.setFocus()
        QTest.keyClick(page.first, Qt.Key.Key_Up)
        assert page.phases.sheet.pair == ("eclipse 1", "transit")


def test_image_buttons_keep_one_scale_and_give_the_old_one_back(qtbot, series):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"]], NAME) as (_, parts, page):
        computed(qtbot, parts, page)
        ramp = parts.session.state.exposures[0].key
        limits = []
        for name in ("first", "second"):
            press(page.shown[name])
            display = parts.session.state.display
            limits.append((display.limits, display.low, display.high))
            assert parts.session.state.frame.plane == "SLOPE"
        assert limits[0] == limits[1]
        assert limits[0][1] == -limits[0][2] == -page.compared.map_limit
        press(page.shown["significance"])
        assert parts.session.state.frame.plane == "SIGNIFICANCE"
        assert parts.session.state.display.high == 5.0
        parts.session.choose_exposure(ramp)
        assert parts.session.state.display.limits == "zscale"


def test_maps_follow_a_moved_phase(qtbot, series):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"]], NAME) as (panel, parts, page):
        make_map(qtbot, panel)
        computed(qtbot, parts, page)
        before, products = page.result, dict(page.phases.sheet.products)
        moved = (THREE[0], PhaseRange("transit", 14, 17, "#d62728"), THREE[2])
        parts.session.set_nonlinearity(commit=False, phases=moved)
        qtbot.waitUntil(lambda: page.result is not before, timeout=60_000)
        parts.session.set_nonlinearity(text="Phase range", phases=moved)
        idle(qtbot, page)
        assert page.phases.sheet.products == products
        after = page.result
        assert after.map_of("transit").integrations == (14, 17)
        assert after.map_of("eclipse 1") is before.map_of("eclipse 1")  # not made again
        assert not any(each.approximate for each in after.maps)


def test_a_renamed_and_a_deleted_phase_change_the_list(qtbot, series):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"]], NAME) as (_, parts, page):
        computed(qtbot, parts, page)
        parts.session.set_nonlinearity(phases=(PhaseRange("night", 2, 6, "#ff7f0e"), THREE[1]))
        idle(qtbot, page)
        qtbot.waitUntil(lambda: "night" in page.verdict.text(), timeout=60_000)
        labels = {each.label for each in parts.session.state.exposures if each.source}
        assert labels == {"night: slopes", "transit: slopes", "transit − night"}


def test_phases_outside_the_exposure_are_said_before_any_work(qtbot, series):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"]], NAME) as (_, parts, page):
        parts.session.set_nonlinearity(phases=(THREE[0], PhaseRange("late", 300, 400, "#000000")))
        assert "outside this exposure" in page.prompt.text()
        press(page.get)
        assert not page.jobs.runs("phases")
        assert "phase late" in page.phases.trouble
        assert "300-400" in page.prompt.text()


def test_cancel(qtbot, series):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"]], NAME) as (_, parts, page):
        parts.session.set_nonlinearity(phases=THREE)
        press(page.get)
        page.jobs.cancel("phases")
        qtbot.waitUntil(lambda: not page.jobs.runs("phases"), timeout=60_000)
        assert page.result is None
        assert page.get.isVisible()


def test_export_maps_and_table(qtbot, series, tmp_path):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"]], NAME) as (_, parts, page):
        computed(qtbot, parts, page)
        names = [f"phases.{kind}" for kind in ("fits", "ecsv", "png", "svg", "pdf")]
        for name in names:
            page.export_to(tmp_path / name)
        qtbot.waitUntil(lambda: all((tmp_path / name).exists() for name in names), timeout=60_000)
        with fits.open(tmp_path / "phases.fits") as hdus:
            assert hdus["DIFFERENCE"].header["PHASE1"] == "transit (15-17)"
            assert hdus["DIFFERENCE"].header["BUNIT"] == "DN/group"
            phases = [hdus["SLOPE", number].header["PHASE"] for number in (1, 2, 3)]
            assert phases == ["eclipse 1", "transit", "eclipse 2"]
            np.testing.assert_array_equal(hdus["SLOPE", 2].data, page.result.map_of("transit").slope)
        table = Table.read(tmp_path / "phases.ecsv", format="ascii.ecsv")
        np.testing.assert_allclose(table["difference"], page.compared.difference.folded.mean)
        assert table.meta["probability"] == pytest.approx(page.compared.difference.verdict.probability)
        scope: dict = {}
        exec(page.origin().python, scope)
        np.testing.assert_allclose(scope["difference"].slope, page.compared.difference.slope, equal_nan=True)
