"""The trace drawn over the image."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Qt

from detgui.gui.pages.image_curve import Curve, ImageCurve

TRACE = "trace"


class TraceLine(ImageCurve):
    """A line along the trace over the image of the exposure it was found in, and over the maps that were made of it."""

    style = Qt.PenStyle.DashLine

    def find(self) -> Any:
        current = self._context.session.state.current
        found = self._findings.get(current.source or current.key, TRACE) if current is not None else None
        return found if found is not None and found.image.shape == current.shape[2:] else None

    def curve(self, found: Any) -> Curve:
        return np.arange(found.trace.centre.size, dtype=float), found.trace.centre
