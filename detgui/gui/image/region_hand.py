"""The mouse and the keys over one view: given to the arrow or to the drawing tool in hand."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent

from detgui.gui.common.background import Asker
from detgui.gui.image.region_arrow import Arrow
from detgui.gui.image.region_draw import Drawing
from detgui.gui.image.region_pens import PENS
from detgui.gui.image.region_table import Table
from detgui.session.state import SessionState


class RegionHand:
    """What `image_view.ImageView` asks first about every mouse and key event; True means that nobody else gets it."""

    def __init__(self, table: Table, asker: Asker) -> None:
        self._table = table
        self.arrow = Arrow(table)
        self.drawing = Drawing(table, asker)
        table.view.hand = self
        table.view.clicked.connect(self._clicked)

    @property
    def _user(self) -> Arrow | Drawing:
        return self.drawing if self._table.tools.tool and not self.arrow.is_dragging else self.arrow

    def _lends(self, event: QMouseEvent, place: QPointF) -> bool:
        """Whether the arrow takes this although a tool is in hand: what was just drawn can be put right by its handles."""
        tools = self._table.tools
        idle = tools.tool in PENS and tools.how == "new" and not event.modifiers() and not self.drawing.busy
        return idle and self.arrow.has_handle((place.x(), place.y()))

    def _ready(self) -> bool:
        return self._table.exposure is not None

    def press(self, event: QMouseEvent, place: QPointF) -> bool:
        """A button went down."""
        if not self._ready():
            return False
        if event.button() == Qt.MouseButton.LeftButton and self._lends(event, place):
            return self.arrow.press(event, (place.x(), place.y()))
        return self._user.press(event, (place.x(), place.y()))

    def move(self, event: QMouseEvent, place: QPointF) -> bool:
        """The mouse moved, with or without a button."""
        if not self._ready():
            return False
        if self._table.tools.tool and not event.buttons():
            if self._lends(event, place):
                return self.arrow.move(event, (place.x(), place.y()))  # which shows what it would take
            self.arrow.leave()
            self._show_cursor(self._table.session.state)
        return self._user.move(event, (place.x(), place.y()))

    def release(self, event: QMouseEvent, place: QPointF) -> bool:
        """A button went up."""
        return self._user.release(event, (place.x(), place.y()))

    def twice(self, event: QMouseEvent, place: QPointF) -> bool:
        """A double click's second press."""
        user = self.arrow if self._ready() and self._lends(event, place) else self._user
        return self._ready() and user.twice(event, (place.x(), place.y()))

    def turn(self, event: QWheelEvent) -> bool:
        """The wheel was turned: with Ctrl it changes the brush or the tolerance."""
        step = event.angleDelta().y()
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier or not step:
            return False
        return self.drawing.change(1 if step > 0 else -1)

    def leave(self) -> None:
        """The mouse left the view."""
        self.drawing.leave()

    def wants(self, event: QKeyEvent) -> bool:
        """Whether a key means something here now, and must not be taken for a shortcut."""
        return self._ready() and self._user_of(event).wants(event)

    def key(self, event: QKeyEvent) -> bool:
        """A key went down."""
        return self.wants(event) and self._user_of(event).key(event)

    def _user_of(self, event: QKeyEvent) -> Arrow | Drawing:
        """With a tool in hand that rests, the selected regions are still moved and deleted by keys; Esc puts the tool down."""
        rests = self._table.tools.tool and not self.drawing.busy and event.key() != Qt.Key.Key_Escape
        return self.arrow if rests else self._user

    def key_up(self, event: QKeyEvent) -> bool:
        """A key went up."""
        return self._ready() and self.arrow.key_up(event)

    def follow(self, old: SessionState, new: SessionState) -> None:
        """The session changed."""
        if old.tools.tool != new.tools.tool or _array(old) != _array(new):
            self.drawing.drop()
            self.arrow.drop()
        self.drawing.follow(old, new)
        self._show_cursor(new)

    def _show_cursor(self, state: SessionState) -> None:
        if state.tools.tool:
            self._table.item.setCursor(Qt.CursorShape.CrossCursor)
        elif self._table.item.hasCursor() and self._table.item.cursor().shape() == Qt.CursorShape.CrossCursor:
            self._table.item.unsetCursor()

    def _clicked(self, x: int, y: int, modifiers: Any) -> None:
        if self._ready() and not self._table.tools.tool:
            self.arrow.clicked((x, y), modifiers)


def _array(state: SessionState) -> str:
    return state.current.array if state.current is not None else ""
