"""Small maps in the plots of a page, on a diverging scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor

from detgui.gui.image import colormaps
from detgui.gui.pages.page_plot import PagePlot


def picture(values: NDArray[Any], limit: float) -> NDArray[np.uint8]:
    """Colours of a map from ``-limit`` to ``limit``, shape (ny, nx, 4); grey where there is no value."""
    colours = colormaps.colours(colormaps.DIVERGING)
    finite = np.isfinite(values)
    place = np.clip((np.where(finite, values, 0.0) / limit + 1) / 2, 0, 1) * (len(colours) - 1)
    out = np.full((*values.shape, 4), 255, np.uint8)
    out[..., :3] = np.where(finite[..., None], colours[np.rint(place).astype(int)], 110.0)
    return out


def draw_map(plot: PagePlot, row: int, values: NDArray[Any], limit: float, title: str, shape: tuple[int, ...] | None = None) -> None:
    """A map in a plot of its own, its name over it; ``shape`` (ny, nx) of the image that ``values`` are a thinned copy of."""
    ny, nx = shape or values.shape
    item = pg.ImageItem(axisOrder="row-major")
    item.setImage(picture(values, limit), autoLevels=False)  # the colours are final
    item.setRect(QRectF(-0.5, -0.5, nx, ny))
    plot.add(row, item)
    if not title:
        return
    ground = QColor(plot.theme.background)
    ground.setAlpha(190)
    words = pg.TextItem(title, color=plot.theme.foreground, anchor=(0, 0), fill=pg.mkBrush(ground))
    plot.add(row, words, 10, bounds=False)
    words.setPos(-0.5, ny - 0.5)


def scale_text(limit: float, unit: str) -> str:
    """What the colours mean."""
    return f"blue −{limit:.3g}, white 0, red +{limit:.3g} {unit}".rstrip()


def fit_maps(plot: PagePlot, rows: Sequence[int], shapes: Sequence[tuple[int, ...]]) -> None:
    """Show all of the maps."""
    for row, (ny, nx) in zip(rows, shapes, strict=True):
        plot.plots[row].setXRange(-0.5, nx - 0.5, padding=0)
        plot.plots[row].setYRange(-0.5, ny - 0.5, padding=0)
