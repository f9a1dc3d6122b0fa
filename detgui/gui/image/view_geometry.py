"""Amplifiers and reference pixels of the shown exposure, drawn over the image."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from PySide6.QtGui import QColor

from detgui.gui.image.image_view import ImageView
from detgui.session.requests import ImageAnswer
from detgui.session.state import SessionState

_REFERENCE = (QColor("#56B4E9"), 1)


class GeometryOverlays:
    """Keeps two overlays in step with the shown image and the display."""

    def __init__(self, view: ImageView, exposures: Any) -> None:
        self._view = view
        self._exposures = exposures
        self._shown: tuple[Any, ...] = ()

    def why_no_amplifiers(self, key: str) -> str:
        """Why there is nothing to draw for an exposure, '' where there is."""
        geometry = self._geometry(key)
        if geometry is None or not geometry.known:
            return "the file does not say how the detector was read"
        if geometry.miri:
            return "MIRI's outputs read every fourth column"
        if geometry.single_output:
            return "this subarray is read through one output"
        _, edges = geometry.amplifier_boundaries()
        letter = next(iter(self._regions(geometry)[2]), "")
        return "" if edges else f"one output{f', {letter},' if letter else ''} reads all of this image"

    def show(self, answer: ImageAnswer, state: SessionState) -> None:
        """Draw what the display asks for, if it is not drawn already."""
        display, key = state.display, answer.request.frame.exposure
        wanted = (key, answer.indices.shape, display.amplifiers, display.reference_pixels)
        if wanted == self._shown:
            return
        self._shown = wanted
        ny, nx = answer.indices.shape
        geometry = self._geometry(key)
        # A plane of another size (REFOUT) is not laid out as the detector is.
        fits = geometry is not None and (geometry.ny, geometry.nx) == (ny, nx)
        self._view.amplifiers.set_regions(nx, ny, *self._regions(geometry) if fits and display.amplifiers else ("x", (), ()))
        mask = geometry.reference_pixels().astype(np.uint8) if fits and display.reference_pixels else None
        self._view.reference.set_overlay(mask, (_REFERENCE,))

    def _geometry(self, key: str) -> Any:
        exposure = self._exposures.exposure(key) if self._exposures is not None else None
        return None if exposure is None else exposure.geometry

    @staticmethod
    def _regions(geometry: Any) -> tuple[str, tuple[float, ...], tuple[str, ...]]:
        axis, edges = geometry.amplifier_boundaries()
        size = geometry.nx if axis == "x" else geometry.ny
        limits = (-0.5, *edges, size - 0.5)
        middles = [int((start + end) / 2) for start, end in pairwise(limits)]
        letters = [geometry.amplifier(m, geometry.ny // 2) if axis == "x" else geometry.amplifier(geometry.nx // 2, m) for m in middles]
        return axis, tuple(edges), tuple(letters)
