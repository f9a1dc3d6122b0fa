"""An answer of the loader drawn into an image view: picture, colours, flags, geometry and marks."""

from __future__ import annotations

from typing import Any

import numpy as np

from detgui.gui.common import colours
from detgui.gui.image import colormaps
from detgui.gui.image.flag_legend import FlagLegend
from detgui.gui.image.image_view import ImageView
from detgui.gui.image.overlays import Mark
from detgui.gui.image.picture import block_maximum, zero_position
from detgui.gui.image.region_item import RegionsItem
from detgui.gui.image.region_labels import LabelOverlay
from detgui.gui.image.view_geometry import GeometryOverlays
from detgui.science.dq import bits
from detgui.session.requests import ImageAnswer
from detgui.session.state import SessionState


class Canvas:
    """Draws into one `ImageView`; every method draws one part of what changed."""

    def __init__(self, view: ImageView, exposures: Any) -> None:
        self.view = view
        self.legend = FlagLegend(view)
        self.geometry = GeometryOverlays(view, exposures)
        self.labels = LabelOverlay()
        self.labels.setZValue(5)
        self.regions = RegionsItem()
        for item in (self.labels, self.regions):
            view.box.addItem(item, ignoreBounds=True)
        self._borders: tuple[tuple[int, ...], Any] = ((0, 0), None)  # shape of a label image and the borders of its boxes
        self._any: tuple[Any, int] = (None, 0)  # data quality of an image, and all bits that occur in it

    def show(self, answer: ImageAnswer | None, state: SessionState) -> None:
        """Draw everything."""
        if answer is None:
            self.view.image.set_indices(None)
        else:
            self.view.set_shape(*answer.indices.shape)
            self.view.image.set_indices(answer.indices)
            self.show_table(answer, state)
        self.show_over(answer, state)
        self.show_marks(answer, state)
        self._draw_borders()

    def show_table(self, answer: ImageAnswer | None, state: SessionState) -> list[int]:
        """Set the colours; returns the table."""
        display = state.display
        difference = answer is not None and (answer.request.subtract is not None or answer.request.signed)
        name = display.difference_colormap if difference else display.colormap
        table = colormaps.table(name, zero_position(answer) if answer is not None else None)
        self.view.image.set_table(table)
        return table

    def show_over(self, answer: ImageAnswer | None, state: SessionState) -> None:
        """Draw flags, their legend, amplifiers and reference pixels, and choose how a shrunk image is made."""
        self.view.image.set_reduce(block_maximum if state.display.block_max else None)
        drawn = answer is not None and answer.overlay is not None
        names = answer.request.dq_flags if answer is not None and drawn else ()
        styles = [(colours.flag_colour(name), colours.flag_pattern(name)) for name in names]
        self.view.flags.set_overlay(answer.overlay if answer is not None and names else None, styles)
        self.legend.show_flags(names, self._present(answer, names))
        if answer is not None:
            self.geometry.show(answer, state)

    def _present(self, answer: ImageAnswer | None, names: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the flags that any pixel of the image has."""
        dq = answer.dq if answer is not None else None
        if dq is None or not names:
            return ()
        if self._any[0] is not dq:
            self._any = (dq, int(np.bitwise_or.reduce(dq, axis=None)))
        return tuple(name for name, bit in zip(names, bits(names, answer.definitions), strict=True) if self._any[1] & bit)

    def show_marks(self, answer: ImageAnswer | None, state: SessionState) -> None:
        """Mark the chosen and the pinned pixels; a pin on the chosen pixel lends it its colour."""
        ny, nx = answer.indices.shape if answer is not None else (0, 0)
        marks = [Mark(*state.pixel, colours.CHOSEN, cross=True)] if state.pixel is not None else []
        marks += [Mark(pin.x, pin.y, colours.pin_colour(pin.colour)) for pin in state.pins]
        self.view.marks.set_marks(tuple(mark for mark in marks if mark.x < nx and mark.y < ny), nx, ny)

    def show_labels(self, shape: tuple[int, ...], paths: Any) -> None:
        """Draw the borders of boxes (`region_labels.border_paths`) over images of that shape; None for none."""
        self._borders = (shape, paths)
        self._draw_borders()

    def _draw_borders(self) -> None:
        shape, paths = self._borders
        shown = self.view.image.indices
        fits = paths is not None and shown is not None and shown.shape == shape
        self.labels.setVisible(fits)
        if fits:
            self.labels.show_paths(paths, shape[1], shape[0])
