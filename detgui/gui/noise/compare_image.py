"""How two exposures are put on the image: one of them, blinking, their difference, split by a line, side by side."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QButtonGroup, QWidget

from detgui.gui.common.buttons import flat_button
from detgui.gui.noise.context import Context
from detgui.gui.noise.split_view import SplitView
from detgui.session.noise import COMPARE, TAB
from detgui.session.state import Difference, Frame, SessionState

MODES = {
    "before": ("Before", "Show the exposure before"),
    "after": ("After", "Show the exposure after"),
    "blink": ("Blink", "Show them in turn"),
    "difference": ("Difference", "After less before"),
    "split": ("Split", "Before left of a line and after right of it; drag the line"),
    "beside": ("Beside", "Before on the left and after on the right, with one zoom"),
}


class CompareImage(QObject):
    """Buttons (``widgets``) that choose how the pair is shown; the other exposure follows integration and group."""

    def __init__(self, context: Context, pair: Callable[[], tuple[str, str]], parent: QWidget) -> None:
        super().__init__(parent)
        self._context, self._session, self._pair = context, context.session, pair
        self.mode = ""
        self.split = SplitView(context, self)
        self.buttons = {name: flat_button(*words) for name, words in MODES.items()}
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        for name, button in self.buttons.items():
            button.setCheckable(True)
            button.clicked.connect(lambda _, name=name: self.show(name))
            self._group.addButton(button)
        if context.image is None:
            self.buttons["beside"].hide()
        self._session.changed.connect(self._follow)

    def show(self, mode: str) -> None:
        """Show the pair that way."""
        before, after = self._pair()
        state = self._session.state
        if state.exposure(before) is None or state.exposure(after) is None:
            mode = ""
        was, self.mode = self.mode, mode
        for name, button in self.buttons.items():
            button.setChecked(name == mode)
        place = state.frame
        if was in ("blink", "beside"):
            self._session.set_blink(False)
        if was == "difference":
            self._session.update(difference=Difference())
        if not mode:
            self.split.show(None)
            return
        shown = before if mode in ("before", "beside") else after
        if place is not None:
            self._session.go_to(exposure=shown, integration=place.integration, group=place.group)
        self._show_other()
        if self._context.image is not None and mode in ("blink", "beside"):
            self._context.image.show_beside(mode == "beside")

    def _other(self) -> Frame | None:
        """The frame of the exposure before at the shown integration and group; beside each other that of the one after, on the right."""
        state = self._session.state
        entry = state.exposure(self._pair()[1 if self.mode == "beside" else 0])
        if entry is None or state.frame is None:
            return None
        plane = state.frame.plane if state.frame.plane in entry.planes else entry.main_plane
        return Frame(entry.key, plane, entry.nearest_integration(state.frame.integration), min(state.frame.group, entry.shape[1]))

    def _show_other(self) -> None:
        other = self._other()
        self.split.show(other if self.mode == "split" and self._front(self._session.state) else None)
        if self.mode in ("blink", "beside"):
            self._session.set_blink(True, other)
        elif self.mode == "difference" and other is not None:
            self._session.update(difference=Difference("other", other))

    def _front(self, state: SessionState) -> bool:
        return state.tab == TAB and state.noise.page == COMPARE and state.frame is not None and state.frame.exposure == self._pair()[1]

    def _follow(self, old: SessionState, new: SessionState) -> None:
        if not self.mode:
            return
        before, after = self._pair()
        if new.exposure(before) is None or new.exposure(after) is None or new.frame is None:
            self.show("")
        elif old.noise.page == COMPARE != new.noise.page:
            self.show("after" if self.mode != "before" else "before")  # other pages of the tab show an image as it is
        elif (old.noise.before, old.noise.after) != (new.noise.before, new.noise.after):
            self.show(self.mode)
        elif new.frame.exposure not in (before, after):
            self.show("")
        elif (old.frame, old.tab, old.noise.page) != (new.frame, new.tab, new.noise.page) and self.mode not in ("before", "after"):
            self._show_other()
