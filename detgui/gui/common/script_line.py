"""The command that makes the shown result again, with buttons that copy it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QSizePolicy, QToolButton, QWidget

from detgui.gui.common.icons import icon


class ScriptLine(QWidget):
    """Shows a shell command; the menu copies it or the Python that does the same."""

    def __init__(self, parent=None) -> None:
        super().__init__(parent)
        self._python = ""
        self.line = QLineEdit(self)
        self.line.setReadOnly(True)
        self.line.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.line.setAccessibleName("Command that makes this result again")
        self.line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.line.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.copy = QToolButton(self)
        self.copy.setAutoRaise(True)
        self.copy.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.copy.setToolTip("Copy the command; the arrow copies it as Python")
        self.copy.setAccessibleName("Copy the command")
        self.copy.clicked.connect(self.copy_command)
        menu = QMenu(self.copy)
        menu.addAction("Copy as command", self.copy_command)
        menu.addAction("Copy as Python", self.copy_python)
        self.copy.setMenu(menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(self.line, 1)
        row.addWidget(self.copy)
        self.refresh_icons()

    def refresh_icons(self) -> None:
        self.copy.setIcon(icon("copy", self))
        if self.copy.icon().isNull():
            self.copy.setText("Copy")

    def show_script(self, command: str, python: str) -> None:
        """Show a command, '' for none."""
        self._python = python
        if command != self.line.text():
            self.line.setText(command)
            self.line.setCursorPosition(0)
            self.line.setToolTip(command)
        self.copy.setEnabled(bool(command))

    def copy_command(self) -> None:
        QGuiApplication.clipboard().setText(self.line.text())

    def copy_python(self) -> None:
        QGuiApplication.clipboard().setText(self._python)
