"""The first size of the window on screens of several sizes."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from PySide6.QtCore import QRect, Qt


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
