"""Thousands of points and error bars in a few milliseconds: all alike, so that nothing needs to be kept for each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QPainter, QPen, QPolygonF

Floats = NDArray[np.float64]
ROUND = 1000  # more points than that are squares, which are drawn faster


def joined(x: Floats, low: Floats, high: Floats, ratio: float) -> tuple[Floats, Floats, Floats]:
    """Bars that share a column of the screen, ``ratio`` columns to a unit of the rising ``x``, as one: x, low and high, shape (m,)."""
    column = np.floor(x * ratio)
    starts = np.flatnonzero(np.diff(column, prepend=np.nan))  # NaN differs from anything
    if len(starts) == len(x):
        return x, low, high
    return (column[starts] + 0.5) / ratio, np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)


class _Many(pg.GraphicsObject):
    """Values ``x`` and ``y``, shape (n,), drawn in the pixels of the screen."""

    def __init__(self) -> None:
        super().__init__()
        self._x: Floats = np.zeros(0)
        self._y: Floats = np.zeros(0)
        self._bounds = QRectF()

    def getData(self) -> tuple[Floats, Floats]:
        """The values shown."""
        return self._x, self._y

    def boundingRect(self) -> QRectF:
        return self._bounds

    def _take(self, x: Floats, y: Floats, reach: Floats | float) -> None:
        self.prepareGeometryChange()
        self._x, self._y = np.asarray(x, np.float64), np.asarray(y, np.float64)
        self._bounds = QRectF()
        if len(self._x):
            low, high = np.min(self._y - reach), np.max(self._y + reach)
            left, right = np.min(self._x), np.max(self._x)
            self._bounds = QRectF(left, low, max(right - left, 1e-9), max(high - low, 1e-9))
        self.update()

    def paint(self, painter: QPainter, option: Any, widget: Any = None) -> None:
        if not len(self._x):
            return
        transform = painter.worldTransform()
        across, up = self._x * transform.m11() + transform.dx(), self._y * transform.m22() + transform.dy()
        painter.save()
        painter.resetTransform()
        self._draw(painter, across, up, abs(transform.m22()), exact=widget is None)  # None: a figure is made
        painter.restore()

    def _draw(self, painter: QPainter, across: Floats, up: Floats, scale: float, exact: bool) -> None:
        raise NotImplementedError


class ManyPoints(_Many):
    """Dots of ``size`` screen pixels."""

    def __init__(self, size: float) -> None:
        super().__init__()
        self._size = size
        self._brush = QBrush()

    def setData(self, x: Floats, y: Floats) -> None:
        """Show other values, finite ones."""
        self._take(x, y, 0.0)

    def setBrush(self, brush: QBrush) -> None:
        """Show them in another colour."""
        self._brush = brush
        self.update()

    def viewTransformChanged(self) -> None:
        """A dot at the edge reaches beyond the values."""
        self.prepareGeometryChange()

    def boundingRect(self) -> QRectF:
        across, up = self.pixelVectors()
        if self._bounds.isNull() or across is None:
            return self._bounds
        x, y = self._size * abs(across.x()), self._size * abs(up.y())
        return self._bounds.adjusted(-x, -y, x, y)

    def _draw(self, painter: QPainter, across: Floats, up: Floats, scale: float, exact: bool) -> None:
        if exact or len(across) <= ROUND:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            painter.setPen(QPen(self._brush, self._size, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawPoints(QPolygonF([QPointF(a, b) for a, b in zip(across.tolist(), up.tolist(), strict=True)]))
            return
        side = self._size - 1
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._brush)
        corners = zip((across - side / 2).tolist(), (up - side / 2).tolist(), strict=True)
        painter.drawRects([QRectF(a, b, side, side) for a, b in corners])


class ManyBars(_Many):
    """Upright error bars without ends; those that share a column of the screen are drawn as one."""

    def __init__(self) -> None:
        super().__init__()
        self._half: Floats = np.zeros(0)
        self._pen = QPen()

    def setData(self, x: Floats, y: Floats, height: Floats) -> None:
        """Show other values, finite ones; ``x`` rises, ``height`` is the whole bar's."""
        self._half = np.asarray(height, np.float64) / 2
        self._take(x, y, self._half)

    def setPen(self, pen: QPen) -> None:
        """Show them in another colour."""
        self._pen = pen
        self.update()

    def _draw(self, painter: QPainter, across: Floats, up: Floats, scale: float, exact: bool) -> None:
        low, high = up - scale * self._half, up + scale * self._half
        if not exact:
            across, low, high = joined(across, low, high, painter.device().devicePixelRatioF())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(self._pen)
        ends = zip(across.tolist(), low.tolist(), high.tolist(), strict=True)
        painter.drawLines([QLineF(a, b, a, c) for a, b, c in ends])
