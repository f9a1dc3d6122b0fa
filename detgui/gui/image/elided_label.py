"""A label that is cut where it does not fit."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from detgui.gui.image.caption import MINUS, SEPARATOR

LEAST_NAME = 16  # characters of a name that are kept


class ElidedLabel(QLabel):
    """One line that is cut in the middle where it does not fit; all of it is in the tooltip.

    Of parts between ``SEPARATOR`` names, the first and one that is subtracted, are cut before the others.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)

    @property
    def whole(self) -> str:
        """The text before it was cut."""
        return self._whole

    def show_text(self, text: str) -> None:
        """Show a text."""
        self._whole = text
        self.setToolTip(text)
        self._cut()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        metrics, middle = QFontMetrics(self.font()), Qt.TextElideMode.ElideMiddle
        parts = self._whole.split(SEPARATOR)
        names = [place for place, part in enumerate(parts) if place == 0 or part.startswith(MINUS)]
        widths = [metrics.horizontalAdvance(part) for part in parts]
        room = self.width() - metrics.horizontalAdvance(SEPARATOR.join("" if i in names else part for i, part in enumerate(parts)))
        most = max(widest_that_fits([widths[place] for place in names], room), LEAST_NAME * metrics.averageCharWidth())
        for place in names:
            if widths[place] > most:  # at exactly its width a text would be cut for the fraction of a pixel
                parts[place] = metrics.elidedText(parts[place], middle, most)
        whole = SEPARATOR.join(parts)
        self.setText(metrics.elidedText(whole, middle, self.width()))


def widest_that_fits(widths: Sequence[int], room: int) -> int:
    """How wide parts may be so that all fit into ``room`` together, where the longest are cut first."""
    for done, width in enumerate(ordered := sorted(widths)):
        share = room // (len(ordered) - done)
        if width > share:
            return share
        room -= width
    return max(widths, default=0)
