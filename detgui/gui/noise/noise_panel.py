"""The noise tab: what is diagnosed above, and one page at a time."""

from __future__ import annotations

from operator import attrgetter
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from detgui.gui.common.jobs import Jobs
from detgui.gui.noise.context import Context
from detgui.gui.noise.header import NoiseHeader
from detgui.gui.noise.pages import PAGES
from detgui.gui.pages.page_row import load
from detgui.gui.pages.paged_panel import PagedPanel
from detgui.session.noise import COMPARE, TAB, NoiseMaker
from detgui.session.state import SessionState

NOTHING = "Open an exposure to see its read-out noise and to run steps of the pipeline on it."
FOLDER_KEY = "folder of steps"
IDLE_MS = 400  # after the last change, for what can wait
RUN = "Run"


class NoisePanel(PagedPanel):
    """Frame of the pages of the noise tab."""

    def __init__(self, parts: Any, image: Any = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session = parts.session
        self.maker = maker = NoiseMaker(session, parts.exposures, parts.engine, parts.bridge, self)
        self._keep_folder(parts.settings)
        context = Context(session, parts.exposures, maker, Jobs(parts.engine, parts.bridge, self), image)
        self._modules: Literal["", "coming", "there"] = ""  # of the pages
        self._idle = QTimer(self, singleShot=True, interval=IDLE_MS)
        self._idle.timeout.connect(lambda: self.prepare(COMPARE))
        self.header = NoiseHeader(context, self)
        self.build_frame(context, PAGES, self.header, NOTHING, self.show_page)
        self.add_actions(
            (
                ("run", "Run the chosen steps", "Ctrl+Shift+Y", maker.compute),
                ("stop", "Cancel the steps that run", "Ctrl+Shift+.", maker.cancel),
                *self.page_actions("page of the noise tab", "Ctrl+Alt+PgDown", "Ctrl+Alt+PgUp"),
            )
        )
        maker.changed.connect(self.header.show_work)
        maker.opened.connect(lambda *_: self.show_page(COMPARE))
        self.follow(session, self._show_state, attrgetter("exposures", "noise", "tab", "frame"))
        maker.look()

    def _keep_folder(self, settings: Any) -> None:
        """The results go where they went the last time, if that folder is still there."""
        kept = settings.get(FOLDER_KEY)
        if isinstance(kept, str) and self._session.state.noise.folder is None and Path(kept).is_dir():
            self._session.set_noise(commit=False, folder=Path(kept))

        def keep(old: SessionState, new: SessionState) -> None:
            if old.noise.folder != new.noise.folder:
                settings.set(FOLDER_KEY, None if new.noise.folder is None else str(new.noise.folder))

        self._session.changed.connect(keep)

    def show_page(self, title: str) -> None:
        """Bring a page to the front, where it is there."""
        if any(row.title == title for row in self.rows):
            self._session.set_noise(page=title)

    def _show_state(self, state: SessionState) -> None:
        self.header.show_work()
        there = state.noise.page == "Guide" or self.maker.source is not None
        self.show_pages(state.noise.page, there, state.tab == TAB)
        if state.tab == TAB:
            self._prepare(state.noise.page)
        for button in self._switch.buttons():  # the guide can be read before anything is open
            button.setEnabled(self.maker.source is not None or button.text() == "Guide")

    def _prepare(self, page: str) -> None:
        """Do in advance what would hold up the window when a step has ended and the comparison opens."""
        if not self._modules:
            self._modules = "coming"
            self.context.jobs.start("noise pages", "", load, self.rows, then=self._loaded, quick=True)
        elif self._modules == "there" and page == RUN:
            self._idle.start()

    def _loaded(self, _: None) -> None:
        self._modules = "there"
        self._prepare(self._session.state.noise.page)
