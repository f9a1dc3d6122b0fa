"""The extraction aperture on the image, moved by hand, with the profile beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QObject

from detgui.gui.image.rectangle import RectangleItem
from detgui.gui.noise.context import Context
from detgui.gui.pages.findings import findings_of
from detgui.session.noise import TAB
from detgui.session.nonlinearity import Rectangle
from detgui.session.state import SessionState

PAGE = "Spectrum"
FOUND = "spectrum"
SHARE = 0.12  # of the image that the profile takes


class ApertureOnImage(QObject):
    """Shows the aperture of the session, or that which was found, over the image that it belongs to; what is dragged goes there."""

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context, self._session, self._maker = context, context.session, context.maker
        self._findings = findings_of(context)
        self.item = RectangleItem()
        self.curves: list[pg.PlotCurveItem] = []
        self._shown: Any = None
        if context.image is None:
            return
        box = context.image.view.box
        box.addItem(self.item, ignoreBounds=True)
        for depth, pen in enumerate((pg.mkPen((0, 0, 0, 190), width=3), pg.mkPen("#FFFFFF", width=1.3))):
            curve = pg.PlotCurveItem(pen=pen)
            curve.setZValue(10 + depth)
            box.addItem(curve, ignoreBounds=True)
            self.curves.append(curve)
        self.item.moved.connect(self._moved)
        self._session.changed.connect(self._changed)
        self._findings.changed.connect(lambda *_: self.follow())
        self.follow()

    def _moved(self, rectangle: Rectangle, finished: bool) -> None:
        self._session.set_noise(finished, "Aperture", aperture=rectangle)

    def _changed(self, old: SessionState, new: SessionState) -> None:
        if any(getattr(old, name) is not getattr(new, name) for name in ("noise", "frame", "tab", "exposures")):
            self.follow()

    def follow(self) -> None:
        """Show what belongs to the shown image."""
        state, source = self._session.state, self._maker.source
        current = state.current
        front = state.tab == TAB and state.noise.page == PAGE and source is not None and current is not None
        fits = front and current.shape[2:] == source.shape[2:] and not source.is_ramp
        found = self._findings.get(source.key, FOUND) if fits else None
        self.item.setVisible(bool(fits))
        for curve in self.curves:
            curve.setVisible(found is not None)
        if not fits:
            return
        ny, nx = source.shape[2:]
        self.item.show_rectangle(state.noise.aperture or (rectangle_of(found.aperture) if found is not None else None), nx, ny)
        if found is not None and found is not self._shown:
            self._shown = found
            x, y = profile_curve(found, nx, ny)
            for curve in self.curves:
                curve.setData(x, y)


def rectangle_of(aperture: Any) -> Rectangle:
    """Whole pixels of an aperture with numbers: x0, y0, x1, y1."""
    x0, x1, y0, y1 = aperture.box
    return round(x0), round(y0), round(x1), round(y1)


def profile_curve(found: Any, nx: int, ny: int) -> tuple[np.ndarray, np.ndarray]:
    """The mean profile across the dispersion, drawn from the edge of the image where the spectrum begins."""
    profile = np.asarray(found.mean_profile, float)
    top = float(np.nanmax(profile)) or 1.0
    along = np.arange(profile.size, dtype=float)
    if found.aperture.dispersion == 1:
        return -0.5 + SHARE * nx * np.clip(profile / top, 0, 1), along
    return along, -0.5 + SHARE * ny * np.clip(profile / top, 0, 1)
