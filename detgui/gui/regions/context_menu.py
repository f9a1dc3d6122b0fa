"""The menu of a region, in the list and in the image."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QMenu

from detgui.gui.regions.region_actions import RegionActions
from detgui.session.region_exports import EXPORTS, Export

CONTEXT = (
    ("zoom", "statistics"),
    ("rename", "Kind", "colour", "own colour", "lock", "hide"),
    ("copy", "paste", "duplicate", "copy to"),
    ("Combine", "Split", "polygon", "grow"),
    ("delete",),
)
"""Actions and submenus of the menu of a region, with lines between the parts."""


def fill(menu: QMenu, actions: RegionActions, export: Callable[[Export], object]) -> None:
    """Put in what can be done with the selected regions; ``export`` asks where they are written."""
    for part in CONTEXT:
        menu.addSeparator()
        for name in part:
            if name in actions.submenus:
                menu.addAction(actions.submenus[name].menuAction())  # addMenu would make it end with this menu
            else:
                menu.addAction(actions.by_name[name])
    written = menu.addMenu("Export selected")
    written.setEnabled(actions.by_name["delete"].isEnabled())
    for each in EXPORTS:
        written.addAction(f"{each.text}…", partial(export, each))
