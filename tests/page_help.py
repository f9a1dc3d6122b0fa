"""A panel of the non-linearity tab on small simulated time series, driven by the mouse and the keys."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import pytest
from mouse_help import drag  # noqa: F401  (for the tests)
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from detgui.gui.nonlinearity.nonlinearity_panel import TITLE, NonlinearityPanel
from detgui.gui.window.parts import Parts
from detgui.simulate.expose import write_exposure
from detgui.simulate.params import BotsParams

COLUMNS, GROUPS, INTEGRATIONS, PEAK = 512, 16, 30, 1600.0


def simulate(folder: Path, detector: str = "NRS1", segments: int = 2, **how) -> list[Path]:
    """The files of a small time series."""
    params = {"integrations": INTEGRATIONS, "groups": GROUPS, "columns": COLUMNS, "peak": PEAK, "migration_change": 0.5, "seed": 3, **how}
    written = write_exposure(BotsParams(detector=detector, **params), folder, ("ramp",), segments)
    return [path for path in written if "ramp" in path.name]


@pytest.fixture(scope="session")
def series(tmp_path_factory) -> dict[str, list[Path]]:
    """NRS1 with more migration in the transit, NRS2 without: files by detector."""
    folder = tmp_path_factory.mktemp("series")
    return {"NRS1": simulate(folder), "NRS2": simulate(folder, "NRS2", migration_change=0.0, seed=4)}


@contextmanager
def shown_panel(qtbot, files, page: str, size=(420, 760)):
    """A shown panel with its parts and a page of it; closed in the right order."""
    parts = Parts(workers=2)
    panel = NonlinearityPanel(parts)
    qtbot.addWidget(panel)
    panel.resize(*size)
    panel.show()
    qtbot.waitExposed(panel)
    parts.session.set_tab(TITLE)
    for each in files:
        parts.exposures.open(each)
        count = len(parts.session.state.exposures)
        qtbot.waitUntil(lambda count=count: len(parts.session.state.exposures) > count, timeout=60_000)
    parts.session.choose_exposure(parts.session.state.exposures[0].key)
    parts.session.set_nonlinearity(fit_last=8)
    parts.session.forget()
    parts.session.set_page(page)
    QApplication.processEvents()
    try:
        yield panel, parts, panel.page
    finally:
        parts.close()


def press(button) -> None:
    """Click a button with the mouse."""
    assert button.isVisible()
    assert button.isEnabled()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    QApplication.processEvents()


def get(qtbot, page, timeout: int = 60_000) -> None:
    """Press the one button of the prompt and wait for the content."""
    assert page.pages.currentIndex() == 0
    press(page.get)
    qtbot.waitUntil(lambda: page.pages.currentIndex() == 1, timeout=timeout)


def place(plot, row: int, x: float, y: float | None = None) -> QPoint:
    """Where data coordinates of a plot of a page are."""
    box = plot.plots[row].vb
    if y is None:
        y = sum(box.viewRange()[1]) / 2
    return plot.mapFromScene(box.mapViewToScene(QPointF(x, y)))


def numbers(page) -> dict[str, str]:
    """The numbers of the first column by their labels; none while the page has no numbers."""
    columns = page.numbers.model().columns
    return {fact.label: fact.text for fact in columns[0][2]} if columns else {}


def keys(field, text: str) -> None:
    """Type a text into a field instead of what is there, and Enter."""
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def make_map(qtbot, panel) -> None:
    """Compute the slope map and wait for it and the mean ramps."""
    press(panel.header.compute)
    qtbot.waitUntil(lambda: panel.maker.result is not None and panel.maker.running is None, timeout=60_000)
    qtbot.waitUntil(lambda: panel.maker.sheet().means is not None, timeout=60_000)
