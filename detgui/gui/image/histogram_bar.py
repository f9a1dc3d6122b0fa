"""The histogram of the image with the two limits to drag and the colours between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

_STRIP = 7  # height of the colour strip, px
_GRIP = 6  # how near the mouse must be to a limit, px
_WIDEST = 64.0
_MOST_EMPTY = 0.15


class HistogramBar(QWidget):
    """Counts on a logarithmic scale around the limits; dragging a limit, or the span between, asks for typed limits.

    The wheel shows more or less of the range; a double click asks for automatic limits again.
    """

    limits_wanted = Signal(float, float)
    automatic_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip("Drag a limit or the span between them; wheel: show more or less of the range; double click: automatic limits")
        self.setAccessibleName("Histogram and limits")
        self._counts: NDArray[np.float64] = np.zeros(0)
        self._edges: NDArray[np.float64] = np.zeros(1)
        self._limits = (0.0, 1.0)
        self._extremes = (0.0, 1.0)
        self._strip: QImage | None = None
        self._filled: NDArray[np.uint32] = np.zeros((0, 0), np.uint32)
        self._margin = 0.4  # how much is shown on either side, in spans between the limits
        self._view = (0.0, 1.0)
        self._grip: tuple[str, float, tuple[float, float]] | None = None

    def sizeHint(self) -> QSize:
        return QSize(180, 44)

    def minimumSizeHint(self) -> QSize:
        return QSize(90, 44)

    def show_histogram(
        self, counts: NDArray[np.float64], edges: NDArray[np.float64], limits: tuple[float, float], extremes: tuple[float, float]
    ) -> None:
        """Show counts (n,), edges (n + 1,), limits and true extremes in the image's unit."""
        self._counts, self._edges, self._extremes = counts, edges, extremes
        if self._grip is None:  # while dragging, the hand knows better than answers on their way
            self._limits = limits
            self._view = self._range()
        self.update()

    def set_table(self, table: list[int]) -> None:
        """Show the colours of the image's colour table (the last one, for pixels without a value, left out)."""
        strip = np.array(table[:-1], dtype=np.uint32)
        self._strip = QImage(strip.tobytes(), len(strip), 1, QImage.Format.Format_RGB32).copy()
        self.update()

    @property
    def limits(self) -> tuple[float, float]:
        """The limits shown."""
        return self._limits

    def position(self, value: float) -> float:
        """Where along the widget a value is, px."""
        low, high = self._view
        return (value - low) / (high - low) * self.width()

    def _value(self, position: float) -> float:
        low, high = self._view
        return low + position / max(1, self.width()) * (high - low)

    def _range(self) -> tuple[float, float]:
        low, high = self._limits
        span = (high - low) or abs(high) or 1.0
        return low - self._margin * span, high + self._margin * span

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        palette = self.palette()
        height = self.height() - _STRIP - 1
        painter.fillRect(QRectF(0, 0, self.width(), height), palette.color(QPalette.ColorRole.Base))
        ratio = self.devicePixelRatioF()
        tall = self._heights(round(self.width() * ratio), (height - 3) * ratio)
        if tall is not None:
            faint = palette.color(QPalette.ColorRole.Text)
            faint.setAlpha(110)
            self._filled = _below(tall, round(height * ratio), faint.rgba())
            rows, columns = self._filled.shape
            picture = QImage(self._filled.data, columns, rows, 4 * columns, QImage.Format.Format_ARGB32)
            painter.drawImage(QRectF(0, 0, self.width(), height), picture)
        self._paint_limits(painter, height)

    def _paint_limits(self, painter: QPainter, height: int) -> None:
        left, right = (self.position(v) for v in self._limits)
        if self._strip is not None:
            painter.drawImage(QRectF(0, height + 1, max(0.0, left), _STRIP), self._strip.copy(0, 0, 1, 1))
            painter.drawImage(QRectF(left, height + 1, max(1.0, right - left), _STRIP), self._strip)
            painter.drawImage(
                QRectF(right, height + 1, max(0.0, self.width() - right), _STRIP), self._strip.copy(self._strip.width() - 1, 0, 1, 1)
            )
        outside = QColor(self.palette().color(QPalette.ColorRole.Window))
        outside.setAlpha(150)
        painter.fillRect(QRectF(0, 0, left, height), outside)
        painter.fillRect(QRectF(right, 0, self.width() - right, height), outside)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 2))
        for place in (left, right):
            painter.drawLine(QPointF(place, 0), QPointF(place, height))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(QPalette.ColorRole.Highlight))
        for place in (left, right):
            painter.drawRect(QRectF(place - 3, height / 2 - 7, 6, 14))

    def _heights(self, columns: int, tallest: float) -> NDArray[np.float64] | None:
        """log(1 + counts) at each of ``columns`` across the view, the largest of the bins that share one, as parts of ``tallest``."""
        if not len(self._counts) or columns < 1 or not np.isfinite(self._edges).all():
            return None
        inside = (self._edges[1:] >= self._view[0]) & (self._edges[:-1] <= self._view[1])
        if not inside.any():
            return None
        counts, edges = _joined(self._counts[inside], np.append(self._edges[:-1][inside], self._edges[1:][inside][-1]))
        tall = np.log1p(counts)
        values = np.linspace(*self._view, columns + 1)
        first = np.searchsorted(edges, values[:-1], "right") - 1
        found = np.maximum.reduceat(tall, np.clip(first, 0, len(tall) - 1))
        found[(values[1:] < edges[0]) | (values[:-1] > edges[-1])] = 0.0
        return np.asarray(found * (tallest / (tall.max() or 1.0)))

    def _part(self, position: float) -> str:
        """What is under the mouse: 'low', 'high', 'span' or ''."""
        left, right = (self.position(v) for v in self._limits)
        if min(abs(position - left), abs(position - right)) <= _GRIP:
            return "low" if abs(position - left) <= abs(position - right) else "high"
        return "span" if left < position < right else ""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        part = self._part(event.position().x()) if event.button() == Qt.MouseButton.LeftButton else ""
        if part:
            self._grip = (part, self._value(event.position().x()), self._limits)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position().x()
        if self._grip is None:
            shapes = {"": Qt.CursorShape.ArrowCursor, "span": Qt.CursorShape.OpenHandCursor}
            self.setCursor(shapes.get(self._part(place), Qt.CursorShape.SplitHCursor))
            return
        part, start, (low, high) = self._grip
        moved = self._value(place) - start
        least = (self._view[1] - self._view[0]) / max(1, self.width())
        if part == "low":
            low = min(low + moved, high - least)
        elif part == "high":
            high = max(high + moved, low + least)
        else:
            low, high = low + moved, high + moved
        if (low, high) != self._limits:
            self._limits = (low, high)
            self.update()
            self.limits_wanted.emit(low, high)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None:
            self._grip = None
            self._view = self._range()
            self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._grip = None
        self.automatic_wanted.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        factor = 1.25 if event.angleDelta().y() < 0 else 0.8
        self._margin = min(max(self._margin * factor, 0.05), _WIDEST)
        self._view = self._range()
        self.update()
        event.accept()


def _below(tall: NDArray[np.float64], rows: int, colour: int) -> NDArray[np.uint32]:
    """Pixels of ``colour`` up to the height of each column, shape (rows, columns)."""
    return np.where(np.arange(rows, 0, -1)[:, None] <= np.rint(tall)[None, :], np.uint32(colour), np.uint32(0))


def _joined(counts: NDArray[np.float64], edges: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Counts per width of bins joined until few are empty: integers leave gaps in bins narrower than 1, and spikes in others."""
    widths = np.diff(edges)
    while len(counts) >= 16:
        seen = np.flatnonzero(counts)
        if not len(seen) or np.mean(counts[seen[0] : seen[-1] + 1] == 0) < _MOST_EMPTY:
            break
        even = len(counts) // 2 * 2
        counts, widths = (np.append(each[:even].reshape(-1, 2).sum(axis=1), each[even:]) for each in (counts, widths))
    first = np.concatenate([edges[:1], edges[0] + np.cumsum(widths)])
    return counts * (np.median(widths) / widths), first
