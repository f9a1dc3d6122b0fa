"""What the image panel has for regions: the tools, what is drawn over its views, and the boxes of a label image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject
from PySide6.QtGui import QPainterPath

from detgui.gui.common.background import Asker
from detgui.gui.image.canvas import Canvas
from detgui.gui.image.region_labels import border_paths


class RegionDesk(QObject):
    """Keeps the views of one image panel in step with the session's regions."""

    def __init__(self, panel: Any, asker: Asker, canvases: Sequence[Canvas]) -> None:
        super().__init__(panel)
        self._asker = asker
        self._canvases = tuple(canvases)

    def show_labels(self, labels: NDArray[Any] | None, void_by_label: NDArray[Any] | None = None) -> None:
        """Draw the borders of boxes over images of their shape, None for nothing; computed in a worker, the newest counts."""
        if labels is None:
            self._asker.ask("label borders", "", _nothing, then=lambda _: self._show_borders((0, 0), None))
            return
        void = np.zeros(0, np.bool_) if void_by_label is None else np.asarray(void_by_label, np.bool_)
        if void.size <= labels.max(initial=-1):
            void = np.append(void, np.zeros(int(labels.max()) + 1 - void.size, np.bool_))
        self._asker.ask(
            "label borders", "", border_paths, labels, void, then=lambda paths, shape=labels.shape: self._show_borders(shape, paths)
        )

    def _show_borders(self, shape: tuple[int, ...], paths: tuple[QPainterPath, QPainterPath] | None) -> None:
        for canvas in self._canvases:
            canvas.show_labels(shape, paths)


def _nothing(progress: Any) -> None:
    return None
