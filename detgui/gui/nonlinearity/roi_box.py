"""The region of interest: typed corners, drawn on the image, the whole image, or about the trace."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QWidget

from detgui.gui.common.buttons import flat_button
from detgui.gui.image.rectangle import RectangleItem
from detgui.gui.nonlinearity.context import Context
from detgui.session.nonlinearity import Rectangle
from detgui.session.state import SessionState

TIP = "{} of the region, 0-based and inclusive, pixel.\nDefault: the whole image."
CORNERS = (("x0", "First column"), ("y0", "First row"), ("x1", "Last column"), ("y1", "Last row"))


class RoiBox(QWidget):
    """Shows a rectangle and asks for another one: ``wanted(rectangle or None)``, ``draw_wanted(on)``, ``trace_wanted()``."""

    wanted = Signal(object)
    draw_wanted = Signal(bool)
    trace_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        self.fields: list[QSpinBox] = []
        for name, words in CORNERS:
            field = QSpinBox(self)
            field.setKeyboardTracking(False)
            field.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
            field.setToolTip(TIP.format(words))
            field.setAccessibleName(f"{words} of the region")
            field.setFixedWidth(field.fontMetrics().horizontalAdvance("20480") + 10)
            field.valueChanged.connect(lambda _: self.wanted.emit(tuple(each.value() for each in self.fields)))
            self.fields.append(field)
            row.addWidget(QLabel(name, self))
            row.addWidget(field)
        self.draw = flat_button("Draw", "Drag a rectangle on the image; its corners, edges and middle can be dragged after that")
        self.draw.setCheckable(True)
        self.draw.clicked.connect(self.draw_wanted)
        self.trace = flat_button("Trace", "The rows about the spectral trace")
        self.trace.clicked.connect(self.trace_wanted)
        self.whole = flat_button("Whole", "The whole image")
        self.whole.clicked.connect(lambda: self.wanted.emit(None))
        row.addStretch(1)
        for button in (self.draw, self.trace, self.whole):
            row.addWidget(button)

    def show_rectangle(self, rectangle: Rectangle | None, nx: int, ny: int) -> None:
        """Show a rectangle of an image of nx x ny, None for all of it; sends nothing."""
        for field, value, size in zip(self.fields, rectangle or (0, 0, nx - 1, ny - 1), (nx, ny, nx, ny), strict=True):
            with QSignalBlocker(field):
                field.setRange(0, size - 1)
                field.setValue(value)
        self.whole.setEnabled(rectangle is not None)


class RoiOnImage(QObject):
    """Shows the session's region on the image while ``visible`` says so, and sends what is dragged there to the session."""

    drawing_ended = Signal()

    def __init__(self, context: Context, visible: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._maker, self._visible = context.session, context.maker, visible
        self.item = RectangleItem()
        if context.image is not None:
            context.image.view.box.addItem(self.item, ignoreBounds=True)
        self.item.moved.connect(lambda rectangle, finished: self._session.set_nonlinearity(finished, "Region", roi=rectangle))
        self.item.drawing_ended.connect(self.drawing_ended)

    def show_state(self, state: SessionState) -> None:
        """Show the region where the image is of the source's size."""
        source, current = self._maker.source, state.current
        fits = source is not None and current is not None and source.shape[2:] == current.shape[2:]
        self.item.setVisible(bool(fits and self._visible()))
        if fits and source is not None:
            self.item.show_rectangle(self._maker.options.roi, source.shape[3], source.shape[2])
