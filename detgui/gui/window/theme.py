"""Light and dark: Fusion with one palette each, following the system unless the user says otherwise."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

Theme = Literal["system", "light", "dark"]

_ROLE = QPalette.ColorRole

# The window is greyer than the plots and the image, so that the data are the brightest thing on the screen.
_DARK = {
    _ROLE.Window: "#26282b",
    _ROLE.WindowText: "#d6d8da",
    _ROLE.Base: "#1c1d1f",
    _ROLE.AlternateBase: "#222426",
    _ROLE.Text: "#dcdee0",
    _ROLE.PlaceholderText: "#83888d",
    _ROLE.Button: "#313438",
    _ROLE.ButtonText: "#d6d8da",
    _ROLE.BrightText: "#ff8a80",
    _ROLE.Light: "#43474c",
    _ROLE.Midlight: "#3a3d42",
    _ROLE.Mid: "#1f2123",
    _ROLE.Dark: "#17181a",
    _ROLE.Shadow: "#0c0d0e",
    _ROLE.Highlight: "#2f5d8a",
    _ROLE.HighlightedText: "#ffffff",
    _ROLE.Accent: "#5b9bd5",
    _ROLE.Link: "#7ab4e8",
    _ROLE.LinkVisited: "#b59fe0",
    _ROLE.ToolTipBase: "#33363a",
    _ROLE.ToolTipText: "#e2e4e6",
}
_LIGHT = {
    _ROLE.Window: "#eceded",
    _ROLE.WindowText: "#1d1f21",
    _ROLE.Base: "#fbfbfb",
    _ROLE.AlternateBase: "#f3f4f4",
    _ROLE.Text: "#1a1c1e",
    _ROLE.PlaceholderText: "#6c7175",
    _ROLE.Button: "#e4e5e6",
    _ROLE.ButtonText: "#1d1f21",
    _ROLE.BrightText: "#b3261e",
    _ROLE.Light: "#ffffff",
    _ROLE.Midlight: "#f2f3f3",
    _ROLE.Mid: "#c2c5c7",
    _ROLE.Dark: "#a0a4a7",
    _ROLE.Shadow: "#6d7174",
    _ROLE.Highlight: "#2a6fb0",
    _ROLE.HighlightedText: "#ffffff",
    _ROLE.Accent: "#2a6fb0",
    _ROLE.Link: "#1f5f9e",
    _ROLE.LinkVisited: "#6b4fa0",
    _ROLE.ToolTipBase: "#fdfdf4",
    _ROLE.ToolTipText: "#1a1c1e",
}
_BOXED = ("QCheckBox", "QRadioButton")
_OUTLINE = "#a4aab0"
"""Window colour of check boxes, which they do not fill: Fusion draws their outline 1.4 times darker, and unseen from the window's."""

_DISABLED = {"dark": "#6c7075", "light": "#94999d"}
_TEXT_ROLES = (_ROLE.WindowText, _ROLE.Text, _ROLE.ButtonText)


def palette(dark: bool) -> QPalette:
    """The palette of a theme."""
    made = QPalette()
    for role, colour in (_DARK if dark else _LIGHT).items():
        made.setColor(role, QColor(colour))
    grey = QColor(_DISABLED["dark" if dark else "light"])
    for role in _TEXT_ROLES:
        made.setColor(QPalette.ColorGroup.Disabled, role, grey)
    made.setColor(QPalette.ColorGroup.Disabled, _ROLE.Highlight, QColor("#3a3d42" if dark else "#c9cccd"))
    return made


def boxed_palette(dark: bool) -> QPalette:
    """The palette of check boxes: those that are off are seen on dark too."""
    made = palette(dark)
    if dark:
        made.setColor(_ROLE.Window, QColor(_OUTLINE))
        made.setColor(QPalette.ColorGroup.Disabled, _ROLE.Window, QColor(_DISABLED["dark"]))
    return made


def system_is_dark() -> bool:
    """Whether the desktop asks for dark windows; False where it does not say."""
    return QApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark


def apply_theme(application: QApplication, theme: Theme) -> None:
    """Show the whole program in a theme; 'system' takes what the desktop asks for now."""
    if application.style().objectName().lower() != "fusion":
        application.setStyle("Fusion")
    dark = system_is_dark() if theme == "system" else theme == "dark"
    wanted = palette(dark)
    if application.palette() != wanted:
        application.setPalette(wanted)
        for name in _BOXED:
            application.setPalette(boxed_palette(dark), name)
        _style_again(application)


def _style_again(application: QApplication) -> None:
    """Style sheets of widgets keep the colours that ``palette(...)`` had when they were read: have them read again."""
    for widget in application.allWidgets():
        if "palette(" in widget.styleSheet():
            widget.setStyleSheet(widget.styleSheet())
