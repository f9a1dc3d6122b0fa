"""The menu of open files whose same pixel is drawn too."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QMenu


def fill_compare(menu: QMenu, session: Any) -> None:
    """One checkable entry for every other open ramp; a line saying so where there is none."""
    state = session.state
    menu.clear()
    for exposure in state.exposures:
        if exposure.is_ramp and state.current is not None and exposure.key != state.current.key:
            entry = menu.addAction(exposure.name)
            entry.setCheckable(True)
            entry.setChecked(exposure.key in state.ramp.compare)
            entry.setEnabled(not exposure.error)
            entry.toggled.connect(lambda on, key=exposure.key: _compare(session, key, on))
    if menu.isEmpty():
        menu.addAction("Open another ramp to compare with").setEnabled(False)


def _compare(session: Any, key: str, on: bool) -> None:
    keys = [other for other in session.state.ramp.compare if other != key]
    session.compare_exposures((*keys, key) if on else keys)
