"""The mouse and the keys over one view: given to the arrow or to the drawing tool in hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent

from detgui.gui.common.background import Asker
from detgui.gui.image.image_view import ImageView
from detgui.gui.image.region_arrow import Arrow
from detgui.gui.image.region_draw import Drawing
from detgui.gui.image.region_edit import Place
from detgui.gui.image.region_item import RegionsItem
from detgui.gui.image.region_pens import PENS
from detgui.session.regions import DrawnRegion, RegionTools, regions_of
from detgui.session.requests import ImageAnswer
from detgui.session.session import Session
from detgui.session.state import OpenExposure, SessionState


class Table:
    """One view with its regions: what the arrow and the drawing tools need to know and to do."""

    def __init__(
        self, view: ImageView, item: RegionsItem, session: Session, answer: Callable[[], ImageAnswer | None], note: Callable[[str], None]
    ) -> None:
        self.view, self.item, self.session, self.answer, self.note = view, item, session, answer, note

    @property
    def tools(self) -> RegionTools:
        """The tool in hand."""
        return self.session.state.tools

    @property
    def exposure(self) -> OpenExposure | None:
        """The exposure whose image is shown, None where regions cannot lie on it."""
        answer = self.answer()
        shown = self.session.state.exposure(answer.request.frame.exposure) if answer is not None else None
        # A plane of another size (REFOUT) is not the array that regions belong to.
        return shown if shown is not None and answer is not None and shown.shape[2:] == answer.indices.shape else None

    @property
    def size(self) -> tuple[int, int]:
        """(ny, nx) of the shown exposure, (0, 0) for none."""
        exposure = self.exposure
        return (exposure.shape[2], exposure.shape[3]) if exposure is not None else (0, 0)

    def regions(self) -> tuple[DrawnRegion, ...]:
        """Regions of the shown exposure that are not hidden."""
        exposure = self.exposure
        found = regions_of(self.session.state, exposure.key) if exposure is not None else ()
        return tuple(each for each in found if not each.region.hidden)

    def selected(self) -> tuple[DrawnRegion, ...]:
        """The selected ones among them, in the order in which they were selected."""
        by_number = {each.number: each for each in self.regions()}
        return tuple(by_number[number] for number in self.session.state.selected if number in by_number)

    def pixel(self) -> Place:
        """Image pixels to a screen pixel along x and y."""
        return self.item.pixel()

    def show(self) -> None:
        """Draw the regions."""
        self.item.show_regions(self.regions(), self.session.state.selected, self.size)


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
        return self._ready() and self._user.wants(event)

    def key(self, event: QKeyEvent) -> bool:
        """A key went down."""
        return self.wants(event) and self._user.key(event)

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
