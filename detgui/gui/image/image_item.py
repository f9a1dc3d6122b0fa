"""An image drawn from 8-bit indices: stepping swaps a pointer, a new colour map swaps 256 numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QTransform

Indices = NDArray[np.uint8]


class IndexedImageItem(pg.GraphicsObject):
    """Image of uint8 ``indices``, shape (ny, nx), row 0 at the bottom; pixel (x, y) covers x - 0.5 .. x + 0.5.

    The array is drawn where it lies, without a copy; it must not change while it is shown. ``reduce(indices, step_y, step_x)``
    makes the picture that is shown when one screen pixel covers several image pixels; None: the nearest pixel is shown.
    """

    def __init__(self) -> None:
        super().__init__()
        self._indices: Indices | None = None
        self._image: QImage | None = None
        self._table: list[int] = [0xFF000000 | (i << 16) | (i << 8) | i for i in range(256)]
        self._reduce: Callable[[Indices, int, int], Indices] | None = None
        self._reduced: tuple[tuple[int, int], Indices, QImage] | None = None

    @property
    def indices(self) -> Indices | None:
        """The array shown."""
        return self._indices

    @property
    def colour_table(self) -> list[int]:
        """The 256 colours, 0xAARRGGBB."""
        return list(self._table)

    def set_indices(self, indices: Indices | None) -> None:
        """Show another array; None shows nothing."""
        old = None if self._indices is None else self._indices.shape
        if old != (None if indices is None else indices.shape):
            self.prepareGeometryChange()
        self._indices = None if indices is None else np.ascontiguousarray(indices)
        self._image = None if self._indices is None else self._wrap(self._indices)
        self._reduced = None
        self.update()

    def set_table(self, table: list[int]) -> None:
        """Use another colour table of 256 numbers 0xAARRGGBB."""
        if table == self._table:
            return
        self._table = table
        for image in (self._image, self._reduced[2] if self._reduced else None):
            if image is not None:
                image.setColorTable(table)
        self.update()

    def set_reduce(self, reduce: Callable[[Indices, int, int], Indices] | None) -> None:
        """Set how blocks of pixels are joined when zoomed out."""
        self._reduce = reduce
        self._reduced = None
        self.update()

    def boundingRect(self) -> QRectF:
        if self._indices is None:
            return QRectF()
        ny, nx = self._indices.shape
        return QRectF(-0.5, -0.5, nx, ny)

    def paint(self, painter: QPainter, option: Any, widget: Any = None) -> None:
        if self._indices is None or self._image is None:
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        steps = _steps(painter.worldTransform(), painter.device().devicePixelRatioF()) if self._reduce else (1, 1)
        if steps == (1, 1):
            painter.drawImage(self.boundingRect(), self._image)
            return
        ny, nx = self._indices.shape
        # The last block of a row may stick out of the image: blocks keep their true size and the rest is cut off.
        painter.setClipRect(self.boundingRect(), Qt.ClipOperation.IntersectClip)
        painter.drawImage(QRectF(-0.5, -0.5, -(-nx // steps[1]) * steps[1], -(-ny // steps[0]) * steps[0]), self._blocks(steps))

    def _blocks(self, steps: tuple[int, int]) -> QImage:
        assert self._reduce is not None and self._indices is not None
        if self._reduced is None or self._reduced[0] != steps:
            small = np.ascontiguousarray(self._reduce(self._indices, *steps))
            self._reduced = (steps, small, self._wrap(small))
        return self._reduced[2]

    def _wrap(self, indices: Indices) -> QImage:
        ny, nx = indices.shape
        image = QImage(indices.data, nx, ny, nx, QImage.Format.Format_Indexed8)
        image.setColorTable(self._table)
        return image


def _steps(transform: QTransform, ratio: float) -> tuple[int, int]:
    """Image rows and columns along one screen pixel, at least 1."""
    scales = (abs(transform.m22()) * ratio, abs(transform.m11()) * ratio)
    rows, columns = (1 if scale <= 0 else max(1, int(1.0 / scale + 1e-6)) for scale in scales)
    return rows, columns
