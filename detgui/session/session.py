"""The session: one state, replaced as a whole, and what a person can do to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from detgui.science.regions import Region, Shape
from detgui.session import changes, regions
from detgui.session.state import Frame, OpenExposure, SessionState, Theme
from detgui.session.undo import History


class Session(QObject):
    """Holds the state and says when it changed. Lives in the window's thread.

    Methods that do nothing (stepping past the end, choosing a pixel outside) send no signal.
    """

    changed = Signal(object, object)  # old and new SessionState
    undo_changed = Signal(str, str)  # texts of the next undo and redo, '' for none

    def __init__(self, state: SessionState | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state or SessionState()
        self._history = History()
        self._texts = ("", "")
        self._unsaid: deque[tuple[SessionState, SessionState]] = deque()
        self._saying = False

    @property
    def state(self) -> SessionState:
        """What is open, chosen and shown."""
        return self._state

    def put(self, new: SessionState) -> None:
        """Replace the state; sends `changed` where it differs."""
        if new == self._state:
            return
        self._unsaid.append((self._state, new))
        self._state = new
        if self._saying:
            return  # asked for by a listener: said after what it listens to, so that all hear the changes in their order
        self._saying = True
        try:
            while self._unsaid:
                self.changed.emit(*self._unsaid.popleft())
        finally:
            self._saying = False
        self._tell()

    def update(self, **fields: Any) -> None:
        """Replace fields of the state by name, without undo."""
        self.put(replace(self._state, **fields))

    # Exposures

    def add_exposures(self, opened: Iterable[OpenExposure]) -> None:
        """Put opened exposures into the list and show the first of them."""
        self.put(changes.add_exposures(self._state, opened))

    def close_exposure(self, key: str) -> None:
        """Take an exposure out of the list; its files are closed by `exposures.Exposures`."""
        self.put(changes.close_exposure(self._state, key))

    def choose_exposure(self, key: str) -> None:
        """Show an exposure where it was left."""
        self.put(changes.choose_exposure(self._state, key))

    def set_error(self, key: str, sentence: str) -> None:
        """Mark an exposure that cannot be read any more."""
        self.put(changes.set_error(self._state, key, sentence))

    # The shown frame

    def go_to(
        self, *, integration: int | None = None, group: int | None = None, plane: str | None = None, exposure: str | None = None
    ) -> None:
        """Show another frame; numbers that are not there become the nearest that are."""
        self.put(changes.go_to(self._state, integration=integration, group=group, plane=plane, exposure=exposure))

    def step_integration(self, step: int) -> None:
        """Go on or back by integrations, over gaps, and stop at the ends."""
        self.put(changes.step_integration(self._state, step))

    def step_group(self, step: int) -> None:
        """Go on or back by groups and stop at the ends."""
        self.put(changes.step_group(self._state, step))

    def set_plane(self, plane: str) -> None:
        """Show another plane of the exposure."""
        self.put(changes.go_to(self._state, plane=plane))

    # What is shown of it

    def set_difference(self, mode: str, other: Frame | None = None) -> None:
        """Subtract 'previous group', an 'other' frame, or 'none'."""
        self._make(changes.set_difference(self._state, mode, other), "Difference")

    def set_blink(self, on: bool, other: Frame | None = None, period_ms: int | None = None) -> None:
        """Blink the shown frame against another."""
        self.put(changes.set_blink(self._state, on, other, period_ms))

    def set_display(self, **fields: Any) -> None:
        """Replace fields of `state.Display`."""
        self.put(replace(self._state, display=replace(self._state.display, **fields)))

    def set_tab(self, tab: str) -> None:
        """Bring a task's tab to the front."""
        self.update(tab=tab)

    def set_theme(self, theme: Theme) -> None:
        """Light, dark or the system's."""
        self.update(theme=theme)

    # Pixels

    def choose_pixel(self, x: int, y: int) -> None:
        """Choose a pixel of the shown exposure (0-based)."""
        self._make(changes.choose_pixel(self._state, x, y), "Choose pixel")

    def move_pixel(self, dx: int, dy: int) -> None:
        """Move the chosen pixel, inside the array."""
        self._make(changes.move_pixel(self._state, dx, dy), "Move pixel", merge=True)

    def toggle_pin(self, x: int, y: int) -> None:
        """Pin a pixel or take its pin away."""
        fewer = any((pin.x, pin.y) == (x, y) for pin in self._state.pins)
        self._make(changes.toggle_pin(self._state, x, y), "Unpin pixel" if fewer else "Pin pixel")

    def clear_pins(self) -> None:
        """Take all pins away."""
        self._make(replace(self._state, pins=()), "Unpin all")

    # The non-linearity panel

    def set_nonlinearity(self, commit: bool = True, text: str = "Non-linearity parameters", **fields: Any) -> None:
        """Replace fields of `nonlinearity.NonlinearityOptions`, within what its source has; a drag is sent with ``commit`` False."""
        self._make(changes.set_nonlinearity(self._state, **fields), text, commit=commit)

    def set_page(self, page: str) -> None:
        """Show a page of the non-linearity panel, without undo."""
        self.put(changes.set_nonlinearity(self._state, page=page))

    # The gain panel

    def set_gain(self, commit: bool = True, text: str = "Gain parameters", **fields: Any) -> None:
        """Replace fields of `gain_options.GainOptions`."""
        self._make(replace(self._state, gain=replace(self._state.gain, **fields)), text, commit=commit)

    # The hot-pixel panel

    def set_hot(self, commit: bool = True, text: str = "Hot-pixel parameters", **fields: Any) -> None:
        """Replace fields of `hot_options.HotOptions`."""
        self._make(replace(self._state, hot=replace(self._state.hot, **fields)), text, commit=commit)

    # The noise panel

    def set_noise(self, commit: bool = True, text: str = "Noise parameters", **fields: Any) -> None:
        """Replace fields of `noise_options.NoiseOptions`."""
        self._make(replace(self._state, noise=replace(self._state.noise, **fields)), text, commit=commit)

    # The offsets panel

    def set_offsets(self, commit: bool = True, text: str = "Offset parameters", **fields: Any) -> None:
        """Replace fields of `offsets_options.OffsetsOptions`."""
        self._make(replace(self._state, offsets=replace(self._state.offsets, **fields)), text, commit=commit)

    # Regions

    def add_regions(self, new: Iterable[Region], array: str = "", text: str = "", commit: bool = True) -> None:
        """Put regions on the shown exposure's array, or on another one, and select them; one that is still drawn with ``commit`` False."""
        made = tuple(new)
        self._make(regions.add(self._state, made, array), text or ("Draw region" if len(made) == 1 else "Add regions"), commit=commit)

    def copy_regions(self, copies: Iterable[tuple[str, Iterable[Region]]]) -> None:
        """Put copies on other arrays, (array, regions) each; what is selected stays."""
        self._make(regions.add_copies(self._state, copies), "Copy regions")

    def set_region_shape(self, number: int, shape: Shape, commit: bool = True, text: str = "Move region") -> None:
        """Give a region another shape; a drag is sent with ``commit`` False, so that the whole of it is one undo."""
        self._make(regions.set_shape(self._state, number, shape), text, commit=commit)

    def set_region(self, numbers: Iterable[int], text: str = "Change region", **fields: Any) -> None:
        """Replace name, kind, colour, locked or hidden of regions."""
        self._make(regions.set_fields(self._state, tuple(numbers), **fields), text)

    def combine_region(self, number: int, shape: Shape, how: str, commit: bool = True) -> None:
        """Add a shape to a region, subtract it, or keep what both have."""
        self._make(regions.combine(self._state, number, shape, how), f"{how.capitalize()} to region", commit=commit)

    def remove_regions(self, numbers: Iterable[int]) -> None:
        """Take regions away."""
        self._make(regions.remove(self._state, tuple(numbers)), "Delete region")

    def duplicate_regions(self, numbers: Iterable[int]) -> None:
        """Put copies over regions and select them."""
        self._make(regions.duplicate(self._state, tuple(numbers)), "Duplicate region")

    def join_regions(self, numbers: Iterable[int], how: str) -> None:
        """Make one region of several, as `regions.join_regions` does; raises BadInput where nothing would be left."""
        self._make(regions.join_regions(self._state, tuple(numbers), how), f"{how.capitalize()} regions")

    def replace_region(self, number: int, parts: Iterable[Region], text: str = "Split region") -> None:
        """Put its parts in the place of a region."""
        self._make(regions.replace_region(self._state, number, parts), text)

    def select_all_regions(self) -> None:
        """Select every region of the shown exposure that is not hidden, without undo."""
        self.put(regions.select_all(self._state))

    def select_regions(self, numbers: Iterable[int]) -> None:
        """Select regions, without undo."""
        self.put(regions.select(self._state, tuple(numbers)))

    def set_tools(self, **fields: Any) -> None:
        """Replace fields of `regions.RegionTools`, without undo."""
        self.put(replace(self._state, tools=replace(self._state.tools, **fields)))

    # The ramp panel

    def set_fit_last(self, last: int | None, commit: bool = True) -> None:
        """Set N; while it is dragged with ``commit`` False, so that the whole drag is one undo."""
        self._make(changes.set_fit_last(self._state, last), "Fitted groups", commit=commit)

    def set_ramp(self, **fields: Any) -> None:
        """Replace fields of `state.RampOptions`."""
        self._make(replace(self._state, ramp=replace(self._state.ramp, **fields)), "Ramp parameters")

    def compare_exposures(self, keys: Iterable[str]) -> None:
        """Draw the same pixel of these exposures too."""
        self._make(changes.compare_exposures(self._state, keys), "Compare exposures")

    # Undo

    @property
    def undo_text(self) -> str:
        """What undo takes back, '' for nothing."""
        return self._history.undo_text

    @property
    def redo_text(self) -> str:
        """What redo makes again, '' for nothing."""
        return self._history.redo_text

    def undo(self) -> None:
        """Take back what the user made last."""
        self.put(self._history.undo(self._state))
        self._tell()

    def redo(self) -> None:
        """Make again what was taken back last."""
        self.put(self._history.redo(self._state))
        self._tell()

    def forget(self) -> None:
        """Empty the undo history (after a session was restored)."""
        self._history.clear()
        self._tell()

    def _make(self, new: SessionState, text: str, commit: bool = True, merge: bool = False) -> None:
        self._history.record(self._state, new, text, commit, merge)
        self.put(new)
        self._tell()

    def _tell(self) -> None:
        texts = (self.undo_text, self.redo_text)
        if texts != self._texts:
            self._texts = texts
            self.undo_changed.emit(*texts)
