"""A curve of what a page found, drawn over the image."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt

from detgui.gui.pages.findings import findings_of
from detgui.gui.pages.page_context import PageContext

Curve = tuple[NDArray[np.float64], NDArray[np.float64]]


class ImageCurve(QObject):
    """Bright on a dark rim, drawn while ``on``; subclasses say what is drawn now (`find`) and where (`curve`)."""

    style = Qt.PenStyle.SolidLine

    def __init__(self, context: PageContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context, self._findings = context, findings_of(context)
        self.on = True
        self._shown: Any = None
        self.items: list[pg.PlotCurveItem] = []
        if context.image is not None:
            for depth, pen in enumerate((pg.mkPen((0, 0, 0, 190), width=3), pg.mkPen("#FFFFFF", width=1.2, style=self.style))):
                item = pg.PlotCurveItem(pen=pen, connect="finite")
                item.setZValue(10 + depth)
                context.image.view.box.addItem(item, ignoreBounds=True)
                self.items.append(item)
        context.session.changed.connect(lambda *_: self.follow())
        self._findings.changed.connect(lambda *_: self.follow())
        self.follow()

    def find(self) -> Any:
        """The finding that belongs to the shown image, None for none."""
        raise NotImplementedError

    def curve(self, found: Any) -> Curve:
        """x and y in pixels of the image."""
        raise NotImplementedError

    def set_on(self, on: bool) -> None:
        """Draw it, or not."""
        self.on = on
        self.follow()

    def follow(self) -> None:
        """Draw what belongs to the shown image."""
        found = self.find() if self.on else None
        if found is self._shown:
            return
        self._shown = found
        for item in self.items:
            if found is not None:
                item.setData(*self.curve(found))
            item.setVisible(found is not None)
