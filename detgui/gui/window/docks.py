"""The docks round the image and how wide they are at first."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

LEFT_WIDTH = 220
HIGH = 1050  # pixels; a higher window has room for three docks on the left
LEFT, RIGHT = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
RIGHT_SHARE = 0.4  # of what the left dock leaves
RIGHT_LEAST = 468  # pixels; no page needs more, so the image stays where it is when a tab is chosen


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


def default_sizes(window: QMainWindow, exposures: QDockWidget, regions: QDockWidget, header: QDockWidget, right: QDockWidget) -> None:
    """Give the docks their first places and sizes for the window's size, and show them all.

    The header lies behind the regions where the window is not high enough for three docks on the left.
    """
    for dock in (exposures, regions, header, right):
        dock.setFloating(False)
        window.addDockWidget(RIGHT if dock is right else LEFT, dock)
        dock.show()
    stacked = window.height() >= HIGH
    if not stacked:
        window.tabifyDockWidget(regions, header)
        regions.raise_()
    wide = LEFT_WIDTH if window.width() < 2000 else round(1.4 * LEFT_WIDTH)
    rest = max(RIGHT_LEAST, round(RIGHT_SHARE * (window.width() - wide)))
    window.resizeDocks([exposures, right], [wide, rest], Qt.Orientation.Horizontal)
    height = window.height()
    if stacked:
        window.resizeDocks([exposures, regions, header], [round(share * height) for share in (0.33, 0.32, 0.35)], Qt.Orientation.Vertical)
    else:
        window.resizeDocks([exposures, regions], [round(0.45 * height), round(0.55 * height)], Qt.Orientation.Vertical)
