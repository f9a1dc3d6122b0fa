"""Drawing with the tool in hand: boxes, polygons, the lasso, the brush; growing is in `region_seed`."""

from __future__ import annotations

from math import floor, hypot

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent

from detgui.gui.common.background import Asker
from detgui.gui.image.region_edit import Place
from detgui.gui.image.region_item import Draft
from detgui.gui.image.region_pens import PENS, Pen, PolygonPen
from detgui.gui.image.region_preview import Preview
from detgui.gui.image.region_seed import Seed
from detgui.gui.image.region_stroke import Painting
from detgui.gui.image.region_table import Table
from detgui.science.regions import COLOURS, Shape
from detgui.session.state import SessionState

SHAKE = 3.0
"""Screen pixels that a hand moves while it clicks."""
BRUSHES = (0.5, 512.0)
"""Smallest and largest radius of the brush, pixels."""
STEP = 1.25
"""How much larger one step makes brush or tolerance."""
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_SHIFT, _ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier


def how_now(how: str, modifiers: Qt.KeyboardModifier) -> str:
    """What becomes of what is drawn: Shift adds, Alt takes away, both keep the common part."""
    if modifiers & _SHIFT:
        return "intersect" if modifiers & _ALT else "add"
    return "subtract" if modifiers & _ALT else how


