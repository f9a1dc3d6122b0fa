"""The menu of a region, opened again and again."""

from collections import defaultdict

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from detgui.gui.regions.context_menu import fill
from detgui.gui.regions.region_actions import RegionActions


def test_submenus_outlive_a_menu_that_shows_them(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    actions = RegionActions(window, QMenu(window), defaultdict(lambda: lambda: None))
    for _ in range(3):
        menu = QMenu(window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        fill(menu, actions, lambda _: None)
        assert "Kind" in [action.text().replace("&", "") for action in menu.actions()]
        menu.popup(window.mapToGlobal(window.rect().center()))
        with qtbot.waitSignal(menu.destroyed, timeout=60_000):
            menu.close()
        assert [action.text() for action in actions.submenus["Kind"].actions()]
