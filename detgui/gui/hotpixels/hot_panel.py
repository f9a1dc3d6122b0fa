"""The hot-pixel tab: series and what is counted above, and one page at a time. Takes darks that are dropped on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from detgui.gui.common import plot_theme
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
        self._session = session = parts.session
        jobs = Jobs(parts.engine, parts.bridge, self)
        self.maker = maker = HotMaker(session, parts.exposures, jobs, self)
        marks = Marks(session, image, self)
        context = Context(session, parts.exposures, maker, jobs, image, lambda sentence: self.header.say(sentence), marks)
        self.header = HotHeader(context, self)
        self.build_frame(context, PAGES, self.header, "", lambda title: session.set_hot(page=title))
        now = lambda: session.state.hot.page  # noqa: E731
        self.add_actions(
            (
                ("count", "Count hot pixels", "Ctrl+Shift+K", maker.compute),
                ("next_page", "Next page of the hot-pixel tab", "Alt+Shift+PgDown", lambda: self.step_page(now(), 1)),
                ("previous_page", "Previous page of the hot-pixel tab", "Alt+Shift+PgUp", lambda: self.step_page(now(), -1)),
                ("next_pixel", "Next pixel of the list", "Ctrl+Shift+Down", lambda: self._step(1)),
                ("previous_pixel", "Previous pixel of the list", "Ctrl+Shift+Up", lambda: self._step(-1)),
            )
        )
        self.setAcceptDrops(True)
        session.changed.connect(self._changed)
        maker.changed.connect(self.header.show_work)
        self._colour()
        self._show_state(session.state)

    def _step(self, step: int) -> None:
        """Go on in the list of the shown page."""
        go = getattr(self.page, "step_pixel", None)
        if go is not None:
            go(step)

    def _changed(self, old: SessionState, new: SessionState) -> None:
        if old.hot is not new.hot or old.tab != new.tab:
            self._show_state(new)

    def _show_state(self, state: SessionState) -> None:
        self.header.show_work()
        self.show_pages(state.hot.page, True, state.tab == TAB)

    # files dropped on the tab

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.maker.add(paths)

    # colours

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "header"):
            self._colour()

    def _colour(self) -> None:
        warning = plot_theme.from_palette(self.palette()).warning
        self.header.trouble.setStyleSheet(f"color: {warning.name()}")
