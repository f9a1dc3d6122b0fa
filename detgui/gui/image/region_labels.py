"""Boxes of a label image drawn over it: thin lines where the label changes, those of voids in their own colour."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPainterPath

from detgui.gui.image.region_paths import draw_thin, path_of_lines
from detgui.science.regions import COLOURS

BULK_COLOUR, VOID_COLOUR = QColor("#E8E8E8"), QColor(COLOURS["void"])

Lines = NDArray[np.float64]
Numbers = NDArray[np.intp]
Labels = NDArray[np.integer[Any]]


def borders(labels: Labels, void: NDArray[np.bool_]) -> tuple[Lines, Lines]:
    """Lines between pixels of different labels, shape (n, 4): x, y, x, y; those with no void on either side, and the others.

    ``labels`` (ny, nx), negative where there is no box; ``void`` by label. Runs along a row or a column are one line.
    """
    kinds = np.append(void, False)  # the last one is that of label -1
    rows, columns = np.nonzero(labels[:, 1:] != labels[:, :-1])
    upright = _runs(columns, rows, labels[rows, columns], labels[rows, columns + 1], kinds)
    rows, columns = np.nonzero(labels[1:] != labels[:-1])
    level = _runs(rows, columns, labels[rows, columns], labels[rows + 1, columns], kinds)[:, [1, 0, 3, 2, 4]]
    lines = np.concatenate([upright, level])
    return lines[lines[:, 4] == 0, :4], lines[lines[:, 4] == 1, :4]


def _runs(across: Numbers, along: Numbers, one: Labels, other: Labels, kinds: NDArray[np.bool_]) -> Lines:
    """Sides of pixels with these labels on either side joined to lines: across, along, across, along, 1 beside a void; shape (n, 5)."""
    if not across.size:
        return np.empty((0, 5))
    beside = kinds[np.maximum(one, -1)] | kinds[np.maximum(other, -1)]
    order = np.lexsort((along, across, beside))
    across, along, beside = across[order], along[order], beside[order]
    begins = np.ones(across.size, np.bool_)
    begins[1:] = (np.diff(along) != 1) | (np.diff(across) != 0) | (beside[1:] != beside[:-1])
    first = np.flatnonzero(begins)
    last = np.append(first[1:], across.size) - 1
    place = across[first] + 0.5
    return np.column_stack([place, along[first] - 0.5, place, along[last] + 0.5, beside[first]])


def border_paths(labels: Labels, void: NDArray[np.bool_], progress: Any = None) -> tuple[QPainterPath, QPainterPath]:
    """`borders` as paths; may run in a worker."""
    bulk, around = borders(labels, void)
    return path_of_lines(bulk), path_of_lines(around)


class LabelOverlay(pg.GraphicsObject):
    """Shows the borders of the boxes of a label image."""

    def __init__(self) -> None:
        super().__init__()
        self._bounds = QRectF()
        self._paths = (QPainterPath(), QPainterPath())

    def show_paths(self, paths: tuple[QPainterPath, QPainterPath], nx: int, ny: int) -> None:
        """Show paths of `border_paths` of an image of nx x ny; nx 0 shows nothing."""
        bounds = QRectF(-0.5, -0.5, nx, ny) if nx else QRectF()
        if bounds != self._bounds:
            self.prepareGeometryChange()
            self._bounds = bounds
        self._paths = paths
        self.update()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(self, painter: QPainter, option: Any, widget: Any = None) -> None:
        if self._bounds.isEmpty():
            return
        for path, colour in zip(self._paths, (BULK_COLOUR, VOID_COLOUR), strict=True):
            draw_thin(painter, path, colour)
