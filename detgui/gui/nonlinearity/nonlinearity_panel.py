"""The non-linearity tab: what its pages share above, and one page at a time."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from detgui.gui.common.jobs import Jobs
from detgui.gui.nonlinearity.context import Context
from detgui.gui.nonlinearity.header import SharedHeader
from detgui.gui.nonlinearity.pages import PAGES
from detgui.gui.pages.paged_panel import PagedPanel
from detgui.session.slopes import SlopeMaker
from detgui.session.state import SessionState

TITLE = "Non-linearity"


def _parts(state: SessionState) -> tuple[object, ...]:
    """What the panel shows of a state; stepping through groups and integrations changes none of it."""
    return state.exposures, state.frame.exposure if state.frame else None, state.nonlinearity, state.tab


class NonlinearityPanel(PagedPanel):
    """Frame of the pages of the non-linearity tab."""

    def __init__(self, parts: Any, image: Any = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session = parts.session
        maker = SlopeMaker(session, parts.exposures, parts.engine, parts.bridge, self)
        maker.executor = parts.scheduler.executor
        self.maker = maker
        context = Context(session, parts.exposures, maker, Jobs(parts.engine, parts.bridge, self), image)
        self.header = SharedHeader(context, self)
        nothing = "Open a ramp to map what its pixels leave after a straight line"
        self.build_frame(context, PAGES, self.header, nothing, session.set_page)
        self._make_actions()
        maker.changed.connect(self.header.show_work)
        maker.held_changed.connect(parts.loader.hold_limits)  # colours that keep their meaning show what a drag changes
        self.header.compute_asked.connect(maker.compute)
        self.header.cancel_asked.connect(maker.cancel)
        self.follow(session, self._show_state, _parts)

    def _make_actions(self) -> None:
        step = self._session.set_nonlinearity
        rows = (
            ("compute", "Compute the slope map", "Ctrl+Return", self.maker.compute),
            ("keep", "Keep the slope map to compare others with", "Ctrl+K", self.maker.keep),
            ("more", "One group more in the line", "Ctrl+Up", lambda: step(fit_last=self.maker.options.fit_last + 1)),
            ("fewer", "One group less in the line", "Ctrl+Down", lambda: step(fit_last=self.maker.options.fit_last - 1)),
            *self.page_actions("page", "Ctrl+Shift+PgDown", "Ctrl+Shift+PgUp"),
        )
        self.add_actions(rows)

    def _show_state(self, state: SessionState) -> None:
        self.header.show_state(state)
        self.show_pages(state.nonlinearity.page, self.maker.source is not None, state.tab == TITLE)
