"""All pages on exposures that are not what they are made for: a sentence, never an exception."""

from __future__ import annotations

import pytest
from page_help import press, shown_panel, simulate
from PySide6.QtWidgets import QApplication

from detgui.session.nonlinearity import PhaseRange

PAGES = ("Profile", "Light curve", "Phases", "Charge")
TWO = (PhaseRange("a", 1, 2, "#ff0000"), PhaseRange("b", 3, 4, "#00ff00"))


def try_page(qtbot, panel, parts, name: str) -> str:
    """Press the one button and wait; returns all that the page says then."""
    parts.session.set_page(name)
    page = panel.page
    page.refresh()
    if page.pages.currentIndex() == 0 and page.get.isVisible():
        press(page.get)
        qtbot.waitUntil(lambda: not page.jobs._lanes and panel.maker.running is None, timeout=60_000)
        QApplication.processEvents()
        page.refresh()
        qtbot.waitUntil(lambda: not page.jobs._lanes and panel.maker.running is None, timeout=60_000)
        page.refresh()
    text = page.prompt.text() if page.pages.currentIndex() == 0 else "content"
    return f"{text} {page.said.text()} {panel.maker.trouble}"


@pytest.mark.parametrize("name", PAGES)
def test_two_groups(qtbot, flight_ramp, name):
    with shown_panel(qtbot, [[flight_ramp]], name) as (panel, parts, _):
        parts.session.set_nonlinearity(phases=TWO)
        said = try_page(qtbot, panel, parts, name)
        assert "Traceback" not in said
        if name != "Light curve":
            assert "groups" in said


@pytest.mark.parametrize("name", PAGES)
def test_no_light(qtbot, tmp_path, name):
    files = simulate(tmp_path, segments=1, integrations=6, columns=64, groups=14, peak=1e-3)
    with shown_panel(qtbot, [files], name) as (panel, parts, _):
        parts.session.set_nonlinearity(phases=TWO)
        said = try_page(qtbot, panel, parts, name)
        assert "unexpected" not in said
        assert panel.page.numbers.tsv() or said.strip()


def test_raw_counts(qtbot, tmp_path):
    from detgui.simulate.expose import write_exposure
    from detgui.simulate.params import BotsParams

    params = BotsParams(integrations=6, groups=14, columns=256, peak=1600.0)
    files = [path for path in write_exposure(params, tmp_path, ("uncal",), 1) if "uncal" in path.name]
    with shown_panel(qtbot, [files], "Charge") as (panel, parts, _):
        parts.session.set_nonlinearity(phases=TWO)
        for name in PAGES:
            try_page(qtbot, panel, parts, name)
            assert panel.page.pages.currentIndex() == 1, name


def test_a_closed_exposure_leaves_nothing(qtbot, tmp_path):
    files = simulate(tmp_path, segments=1, integrations=6, columns=256)
    with shown_panel(qtbot, [files], "Phases") as (panel, parts, page):
        parts.session.set_nonlinearity(phases=TWO)
        try_page(qtbot, panel, parts, "Phases")
        assert page.result is not None
        for each in list(parts.session.state.exposures):
            parts.exposures.close_exposure(each.key)
        QApplication.processEvents()
        assert panel.page is None
        assert page.findings._kept == {}
