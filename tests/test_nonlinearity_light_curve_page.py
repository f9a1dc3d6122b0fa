"""The Light curve page: the curve, and phases that are dragged, typed, named, coloured, kept and undone."""

from __future__ import annotations

import json

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from page_help import INTEGRATIONS, drag, get, keys, numbers, place, press, series, shown_panel, simulate  # noqa: F401
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from detgui.gui.nonlinearity.light_curve_page import span_of
from detgui.gui.nonlinearity.phase_regions import Scale
from detgui.gui.nonlinearity.phase_text import as_phases, clipped, new_phase, outside, report_ranges
from detgui.session.nonlinearity import PhaseRange

NAME = "Light curve"


def phases(parts) -> tuple[PhaseRange, ...]:
    return parts.session.state.nonlinearity.phases


def truth_of(files):
    name = files[0].name.replace("-seg001", "").replace("_ramp", "_truth")
    return files[0].with_name(name)


def test_curve_is_the_simulated_one(qtbot, series):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"]], NAME) as (_, _, page):
        get(qtbot, page)
        result = page.result
        light = fits.getdata(truth_of(series["NRS1"]), "LIGHT")
        light = np.asarray(light["flux"] if light.dtype.names and "flux" in light.dtype.names else light, float).ravel()
        expected = light / np.median(light)
        assert result.integration.tolist() == list(range(1, INTEGRATIONS + 1))
        assert np.abs(result.relative - expected).max() < 6 * np.median(result.relative_err) + 5e-4
        drawn = [item for plot, item in page.plot._drawn if plot is page.plot.plots[0] and hasattr(item, "points")]
        assert sum(len(item.points()) for item in drawn) == INTEGRATIONS
        assert "ppm" in numbers(page)["scatter"]
        assert "px" in numbers(page)["y shift"]


def test_a_phase_is_added_dragged_and_undone(qtbot, series):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"]], NAME) as (_, parts, page):
        get(qtbot, page)
        press(page.phases.add)
        (first,) = phases(parts)
        assert 1 <= first.first <= first.last <= INTEGRATIONS
        edge = first.last + 0.5
        drag(page.plot, place(page.plot, 0, edge), place(page.plot, 0, edge + 4))
        assert phases(parts)[0].first == first.first
        assert abs(phases(parts)[0].last - (first.last + 4)) <= 1
        assert page.phases.rows[0].last.value() == phases(parts)[0].last
        moved = phases(parts)[0]
        middle = (moved.first + moved.last) / 2
        drag(page.plot, place(page.plot, 0, middle), place(page.plot, 0, middle - 5))
        assert phases(parts)[0].last - phases(parts)[0].first == moved.last - moved.first
        assert abs(phases(parts)[0].first - (moved.first - 5)) <= 1
        parts.session.undo()
        assert phases(parts) == (moved,)
        parts.session.undo()
        assert phases(parts) == (first,)
        region = page.regions.regions[0].getRegion()
        assert region == pytest.approx((first.first - 0.5, first.last + 0.5))
        parts.session.undo()
        assert phases(parts) == ()
        assert page.regions.regions == []


def test_name_range_and_colour_are_typed(qtbot, series):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"]], NAME) as (_, parts, page):
        get(qtbot, page)
        press(page.phases.add)
        press(page.phases.add)
        row = page.phases.rows[0]
        for field, text in ((row.name, "transit"), (row.first, "12"), (row.last, "19")):
            keys(field, text)
        assert (phases(parts)[0].name, phases(parts)[0].first, phases(parts)[0].last) == ("transit", 12, 19)
        other = page.phases.rows[1].name
        keys(other, "transit")
        assert phases(parts)[1].name != "transit"  # a name is used once
        assert other.text() == phases(parts)[1].name
        assert phases(parts)[0].colour != phases(parts)[1].colour
        press(page.phases.rows[1].drop)
        assert [each.name for each in phases(parts)] == ["transit"]


def test_reports_ranges_say_what_they_are(qtbot, series):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"]], NAME) as (_, parts, page):
        get(qtbot, page)
        press(page.phases.report)
        said = page.said.text()
        assert "1730–1830" in said
        assert "2130–3230" in said
        assert f"{INTEGRATIONS} integrations" in said
        assert len(phases(parts)) == 3
        assert all(1 <= each.first <= each.last <= INTEGRATIONS for each in phases(parts))


def test_phases_are_saved_and_loaded(qtbot, series, tmp_path):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"]], NAME) as (_, parts, page):
        get(qtbot, page)
        press(page.phases.report)
        before, path = phases(parts), tmp_path / "phases.json"
        page.save_phases(path)
        qtbot.waitUntil(path.exists, timeout=60_000)
        assert [row["name"] for row in json.loads(path.read_text())["phases"]] == [each.name for each in before]
        page.phases.clear.trigger()
        assert phases(parts) == ()
        page.load_phases(path)
        assert phases(parts) == before
        path.write_text("{}")
        page.load_phases(path)
        assert str(path) in page.said.text()
        assert phases(parts) == before


