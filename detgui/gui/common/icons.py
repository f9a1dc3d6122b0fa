"""Icons of one set, Material Design by way of qtawesome: its fonts are loaded when the first icon is asked for."""

from __future__ import annotations

from functools import cache

from PySide6.QtGui import QIcon, QPalette
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

NAMES = {
    "open": "mdi6.folder-open-outline",
    "recent": "mdi6.history",
    "example": "mdi6.flask-outline",
    "close": "mdi6.close",
    "export": "mdi6.export-variant",
    "screenshot": "mdi6.camera-outline",
    "quit": "mdi6.exit-to-app",
    "ramp": "mdi6.chart-line",
    "exposure": "mdi6.layers-outline",
    "image": "mdi6.image-outline",
    "reference": "mdi6.cube-outline",
    "header": "mdi6.table-large",
    "search": "mdi6.magnify",
    "copy": "mdi6.content-copy",
    "reveal": "mdi6.folder-outline",
    "warning": "mdi6.alert-outline",
    "error": "mdi6.alert-circle-outline",
    "information": "mdi6.information-outline",
    "help": "mdi6.help-circle-outline",
    "keys": "mdi6.keyboard-outline",
    "difference": "mdi6.plus-minus-variant",
    "blink": "mdi6.eye-outline",
    "compare": "mdi6.compare",
    "cancel": "mdi6.close-circle-outline",
    "tasks": "mdi6.format-list-checks",
}
_SIGNAL_COLOURS = {"warning": ("#d9a13b", "#a86b00"), "error": ("#ef7d74", "#b3261e")}


def icon(name: str, _widget: QWidget | None = None) -> QIcon:
    """Icon of a meaning (see `NAMES`) or of a qtawesome name in the colours of the theme; empty where the fonts cannot be loaded.

    The colours are the application's: a widget hears of a new palette later than its parents, and would give the old ones.
    """
    palette = QApplication.palette()
    dark = palette.color(QPalette.ColorRole.Window).lightnessF() < 0.5
    normal = palette.color(QPalette.ColorRole.ButtonText).name()
    if name in _SIGNAL_COLOURS:
        normal = _SIGNAL_COLOURS[name][0 if dark else 1]
    faint = palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText).name()
    return _made(NAMES.get(name, name), normal, faint, palette.color(QPalette.ColorRole.HighlightedText).name())


def renew_icons(widget: QWidget) -> None:
    """Give the buttons in a widget, whose property 'icon_name' says which, their icons in the colours of the present palette."""
    for button in widget.findChildren(QAbstractButton):
        name = button.property("icon_name")
        if name:
            button.setIcon(icon(name, button))


@cache
def _made(name: str, normal: str, faint: str, selected: str) -> QIcon:
    try:
        import qtawesome

        return qtawesome.icon(name, color=normal, color_disabled=faint, color_selected=selected)
    except Exception:  # the fonts' folder may be unreadable; the text of every action still says what it does
        return QIcon()
