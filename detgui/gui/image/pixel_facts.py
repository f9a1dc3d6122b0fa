"""What the read-out says of a pixel of the shown image; sky, wavelength and times are fetched by a worker once per exposure."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from detgui.errors import BadInput
from detgui.gui.common.background import Asker
from detgui.progress import Progress, no_progress
from detgui.science.detector import DetectorGeometry
from detgui.session.requests import ImageAnswer

_UNKNOWN: dict[str, Any] = {"wcs": None, "times": None}


class PixelFacts:
    """Answers `readout` at once with what is known, and asks for the rest; ``more()`` is called when it came."""

    def __init__(self, exposures: Any, asker: Asker, more: Any) -> None:
        self._exposures = exposures
        self._asker = asker
        self._more = more
        self._known: dict[str, dict[str, Any]] = {}

    def readout(self, answer: ImageAnswer, x: int, y: int) -> Any:
        """`analysis.readout.Readout` of a pixel of the shown image, None where it is outside."""
        from detgui.analysis.readout import readout

        ny, nx = answer.values.shape
        if not (0 <= x < nx and 0 <= y < ny):
            return None
        frame = answer.request.frame
        exposure = self._exposures.exposure(frame.exposure) if self._exposures is not None else None
        geometry = exposure.geometry if exposure is not None else DetectorGeometry(ny, nx)
        fits = (geometry.ny, geometry.nx) == (ny, nx)
        known = self._facts(frame.exposure, exposure)
        dq = answer.dq if answer.dq is not None and answer.dq.shape == (ny, nx) else None
        place = known["wcs"].place(x, y) if fits and known["wcs"] is not None else None
        time = None if known["times"] is None else known["times"].get(frame.integration)
        return readout(
            geometry if fits else DetectorGeometry(ny, nx), answer.unit, answer.values, dq, answer.definitions, x, y, place, time
        )

    def forget(self, keys: set[str]) -> None:
        """Drop what is known of exposures other than these."""
        self._known = {key: known for key, known in self._known.items() if key in keys}

    def _facts(self, key: str, exposure: Any) -> dict[str, Any]:
        if key not in self._known:
            self._known[key] = _UNKNOWN
            if exposure is not None:
                self._asker.ask("wcs", "Reading sky and times", fetch, exposure, then=lambda found: self._came(key, found))
        return self._known[key]

    def _came(self, key: str, found: dict[str, Any] | None) -> None:
        if key in self._known and found is not None:
            self._known[key] = found
            self._more()


def fetch(exposure: Any, progress: Progress = no_progress) -> dict[str, Any]:
    """'wcs': `data.wcs.PixelWcs` or None; 'times': mid-time of every integration, days (MJD, UTC), by its number, or None."""
    from detgui.data.wcs import load_wcs

    progress(0.0, "reading the times")
    times = _times(exposure)
    second = re.search(r"\[SCI,(\d+)\]$", exposure.name)
    try:
        wcs = load_wcs(exposure.files[0].path, *exposure.shape[2:], int(second[1]) if second else 1, progress)
    except BadInput:
        wcs = None  # the image can be looked at without
    return {"wcs": wcs if wcs is not None and wcs.known else None, "times": times}


def _times(exposure: Any) -> dict[int, float] | None:
    try:
        table = exposure.int_times()
    except BadInput:
        return None
    if table is None or "int_mid_MJD_UTC" not in table:
        return None
    pairs = zip(table["integration_number"].tolist(), table["int_mid_MJD_UTC"].tolist(), strict=True)
    return {int(number): float(time) for number, time in pairs if np.isfinite(time)}
