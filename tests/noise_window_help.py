"""The noise tab on small simulated exposures, with a child process of its own for the steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from step_help import offline_child
from window_help import opened

from detgui.analysis import step_forms, steps
from detgui.gui.window.parts import Parts
from detgui.session import step_work
from detgui.session.noise import TAB
from detgui.session.noise_options import StepReference
from detgui.simulate.expose import write_exposure
from detgui.simulate.params import BotsParams

PATIENCE = 60_000  # ms
LEFT = Qt.MouseButton.LeftButton


@contextmanager
def step_child(folder: Path) -> Iterator[object]:
    """The child process of the program for the tests of a module, which no window closes; forms are kept for all of them."""
    with offline_child(folder) as child, pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "shared_child", lambda: child)
        patch.setattr(steps, "close_child", lambda: None)
        patch.setattr(step_forms, "cache_folder", lambda: folder / "forms")
        yield child


def open_file(qtbot, parts: Parts, path: Path) -> str:
    """Open a file; its key."""
    count = len(parts.session.state.exposures)
    parts.exposures.open([path])
    qtbot.waitUntil(lambda: len(parts.session.state.exposures) > count, timeout=PATIENCE)
    return parts.session.state.exposures[-1].key


def by_hand(references: dict[str, Path], *types: str) -> tuple[StepReference, ...]:
    """References chosen by hand."""
    return tuple(StepReference(name, str(references[name])) for name in types)


def front(parts: Parts, **options) -> None:
    """Bring the noise tab to the front with options."""
    parts.session.set_tab(TAB)
    parts.session.set_noise(**options)
    QApplication.processEvents()


def press(button) -> None:
    """Click a button with the mouse."""
    assert button.isVisible()
    assert button.isEnabled()
    QTest.mouseClick(button, LEFT)
    QApplication.processEvents()


def typed(field, text: str) -> None:
    """Type a text into a field instead of what is there, and Enter."""
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)
    QApplication.processEvents()


def page_of(panel, title: str):
    """Click a page's button in the switch."""
    press(next(each for each in panel._switch.buttons() if each.text() == title))
    return panel.page


@pytest.fixture(name="spectrum", scope="module")
def spectrum_fixture(tmp_path_factory) -> Path:
    """Rates with a bright spectrum, one pixel of which is DO_NOT_USE."""
    written = write_exposure(BotsParams(integrations=1, groups=6, columns=128, jumps=0.0), tmp_path_factory.mktemp("bots"), ("rateints",))
    path = next(each for each in written if "rateints" in each.name)
    with fits.open(path, mode="update") as hdus:
        peak = int(np.nanargmax(hdus["SCI"].data[0, :, 60]))
        hdus["DQ"].data[0, peak, 60] |= 1
        hdus["SCI"].data[0, peak, 60] = np.nan
    return path


@pytest.fixture(name="show")
def show_fixture(qtbot, make_window, monkeypatch):
    """Opens a file with the noise tab in front and no child process."""
    monkeypatch.setattr(step_work, "warm", lambda progress: None)
    monkeypatch.setattr(step_work, "look", lambda known, progress: known)

    def make(path: Path):
        window = make_window(path, panels=True)
        opened(qtbot, window)
        QTest.keyClick(window, Qt.Key.Key_6, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: window.image_panel.is_drawn and window.image_panel.answer is not None, timeout=PATIENCE)
        return window, window.tabs.currentWidget()

    return make
