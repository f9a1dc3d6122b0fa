"""The noise tab on small simulated exposures, with a child process of its own for the steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from step_help import offline_child

from detgui.analysis import step_forms, steps
from detgui.gui.window.parts import Parts
from detgui.session.noise import TAB
from detgui.session.noise_options import StepReference

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
