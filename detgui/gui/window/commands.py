"""What the window's own actions do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QFileDialog, QMenu, QWidget

from detgui.gui.common import pictures
from detgui.gui.regions.commands import is_region_file
from detgui.gui.window import dialogs, help
from detgui.gui.window.actions import make_action
from detgui.gui.window.map_saver import MapSaver
from detgui.gui.window.panels import PANELS
from detgui.gui.window.shell import Shell
from detgui.progress import Progress
from detgui.session.offsets_options import INPUTS, with_files
from detgui.session.state import SessionState, Theme
from detgui.tasks.events import TaskEvent

if TYPE_CHECKING:
    from detgui.session.exposures import Opened

DEMO_LANE = "demo"
MAKING = "Making the example exposures…\n\nThis happens once and takes some ten seconds."
FILTERS = ["FITS files (*.fits *.fits.gz *.fit *.fts)", "All files (*)"]
CATALOGS = (".ecsv", ".csv")


def make_demo(progress: Progress) -> list[Path]:
    """Make the example exposures, once; runs in a worker."""
    from detgui.simulate.demo import ensure_demo

    return ensure_demo(progress)


class Commands:
    """The handlers of `actions.ROWS`, the changing menus, and what was opened."""

    def __init__(self, window: Shell) -> None:
        self._window = window
        self._parts = window.parts
        self._recent_menu: QMenu | None = None
        self.dialog: QDialog | None = None  # the newest one, also for tests
        self.map_saver = MapSaver(window, window.parts, lambda trouble: window.show_trouble(trouble))
        self._parts.bridge.task_event.connect(self._demo_event)
        self._parts.session.undo_changed.connect(self._name_undo)

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Handler of every row of `actions.ROWS`."""
        session, window = self._parts.session, self._window
        return {
            "open": self.open_dialog,
            "example": self.open_example,
            "save_map": self.map_saver.ask,
            "close": self.close_shown,
            "screenshot": self.screenshot_dialog,
            "quit": window.close,
            "undo": session.undo,
            "redo": session.redo,
            "next": lambda: self.step_exposure(1),
            "previous": lambda: self.step_exposure(-1),
            "header": self.search_header,
            "system": lambda: self.set_theme("system"),
            "light": lambda: self.set_theme("light"),
            "dark": lambda: self.set_theme("dark"),
            "layout": window.default_layout,
            "full_screen": lambda: window.setWindowState(window.windowState() ^ Qt.WindowState.WindowFullScreen),
            "tasks": lambda: window.task_bar.toggle_list(),
            "cancel": lambda: window.task_bar.cancel_newest(),
            "cluster": lambda: window.cluster_chooser.ask(),
            "keys": self.show_keys,
            "non_goals": lambda: self._show(help.TextDialog("What this program does not do", help.NON_GOALS, window)),
            "about": lambda: self._show(help.TextDialog("About detgui", help.about_html(), window)),
        }

    # Menus whose entries change

    def fill_menus(self) -> None:
        """Add what is no row of the table: recent files, docks, tabs."""
        menus, window = self._window.menus, self._window
        self._recent_menu = QMenu("Open &recent", window)
        self._recent_menu.aboutToShow.connect(self._fill_recent)
        menus.menu("File").insertMenu(menus.actions["example"], self._recent_menu)
        docks = menus.menu("View/Docks")
        toggles = [dock.toggleViewAction() for dock in window.docks]
        docks.insertActions(docks.actions()[0], toggles)
        docks.insertSeparator(docks.actions()[len(toggles)])
        analysis = menus.menu("Analysis")
        first = analysis.actions()[0]
        for place, row in enumerate(PANELS):
            action = make_action(window, row.title, row.key, row.tip)
            action.triggered.connect(lambda *_, place=place: self.show_tab(place))
            window.addAction(action)
            analysis.insertAction(first, action)
        analysis.insertSeparator(first)
        self._fill_recent()
        self._name_undo(self._parts.session.undo_text, self._parts.session.redo_text)

    def add_panel_actions(self, image: QWidget, panels: Sequence[QWidget]) -> None:
        """Put the actions of the image into View, those of the panels into Analysis, and what they export into File > Export."""
        menus = self._window.menus
        menus.menu("View/Image", before=menus.menu("View").actions()[0]).addActions(_menu_actions(image))
        for row, panel in zip(PANELS, panels, strict=False):
            menus.menu(f"Analysis/{row.title} panel").addActions(_menu_actions(panel))
            self._add_exports(getattr(getattr(panel, "ui", None), "export_actions", {}).values())

    def _add_exports(self, actions: Iterable[QAction]) -> None:
        menus = self._window.menus
        menus.menu("File/Export", before=menus.actions["screenshot"]).addActions(list(actions))

    def _fill_recent(self) -> None:
        recent = self._parts.recent.paths()
        self._recent_menu.clear()
        for number, path in enumerate(recent, 1):
            mnemonic = f"&{number} " if number < 10 else ""
            action = self._recent_menu.addAction(f"{mnemonic}{path.name}", lambda path=path: self.open_paths([path]))
            action.setToolTip(str(path))
        self._recent_menu.setToolTipsVisible(True)
        self._recent_menu.setEnabled(bool(recent))
        self._window.welcome.show_recent(recent)

    def _name_undo(self, undo: str, redo: str) -> None:
        for name, what in (("undo", undo), ("redo", redo)):
            action = self._window.menus.actions[name]
            action.setText(f"&{name.capitalize()} {what[:1].lower()}{what[1:]}".rstrip())
            action.setEnabled(bool(what))

    def follow(self, state: SessionState) -> None:
        """Enable and check the actions as the state says."""
        actions = self._window.menus.actions
        actions["close"].setEnabled(state.current is not None)
        actions["save_map"].setEnabled(state.current is not None and bool(state.current.source))
        for name in ("next", "previous"):
            actions[name].setEnabled(len(state.exposures) > 1)
        actions[state.theme].setChecked(True)

    # Files

    def open_paths(self, paths: Sequence[Path], join: bool = True) -> None:
        """Open files and remember them; those of regions are drawn on what is shown, catalogs go to the offsets tab."""
        self._window.attach()
        regions = [path for path in paths if is_region_file(path)]
        catalogs = [path for path in paths if path.suffix.lower() in CATALOGS]
        if exposures := [path for path in paths if path not in (*regions, *catalogs)]:
            self._parts.exposures.open(exposures, join=join)
        elif catalogs:
            self._window.expect_nothing()
        if regions:
            self._window.region_commands.import_files(regions, bool(exposures))
        if catalogs:
            self._add_catalogs(catalogs)

    def _add_catalogs(self, paths: Iterable[Path]) -> None:
        from detgui.session.offsets import TAB

        session = self._parts.session
        files = with_files(session.state.offsets, (path.expanduser().absolute() for path in paths))
        session.set_offsets(text="Add catalogs", files=files, page=INPUTS)
        session.set_tab(TAB)

    def open_dialog(self) -> None:
        """Ask for files with the platform's dialog."""
        dialog = QFileDialog(self._window, "Open exposures")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters(FILTERS)
        recent = self._parts.recent.paths()
        if recent:
            dialog.setDirectory(str(recent[0].parent))
        dialog.filesSelected.connect(lambda names: self.open_paths([Path(name) for name in names]))
        self._show(dialog)

    def open_example(self) -> None:
        """Make the example exposures where they are missing, then open them."""
        self._window.attach()
        self._parts.engine.submit(make_demo, lane=DEMO_LANE, title="Making example exposures")
        self._window.expect_files(MAKING)

    def _demo_event(self, event: TaskEvent) -> None:
        if event.lane != DEMO_LANE or event.generation != self._parts.engine.newest(DEMO_LANE):
            return
        if event.kind == "done":
            self._window.expect_files()
            self.open_paths(event.result)
        elif event.kind == "cancelled":
            self._window.expect_nothing()
        elif event.kind == "failed":
            self._window.expect_nothing()
            from detgui.session.requests import Trouble

            self._window.show_trouble(Trouble(None, f"The example exposures could not be made: {event.error}", event.details))

    def reopen_session(self) -> None:
        """Open again what was open when the program was left."""
        self._window.attach()
        self._window.centre.setCurrentWidget(self._window.waiting)
        if self._parts.keeper.restore():
            self._window.welcome.offer_session([])  # lists of a tab may be all that there was: then this page stays

    def close_shown(self) -> None:
        """Close the shown exposure."""
        state = self._parts.session.state
        if state.frame is not None:
            self._parts.exposures.close_exposure(state.frame.exposure)

    def step_exposure(self, step: int) -> None:
        """Show the next exposure of the list, round and round."""
        state = self._parts.session.state
        keys = [exposure.key for exposure in state.exposures]
        if state.frame is not None and len(keys) > 1:
            self._parts.session.choose_exposure(keys[(keys.index(state.frame.exposure) + step) % len(keys)])

    # The window

    def set_theme(self, theme: Theme) -> None:
        """Choose the colours."""
        self._parts.session.set_theme(theme)
        self._parts.settings.set("theme", theme)

    def show_tab(self, place: int) -> None:
        """Bring a working panel to the front."""
        self._window.panel_dock.show()
        self._window.panel_dock.raise_()
        self._parts.session.set_tab(PANELS[place].title)

    def search_header(self) -> None:
        """Show the header and put the cursor into its search line."""
        self._window.header_dock.show()
        self._window.header_dock.raise_()
        self._window.header_viewer.search.setFocus()
        self._window.header_viewer.search.selectAll()

    def screenshot_dialog(self) -> None:
        """Take a picture of the window as it is now, then ask where it goes."""
        picture = self._window.grab().toImage()
        dialog = QFileDialog(self._window, "Save screenshot")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(["PNG picture (*.png)"])
        dialog.setDefaultSuffix("png")
        dialog.selectFile("detgui.png")
        dialog.fileSelected.connect(lambda name: self._save_picture(picture, Path(name)))
        self._show(dialog)

    def _save_picture(self, picture: object, path: Path) -> None:
        try:
            pictures.save(picture, path)
        except OSError as error:
            self._window.troubles.add(f"{path}: the picture could not be written: {error.strerror}")

    def help_rows(self) -> list[help.HelpRow]:
        """All keys of the window, and the mouse moves of what is in it."""
        window = self._window
        rows = help.help_rows("", window.menuBar().actions())
        listed = {row.keys for row in rows}
        rest = [row for row in help.help_rows("Elsewhere", window.findChildren(QAction)) if row.keys not in listed]
        return rows + rest + [help.HelpRow(*row) for row in help.MOUSE]

    def show_keys(self) -> None:
        """Show the searchable list of keys."""
        self._show(help.HelpDialog(self.help_rows(), self._window))

    def show_details(self, sentence: str, details: str) -> None:
        """Show a failure with its traceback."""
        self.dialog = dialogs.message(self._window, sentence, details=details)

    def _show(self, dialog: QDialog) -> None:
        self.dialog = dialog
        dialog.open()

    def offer_last_session(self) -> None:
        """Offer on the welcome page what was open last; nothing is opened unasked."""
        saved = self._parts.keeper.saved()
        from detgui.session.restore import files_named

        self._window.welcome.offer_session(files_named(saved) if saved else [])

    def note_opened(self, opened: Opened) -> None:
        """Put files that were opened among the recent ones."""
        files = [path for key in opened.keys if (exposure := self._parts.session.state.exposure(key)) for path in exposure.paths]
        named = [path for path in opened.paths if path in files]
        if named:
            self._parts.recent.add(named)
            self._fill_recent()


def _menu_actions(widget: QWidget) -> list[QAction]:
    """The actions that a panel offers for menus."""
    offered = getattr(widget, "actions_for_menu", None)
    return offered() if offered is not None else []
