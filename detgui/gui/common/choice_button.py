"""A flat button that shows one of several choices and opens a menu of them."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from detgui.gui.common.icons import icon


class ChoiceButton(QToolButton):
    """Shows ``value`` and asks for another one of its choices (``wanted``); more actions may be added to ``menu()``."""

    wanted = Signal(str)

    def __init__(self, tip: str, parent: QWidget | None = None, icon_name: str = "") -> None:
        super().__init__(parent)
        self.value = ""
        self.setToolTip(tip)
        self.setAccessibleName(tip)
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        if icon_name:
            self.setIcon(icon(icon_name, self))
            self.setProperty("icon_name", icon_name)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly if not icon_name else Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.setMenu(QMenu(self))
        self._group = QActionGroup(self)
        self._group.triggered.connect(lambda action: self.wanted.emit(action.data()))

    def sizeHint(self) -> QSize:
        # The style draws the arrow over the end of a short text.
        return super().sizeHint() + QSize(8, 0)

    def set_choices(self, choices: Iterable[str]) -> None:
        """Offer these; nothing happens where they are offered already."""
        names = list(choices)
        if names == [action.data() for action in self._group.actions()]:
            return
        for action in self._group.actions():
            self._group.removeAction(action)
            self.menu().removeAction(action)
            action.deleteLater()
        before = self.menu().actions()[0] if self.menu().actions() else None
        for name in names:
            action = self._group.addAction(name)
            action.setData(name)
            action.setCheckable(True)
            self.menu().insertAction(before, action)
        self.show_value(self.value)

    def choices(self) -> list[str]:
        """What is offered."""
        return [action.data() for action in self._group.actions()]

    def show_value(self, value: str, text: str = "") -> None:
        """Show that choice, as ``text`` where given, without asking for anything."""
        self.value = value
        self.setText(text or value)
        for action in self._group.actions():
            action.setChecked(action.data() == value)

    def next_choice(self) -> str:
        """The choice after the one shown, round and round."""
        names = self.choices()
        return names[(names.index(self.value) + 1) % len(names)] if self.value in names else names[0]
