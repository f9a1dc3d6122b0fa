"""Two images in one view: before on the left of a line that a person drags, after on its right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QObject, QRectF, Qt
from PySide6.QtGui import QPainter

from detgui.gui.image.image_item import IndexedImageItem
from detgui.gui.noise.context import Context
from detgui.session import work
from detgui.session.cache import Cache
from detgui.session.requests import ImageAnswer, ImageRequest
from detgui.session.resolve import image_request
from detgui.session.state import Frame

LANE = "noise split"
CACHE_BYTES = 64 * 2**20
LINE = "#F0E442"


class LeftPart(IndexedImageItem):
    """An image of which only what lies left of ``split`` is drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.split = 0.0

    def set_split(self, x: float) -> None:
        """Draw as far as x, in pixels of the image."""
        self.split = x
        self.update()

    def paint(self, painter: QPainter, option: Any, widget: Any = None) -> None:
        whole = self.boundingRect()
        painter.save()
        painter.setClipRect(QRectF(whole.left(), whole.top(), max(0.0, self.split - whole.left()), whole.height()))
        super().paint(painter, option, widget)
        painter.restore()


class SplitView(QObject):
    """Shows another frame left of the line with the limits and colours of the shown one; nothing while ``other`` is None."""

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._cache = Cache(CACHE_BYTES)
        self._asked: ImageRequest | None = None
        self.other: Frame | None = None
        if context.image is None:
            return
        self.view = context.image.view
        self.part = LeftPart()
        self.part.setZValue(self.view.image.zValue() + 0.5)
        pen = pg.mkPen(LINE, width=2)
        self.line = pg.InfiniteLine(0.0, 90, pen, movable=True, hoverPen=pg.mkPen(LINE, width=4))
        self.line.setZValue(30)
        self.line.setCursor(Qt.CursorShape.SplitHCursor)
        for words, side in (("before", 1), ("after", 0)):
            fill = pg.mkBrush(0, 0, 0, 160)
            pg.InfLineLabel(self.line, words, position=0.96, anchors=[(side, 0), (side, 0)], color=LINE, fill=fill)
        self.line.sigPositionChanged.connect(self._moved)
        for item in (self.part, self.line):
            item.hide()
            self.view.box.addItem(item, ignoreBounds=True)
        context.image.shown.connect(lambda _: self.follow())
        context.session.changed.connect(lambda old, new: old.display is not new.display and self.follow())

    def show(self, other: Frame | None) -> None:
        """Show a frame left of the line, None for none."""
        if other is not None and self.other is None and self._context.image is not None:
            middle = self.view.box.viewRect().center().x()
            self.line.setValue(middle)
            self.part.set_split(middle)
        self.other = other
        self.follow()

    def _moved(self, line: Any) -> None:
        self.part.set_split(line.value())
        self.view.viewport().update()  # words on a line are drawn whole only with all of the view

    def follow(self) -> None:
        """Ask for the other frame as the shown one is shown."""
        if self._context.image is None:
            return
        answer = self._context.image.answer
        wanted = self.other is not None and answer is not None and self._context.session.state.exposure(self.other.exposure) is not None
        if not wanted:
            self._asked = None
            self.part.hide()
            self.line.hide()
            return
        request = self._request(answer)
        self.part.set_table(self.view.image.colour_table)
        if request == self._asked:
            return
        self._asked = request
        args = (request, self._context.exposures.shelf, self._cache)
        self._context.jobs.start(LANE, "", work.image, *args, then=self._came, quick=True)

    def _request(self, answer: ImageAnswer) -> ImageRequest:
        state = self._context.session.state
        asked = image_request(state, self.other)
        return replace(asked, limits="typed", low=answer.low, high=answer.high, dq_flags=(), subtract=None, stretch=answer.request.stretch)

    def _came(self, answer: ImageAnswer) -> None:
        if answer.request != self._asked:
            return
        self.part.set_indices(answer.indices)
        self.part.set_table(self.view.image.colour_table)
        self.part.show()
        self.line.show()
        self.view.viewport().update()
