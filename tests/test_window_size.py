"""The first size of the window on screens of several sizes."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QApplication

from detgui.gui.pages.paged_panel import PagedPanel


@pytest.mark.parametrize(
    ("screen", "size"),
    [((1280, 800), (1280, 800)), ((2560, 1440), (2253, 1267)), ((3840, 2160), (2720, 1700)), ((5120, 1440), (2720, 1267))],
)
def test_the_first_size_is_most_of_the_screen_and_no_more_than_is_of_use(make_window, monkeypatch, screen, size):
    window = make_window()
    monkeypatch.setattr(window, "screen", lambda: SimpleNamespace(availableGeometry=lambda: QRect(0, 0, *screen)))
    asked = []
    monkeypatch.setattr(window, "resize", lambda wanted: asked.append((wanted.width(), wanted.height())))
    monkeypatch.setattr(window, "setWindowState", asked.append)
    window.resize_to_screen()
    assert asked == [size, *([Qt.WindowState.WindowMaximized] if screen[0] <= 1600 else [])]


def test_every_page_fits_in_a_small_window(make_window):
    """So that the image keeps its place whatever tab and page is chosen."""
    window = make_window(panels=True)
    window.show()
    QApplication.processEvents()
    wide = window.tabs.width()
    for place in range(window.tabs.count()):
        window.tabs.setCurrentIndex(place)
        panel = window.tabs.currentWidget()
        for row in panel.rows if isinstance(panel, PagedPanel) else ():
            page = row.build(panel.context, panel.stack)
            assert page.minimumSizeHint().width() <= panel.stack.width(), row.title
            page.deleteLater()
        assert window.tabs.width() == wide, window.tabs.tabText(place)
