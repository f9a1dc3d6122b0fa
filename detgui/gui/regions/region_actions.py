"""The actions of the menu "Regions": one row each, with its key and what must be there for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from detgui.gui.window.actions import make_action
from detgui.science.regions import KINDS
from detgui.session.region_exports import EXPORTS

Needs = Literal["exposure", "regions", "one", "some", "two"]


@dataclass(frozen=True, slots=True)
class RegionRow:
    """An action: the menu inside "Regions" ('' for itself; a leading '-' puts a line before it), text, key, tip, what it needs."""

    name: str
    menu: str
    text: str
    key: str
    tip: str
    needs: Needs
    checkable: bool = False


ROWS = (
    RegionRow("import", "", "&Import…", "Ctrl+Shift+O", "Read regions from a DS9 region file or a FITS mask", "exposure"),
    *(
        RegionRow(f"export {each.name}", "Export", f"{each.text}…", "", f"Write all regions of the shown exposure: {each.text}", "regions")
        for each in EXPORTS
    ),
    RegionRow("all", "-", "Select &all", "Ctrl+Shift+A", "Select every region of the shown exposure that is not hidden", "regions"),
    RegionRow("zoom", "", "&Zoom to the region", "Ctrl+Shift+X", "Show the selected regions and their surroundings", "some"),
    RegionRow("statistics", "", "&Statistics of every group…", "Ctrl+Shift+G", "Mean, median and spread against group", "some"),
    RegionRow(
        "copy", "-", "&Copy", "Ctrl+Alt+C", "Copy the selected regions, to paste them on another exposure or in another window", "some"
    ),
    RegionRow("paste", "", "&Paste", "Ctrl+Alt+V", "Put copied regions on the same pixels of the detector", "exposure"),
    RegionRow("duplicate", "", "&Duplicate", "Ctrl+D", "Put a copy over each selected region", "some"),
    RegionRow(
        "copy to", "", "Copy to other e&xposures…", "Ctrl+Shift+V", "Put copies on exposures with another subarray or orientation", "some"
    ),
    RegionRow("rename", "-", "Re&name", "F2", "Edit the name in the list", "one"),
    *(RegionRow(f"kind {kind}", "Kind", kind.capitalize(), "", f"The selected regions are {kind}", "some", True) for kind in KINDS),
    RegionRow("colour", "", "C&olour…", "", "Choose the colour of the selected regions", "some"),
    RegionRow("own colour", "", "Colour of the &kind", "", "Take the colour that belongs to the kind", "some"),
    RegionRow("lock", "", "&Lock", "Ctrl+L", "Keep the selected regions from being changed or deleted", "some", True),
    RegionRow("hide", "", "&Hide", "Ctrl+H", "Do not draw the selected regions", "some", True),
    RegionRow("add", "-Combine", "&Add to the first selected", "", "One region of all that are selected", "two"),
    RegionRow("subtract", "Combine", "&Subtract from the first selected", "", "Take the others out of the first", "two"),
    RegionRow("intersect", "Combine", "&Intersect", "", "Keep what all selected regions share", "two"),
    RegionRow("sectors", "Split", "At &sector boundaries", "", "One region for each amplifier", "one"),
    RegionRow("islands", "Split", "Into &islands", "", "One region for each part that does not touch another", "one"),
    RegionRow("polygon", "", "Turn into a pol&ygon", "", "Give what was painted or grown an outline with vertices to drag", "some"),
    RegionRow("grow", "", "&Grow or shrink…", "Ctrl+Shift+W", "Add a rim of some pixels, or take one away", "some"),
    RegionRow("delete", "-", "D&elete", "Ctrl+Del", "Delete the selected regions that are not locked", "some"),
)


class RegionActions:
    """The actions by name, in a menu of their own."""

    def __init__(
        self, window: QWidget, menu: QMenu, handlers: Mapping[str, Callable[[], object]], after: Callable[[], object] = lambda: None
    ) -> None:
        """``after`` every action the checks are to be shown again: a click on a checked one takes its check away."""
        self.menu = menu
        self.by_name: dict[str, QAction] = {}
        self.submenus: dict[str, QMenu] = {}
        for row in ROWS:
            action = make_action(window, row.text, row.key, row.tip)
            action.setMenuRole(QAction.MenuRole.NoRole)
            action.setCheckable(row.checkable)
            action.triggered.connect(lambda *_, name=row.name: (handlers[name](), after()))
            window.addAction(action)
            self._place(row, action)
            self.by_name[row.name] = action

    def _place(self, row: RegionRow, action: QAction) -> None:
        name = row.menu.removeprefix("-")
        if row.menu.startswith("-"):
            self.menu.addSeparator()
        if name and name not in self.submenus:
            self.submenus[name] = self.menu.addMenu(name)
            self.submenus[name].setToolTipsVisible(True)
        (self.submenus[name] if name else self.menu).addAction(action)

    def add_first(self, title: str, actions: Iterable[QAction]) -> None:
        """Put a submenu of other actions above all."""
        inner = QMenu(title, self.menu)
        inner.setToolTipsVisible(True)
        inner.addActions(list(actions))
        self.menu.insertMenu(self.menu.actions()[0], inner)

    def enable(self, present: set[Needs]) -> None:
        """Enable what finds what it needs."""
        for row in ROWS:
            self.by_name[row.name].setEnabled(row.needs in present)

    def check(self, names: set[str]) -> None:
        """Check these of the checkable ones."""
        for row in ROWS:
            if row.checkable:
                self.by_name[row.name].setChecked(row.name in names)
