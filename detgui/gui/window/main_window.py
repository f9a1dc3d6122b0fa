"""The window: exposures and headers on the left, the image in the middle, the working panels on the right, tasks at the bottom."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QPaintEvent
from PySide6.QtWidgets import QApplication, QLabel, QStackedWidget, QTabWidget, QWidget

from detgui.gui.common.files import local_files
from detgui.gui.regions.commands import RegionCommands
from detgui.gui.regions.region_panel import RegionPanel
from detgui.gui.window.actions import Menus
from detgui.gui.window.cluster_chooser import ClusterChooser
from detgui.gui.window.commands import Commands
from detgui.gui.window.dialogs import Troubles
from detgui.gui.window.docks import add_dock, default_sizes
from detgui.gui.window.exposure_list import ExposureList
from detgui.gui.window.header_viewer import HeaderViewer
from detgui.gui.window.layout_keeper import LayoutKeeper
from detgui.gui.window.panels import PANELS
from detgui.gui.window.parts import Parts
from detgui.gui.window.shell import Shell
from detgui.gui.window.task_bar import TaskBar
from detgui.gui.window.theme import apply_theme
from detgui.gui.window.welcome import WelcomePage
from detgui.session.state import SessionState

if TYPE_CHECKING:
    from detgui.session.requests import Trouble

OPENING = "Opening…"
SMALL_SCREEN = 1600  # pixels wide; the window takes all of it
LARGE_SHARE = 0.88  # of a larger one, each way
MOST_AT_FIRST = QSize(2720, 1700)
LEFT, RIGHT = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea


class MainWindow(Shell):
    """The shell is there at once; the image and the panels, whose modules import slowly, follow after the first paint."""

    first_painted = Signal()
    panels_ready = Signal()

    def __init__(self, parts: Parts, before_panels: Callable[[], None] = lambda: None) -> None:
        """``before_panels`` is called once, before the modules of the image and the panels are imported."""
        super().__init__()
        self.parts = parts
        self._before_panels = before_panels
        self._painted = self._closed = self._attached = self._opening = False
        self._stopped = True
        self._told: set[str] = set()  # troubles of what is open now that were shown in a dialog
        self.image_panel: QWidget | None = None
        self.readout: QWidget | None = None
        self.setWindowTitle("detgui")
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.troubles = Troubles(self)
        self.commands = Commands(self)
        self.layout_keeper = LayoutKeeper(self, parts.settings)
        self.menus = Menus(self, self.menuBar(), self.commands.handlers())
        self._build_centre()
        self._build_docks()
        self._build_bottom()
        self.commands.fill_menus()
        self._connect()
        self._state_changed(SessionState(theme="light"), parts.session.state)
        self.resize_to_screen()

    def _build_centre(self) -> None:
        actions = self.menus.actions
        self.welcome = WelcomePage([actions["open"], actions["example"]], self)
        self.welcome.open_recent.connect(lambda path: self.commands.open_paths([path]))
        self.welcome.reopen.connect(self.commands.reopen_session)
        self.waiting = QLabel(OPENING, self)
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.centre = QStackedWidget(self)
        self.centre.addWidget(self.welcome)
        self.centre.addWidget(self.waiting)
        self.setCentralWidget(self.centre)

    def _build_docks(self) -> None:
        self.exposure_list = ExposureList(self.parts.session, self.menus.actions, self._close_exposure, self)
        self.header_viewer = HeaderViewer(self.parts, self)
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        self.exposures_dock = add_dock(self, "exposures", "Exposures", self.exposure_list, LEFT, "F6")
        self.region_panel = RegionPanel(self.parts.session, self)
        self.region_commands = RegionCommands(self, self.region_panel, self.menus.menu("Regions"))
        self.regions_dock = add_dock(self, "regions", "Regions", self.region_panel, LEFT, "F9")
        self.header_dock = add_dock(self, "header", "Header", self.header_viewer, LEFT, "F7")
        self.panel_dock = add_dock(self, "panel", "Analysis", self.tabs, RIGHT, "F8")

    def _build_bottom(self) -> None:
        self.task_bar = TaskBar(self.parts.engine.cancel, self)
        self.task_bar.failure.details_wanted.connect(self.commands.show_details)
        self.cluster_chooser = ClusterChooser(self, self.parts, self.task_bar.failure.show_failure)
        self.statusBar().addPermanentWidget(self.cluster_chooser.label)
        self.statusBar().addPermanentWidget(self.task_bar)
        self.statusBar().setSizeGripEnabled(False)

    def _connect(self) -> None:
        self.parts.session.changed.connect(self._state_changed)
        self.parts.bridge.task_event.connect(self.task_bar.take)
        self.tabs.currentChanged.connect(self._tab_chosen)
        QApplication.styleHints().colorSchemeChanged.connect(self._system_theme_changed)

    # The slow half

    def attach(self) -> None:
        """Make what reads files and listen to it; its modules are imported here, not with the window."""
        if self._attached:
            return
        self._attached = True
        parts = self.parts
        parts.loader.trouble.connect(self.show_trouble)
        parts.exposures.notice.connect(self.show_trouble)
        parts.exposures.opening.connect(self._show_page)
        parts.exposures.opened.connect(self.commands.note_opened)
        self.region_commands.listen()
        parts.keeper.notice.connect(self.show_trouble)
        parts.keeper.restored.connect(self._show_page)

    def build_panels(self) -> None:
        """Import and build the image and the working panels; nothing where they are there already."""
        if self.image_panel is not None or self._closed:
            return
        self.attach()
        self._before_panels()
        parts = self.parts
        self.image_panel = import_module("detgui.gui.image.image_panel").ImagePanel(
            parts.session, parts.loader, self, exposures=parts.exposures, engine=parts.engine, bridge=parts.bridge
        )
        self.centre.addWidget(self.image_panel)
        self._build_readout()
        self.region_commands.attach(self.image_panel)
        self.region_panel.follow_numbers(
            import_module("detgui.session.region_numbers").LiveNumbers(parts.session, parts.loader, parts.engine, parts.bridge, self)
        )
        chosen = parts.session.state.tab  # the first tab that is added becomes the one in front
        for row in PANELS:
            self.tabs.addTab(row.build(parts, self.image_panel, self.tabs), row.title)
            self.tabs.setTabToolTip(self.tabs.count() - 1, f"{row.tip} ({row.key})")
        self._show_tab(chosen)
        self.menus.set_icons()
        self.commands.add_panel_actions(self.image_panel, [self.tabs.widget(i) for i in range(self.tabs.count())])
        self._show_page()
        parts.loader.repeat()  # what came before there was a panel to show it
        self.panels_ready.emit()

    def _build_readout(self) -> None:
        self.readout = import_module("detgui.gui.image.readout_bar").ReadoutBar(self, self.image_panel)
        self.statusBar().insertWidget(0, self.readout, 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self.first_painted.emit)

    # What the session says

    def _state_changed(self, old: SessionState, new: SessionState) -> None:
        if old.theme != new.theme:
            self.show_theme()
        if old.tab != new.tab:
            self._show_tab(new.tab)
        if (old.frame, old.exposures) != (new.frame, new.exposures):
            name = new.current.name if new.current else ""
            self.setWindowTitle(f"{name} — detgui" if name else "detgui")
            self._show_page()
        self.commands.follow(new)

    def _show_page(self, opening: bool | None = None) -> None:
        """Image where something is open, else the way to open something."""
        if opening is not None:
            self._opening = opening
            self._told.clear()
        if self.parts.session.state.exposures:
            self.centre.setCurrentWidget(self.image_panel or self.waiting)
        else:
            self.centre.setCurrentWidget(self.waiting if self._opening else self.welcome)

    def expect_files(self, said: str = OPENING) -> None:
        """Say that files are being opened, or made, before they are."""
        self.waiting.setText(said)
        self._show_page(opening=True)

    def expect_nothing(self) -> None:
        """Show again how to open something, where nothing came of it."""
        self.waiting.setText(OPENING)
        self._show_page(opening=False)

    def _close_exposure(self, key: str) -> None:
        self.parts.exposures.close_exposure(key)

    def _show_tab(self, title: str) -> None:
        for place, row in enumerate(PANELS[: self.tabs.count()]):
            if row.title == title:
                self.tabs.setCurrentIndex(place)

    def _tab_chosen(self, place: int) -> None:
        if 0 <= place < len(PANELS):
            self.parts.session.set_tab(PANELS[place].title)

    def show_trouble(self, trouble: Trouble) -> None:
        """Show a failure at the bottom, and the first time in a dialog too, together with others that come at once."""
        self.task_bar.failure.show_failure(trouble.sentence, trouble.details)
        if trouble.sentence not in self._told:
            self._told.add(trouble.sentence)
            self.troubles.add(trouble.sentence, trouble.details)

    def show_unexpected(self, sentence: str, details: str) -> None:
        """Show an exception that nobody caught: one dialog at a time."""
        self.troubles.add(sentence, details)

    # Theme and layout

    def show_theme(self) -> None:
        """Take the colours that the session's theme asks for."""
        apply_theme(QApplication.instance(), self.parts.session.state.theme)
        if self.image_panel is not None:
            self.menus.set_icons()
        self.exposure_list.refresh_icons()

    def _system_theme_changed(self, *_: object) -> None:
        if self.parts.session.state.theme == "system":
            self.show_theme()

    def resize_to_screen(self) -> None:
        """First size: all of a small screen, most of a large one, no more than is of use; with the docks' first widths."""
        space = self.screen().availableGeometry()
        small = space.width() <= SMALL_SCREEN
        share = 1.0 if small else LARGE_SHARE
        size = QSize(round(share * space.width()), round(share * space.height()))
        self.resize(size.boundedTo(MOST_AT_FIRST))
        self.default_layout()
        if small:
            self.setWindowState(Qt.WindowState.WindowMaximized)

    def default_layout(self) -> None:
        """Put the docks where they are at first."""
        default_sizes(self, *self.docks)

    # Files dropped on the window

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if local_files(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = local_files(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.commands.open_paths(paths)

    # The end

    def closeEvent(self, event: QCloseEvent) -> None:
        self.shut()
        event.accept()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "menus") and self.image_panel is not None:
            self.menus.set_icons()

    def shut(self) -> bool:
        """Remember, stop the work, then let the widgets go; False where a worker did not stop in time."""
        if not self._closed:
            self._closed = True
            self.layout_keeper.remember()
            self.hide()
            self._stopped = self.parts.close()
        return self._stopped
