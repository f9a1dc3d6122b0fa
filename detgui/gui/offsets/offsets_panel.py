"""The offsets tab: Measure and the state of the correction above, and one page at a time. Takes files that are dropped on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from detgui.gui.common import plot_theme
from detgui.gui.common.jobs import Jobs
from detgui.gui.offsets.context import Context
from detgui.gui.offsets.header import OffsetsHeader
from detgui.gui.offsets.pages import PAGES
from detgui.gui.pages.paged_panel import PagedPanel
from detgui.session.offsets import TAB, OffsetsMaker
from detgui.session.offsets_options import CORRECTION
from detgui.session.state import SessionState


class OffsetsPanel(PagedPanel):
    """Frame of the pages of the offsets tab."""

    def __init__(self, parts: Any, image: Any = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session = parts.session
        jobs = Jobs(parts.engine, parts.bridge, self)
        self.maker = maker = OffsetsMaker(session, parts.exposures, jobs, self)
        context = Context(session, parts.exposures, maker, jobs, image, lambda sentence: self.header.say(sentence))
        self.header = OffsetsHeader(context, self)
        self.build_frame(context, PAGES, self.header, "", lambda title: session.set_offsets(page=title))
        now = lambda: session.state.offsets.page  # noqa: E731
        self.add_actions(
            (
                ("measure", "Measure the offsets", "Ctrl+Shift+F", maker.compute),
                ("corrected", "Offsets before or after the correction", "Ctrl+Shift+T", self.header.toggle),
                ("next_step", "Next filter, array or pair of epochs", "Alt+Right", lambda: maker.step(1)),
                ("previous_step", "Previous filter, array or pair of epochs", "Alt+Left", lambda: maker.step(-1)),
                ("difference", "Difference of the images of both epochs", "Ctrl+Shift+I", maker.show_difference),
                ("next_page", "Next page of the offsets tab", "Alt+End", lambda: self.step_page(now(), 1)),
                ("previous_page", "Previous page of the offsets tab", "Alt+Home", lambda: self.step_page(now(), -1)),
            )
        )
        self.setAcceptDrops(True)
        session.changed.connect(self._changed)
        maker.changed.connect(self.header.show_work)
        self._colour()
        self._show_state(session.state)

    def _changed(self, old: SessionState, new: SessionState) -> None:
        if old.offsets is not new.offsets or old.tab != new.tab:
            self._show_state(new)

    def _show_state(self, state: SessionState) -> None:
        self.header.show_work()
        self.show_pages(state.offsets.page, True, state.tab == TAB)

    # files dropped on the tab

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if not paths:
            return
        event.acceptProposedAction()
        if self._session.state.offsets.page == CORRECTION:
            self.maker.correction.add(paths)
        else:
            self.maker.add(paths)

    # colours

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "header"):
            self._colour()

    def _colour(self) -> None:
        warning = plot_theme.from_palette(self.palette()).warning
        self.header.trouble.setStyleSheet(f"color: {warning.name()}")
