"""The centre of the window: the image, what lies over it, and everything that steps through it or changes how it looks."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QWidget

from detgui.gui.common.background import Asker
from detgui.gui.common.icons import renew_icons
from detgui.gui.image.caption import caption
from detgui.gui.image.flags_menu import FlagsMenu
from detgui.gui.image.image_actions import make_actions
from detgui.gui.image.image_widgets import ImageWidgets
from detgui.gui.image.partners import without_misfits
from detgui.gui.image.picture import answers
from detgui.gui.image.play import Blinker, Player
from detgui.gui.image.region_desk import RegionDesk
from detgui.gui.image.view_intents import Intents
from detgui.session.requests import ImageAnswer, ImageRequest
from detgui.session.resolve import image_request
from detgui.session.state import SessionState


class ImagePanel(ImageWidgets):
    """Shows the session's frame and sends what a person does to the session; holds no truth but the zoom.

    ``hovered`` emits the pixel (x, y) under the mouse or None; ``answer`` is the image that is on the screen.
    """

    hovered = Signal(object)
    shown = Signal(object)  # requests.ImageAnswer that came onto the screen, None for nothing

    def __init__(
        self, session: Any, loader: Any, parent: QWidget | None = None, *, exposures: Any = None, engine: Any = None, bridge: Any = None
    ) -> None:
        super().__init__(exposures, parent)
        self.session = session
        self.exposures = exposures
        self.asker = Asker(engine, bridge, self)
        self._image: ImageAnswer | None = None
        self._other: ImageAnswer | None = None
        self._pending = self._over_second = False
        self._failed: dict[Any, str] = {}  # frame and subtracted frame that could not be read: why
        self.player = Player(lambda: self.is_drawn, self)
        self.blinker = Blinker(self)
        self.intents = Intents(self)
        self.flags_menu = FlagsMenu(self.bar.flags.menu(), session, self.asker, lambda: self.answer)
        self.actions_by_name = make_actions(self, self.intents.table())
        self.desk = RegionDesk(self)
        self._connect(loader)
        self._show_state(SessionState(), session.state)

    def _connect(self, loader: Any) -> None:
        session, act = self.session, self.intents
        session.changed.connect(self._show_state)
        loader.image.connect(self._image_came)
        loader.blink.connect(self._blink_came)
        loader.flags.connect(self._flags_came)
        loader.trouble.connect(self._trouble_came)
        for view in (self.view, self.second.view):
            view.clicked.connect(act.click)
            view.menu_wanted.connect(act.context_menu)
        self.view.hovered.connect(lambda pixel: self._hovered(pixel, False))
        self.second.view.hovered.connect(lambda pixel: self._hovered(pixel, True))
        self.bar.plane_wanted.connect(session.set_plane)
        self.bar.display_wanted.connect(act.display)
        self.limits.limits_wanted.connect(act.typed_limits)
        self.limits.automatic_wanted.connect(lambda: act.display({"limits": "zscale"}))
        self.limits.lock_wanted.connect(lambda _on: act.lock())
        self.integrations.wanted.connect(lambda number: act.go(integration=number))
        self.groups.wanted.connect(lambda number: act.go(group=number))
        for row in (self.limits, self.integrations, self.groups):
            row.entered.connect(self.view.setFocus)  # or the next key would go into the field
        self.play_button.clicked.connect(lambda _checked=False: act.play())
        self.player.step.connect(act.play_on)
        self.player.playing_changed.connect(self._show_playing)
        self.blinker.swapped.connect(lambda _other: self._draw())
        self.speed.wanted.connect(lambda text: self._set_speed(int(text.removesuffix("/s"))))
        self._set_speed(5)
        act.connect_menus(self.bar)

    # For others

    def actions_for_menu(self) -> list[QAction]:
        """All actions of the image with their texts and shortcuts, for menus and Help; those that draw regions are `desk.actions`."""
        return list(self.actions_by_name.values())

    @property
    def is_drawn(self) -> bool:
        """Whether nothing is waited for: the frame of the session is on the screen, or cannot be."""
        return not self._pending

    @property
    def answer(self) -> ImageAnswer | None:
        """The image on the screen: while blinking, every second time the other one."""
        return self._other if self.blinker.other and self._other is not None else self._image

    @property
    def other_answer(self) -> ImageAnswer | None:
        """The image to blink against or beside, None before it is there."""
        return self._other

    @property
    def pointed(self) -> ImageAnswer | None:
        """The image under the mouse: that of the second view while the mouse is over it, else `answer`."""
        return self._other if self._over_second else self.answer

    def show_beside(self, on: bool) -> None:
        """Show the frame that is blinked against beside the shown one instead of blinking."""
        wide = self._image is not None and self._image.indices.shape[1] > 2 * self._image.indices.shape[0]
        self.views.setOrientation(Qt.Orientation.Vertical if wide else Qt.Orientation.Horizontal)
        self.second.setVisible(on)
        if on:
            self.views.setSizes([1000, 1000])
        self._follow_blink(self.session.state)
        self._draw_second()

    def show_fill(self) -> None:
        """Show in the menus whether the image fills the view."""
        self.actions_by_name["fill"].setChecked(self.view.fill)

    def show_labels(self, labels: NDArray[Any] | None, void_by_label: NDArray[Any] | None = None) -> None:
        """Draw the borders of boxes over images of their shape: ``labels`` (ny, nx), -1 for none; ``void_by_label`` bool by label."""
        self.desk.show_labels(labels, void_by_label)

    def _hovered(self, pixel: tuple[int, int] | None, second: bool) -> None:
        self._over_second = second and pixel is not None
        self.hovered.emit(pixel)

    # The state came

    def _show_state(self, old: SessionState, new: SessionState) -> None:
        if (old.frame, old.exposures) != (new.frame, new.exposures):
            self._show_frame(new)
            if without_misfits(new):  # not now: others have not heard of the present change yet
                QTimer.singleShot(0, self, self._drop_misfits)
        if (old.frame, old.exposures, old.display, old.difference.mode, old.blink.on) != (
            new.frame, new.exposures, new.display, new.difference.mode, new.blink.on,
        ):  # fmt: skip
            self.bar.show_state(new)
            self._show_checks(new)
        if (old.blink, old.difference, old.frame) != (new.blink, new.difference, new.frame):
            self.message.hush()
        if old.blink != new.blink:
            self._follow_blink(new)
        if (old.pixel, old.pins) != (new.pixel, new.pins):
            self.canvas.show_marks(self.answer, new)
            self._draw_second()
            if new.pixel is not None and new.pixel != old.pixel:
                self.view.keep_in_view(*new.pixel)
        self._wait(new)
        if old.display != new.display:
            self._show_display(new)

    def _drop_misfits(self) -> None:
        changes = without_misfits(self.session.state)
        if changes:
            self.session.update(**changes)

    def _show_frame(self, state: SessionState) -> None:
        current, frame = state.current, state.frame
        self.integrations.setVisible(current is not None and (current.shape[0] > 1 or current.integrations[0] > 1))
        self.groups.setVisible(current is not None and current.shape[1] > 1)
        several = current is not None and max(current.shape[:2]) > 1
        self.play_button.setVisible(several)
        self.speed.setVisible(several)
        if current is None or frame is None:
            self.player.play(False)
            return
        self.integrations.show_value(frame.integration, *current.integrations)
        self.groups.show_value(frame.group, 1, current.shape[1])
        if not several:
            self.player.play(False)

    def _show_checks(self, state: SessionState) -> None:
        display = state.display
        on = {
            "blink": state.blink.on,
            "difference": state.difference.mode == "previous group",
            "flags": bool(display.dq_flags),
            "amplifiers": display.amplifiers,
            "reference_pixels": display.reference_pixels,
            "lock": display.lock_limits,
        }
        for name, checked in on.items():
            self.actions_by_name[name].setChecked(checked)
        self.limits.show_lock(display.lock_limits)

    def _show_display(self, state: SessionState) -> None:
        if not self._pending:
            self._show_table()
        self.canvas.show_over(self.answer, state)
        self._draw_second()

    def _follow_blink(self, state: SessionState) -> None:
        if not state.blink.on and not self.second.isHidden():
            self.second.hide()
        beside = not self.second.isHidden()
        self.blinker.blink(state.blink.on and self._other is not None and not beside, state.blink.period_ms)
        self.actions_by_name["beside"].setChecked(beside)
        self.first_title.setVisible(beside)
        self.title.setVisible(not beside)

    def _show_playing(self, on: bool) -> None:
        self.play_button.setProperty("icon_name", "mdi6.pause" if on else "mdi6.play")
        renew_icons(self)
        self.actions_by_name["play"].setChecked(on)

    def _set_speed(self, speed: int) -> None:
        self.player.set_speed(speed)
        self.speed.show_value(f"{speed}/s")

    # The answers came

    def _image_came(self, answer: ImageAnswer | None) -> None:
        self._image = answer
        self._failed = {}
        self._wait(self.session.state)
        if not self.blinker.other or answer is None:
            self._draw()

    def _blink_came(self, answer: ImageAnswer | None) -> None:
        self._other = answer
        self._follow_blink(self.session.state)
        self._draw_second()
        if self.blinker.other:
            self._draw()

    def _flags_came(self, answer: ImageAnswer) -> None:
        """The same image with its data quality: nothing to draw, more to read out."""
        if self._image is not None and self._image.request == answer.request:
            self._image = answer
        if self._other is not None and self._other.request == answer.request:
            self._other = answer
        self.flags_menu.flags_came()
        self.shown.emit(self.answer)

    def _trouble_came(self, trouble: Any) -> None:
        request, frame = trouble.request, self.session.state.frame
        if isinstance(request, ImageRequest) and request.frame == frame:
            self._failed = {(request.frame, request.subtract): trouble.sentence}
            self._wait(self.session.state)

    def _wait(self, state: SessionState) -> None:
        """Announce an image that is being read, but not one that comes at once; say why one cannot be shown."""
        wanted = image_request(state, state.frame) if state.frame is not None else None
        error = state.current.error if state.current is not None else ""
        if wanted is not None and not error:
            error = self._failed.get((wanted.frame, wanted.subtract), "")
        missing = wanted is not None and (self._image is None or not answers(self._image.request, wanted))
        self._pending = missing and not error
        if self._pending:
            self.message.say_soon("reading…")
        else:
            self.message.say(error)

    # Drawing

    def _draw(self) -> None:
        answer, state = self.answer, self.session.state
        self.canvas.show(answer, state)
        self.desk.show()
        self.show_fill()
        for title in (self.title, self.first_title):
            title.show_text(caption(state, answer.request, answer.unit) if answer is not None else "")
        if answer is not None:
            extremes = (answer.minimum, answer.maximum)
            self.limits.histogram.show_histogram(answer.histogram, answer.edges, (answer.low, answer.high), extremes)
            self.limits.show_limits(answer.low, answer.high)
            self._show_table()
        self.shown.emit(answer)

    def _draw_second(self) -> None:
        if not self.second.isHidden():
            self.second.show_answer(self._other, self.session.state)
            self.desk.show()

    def _show_table(self) -> None:
        self.limits.histogram.set_table(self.canvas.show_table(self.answer, self.session.state))

    # Window events

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.message.place()
        self.canvas.legend.place()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            renew_icons(self)

    def hideEvent(self, event: Any) -> None:
        self.player.play(False)
        super().hideEvent(event)
