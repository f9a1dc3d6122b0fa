"""What a person does to the image, turned into changes of the session."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu

from detgui.gui.image import view_menus
from detgui.gui.image.display_bar import DisplayBar
from detgui.gui.image.go_to import GoToPixel
from detgui.gui.image.menus import checkable
from detgui.gui.image.partners import followed, offers, other_files
from detgui.gui.image.play import HeldKey
from detgui.session import changes
from detgui.session.state import SessionState

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from detgui.gui.image.canvas import Canvas
    from detgui.gui.image.image_view import ImageView
    from detgui.gui.image.play import Player
    from detgui.gui.image.second_view import SecondView
    from detgui.gui.image.view_message import ViewMessage
    from detgui.session.requests import ImageAnswer
    from detgui.session.session import Session

FIRST_FLAGS = ("SATURATED", "JUMP_DET", "DO_NOT_USE")
"""Flags drawn when the overlay is switched on for the first time."""
_ZOOM = 1.5


class Panel(Protocol):
    """What is needed of `image_panel.ImagePanel`, beside its being a QWidget."""

    session: Session
    bar: DisplayBar
    view: ImageView
    canvas: Canvas
    second: SecondView
    message: ViewMessage
    player: Player
    actions_by_name: dict[str, QAction]

    @property
    def is_drawn(self) -> bool: ...

    @property
    def answer(self) -> ImageAnswer | None: ...

    def show_beside(self, on: bool) -> None: ...

    def show_fill(self) -> None: ...


class Intents:
    """Acts for one panel; every method is something a key, a click or a menu does."""

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self._session = panel.session
        self._held = HeldKey()
        self._flags = FIRST_FLAGS
        self.more_for_menu: Callable[[QMenu, int, int], object] = lambda menu, x, y: None  # what others add for a pixel

    def table(self) -> dict[str, Callable[[], None]]:
        """What each of `image_actions.ROWS` does."""
        session, view = self._session, self._panel.view
        return {
            "previous_group": lambda: self.step_group(-1),
            "next_group": lambda: self.step_group(1),
            "first_group": lambda: self.go(group=1),
            "last_group": lambda: self.go(group=session.state.current.shape[1] if session.state.current else 1),
            "previous_integration": lambda: self.step_integration(-1),
            "next_integration": lambda: self.step_integration(1),
            "play": self.play,
            "blink": self.blink,
            "beside": self.beside,
            "difference": self.difference,
            "flags": self.flags,
            "amplifiers": self.amplifiers,
            "reference_pixels": lambda: self._flip("reference_pixels"),
            "stretch": lambda: self.display({"stretch": self._panel.bar.stretch.next_choice()}),
            "colormap": lambda: self._panel.bar.colormap.wanted.emit(self._panel.bar.colormap.next_choice()),
            "zscale": lambda: self.display({"limits": "zscale"}),
            "minmax": lambda: self.display({"limits": "minmax"}),
            "lock": self.lock,
            "fit": view.fit,
            "one_to_one": lambda: view.one_to_one(session.state.pixel),
            "zoom_in": lambda: view.zoom(_ZOOM, session.state.pixel),
            "zoom_out": lambda: view.zoom(1 / _ZOOM, session.state.pixel),
            "zoom_to_pixel": self.zoom_to_pixel,
            "fill": self.fill,
            "go_to": self.go_to_pixel,
            **{
                prefix + name: lambda dx=dx * far, dy=dy * far: session.move_pixel(dx, dy)
                for prefix, far in (("", 1), ("far_", 10))
                for name, dx, dy in (("left", -1, 0), ("right", 1, 0), ("down", 0, -1), ("up", 0, 1))
            },
            "pin": lambda: session.toggle_pin(*session.state.pixel) if session.state.pixel else None,
            "unpin": self.unpin,
            "unpin_all": session.clear_pins,
        }

    # Steps

    def go(self, **place: int) -> None:
        """Go to an ``integration`` or ``group``."""
        self._put(changes.go_to(self._session.state, **place))

    def step_group(self, step: int) -> None:
        """Go on or back by groups."""
        if self._held.lets_through(self._panel.is_drawn):
            self._put(changes.step_group(self._session.state, step))

    def step_integration(self, step: int) -> None:
        """Go on or back by integrations."""
        if self._held.lets_through(self._panel.is_drawn):
            self._put(changes.step_integration(self._session.state, step))

    def play_on(self) -> None:
        """One step of playing: the next group, or integration where there are no groups; from the last to the first."""
        state = self._session.state
        if state.current is None or state.frame is None:
            return
        if state.current.shape[1] > 1:
            self.go(group=state.frame.group % state.current.shape[1] + 1)
        elif state.frame.integration == state.current.integrations[1]:
            self.go(integration=state.current.integrations[0])
        else:
            self._put(changes.step_integration(state, 1))

    def _put(self, new: SessionState) -> None:
        # One change: a stale difference must not be read in between.
        self._session.put(followed(self._session.state, new))

    # What is shown

    def play(self) -> None:
        """Play or pause."""
        panel, current = self._panel, self._session.state.current
        panel.player.play(not panel.player.playing and current is not None and max(current.shape[:2]) > 1)
        panel.actions_by_name["play"].setChecked(panel.player.playing)

    def blink(self) -> None:
        """Blink or stop; against the same frame of the file chosen before, else the group beside."""
        state = self._session.state
        if state.blink.on or state.frame is None:
            self._session.set_blink(False)
            return
        files = [offer.frame for offer in other_files(state)]
        before = [frame for frame in files if state.blink.other is not None and frame.exposure == state.blink.other.exposure]
        near = [*before, *(offer.frame for offer in offers(state)), *files]
        if near:
            self._session.set_blink(True, near[0])
        else:
            self._panel.message.note("there is no other frame of this size to blink against")
        self._panel.actions_by_name["blink"].setChecked(self._session.state.blink.on)

    def beside(self) -> None:
        """Show the frame to blink against beside the shown one, or not."""
        on = self._panel.second.isHidden()
        if on and not self._session.state.blink.on:
            self.blink()
        on = on and self._session.state.blink.on
        self._panel.show_beside(on)
        if not on:
            self._session.set_blink(False)

    def difference(self) -> None:
        """Subtract the previous group, or show the image itself again."""
        state = self._session.state
        ramp = state.current is not None and state.current.is_ramp
        self._session.set_difference("previous group" if ramp and state.difference.mode == "none" else "none")
        state = self._session.state
        self._panel.actions_by_name["difference"].setChecked(state.difference.mode == "previous group")
        if state.current is not None and not ramp and state.difference.mode == "none":
            self._panel.message.note("no groups here: choose what to subtract in the difference menu")
        elif state.difference.mode == "previous group" and state.frame is not None and state.frame.group == 1:
            self._panel.message.note("group 1 has none before it: the difference shows from group 2 on")

    def flags(self) -> None:
        """Draw the flags drawn last, or none."""
        shown = self._session.state.display.dq_flags
        if shown:
            self._flags = shown
        self._session.set_display(dq_flags=() if shown else self._flags)
        answer = self._panel.answer
        if not shown and answer is not None and answer.dq is None and not answer.dq_follows:
            self._panel.message.note("this image has no data quality")

    def amplifiers(self) -> None:
        """Draw the outputs' regions, or not; says why where there is nothing to draw."""
        self._flip("amplifiers")
        state = self._session.state
        if state.display.amplifiers and state.frame is not None:
            self._panel.message.note(self._panel.canvas.geometry.why_no_amplifiers(state.frame.exposure))

    def display(self, fields: dict[str, Any]) -> None:
        """Change how the image is turned into colours."""
        self._session.set_display(**fields)

    def typed_limits(self, low: float, high: float) -> None:
        """Show values between two limits."""
        self._session.set_display(limits="typed", low=low, high=high)

    def lock(self) -> None:
        """Keep the limits while stepping, or choose them for each image again."""
        self._flip("lock_limits")

    def _flip(self, name: str) -> None:
        self._session.set_display(**{name: not getattr(self._session.state.display, name)})

    # Pixels and zoom

    def click(self, x: int, y: int, modifiers: Qt.KeyboardModifier) -> None:
        """Choose a pixel; with shift pin it."""
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            self._session.toggle_pin(x, y)
        else:
            self._session.choose_pixel(x, y)

    def unpin(self) -> None:
        """Take away the pin of the chosen pixel, else the newest."""
        pins, pixel = self._session.state.pins, self._session.state.pixel
        if pins:
            pin = next((each for each in pins if (each.x, each.y) == pixel), pins[-1])
            self._session.toggle_pin(pin.x, pin.y)

    def zoom_to_pixel(self) -> None:
        """Show the chosen pixel and its surroundings."""
        if self._session.state.pixel is not None:
            self._panel.view.zoom_to(*self._session.state.pixel)

    def fill(self) -> None:
        """Square pixels, or fill the view."""
        view = self._panel.view
        view.set_fill(not view.fill)
        self._panel.show_fill()

    def go_to_pixel(self) -> None:
        """Ask for a pixel by its numbers."""
        state = self._session.state
        if state.current is None:
            return
        ny, nx = state.current.shape[2:]
        dialog = GoToPixel(nx, ny, state.pixel or (nx // 2, ny // 2), self._panel)
        dialog.chosen.connect(self._session.choose_pixel)
        dialog.chosen.connect(lambda x, y: self._panel.view.keep_in_view(x, y))
        dialog.open()

    # Menus

    def connect_menus(self, bar: DisplayBar) -> None:
        """Fill the bar's menus when they open."""
        bar.difference.menu().aboutToShow.connect(lambda: view_menus.fill_difference(bar.difference.menu(), self._session))
        bar.blink.menu().aboutToShow.connect(lambda: view_menus.fill_blink(bar.blink.menu(), self._session, self._panel.actions_by_name))
        bar.over.menu().aboutToShow.connect(lambda: self._fill_over(bar.over.menu()))
        bar.zoom.menu().aboutToShow.connect(lambda: self._fill_zoom(bar.zoom.menu()))
        for button in (bar.difference, bar.blink, bar.over, bar.zoom):
            button.menu().addAction("…")  # an empty menu is not opened at all

    def _fill_over(self, menu: QMenu) -> None:
        display = self._session.state.display
        menu.clear()
        for text, name in (
            ("Amplifiers\tA", "amplifiers"),
            ("Reference pixels\tR", "reference_pixels"),
            ("Zoomed out: brightest pixel of each block", "block_max"),
        ):
            act = self.amplifiers if name == "amplifiers" else lambda n=name: self._flip(n)
            checkable(menu, text, getattr(display, name)).triggered.connect(lambda _=False, act=act: act())

    def _fill_zoom(self, menu: QMenu) -> None:
        menu.clear()
        actions = self._panel.actions_by_name
        for name in ("fit", "one_to_one", "zoom_in", "zoom_out", "zoom_to_pixel", "fill", "go_to"):
            menu.addAction(actions[name])

    def context_menu(self, x: int, y: int, place: Any) -> None:
        """What can be done with the pixel under the mouse."""
        menu = QMenu(self._panel)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(f"Choose pixel {x}, {y}").triggered.connect(lambda: self._session.choose_pixel(x, y))
        pinned = any((pin.x, pin.y) == (x, y) for pin in self._session.state.pins)
        menu.addAction("Unpin it" if pinned else "Pin it\tShift+click").triggered.connect(lambda: self._session.toggle_pin(x, y))
        menu.addAction("Zoom to it").triggered.connect(lambda: self._panel.view.zoom_to(x, y))
        menu.addSeparator()
        for name in ("go_to", "fit", "one_to_one", "fill"):
            menu.addAction(self._panel.actions_by_name[name])
        self.more_for_menu(menu, x, y)
        menu.popup(QPoint(int(place.x()), int(place.y())))
