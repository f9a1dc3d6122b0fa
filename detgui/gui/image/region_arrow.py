"""The arrow: chooses regions, moves, resizes and turns them, edits vertices, deletes."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, hypot
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent

from detgui.gui.image.region_edit import Part, Place, dragged, moved, part_at, with_new_vertex, without_vertex
from detgui.gui.image.region_lines import lines_of, nearest
from detgui.gui.image.region_table import Table
from detgui.science.regions import Polygon, Shape
from detgui.session.regions import DrawnRegion

SHAKE = 3.0
"""Screen pixels that a hand moves while it clicks."""
TEXTS = {"body": "Move region", "edge": "Move region", "size": "Resize region", "turn": "Turn region", "vertex": "Move vertex"}
NUDGES = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Down: (0, -1), Qt.Key.Key_Up: (0, 1)}
_TAKEN_MODIFIERS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


@dataclass(slots=True)
class Drag:
    """A drag under way: the shapes as they were, by number, and what is done to them."""

    part: Part
    start: Place
    shapes: dict[int, Shape]
    text: str
    begun: bool = False


class Arrow:
    """Acts on the regions of one view while no drawing tool is in hand."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._session = table.session
        self._drag: Drag | None = None
        self._over: tuple[DrawnRegion, Part] | None = None  # of a selected region
        self._at: Place = (0.0, 0.0)  # where a button went down last
        self._nudging = False

    # Mouse

    def press(self, event: QMouseEvent, place: Place) -> bool:
        """Take hold of what of a selected region is there; everything else is a click, or moves the image."""
        self._at = place
        if event.button() != Qt.MouseButton.LeftButton or event.modifiers() & _TAKEN_MODIFIERS or self._others_drag():
            return False
        hit = self._selected_at(place)
        if hit is None:
            return False
        found, part = hit
        if found.region.locked:
            if part.grip != "body":
                self._table.note(f"{found.region.name or 'this region'} is locked")
            return False
        if part.grip == "body" and not self._fits(found.region.shape):
            return False  # so large that there would be no place left to move the image
        self._take(found, part, place)
        return True

    def _take(self, found: DrawnRegion, part: Part, place: Place) -> None:
        together = [found]
        if part.grip in ("body", "edge"):
            together += [each for each in self._table.selected() if each.number != found.number and not each.region.locked]
        self._drag = Drag(part, place, {each.number: each.region.shape for each in together}, TEXTS[part.grip])

    def move(self, event: QMouseEvent, place: Place) -> bool:
        """Go on with a drag, or show by the cursor what would be taken."""
        drag = self._drag
        if drag is None:
            if not event.buttons():
                self._hover(place)
            return False
        across, along = self._table.pixel()
        if not drag.begun and hypot((place[0] - drag.start[0]) / across, (place[1] - drag.start[1]) / along) < SHAKE:
            return True
        drag.begun = True
        self._put(drag, place, event.modifiers(), commit=False)
        return True

    def release(self, event: QMouseEvent, place: Place) -> bool:
        """End a drag; one that went nowhere was a click."""
        drag, self._drag = self._drag, None
        if drag is None:
            return False
        if drag.begun:
            self._put(drag, place, event.modifiers(), commit=True)
        elif drag.part.grip in ("body", "edge"):
            x, y = floor(drag.start[0] + 0.5), floor(drag.start[1] + 0.5)
            ny, nx = self._table.size
            if 0 <= x < nx and 0 <= y < ny:
                self._table.view.clicked.emit(x, y, event.modifiers())
        return True

    def _put(self, drag: Drag, place: Place, modifiers: Qt.KeyboardModifier, commit: bool) -> None:
        even = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        last = list(drag.shapes)[-1]
        for number, shape in drag.shapes.items():
            new = dragged(shape, drag.part, drag.start, place, even)
            self._session.set_region_shape(number, new, commit and number == last, drag.text)

    def twice(self, event: QMouseEvent, place: Place) -> bool:
        """Set a new vertex on the edge of a selected polygon; it can be dragged at once."""
        hit = self._selected_at(place) if event.button() == Qt.MouseButton.LeftButton else None
        if hit is None or hit[1].grip != "edge" or hit[0].region.locked or not isinstance(hit[0].region.shape, Polygon):
            return self.press(event, place)
        found, shape = hit[0], hit[0].region.shape
        _, edge, spot = nearest(lines_of(shape), *place, self._table.pixel())
        longer = with_new_vertex(shape, edge, spot)
        self._session.set_region_shape(found.number, longer, False, "Add vertex")
        self._drag = Drag(Part("vertex", edge + 1), place, {found.number: longer}, "Add vertex", begun=True)
        return True

    def clicked(self, pixel: tuple[int, int], modifiers: Any) -> None:
        """Select the region under the mouse, the smallest of several; with Ctrl add it or take it out. Shift belongs to pins."""
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            return
        across, along = self._table.pixel()
        near = abs(self._at[0] - pixel[0]) <= 0.5 + across and abs(self._at[1] - pixel[1]) <= 0.5 + along
        found = self._any_at(self._at if near else (float(pixel[0]), float(pixel[1])))
        now = self._session.state.selected
        if not modifiers & Qt.KeyboardModifier.ControlModifier:
            self._session.select_regions(() if found is None else (found.number,))
        elif found is not None:
            left = tuple(each for each in now if each != found.number)
            self._session.select_regions(left if len(left) < len(now) else (*now, found.number))

    def leave(self) -> None:
        """The mouse is over no part that could be taken."""
        self._over = None

    def drop(self) -> None:
        """Give a drag up: everything is as it was before."""
        drag, self._drag = self._drag, None
        if drag is not None and drag.begun:
            self._session.undo()  # what is not committed yet is taken back first

    # What is where

    @property
    def is_dragging(self) -> bool:
        """Whether something is held."""
        return self._drag is not None

    def has_handle(self, place: Place) -> bool:
        """Whether a handle of a selected region that is not locked is there."""
        hit = self._selected_at(place)
        return hit is not None and hit[1].grip in ("vertex", "size", "turn") and not hit[0].region.locked

    def _selected_at(self, place: Place) -> tuple[DrawnRegion, Part] | None:
        order = ("turn", "vertex", "size", "edge", "body")
        found = []
        for each in self._table.selected():
            part = part_at(each.region.shape, *place, self._table.pixel(), with_handles=not each.region.locked)
            if part is not None:
                found.append((order.index(part.grip), _area(each.region.shape), each.number, each, part))
        return min(found, key=lambda one: one[:3])[3:] if found else None

    def _any_at(self, place: Place) -> DrawnRegion | None:
        found = []
        for each in self._table.regions():
            part = part_at(each.region.shape, *place, self._table.pixel(), with_handles=False)
            if part is not None:
                found.append((part.grip == "body", _area(each.region.shape), -each.number, each))
        return min(found, key=lambda one: one[:3])[3] if found else None

    def _fits(self, shape: Shape) -> bool:
        view = self._table.view.box.viewRect()
        low_x, low_y, high_x, high_y = shape.bounds
        return high_x - low_x < view.width() or high_y - low_y < view.height()

    def _others_drag(self) -> bool:
        """Whether another item over the image, such as a rectangle that is being drawn, waits for this drag."""
        hover = self._table.view.scene().lastHoverEvent
        return hover is not None and Qt.MouseButton.LeftButton in hover.dragItems()

    def _hover(self, place: Place) -> None:
        self._over = self._selected_at(place)
        cursor = None
        if self._over is not None:
            found, part = self._over
            cursor = self._cursor(found, part)
        if cursor is None:
            self._table.item.unsetCursor()
        else:
            self._table.item.setCursor(cursor)

    def _cursor(self, found: DrawnRegion, part: Part) -> Qt.CursorShape | None:
        if found.region.locked:
            return None if part.grip == "body" else Qt.CursorShape.ForbiddenCursor
        if part.grip == "body" and not self._fits(found.region.shape):
            return None
        if part.grip == "size":
            i, j = part.side
            if 0 in (i, j):
                return Qt.CursorShape.SizeHorCursor if j == 0 else Qt.CursorShape.SizeVerCursor
            return Qt.CursorShape.SizeBDiagCursor if i == j else Qt.CursorShape.SizeFDiagCursor
        shapes = {"turn": Qt.CursorShape.PointingHandCursor, "vertex": Qt.CursorShape.CrossCursor}
        return shapes.get(part.grip, Qt.CursorShape.SizeAllCursor)

    # Keys

    def wants(self, event: QKeyEvent) -> bool:
        """Delete, Backspace and Esc while regions are selected, Esc in a drag, Alt with the arrow keys."""
        if event.key() == Qt.Key.Key_Escape and self._drag is not None:
            return True
        if not self._table.selected():
            return False
        if event.key() in NUDGES:
            return bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        return event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Escape) and not event.modifiers()

    def key(self, event: QKeyEvent) -> bool:
        """Do what the key means."""
        if event.key() == Qt.Key.Key_Escape:
            if self._drag is not None:
                self.drop()
            else:
                self._session.select_regions(())
        elif event.key() in NUDGES:
            self._nudge(*NUDGES[Qt.Key(event.key())])
        else:
            self._delete()
        return True

    def _nudge(self, dx: int, dy: int) -> None:
        free = [each for each in self._table.selected() if not each.region.locked]
        for each in free:
            self._session.set_region_shape(each.number, moved(each.region.shape, dx, dy), False)
        self._nudging = bool(free)
        if not free:
            self._table.note("the selected region is locked")

    def key_up(self, event: QKeyEvent) -> bool:
        """The end of moving by keys: all steps of a held key are one undo."""
        if not self._nudging or event.isAutoRepeat() or event.key() not in NUDGES:
            return False
        self._nudging = False
        for each in self._table.selected()[:1]:
            self._session.set_region_shape(each.number, each.region.shape, True)
        return True

    def _delete(self) -> None:
        """Take away the vertex under the mouse, else the selected regions."""
        over = self._over
        if over is not None and over[1].grip == "vertex" and over[0] in self._table.selected():
            shape = over[0].region.shape
            fewer = without_vertex(shape, over[1].number) if isinstance(shape, Polygon) else None
            if fewer is not None:
                self._over = None
                self._session.set_region_shape(over[0].number, fewer, True, "Delete vertex")
                return
        chosen = self._table.selected()
        if all(each.region.locked for each in chosen):
            self._table.note("the selected region is locked")
        self._session.remove_regions(each.number for each in chosen)


def _area(shape: Shape) -> float:
    low_x, low_y, high_x, high_y = shape.bounds
    return (high_x - low_x) * (high_y - low_y)
