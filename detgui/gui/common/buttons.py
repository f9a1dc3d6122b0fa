"""Flat buttons of the working panels."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QToolButton

# A checked button must show in the dark theme too, where Fusion only darkens it.
STYLE = """
QToolButton { padding: 2px 6px; border: 1px solid palette(dark); border-radius: 3px; }
QToolButton { background: palette(button); color: palette(button-text); }
QToolButton:hover { background: palette(midlight); }
QToolButton:checked, QToolButton:pressed { background: palette(highlight); color: palette(highlighted-text); }
QToolButton:disabled { color: palette(placeholder-text); }
QToolButton:focus { border-color: palette(highlight); }
QToolButton::menu-indicator { subcontrol-position: right center; right: 3px; }
QToolButton[popupMode="2"] { padding-right: 16px; }
"""


def flat_button(text: str, tip: str) -> QToolButton:
    """A button with text."""
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setStyleSheet(STYLE)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
    return button


def menu_button(text: str, tip: str, menu: QMenu) -> QToolButton:
    """A button that opens a menu."""
    button = flat_button(text, tip)
    button.setMenu(menu)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    return button
