"""The Charge page: two estimates of the charge that moves, in numbers and in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from astropy.table import Table
from page_help import get, keys, make_map, numbers, press, series, shown_panel, simulate  # noqa: F401

from detgui.gui.common.quantity import with_error
from detgui.gui.nonlinearity.charge_page import WAYS, estimates, facts

NAME = "Charge"


@pytest.fixture(scope="module")
def steady(tmp_path_factory):
    """Migration that is the same in all integrations."""
    return simulate(tmp_path_factory.mktemp("steady"), migration_change=0.0, migration=0.02, transit_depth=0.0, eclipse_depth=0.0)


def test_the_simulated_coefficient_comes_out(qtbot, steady):
    with shown_panel(qtbot, [steady], NAME) as (_, _, page):
        get(qtbot, page)
        value, err = estimates(page.result)[0]
        assert value == pytest.approx(0.02, abs=5 * err + 0.0006)
        said = numbers(page)
        assert "DN per 1000 DN" in said["slopes"]
        assert set(WAYS) <= set(said)
        assert "1000 DN brighter" in page.words.text()
        assert "bright features become wider" in page.words.text()


def test_agreement_is_stated(qtbot, steady):
    with shown_panel(qtbot, [steady], NAME) as (_, _, page):
        get(qtbot, page)
        text = page.words.text()
        if np.isfinite(page.result.pair_coefficient):
            assert "agree" in text
            assert "P = " in text
        else:
            assert page.result.why_not in text


def test_what_neighbours_share_at_any_signal_has_unit_and_error(qtbot, steady):
    with shown_panel(qtbot, [steady], NAME) as (_, _, page):
        get(qtbot, page)
        fit = page.result.along_x
        assert numbers(page)["coupling x"] == with_error(100 * fit.capacitance, 100 * fit.capacitance_err, "%")
        assert abs(fit.capacitance) < 4 * fit.capacitance_err  # none is simulated
        bare = replace(page.result, along_x=None, along_y=None)
        assert [each.text for each in facts(bare) if each.label.startswith("coupling")] == ["–", "–"]


def test_without_migration_nothing_moves(qtbot, tmp_path):
    files = simulate(tmp_path, segments=1, integrations=8, migration=0.0, columns=256)
    with shown_panel(qtbot, [files], NAME) as (_, _, page):
        get(qtbot, page)
        assert "No charge is seen to move" in page.words.text()


def test_another_start_is_measured_again(qtbot, steady):
    with shown_panel(qtbot, [steady], NAME) as (_, _, page):
        get(qtbot, page)
        before = page.result
        assert not page.again.isEnabled()
        keys(page.begin_at, "12000")
        assert page.again.isEnabled()
        assert "other groups" in page.notes.text()
        press(page.again)
        qtbot.waitUntil(lambda: page.result is not before, timeout=60_000)
        assert page.result.params.start == 12000


def test_the_exact_map_is_used_again(qtbot, steady):
    with shown_panel(qtbot, [steady], "Map") as (panel, parts, _):
        make_map(qtbot, panel)
        parts.session.set_page(NAME)
        assert panel.page._known_map(panel.page.params()) is panel.maker.sheet().exact
        parts.session.set_nonlinearity(fit_last=9)
        assert panel.page._known_map(panel.page.params()) is None


def test_export(qtbot, steady, tmp_path):
    with shown_panel(qtbot, [steady], NAME) as (_, _, page):
        get(qtbot, page)
        names = [f"charge.{kind}" for kind in ("ecsv", "csv", "png", "svg", "pdf")]
        for name in names:
            page.export_to(tmp_path / name)
        qtbot.waitUntil(lambda: all((tmp_path / name).exists() for name in names), timeout=60_000)
        table = Table.read(tmp_path / "charge.ecsv", format="ascii.ecsv")
        assert table.meta["coefficient"] == pytest.approx(page.result.slopes.coefficient)
        scope: dict = {}
        exec(page.origin().python, scope)
        assert scope["result"].slopes.coefficient == pytest.approx(page.result.slopes.coefficient)
