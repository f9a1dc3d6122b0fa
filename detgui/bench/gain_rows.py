"""Rows of the photon transfer: clipped moments of boxes against astropy, memory of a gain map, the map that follows an outline."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from detgui.errors import DetguiError

KEYS = ("ptc256_vs_sigma_clip", "ptc8_vs_sigma_clip", "gain_peak_mb", "drag_void_hz")
SIDE = 2048
TURNS, OURS = 20, 4
"""Runs of astropy, and of ours after each of them."""

FLATS, GROUPS, WRITTEN = 10, 160, 10
"""Flats and groups of the gain map; groups that are written: the others are holes in the file, which read as 32768, beyond every limit."""

RATE, GAIN, NOISE = 500.0, 2.0, 6.0
TOLERANCE = 1e-6
DRAGS, RADIUS, STEP = 20, 180, 12

Image = NDArray[np.float32]

WORK = (
    "import sys",
    "from detgui.analysis import gain_map",
    "from detgui.bench.measure import peak_mb",
    "from detgui.data.exposure import open_exposures",
    "flats = open_exposures(sys.argv[1:], join=False, neighbours=False)",
    "gain_map.run(flats, gain_map.Params(pairs='all'))",
    "print(peak_mb())",
)


def measure(folder: Path) -> dict[str, float]:
    """All rows."""
    rng = np.random.default_rng(0)
    one, two = (5000.0 + 50.0 * rng.standard_normal((SIDE, SIDE), np.float32) for _ in range(2))
    found = {f"ptc{size}_vs_sigma_clip": _ratio(one, two, size) for size in (256, 8)}
    paths = _flats(folder)
    try:
        return found | {"gain_peak_mb": _peak(paths, folder), "drag_void_hz": _drag(paths)}
    finally:
        for path in paths:
            path.unlink()


def _ratio(one: Image, two: Image, size: int) -> float:
    """Time of astropy's sigma_clip with mean and variance of boxes over that of ours; raises `DetguiError` where the figures differ."""
    from detgui.analysis.box_clipper import Clipper
    from detgui.data.stream import workers_for
    from detgui.science.boxes import cut
    from detgui.science.detector import DetectorGeometry

    bad = np.zeros((SIDE, SIDE), np.uint8)
    boxes = cut(DetectorGeometry(SIDE, SIDE), size)
    mean, variance = by_sigma_clip(one, two, size)
    places = (boxes.y // size).astype(int) * (SIDE // size) + (boxes.x // size).astype(int)
    with Clipper(boxes, correct=False, workers=workers_for(None)) as clipper:
        ours = clipper.moments(one, two, bad)
        for found, expected in ((ours.mean, mean), (ours.variance, variance)):
            if not np.allclose(found, expected[places], rtol=TOLERANCE, atol=0.0):
                raise DetguiError(f"clipped figures of boxes of {size} pixels differ from astropy's")
        times: tuple[list[float], list[float]] = ([], [])
        for _ in range(TURNS):
            times[0].append(_time(lambda: by_sigma_clip(one, two, size)))
            times[1].extend(_time(lambda: clipper.moments(one, two, bad)) for _ in range(OURS))
    return median(times[0]) / median(times[1])


def by_sigma_clip(one: Image, two: Image, size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Clipped mean of the sum and variance of the difference, as astropy has them, boxes in rows of boxes."""
    from astropy.stats import sigma_clip

    across = SIDE // size
    total, difference = (
        sigma_clip(each.reshape(across, size, across, size).transpose(0, 2, 1, 3).reshape(-1, size * size), sigma=3, maxiters=None,
                   cenfunc="mean", axis=-1)
        for each in (one + two, one - two)
    )  # fmt: skip
    return np.asarray(total.mean(axis=-1, dtype=np.float64)), np.asarray(difference.var(axis=-1, ddof=1, dtype=np.float64))


def _time(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _peak(paths: list[Path], folder: Path) -> float:
    """Peak memory of a process that maps the gain of ten flats of 160 groups of 2048 x 2048 pixels, MB."""
    environment = {**os.environ, "DETGUI_HOME": str(folder / "home")}
    command = [sys.executable, "-c", "\n".join(WORK), *map(str, paths)]
    return float(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)


def _drag(paths: list[Path]) -> float:
    """Maps a second while the outline of a void moves over three sectors, each with the image of the gain and of the labels."""
    from detgui.analysis.gain_live import LiveGain
    from detgui.analysis.gain_map import Params
    from detgui.data.exposure import open_exposures

    flats = open_exposures(paths, join=False, neighbours=False)
    try:
        live = LiveGain.build(flats, Params(), tuple(range(1, FLATS // 2 + 1)))
    finally:
        for each in flats:
            each.close()
    rows, columns = np.ogrid[:SIDE, :SIDE]
    places = count(600, STEP)
    times = []
    for _ in range(DRAGS):
        void = (columns - next(places)) ** 2 + (rows - 900) ** 2 < RADIUS**2
        times.append(_time(lambda void=void: live.update([void]).map()))  # type: ignore[misc]
    return 1.0 / median(times)


def _flats(folder: Path) -> list[Path]:
    """Ten names for two flats: what a map takes is the same whether pairs differ."""
    written = [_flat(folder / f"gain_{number}_ramp.fits", number) for number in range(2)]
    paths = list(written)
    for number in range(2, FLATS):
        path = folder / f"gain_{number}_ramp.fits"
        os.link(written[number % 2], path)
        paths.append(path)
    return paths


def _flat(path: Path, seed: int) -> Path:
    """A ramp of unsigned 16-bit numbers of which only the first groups take room on the disk."""
    from astropy.io import fits

    rng = np.random.default_rng(seed)
    header = fits.Header({"TELESCOP": "JWST", "INSTRUME": "NIRCAM", "DETECTOR": "NRCB1", "DATAMODL": "RampModel", "FASTAXIS": 1})
    header["SLOWAXIS"], header["S_LINEAR"] = -2, "COMPLETE"
    sci = fits.Header({"XTENSION": "IMAGE", "BITPIX": 16, "NAXIS": 4, "NAXIS1": SIDE, "NAXIS2": SIDE, "NAXIS3": GROUPS, "NAXIS4": 1})
    sci.update({"PCOUNT": 0, "GCOUNT": 1, "EXTNAME": "SCI", "BUNIT": "DN", "BSCALE": 1, "BZERO": 32768})
    total = np.zeros((SIDE, SIDE), np.float32)
    with path.open("wb") as out:
        fits.PrimaryHDU(header=header).writeto(out)
        out.write(sci.tostring(padding=True).encode())
        begin = out.tell()
        for _ in range(WRITTEN):
            total += RATE + np.sqrt(np.float32(RATE / GAIN)) * rng.standard_normal((SIDE, SIDE), np.float32)
            read = total + np.float32(NOISE) * rng.standard_normal((SIDE, SIDE), np.float32)
            out.write((np.rint(read).astype(np.int32) - 32768).astype(">i2").tobytes())
        size = GROUPS * SIDE * SIDE * 2
        out.truncate(begin + size + -(begin + size) % 2880)
    return path
