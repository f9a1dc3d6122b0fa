"""A row in the table of a tab's pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from PySide6.QtWidgets import QWidget

from detgui.progress import Progress, no_progress


@dataclass(frozen=True, slots=True)
class PageRow:
    """A page: its title in the switch, the widget's place, what it is for.

    The widget is made as ``Widget(context, parent)`` when the page is first shown. It may have: ``came_to_front()``, called whenever
    the page is shown; ``actions_for_menu()``; ``export_actions``, a dict of QActions for File > Export.
    """

    title: str
    module: str
    widget: str
    tip: str

    def build(self, context: Any, parent: QWidget) -> QWidget:
        """Make the widget; its module is imported here, not with the window."""
        widget: QWidget = getattr(import_module(self.module), self.widget)(context, parent)
        return widget


def load(rows: Sequence[PageRow], progress: Progress = no_progress) -> None:
    """Import the modules of pages, so that the window's thread need not when they are first shown; for a worker."""
    for place, row in enumerate(rows):
        progress(place / len(rows), "")
        import_module(row.module)
