"""Losses and excesses told apart at a glance: blue and red, as in the image's diverging colours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor

from detgui.gui.pages.page_plot import PagePlot
from detgui.science.profile import Folded

LOSS, EXCESS = QColor("#4A86CF"), QColor("#D9534F")


def shade(plot: PagePlot, row: int, x: np.ndarray, y: np.ndarray) -> None:
    """Fill what lies below zero with blue and above with red."""
    good = np.isfinite(x) & np.isfinite(y)
    x, y = _with_crossings(x[good], y[good])
    for colour, part in ((LOSS, np.minimum(y, 0.0)), (EXCESS, np.maximum(y, 0.0))):
        fill = QColor(colour)
        fill.setAlpha(120)
        plot.add(row, pg.PlotCurveItem(x, part, pen=pg.mkPen(None), brush=pg.mkBrush(fill), fillLevel=0.0), 1)


def _with_crossings(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same line with points where it crosses zero."""
    where = np.flatnonzero(y[:-1] * y[1:] < 0)
    if not where.size:
        return x, y
    part = y[where] / (y[where] - y[where + 1])
    return np.insert(x, where + 1, x[where] + part * (x[where + 1] - x[where])), np.insert(y, where + 1, 0.0)


def draw_profile(plot: PagePlot, row: int, folded: Folded, colour: QColor, name: str = "", shaded: bool = True, symbol: str = "o") -> Any:
    """A folded profile with its errors about the zero line."""
    if shaded:
        shade(plot, row, folded.distance, folded.mean)
    plot.level(row)
    plot.line(row, folded.distance, folded.mean, colour, 1.0)
    return plot.points(row, folded.distance, folded.mean, folded.err, colour, symbol, 4.0, name)
