"""What the actions of the menu "Regions" do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QMenu

from detgui.gui.regions.context_menu import fill
from detgui.gui.regions.copy_commands import CopyCommands
from detgui.gui.regions.edit_commands import EditCommands
from detgui.gui.regions.region_actions import Needs, RegionActions
from detgui.gui.regions.region_panel import RegionPanel
from detgui.gui.window.shell import Shell
from detgui.science.regions import Region
from detgui.session.region_exports import EXPORTS, Export
from detgui.session.regions import SHORT, region, regions_of, selected_here
from detgui.session.state import SessionState

if TYPE_CHECKING:
    from detgui.gui.common.jobs import Jobs
    from detgui.session.region_work import Imported

FILTERS = [
    "Regions and masks (*.reg *.fits *.fits.gz *.fit)",
    "DS9 region files (*.reg)",
    "FITS masks (*.fits *.fits.gz *.fit)",
    "All files (*)",
]
ENDINGS = (".reg", ".ds9")
"""Endings of region files: dropped on the window they are imported, not opened."""

ROOM = 0.25
"""Of a region's size that is shown round it."""
LEAST = 12.0
"""Pixels that are shown at least."""


def is_region_file(path: Path) -> bool:
    """Whether a file is one of regions, by its name."""
    return path.suffix.lower() in ENDINGS