class Drawing:
    """Follows the mouse while a tool is in hand and sends the finished shape to the session."""

    def __init__(self, table: Table, asker: Asker) -> None:
        self.table = table
        self.session = table.session
        self._pen: Pen | None = None
        self.how, self.target = "new", 0
        self._pressed: Place = (0.0, 0.0)
        self._far = False  # the mouse went further from the press than a hand shakes
        self._menu_place: Place | None = None  # the right button went down here and may only want the menu
        self.preview = Preview(self)
        self.painting = Painting(self)
        self.seed = Seed(self, asker)

    # Mouse

    def press(self, event: QMouseEvent, place: Place) -> bool:
        """Begin, or set a polygon's next vertex."""
        tool, button = self.table.tools.tool, event.button()
        if button == Qt.MouseButton.RightButton and tool == "brush":
            self._menu_place = place
            return True
        if button != Qt.MouseButton.LeftButton:
            return False
        if isinstance(self._pen, PolygonPen):
            self._next_vertex(self._pen, place)
            return True
        self._pressed, self._far = place, False
        if self.begin(how_now(self.table.tools.how, event.modifiers())):
            self._start(tool, place)
        return True

    def begin(self, how: str) -> bool:
        """Find the region that is to be changed; False, with a word, where there is none."""
        free = [each for each in self.table.selected() if not each.region.locked]
        self.how, self.target = how, 0
        if how == "new" or (how == "add" and not self.table.selected()):
            self.how = "new"
            return True
        if not free:
            chosen = self.table.selected()
            words = {"add": "add to", "subtract": "take from", "intersect": "intersect"}[how]
            name = chosen[0].region.name or "the selected region" if chosen else ""
            self.table.note(f"{name} is locked" if chosen else f"select the region to {words} first")
            return False
        self.target = free[0].number  # as in the menu: the first selected one is changed
        return True

    def _start(self, tool: str, place: Place) -> None:
        if tool == "brush":
            self.painting.start(place)
        elif tool == "grow":
            self.seed.start(place)
        else:
            self._pen = PENS[tool](place)
            self._show()

    def _next_vertex(self, pen: PolygonPen, place: Place) -> None:
        if pen.closes(place, self.table.pixel()):
            self._close()
        else:
            pen.add(place)
            self._show()

    def move(self, event: QMouseEvent, place: Place) -> bool:
        """Go on drawing."""
        if self._menu_place is not None:
            if self._moved(self._menu_place, place) and self.begin("subtract"):
                start, self._menu_place = self._menu_place, None
                self.painting.start(start)
            return True
        pressed = event.buttons() & (Qt.MouseButton.LeftButton | Qt.MouseButton.RightButton)
        self._far = self._far or self._moved(self._pressed, place)
        if self.painting.under_way:
            self.painting.go(place)
            return True
        if self.seed.under_way:
            self.seed.go(place)
            return True
        if self._pen is not None:
            even = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            self._pen.go(place, self.table.pixel(), even)
            self._show()
        elif self.table.tools.tool == "brush":
            self.painting.hover(place, how_now(self.table.tools.how, event.modifiers()))
        return bool(pressed & Qt.MouseButton.LeftButton) and self._pen is not None

    def release(self, event: QMouseEvent, place: Place) -> bool:
        """End what a drag draws; a drag that went nowhere was a click."""
        if self._menu_place is not None:
            self._menu_place = None
            self._ask_menu(event, place)
            return True
        if self.painting.under_way:
            self.painting.end(place)
        elif self.seed.under_way:
            self.seed.end(place)
        elif isinstance(self._pen, PolygonPen):
            pass
        elif self._pen is not None:
            pen, self._pen = self._pen, None
            if self._far:
                self.finish(pen.shape(self.table.pixel()))
            self._show()
            if not self._far:
                self._choose(event, pen.start)
        else:
            return False
        return True

    def _choose(self, event: QMouseEvent, place: Place) -> None:
        x, y = floor(place[0] + 0.5), floor(place[1] + 0.5)
        ny, nx = self.table.size
        if 0 <= x < nx and 0 <= y < ny:
            self.table.view.clicked.emit(x, y, event.modifiers())

    def _ask_menu(self, event: QMouseEvent, place: Place) -> None:
        x, y = floor(place[0] + 0.5), floor(place[1] + 0.5)
        ny, nx = self.table.size
        if 0 <= x < nx and 0 <= y < ny:
            self.table.view.menu_wanted.emit(x, y, event.globalPosition())

    def twice(self, event: QMouseEvent, place: Place) -> bool:
        """Close the polygon; for other tools a second press."""
        if not isinstance(self._pen, PolygonPen):
            return self.press(event, place)
        if event.button() == Qt.MouseButton.LeftButton:
            self._close()
        return True

    def leave(self) -> None:
        """The mouse left the view: the brush is not shown."""
        if self._pen is None and not self.painting.under_way and not self.seed.under_way:
            self.table.item.show_draft(None)

    def _moved(self, start: Place, now: Place) -> bool:
        across, along = self.table.pixel()
        return hypot((now[0] - start[0]) / across, (now[1] - start[1]) / along) >= SHAKE

    # Keys

    def wants(self, event: QKeyEvent) -> bool:
        """Esc; Enter and Backspace while a polygon is drawn."""
        if event.key() == Qt.Key.Key_Escape:
            return True
        return isinstance(self._pen, PolygonPen) and event.key() in (*ENTER, Qt.Key.Key_Backspace, Qt.Key.Key_Delete)

    def key(self, event: QKeyEvent) -> bool:
        """Close a polygon, take its last vertex back, give up, or put the tool down."""
        pen = self._pen
        if event.key() == Qt.Key.Key_Escape:
            if not self.drop():
                self.session.set_tools(tool="")
        elif event.key() in ENTER:
            self._close()
        elif isinstance(pen, PolygonPen):
            if pen.take_back():
                self._show()
            else:
                self.drop()
        return True

    def change(self, step: int) -> bool:
        """Make the brush, or the tolerance of growing, larger (1) or smaller (-1); False where there is neither."""
        tools = self.table.tools
        if tools.tool == "brush":
            smaller, larger = BRUSHES
            by = max(0.5, round(tools.brush * (STEP - 1) * 2) / 2)
            radius = min(max(tools.brush + step * by, smaller), larger)
            self.session.set_tools(brush=radius)
            self.painting.renew()
            return True
        if tools.tool == "grow":
            self.seed.scale(STEP**step)
            return True
        return False

    @property
    def busy(self) -> bool:
        """Whether something is being drawn."""
        return self._pen is not None or self.painting.under_way or self.seed.under_way

    def drop(self) -> bool:
        """Give up what is being drawn; False where nothing is."""
        busy = self.busy
        self._pen, self._menu_place = None, None
        self.painting.drop()
        self.seed.drop()
        self.preview.drop()
        self.table.item.show_draft(None)
        return busy

    def follow(self, old: SessionState, new: SessionState) -> None:
        """The session changed: what was grown last follows its tolerance, what is painted its region."""
        if self.preview.is_gone(new):  # undone while it was drawn
            self.preview.forget()
            self.drop()
        self.painting.follow(new, old.tools.tool != new.tools.tool)
        if old.tools != new.tools:
            self.seed.follow()

    # The end

    def _close(self) -> None:
        pen, self._pen = self._pen, None
        if pen is not None:
            self.finish(pen.shape(self.table.pixel()), "a polygon needs at least 3 vertices")
        self._show()

    def finish(self, shape: Shape | None, complaint: str = "") -> int:
        """Make a region of the shape, or change the target with it; the number of the region, 0 for none."""
        if self.table.exposure is None:
            return 0
        if shape is None or not self.preview.covers(shape):
            self.preview.drop()
            self.table.note(complaint or "there is no pixel's centre inside")
            return 0
        return self.preview.end(shape)

    def colour(self, how: str | None = None, target: int | None = None) -> QColor:
        """Colour in which to draw: that of the region to be changed, or of the kind that is made."""
        how, number = how or self.how, self.target if target is None else target
        found = next((each.region for each in self.table.regions() if each.number == number), None)
        return QColor(COLOURS[self.table.tools.kind] if how == "new" or found is None else found.shown_colour)

    def _show(self) -> None:
        pen = self._pen
        if pen is None:
            self.table.item.show_draft(None)
            return
        trail = pen.trail()
        if self._far or trail:
            self.preview.put(pen.shape_now(self.table.pixel()))
        shape = None if trail or self.preview.number else pen.shape(self.table.pixel())
        dashed = self.how in ("subtract", "intersect")
        knots, closes = pen.knots(self.table.pixel())
        self.table.item.show_draft(Draft(self.colour(), shape, trail, dashed, knots=knots, closes=closes))
