"""The draggable line between the groups of the early line and the later ones."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal

from detgui.gui.common.plot_theme import PlotTheme

MINIMUM = 2  # a line needs two groups


class BoundaryLine(pg.InfiniteLine):
    """A vertical line that rests between group N and N + 1 and calls itself 'N = 10'.

    ``moved(N, finished)`` while it is dragged, once per N and once at the release; ``reset_asked()`` on a double click.
    """

    moved = Signal(int, bool)
    reset_asked = Signal()

    def __init__(self) -> None:
        # The label sits low: a ramp leaves the corner under it free.
        super().__init__(angle=90, movable=True, label="N", labelOpts={"position": 0.06, "movable": False, "anchors": [(0, 0.5), (1, 0.5)]})
        self._places: NDArray[np.float64] = np.array([])
        self._n = 0
        self._dragged = False
        self.setZValue(20)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self.sigDragged.connect(self._snap)
        self.sigPositionChangeFinished.connect(self._finish)

    @property
    def n(self) -> int:
        """The last group left of the line, 1-based."""
        return self._n

    @property
    def dragging(self) -> bool:
        return bool(self.moving)

    def set_places(self, x: NDArray[np.float64]) -> None:
        """Where the groups are on the axis, shape (ngroups,)."""
        if len(x) < 2:
            self._places = np.asarray(x, dtype=float) + 0.5
            return
        middles = (x[1:] + x[:-1]) / 2
        self._places = np.append(middles, x[-1] + (x[-1] - x[-2]) / 2)

    def set_n(self, n: int) -> None:
        """Rest after group ``n``; sends nothing."""
        if not len(self._places):
            return
        self._n = int(min(max(n, 1), len(self._places)))
        self.label.setFormat(f"N = {self._n}")
        self.setPos(self._places[self._n - 1])

    def set_theme(self, theme: PlotTheme) -> None:
        self.setPen(theme.pen(theme.boundary, width=1.4))
        self.setHoverPen(theme.pen(theme.line, width=3))
        self.label.setColor(theme.foreground)
        self.label.fill = pg.mkBrush(theme.background)

    def mouseClickEvent(self, ev) -> None:
        if ev.button() == Qt.MouseButton.LeftButton and ev.double():
            ev.accept()
            self.reset_asked.emit()
            return
        super().mouseClickEvent(ev)

    def _nearest(self) -> int:
        n = int(np.argmin(np.abs(self._places - self.value()))) + 1
        return max(n, min(MINIMUM, len(self._places)))

    def _snap(self) -> None:
        if not len(self._places):
            return
        n, before = self._nearest(), self._n
        self.set_n(n)
        if n != before:
            self._dragged = True
            self.moved.emit(n, False)

    def _finish(self) -> None:
        if self._dragged:
            self._dragged = False
            self.moved.emit(self._n, True)
