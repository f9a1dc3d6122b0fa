"""Rows of the readers: one pixel's ramps out of a file that is not in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from detgui.bench.measure import forget, milliseconds, ramp_file
from detgui.data import piece_kernels
from detgui.data.exposure import Exposure, open_exposures

KEYS = ("pixel_cold_full_vs_memmap", "pixel_cold_sub_vs_memmap")
COLD_RUNS = 5


def measure(folder: Path) -> dict[str, float]:
    """Both rows; each pair is timed in turn on the same file."""
    return {
        "pixel_cold_full_vs_memmap": _cold_pixel(folder / "full_uncal.fits", (10, 20, 2048, 2048), "uint16"),
        "pixel_cold_sub_vs_memmap": _cold_pixel(folder / "sub_ramp.fits", (120, 42, 32, 2048), "float32"),
    }


def _cold_pixel(path: Path, shape: tuple[int, int, int, int], dtype: str) -> float:
    ramp_file(path, shape, dtype)
    (exposure,) = open_exposures([path])
    x, y = shape[3] // 3, shape[2] // 2
    try:
        piece_kernels.warm()
        ours = milliseconds(lambda: exposure.read_pixel(x, y), COLD_RUNS, lambda: forget(path))
        plain = milliseconds(lambda: _memmap_pixel(path, exposure, x, y), COLD_RUNS, lambda: forget(path))
    finally:
        exposure.close()
        path.unlink()
    return plain / ours


def _memmap_pixel(path: Path, exposure: Exposure, x: int, y: int) -> np.ndarray:
    """The pixel as numpy does it: a slice of a memory map."""
    from astropy.io import fits

    with fits.open(path) as hdus:
        offset = hdus["SCI"].fileinfo()["datLoc"]
    raw = np.memmap(path, ">i2" if exposure.dtype == np.uint16 else ">f4", "r", offset, exposure.shape)
    return np.array(raw[:, :, y, x]).astype(exposure.dtype)
