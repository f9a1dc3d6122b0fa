"""The window's place, docks and splitters, kept from run to run."""

from __future__ import annotations

from PySide6.QtWidgets import QMainWindow, QSplitter

from detgui.session.store import Settings

LAYOUT_VERSION = 1


class LayoutKeeper:
    """Keeps a window's layout in the settings; what is open is kept by `session.restore.Keeper`."""

    def __init__(self, window: QMainWindow, settings: Settings) -> None:
        self._window, self._settings = window, settings

    def remember(self) -> None:
        """Keep the window's place and layout."""
        self._settings.set("geometry", self._window.saveGeometry().data())
        self._settings.set("layout", self._window.saveState(LAYOUT_VERSION).data())
        for splitter in self._splitters():
            self._settings.set(f"splitter: {splitter.objectName()}", splitter.saveState().data())

    def recall(self) -> None:
        """Take the place and layout of the last run; the first ones where there is none or it does not fit."""
        geometry, layout = (self._settings.get(name) for name in ("geometry", "layout"))
        if isinstance(geometry, bytes) and self._window.restoreGeometry(geometry) and isinstance(layout, bytes):
            self._window.restoreState(layout, LAYOUT_VERSION)

    def recall_splitters(self) -> None:
        """Share the room inside the panels as in the last run."""
        for splitter in self._splitters():
            sizes = self._settings.get(f"splitter: {splitter.objectName()}")
            if isinstance(sizes, bytes):
                splitter.restoreState(sizes)

    def _splitters(self) -> list[QSplitter]:
        return [each for each in self._window.findChildren(QSplitter) if each.objectName()]
