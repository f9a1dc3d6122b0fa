"""Hatching in screen pixels: eight patterns that stay apart without colour at any zoom."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPen, QPixmap, QPolygonF

TILE = 8  # screen pixels
NAMES = ("rising lines", "falling lines", "grid", "dots", "horizontal lines", "vertical lines", "diamonds", "checks")


def pattern(number: int) -> NDArray[np.bool_]:
    """Tile of the hatching of that number, shape (TILE, TILE); row 0 is the upper one."""
    row, column = np.mgrid[0:TILE, 0:TILE]
    tiles = (
        (row + column) % 4 == 0,
        (row - column) % 4 == 0,
        (row % 4 == 0) | (column % 4 == 0),
        (row % 4 < 2) & (column % 4 < 2),
        row % 4 < 1,
        column % 4 < 1,
        ((row + column) % 8 == 0) | ((row - column) % 8 == 0),
        (row // 2 + column // 2) % 2 == 0,
    )
    return np.asarray(tiles[number % len(tiles)], dtype=np.bool_)


def lookup(numbers: Sequence[int]) -> NDArray[np.uint8]:
    """Colour index of overlay value v at tile row r and column c, at ``v * TILE**2 + r * TILE + c``.

    0 for value 0, else 2 v - 1 between and 2 v on the lines. ``numbers``: pattern number of each overlay value, from 1 on.
    """
    table = np.zeros((len(numbers) + 1, TILE, TILE), dtype=np.uint8)
    for position, number in enumerate(numbers):
        table[position + 1] = 2 * position + 1 + pattern(number)
    return table.ravel()


def colour_table(colours: Sequence[QColor]) -> list[int]:
    """Colours for `lookup`: see-through dark ground and bright lines of each overlay value."""
    table = [0]
    for colour in colours:
        ground, line = _ground(colour), QColor(colour)
        ground.setAlpha(200)
        line.setAlpha(245)
        table += [ground.rgba(), line.rgba()]
    return table


def _ground(colour: QColor) -> QColor:
    """Darker than the lines, so that they show on bright images, and bright enough for a lone pixel to be seen."""
    return colour.darker(190)


def hatch(overlay: NDArray[np.uint8], rows: NDArray[np.intp], columns: NDArray[np.intp], table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Colour indices of every screen pixel: overlay[rows, columns] hatched with `lookup`'s table, shape (len(rows), len(columns)).

    ``rows`` and ``columns`` are the overlay row and column under every screen row and column, -1 outside the image.
    """
    inside_y, inside_x = rows >= 0, columns >= 0
    # One take along each axis is several times faster than indexing with both.
    picked = overlay.take(np.maximum(rows, 0), axis=0).take(np.maximum(columns, 0), axis=1).astype(np.uint16)
    picked *= TILE * TILE
    picked += ((np.arange(len(rows)) % TILE) * TILE).astype(np.uint16)[:, None]
    picked += (np.arange(len(columns)) % TILE).astype(np.uint16)[None, :]
    shown = table.take(picked)
    shown[~inside_y] = 0
    shown[:, ~inside_x] = 0
    return shown


@lru_cache(maxsize=64)
def _swatch(rgb: int, number: int, size: int) -> QIcon:
    colour = QColor.fromRgb(rgb)
    tile = np.tile(pattern(number), (size // TILE, size // TILE))
    image = QImage(np.where(tile, 2, 1).astype(np.uint8).tobytes(), size, size, size, QImage.Format.Format_Indexed8)
    image.setColorTable([0, _ground(colour).rgba(), colour.rgba()])
    icon = QIcon(QPixmap.fromImage(image))
    icon.addPixmap(_ticked(image), QIcon.Mode.Normal, QIcon.State.On)
    return icon


def _ticked(image: QImage) -> QPixmap:
    """The square with a tick: in a menu it takes the place of the check box."""
    pixmap = QPixmap.fromImage(image)
    size = pixmap.width()
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    tick = QPolygonF([QPointF(0.2 * size, 0.5 * size), QPointF(0.42 * size, 0.74 * size), QPointF(0.82 * size, 0.24 * size)])
    for colour, width in ((QColor("black"), 0.34), (QColor("white"), 0.17)):
        painter.setPen(QPen(colour, width * size, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        painter.drawPolyline(tick)
    painter.end()
    return pixmap


def swatch(colour: QColor, number: int, size: int = 16) -> QIcon:
    """A small square of that colour and hatching, for menus."""
    return _swatch(colour.rgb(), number, size)
