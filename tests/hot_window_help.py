"""Small simulated darks, and what the tests of the hot-pixel tab wait for."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from detgui.simulate.dark_files import write_darks
from detgui.simulate.dark_params import DarkParams

PATIENCE = 60_000  # ms
LEFT = Qt.MouseButton.LeftButton
SMALL = DarkParams(size=128, epochs=6, hot=150, births=12.0, deaths=1.0, telegraph=10, change="2023-03-01", seed=4)


def write(folder: Path, params: DarkParams = SMALL) -> list[Path]:
    """Darks alone, in the order of time."""
    return [path for path in write_darks(params, folder) if "truth" not in path.name]


@pytest.fixture(scope="session")
def darks(tmp_path_factory) -> list[Path]:
    """Six darks of NRS1 TRAD, 128 x 128 pixels; from the fourth on in DN/s with crosses."""
    return write(tmp_path_factory.mktemp("darks"))


def type_into(field, text: str) -> None:
    """Type a text into a field instead of what is there, and Enter."""
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)
    QApplication.processEvents()


def show(panel, title: str):
    """Click a page's button in the switch."""
    button = next(each for each in panel._switch.buttons() if each.text() == title)
    QTest.mouseClick(button, LEFT)
    QApplication.processEvents()
    return panel.page


def press(button) -> None:
    """Click a button with the mouse."""
    assert button.isVisible() and button.isEnabled()
    QTest.mouseClick(button, LEFT)
    QApplication.processEvents()


def click_row(table, row: int, column: int = 0) -> None:
    """Click a row of a list."""
    index = table.model().index(row, column)
    table.scrollTo(index)
    QTest.mouseClick(table.viewport(), LEFT, pos=table.visualRect(index).center())
    QApplication.processEvents()


def cells(table) -> list[list[str]]:
    """The texts of a table with its headers."""
    return [line.split("\t") for line in table.tsv().splitlines()]
