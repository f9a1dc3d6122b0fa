"""Pixels of a list marked over the image, in the colour of what they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QObject
from PySide6.QtGui import QColor

from detgui.session.hot import TAB
from detgui.session.session import Session

SIZE, SMALL = 9, 5  # px on the screen; the small ones where there are many
MANY = 3000
MOST = 20_000
"""Pixels that are marked; more would cover the image and make it slow."""

Group = tuple[NDArray[np.int64], NDArray[np.int64], QColor]  # x, y, colour


class Marks(QObject):
    """Open circles over images of the series' shape while the tab is in front. Pages set them; the last that did so counts."""

    def __init__(self, session: Session, image: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._image = session, image
        self._shape: tuple[int, int] | None = None
        self._key: object = None
        self.item = pg.ScatterPlotItem(pxMode=True, symbol="o", size=SIZE, brush=None)
        self.item.setZValue(6)
        self.item.setVisible(False)
        if image is not None:
            image.view.box.addItem(self.item, ignoreBounds=True)
            session.changed.connect(lambda *_: self._follow())
            image.shown.connect(lambda _: self._follow())

    def show(self, groups: Sequence[Group], shape: tuple[int, int], key: object) -> None:
        """Mark pixels of an image of ``shape`` (ny, nx); nothing is done where they are marked already, as ``key`` says."""
        if key == self._key:
            return
        self._key = key
        x, y, pens = [], [], []
        for columns, rows, colour in groups:
            x.append(columns)
            y.append(rows)
            pens += [pg.mkPen(colour, width=1.5)] * columns.size
        size = len(pens)
        if 0 < size <= MOST:
            width = SMALL if size > MANY else SIZE
            self.item.setData(np.concatenate(x).astype(float), np.concatenate(y).astype(float), pen=pens, size=width)
        else:
            self.item.clear()
        self._shape = shape if 0 < size <= MOST else None
        self._follow()

    def clear(self) -> None:
        """Mark nothing."""
        self._shape = self._key = None
        self._follow()

    def _follow(self) -> None:
        answer = self._image.answer if self._image is not None else None
        fits = answer is not None and self._shape is not None and tuple(answer.indices.shape) == tuple(self._shape)
        self.item.setVisible(bool(fits and self._session.state.tab == TAB))
