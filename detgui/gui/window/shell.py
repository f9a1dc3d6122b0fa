"""What the window offers to its own commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDockWidget, QLabel, QMainWindow, QStackedWidget

if TYPE_CHECKING:
    from detgui.gui.regions.commands import RegionCommands
    from detgui.gui.window.actions import Menus
    from detgui.gui.window.cluster_chooser import ClusterChooser
    from detgui.gui.window.dialogs import Troubles
    from detgui.gui.window.header_viewer import HeaderViewer
    from detgui.gui.window.parts import Parts
    from detgui.gui.window.task_bar import TaskBar
    from detgui.gui.window.welcome import WelcomePage
    from detgui.session.requests import Trouble


class Shell(QMainWindow):
    """The widgets and deeds of the main window that `commands.Commands` uses; `main_window.MainWindow` makes them."""

    parts: Parts
    menus: Menus
    troubles: Troubles
    centre: QStackedWidget
    welcome: WelcomePage
    waiting: QLabel
    header_viewer: HeaderViewer
    exposures_dock: QDockWidget
    header_dock: QDockWidget
    regions_dock: QDockWidget
    panel_dock: QDockWidget
    task_bar: TaskBar
    cluster_chooser: ClusterChooser
    region_commands: RegionCommands

    @property
    def docks(self) -> tuple[QDockWidget, ...]:
        """All docks, those on the left from the top first."""
        return self.exposures_dock, self.regions_dock, self.header_dock, self.panel_dock

    def attach(self) -> None:
        """Make what reads files and listen to it."""
        raise NotImplementedError

    def expect_files(self, said: str = "") -> None:
        """Say that files are being opened, or made, before they are."""
        raise NotImplementedError

    def expect_nothing(self) -> None:
        """Show again how to open something, where nothing came of it."""
        raise NotImplementedError

    def show_trouble(self, trouble: Trouble) -> None:
        """Show a failure."""
        raise NotImplementedError

    def default_layout(self) -> None:
        """Put the docks where they are at first."""
        raise NotImplementedError
