"""The offsets tab: Measure and the state of the correction above, and one page at a time. Takes files that are dropped on it."""

from __future__ import annotations

from operator import attrgetter
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QWidget

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
        self.add_actions(
            (
                ("measure", "Measure the offsets", "Ctrl+Shift+F", maker.compute),
                ("corrected", "Offsets before or after the correction", "Ctrl+Shift+T", self.header.toggle),
                ("next_step", "Next filter, array or pair of epochs", "Alt+Right", lambda: maker.step(1)),
                ("previous_step", "Previous filter, array or pair of epochs", "Alt+Left", lambda: maker.step(-1)),
                ("difference", "Difference of the images of both epochs", "Ctrl+Shift+I", maker.show_difference),
                *self.page_actions("page of the offsets tab", "Alt+End", "Alt+Home"),
            )
        )
        self.accept_files(self._take_files)
        maker.changed.connect(self.header.show_work)
        self.follow(session, self._show_state, attrgetter("offsets", "tab"))

    def _show_state(self, state: SessionState) -> None:
        self.header.show_work()
        self.show_pages(state.offsets.page, True, state.tab == TAB)

    def _take_files(self, paths: list[Path]) -> None:
        """Images to correct on the page Correction, catalogs and images to measure on the others."""
        there = self.maker.correction if self._session.state.offsets.page == CORRECTION else self.maker
        there.add(paths)
