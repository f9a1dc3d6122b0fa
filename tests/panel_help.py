"""A loader for tests of the ramp panel: answers at once, with ramps made here and lines by numpy.polyfit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QPoint, QPointF, Signal
from PySide6.QtWidgets import QApplication

from detgui.analysis import ramp
from detgui.gui.ramp.ramp_panel import RampPanel
from detgui.session.requests import RampAnswer
from detgui.session.resolve import overview_request, ramp_requests
from detgui.session.session import Session
from detgui.session.state import Frame, OpenExposure, SessionState

GAIN, READ_NOISE, TGROUP = 1.5, 6.0, 0.9
ZERO = 1000.0
PROVENANCE = {"command": "detgui ramp a.fits --pixel 10 12 -o ramp.ecsv", "python": "from detgui.analysis import ramp\n"}


def exposure(key: str = "a", nints: int = 5, ngroups: int = 20, kind: str = "ramp", **fields) -> OpenExposure:
    name = f"jw01366004001_04101_0000{key}_nrs1_{kind}"
    return OpenExposure(key, name, kind, (nints, ngroups, 32, 64), "DN", ("SCI", "GROUPDQ"), (1, nints), (Path(f"{name}.fits"),), **fields)


def state(*exposures: OpenExposure, pixel=(10, 12), **fields) -> SessionState:
    exposures = exposures or (exposure(),)
    return SessionState(exposures=exposures, frame=Frame(exposures[0].key), pixel=pixel, **fields)


def signal(x: int, y: int, integration: int, ngroups: int) -> np.ndarray:
    """A ramp that bends after it passed 10,000 DN."""
    group = np.arange(1, ngroups + 1)
    rng = np.random.default_rng([x, y, integration])
    flux = 900.0 + 20 * (x - 10) + 35 * (y - 12) + 5 * integration
    line = ZERO + flux * group
    return line - 6e-7 * np.clip(line - ZERO - 1e4, 0, None) ** 2 * 10 + rng.normal(0, 8, ngroups)


def groupdq(x: int, y: int, ngroups: int) -> np.ndarray:
    dq = np.zeros(ngroups, dtype=np.uint32)
    if (x, y) == (20, 5) and ngroups > 15:
        dq[0], dq[6], dq[14:] = 1, 4, 2
    return dq


def fitted(key: str, params: ramp.Params, ngroups: int) -> ramp.Result:
    group = np.arange(1, ngroups + 1)
    integration = params.integration or 1
    y, dq = signal(params.x, params.y, integration, ngroups), groupdq(params.x, params.y, ngroups)
    above = np.flatnonzero(y - ZERO >= params.threshold)
    last = params.fit_groups[1] if params.fit_groups else int(above[0]) + 1 if len(above) else ngroups
    good = (dq & 3) == 0
    used, late = good & (group <= last), good & (group > last)
    slope, intercept = np.polyfit(group[used], y[used], 1)
    line = intercept + slope * group
    left = y - line
    late_line, late_slope = np.full(ngroups, np.nan), np.nan
    if late.sum() > 1:
        late_slope, at = np.polyfit(group[late], left[late], 1)
        late_line = np.where(late, at + late_slope * group, np.nan)
    two = ngroups == 2
    return ramp.Result(
        exposure=key, params=params, integration=integration, group=group, time=group * TGROUP, signal=y, groupdq=dq, fit=line,
        residual=left, late_line=late_line, fit_groups=(1, last), used=used, late=late, segment_starts=(1,), pixeldq=0, zero_level=ZERO,
        zero_source="superbias", intercept=intercept, intercept_err=3.2, slope=slope, slope_err=0.71, slope_per_s=slope / TGROUP,
        slope_per_s_err=0.71 / TGROUP, late_slope=late_slope, late_slope_err=2.2 if np.isfinite(late_slope) else np.nan,
        chi2=np.nan if two else 9.3, dof=0 if two else last - 2, probability=np.nan if two else 0.41,
        gain=GAIN, gain_source="built-in table: NRS1",
        read_noise=READ_NOISE, read_noise_source="built-in table: NRS1 NRSRAPID", saturation=np.nan,
        notes=("two groups: no residual",) if two else (), signal_err=np.sqrt(READ_NOISE**2 + np.clip(y - ZERO, 0, None) / GAIN),
        provenance=PROVENANCE | {"files": [f"{key}.fits"]}, group_read_noise=READ_NOISE / 2,
    )  # fmt: skip


def overview(key: str, params: ramp.Params, nints: int, ngroups: int) -> ramp.Overview:
    numbers = np.arange(1, nints + 1)
    signals = np.stack([signal(params.x, params.y, int(i), ngroups) for i in numbers])
    slopes = np.polyfit(np.arange(1, 9), signals[:, :8].T, 1)[0]
    flags = np.zeros(signals.shape, dtype=np.uint32)
    return ramp.Overview(key, params, numbers, slopes, np.full(nints, 3.0), signals, flags, 59800.25 + numbers * 1e-3)


class FakeLoader(QObject):
    """Answers every change of the session in the same call; `quiet` makes it say nothing."""

    image, blink, ramps, overview, trouble = (Signal(object) for _ in range(5))

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.quiet = False
        self._session = session
        session.changed.connect(lambda _old, _new: self.answer())

    def answer(self) -> None:
        if self.quiet:
            return
        now = self._session.state
        answers = []
        for request in ramp_requests(now):
            ngroups = now.exposure(request.exposure).shape[1]
            result = replace(fitted(request.exposure, request.params, ngroups), exposure=now.exposure(request.exposure).name)
            answers.append(RampAnswer(request, result, self._neighbours(request.params, ngroups) if request.role == "chosen" else None))
        self.ramps.emit(tuple(answers))
        asked = overview_request(now)
        if asked is not None:
            shape = now.exposure(asked.exposure).shape
            self.overview.emit(overview(asked.exposure, asked.params, shape[0], shape[1]))

    @staticmethod
    def _neighbours(params: ramp.Params, ngroups: int) -> np.ndarray:
        found = np.full((ngroups, 3, 3), np.nan)
        for j in range(3):
            for i in range(3):
                x, y = params.x + i - 1, params.y + j - 1
                if 0 <= x < 64 and 0 <= y < 32:
                    found[:, j, i] = signal(x, y, params.integration or 1, ngroups)
        return found


class Point:
    """Where data coordinates of a plot lie in its widget, for the mouse."""

    def __init__(self, widget, plot) -> None:
        self._widget, self._plot = widget, plot

    def __call__(self, x: float, y: float | None = None) -> QPoint:
        box = self._plot.vb
        if y is None:
            y = sum(box.viewRange()[1]) / 2
        return self._widget.mapFromScene(box.mapViewToScene(QPointF(x, y)))


def make_panel(qtbot, state_: SessionState, size=(520, 760)):
    """A shown panel with its session and loader."""
    session = Session(state_)
    loader = FakeLoader(session)
    panel = RampPanel(session, loader)
    qtbot.addWidget(panel)
    panel.resize(*size)
    panel.show()
    qtbot.waitExposed(panel)
    loader.answer()
    QApplication.processEvents()
    return panel, session, loader
