"""What the pages found, by exposure and name: kept while the exposure is open, whichever page is shown."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from detgui.gui.pages.page_context import PageContext


class Findings(QObject):
    """Results that several pages use, ``changed(key, name)`` when there is a newer one."""

    changed = Signal(str, str)

    def __init__(self, context: PageContext) -> None:
        super().__init__(context.maker)
        self._kept: dict[tuple[str, str], Any] = {}
        context.exposures.closed.connect(self._forget)

    def get(self, key: str, name: str) -> Any:
        """The result of that name of an exposure, None where there is none."""
        return self._kept.get((key, name))

    def put(self, key: str, name: str, result: Any) -> None:
        """Keep a result instead of the one before."""
        self._kept[key, name] = result
        self.changed.emit(key, name)

    def _forget(self, key: str) -> None:
        for each in [each for each in self._kept if each[0] == key]:
            del self._kept[each]


def findings_of(context: PageContext) -> Findings:
    """The findings that all pages of a panel share."""
    return context.maker.findChild(Findings) or Findings(context)
