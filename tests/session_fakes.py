"""Exposures in memory that count their reads, can be made to wait and to fail."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from detgui.analysis import ramp
from detgui.data.exposure import Exposure, ExposureMeta, FileRecord
from detgui.errors import BadInput
from detgui.session.bridge import Bridge
from detgui.session.exposures import Exposures
from detgui.session.loader import Loader
from detgui.session.session import Session
from detgui.session.state import OpenExposure
from detgui.tasks.engine import Engine

SIGNALS = ("image", "blink", "flags", "ramps", "overview", "trouble")


class FakeExposure(Exposure):
    """SCI of integration i, group g, pixel (x, y) is 1000 i + 100 g + 10 y + x; PIXELDQ 1 where x is 0."""

    def __init__(self, shape=(2, 5, 4, 6), name="fake_uncal", paths=(), first=1, planes=("SCI", "PIXELDQ")) -> None:
        self.name, self.kind, self.shape, self.unit = name, "ramp", shape, "DN"
        self.dtype = np.dtype(np.float32)
        self.planes = planes
        self.files = tuple(FileRecord(Path(each), Path(each).stat().st_size, Path(each).stat().st_mtime) for each in paths)
        self.integrations = np.arange(first, first + shape[0])
        self.warnings = ()
        self.meta = ExposureMeta()
        self.reads: list[tuple] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.broken = ""
        self.is_closed = False

    def _enter(self, *what) -> None:
        self.reads.append(what)
        self.entered.set()
        assert self.gate.wait(20)
        if self.broken:
            raise BadInput(self.broken)
        if self.is_closed:
            raise BadInput("read after close")

    def read_image(self, plane="SCI", integration=None, group=None, empty=np.empty):
        self._enter("image", plane, integration, group)
        y, x = np.mgrid[: self.shape[2], : self.shape[3]]
        return (1000 * integration + 100 * group + 10 * y + x).astype(np.float32)

    def read_box(self, x0, y0, x1, y1, plane="SCI", integration=None):
        self._enter("box", x0, y0, integration)
        y, x = np.mgrid[y0 : y1 + 1, x0 : x1 + 1]
        groups = np.arange(1, self.shape[1] + 1)[:, None, None]
        return (1000 * integration + 100 * groups + 10 * y + x).astype(np.float32)

    def plane_shape(self, plane="SCI"):
        return (1, 1, *self.shape[2:]) if plane == "PIXELDQ" else self.shape

    def segment(self, integration=None):
        return 0

    def read_flags(self, plane, integration=None, group=None):
        self._enter("dq", plane, integration, group)
        dq = np.zeros(self.shape[2:], np.uint32)
        dq[:, 0] = 1
        return dq

    def images(self) -> list[tuple]:
        return [each[1:] for each in self.reads if each[0] == "image"]

    def close(self) -> None:
        self.is_closed = True


def entry(key="a", shape=(2, 5, 4, 6), **fields) -> OpenExposure:
    """An open exposure of the state."""
    known = {
        "name": f"{key}_uncal",
        "kind": "uncal",
        "unit": "DN",
        "planes": ("SCI", "PIXELDQ"),
        "integrations": (1, shape[0]),
        "paths": (),
    }
    return OpenExposure(key=key, shape=shape, **(known | fields))


class FakeRamps:
    """`analysis.ramp` that reads through the exposure and counts its fits."""

    def __init__(self, monkeypatch) -> None:
        self.fits: list[ramp.Params] = []
        self.threads: list[str] = []
        self.gate = threading.Event()  # fits of all integrations wait for it
        self.gate.set()
        monkeypatch.setattr(ramp, "load", self.load)
        monkeypatch.setattr(ramp, "fit", self.fit)
        monkeypatch.setattr(ramp, "load_overview", self.load_overview)
        monkeypatch.setattr(ramp, "fit_overview", self.fit_overview)

    def load(self, exposure, params, progress=None):
        signal = exposure.read_box(params.x, params.y, params.x, params.y, "SCI", params.integration)[:, 0, 0].astype(float)
        return ramp.RampData(exposure.name, params.integration, signal, np.zeros(signal.size, np.uint32), 0)

    def fit(self, data, params):
        self.fits.append(params)
        self.threads.append(threading.current_thread().name)
        return (data.exposure, data.integration, params, data.signal)

    def load_overview(self, exposure, params, progress=None):
        return exposure.read_box(params.x, params.y, params.x, params.y, "SCI", 1)

    def fit_overview(self, data, params):
        assert self.gate.wait(20)
        return ("overview", float(data[0, 0, 0]), params)


class Desk:
    """Session, engine, bridge, exposures and loader, and what they said."""

    def __init__(self, qtbot) -> None:
        self.qtbot = qtbot
        self.session = Session()
        self.engine = Engine(workers=2)
        self.bridge = Bridge(self.engine)
        self.exposures = Exposures(self.session, self.engine, self.bridge)
        self.loader = Loader(self.session, self.exposures, self.engine, self.bridge)
        self.said: dict[str, list] = {name: [] for name in (*SIGNALS, "notice", "opened")}
        for name in SIGNALS:
            getattr(self.loader, name).connect(self.said[name].append)
        self.exposures.notice.connect(self.said["notice"].append)
        self.exposures.opened.connect(self.said["opened"].append)

    def settle(self) -> None:
        """Until nothing runs and every word was heard."""
        self.qtbot.waitUntil(lambda: not self.engine.busy and not self.bridge.waiting and self.loader.settled, timeout=60_000)

    def close(self) -> None:
        self.loader.close()
        assert self.engine.close()
        self.bridge.close()
        self.exposures.close_all()
