"""The light that falls on the detector: trace, spectrum, light curve, and which pixels are not good."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.science.detector import BORDER, FULL_SIZE
from detgui.science.dq import DO_NOT_USE, PIXEL, REFERENCE_PIXEL
from detgui.simulate.params import BotsParams

DEAD, HOT = PIXEL["DEAD"], PIXEL["HOT"]

WAVELENGTHS = {"NRS1": (2.67, 3.72), "NRS2": (3.82, 5.27)}
"""um at the first and last column of G395H; the cut-on of F290LP is inside NRS1."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What does not change from integration to integration.

    ``centre`` (nx,) trace centre, 0-based y; ``rate`` (ny, nx) DN/group of the star alone; ``dark`` (ny, nx) e-/s with hot pixels;
    ``light`` (nints,) relative flux; ``pixeldq`` (ny, nx) uint32; ``active`` (ny, nx) pixels that collect charge;
    ``superbias`` (ny, nx) DN; ``shifts`` (nints, 2) px by which each integration's spectrum is moved along x and its trace along y;
    ``coefficient`` (nints,) migration coefficient.
    """

    centre: NDArray[np.float64]
    rate: NDArray[np.float64]
    dark: NDArray[np.float64]
    light: NDArray[np.float64]
    pixeldq: NDArray[np.uint32]
    active: NDArray[np.bool_]
    superbias: NDArray[np.float32]
    shifts: NDArray[np.float64]
    coefficient: NDArray[np.float64]


def make_scene(params: BotsParams) -> Scene:
    """The scene of a set of parameters; the same seed gives the same scene."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([params.seed, detector_number(params), 0])))
    reference = reference_pixels(params)
    pixeldq, dark = bad_pixels(params, reference, rng)
    active = ~reference & ((pixeldq & DEAD) == 0)
    return Scene(
        centre=trace_centre(params),
        rate=rate_image(params) * active,
        dark=dark * active,
        light=light_curve(params),
        pixeldq=pixeldq,
        active=active,
        superbias=superbias(params, rng),
        shifts=shifts(params),
        coefficient=coefficients(params),
    )


def detector_number(params: BotsParams) -> int:
    """1 or 2; part of every seed, so that the two detectors do not share their noise."""
    return 1 if params.detector == "NRS1" else 2


def trace_centre(params: BotsParams) -> NDArray[np.float64]:
    """Trace centre per column, 0-based y, shape (nx,): a parabola that crosses several rows."""
    u = (np.arange(params.columns) + 0.5) / params.columns
    curve = 8.6 + 13.5 * u - 5.5 * u**2 if params.detector == "NRS1" else 20.4 - 12.0 * u + 4.0 * u**2
    return curve * params.rows / 32


def shifts(params: BotsParams) -> NDArray[np.float64]:
    """Movements of every integration, px, shape (nints, 2): jitter along x, jitter and drift along y; they have a seed of their own."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([params.seed, detector_number(params), 2])))
    moves = rng.standard_normal((params.integrations, 2)) * (params.jitter_x, params.jitter_y)
    moves[:, 1] += params.drift_y * np.linspace(0, 1, params.integrations)
    return np.asarray(moves)


def coefficients(params: BotsParams) -> NDArray[np.float64]:
    """Migration coefficient of every integration, shape (nints,): larger by ``migration_change`` where the planet covers the star."""
    at = (np.arange(params.integrations) + 0.5) / params.integrations
    return np.asarray(params.coefficient * (1 + params.migration_change * _covered(at - params.transit, params.duration)))


def rate_of(params: BotsParams, scene: Scene, index: int) -> NDArray[np.float64]:
    """Rate of the star alone as integration ``index`` (0-based) sees it, DN/group, shape (ny, nx): `Scene.rate` moved by its shifts."""
    dx, dy = (float(move) for move in scene.shifts[index])
    return moved_rate(params, dx, dy) * scene.active if dx or dy else scene.rate


def spectrum(params: BotsParams, shift: float = 0.0) -> NDArray[np.float64]:
    """Relative brightness per column, shape (nx,), largest value about 1: a star's falling spectrum, a cut-on, absorption bands.

    ``shift`` px moves it towards larger x.
    """
    first, last = WAVELENGTHS[params.detector]
    wave = first + (last - first) * (np.arange(params.columns) - shift) / max(params.columns - 1, 1)
    continuum = (wave / first) ** -1.2
    cut_on = 1 / (1 + np.exp(-(wave - 2.86) / 0.008))
    bands = np.ones_like(wave)
    lines = np.random.Generator(np.random.PCG64(20230401))
    for at, depth, width in zip(lines.uniform(first, last, 40), lines.uniform(0.01, 0.08, 40), lines.uniform(0.001, 0.01, 40), strict=True):
        bands *= 1 - depth * np.exp(-0.5 * ((wave - at) / width) ** 2)
    return np.asarray(continuum * cut_on * bands)


def profile(params: BotsParams, centre: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of a column's light in each pixel, shape (ny, nx): a core narrower than two pixels, integrated over the pixel, with wings."""
    from scipy.special import erf

    first, last = WAVELENGTHS[params.detector]
    wave = np.linspace(first, last, params.columns)
    core = 0.17 * wave  # px: 0.43 lambda/D over 0.1 arcsec pixels
    edges = np.arange(params.rows + 1)[:, None] - 0.5 - centre

    def integrated(sigma: NDArray[np.float64] | float) -> NDArray[np.float64]:
        return np.diff(0.5 * erf(edges / (np.sqrt(2) * sigma)), axis=0)

    return np.asarray(0.86 * integrated(core) + 0.12 * integrated(2.2) + 0.02 * integrated(7.0))


