"""Small simulated catalogs of a field that NIRCam's modules saw in turn, and what tests of the offsets tab wait for."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from detgui.data.tables import write_table
from detgui.gui.offsets.offsets_panel import OffsetsPanel
from detgui.gui.window.parts import Parts
from detgui.science.offset_sky import from_tangent_plane
from detgui.session.offsets import TAB

PATIENCE = 60_000  # ms
ANGLE, RA, DEC = 72.0, 265.0, 69.0  # degrees
OFFSETS = {"long": 0.04, "2": -0.05}  # A - B, mag
K = 0.004  # mag/arcmin, of the long-wave arrays in epoch 2
FILTERS = {"long": "f444w", "2": "f200w"}
OUTLIERS = 6
SIDE = 2.2  # arcmin, of a long-wave array


def measurements(number: str, epoch: int, rng: np.random.Generator, stars: dict[str, np.ndarray], noise: float) -> dict[str, np.ndarray]:
    """What an epoch saw of the stars with arrays of one number: A at d > 0 in epoch 2, at d < 0 else."""
    module = np.where((stars["d"] > 0) == (epoch == 2), "a", "b")
    sign = np.where(module == "a", 1.0, -1.0)
    mag = stars["mag"] + np.where(module == "a", OFFSETS[number], 0.0)
    if number == "long" and epoch == 2:
        mag = mag + K * stars["d"]
    mag = mag + rng.normal(0, noise, mag.size)
    if epoch == 2:
        mag[:OUTLIERS] += 0.6
    step = SIDE / 2048
    return {
        "id": np.array([f"{number}-{at:04d}" for at in range(mag.size)]),
        "ra": stars["ra"] + rng.normal(0, 0.002, mag.size) / 3600,
        "dec": stars["dec"] + rng.normal(0, 0.002, mag.size) / 3600,
        "mag": mag,
        "mag_err": np.full(mag.size, noise),
        "detector": np.char.add(np.char.add("nrc", module), number),
        "x": 1024 + sign * (np.abs(stars["d"]) - SIDE / 2) / step,
        "y": 1024 + sign * stars["across"] / step,
    }


def field(number: str, rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
    """Stars in both patches: positions, magnitudes, d and the place across it in arcmin."""
    d = rng.uniform(0.1, SIDE, count) * np.where(np.arange(count) % 2, 1, -1)
    across = rng.uniform(-SIDE / 2, SIDE / 2, count)
    turn = np.deg2rad(ANGLE)
    ra, dec = from_tangent_plane(d * np.sin(turn) + across * np.cos(turn), d * np.cos(turn) - across * np.sin(turn), RA, DEC)
    return {"d": d, "across": across, "ra": ra, "dec": dec, "mag": rng.uniform(18.0, 21.5, count)}


def write_catalogs(folder: Path, epochs: int = 3, count: int = 120, noise: float = 0.01, names: dict[str, str] | None = None) -> list[Path]:
    """One ECSV for each epoch and filter; ``names`` replaces the names of columns."""
    rng, written = np.random.default_rng(8), []
    folder.mkdir(parents=True, exist_ok=True)
    for number, band in FILTERS.items():
        stars = field(number, rng, count)
        for epoch in range(1, epochs + 1):
            columns = measurements(number, epoch, rng, stars, noise)
            units = {"ra": "deg", "dec": "deg", "mag": "mag", "mag_err": "mag"}
            renamed = {(names or {}).get(name, name): (values, units.get(name, "")) for name, values in columns.items()}
            path = folder / f"{band}_epoch{epoch}.ecsv"
            write_table(path, renamed, {"epoch": epoch, "filter": band.upper()})
            written.append(path)
    return written


@pytest.fixture(scope="session")
def catalogs(tmp_path_factory) -> list[Path]:
    """Three epochs of a long-wave and a short-wave array."""
    return write_catalogs(tmp_path_factory.mktemp("catalogs"))


@contextmanager
def shown_panel(qtbot, files=(), page: str = "Inputs", size=(460, 760)):
    """A shown offsets panel with its parts; closed in the right order."""
    parts = Parts(workers=2)
    panel = OffsetsPanel(parts)
    qtbot.addWidget(panel)
    panel.resize(*size)
    panel.show()
    qtbot.waitExposed(panel)
    parts.session.set_tab(TAB)
    if files:
        panel.maker.add(list(files))
        qtbot.waitUntil(lambda: len(panel.maker.facts) == len(files), timeout=PATIENCE)
    parts.session.forget()
    parts.session.set_offsets(page=page)
    QApplication.processEvents()
    try:
        yield panel, parts
    finally:
        parts.close()


def measured(qtbot, panel) -> None:
    """Wait until the offsets of the present options are there."""
    maker = panel.maker
    qtbot.waitUntil(lambda: maker.is_current and not maker.busy, timeout=PATIENCE)
    QApplication.processEvents()
