"""The choice of flats: a button with a menu of the open ramps, in their order."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from detgui.gui.common.buttons import menu_button
from detgui.gui.gain.context import Context
from detgui.gui.image.menus import StickyMenu, checkable
from detgui.session.gain_flats import automatic_flats, candidates
from detgui.session.state import OpenExposure

TIP = """Flats that go into the gain, in the order of the list: 1-2, 3-4, ... are pairs.
Default: all ramps of the shown exposure's detector and array; raw ones only where none is calibrated."""


class FlatsMenu:
    """The button (``button``) and its menu; choices go to the session."""

    def __init__(self, context: Context, parent: QWidget) -> None:
        self._context = context
        self.menu = StickyMenu(parent)
        self.menu.addAction("…")  # an empty menu is not opened at all
        self.menu.aboutToShow.connect(self._fill)
        self.button = menu_button("Flats", TIP, self.menu)

    def show(self) -> None:
        """Say how many flats are in use."""
        flats = self._context.maker.flats
        self.button.setText(f"{len(flats)} flats" if len(flats) != 1 else "1 flat")
        self.button.setToolTip("\n".join([TIP, "", *(f"{number}  {each.name}" for number, each in enumerate(flats, 1))]))

    def _fill(self) -> None:
        state = self._context.session.state
        used = {each.key: number for number, each in enumerate(self._context.maker.flats, 1)}
        self.menu.clear()
        automatic = checkable(self.menu, "All flats of this detector", not state.gain.flats)
        automatic.triggered.connect(lambda _: self._set(()))
        self.menu.addSeparator()
        for each in candidates(state):
            action = checkable(self.menu, label(each, used.get(each.key)), each.key in used)
            action.setData(each.key)
            action.triggered.connect(lambda on, key=each.key: self._choose(key, on))

    def _choose(self, key: str, on: bool) -> None:
        state = self._context.session.state
        before = {each.key for each in self._context.maker.flats}
        wanted = before | {key} if on else before - {key}
        self._set(tuple(each.key for each in candidates(state) if each.key in wanted))

    def _set(self, keys: tuple[str, ...]) -> None:
        session = self._context.session
        automatic = tuple(each.key for each in automatic_flats(session.state))
        session.set_gain(text="Flats", flats=() if keys == automatic else keys)
        used = {each.key: number for number, each in enumerate(self._context.maker.flats, 1)}
        for action in self.menu.actions():  # the menu stays open
            if action.isCheckable():
                key = action.data()
                action.setChecked(key in used if key else not session.state.gain.flats)
                entry = session.state.exposure(key) if key else None
                if entry is not None:
                    action.setText(label(entry, used.get(key)))


def label(entry: OpenExposure, number: int | None) -> str:
    """An entry of the menu: pair and place in it, name, and what it is where it is raw."""
    place = f"pair {(number + 1) // 2}, flat {number}" if number is not None else "not used"
    return f"{entry.name}   {place}{'   raw' if entry.kind == 'uncal' else ''}"
