"""The levels of the lines drawn over the image, along the slow axis."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from detgui.gui.noise.context import Context
from detgui.gui.noise.noise_page import FOUND
from detgui.gui.pages.findings import findings_of
from detgui.session.noise import TAB

SHARE = 0.12  # of the image's other side that the curve takes
REACH = 3.0  # standard deviations of the levels from the middle of the curve to its end
PAGE = "1/f"


class LevelLine(QObject):
    """A curve beside the first lines of the image of the exposure that was diagnosed; drawn while ``on`` and the page is in front."""

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context, self._findings = context, findings_of(context)
        self.on = True
        self._shown: Any = None
        self.items: list[pg.PlotCurveItem] = []
        if context.image is not None:
            for depth, pen in enumerate((pg.mkPen((0, 0, 0, 190), width=3), pg.mkPen("#FFFFFF", width=1.2))):
                item = pg.PlotCurveItem(pen=pen, connect="finite")
                item.setZValue(10 + depth)
                context.image.view.box.addItem(item, ignoreBounds=True)
                self.items.append(item)
        context.session.changed.connect(lambda *_: self.follow())
        self._findings.changed.connect(lambda *_: self.follow())
        self.follow()

    def set_on(self, on: bool) -> None:
        """Draw it, or not."""
        self.on = on
        self.follow()

    def follow(self) -> None:
        """Draw the levels that belong to the shown image."""
        state = self._context.session.state
        current = state.current
        front = self.on and state.tab == TAB and state.noise.page == PAGE and current is not None
        found = self._findings.get(current.key, FOUND) if front and current is not None else None
        if found is self._shown:
            return
        self._shown = found
        for item in self.items:
            if found is not None:
                item.setData(*curve(found.result.one_over_f.level, found.result.order.shape, found.result.order.fast_is_x))
            item.setVisible(found is not None)


def curve(level: NDArray[Any], shape: tuple[int, int], fast_is_x: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """x and y of the curve in pixels of the image: levels of the first image, clipped, about the middle of its room."""
    first = np.asarray(level[0], np.float64)
    known = first[np.isfinite(first)]
    middle = float(np.median(known)) if known.size else 0.0
    spread = 1.4826 * float(np.median(np.abs(known - middle))) if known.size else 0.0
    room = SHARE * shape[1] / 2
    height = room + room * np.clip((first - middle) / (REACH * spread if spread > 0 else 1.0), -1, 1) - 0.5
    along = np.arange(first.size, dtype=np.float64)
    return (height, along) if fast_is_x else (along, height)
