"""The docks round the image and how wide they are at first."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

LEFT_WIDTH = 220
RIGHT_SHARE = 0.4  # of what the left dock leaves


def add_dock(window: QMainWindow, name: str, title: str, widget: QWidget, area: Qt.DockWidgetArea, key: str) -> QDockWidget:
    """A dock that moves, floats and closes; ``name`` is what the saved layout knows it by."""
    dock = QDockWidget(title, window)
    dock.setObjectName(name)
    dock.setWidget(widget)
    toggle = dock.toggleViewAction()
    toggle.setShortcut(key)
    toggle.setToolTip(f"Show or hide {title.lower()}")
    window.addDockWidget(area, dock)
    window.addAction(toggle)
    return dock


def default_sizes(window: QMainWindow, left: list[QDockWidget], right: QDockWidget) -> None:
    """Give the docks their first widths for the window's size, and show them all."""
    for dock, area in [*((each, Qt.DockWidgetArea.LeftDockWidgetArea) for each in left), (right, Qt.DockWidgetArea.RightDockWidgetArea)]:
        dock.setFloating(False)
        window.addDockWidget(area, dock)
        dock.show()
    wide = LEFT_WIDTH if window.width() < 2000 else round(1.4 * LEFT_WIDTH)
    window.resizeDocks([left[0], right], [wide, round(RIGHT_SHARE * (window.width() - wide))], Qt.Orientation.Horizontal)
    height = window.height()
    window.resizeDocks(left, [round(0.45 * height), round(0.55 * height)], Qt.Orientation.Vertical)
