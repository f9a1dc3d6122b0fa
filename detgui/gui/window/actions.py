"""The window's own actions: one row each, with the menu, the key and what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QMenuBar, QWidget

from detgui.gui.common.icons import icon


@dataclass(frozen=True, slots=True)
class Row:
    """An action: where it stands ('File' or 'View/Theme'; a leading '-' puts a line before it), its text, key and tip."""

    name: str
    menu: str
    text: str
    key: str
    tip: str
    icon: str = ""
    group: str = ""  # actions of a group are checkable and exclude each other


ROWS = (
    Row("open", "File", "&Open…", "Ctrl+O", "Choose FITS files", "open"),
    Row("example", "File", "Open &example exposures", "Ctrl+Shift+E", "A simulated NIRSpec time series, made once", "example"),
    Row("save_map", "-File", "Save &map as FITS…", "Ctrl+S", "Write the shown map with its errors and where it comes from", "export"),
    Row("close", "-File", "&Close exposure", "Ctrl+W", "Close the shown exposure", "close"),
    Row("screenshot", "-File", "Save &screenshot…", "Ctrl+Shift+P", "Write a picture of this window", "screenshot"),
    Row("quit", "-File", "&Quit", "Ctrl+Q", "Leave; what is open is remembered", "quit"),
    Row("undo", "Edit", "&Undo", "Ctrl+Z", "Take back what was made last", ""),
    Row("redo", "Edit", "&Redo", "Ctrl+Shift+Z", "Make again what was taken back", ""),
    Row("next", "View/Exposures", "&Next exposure", "Ctrl+PgDown", "Show the next exposure of the list"),
    Row("previous", "View/Exposures", "&Previous exposure", "Ctrl+PgUp", "Show the exposure before in the list"),
    Row("header", "View/Exposures", "Search the &header", "Ctrl+F", "Show the header and go to its search line", "header"),
    Row("system", "View/Theme", "As the &system", "Ctrl+Alt+Y", "Light or dark as the desktop is", group="theme"),
    Row("light", "View/Theme", "&Light", "Ctrl+Alt+I", "Light window", group="theme"),
    Row("dark", "View/Theme", "&Dark", "Ctrl+Alt+K", "Dark window", group="theme"),
    Row("layout", "View/Docks", "&Default layout", "Ctrl+Shift+L", "Put all docks back where they were first"),
    Row("full_screen", "-View", "F&ull screen", "F11", "Use the whole screen, or leave it"),
    Row("tasks", "Analysis", "Running &tasks", "Ctrl+J", "List the running tasks", "tasks"),
    Row("cancel", "Analysis", "&Cancel the task", "Ctrl+.", "Cancel the newest task", "cancel"),
    Row("cluster", "-Analysis", "&Dask cluster…", "Ctrl+Shift+D", "Make slope maps on a Dask cluster that runs already", ""),
    Row("keys", "Help", "&Keys and mouse", "F1", "Searchable list of all keys", "keys"),
    Row("non_goals", "Help", "What this program does &not do", "Shift+F1", "Its limits", "information"),
    Row("about", "Help", "&About detgui", "Ctrl+F1", "Version of this program and of what it computes with", "help"),
)
MENUS = ("File", "Edit", "View", "Regions", "Analysis", "Help")


class Menus:
    """The menu bar, its submenus by path, and the actions by name."""

    def __init__(self, window: QMainWindow, bar: QMenuBar, handlers: Mapping[str, Callable[[], object]]) -> None:
        self._bar = bar
        self._menus: dict[str, QMenu] = {}
        self._groups: dict[str, QActionGroup] = {}
        self.actions: dict[str, QAction] = {}
        for name in MENUS:
            self.menu(name)
        for row in ROWS:
            self._add(window, row, handlers[row.name])

    def menu(self, path: str, before: QAction | None = None) -> QMenu:
        """The menu of a path such as 'View/Theme', made where it is missing: at the end, or before an action of the menu above."""
        if path not in self._menus:
            above, _, name = path.rpartition("/")
            made = QMenu(f"&{name}", self._bar)
            (self.menu(above) if above else self._bar).insertMenu(before, made)
            made.setToolTipsVisible(True)
            self._menus[path] = made
        return self._menus[path]

    def _add(self, window: QMainWindow, row: Row, handler: Callable[[], object]) -> None:
        menu = self.menu(row.menu.lstrip("-"))
        if row.menu.startswith("-"):
            menu.addSeparator()
        action = make_action(window, row.text, row.key, row.tip)
        action.setObjectName(row.name)
        if row.group:
            action.setCheckable(True)
            self._group(row.group, window).addAction(action)
        action.triggered.connect(lambda *_: handler())
        menu.addAction(action)
        window.addAction(action)
        self.actions[row.name] = action

    def _group(self, name: str, window: QMainWindow) -> QActionGroup:
        return self._groups.setdefault(name, QActionGroup(window))

    def set_icons(self) -> None:
        """Give the actions their icons in the colours of the present palette."""
        for row in ROWS:
            if row.icon:
                self.actions[row.name].setIcon(icon(row.icon))


def make_action(parent: QWidget, text: str, key: str, tip: str) -> QAction:
    """An action with key and tip."""
    action = QAction(text, parent)
    action.setShortcut(QKeySequence(key))
    action.setToolTip(tip)
    action.setStatusTip(tip)
    return action
