"""A tab with several pages: what they share above, a switch, and one page at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtWidgets import QButtonGroup, QLabel, QStackedWidget, QVBoxLayout, QWidget

from detgui.gui.common.buttons import flat_button
from detgui.gui.common.files import local_files
from detgui.gui.image.flow import FlowLayout
from detgui.gui.pages.page_row import PageRow
from detgui.session.session import Session
from detgui.session.state import SessionState

ActionRow = tuple[str, str, str, Callable[[], object]]  # name, text, key, what it does


class PagedPanel(QWidget):
    """Frame of the pages; a page's module is imported when it is first shown. ``header`` is what they share, ``context`` what they get."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[PageRow, ...] = ()
        self.context: Any = None
        self.actions_by_name: dict[str, QAction] = {}
        self._built: dict[str, QWidget] = {}
        self._title = ""  # of the page that is, or would be, shown
        self._choose: Callable[[str], object] = lambda title: None
        self._take: Callable[[list[Path]], object] = lambda paths: None
        self.stack = QStackedWidget(self)
        self._switch = QButtonGroup(self)

    def build_frame(self, context: Any, rows: Sequence[PageRow], header: QWidget, nothing: str, choose: Callable[[str], object]) -> None:
        """Lay out; ``nothing`` is said while there is nothing to show, ``choose(title)`` called when a person chooses a page."""
        self.context, self.rows, self._choose = context, tuple(rows), choose
        self.empty = QLabel(nothing, self)
        self.empty.setWordWrap(True)
        self.empty.setMargin(24)
        self.stack.addWidget(self.empty)
        row = FlowLayout(spacing=2)
        for place, page in enumerate(self.rows):
            button = flat_button(page.title, page.tip)
            button.setCheckable(True)
            button.clicked.connect(lambda _, title=page.title: choose(title))
            self._switch.addButton(button, place)
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.setSpacing(4)
        column.addWidget(header)
        column.addLayout(row)
        column.addWidget(self.stack, 1)

    def add_actions(self, rows: Sequence[ActionRow]) -> None:
        """Make actions with keys; those of the pages' order are among them."""
        for name, text, key, call in rows:
            action = QAction(text, self)
            action.setShortcut(QKeySequence(key))
            action.setMenuRole(QAction.MenuRole.NoRole)
            action.triggered.connect(lambda _=False, call=call: call())
            self.addAction(action)
            self.actions_by_name[name] = action

    def actions_for_menu(self) -> list[QAction]:
        """Every action with a key, in the order of a menu."""
        return list(self.actions_by_name.values())

    @property
    def page(self) -> QWidget | None:
        """The page that is shown, None while nothing is open."""
        shown = self.stack.currentWidget()
        return None if shown is self.empty else shown

    def step_page(self, step: int) -> None:
        """Choose the next page, round and round."""
        titles = [row.title for row in self.rows]
        self._choose(titles[(titles.index(self._title) + step) % len(titles)] if self._title in titles else titles[0])

    def page_actions(self, pages: str, after: str, before: str) -> tuple[ActionRow, ActionRow]:
        """Actions for the next and the previous page; ``pages`` is said after 'Next', the other two are keys."""
        return (
            ("next_page", f"Next {pages}", after, lambda: self.step_page(1)),
            ("previous_page", f"Previous {pages}", before, lambda: self.step_page(-1)),
        )

    # what is shown

    def follow(self, session: Session, show: Callable[[SessionState], object], parts: Callable[[SessionState], Sequence[object]]) -> None:
        """Call ``show(state)`` now, and whenever one of the ``parts`` of the state is another object."""
        self._show, self._parts = show, parts
        session.changed.connect(self._changed)
        show(session.state)

    def _changed(self, old: SessionState, new: SessionState) -> None:
        if any(a is not b for a, b in zip(self._parts(old), self._parts(new), strict=True)):
            self._show(new)

    def show_pages(self, title: str, there: bool, wanted: bool) -> None:
        """Show a page where there is something to show; while no page was made, only where it is ``wanted``."""
        self._title = title
        for button in self._switch.buttons():
            button.setEnabled(there)
        if not there:
            self.stack.setCurrentWidget(self.empty)
        elif wanted or self._built:
            self._show_page(title)

    def _show_page(self, title: str) -> None:
        place = next((i for i, row in enumerate(self.rows) if row.title == title), 0)
        row = self.rows[place]
        self._switch.button(place).setChecked(True)
        page = self.prepare(row.title)
        if self.stack.currentWidget() is not page:
            self.stack.setCurrentWidget(page)
            came = getattr(page, "came_to_front", None)
            if came is not None:
                came()

    def prepare(self, title: str) -> QWidget:
        """Make a page, if it was not made, without showing it."""
        if title not in self._built:
            row = next(each for each in self.rows if each.title == title)
            self._built[title] = row.build(self.context, self.stack)
            self.stack.addWidget(self._built[title])
        return self._built[title]

    # files dropped on the tab

    def accept_files(self, take: Callable[[list[Path]], object]) -> None:
        """Let files be dropped on the tab."""
        self._take = take
        self.setAcceptDrops(True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if local_files(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = local_files(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self._take(paths)
