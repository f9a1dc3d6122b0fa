"""The non-linearity tab: what its pages share above, and one page at a time."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from detgui.gui.common import plot_theme
from detgui.gui.common.buttons import flat_button
from detgui.gui.common.jobs import Jobs
from detgui.gui.nonlinearity import pages
from detgui.gui.nonlinearity.context import Context
from detgui.gui.nonlinearity.header import SharedHeader
from detgui.session.slopes import SlopeMaker
from detgui.session.state import SessionState

TITLE = "Non-linearity"


def _said(state: SessionState) -> tuple[object, ...]:
    """What the panel shows of a state; stepping through groups and integrations changes none of it."""
    return state.exposures, state.frame.exposure if state.frame else None, state.nonlinearity, state.tab


class NonlinearityPanel(QWidget):
    """Frame of the pages; a page's module is imported when it is first shown."""

    def __init__(self, parts: Any, image: Any = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = parts.session
        maker = SlopeMaker(parts.session, parts.exposures, parts.engine, parts.bridge, self)
        maker.executor = parts.scheduler.executor
        self.context = Context(parts.session, parts.exposures, maker, Jobs(parts.engine, parts.bridge, self), image)
        self.maker = maker
        self.rows = pages.present()
        self._built: dict[str, QWidget] = {}
        self.header = SharedHeader(self.context, self)
        self.stack = QStackedWidget(self)
        self.empty = QLabel("Open a ramp to map what its pixels leave after a straight line", self)
        self.empty.setWordWrap(True)
        self.empty.setMargin(24)
        self.stack.addWidget(self.empty)
        self._switch = QButtonGroup(self)
        self._lay_out()
        self.actions_by_name = self._make_actions()
        parts.session.changed.connect(self._changed)
        maker.changed.connect(self.header.show_work)
        maker.held_changed.connect(parts.loader.hold_limits)  # colours that keep their meaning show what a drag changes
        self.header.compute_asked.connect(maker.compute)
        self.header.cancel_asked.connect(maker.cancel)
        self._colour()
        self._show_state(parts.session.state)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(2)
        for place, page in enumerate(self.rows):
            button = flat_button(page.title, page.tip)
            button.setCheckable(True)
            button.clicked.connect(lambda _, title=page.title: self._session.set_page(title))
            self._switch.addButton(button, place)
            row.addWidget(button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.setSpacing(4)
        column.addWidget(self.header)
        column.addLayout(row)
        column.addWidget(self.stack, 1)

    def _make_actions(self) -> dict[str, QAction]:
        step = self._session.set_nonlinearity
        rows = (
            ("compute", "Compute the slope map", "Ctrl+Return", self.maker.compute),
            ("keep", "Keep the slope map to compare others with", "Ctrl+K", self.maker.keep),
            ("more", "One group more in the line", "Ctrl+Up", lambda: step(fit_last=self.maker.options.fit_last + 1)),
            ("fewer", "One group less in the line", "Ctrl+Down", lambda: step(fit_last=self.maker.options.fit_last - 1)),
            ("next_page", "Next page", "Ctrl+Shift+PgDown", lambda: self.step_page(1)),
            ("previous_page", "Previous page", "Ctrl+Shift+PgUp", lambda: self.step_page(-1)),
        )
        made = {}
        for name, text, key, call in rows:
            action = QAction(text, self)
            action.setShortcut(QKeySequence(key))
            action.setMenuRole(QAction.MenuRole.NoRole)
            action.triggered.connect(lambda _=False, call=call: call())
            self.addAction(action)
            made[name] = action
        return made

    def actions_for_menu(self) -> list[QAction]:
        """Every action with a key, in the order of a menu."""
        return list(self.actions_by_name.values())

    @property
    def page(self) -> QWidget | None:
        """The page that is shown, None while nothing is open."""
        shown = self.stack.currentWidget()
        return None if shown is self.empty else shown

    def step_page(self, step: int) -> None:
        """Show the next page, round and round."""
        titles = [row.title for row in self.rows]
        now = self._session.state.nonlinearity.page
        self._session.set_page(titles[(titles.index(now) + step) % len(titles)] if now in titles else titles[0])

    # from the session

    def _changed(self, old: SessionState, new: SessionState) -> None:
        if _said(old) != _said(new):
            self._show_state(new)

    def _show_state(self, state: SessionState) -> None:
        self.header.show_state(state)
        there = self.maker.source is not None
        for button in self._switch.buttons():
            button.setEnabled(there)
        if not there:
            self.stack.setCurrentWidget(self.empty)
        elif state.tab == TITLE or self._built:
            self._show_page(state.nonlinearity.page)

    def _show_page(self, title: str) -> None:
        place = next((i for i, row in enumerate(self.rows) if row.title == title), 0)
        row = self.rows[place]
        self._switch.button(place).setChecked(True)
        if row.title not in self._built:
            self._built[row.title] = row.build(self.context, self.stack)
            self.stack.addWidget(self._built[row.title])
        page = self._built[row.title]
        if self.stack.currentWidget() is not page:
            self.stack.setCurrentWidget(page)
            came = getattr(page, "came_to_front", None)
            if came is not None:
                came()

    # colours

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "header"):
            self._colour()

    def _colour(self) -> None:
        warning = plot_theme.from_palette(self.palette()).warning
        self.header.trouble.setStyleSheet(f"color: {warning.name()}")
