"""The frame that is blinked against, beside the shown one, with the same zoom."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from detgui.gui.image.canvas import Canvas
from detgui.gui.image.caption import caption
from detgui.gui.image.elided_label import ElidedLabel
from detgui.gui.image.image_view import ImageView
from detgui.session.requests import ImageAnswer
from detgui.session.state import SessionState


def stack(widget: QWidget, title: ElidedLabel, view: ImageView) -> None:
    """Lay a title over a view; both views have theirs side by side, so that they are of one size."""
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(title)
    column.addWidget(view, 1)


class SecondView(QWidget):
    """Hidden until it is wanted; zooming or moving one of the two views does the same to the other."""

    def __init__(self, first: ImageView, exposures: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._first = first
        self.title = ElidedLabel(self)
        self.view = ImageView(self)
        self.canvas = Canvas(self.view, exposures)
        stack(self, self.title, self.view)
        self._busy = False
        first.box.sigRangeChanged.connect(lambda *_: self._link(first, self.view))
        self.view.box.sigResized.connect(lambda *_: self._link(first, self.view))
        # By hand only: what this view does when it is laid out must not move the first one.
        self.view.box.sigRangeChangedManually.connect(lambda *_: self._link(self.view, first))
        self.hide()

    def show_answer(self, answer: ImageAnswer | None, state: SessionState) -> None:
        """Show the other frame's image."""
        self.title.show_text(caption(state, answer.request, answer.unit) if answer is not None else "reading…")
        self.canvas.show(answer, state)
        if answer is not None:
            if self.view.fill != self._first.fill:
                self.view.set_fill(self._first.fill)
            self._link(self._first, self.view)

    def _link(self, source: ImageView, target: ImageView) -> None:
        # Square pixels make a view answer a range with a slightly different one: without the guard they would never agree.
        if self._busy or self.isHidden():
            return
        self._busy = True
        try:
            if target.fill != source.fill:
                target.set_fill(source.fill)
            target.show_range(source.box.viewRect())
        finally:
            self._busy = False