def rate_image(params: BotsParams) -> NDArray[np.float64]:
    """Signal rate of the star alone, DN/group, shape (ny, nx), ``params.peak`` in the brightest pixel."""
    return moved_rate(params, 0.0, 0.0)


def moved_rate(params: BotsParams, dx: float, dy: float) -> NDArray[np.float64]:
    """`rate_image` with the spectrum moved by ``dx`` px along x and the trace by ``dy`` px along y; the light stays the same."""
    still = profile(params, trace_centre(params)) * spectrum(params)
    image = profile(params, trace_centre(params) + dy) * spectrum(params, dx) if dx or dy else still
    return np.asarray(image * (params.peak / still.max()))


def light_curve(params: BotsParams) -> NDArray[np.float64]:
    """Flux per integration relative to the star alone, shape (nints,): phase curve, limb-darkened transit, two eclipses.

    The planet is darkest at the transit and, just outside the eclipses, adds ``eclipse_depth``.
    """
    at = (np.arange(params.integrations) + 0.5) / params.integrations
    first, second = params.eclipses
    orbit = second - first or 1.0
    day_side = 0.5 * (1 + np.cos(2 * np.pi * (at - first) / orbit))
    hidden = np.max([_covered(at - middle, params.duration) for middle in params.eclipses], axis=0)
    planet = params.eclipse_depth * (0.1 + 0.9 * day_side) * (1 - hidden)
    across = np.clip(2 * (at - params.transit) / params.duration, -1, 1)
    limb = 1 - 0.2 * (1 - np.sqrt(1 - across**2))
    star = 1 - params.transit_depth * _covered(at - params.transit, params.duration) * limb
    return np.asarray(star + planet)


def _covered(offset: NDArray[np.float64], duration: float) -> NDArray[np.float64]:
    """0 outside, 1 inside, straight in and out over a tenth of the duration."""
    ramp = 0.1 * duration
    return np.clip((duration / 2 - np.abs(offset)) / ramp, 0, 1)


def reference_pixels(params: BotsParams) -> NDArray[np.bool_]:
    """Reference pixels that fall into the subarray, shape (ny, nx): four columns at either end of SUB2048, none above or below."""
    _, xstart, ystart = params.subarray
    x = xstart + np.arange(params.columns)
    y = ystart + np.arange(params.rows)
    low, high = BORDER, FULL_SIZE - BORDER
    return np.asarray(((x <= low) | (x > high))[None, :] | ((y <= low) | (y > high))[:, None])


def bad_pixels(
    params: BotsParams, reference: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[NDArray[np.uint32], NDArray[np.float64]]:
    """(PIXELDQ, dark current in e-/s), both (ny, nx): hot pixels of 20 to 2000 e-/s, dead ones that answer to nothing."""
    shape = reference.shape
    chance = rng.random(shape)
    dead = (chance < params.dead) & ~reference
    hot = (chance >= params.dead) & (chance < params.dead + params.hot) & ~reference
    dark = np.full(shape, params.dark)
    dark[hot] = 10 ** rng.uniform(np.log10(20), np.log10(2000), int(hot.sum()))
    dq = np.zeros(shape, np.uint32)
    dq[dead] |= DEAD | DO_NOT_USE
    dq[hot] |= HOT
    dq[hot & (dark > 500)] |= DO_NOT_USE
    dq[reference] |= np.uint32(REFERENCE_PIXEL)
    return dq, dark


def superbias(params: BotsParams, rng: np.random.Generator) -> NDArray[np.float32]:
    """Zero level, DN, shape (ny, nx): scatter, a slow slope, alternating rows (read-out columns)."""
    shape = (params.rows, params.columns)
    slope = np.linspace(0, 400, params.columns)
    odd = 150.0 * (np.arange(params.rows) % 2)[:, None]
    return np.asarray(3500 + slope + odd + rng.normal(0, 250, shape), np.float32)
