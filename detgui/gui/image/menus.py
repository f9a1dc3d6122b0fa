"""Menus with check boxes."""

from __future__ import annotations

from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtWidgets import QMenu


class StickyMenu(QMenu):
    """Stays open while check boxes are ticked with the mouse, so that several can be."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        action = self.activeAction()
        if action is not None and action.isCheckable() and action.isEnabled():
            action.trigger()
        else:
            super().mouseReleaseEvent(event)


def checkable(menu: QMenu, text: str, on: bool, tip: str = "") -> QAction:
    """Add an action with a check box to a menu."""
    action = menu.addAction(text)
    action.setCheckable(True)
    action.setChecked(on)
    action.setToolTip(tip)
    return action
