"""Small simulated flats with a void, and what the tests of the gain tab wait for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from detgui.science.boxes import cut
from detgui.science.regions import Ellipse, Region
from detgui.simulate.flat_files import write_flats
from detgui.simulate.flat_params import FlatParams

PATIENCE = 180_000  # ms; the first map compiles kernels, on a busy machine for more than a minute
VOID = (250.0, 120.0, 60.0)  # x, y, radius of the simulated void, pixels
SMALL = FlatParams("NRCB1", 2, 7, 256, 512, outputs=4, rate=900.0, gain=(2.0,), void=VOID, ipc=1.0, first_gradient=0.0, seed=5)


def write(folder: Path, levels: tuple[str, ...] = ("ramp",), params: FlatParams = SMALL) -> list[Path]:
    """Files of the flats alone, in order, raw ones after the others."""
    written = write_flats(params, folder, levels)
    return [path for level in ("ramp", "uncal") for path in written if path.stem.endswith(f"_{level}")]


@pytest.fixture(scope="session")
def flats(tmp_path_factory) -> list[Path]:
    """Two pairs of ramps of 512 x 256 pixels with gain 2 e-/DN and a void."""
    return write(tmp_path_factory.mktemp("flats"))


def void(x: float = VOID[0], y: float = VOID[1], r: float = VOID[2], kind: str = "void") -> Region:
    """An outline about the void."""
    return Region(Ellipse(x, y, r, r), "", kind)


def open_files(qtbot, parts, files) -> None:
    """Open files and wait until all are in the list."""
    count = len(parts.session.state.exposures) + len(files)
    parts.exposures.open(files, join=False)
    qtbot.waitUntil(lambda: len(parts.session.state.exposures) == count, timeout=PATIENCE)


def settled(maker) -> bool:
    """Whether the exact map of the present options is there and nothing runs."""
    return maker.is_current and maker.approximate is None and not maker.busy


class FakeLive:
    """A map that follows: gain 1 in the bulk and 2 in voids, so that a test sees which outline it is of; counts its updates."""

    def __init__(self, geometry) -> None:
        self.geometry, self.updates, self.wait = geometry, [], lambda: None

    @classmethod
    def builder(cls, made: list):
        """What stands for `LiveGain.build`; puts what it made into ``made``."""

        def build(flats, params, pairs_used, progress, factor=1.0, memory=0):
            made.append(cls(flats[0].geometry))
            return made[-1]

        return build

    def update(self, voids, exclude=(), box=None):
        from detgui.analysis.gain_live import LiveMap

        self.updates.append(tuple(int(mask.sum()) for mask in voids))
        self.wait()
        boxes = cut(self.geometry, box or 64, voids, exclude)
        gain = 1.0 + boxes.kind.astype(float)
        return LiveMap(boxes, gain, np.full(len(boxes), 0.01), np.arange(len(boxes)))
