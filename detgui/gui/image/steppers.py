"""Steps through integrations and groups: first, previous, number, next, last, and a slider; numbers as a person counts them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSlider, QSpinBox, QToolButton, QWidget

from detgui.gui.common.icons import icon


def tool_button(icon_name: str, tip: str, parent: QWidget, pressed: Callable[[], None] | None = None) -> QToolButton:
    """A small flat button that keeps the keyboard where it was."""
    button = QToolButton(parent)
    button.setIcon(icon(icon_name, button))
    button.setProperty("icon_name", icon_name)
    button.setAutoRaise(True)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    if pressed is not None:
        button.clicked.connect(lambda _checked=False: pressed())
    return button


class Stepper(QWidget):
    """A row that shows which one of a range of numbers is shown and asks for another (``wanted``); ``entered`` after Enter."""

    wanted = Signal(int)
    entered = Signal()

    def __init__(self, title: str, keys: tuple[str, str, str, str], parent: QWidget | None = None) -> None:
        """``keys``: names of the keys for first, previous, next and last, for the tooltips."""
        super().__init__(parent)
        self.title = QLabel(title, self)
        self.spin = QSpinBox(self)
        self.spin.setKeyboardTracking(False)
        self.spin.setAccessibleName(f"{title} number")
        self.spin.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.spin.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.spin.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.of = QLabel(self)
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.slider.setAccessibleName(f"{title} slider")
        self.slider.setMinimumWidth(40)
        word = title.lower()
        tips = [
            f"{which} {word}" + (f" ({key})" if key else "") for which, key in zip(("First", "Previous", "Next", "Last"), keys, strict=True)
        ]
        self.first = tool_button("mdi6.page-first", tips[0], self, lambda: self._go(self.spin.minimum()))
        self.previous = tool_button("mdi6.chevron-left", tips[1], self, lambda: self.step(-1))
        self.next = tool_button("mdi6.chevron-right", tips[2], self, lambda: self.step(1))
        self.last = tool_button("mdi6.page-last", tips[3], self, lambda: self._go(self.spin.maximum()))
        self._lay_out()
        self.spin.valueChanged.connect(self._go)
        self.spin.lineEdit().returnPressed.connect(self.entered)
        self.slider.valueChanged.connect(self._go)
        self._turned = 0

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self.title.setMinimumWidth(self.title.fontMetrics().horizontalAdvance("Integration "))
        for widget in (self.title, self.first, self.previous, self.spin, self.next, self.last, self.of):
            row.addWidget(widget)
        row.addSpacing(4)
        row.addWidget(self.slider, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_value(self, value: int, first: int, last: int) -> None:
        """Show ``value`` of ``first`` to ``last`` without asking for anything."""
        blockers = [QSignalBlocker(w) for w in (self.spin, self.slider)]
        if (self.spin.minimum(), self.spin.maximum()) != (first, last):
            self.spin.setRange(first, last)
            self.slider.setRange(first, last)
            self.slider.setPageStep(max(1, (last - first) // 10))
            digits = self.spin.fontMetrics().horizontalAdvance("0" * max(2, len(str(last)))) + 22
            self.spin.setFixedWidth(digits)
            self.of.setText(f"of {last}" if first == 1 else f"of {first} to {last}")
        self.spin.setValue(value)
        self.slider.setValue(value)
        del blockers
        several = last > first
        for widget in (self.first, self.previous, self.next, self.last, self.spin, self.slider):
            widget.setEnabled(several)
        if several:
            self.first.setEnabled(value > first)
            self.previous.setEnabled(value > first)
            self.next.setEnabled(value < last)
            self.last.setEnabled(value < last)

    @property
    def value(self) -> int:
        """The number shown."""
        return self.spin.value()

    def step(self, by: int) -> None:
        """Ask for the number ``by`` further on, held inside the range."""
        self._go(min(max(self.spin.value() + by, self.spin.minimum()), self.spin.maximum()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._turned += event.angleDelta().y()
        steps = int(self._turned / 120)
        self._turned -= steps * 120
        if steps:
            self.step(steps)
        event.accept()

    def _go(self, value: int) -> None:
        self.wanted.emit(value)
