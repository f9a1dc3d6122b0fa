"""The hot-pixel tab: series and what is counted above, and one page at a time. Takes darks that are dropped on it."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from PySide6.QtWidgets import QWidget

from detgui.gui.common.jobs import Jobs
from detgui.gui.hotpixels.context import Context
from detgui.gui.hotpixels.header import HotHeader
from detgui.gui.hotpixels.marks import Marks
from detgui.gui.hotpixels.pages import PAGES
from detgui.gui.pages.paged_panel import PagedPanel
from detgui.session.hot import TAB, HotMaker
from detgui.session.state import SessionState


class HotPanel(PagedPanel):
    """Frame of the pages of the hot-pixel tab."""

    def __init__(self, parts: Any, image: Any = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        session = parts.session
        jobs = Jobs(parts.engine, parts.bridge, self)
        self.maker = maker = HotMaker(session, parts.exposures, jobs, self)
        marks = Marks(session, image, self)
        context = Context(session, parts.exposures, maker, jobs, image, lambda sentence: self.header.say(sentence), marks)
        self.header = HotHeader(context, self)
        self.build_frame(context, PAGES, self.header, "", lambda title: session.set_hot(page=title))
        self.add_actions(
            (
                ("count", "Count hot pixels", "Ctrl+Shift+K", maker.compute),
                *self.page_actions("page of the hot-pixel tab", "Alt+Shift+PgDown", "Alt+Shift+PgUp"),
                ("next_pixel", "Next pixel of the list", "Ctrl+Shift+Down", lambda: self._step(1)),
                ("previous_pixel", "Previous pixel of the list", "Ctrl+Shift+Up", lambda: self._step(-1)),
            )
        )
        self.accept_files(maker.add)
        maker.changed.connect(self.header.show_work)
        self.follow(session, self._show_state, attrgetter("hot", "tab"))

    def _step(self, step: int) -> None:
        """Go on in the list of the shown page."""
        go = getattr(self.page, "step_pixel", None)
        if go is not None:
            go(step)

    def _show_state(self, state: SessionState) -> None:
        self.header.show_work()
        self.show_pages(state.hot.page, True, state.tab == TAB)
