"""The menu of flags: those of the shown image with their counts, and which of them are drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QMenu

from detgui.gui.common.background import Asker
from detgui.gui.image import view_menus
from detgui.gui.image.picture import flag_counts
from detgui.session.requests import ImageAnswer
from detgui.session.session import Session


class FlagsMenu:
    """Fills ``menu`` when it opens; the flags of ``shown()`` are counted in a worker and listed when they are."""

    def __init__(self, menu: QMenu, session: Session, asker: Asker, shown: Callable[[], ImageAnswer | None]) -> None:
        self._menu, self._session, self._asker, self._shown = menu, session, asker, shown
        self._counted: tuple[Any, dict[str, int] | None] = (None, {})  # data quality, and its counts once there
        menu.aboutToShow.connect(self.open)
        menu.addAction("…")  # an empty menu is not opened at all

    def open(self) -> None:
        """Count the flags of the shown image, in a worker, and list them."""
        answer = self._shown()
        dq = None if answer is None else answer.dq
        if dq is None:
            self._counted = (None, None if answer is not None and answer.dq_follows else {})
        elif self._counted[0] is not dq:
            self._counted = (dq, None)
            own = answer.definitions if answer is not None else None
            self._asker.ask("flags", "Counting flags", flag_counts, dq, own, then=lambda counts: self._came(dq, counts))
        self._list()

    def flags_came(self) -> None:
        """Count what the open list waits for."""
        if self._counted == (None, None):
            self.open()

    def _came(self, dq: Any, counts: dict[str, int] | None) -> None:
        if self._counted[0] is dq:
            self._counted = (dq, counts or {})
            self._list()

    def _list(self) -> None:
        answer = self._shown()
        has_dq = answer is None or answer.dq is not None or answer.dq_follows
        view_menus.fill_flags(self._menu, self._session.state.display.dq_flags, self._counted[1], self._use, has_dq)

    def _use(self, name: str, on: bool) -> None:
        left = tuple(each for each in self._session.state.display.dq_flags if name and each != name)
        self._session.set_display(dq_flags=(*left, name) if on else left)
        shown = self._session.state.display.dq_flags
        for action in self._menu.actions():  # the menu may still be open
            if action.isCheckable():
                action.setChecked(action.data() in shown if action.data() else not shown)
