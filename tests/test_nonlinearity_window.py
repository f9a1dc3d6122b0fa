"""The non-linearity tab in the window, with mouse and keys, on a small simulated time series."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from detgui import app
from detgui.analysis import slope_map
from detgui.data.exposure import open_one
from detgui.simulate.params import BotsParams
from detgui.simulate.expose import write_exposure
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
    qtbot.waitUntil(lambda: window.image_panel.answer is not None and window.image_panel.answer.request.signed, timeout=PATIENCE)
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
    window, panel = computed
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
