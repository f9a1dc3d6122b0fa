"""What lies over the image: flags, reference pixels, amplifier boundaries, the chosen and the pinned pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen, QTransform

from detgui.gui.image import hatching
from detgui.gui.image.over_image import OverImage
from detgui.gui.image.picture import blocks
from detgui.gui.image.screen import ScreenGrid, screen_grid

_DARK = QColor(0, 0, 0, 170)


class HatchedItem(pg.GraphicsObject):
    """Pixels of ``overlay`` (uint8, 0 nothing, else 1 + position of its flag) in their flag's colour and hatching."""

    def __init__(self) -> None:
        super().__init__()
        self._overlay: NDArray[np.uint8] | None = None
        self._colours: list[int] = [0]
        self._lookup = hatching.lookup(())
        self._reduced: tuple[int, int, NDArray[np.uint8]] | None = None
        self._buffer: NDArray[np.uint8] | None = None

    def set_overlay(self, overlay: NDArray[np.uint8] | None, styles: Sequence[tuple[QColor, int]]) -> None:
        """Show another array, shape (ny, nx); value v has the colour and hatching number ``styles[v - 1]``."""
        old = None if self._overlay is None else self._overlay.shape
        if old != (None if overlay is None else overlay.shape):
            self.prepareGeometryChange()
        self._overlay = overlay
        self._colours = hatching.colour_table([colour for colour, _ in styles])
        self._lookup = hatching.lookup([number for _, number in styles])
        self._reduced = None
        self.update()

    def boundingRect(self) -> QRectF:
        if self._overlay is None:
            return QRectF()
        ny, nx = self._overlay.shape
        return QRectF(-0.5, -0.5, nx, ny)

    def paint(self, painter: QPainter, option: Any, widget: Any = None) -> None:
        if self._overlay is None:
            return
        grid = screen_grid(self, painter, widget)
        if grid is None:
            return
        self._buffer = self._picture(grid)
        image = QImage(self._buffer.data, grid.width, grid.height, grid.width, QImage.Format.Format_Indexed8)
        image.setColorTable(self._colours)
        grid.draw(painter, image)

    def _picture(self, grid: ScreenGrid) -> NDArray[np.uint8]:
        step_y, step_x = grid.steps
        overlay = self._blocks(step_y, step_x)
        rows, columns = grid.rows(step_y, overlay.shape[0]), grid.columns(step_x, overlay.shape[1])
        return hatching.hatch(overlay, rows, columns, self._lookup)

    def _blocks(self, step_y: int, step_x: int) -> NDArray[np.uint8]:
        """The overlay with blocks joined so that a lone flagged pixel stays visible when zoomed out."""
        assert self._overlay is not None
        if step_x == step_y == 1:
            return self._overlay
        if self._reduced is None or self._reduced[:2] != (step_y, step_x):
            self._reduced = (step_y, step_x, blocks(self._overlay, step_y, step_x))
        return self._reduced[2]


