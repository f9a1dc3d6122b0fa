"""Another theme in a running window."""

import pytest
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QCheckBox, QRadioButton, QWidget

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


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("kind", [QCheckBox, QRadioButton])
def test_boxes_that_are_off_are_seen(qtbot, theme, kind):
    """Fusion draws their outline darker than the window, which on dark is not seen."""
    apply_theme(QApplication.instance(), theme)
    window = QWidget()
    qtbot.addWidget(window)
    box = kind("free", window)
    window.resize(box.sizeHint())
    window.show()
    picture = window.grab().toImage()
    ground = picture.pixelColor(picture.width() - 1, 0).lightness()
    middle = [abs(picture.pixelColor(x, picture.height() // 2).lightness() - ground) for x in range(picture.height())]
    assert max(middle) > 35
    apply_theme(QApplication.instance(), "system")
    assert box.palette().color(QPalette.ColorRole.Text) == QApplication.palette().color(QPalette.ColorRole.Text)
