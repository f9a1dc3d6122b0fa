"""Another theme in a running window."""

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication

from detgui.gui.common.buttons import flat_button
from detgui.gui.window.theme import apply_theme


def test_flat_buttons_follow_the_theme(qtbot):
    """Their style sheet takes colours from the palette, which Qt reads once."""
    application = QApplication.instance()
    button = flat_button("", "nothing to see but the ground")
    qtbot.addWidget(button)
    button.resize(60, 30)
    button.show()
    for theme in ("light", "dark", "system"):
        apply_theme(application, theme)
        wanted = application.palette().color(QPalette.ColorRole.Button)
        assert button.grab().toImage().pixelColor(30, 15) == wanted