class AmplifierItem(OverImage):
    """Lines between the outputs' regions and the letter of each region."""

    def __init__(self) -> None:
        super().__init__()
        self._axis = "x"
        self._edges: tuple[float, ...] = ()
        self._letters: tuple[str, ...] = ()

    def set_regions(self, nx: int, ny: int, axis: str, edges: tuple[float, ...], letters: tuple[str, ...]) -> None:
        """``edges`` in pixel coordinates along ``axis`` between the ``len(edges) + 1`` regions called ``letters``."""
        self._axis, self._edges, self._letters = axis, edges, letters
        self.cover(nx, ny)

    def paint(self, painter: QPainter, option: Any, widget: Any = None) -> None:
        if self._bounds.isEmpty():
            return
        transform = painter.worldTransform()
        painter.save()
        painter.resetTransform()
        box = self._bounds
        for edge in self._edges:
            ends = (edge, box.top(), edge, box.bottom()) if self._axis == "x" else (box.left(), edge, box.right(), edge)
            first, last = transform.map(QPointF(*ends[:2])), transform.map(QPointF(*ends[2:]))
            for colour, width in ((_DARK, 3.0), (QColor("#FFFFFF"), 1.0)):
                painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine if width > 1 else Qt.PenStyle.DashLine))
                painter.drawLine(first, last)
        self._draw_letters(painter, transform)
        painter.restore()

    def _draw_letters(self, painter: QPainter, transform: QTransform) -> None:
        font = QFont(painter.font())
        font.setBold(True)
        painter.setFont(font)
        view = self._visible()
        low, high = (view.left(), view.right()) if self._axis == "x" else (view.top(), view.bottom())
        first, last = (self._bounds.left(), self._bounds.right()) if self._axis == "x" else (self._bounds.top(), self._bounds.bottom())
        limits = (first, *self._edges, last)
        for letter, start, end in zip(self._letters, limits, limits[1:], strict=False):
            start, end = max(start, low), min(end, high)
            if end <= start or not letter:
                continue
            middle = (start + end) / 2
            # In y-up coordinates bottom() of the view rectangle is its upper edge on screen.
            spot = QPointF(middle, view.bottom()) if self._axis == "x" else QPointF(view.left(), middle)
            at = transform.map(spot) + (QPointF(-9, 6) if self._axis == "x" else QPointF(6, -10))
            plate = QRectF(at.x(), at.y(), 18, 20)
            painter.fillRect(plate, _DARK)
            painter.setPen(QColor("#FFFFFF"))
            painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, letter)

    def _visible(self) -> QRectF:
        view = self.getViewBox()
        return self._bounds if view is None else self._bounds.intersected(self.mapRectFromView(view.viewRect()))


@dataclass(frozen=True, slots=True)
class Mark:
    """One marked pixel: a box of its colour and, if ``cross``, four hairs around it; ``label`` beside it."""

    x: int
    y: int
    colour: QColor
    cross: bool = False
    label: str = ""


class MarksItem(OverImage):
    """Boxes around the chosen and the pinned pixels, never smaller than a few screen pixels."""

    SMALLEST = 9.0  # screen pixels
    HAIR = 16.0

    def __init__(self) -> None:
        super().__init__()
        self._marks: tuple[Mark, ...] = ()

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What is marked."""
        return self._marks

    def set_marks(self, marks: tuple[Mark, ...], nx: int, ny: int) -> None:
        """Mark these pixels of an image of nx x ny."""
        self._marks = marks
        self.cover(nx, ny)

    def paint(self, painter: QPainter, option: Any, widget: Any = None) -> None:
        transform = painter.worldTransform()
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for mark in self._marks:
            box = transform.mapRect(QRectF(mark.x - 0.5, mark.y - 0.5, 1, 1))
            grow_x, grow_y = max(0.0, self.SMALLEST - box.width()) / 2, max(0.0, self.SMALLEST - box.height()) / 2
            self._draw(painter, mark, box.adjusted(-grow_x, -grow_y, grow_x, grow_y))
        painter.restore()

    def _draw(self, painter: QPainter, mark: Mark, box: QRectF) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((QColor(0, 0, 0, 200), 4.0), (mark.colour, 2.0)):
            painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.MiterJoin))
            painter.drawRect(box)
            if mark.cross:
                middle = box.center()
                painter.drawLine(QPointF(middle.x(), box.top() - self.HAIR), QPointF(middle.x(), box.top() - 3))
                painter.drawLine(QPointF(middle.x(), box.bottom() + 3), QPointF(middle.x(), box.bottom() + self.HAIR))
                painter.drawLine(QPointF(box.left() - self.HAIR, middle.y()), QPointF(box.left() - 3, middle.y()))
                painter.drawLine(QPointF(box.right() + 3, middle.y()), QPointF(box.right() + self.HAIR, middle.y()))
