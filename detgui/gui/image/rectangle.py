"""A rectangle of pixels on the image that is drawn, moved and resized with the mouse."""

from __future__ import annotations

from math import floor
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

REACH = 7.0  # screen pixels about an edge in which it can be taken
HANDLE = 7.0  # size of a handle on the screen

Rectangle = tuple[int, int, int, int]

_CURSORS = {
    (0, 0): Qt.CursorShape.SizeAllCursor,
    (1, 0): Qt.CursorShape.SizeHorCursor,
    (0, 1): Qt.CursorShape.SizeVerCursor,
    (1, 1): Qt.CursorShape.SizeBDiagCursor,
    (1, -1): Qt.CursorShape.SizeFDiagCursor,
}


def resized(begin: Rectangle, part: tuple[int, int], dx: int, dy: int, nx: int, ny: int) -> Rectangle:
    """A rectangle (inclusive corners) whose ``part`` was dragged by whole pixels, inside an image of nx x ny.

    ``part`` is (-1, 0, 1) for (left, neither, right) and the same for (bottom, neither, top); (0, 0) moves all of it. A side dragged
    past the opposite one turns the rectangle over.
    """
    x0, y0, x1, y1 = begin
    if part == (0, 0):
        dx, dy = min(max(dx, -x0), nx - 1 - x1), min(max(dy, -y0), ny - 1 - y1)
        return x0 + dx, y0 + dy, x1 + dx, y1 + dy
    x0, x1 = _side(x0, x1, part[0], dx, nx)
    y0, y1 = _side(y0, y1, part[1], dy, ny)
    return x0, y0, x1, y1


def _side(low: int, high: int, which: int, step: int, size: int) -> tuple[int, int]:
    if which < 0:
        low += step
    elif which > 0:
        high += step
    low, high = (min(max(each, 0), size - 1) for each in (low, high))
    return min(low, high), max(low, high)


class RectangleItem(pg.GraphicsObject):
    """Shows a rectangle of whole pixels; ``moved(rectangle, finished)`` while a person drags a corner, an edge or the middle.

    While ``drawing`` a drag anywhere in the image draws a new one; it ends with that drag.
    """

    moved = Signal(object, bool)
    drawing_ended = Signal()

    def __init__(self, colour: QColor | None = None) -> None:
        super().__init__()
        self._colour = colour or QColor("#56B4E9")
        self._rectangle: Rectangle | None = None
        self._shape = (0, 0)
        self._part: tuple[int, int] | None = None
        self._begin: Rectangle | None = None
        self.drawing = False
        self.setZValue(10)

    @property
    def rectangle(self) -> Rectangle | None:
        """x0, y0, x1, y1, 0-based and inclusive; None for none."""
        return self._rectangle

    def show_rectangle(self, rectangle: Rectangle | None, nx: int, ny: int) -> None:
        """Show a rectangle of an image of nx x ny; sends nothing."""
        if (nx, ny) != self._shape:
            self.prepareGeometryChange()
            self._shape = (nx, ny)
        self._rectangle = rectangle
        self.update()

    def set_drawing(self, on: bool) -> None:
        """Let the next drag draw a new rectangle, or not."""
        self.drawing = on
        self.setCursor(Qt.CursorShape.CrossCursor) if on else self.unsetCursor()

    def boundingRect(self) -> QRectF:
        nx, ny = self._shape
        return QRectF(-0.5, -0.5, nx, ny) if nx else QRectF()

    # Mouse

    def part_at(self, place: QPointF) -> tuple[int, int] | None:
        """What of the rectangle is under a point of the image: as in `resized`; None for nothing."""
        if self._rectangle is None:
            return None
        across, along = self._pixel_size()
        x0, y0, x1, y1 = self._rectangle
        reach_x, reach_y = REACH * across, REACH * along
        left, right, bottom, top = x0 - 0.5, x1 + 0.5, y0 - 0.5, y1 + 0.5
        if not (left - reach_x <= place.x() <= right + reach_x and bottom - reach_y <= place.y() <= top + reach_y):
            return None
        middle = QPointF((left + right) / 2, (bottom + top) / 2)
        if abs(place.x() - middle.x()) <= reach_x and abs(place.y() - middle.y()) <= reach_y:
            return (0, 0)
        part = (_near(place.x(), left, right, reach_x), _near(place.y(), bottom, top, reach_y))
        return None if part == (0, 0) else part

    def _pixel_size(self) -> tuple[float, float]:
        vectors = self.pixelVectors()
        if vectors[0] is None:
            return 1.0, 1.0
        return abs(vectors[0].x()), abs(vectors[1].y())

    def hoverEvent(self, event: Any) -> None:
        if self.drawing:
            if not event.isExit():
                event.acceptDrags(Qt.MouseButton.LeftButton)
            return
        part = None if event.isExit() else self.part_at(event.pos())
        if part is None or not event.acceptDrags(Qt.MouseButton.LeftButton):
            self.unsetCursor()
            return
        key = (abs(part[0]), abs(part[1])) if part[0] * part[1] >= 0 else (1, -1)
        self.setCursor(_CURSORS[key])

    def mouseDragEvent(self, event: Any) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        if event.isStart() and not self._take(event.buttonDownPos()):
            event.ignore()
            return
        if self._begin is None or self._part is None:
            event.ignore()
            return
        event.accept()
        start, now = event.buttonDownPos(), event.pos()
        steps = (floor(now.x() + 0.5) - floor(start.x() + 0.5), floor(now.y() + 0.5) - floor(start.y() + 0.5))
        self._rectangle = resized(self._begin, self._part, *steps, *self._shape)
        self.update()
        finished = bool(event.isFinish())
        if finished:
            self._begin = self._part = None
            if self.drawing:
                self.set_drawing(False)
                self.drawing_ended.emit()
        self.moved.emit(self._rectangle, finished)

    def _take(self, place: QPointF) -> bool:
        """Begin a drag; False where there is nothing to take."""
        if self.drawing:
            x, y = floor(place.x() + 0.5), floor(place.y() + 0.5)
            self._begin, self._part = (x, y, x, y), (1, 1)
            return True
        self._part = self.part_at(place)
        self._begin = self._rectangle if self._part is not None else None
        return self._begin is not None

    # Drawing

    def paint(self, painter: QPainter, option: Any, widget: Any = None) -> None:
        if self._rectangle is None:
            return
        x0, y0, x1, y1 = self._rectangle
        box = painter.worldTransform().mapRect(QRectF(x0 - 0.5, y0 - 0.5, x1 - x0 + 1, y1 - y0 + 1))
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((QColor(0, 0, 0, 200), 4.0), (self._colour, 2.0)):
            painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.MiterJoin))
            painter.drawRect(box)
        painter.setPen(QPen(QColor(0, 0, 0), 1.0))
        painter.setBrush(QBrush(self._colour))
        for x in (box.left(), box.center().x(), box.right()):
            for y in (box.top(), box.center().y(), box.bottom()):
                painter.drawRect(QRectF(x - HANDLE / 2, y - HANDLE / 2, HANDLE, HANDLE))
        painter.restore()


def _near(value: float, low: float, high: float, reach: float) -> int:
    """-1 near the low side, 1 near the high one, 0 near neither; the nearer one where both are in reach."""
    to_low, to_high = abs(value - low), abs(value - high)
    if min(to_low, to_high) > reach:
        return 0
    return -1 if to_low <= to_high else 1
