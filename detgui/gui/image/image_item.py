"""An image drawn from 8-bit indices: stepping swaps a pointer, a new colour map swaps 256 numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QTransform

from detgui.gui.image.screen import ScreenGrid, screen_grid
from detgui.science import kernels

Indices = NDArray[np.uint8]


class IndexedImageItem(pg.GraphicsObject):
    """Image of uint8 ``indices``, shape (ny, nx), row 0 at the bottom; pixel (x, y) covers x - 0.5 .. x + 0.5.

    The array is drawn where it lies, without a copy; it must not change while it is shown. ``reduce(indices, step_y, step_x)``
    makes the picture that is shown when one screen pixel covers several image pixels; None: the nearest pixel is shown.
    """

    def __init__(self) -> None:
        super().__init__()
        self._indices: Indices | None = None
        self._table: list[int] = [0xFF000000 | (i << 16) | (i << 8) | i for i in range(256)]
        self._reduce: Callable[[Indices, int, int], Indices] | None = None
        self._colours = np.array(self._table, np.uint32)
        self._reduced: tuple[tuple[int, int], Indices] | None = None
        self._screen: tuple[object, NDArray[np.uint32]] | None = None  # what it was made for, colours on the screen
        self._pixels: NDArray[np.uint32] = np.empty((0, 0), np.uint32)

    @property
    def indices(self) -> Indices | None:
        """The array shown."""
        return self._indices

    @property
    def colour_table(self) -> list[int]:
        """The 256 colours, 0xFFRRGGBB."""
        return list(self._table)

    def set_indices(self, indices: Indices | None) -> None:
        """Show another array; None shows nothing."""
        old = None if self._indices is None else self._indices.shape
        if old != (None if indices is None else indices.shape):
            self.prepareGeometryChange()
        if indices is not None and indices is self._indices:
            return
        self._indices = None if indices is None else np.ascontiguousarray(indices)
        self._reduced = self._screen = None
        self.update()

    def set_table(self, table: list[int]) -> None:
        """Use another colour table of 256 opaque numbers 0xFFRRGGBB."""
        if table == self._table:
            return
        self._table, self._colours, self._screen = table, np.array(table, np.uint32), None
        self.update()

    def set_reduce(self, reduce: Callable[[Indices, int, int], Indices] | None) -> None:
        """Set how blocks of pixels are joined when zoomed out."""
        if reduce is self._reduce:
            return
        self._reduce = reduce
        self._reduced = self._screen = None
        self.update()

    def boundingRect(self) -> QRectF:
        if self._indices is None:
            return QRectF()
        ny, nx = self._indices.shape
        return QRectF(-0.5, -0.5, nx, ny)

    def paint(self, painter: QPainter, option: Any, widget: Any = None) -> None:
        if self._indices is None:
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        steps = _steps(painter.worldTransform(), painter.device().devicePixelRatioF()) if self._reduce else (1, 1)
        # Several times faster than Qt's scaling; figures that are saved go the other way and keep every pixel.
        grid = screen_grid(self, painter, widget) if widget is not None and kernels.ready() else None
        if grid is not None:
            grid.draw(painter, self._picked(grid, steps))
        elif steps == (1, 1):
            painter.drawImage(self.boundingRect(), self._wrap(self._indices))
        else:
            self._draw_blocks(painter, steps)

    def _draw_blocks(self, painter: QPainter, steps: tuple[int, int]) -> None:
        assert self._indices is not None
        ny, nx = self._indices.shape
        # The last block of a row may stick out of the image: blocks keep their true size and the rest is cut off.
        painter.setClipRect(self.boundingRect(), Qt.ClipOperation.IntersectClip)
        image = self._wrap(self._blocks(steps))
        painter.drawImage(QRectF(-0.5, -0.5, -(-nx // steps[1]) * steps[1], -(-ny // steps[0]) * steps[0]), image)

    def _picked(self, grid: ScreenGrid, steps: tuple[int, int]) -> QImage:
        """The colour of the pixel, or block, under each pixel of the screen; kept for the next time only the marks move."""
        if self._screen is None or self._screen[0] != (grid, steps):
            indices = self._blocks(steps)
            colours = self._colours_for(grid.height, grid.width)
            rows, columns = grid.rows(steps[0], indices.shape[0]), grid.columns(steps[1], indices.shape[1])
            kernels.pick(indices, rows, columns, self._colours, colours)
            self._screen = ((grid, steps), colours)
        colours = self._screen[1]
        return QImage(colours.data, grid.width, grid.height, 4 * grid.width, QImage.Format.Format_RGB32)

    def _colours_for(self, height: int, width: int) -> NDArray[np.uint32]:
        """An array for the colours on the screen, the same one as long as its shape stays: fresh memory is slow."""
        if self._pixels.shape != (height, width):
            self._pixels = np.empty((height, width), np.uint32)
        return self._pixels

    def _blocks(self, steps: tuple[int, int]) -> Indices:
        assert self._indices is not None
        if self._reduce is None or steps == (1, 1):
            return self._indices
        if self._reduced is None or self._reduced[0] != steps:
            self._reduced = (steps, np.ascontiguousarray(self._reduce(self._indices, *steps)))
        return self._reduced[1]

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