def test_time_axis_keeps_the_phases_in_their_places(qtbot, series):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"]], NAME) as (_, parts, page):
        get(qtbot, page)
        press(page.phases.add)
        before = phases(parts)[0]
        press(page.time)
        hours = (page.result.time - page.result.time[0]) * 24
        step = hours[1] - hours[0]
        low, high = page.regions.regions[0].getRegion()
        assert low == pytest.approx(hours[before.first - 1] - step / 2, rel=1e-6, abs=1e-9)
        assert high == pytest.approx(hours[before.last - 1] + step / 2, rel=1e-6)
        assert "BJD_TDB" in page.plot.plots[2].getAxis("bottom").labelText or "MJD" in page.plot.plots[2].getAxis("bottom").labelText
        drag(page.plot, place(page.plot, 0, high), place(page.plot, 0, high + 3 * step))
        assert abs(phases(parts)[0].last - (before.last + 3)) <= 1


def test_results_survive_another_page_and_cancel_leaves_none(qtbot, series):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"]], NAME) as (panel, parts, page):
        press(page.get)
        page.jobs.cancel("light curve")
        qtbot.waitUntil(lambda: not page.jobs.runs("light curve"), timeout=60_000)
        QApplication.processEvents()
        if page.result is None:  # it may have ended before
            assert page.pages.currentIndex() == 0
            get(qtbot, page)
        result = page.result
        parts.session.set_page("Map")
        assert panel.page is not page
        parts.session.set_page(NAME)
        assert panel.page is page
        assert page.result is result
        assert page.pages.currentIndex() == 1


def test_export_has_units_phases_and_provenance(qtbot, series, tmp_path):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"]], NAME) as (_, _, page):
        get(qtbot, page)
        press(page.phases.report)
        names = [f"curve.{kind}" for kind in ("ecsv", "csv", "png", "svg", "pdf")]
        for name in names:
            page.export_to(tmp_path / name)
        qtbot.waitUntil(lambda: all((tmp_path / name).exists() for name in names), timeout=60_000)
        table = Table.read(tmp_path / "curve.ecsv", format="ascii.ecsv")
        assert str(table["flux"].unit) == "DN / group" or "DN" in str(table["flux"].unit)
        assert len(table.meta["phases"]) == 3
        assert len(table.meta["provenance"]["files"]) == 2
        assert "light_curve" in QImage(str(tmp_path / "curve.png")).text("Provenance")
        assert "light_curve" in (tmp_path / "curve.svg").read_text()


def test_the_shown_python_makes_the_same_curve(qtbot, series):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"]], NAME) as (_, _, page):
        get(qtbot, page)
        scope: dict = {}
        exec(page.origin().python, scope)
        np.testing.assert_allclose(scope["result"].relative, page.result.relative, rtol=1e-12)


def test_one_integration_is_said(qtbot, tmp_path):
    files = simulate(tmp_path, segments=1, integrations=1, columns=64)
    with shown_panel(qtbot, [files], NAME) as (_, _, page):
        assert "one integration" in page.prompt.text()
        assert not page.get.isVisible()


# pure


def test_report_ranges_of_the_reports_own_length():
    found, said = report_ranges(1, 3504)
    assert [(each.first, each.last) for each in found] == [(300, 400), (1730, 1830), (3130, 3230)]
    assert "1750–1850" in said
    assert "same parts" not in said


@pytest.mark.parametrize(("first", "last"), [(1, 2), (1, 7), (5, 30), (1, 200), (1, 3000), (400, 3504)])
def test_report_ranges_fit_any_series(first, last):
    found, said = report_ranges(first, last)
    assert all(first <= each.first <= each.last <= last for each in found)
    assert "same parts" in said


def test_new_phases_do_not_overlap_while_there_is_room():
    found: tuple[PhaseRange, ...] = ()
    for _ in range(5):
        found = (*found, new_phase(found, 1, 100))
    taken = [n for each in found for n in range(each.first, each.last + 1)]
    assert len(taken) == len(set(taken))
    assert len({each.name for each in found}) == len({each.colour for each in found}) == 5
    assert as_phases(found)[0].name == found[0].name


def test_a_phase_of_a_full_series_is_inside():
    full = (PhaseRange("all", 1, 3, "#000000"),)
    one = new_phase(full, 1, 3)
    assert 1 <= one.first <= one.last <= 3


def test_typed_ranges_are_put_in_order_and_inside():
    assert clipped(PhaseRange("a", 20, 5, "#000000"), 1, 10) == PhaseRange("a", 5, 10, "#000000")
    assert "a (5–20)" in outside([PhaseRange("a", 5, 20, "#000000")], 1, 10)
    assert outside([PhaseRange("a", 5, 10, "#000000")], 1, 10) == ""


def test_axes_hold_outliers_that_are_near_and_no_far_ones():
    values, errors = np.array([1.0, 1.1, 0.9, 1.0, 0.5, 50.0, np.nan]), np.full(7, 0.01)
    good = np.array([True, True, True, True, False, False, True])
    low, high = span_of(values, good, errors)
    assert low < 0.5
    assert 1.1 < high < 2
    assert span_of(values, np.zeros(7, bool), errors) is None


def test_scale_goes_there_and_back():
    scale = Scale(np.array([1, 2, 3, 7, 8]), np.array([0.0, 1.0, 2.0, 10.0, 11.0]))
    for number in (-1.0, 0.5, 1.0, 2.5, 5.0, 8.5, 20.0):
        assert scale.number(scale.place(number)) == pytest.approx(number)
    assert scale.place(8.5) == pytest.approx(11.5)
