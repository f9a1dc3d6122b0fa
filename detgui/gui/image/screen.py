"""Which pixels of an image lie under the pixels of the screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter, QTransform

Numbers = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class ScreenGrid:
    """The pixels of the screen, from ``left`` and ``top``, in which an item is seen; ``back`` leads from them to the item."""

    left: int
    top: int
    width: int
    height: int
    ratio: float  # screen pixels to a unit of the widget
    back: QTransform

    @property
    def steps(self) -> tuple[int, int]:
        """Rows and columns of the image along one screen pixel, rounded, at least 1."""
        return max(1, round(abs(self.back.m22()))), max(1, round(abs(self.back.m11())))

    def rows(self, step: int, size: int) -> Numbers:
        """Row under each row of the screen, in an image of ``size`` rows of ``step`` pixels each; -1 outside."""
        return _under(self.top, self.height, self.back.m22(), self.back.dy(), step, size)

    def columns(self, step: int, size: int) -> Numbers:
        """Column under each column of the screen; -1 outside."""
        return _under(self.left, self.width, self.back.m11(), self.back.dx(), step, size)

    def draw(self, painter: QPainter, image: QImage) -> None:
        """Draw an image of just these pixels."""
        image.setDevicePixelRatio(self.ratio)
        painter.save()
        painter.resetTransform()
        painter.drawImage(QPointF(self.left / self.ratio, self.top / self.ratio), image)
        painter.restore()


def screen_grid(item: pg.GraphicsObject, painter: QPainter, widget: Any) -> ScreenGrid | None:
    """Where an item whose image has its rows and columns along those of the screen is seen; None for nowhere, or a turned one."""
    ratio = painter.device().devicePixelRatioF()
    transform = painter.worldTransform() * QTransform.fromScale(ratio, ratio)
    back, invertible = transform.inverted()
    if not invertible or transform.isRotating():
        return None
    seen = transform.mapRect(item.boundingRect())
    if widget is not None:
        seen = seen.intersected(QRectF(0, 0, widget.width() * ratio, widget.height() * ratio))
    if item.getViewBox() is not None:
        seen = seen.intersected(transform.mapRect(item.mapRectFromView(item.getViewBox().viewRect())))
    place = seen.toAlignedRect()
    return None if place.isEmpty() else ScreenGrid(place.left(), place.top(), place.width(), place.height(), ratio, back)


def _under(first: int, count: int, scale: float, offset: float, step: int, size: int) -> Numbers:
    position = (np.arange(first, first + count) + 0.5) * scale + offset
    block = np.floor((position + 0.5) / step).astype(np.intp)
    return np.where((block >= 0) & (block < size), block, -1)
