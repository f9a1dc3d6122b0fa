"""The Pair page: two detectors, the ratio of their ranges, one scale, and maps from files."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from page_help import get, numbers, press, series, shown_panel  # noqa: F401
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from detgui.analysis import slope_map
from detgui.data.exposure import open_exposures
from detgui.gui.nonlinearity.pair_page import partner_name
from detgui.gui.nonlinearity.pair_work import profile_ratio
from detgui.gui.pages.page_images import picture
from detgui.science.profile import Folded

NAME = "Pair"


def test_one_exposure_is_not_enough(qtbot, series):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"]], NAME) as (_, _, page):
        assert "other detector" in page.prompt.text()
        assert not page.get.isVisible()


def true_maps(files):
    """Simulated late slopes without noise, relative to ten groups, and the distance of every pixel from the trace."""
    truth = files[0].with_name(files[0].name.replace("-seg001", "").replace("_ramp", "_truth"))
    late, trace = fits.getdata(truth, "LATESLOPE"), fits.getdata(truth, "TRACE")
    centre = np.full(late.shape[1], np.nan)
    centre[trace["x"]] = trace["y"]
    return late, np.arange(late.shape[0])[:, None] - centre


def test_ratios_are_those_of_the_simulated_maps(qtbot, series):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"], series["NRS2"]], NAME) as (_, parts, page):
        parts.session.set_nonlinearity(fit_last=10)
        assert (page.first.currentText(), page.second.currentText()) == ("nrs1_ramp", "nrs2_ramp")
        get(qtbot, page)
        pair, rng = page._pair, np.random.default_rng(1)
        halves, middles = [], []
        for side, files in zip(pair.sides, (series["NRS1"], series["NRS2"]), strict=True):
            late, distance = true_maps(files)
            near = (np.abs(distance) <= 5) & np.isfinite(side.slope)
            noisy = late + side.err * rng.standard_normal(late.shape)  # what the errors make of the true map
            halves.append(np.diff(np.percentile(noisy[near], (0.5, 99.5)))[0] / 2)
            middles.append(late[near & (np.abs(distance) < 0.5)].mean())
            assert side.range.half == pytest.approx(halves[-1], rel=0.1)
        assert pair.ratio == pytest.approx(halves[0] / halves[1], rel=0.1)
        assert pair.profile_ratio == pytest.approx(middles[0] / middles[1], rel=0.1)
        assert middles[0] / middles[1] > 2.5
        said = numbers(page)
        assert "±" in said["ratio"]
        assert "DN/group" in said["range"]


@pytest.mark.parametrize("truth", [3.0, 0.3, -1.0])
def test_profile_ratio_is_unbiased_and_its_error_true(truth):
    rng = np.random.default_rng(2)
    x = np.linspace(-10, 10, 81)
    shape = np.exp(-((x / 2) ** 2))

    def profile(scale):
        err = np.full(x.size, 0.15)
        return Folded(x, scale * shape + err * rng.standard_normal(x.size), err, np.full(x.size, 100), 0.25)

    drawn = np.array([profile_ratio(profile(truth), profile(1.0)) for _ in range(600)])
    pulls = (drawn[:, 0] - truth) / drawn[:, 1]
    assert abs(pulls.mean()) < 0.2
    assert 0.5 * np.diff(np.percentile(pulls, (16, 84)))[0] == pytest.approx(1.0, abs=0.12)


def test_both_maps_are_shown_on_one_scale(qtbot, series):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"], series["NRS2"]], NAME) as (_, parts, page):
        get(qtbot, page)
        press(page.in_image)
        state = parts.session.state
        one, other = state.exposure(state.frame.exposure), state.exposure(state.blink.other.exposure)
        assert state.blink.on
        assert (one.label, other.label) == ("slope map", "slope map")
        assert one.source != other.source
        assert (state.display.low, state.display.high) == (-page._pair.limit, page._pair.limit)
        count = len(state.exposures)
        press(page.in_image)
        assert len(parts.session.state.exposures) == count  # replaced, not added again


def test_another_n_asks_to_compare_again(qtbot, series):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"], series["NRS2"]], NAME) as (_, parts, page):
        get(qtbot, page)
        before = page._pair
        assert not page.begin_button.isEnabled()
        parts.session.set_nonlinearity(fit_last=9)
        assert "other groups" in page.notes.text()
        press(page.begin_button)
        qtbot.waitUntil(lambda: page._pair is not before, timeout=60_000)
        assert page._pair.sides[0].map.params.fit_groups == (1, 9)
        assert not page.notes.isVisible()


def test_swapping_the_sides(qtbot, series):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"], series["NRS2"]], NAME) as (_, _, page):
        get(qtbot, page)
        page.first.setFocus()
        QTest.keyClick(page.first, Qt.Key.Key_Down)
        assert (page.first.currentText(), page.second.currentText()) == ("nrs2_ramp", "nrs1_ramp")
        assert page.pages.currentIndex() == 0


def test_a_map_from_a_file_is_compared(qtbot, series, tmp_path):  # noqa: F811
    (exposure,) = open_exposures(series["NRS2"])
    slope_map.write(slope_map.run(exposure, slope_map.Params(fit_groups=(1, 8))), tmp_path / "x_nrs2_slopes.fits")
    exposure.close()
    with shown_panel(qtbot, [series["NRS1"], [tmp_path / "x_nrs2_slopes.fits"]], NAME) as (_, _, page):
        get(qtbot, page)
        assert page._pair.sides[1].map is None
        assert page._pair.ratio > 2
        press(page.in_image)


def test_export(qtbot, series, tmp_path):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"], series["NRS2"]], NAME) as (_, _, page):
        get(qtbot, page)
        names = [f"pair.{kind}" for kind in ("ecsv", "csv", "png", "svg", "pdf")]
        for name in names:
            page.export_to(tmp_path / name)
        qtbot.waitUntil(lambda: all((tmp_path / name).exists() for name in names), timeout=60_000)
        table = Table.read(tmp_path / "pair.ecsv", format="ascii.ecsv")
        assert table.meta["ratio"] == pytest.approx(page._pair.ratio)
        assert table.meta["range_2"]["half_err"] > 0
        scope: dict = {}
        exec(page.origin().python, scope)
        assert scope["ratio"] == pytest.approx(page._pair.ratio, rel=1e-6)
        assert scope["error"] == pytest.approx(page._pair.ratio_err, rel=1e-6)


def test_closing_one_side_asks_for_another(qtbot, series):  # noqa: F811
    with shown_panel(qtbot, [series["NRS1"], series["NRS2"]], NAME) as (_, parts, page):
        get(qtbot, page)
        parts.exposures.close_exposure(page._pair.sides[1].key)
        assert page.pages.currentIndex() == 0
        assert "other detector" in page.prompt.text()


def test_colours_are_centred_on_zero():
    image = picture(np.array([[-2.0, 0.0, 2.0, np.nan]]), 2.0)[0]
    assert image[1, :3].min() > 240  # white
    assert image[0, 2] > image[0, 0]  # blue
    assert image[2, 0] > image[2, 2]  # red
    assert image[3, :3].tolist() == [110, 110, 110]


def test_partner_names():
    assert partner_name("jw1_00001_nrs1_ramp") == "jw1_00001_nrs2_ramp"
    assert partner_name("jw1_00001_nrs2_ramp") == "jw1_00001_nrs1_ramp"
    assert partner_name("jw1_nis_ramp") == ""
