"""Sources of a simulated field, where NIRCam's arrays lie on it at each epoch, and what they measure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.science.offset_detectors import name_of
from detgui.science.offset_sky import from_tangent_plane
from detgui.simulate.imaging_params import ImagingParams, numbers_of

Array = NDArray[np.float64]

MODULE = 2.2
"""arcmin a side (JDox, NIRCam Field of View)."""

MIDDLE = 1.475
"""arcmin from the middle of the field to that of a module: 44 arcsec lie between the modules."""

SHORT = 1.07
SHORT_MIDDLE = 0.57
QUADRANTS = {"1": (1, 1), "2": (1, -1), "3": (-1, 1), "4": (-1, -1)}
"""Where the short-wave arrays of module B lie about its middle, along d and across; those of A are point-symmetric to them."""

PIXELS = 2048


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Sources, arrays (n,): ``d`` and ``c`` arcmin along and across the long side, ``ra``, ``dec`` degrees, ``mag``, ``size`` relative to
    that of a star."""

    d: Array
    c: Array
    ra: Array
    dec: Array
    mag: Array
    size: Array


@dataclass(frozen=True, slots=True)
class Pointing:
    """One array at one exposure: its middle (``d``, ``c``) and ``side``, arcmin; ``turn``: +1 where x runs along d, -1 against it."""

    detector: str
    number: str
    epoch: int
    dither: int
    d: float
    c: float
    side: float
    turn: int

    @property
    def exposure(self) -> str:
        """Name of the exposure, without its detector."""
        return f"e{self.epoch + 1}-{self.dither + 1}"

    def pixel(self, d: Array, c: Array, size: int = PIXELS) -> tuple[Array, Array]:
        """(x, y), 0-based, of places in the field on an array of ``size`` pixels."""
        scale = size / self.side
        middle = (size - 1) / 2
        return self.turn * (d - self.d) * scale + middle, self.turn * (c - self.c) * scale + middle

    def sees(self, d: Array, c: Array) -> NDArray[np.bool_]:
        """Which places are on the array, 2 % of its side off the edge."""
        half = 0.48 * self.side
        return (np.abs(d - self.d) < half) & (np.abs(c - self.c) < half)


def make_scene(params: ImagingParams) -> Scene:
    """Sources spread over the field."""
    rng = np.random.default_rng([params.seed, 1])
    n = params.sources
    d = rng.uniform(-(MIDDLE + MODULE / 2), MIDDLE + MODULE / 2, n)
    c = rng.uniform(-MODULE / 2, MODULE / 2, n)
    slope = 0.25 * np.log(10)
    low, high = np.exp(slope * params.bright), np.exp(slope * params.faint)
    mag = np.log(rng.uniform(low, high, n)) / slope
    size = np.where(rng.random(n) < 0.8, 1.0, rng.uniform(2.5, 4.0, n))
    east, north = to_sky(d, c, params.long_axis)
    ra, dec = from_tangent_plane(east, north, params.ra, params.dec)
    return Scene(d, c, ra, dec, mag, size)


def to_sky(d: Array | float, c: Array | float, angle: float) -> tuple[Array, Array]:
    """(east, north), arcmin, of places in the field whose long side has a position angle (degrees)."""
    turn = np.deg2rad(angle)
    return np.asarray(d * np.sin(turn) + c * np.cos(turn)), np.asarray(d * np.cos(turn) - c * np.sin(turn))


def pointings(params: ImagingParams, filter_: str, dithered: bool = True) -> list[Pointing]:
    """All arrays of a filter at all exposures: module B at d > 0 in odd epochs (counted from 1), at d < 0 in even ones."""
    rng = np.random.default_rng([params.seed, 2])
    found = []
    for epoch in range(params.epochs):
        turn = 1 if epoch % 2 == 0 else -1
        for dither in range(params.dithers):
            moved = rng.uniform(-params.throw, params.throw, 2) / 60.0 * dithered
            for module, side in (("B", turn), ("A", -turn)):
                for number in numbers_of(filter_):
                    along, across = QUADRANTS.get(number, (0, 0))
                    d, c = side * (MIDDLE + SHORT_MIDDLE * along), side * SHORT_MIDDLE * across
                    width = SHORT if number in QUADRANTS else MODULE
                    found.append(Pointing(name_of(module, number), number, epoch, dither, d + moved[0], c + moved[1], width, turn))
    return found


def shifts_of(params: ImagingParams, pointing: Pointing, filter_: str, d: Array) -> Array:
    """What an array reads too faint at an epoch, mag, at places d: offset of module A, gradient of even epochs, time term."""
    offset, slope = params.offsets[pointing.number, filter_]
    in_a = pointing.detector[3] == "a"
    return offset * in_a + slope * d * (pointing.epoch % 2) + params.times()[pointing.epoch] + np.zeros_like(d)


def variability(params: ImagingParams, filter_: str) -> Array:
    """What the sources differ at each epoch from their mean, mag, shape (epochs, n): outliers only."""
    rng = np.random.default_rng([params.seed, 3, int(filter_[1:4])])
    shape = (params.epochs, params.sources)
    return np.where(rng.random(shape) < params.outliers, rng.normal(0, 0.5, shape), 0.0)


def error_of(mag: Array) -> Array:
    """Error of a magnitude: 0.01 mag at 22 mag, less for brighter ones (paper, section 3.1: signal-to-noise ratio 100)."""
    return 0.001 + 0.009 * 10 ** (0.3 * (mag - 22.0))
