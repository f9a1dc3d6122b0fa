"""The ramps of the 3 x 3 pixels around the chosen one, side by side on one scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from detgui.gui.common import plot_theme
from detgui.gui.common.quantity import plain

Floats = NDArray[np.float64]
_GAP = 2.0


def slopes(neighbours: Floats, first: int, last: int) -> Floats:
    """Least-squares slope of groups ``first`` to ``last`` (1-based) of each neighbour, DN/group, shape (3, 3).

    ``neighbours`` has shape (ngroups, 3, 3); NaN outside the array.
    """
    y = neighbours[first - 1 : last]
    if len(y) < 2:
        return np.full((3, 3), np.nan)
    x = np.arange(len(y)) - (len(y) - 1) / 2
    return np.tensordot(x, y, axes=(0, 0)) / (x @ x)


class NeighboursBox(QWidget):
    """Nine small ramps laid out as on the image, y upwards; ``chosen(x, y)`` when one is clicked."""

    chosen = Signal(int, int)

    def __init__(self, parent=None) -> None:
        super().__init__(parent)
        self._pixel = (0, 0)
        self._ramps: Floats | None = None
        self._slopes: Floats = np.full((3, 3), np.nan)
        self._hover: tuple[int, int] | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Ramps of the neighbouring pixels")

    def sizeHint(self) -> QSize:
        return QSize(140, 140)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 100)

    def show_neighbours(self, pixel: tuple[int, int], ramps: Floats | None, fit_groups: tuple[int, int]) -> None:
        """Show ``ramps``, shape (ngroups, 3, 3), DN, rows in the order of y, NaN outside the array; None for nothing."""
        self._pixel, self._ramps = pixel, ramps
        if ramps is not None:
            self._slopes = slopes(ramps, *fit_groups)
        self.update()

    def pixel_at(self, position: QPointF) -> tuple[int, int] | None:
        """The pixel whose cell lies under a point of the widget; None outside the array."""
        column, row = int(position.x() * 3 // max(self.width(), 1)), int(position.y() * 3 // max(self.height(), 1))
        if self._ramps is None or not (0 <= column < 3 and 0 <= row < 3) or not np.isfinite(self._ramps[:, 2 - row, column]).any():
            return None
        return self._pixel[0] + column - 1, self._pixel[1] + 1 - row

    def cell(self, dx: int, dy: int) -> QRectF:
        """Where the neighbour at (dx, dy), each -1 to 1, is drawn."""
        width, height = self.width() / 3, self.height() / 3
        return QRectF((dx + 1) * width, (1 - dy) * height, width, height).adjusted(_GAP / 2, _GAP / 2, -_GAP / 2, -_GAP / 2)

    def mousePressEvent(self, event) -> None:
        pixel = self.pixel_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and pixel is not None:
            self.chosen.emit(*pixel)

    def mouseMoveEvent(self, event) -> None:
        pixel = self.pixel_at(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if pixel else Qt.CursorShape.ArrowCursor)
        if pixel != self._hover:
            self._hover = pixel
            self.update()

    def leaveEvent(self, event) -> None:
        self._hover = None
        self.update()

    def event(self, event) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            pixel = self.pixel_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), self.describe(*pixel) if pixel else "", self)
            return True
        return super().event(event)

    def describe(self, x: int, y: int) -> str:
        """One line about a neighbour, for its tooltip."""
        column, row = x - self._pixel[0] + 1, y - self._pixel[1] + 1
        ramp = self._ramps[:, row, column]
        slope = plain(float(self._slopes[row, column]), 4)
        ends = f"{plain(float(ramp[0]))} to {plain(float(ramp[-1]))} DN"
        return f"x {x}, y {y}: {ends}; {slope} DN/group over the groups of the early line; click to choose"

    def paintEvent(self, event) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = plot_theme.from_palette(self.palette())
        low, high = self._scale()
        font = painter.font()
        font.setPointSizeF(max(font.pointSizeF() * 0.78, 6.5))
        painter.setFont(font)
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                self._paint_cell(painter, theme, dx, dy, low, high)
        painter.end()

    def _scale(self) -> tuple[float, float]:
        finite = self._ramps[np.isfinite(self._ramps)] if self._ramps is not None else np.array([])
        if not len(finite):
            return 0.0, 1.0
        low, high = float(finite.min()), float(finite.max())
        return (low, high) if high > low else (low - 0.5, high + 0.5)

    def _paint_cell(self, painter: QPainter, theme: plot_theme.PlotTheme, dx: int, dy: int, low: float, high: float) -> None:
        rect = self.cell(dx, dy)
        centre = dx == dy == 0
        hovered = self._hover == (self._pixel[0] + dx, self._pixel[1] + dy)
        painter.setPen(QPen(theme.foreground if centre or hovered else theme.grid, 1.2 if centre else 1.0))
        painter.setBrush(theme.background)
        painter.drawRect(rect)
        if self._ramps is None:
            return
        ramp = self._ramps[:, dy + 1, dx + 1]
        if not np.isfinite(ramp).any():
            painter.setPen(theme.faint)
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, "outside")
            return
        self._paint_ramp(painter, theme.line if centre else theme.points, rect, ramp, low, high)
        painter.setPen(theme.foreground)
        slope = plain(float(self._slopes[dy + 1, dx + 1]), 4)
        painter.drawText(rect.adjusted(3, 1, -3, -1), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, slope)

    def _paint_ramp(self, painter: QPainter, colour: QColor, rect: QRectF, ramp: Floats, low: float, high: float) -> None:
        inner = rect.adjusted(4, painter.fontMetrics().height(), -4, -3)
        good = np.flatnonzero(np.isfinite(ramp))
        x = inner.left() + good / max(len(ramp) - 1, 1) * inner.width()
        y = inner.bottom() - (ramp[good] - low) / (high - low) * inner.height()
        painter.setPen(QPen(colour, 1.4))
        painter.drawPolyline(QPolygonF([QPointF(a, b) for a, b in zip(x, y, strict=True)]))
