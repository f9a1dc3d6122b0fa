"""Histogram, typed limits and their lock in one row."""

from __future__ import annotations

from math import isfinite

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QDoubleValidator
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QToolButton, QWidget

from detgui.gui.common.icons import icon
from detgui.gui.image.histogram_bar import HistogramBar


class LimitField(QLineEdit):
    """A limit, typed; ``typed`` on Enter or when left after a change."""

    typed = Signal(float)

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setValidator(QDoubleValidator(self))
        self.setAccessibleName(name)
        self.setToolTip(f"{name}, in the image's unit")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setFixedWidth(self.fontMetrics().horizontalAdvance("-1.2345e+05") + 12)
        self._shown = ""
        self.editingFinished.connect(self._finish)

    def show_value(self, value: float) -> None:
        """Show a limit, unless one is being typed."""
        self._shown = f"{value:.6g}" if isfinite(value) else ""
        if not (self.hasFocus() and self.isModified()):
            blocker = QSignalBlocker(self)
            self.setText(self._shown)
            self.setCursorPosition(0)
            del blocker

    def _finish(self) -> None:
        text = self.text()
        self.setModified(False)
        if text != self._shown:
            self.typed.emit(float(text))


class LimitsRow(QWidget):
    """Low limit, histogram, high limit, lock; ``entered`` after Enter."""

    entered = Signal()

    limits_wanted = Signal(float, float)
    automatic_wanted = Signal()
    lock_wanted = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.low = LimitField("Low limit", self)
        self.high = LimitField("High limit", self)
        self.histogram = HistogramBar(self)
        self.lock = QToolButton(self)
        self.lock.setCheckable(True)
        self.lock.setAutoRaise(True)
        self.lock.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.lock.setToolTip("Lock the limits: keep them while stepping (L)")
        self.lock.setAccessibleName("Lock the limits")
        self.lock.clicked.connect(self.lock_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for widget in (self.low, self.histogram, self.high, self.lock):
            row.addWidget(widget, 1 if widget is self.histogram else 0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.low.typed.connect(lambda value: self._ask(value, self.histogram.limits[1]))
        self.high.typed.connect(lambda value: self._ask(self.histogram.limits[0], value))
        for field in (self.low, self.high):
            field.returnPressed.connect(self.entered)
        self.histogram.limits_wanted.connect(self._dragged)
        self.histogram.automatic_wanted.connect(self.automatic_wanted)
        self.show_lock(False)

    def show_limits(self, low: float, high: float) -> None:
        """Show the limits in the fields."""
        self.low.show_value(low)
        self.high.show_value(high)

    def show_lock(self, locked: bool) -> None:
        """Show whether the limits are locked."""
        self.lock.setChecked(locked)
        name = "mdi6.lock-outline" if locked else "mdi6.lock-open-variant-outline"
        if self.lock.property("icon_name") != name:
            self.lock.setProperty("icon_name", name)
            self.lock.setIcon(icon(name, self.lock))

    def _dragged(self, low: float, high: float) -> None:
        self.show_limits(low, high)
        self.limits_wanted.emit(low, high)

    def _ask(self, low: float, high: float) -> None:
        if low != high:
            self.limits_wanted.emit(min(low, high), max(low, high))
        else:
            self.show_limits(*self.histogram.limits)
