"""The gain tab: flats and parameters above, and one page at a time."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

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
        session = parts.session
        self.maker = maker = GainMaker(session, parts.exposures, parts.engine, parts.bridge, self)
        maker.holding = lambda: QApplication.mouseButtons() != Qt.MouseButton.NoButton
        self.overlay = BoxOverlay(session, maker, image, self)
        context = Context(session, parts.exposures, maker, Jobs(parts.engine, parts.bridge, self), image, self.overlay)
        self.header = GainHeader(context, self)
        self.build_frame(context, PAGES, self.header, NOTHING, lambda title: session.set_gain(page=title))
        self.add_actions(
            (
                ("compute", "Compute the gain map", "Ctrl+Shift+Return", maker.compute),
                ("boxes", "Show the boxes over the image", "Ctrl+Shift+B", self.overlay.toggle),
                *self.page_actions("page of the gain tab", "Alt+PgDown", "Alt+PgUp"),
            )
        )
        maker.changed.connect(self.header.show_work)
        self.follow(session, self._show_state, attrgetter("exposures", "gain", "tab", "frame", "regions"))
        if session.state.tab == TAB:
            maker.look()

    def _show_state(self, state: SessionState) -> None:
        self.header.show_state(state)
        self.show_pages(state.gain.page, self.maker.source is not None, state.tab == TAB)
