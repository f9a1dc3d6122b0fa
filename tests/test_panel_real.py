"""The ramp panel with the real session, loader and engine on the real flight ramp, checked against bytes read by other means."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from detgui.gui.ramp.ramp_panel import RampPanel
from detgui.gui.window.parts import build

X, Y = 60, 61


@pytest.fixture
def opened(qtbot, flight_ramp):
    """Panel and parts with the flight ramp open and a pixel chosen."""
    parts = build(workers=1)
    panel = RampPanel(parts.session, parts.loader)
    qtbot.addWidget(panel)
    panel.resize(480, 720)
    panel.show()
    parts.exposures.open([flight_ramp])
    qtbot.waitUntil(lambda: parts.session.state.current is not None, timeout=60_000)
    parts.session.choose_pixel(X, Y)
    qtbot.waitUntil(lambda: panel.chosen is not None, timeout=60_000)
    yield panel, parts
    panel.close()
    assert parts.close()


@pytest.fixture
def bytes_of(flight_ramp):
    """SCI of the flight ramp as astropy reads it, shape (6, 2, 128, 128)."""
    from astropy.io import fits

    with fits.open(flight_ramp) as hdus:
        return np.asarray(hdus["SCI"].data, dtype=np.float64)


def test_the_flight_ramp_is_shown_as_it_is_in_the_file(qtbot, opened, bytes_of):
    panel, parts = opened
    np.testing.assert_array_equal(panel.ui.plot.chosen.points.getData()[1], bytes_of[0, :, Y, X])
    first, second = bytes_of[0, :, Y, X]
    assert panel.chosen.result.slope == pytest.approx(second - first)
    assert panel.ui.plot.slope_text.toPlainText() == "two groups: no residual"
    np.testing.assert_array_equal(panel.chosen.neighbours, bytes_of[0, :, Y - 1 : Y + 2, X - 1 : X + 2])
    parts.session.go_to(integration=4)
    qtbot.waitUntil(lambda: panel.chosen is not None and panel.chosen.result.integration == 4, timeout=60_000)
    np.testing.assert_array_equal(panel.ui.plot.chosen.points.getData()[1], bytes_of[3, :, Y, X])


def test_slopes_of_all_integrations_and_a_click(qtbot, opened, bytes_of):
    panel, parts = opened
    QTest.keyClick(panel, Qt.Key.Key_H)
    qtbot.waitUntil(lambda: panel.ui.overview.overview is not None, timeout=60_000)
    np.testing.assert_allclose(panel.ui.overview.points.getData()[1], bytes_of[:, 1, Y, X] - bytes_of[:, 0, Y, X])
    view = panel.ui.overview
    place = view.mapFromScene(view.plot.vb.mapViewToScene(view.plot.vb.viewRect().center()))
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert parts.session.state.frame.integration in (3, 4)


def test_export_goes_through_the_engine(qtbot, opened, bytes_of, tmp_path, flight_ramp):
    from astropy.table import Table

    panel, _ = opened
    assert panel._exporter._engine is not None
    with qtbot.waitSignal(panel._exporter.finished, timeout=60_000):
        panel.export_to(tmp_path / "ramp.ecsv")
    table = Table.read(tmp_path / "ramp.ecsv", format="ascii.ecsv")
    np.testing.assert_array_equal(table["signal"], bytes_of[0, :, Y, X])
    assert str(flight_ramp) in table.meta["provenance"]["command"]
    assert f"--pixel {X} {Y}" in panel.ui.script.line.text()
