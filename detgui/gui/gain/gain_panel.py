"""The gain tab: flats and parameters above, and one page at a time."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QWidget

from detgui.gui.common import plot_theme
from detgui.gui.common.jobs import Jobs
from detgui.gui.gain.box_overlay import BoxOverlay
from detgui.gui.gain.context import Context
from detgui.gui.gain.header import GainHeader
from detgui.gui.gain.pages import PAGES
from detgui.gui.pages.paged_panel import PagedPanel
from detgui.session.gain import TAB, GainMaker
from detgui.session.state import SessionState

NOTHING = "Open ramps of flats, two for every pair, to map the conversion gain (electrons per DN) of their detector."


class GainPanel(PagedPanel):
    """Frame of the pages of the gain tab."""

    def __init__(self, parts: Any, image: Any = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session = parts.session
        self.maker = maker = GainMaker(session, parts.exposures, parts.engine, parts.bridge, self)
        maker.holding = lambda: QApplication.mouseButtons() != Qt.MouseButton.NoButton
        self.overlay = BoxOverlay(session, maker, image, self)
        context = Context(session, parts.exposures, maker, Jobs(parts.engine, parts.bridge, self), image, self.overlay)
        self.header = GainHeader(context, self)
        self.build_frame(context, PAGES, self.header, NOTHING, lambda title: session.set_gain(page=title))
        now = lambda: session.state.gain.page  # noqa: E731
        self.add_actions(
            (
                ("compute", "Compute the gain map", "Ctrl+Shift+Return", maker.compute),
                ("boxes", "Show the boxes over the image", "Ctrl+Shift+B", self.overlay.toggle),
                ("next_page", "Next page of the gain tab", "Alt+PgDown", lambda: self.step_page(now(), 1)),
                ("previous_page", "Previous page of the gain tab", "Alt+PgUp", lambda: self.step_page(now(), -1)),
            )
        )
        session.changed.connect(self._changed)
        maker.changed.connect(self.header.show_work)
        self._colour()
        self._show_state(session.state)
        if session.state.tab == TAB:
            maker.look()

    # from the session

    def _changed(self, old: SessionState, new: SessionState) -> None:
        said = ("exposures", "gain", "tab", "frame", "regions")
        if any(getattr(old, name) is not getattr(new, name) for name in said):
            self._show_state(new)

    def _show_state(self, state: SessionState) -> None:
        self.header.show_state(state)
        self.show_pages(state.gain.page, self.maker.source is not None, state.tab == TAB)

    # colours

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "header"):
            self._colour()

    def _colour(self) -> None:
        warning = plot_theme.from_palette(self.palette()).warning
        self.header.trouble.setStyleSheet(f"color: {warning.name()}")