class RegionCommands:
    """Acts on the selected regions of the shown exposure; what takes long runs in workers, what fails is one sentence in the window."""

    def __init__(self, window: Shell, panel: RegionPanel, menu: QMenu) -> None:
        self._window, self._panel = window, panel
        self._parts, self._session = window.parts, window.parts.session
        self._image: Any = None
        self._folder = ""
        self._waiting: list[Path] = []  # region files to read when an exposure is open
        self.dialog: QDialog | None = None  # the newest one, also for tests
        self.trouble = ""  # what went wrong last
        self.edit = EditCommands(window, panel, lambda: self._jobs, self._show)
        self.copies = CopyCommands(window, panel, self.edit, self._start, self._fail, self._show)
        self.actions = RegionActions(window, menu, self._handlers(), lambda: self._enable(self._session.state))
        panel.list.menu_wanted.connect(self.show_menu)
        panel.list.zoom_wanted.connect(lambda number: self.zoom((number,)))
        panel.list.delete_wanted.connect(self.edit.delete)
        panel.list.copy_wanted.connect(self.copies.copy)
        panel.list.paste_wanted.connect(self.copies.paste)
        panel.numbers.groups_wanted.connect(self.show_statistics)
        self._session.changed.connect(self._follow)
        self._enable(self._session.state)

    @cached_property
    def _jobs(self) -> Jobs:
        from detgui.gui.common.jobs import Jobs  # imports what reads files

        return Jobs(self._parts.engine, self._parts.bridge, self._window)

    def attach(self, image: Any) -> None:
        """Take the image panel, which is made after the window; its tools are in the menu too."""
        self._image = image
        image.intents.more_for_menu = self.add_to_menu
        self.actions.add_first("&Draw", image.desk.actions.values())

    def listen(self) -> None:
        """Hear when files were opened; what opens files is made after the window."""
        self._parts.exposures.opened.connect(self._opened)

    def _handlers(self) -> dict[str, Callable[[], object]]:
        session = self._session
        return {
            "import": self.ask_import,
            **{f"export {each.name}": partial(self.ask_export, each) for each in EXPORTS},
            "all": session.select_all_regions,
            "zoom": lambda: self.zoom([each.number for each in self.edit.chosen]),
            "statistics": self.show_statistics,
            **self.copies.handlers(),
            **self.edit.handlers(),
        }

    # What can be done

    def _follow(self, old: SessionState, new: SessionState) -> None:
        same_exposure = old.current is new.current
        if old.regions is not new.regions or old.selected != new.selected or not same_exposure:
            self._enable(new)

    def _opened(self, *_: object) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            self.import_files(waiting)

    def _enable(self, state: SessionState) -> None:
        chosen = selected_here(state)
        present: dict[Needs, bool] = {
            "exposure": state.current is not None,
            "regions": bool(regions_of(state)),
            "one": len(chosen) == 1,
            "some": bool(chosen),
            "two": len(chosen) > 1,
        }
        self.actions.enable({name for name, there in present.items() if there})
        checked = {f"kind {each.region.kind}" for each in chosen}
        checked |= {"lock"} if chosen and all(each.region.locked for each in chosen) else set()
        checked |= {"hide"} if chosen and all(each.region.hidden for each in chosen) else set()
        self.actions.check(checked if len({each.region.kind for each in chosen}) < 2 else checked & {"lock", "hide"})

    def show_menu(self, at: QPoint) -> None:
        """What can be done with the selected regions, at a place of the screen."""
        menu = QMenu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        fill(menu, self.actions, self._ask_export_selected)
        menu.popup(at)

    def add_to_menu(self, menu: QMenu, x: int, y: int) -> None:
        """Add to the menu of a pixel what can be done with the topmost region there, which is selected, or else with what is pasted."""
        state = self._session.state
        found = [each for each in regions_of(state) if not each.region.hidden and each.region.shape.contains(x, y).item()]
        if not found:
            menu.addAction(self.actions.by_name["paste"])
            return
        if found[-1].number not in state.selected:
            self._session.select_regions((found[-1].number,))
        menu.addSeparator()
        count = len(self.edit.chosen)
        inner = menu.addMenu(_called(found[-1].region) if count == 1 else f"{count} regions")
        fill(inner, self.actions, self._ask_export_selected)

    # Files

    def ask_import(self) -> None:
        """Ask which files to read."""
        dialog = QFileDialog(self._window, "Import regions", self._folder)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters(FILTERS)
        dialog.filesSelected.connect(lambda names: self.import_files([Path(name) for name in names]))
        self._show(dialog)

    def import_files(self, paths: Sequence[Path], wait: bool = False) -> None:
        """Read region files for the shown exposure; with ``wait`` for the one that is being opened."""
        current = self._session.state.current
        if wait:
            self._waiting += paths
            return
        if current is None:
            self._fail(f"{paths[0].name}: regions need an exposure to lie on; open one first")
            return
        from detgui.session import region_work

        kind = self._session.state.tools.kind
        for path in paths:
            self._folder = str(path.parent)
            self._jobs.start(
                f"import {path}",
                f"Reading {path.name}",
                region_work.read,
                *(path, current.key, current.array, kind, self._parts.exposures.shelf),
                then=self._imported,
                failed=self._fail,
            )

    def _imported(self, found: Imported) -> None:
        """Draw what was read, except what lies there already: a file given again, or one whose regions the last session left."""
        there = [(each.region.shape, each.region.kind) for each in self._session.state.regions if each.frame == found.array]
        new = [each for each in found.regions if (each.shape, each.kind) not in there]
        if new:
            self._session.add_regions(new, found.array, "Import regions")
        again = len(found.regions) - len(new)
        self._panel.say(found.said + (f"; {again} of them there already" if again else ""))

    def ask_export(self, how: Export, selected: bool = False) -> None:
        """Ask where regions go: all of the shown exposure, or the selected ones."""
        current = self._session.state.current
        if current is None:
            return
        dialog = QFileDialog(self._window, f"Export regions: {how.text}", self._folder, how.filter)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(how.ending)
        word = {"ds9": "regions", "sky": "regions_sky", "user mask": "user_mask"}.get(how.name, how.name)
        dialog.selectFile(f"{current.name.replace('[', '_').replace(']', '').replace(',', '_')}_{word}.{how.ending}")
        dialog.fileSelected.connect(lambda name: self.export(how.name, Path(name), selected))
        self._show(dialog)

    def _ask_export_selected(self, how: Export) -> None:
        self.ask_export(how, selected=True)

    def export(self, how: str, path: Path, selected: bool = False) -> None:
        """Write all regions of the shown exposure, or the selected ones, in one of the ways of `EXPORTS`."""
        from detgui.session import region_work

        state = self._session.state
        if state.current is None:
            return
        self._folder = str(path.parent)
        regions = [each.region for each in (self.edit.chosen if selected else regions_of(state))]
        self._start(
            f"export {path}", f"Writing {path.name}", region_work.write, how, path, regions, state.current.key, then=self._panel.say
        )

    # Looking

    def zoom(self, numbers: Sequence[int]) -> None:
        """Show regions and their surroundings."""
        state = self._session.state
        bounds = [found.region.shape.bounds for number in numbers if (found := region(state, number)) is not None]
        if self._image is None or not bounds:
            return
        low_x, low_y, high_x, high_y = (pick(each[place] for each in bounds) for place, pick in enumerate((min, min, max, max)))
        margin = max(ROOM * max(high_x - low_x, high_y - low_y), LEAST / 2)
        self._image.view.show_range(QRectF(low_x - margin, low_y - margin, high_x - low_x + 2 * margin, high_y - low_y + 2 * margin))

    def show_statistics(self) -> None:
        """Show the selected regions in every group."""
        from detgui.gui.regions.groups_dialog import GroupsDialog

        state = self._session.state
        if state.current is None or not self.edit.chosen:
            return
        regions: list[Region] = [each.region for each in self.edit.chosen]
        self.dialog = GroupsDialog(self._parts, self._jobs, state, regions, self._window)
        self.dialog.show()  # beside the window, which goes on

    def _start(self, lane: str, title: str, func: Callable[..., Any], *args: Any, then: Callable[[Any], object]) -> None:
        """Start a job whose last argument is the shelf of open exposures."""
        self._jobs.start(lane, title, func, *args, self._parts.exposures.shelf, then=then, failed=self._fail)

    def _fail(self, sentence: str) -> None:
        from detgui.session.requests import Trouble

        self.trouble = sentence
        self._window.show_trouble(Trouble(None, sentence, ""))

    def _show(self, dialog: QDialog) -> None:
        self.dialog = dialog
        dialog.open()


def _called(which: Region) -> str:
    """'void 1' as it is, 'Region sky' where the name does not say that it is one."""
    return which.name if which.name.startswith(SHORT.get(which.kind, which.kind)) else f"Region {which.name}"
