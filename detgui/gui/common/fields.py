"""Fields with a name and a unit, rows of widgets, and lines that take a text when it is entered."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QSpinBox, QWidget

from detgui.errors import BadInput


def stretched_row(*widgets: QWidget) -> QHBoxLayout:
    """Widgets beside each other, the last of which takes the room that is left."""
    row = QHBoxLayout()
    row.setSpacing(4)
    for widget in widgets:
        row.addWidget(widget, 1 if widget is widgets[-1] else 0)
    return row


def named(name: str, field: QWidget, unit: str, tip: str, more: QWidget | None = None) -> QWidget:
    """A parameter: name, field, unit; the tooltip is that of all of it but of what stands there ``more``."""
    group = QWidget()
    row = QHBoxLayout(group)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(3)
    label = QLabel(name)
    label.setBuddy(field)
    field.setAccessibleName(name)
    for widget in (label, field, QLabel(unit) if unit else None, more):
        if widget is not None:
            row.addWidget(widget)
            if tip and widget is not more:
                widget.setToolTip(tip)
    return group


class EntryField(QLineEdit):
    """A line whose text is taken with Enter or when it is left: ``take(text)`` may raise `BadInput`, which ``say`` shows."""

    def __init__(
        self, take: Callable[[str], object], say: Callable[[str], object], letters: int = 10, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._take, self._say, self._shown = take, say, ""
        self.setMaximumWidth(self.fontMetrics().horizontalAdvance("0" * letters) + 16)
        self.editingFinished.connect(self._entered)
        self.returnPressed.connect(self.clearFocus)  # or the next key would go into the field

    def show_value(self, text: str) -> None:
        """Show a text, unless a person is typing."""
        self._shown = text
        if not (self.hasFocus() and self.isModified()) and self.text() != text:
            self.setText(text)

    def _entered(self) -> None:
        if self.text().strip() == self._shown:
            return
        self.setModified(False)
        self._say("")
        try:
            self._take(self.text().strip())
        except BadInput as error:
            self._say(str(error))
            self.setText(self._shown)


def whole_number(least: int, most: int, changed: Callable[[int], object], parent: QWidget | None = None) -> QSpinBox:
    """A box for a whole number."""
    box = QSpinBox(parent, minimum=least, maximum=most)
    box.setKeyboardTracking(False)
    box.valueChanged.connect(changed)
    return box


def number(name: str, text: str, least: float = 0.0, most: float = float("inf"), open_end: bool = False) -> float:
    """A number between limits (``open_end``: above the least). Raises `BadInput` with one sentence."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = float("nan")
    if not (least <= value <= most and abs(value) != float("inf")) or (open_end and value == least):
        limits = f"above {least:g}" if most == float("inf") else f"between {least:g} and {most:g}"
        raise BadInput(f"{name}: {text or 'nothing'} is no number {limits}")
    return value
