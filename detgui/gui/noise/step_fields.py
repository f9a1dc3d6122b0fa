"""Editors of a step's settings, by their types; what is typed goes out as text."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QWidget

from detgui.analysis.step_forms import FormField, checked_value
from detgui.errors import BadInput
from detgui.gui.common import plot_theme
from detgui.gui.common.buttons import flat_button
from detgui.gui.common.files import ask_file

KINDS = {"int_list": "whole numbers with commas", "float_list": "numbers with commas", "string_list": "texts with commas"}


def as_text(value: Any) -> str:
    """A value as it is typed."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def describe(field: FormField) -> str:
    """Type, bounds and default in a few words."""
    choices = ", ".join(map(as_text, field.choices))
    kind = f"one of {choices}" if choices else KINDS.get(field.type, field.type)
    bounds = [f"at least {field.least:g}" if field.least is not None else "", f"at most {field.most:g}" if field.most is not None else ""]
    return ", ".join([kind, *filter(None, bounds), f"default {as_text(field.default)}"])


class StepField(QWidget):
    """A setting: editor, and a button that goes back to the default while it is another.

    ``entered(name, text)`` with None for the default; ``refused(sentence)`` for what cannot be used, '' once it can; ``pointed(field)``
    while the mouse or the keyboard is in it, None after.
    """

    entered = Signal(str, object)
    refused = Signal(str)
    pointed = Signal(object)

    def __init__(self, field: FormField, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.value: str | None = None  # as typed, None for the default
        self.editor = self._make()
        self.editor.setAccessibleName(field.name)
        tip = f"{field.help or field.name}\n{describe(field)}"
        self.editor.setToolTip(tip)
        self.back = flat_button("↺", f"Back to the default, {as_text(field.default)}")
        self.back.setAccessibleName(f"{field.name} back to its default")
        policy = self.back.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.back.setSizePolicy(policy)
        self.back.clicked.connect(lambda: self.entered.emit(field.name, None))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        row.addWidget(self.editor, 1)
        if field.type == "path":
            pick = flat_button("File…", tip)
            pick.clicked.connect(self._ask)
            row.addWidget(pick)
        row.addWidget(self.back)
        for widget in (self.editor, self):
            widget.installEventFilter(self)
        self.show_value(None)

    def _make(self) -> QWidget:
        if self.field.type == "boolean":
            box = QCheckBox(self)
            box.toggled.connect(lambda on: self._send(as_text(on)))
            return box
        if self.field.choices:
            choices = QComboBox(self)
            choices.addItems([as_text(each) for each in self.field.choices])
            choices.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # the wheel scrolls the form
            choices.activated.connect(lambda _: self._send(choices.currentText()))
            return choices
        line = QLineEdit(self)
        line.editingFinished.connect(self._typed)
        line.returnPressed.connect(line.clearFocus)  # or the next key would go into the field
        return line

    def show_value(self, value: str | None) -> None:
        """Show a value as typed, None for the default."""
        self.value = value
        shown = as_text(self.field.default) if value is None else value
        self.back.setVisible(value is not None)
        with QSignalBlocker(self.editor):
            if isinstance(self.editor, QCheckBox):
                self.editor.setChecked(shown.lower() in ("true", "yes", "on", "1"))
            elif isinstance(self.editor, QComboBox):
                self.editor.setCurrentText(shown)
            elif isinstance(self.editor, QLineEdit) and not (self.editor.hasFocus() and self.editor.isModified()):
                self.editor.setText("" if value is None and self.field.default is None else shown)
                self.editor.setPlaceholderText("none" if self.field.default is None else shown)
                self.editor.setCursorPosition(0)

    def _typed(self) -> None:
        line = self.editor
        if isinstance(line, QLineEdit) and line.isModified():
            self._send(line.text().strip())

    def _send(self, text: str) -> None:
        try:
            found = checked_value(self.field, text) if text else self.field.default
        except BadInput as error:
            self.colour(True)
            self.refused.emit(str(error))
            return
        if isinstance(self.editor, QLineEdit):
            self.editor.setModified(False)
        self.colour(False)
        self.refused.emit("")
        new = None if found == self.field.default else text
        if new != self.value:
            self.entered.emit(self.field.name, new)
        else:
            self.show_value(self.value)

    def colour(self, wrong: bool) -> None:
        """Mark what cannot be used."""
        warning = plot_theme.from_palette(self.palette()).warning.name()
        self.editor.setStyleSheet(f"color: {warning}" if wrong else "")

    def _ask(self) -> None:
        ask_file(self, self.field.name, "FITS files (*.fits *.fits.gz);;All files (*)", lambda path: self._send(str(path)))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Enter, QEvent.Type.FocusIn):
            self.pointed.emit(self.field)
        elif event.type() == QEvent.Type.Leave and watched is self:
            self.pointed.emit(None)
        elif event.type() == QEvent.Type.Wheel and isinstance(watched, QComboBox) and not watched.hasFocus():
            event.ignore()  # scrolling through the form must not change what is under the mouse
            return True
        return super().eventFilter(watched, event)
