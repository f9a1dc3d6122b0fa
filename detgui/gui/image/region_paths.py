"""Outlines of regions as Qt draws them."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF, QTransform

from detgui.gui.image.region_lines import ByIdentity, closed_outline, lines_of_pixels
from detgui.science.regions import Shape

DARK, LIGHT = QColor(0, 0, 0, 190), QColor(255, 255, 255, 210)
DIM = 0.25
"""Brightness, 0 to 1, of colours that are not seen on a dark ground."""


MANY = 20_000
"""Ends of lines above which bold ones are drawn in fewer passes: they are noise rather than an outline."""


def path_of_lines(lines: NDArray[np.float64]) -> QPainterPath:
    """Separate lines, shape (n, 4): x, y, x, y."""
    if not len(lines):
        return QPainterPath()
    ends = np.ascontiguousarray(lines, np.float64).reshape(-1, 2)
    return pg.arrayToQPath(ends[:, 0], ends[:, 1], connect="pairs", finiteCheck=False)


def _outline(shape: Shape, step: int) -> tuple[QPainterPath, bool]:
    points = closed_outline(shape)
    if points is None:
        return path_of_lines(lines_of_pixels(shape, step)), False
    path = QPainterPath()
    path.addPolygon(QPolygonF([QPointF(x, y) for x, y in points]))
    path.closeSubpath()
    return path, True


outline_path = ByIdentity(_outline)
"""(shape, step): its outline in image coordinates, of blocks of ``step`` pixels, and whether that is one smooth line."""


def ground(colour: QColor) -> QColor:
    """What is drawn under lines and words of a colour, so that they are seen on any image."""
    return LIGHT if brightness(colour) < DIM else DARK


def brightness(colour: QColor) -> float:
    """How bright a colour looks, 0 to 1 (luma of ITU-R BT.601)."""
    return 0.299 * colour.redF() + 0.587 * colour.greenF() + 0.114 * colour.blueF()


def cosmetic(colour: QColor, width: float, dashed: bool = False) -> QPen:
    """A pen of that width on the screen."""
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    if dashed:
        pen.setDashPattern([5.0, 4.0])
    return pen


def draw_thin(painter: QPainter, path: QPainterPath, colour: QColor, bold: bool = False) -> None:
    """A path in image coordinates as lines of one screen pixel, with one of `ground` beside each: quick for thousands of lines."""
    if path.isEmpty():
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    at = painter.worldTransform()
    under = ground(colour)
    passes = ((under, 1.0, 1.0), (colour, 0.0, 0.0))
    if bold and path.elementCount() > MANY:
        passes = ((under, 1.0, 1.0), (under, -2.0, -2.0), (colour, -1.0, -1.0), (colour, 0.0, 0.0))
    elif bold:
        rim = tuple((under, dx, dy) for dx in (-1.0, 2.0) for dy in (-1.0, 2.0))  # on either side, whichever way a line goes
        passes = (*rim, *((colour, dx, dy) for dx in (0.0, 1.0) for dy in (0.0, 1.0)))
    for shade, dx, dy in passes:
        painter.setPen(cosmetic(shade, 1.0))
        painter.setWorldTransform(at * QTransform.fromTranslate(dx, dy))
        painter.drawPath(path)
    painter.restore()


def draw_smooth(painter: QPainter, path: QPainterPath, colour: QColor, bold: bool = False, dashed: bool = False) -> None:
    """A path in image coordinates as a line with a halo."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    width = 2.0 if bold else 1.3
    for pen in (cosmetic(ground(colour), width + 2.0), cosmetic(colour, width, dashed)):
        painter.setPen(pen)
        painter.drawPath(path)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
