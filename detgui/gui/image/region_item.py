"""The regions over an image: outlines, names, handles, and what is being drawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPainterPath, QPen, QPolygonF, QTransform

from detgui.gui.image.region_edit import Place, handles
from detgui.gui.image.region_lines import ByIdentity, extent, member_lines
from detgui.gui.image.region_paths import draw_smooth, draw_thin, ground, outline_path, path_of_lines
from detgui.science.regions import Region, Shape
from detgui.session.regions import DrawnRegion

HANDLE = 7.0  # size of a handle on the screen
NEAR = 6.0  # screen pixels to an image pixel from which on it is shown which pixels belong
LARGEST_SHOWN = 400_000  # pixels of the box about a region of which that is shown
NAMED = 16.0  # a region smaller than this on the screen has its name written only while it is selected

NAME_WIDTH = 130
"""Screen pixels of a name that is not cut: those of neighbours would lie over each other."""

FEW = 10
"""Up to so many regions in view are drawn with smooth lines; those of more would take longer than a frame."""

_member_path = ByIdentity(path_of_lines, 16)


@dataclass(frozen=True, slots=True)
class Draft:
    """What is being drawn: a shape, a ``trail`` of places that are not closed yet, a round brush (x, y, radius), and vertices."""

    colour: QColor
    shape: Shape | None = None
    trail: tuple[Place, ...] = ()
    dashed: bool = False  # it takes away, or keeps the common part
    brush: tuple[float, float, float] | None = None
    knots: tuple[Place, ...] = ()  # vertices that are set
    closes: bool = False  # a click closes the outline at the first of them


class RegionsItem(pg.GraphicsObject):
    """Draws regions in image coordinates, all that it is given."""

    def __init__(self) -> None:
        super().__init__()
        self._size = (0, 0)
        self._shown: tuple[DrawnRegion, ...] = ()
        self._selected: frozenset[int] = frozenset()
        self._draft: Draft | None = None
        self.setZValue(8)

    @property
    def shown(self) -> tuple[DrawnRegion, ...]:
        """The regions that are drawn."""
        return self._shown

    @property
    def draft(self) -> Draft | None:
        """What is being drawn."""
        return self._draft

    def show_regions(self, regions: Iterable[DrawnRegion], selected: Iterable[int], size: tuple[int, int]) -> None:
        """Draw these over an image of ``size`` (ny, nx)."""
        if size != self._size:
            self.prepareGeometryChange()
            self._size = size
        self._shown = tuple(regions)
        self._selected = frozenset(selected)
        self.update()

    def show_draft(self, draft: Draft | None) -> None:
        """Draw what is being drawn."""
        if draft != self._draft:
            self._draft = draft
            self.update()

    def boundingRect(self) -> QRectF:
        ny, nx = self._size  # a shape may hang over the edge of the image
        return QRectF(-0.5 - nx, -0.5 - ny, 3 * nx, 3 * ny) if nx else QRectF()

    def pixel(self) -> Place:
        """Image pixels to a screen pixel along x and y."""
        view = self.getViewBox()
        across, along = view.viewPixelSize() if view is not None else (1.0, 1.0)
        return abs(across), abs(along)

    # Drawing

    def paint(self, painter: QPainter, option: Any, widget: Any = None) -> None:
        if not self._size[0]:
            return
        painter.save()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        transform, view = painter.worldTransform(), self._in_view()
        seen = [each for each in self._shown if _rect(each.region.shape).intersects(view)]
        seen.sort(key=lambda each: each.number in self._selected)
        for each in seen:
            colour, chosen = QColor(each.region.shown_colour), each.number in self._selected
            self._draw_members(painter, each.region.shape, colour)
            self._draw_outline(painter, each.region.shape, colour, chosen, fine=len(seen) <= FEW)
        if self._draft is not None:
            self._draw_draft(painter, self._draft)
        painter.resetTransform()
        if self._draft is not None:
            self._draw_knots(painter, transform, self._draft)
        for each in seen:
            chosen = each.number in self._selected
            if chosen and not each.region.locked and self._draft is None:
                self._draw_handles(painter, transform, each.region)
            self._draw_name(painter, transform, view, each.region, chosen)
        painter.restore()

    def _in_view(self) -> QRectF:
        view = self.getViewBox()
        return self.boundingRect() if view is None else self.mapRectFromView(view.viewRect())

    def _draw_outline(self, painter: QPainter, shape: Shape, colour: QColor, bold: bool, dashed: bool = False, fine: bool = True) -> None:
        step = max(1, ceil(min(self.pixel()) - 0.25))
        path, smooth = outline_path(shape, step)
        if smooth and (bold or fine):
            draw_smooth(painter, path, colour, bold, dashed)
        else:
            draw_thin(painter, path, colour, bold)

    def _draw_members(self, painter: QPainter, shape: Shape, colour: QColor) -> None:
        """The edges of the pixels that belong, where pixels are large enough to see them."""
        if max(self.pixel()) > 1 / NEAR or not outline_path(shape, 1)[1] or extent(shape, self._size) > LARGEST_SHOWN:
            return
        faint = QColor(colour)
        faint.setAlpha(150)
        draw_thin(painter, _member_path(member_lines(shape, self._size)), faint)

    def _draw_draft(self, painter: QPainter, draft: Draft) -> None:
        if draft.shape is not None:
            self._draw_members(painter, draft.shape, draft.colour)
            self._draw_outline(painter, draft.shape, draft.colour, bold=True, dashed=draft.dashed)
        if len(draft.trail) > 1:
            path = QPainterPath()
            path.addPolygon(QPolygonF([QPointF(*place) for place in draft.trail]))
            draw_smooth(painter, path, draft.colour, True, draft.dashed)
        if draft.brush is not None:
            x, y, radius = draft.brush
            path = QPainterPath()
            path.addEllipse(QPointF(x, y), radius, radius)
            draw_smooth(painter, path, draft.colour, dashed=draft.dashed)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _draw_knots(self, painter: QPainter, transform: QTransform, draft: Draft) -> None:
        """The vertices of an outline that is being drawn; the first is large and filled where a click there closes it."""
        painter.setPen(QPen(draft.colour.darker(180), 1.2))
        for number, place in enumerate(draft.knots):
            first = number == 0 and draft.closes
            painter.setBrush(QBrush(draft.colour if first else QColor("#FFFFFF")))
            size = 2 * HANDLE if first else HANDLE - 2
            at = transform.map(QPointF(*place))
            painter.drawRect(QRectF(at.x() - size / 2, at.y() - size / 2, size, size))

    def _draw_handles(self, painter: QPainter, transform: QTransform, region: Region) -> None:
        painter.setPen(QPen(QColor(region.shown_colour).darker(180), 1.2))
        painter.setBrush(QBrush(QColor("#FFFFFF")))
        for handle in handles(region.shape, self.pixel()):
            at = transform.map(QPointF(handle.x, handle.y))
            if handle.part.grip == "turn":
                painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
                painter.drawEllipse(at, HANDLE / 2 + 0.5, HANDLE / 2 + 0.5)
                painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            else:
                painter.drawRect(QRectF(at.x() - HANDLE / 2, at.y() - HANDLE / 2, HANDLE, HANDLE))

    def _draw_name(self, painter: QPainter, transform: QTransform, view: QRectF, region: Region, chosen: bool) -> None:
        whole = transform.mapRect(_rect(region.shape))
        if not region.name or (max(whole.width(), whole.height()) < NAMED and not chosen):
            return
        font = QFont(painter.font())
        font.setBold(chosen)
        painter.setFont(font)
        text = f"{region.name} (locked)" if region.locked and chosen else region.name
        seen, metrics, colour = transform.mapRect(view), painter.fontMetrics(), QColor(region.shown_colour)
        if not chosen:
            text = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, max(NAME_WIDTH, round(whole.width())))
        width, height = metrics.horizontalAdvance(text) + 6, metrics.height()
        left = min(max(whole.left(), seen.left() + 2), max(seen.right() - width - 2, seen.left()))
        plate = QRectF(left, max(whole.top() - height - 3, seen.top() + 2), width, height)
        painter.fillRect(plate, ground(colour))
        painter.setPen(colour.lighter(125))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)


def _rect(shape: Shape) -> QRectF:
    low_x, low_y, high_x, high_y = shape.bounds
    return QRectF(low_x, low_y, high_x - low_x, high_y - low_y)
