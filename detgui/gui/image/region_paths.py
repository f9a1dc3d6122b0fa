"""Outlines of regions as Qt draws them: of shapes, and of single pixels along their edges."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QTransform

DARK = QColor(0, 0, 0, 190)


def path_of_lines(lines: NDArray[np.float64]) -> QPainterPath:
    """Separate lines, shape (n, 4): x, y, x, y."""
    if not len(lines):
        return QPainterPath()
    ends = np.ascontiguousarray(lines, np.float64).reshape(-1, 2)
    return pg.arrayToQPath(ends[:, 0], ends[:, 1], connect="pairs", finiteCheck=False)


def draw_thin(painter: QPainter, path: QPainterPath, colour: QColor) -> None:
    """A path in image coordinates as lines of one screen pixel, with a dark one beside each: quick for thousands of lines."""
    if path.isEmpty():
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    at = painter.worldTransform()
    for shade, move in ((DARK, 1.0), (colour, 0.0)):
        pen = QPen(shade, 1.0)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setWorldTransform(at * QTransform.fromTranslate(move, move))
        painter.drawPath(path)
    painter.restore()
