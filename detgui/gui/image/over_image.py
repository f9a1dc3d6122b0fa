"""What lies over an image and is as large as it."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QRectF


class OverImage(pg.GraphicsObject):
    """An item over the pixels of an image; subclasses paint."""

    def __init__(self) -> None:
        super().__init__()
        self._bounds = QRectF()

    def cover(self, nx: int, ny: int) -> None:
        """Lie over an image of nx x ny; nx 0: over none."""
        bounds = QRectF(-0.5, -0.5, nx, ny) if nx else QRectF()
        if bounds != self._bounds:
            self.prepareGeometryChange()
            self._bounds = bounds
        self.update()

    def boundingRect(self) -> QRectF:
        return self._bounds
