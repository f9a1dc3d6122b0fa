"""Coordinates of all pixels of an image kept so that one pixel's are looked up in microseconds."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Evaluate = Callable[[NDArray[np.float64], NDArray[np.float64]], tuple[NDArray[np.float64], ...]]
"""x, y (0-based pixels) -> ra, dec (deg), wavelength (um), arrays of the same shape."""

STEP = 16  # pixels between grid points: JWST's distortion bends by 1e-5 pixel / pixel^2, so that linear interpolation is good to 1e-3 pixel
_CHUNK_ROWS = 64


@dataclass(frozen=True, slots=True, eq=False)
class GridSky:
    """Unit vectors on a coarse grid, shape (my, mx, 3), linear between; for a smooth mapping of the whole image (no wavelengths)."""

    vectors: NDArray[np.float64]
    ny: int
    nx: int

    def at(self, x: float, y: float) -> tuple[float, float, float]:
        """(ra, dec, NaN) of a pixel, degrees; NaN outside the image."""
        if not (0 <= x <= self.nx - 1 and 0 <= y <= self.ny - 1):
            return np.nan, np.nan, np.nan
        my, mx, _ = self.vectors.shape
        column, along_x = _cell(x, self.nx, mx)
        row, along_y = _cell(y, self.ny, my)
        corners = self.vectors[row : row + 2, column : column + 2]
        lower, upper = corners[0], corners[-1]
        low = lower[0] + along_x * (lower[-1] - lower[0])
        high = upper[0] + along_x * (upper[-1] - upper[0])
        a, b, c = (low + along_y * (high - low)).tolist()
        ra = math.degrees(math.atan2(b, a))
        return ra + 360.0 if ra < -1e-13 else abs(ra), math.degrees(math.atan2(c, math.hypot(a, b))), np.nan


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """ra, dec (deg) and wavelength (um) of every pixel, shape (3, ny, nx); NaN where the WCS gives none."""

    values: NDArray[np.float64]

    @property
    def known(self) -> bool:
        """True where any pixel has a coordinate."""
        return bool(np.isfinite(self.values).any())

    def at(self, x: int, y: int) -> tuple[float, float, float]:
        """(ra, dec, wavelength) of a pixel; NaN outside the image."""
        _, ny, nx = self.values.shape
        if not (0 <= x < nx and 0 <= y < ny):
            return np.nan, np.nan, np.nan
        ra, dec, wavelength = self.values[:, y, x].tolist()
        return ra, dec, wavelength


def grid_sky(evaluate: Evaluate, shape: tuple[int, int]) -> GridSky:
    """Evaluate a smooth mapping on a grid over an image of shape (ny, nx). Raises ValueError where it has no finite coordinates."""
    ny, nx = shape
    x, y = np.meshgrid(_nodes(nx), _nodes(ny))
    ra, dec = (np.radians(value) for value in evaluate(x, y)[:2])
    vectors = np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)
    if not np.isfinite(vectors).all():
        raise ValueError("it gives no coordinates for parts of the image")
    return GridSky(vectors, ny, nx)


def full_table(evaluate: Evaluate, shape: tuple[int, int], progress: Callable[[float], None]) -> Table:
    """Evaluate every pixel of an image of shape (ny, nx), some rows at a time; ``progress`` gets the part done."""
    ny, nx = shape
    values = np.full((3, ny, nx), np.nan)
    for start in range(0, ny, _CHUNK_ROWS):
        progress(start / ny)
        rows = np.arange(start, min(start + _CHUNK_ROWS, ny))
        x, y = np.meshgrid(np.arange(nx, dtype=np.float64), rows.astype(np.float64))
        values[:, rows] = evaluate(x, y)
    return Table(values)


def _nodes(length: int) -> NDArray[np.float64]:
    return np.linspace(0.0, length - 1.0, max(2, -(-length // STEP) + 1) if length > 1 else 1)


def _cell(position: float, length: int, nodes: int) -> tuple[int, float]:
    """Grid cell of a position and how far into it, 0 to 1."""
    if nodes < 2:
        return 0, 0.0
    place = position * (nodes - 1) / (length - 1)
    cell = min(int(place), nodes - 2)
    return cell, place - cell
