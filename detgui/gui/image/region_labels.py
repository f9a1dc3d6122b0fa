"""Boxes of a label image drawn over it: thin lines where the label changes, those of voids in their own colour."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QPainter, QPainterPath

from detgui.gui.image.over_image import OverImage
from detgui.gui.image.region_lines import Labels, borders
from detgui.gui.image.region_paths import draw_thin, path_of_lines
from detgui.science.regions import COLOURS

BULK_COLOUR, VOID_COLOUR = QColor("#E8E8E8"), QColor(COLOURS["void"])


def border_paths(labels: Labels, void: NDArray[np.bool_], progress: Any = None) -> tuple[QPainterPath, QPainterPath]:
    """`borders` as paths; may run in a worker."""
    bulk, around = borders(labels, void)
    return path_of_lines(bulk), path_of_lines(around)


class LabelOverlay(OverImage):
    """Shows the borders of the boxes of a label image."""

    def __init__(self) -> None:
        super().__init__()
        self._paths = (QPainterPath(), QPainterPath())

    def show_paths(self, paths: tuple[QPainterPath, QPainterPath], nx: int, ny: int) -> None:
        """Show paths of `border_paths` of an image of nx x ny; nx 0 shows nothing."""
        self._paths = paths
        self.cover(nx, ny)

    def paint(self, painter: QPainter, option: Any, widget: Any = None) -> None:
        if self._bounds.isEmpty():
            return
        for path, colour in zip(self._paths, (BULK_COLOUR, VOID_COLOUR), strict=True):
            draw_thin(painter, path, colour)
