"""A page that is drawn again only where what it shows is something else."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from detgui.gui.pages.page import Page
from detgui.gui.pages.page_context import PageContext
from detgui.gui.pages.page_plot import PagePlot


class DrawnPage(Page):
    """Subclasses override `shown_things` and `draw_shown` instead of `draw`, and `what_to_know`."""

    def __init__(self, context: PageContext, plot: PagePlot, parent: QWidget | None = None) -> None:
        super().__init__(context, plot, parent)
        self._drawn: tuple[Any, ...] | None = None

    def draw(self) -> None:
        shown = self.shown_things()
        if self._drawn is None or len(shown) != len(self._drawn) or not all(map(_same, shown, self._drawn)):
            self._drawn = shown
            self.draw_shown()
        self.show_notes(*self.what_to_know())

    def shown_things(self) -> tuple[Any, ...]:
        """What the drawing depends on; it is drawn again where one of them is another value or object."""
        raise NotImplementedError

    def draw_shown(self) -> None:
        """Draw it."""
        raise NotImplementedError

    def what_to_know(self) -> tuple[str, ...]:
        """Sentences below the numbers."""
        return ()


def _same(one: Any, other: Any) -> bool:
    return one is other or (isinstance(one, int | str | float | tuple) and type(one) is type(other) and one == other)
