"""The trace drawn over the image."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QObject, Qt

from detgui.gui.nonlinearity.context import Context
from detgui.gui.pages.findings import findings_of

TRACE = "trace"


class TraceLine(QObject):
    """A line along the trace over the image of the exposure it was found in, and over the maps that were made of it; drawn while ``on``."""

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context, self._findings = context, findings_of(context)
        self.on = True
        self._shown: Any = None
        self.items: list[pg.PlotCurveItem] = []
        if context.image is not None:
            dark = pg.mkPen((0, 0, 0, 190), width=3)
            bright = pg.mkPen("#FFFFFF", width=1.2, style=Qt.PenStyle.DashLine)
            for depth, pen in enumerate((dark, bright)):
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
        """Draw the trace that belongs to the shown image."""
        state = self._context.session.state
        current = state.current
        key = (current.source or current.key) if current is not None else ""
        found = self._findings.get(key, TRACE)
        fits = found is not None and current is not None and found.image.shape == current.shape[2:] and self.on
        shown = found if fits else None
        if shown is not self._shown:
            self._shown = shown
            for item in self.items:
                if shown is not None:
                    item.setData(np.arange(found.trace.centre.size, dtype=float), found.trace.centre)
                item.setVisible(shown is not None)
