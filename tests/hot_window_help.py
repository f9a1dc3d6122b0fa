"""Small simulated darks, and what the tests of the hot-pixel tab wait for."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from detgui.session.hot import TAB
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


@pytest.fixture(name="tab")
def tab_fixture(qtbot, make_window):
    """A window with the hot-pixel tab in front."""
    window = make_window(panels=True)
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE)
    QTest.keyClick(window, Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    assert window.parts.session.state.tab == TAB
    return window, window.tabs.currentWidget()


def drop(panel, paths) -> None:
    """Drop files on the tab."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(50, 200), Qt.DropAction.CopyAction, mime, buttons, keys)
    QApplication.sendEvent(panel, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(panel, QDropEvent(QPointF(50, 200), Qt.DropAction.CopyAction, mime, buttons, keys))


@pytest.fixture(name="added")
def added_fixture(qtbot, tab, darks):
    """The same with the darks dropped on it."""
    window, panel = tab
    drop(panel, darks)
    qtbot.waitUntil(lambda: len(panel.maker.facts) == len(darks) and panel.page.rows.rowCount() == len(darks), timeout=PATIENCE)
    return window, panel


@pytest.fixture(name="counted")
def counted_fixture(qtbot, added):
    """The same, counted by the button."""
    window, panel = added
    press(panel.header.count)
    image = window.image_panel
    qtbot.waitUntil(lambda: panel.maker.is_current and image.is_drawn and image.answer is not None, timeout=PATIENCE)
    qtbot.waitUntil(lambda: show_name(panel) == "counts", timeout=PATIENCE)
    return window, panel


def click_image(window, x: float, y: float) -> None:
    """Click a pixel of the image."""
    view = window.image_panel.view
    QTest.mouseClick(view.viewport(), LEFT, pos=view.mapFromScene(view.box.mapViewToScene(QPointF(x, y))))
    QApplication.processEvents()


def show_name(panel) -> str:
    """Name of the shown page, '' for Files."""
    return getattr(panel.page, "name", "")


def type_cell(rows, row, column, text):
    """Double-click a cell and type."""
    rows.scrollTo(rows.model().index(row, column))
    place = rows.visualRect(rows.model().index(row, column)).center()
    QTest.mouseClick(rows.viewport(), LEFT, pos=place)
    QTest.mouseDClick(rows.viewport(), LEFT, pos=place)
    type_into(rows.viewport().findChildren(QLineEdit)[-1], text)  # that of before may not be gone yet
