"""What changes the selected regions themselves: name, kind, colour, outline."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QColorDialog, QDialog, QInputDialog

from detgui.errors import BadInput
from detgui.gui.regions.region_panel import RegionPanel
from detgui.gui.window.shell import Shell
from detgui.science.regions import KINDS, Polygon, Shape
from detgui.session.regions import DrawnRegion, region, selected_here

if TYPE_CHECKING:
    from detgui.gui.common.jobs import Jobs


class EditCommands:
    """Acts on the selected regions of the shown exposure; ``jobs`` gives what runs the work of workers, ``show`` opens a dialog."""

    def __init__(self, window: Shell, panel: RegionPanel, jobs: Callable[[], Jobs], show: Callable[[QDialog], object]) -> None:
        self._window, self._panel, self._jobs, self._show = window, panel, jobs, show
        self._session = window.parts.session

    def handlers(self) -> dict[str, Callable[[], object]]:
        """By name of the action."""
        session = self._session
        return {
            "duplicate": lambda: session.duplicate_regions(self.numbers),
            "rename": self._rename,
            **{f"kind {kind}": partial(self._set_kind, kind) for kind in KINDS},
            "colour": self.ask_colour,
            "own colour": lambda: session.set_region(self.numbers, "Colour region", colour=""),
            "lock": lambda: self._toggle("locked", "Lock region", "Unlock region"),
            "hide": lambda: self._toggle("hidden", "Hide region", "Show region"),
            **{how: partial(self._join, how) for how in ("add", "subtract", "intersect")},
            "sectors": lambda: self._split("sectors"),
            "islands": lambda: self._split("islands"),
            "polygon": self.turn_into_polygons,
            "grow": self.ask_grow,
            "delete": self.delete,
        }

    @property
    def chosen(self) -> tuple[DrawnRegion, ...]:
        """The selected regions of the shown exposure."""
        return selected_here(self._session.state)

    @property
    def numbers(self) -> tuple[int, ...]:
        """Their numbers."""
        return tuple(each.number for each in self.chosen)

    def _rename(self) -> None:
        self._window.regions_dock.show()
        self._window.regions_dock.raise_()
        self._panel.list.rename(self.numbers[0])

    def _set_kind(self, kind: str) -> None:
        self._session.set_region(self.numbers, "Kind of region", kind=kind)

    def _toggle(self, field: str, on: str, off: str) -> None:
        value = not all(getattr(each.region, field) for each in self.chosen)
        self._session.set_region(self.numbers, on if value else off, **{field: value})

    def ask_colour(self) -> None:
        """Ask for a colour."""
        numbers = self.numbers
        dialog = QColorDialog(QColor(self.chosen[0].region.shown_colour), self._window)
        dialog.setWindowTitle("Colour of the region")
        dialog.colorSelected.connect(lambda colour: self._session.set_region(numbers, "Colour region", colour=colour.name()))
        self._show(dialog)

    def delete(self) -> None:
        """Delete the selected regions that are not locked."""
        locked = sum(each.region.locked for each in self.chosen)
        self._session.remove_regions(self.numbers)
        if locked:
            self._panel.say(f"{locked} locked region{'s' * (locked > 1)} not deleted")

    def _join(self, how: str) -> None:
        try:
            self._session.join_regions(self.numbers, how)
        except BadInput as error:
            self._panel.say(str(error))

    def _split(self, how: str) -> None:
        from detgui.session import region_work

        current, chosen = self._session.state.current, self.chosen
        if current is None or len(chosen) != 1:
            return
        if chosen[0].region.locked:
            self._panel.say(f"{chosen[0].region.name} is locked")
            return
        self._jobs().start(
            "split", "Splitting the region", region_work.parts, chosen[0].region, how, current.key, self._window.parts.exposures.shelf,
            then=lambda parts: self._if_same(chosen[0], lambda: self._session.replace_region(chosen[0].number, parts)),
            failed=self._panel.say,
        )  # fmt: skip

    def ask_grow(self) -> None:
        """Ask by how many pixels."""
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle("Grow or shrink")
        dialog.setLabelText("Pixels to add all round; below zero to take away:")
        dialog.setInputMode(QInputDialog.InputMode.DoubleInput)
        dialog.setDoubleRange(-500, 500)
        dialog.setDoubleDecimals(1)
        dialog.setDoubleValue(2)
        dialog.doubleValueSelected.connect(self.grow)
        self._show(dialog)

    def grow(self, pixels: float) -> None:
        """Grow the selected regions that are not locked, or shrink them below zero."""
        from detgui.session import region_work

        for each in self.chosen:
            if each.region.locked:
                self._panel.say(f"{each.region.name} is locked")
                continue
            self._jobs().start(
                f"grow {each.number}", "Growing the region", region_work.grown, each.region.shape, pixels,
                then=lambda shape, each=each: self._if_same(
                    each, lambda: self._session.set_region_shape(each.number, shape, text="Grow region" if pixels >= 0 else "Shrink region")
                ),
                failed=lambda sentence, each=each: self._panel.say(f"{each.region.name}: {sentence}"),
            )  # fmt: skip

    def turn_into_polygons(self) -> None:
        """Give the selected regions that are not locked or polygons already an outline with vertices."""
        from detgui.session import region_work

        for each in self.chosen:
            if each.region.locked or isinstance(each.region.shape, Polygon):
                self._panel.say(f"{each.region.name} is {'locked' if each.region.locked else 'a polygon already'}")
                continue
            self._jobs().start(
                f"outline {each.number}", "Outlining the region", region_work.with_outline, each.region,
                then=lambda found, each=each: self._if_same(each, lambda: self._outlined(each, *found)),
                failed=lambda sentence, each=each: self._panel.say(f"{each.region.name}: {sentence}"),
            )  # fmt: skip

    def _outlined(self, each: DrawnRegion, shape: Shape, said: str) -> None:
        self._session.set_region_shape(each.number, shape, text="Turn into polygon")
        self._panel.say(said)

    def _if_same(self, before: DrawnRegion, do: Callable[[], object]) -> None:
        """Do it unless the region was changed while the worker was at it."""
        now = region(self._session.state, before.number)
        if now is not None and now.region.shape is before.region.shape:
            do()
