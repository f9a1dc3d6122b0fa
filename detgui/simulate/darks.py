"""Simulated darks: pixels that are born hot, recover and flicker, with the crosses that coupling makes of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.simulate.dark_params import DarkParams

KINDS = ("always", "born", "telegraph")
LEAST_RATE = 1.2
"""DN/s of the faintest hot pixel: above the least threshold of the report, so that noise does not decide whether it counts."""

QUIET = 0.007
"""DN/s of a pixel that is not hot: JWST-STScI-009188 section 2, below 0.01 e-/s."""

PIXEL_TYPE = [("x", "i4"), ("y", "i4"), ("rate", "f8"), ("born", "f8"), ("died", "f8"), ("kind", "i2")]


@dataclass(frozen=True, slots=True, eq=False)
class DarkScene:
    """What is true: hot pixels (`PIXEL_TYPE`; months since the first file, -inf and inf for always), rate of every pixel when quiet, the
    coupling of each neighbour (side, y, x), telegraph states (pixel, epoch), zero levels (epoch,), which pixels see."""

    params: DarkParams
    pixels: NDArray[np.void]
    quiet: NDArray[np.float32]
    couplings: NDArray[np.float32]
    telegraph: NDArray[np.bool_]
    zeros: NDArray[np.float64]
    active: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class DarkFrame:
    """One file: ``rate``, ``err`` measured, and ``true`` without noise, in the file's unit, shapes (ny, nx)."""

    index: int
    rate: NDArray[np.float32]
    err: NDArray[np.float32]
    true: NDArray[np.float32]
    centres: NDArray[np.float32]
    unit: str


SIDES = ((0, -1), (0, 1), (-1, 0), (1, 0))


def make_scene(params: DarkParams) -> DarkScene:
    """Draw where and when pixels are hot; a detector has the same hot pixels in both read-outs."""
    generator = np.random.default_rng(np.random.SeedSequence([params.seed, *params.detector.encode()]))
    own = np.random.default_rng(np.random.SeedSequence([params.seed, *params.detector.encode(), *params.readout.encode()]))
    size, span = params.size, params.interval * (params.epochs - 1)
    active = ~params.geometry.reference_pixels()
    births = generator.poisson(params.births * span)
    count = params.hot + births + params.telegraph
    places = generator.choice(np.flatnonzero(active), count, replace=False)
    pixels = np.zeros(count, PIXEL_TYPE)
    pixels["y"], pixels["x"] = np.divmod(places, size)
    pixels["rate"] = hot_rates(generator, count, params)
    pixels["kind"] = np.repeat([0, 1, 2], [params.hot, births, params.telegraph])
    pixels["born"], pixels["died"] = -math.inf, math.inf
    born = pixels["kind"] == 1
    pixels["born"][born] = np.sort(generator.uniform(0, span, births)) if span else 0.0
    _let_die(pixels, generator, params, span)
    spread = 1 + params.coupling_scatter * generator.standard_normal((4, size, size), np.float32)
    return DarkScene(
        params=params,
        pixels=pixels,
        quiet=(QUIET * np.exp(0.3 * generator.standard_normal((size, size), np.float32))).astype(np.float32),
        couplings=(params.coupling * spread).astype(np.float32),
        telegraph=generator.random((params.telegraph, params.epochs)) < 0.5,
        zeros=params.zero * own.standard_normal(params.epochs),
        active=active,
    )


def hot_rates(generator: np.random.Generator, count: int, params: DarkParams) -> NDArray[np.float64]:
    """Log-normal rates above `LEAST_RATE`, DN/s."""
    low = _below(LEAST_RATE, params)
    from scipy.special import ndtri

    uniform = low + (1 - low) * generator.random(count)
    return np.asarray(params.brightness * np.exp(params.spread * ndtri(np.clip(uniform, 1e-12, 1 - 1e-9))), np.float64)


def share_above(threshold: float, params: DarkParams) -> float:
    """Share of hot pixels above a threshold, DN/s."""
    low = _below(LEAST_RATE, params)
    return (1 - max(_below(threshold, params), low)) / (1 - low)


def _below(rate: float, params: DarkParams) -> float:
    return 0.5 * math.erfc(-math.log(rate / params.brightness) / params.spread / math.sqrt(2.0))


def _let_die(pixels: NDArray[np.void], generator: np.random.Generator, params: DarkParams, span: float) -> None:
    """Deaths at random times, each of a pixel that is hot then and no telegraph."""
    for when in np.sort(generator.uniform(0, span, generator.poisson(params.deaths * span))):
        alive = np.flatnonzero((pixels["kind"] < 2) & (pixels["born"] < when) & (pixels["died"] > when))
        if alive.size:
            pixels["died"][generator.choice(alive)] = when


def hot_at(scene: DarkScene, index: int) -> NDArray[np.bool_]:
    """Which of the scene's pixels are hot in a file."""
    pixels, month = scene.pixels, scene.params.interval * index
    hot: NDArray[np.bool_] = (pixels["born"] <= month) & (pixels["died"] > month)
    hot[pixels["kind"] == 2] = scene.telegraph[:, index]
    return hot


def frame(scene: DarkScene, index: int) -> DarkFrame:
    """One file; before the change of definition it has no crosses and is in e-/s."""
    params = scene.params
    after = params.changed[index]
    hot = scene.pixels[hot_at(scene, index)]
    extra = np.zeros((params.size, params.size), np.float32)
    extra[hot["y"], hot["x"]] = hot["rate"]
    scale = np.float32(1.0 if after else params.gain)
    centres = (scene.quiet + extra) * scale
    true = (scene.quiet + extra + (_lent(extra, scene.couplings) if after else 0)) * scale
    err = np.hypot(params.noise, np.sqrt(true / params.exposure)).astype(np.float32)
    generator = np.random.default_rng(np.random.SeedSequence([params.seed, index, *params.detector.encode(), *params.readout.encode()]))
    rate = true + err * generator.standard_normal(true.shape, np.float32) + np.float32(scene.zeros[index])
    for each in (rate, true, centres):
        each[~scene.active] = 0
    return DarkFrame(index, rate, err, true, centres, "DN/s" if after else "e-/s")


def _lent(extra: NDArray[np.float32], couplings: NDArray[np.float32]) -> NDArray[np.float32]:
    """What every pixel shows of its four neighbours' charge."""
    found = np.zeros_like(extra)
    for number, (dy, dx) in enumerate(SIDES):
        moved = np.zeros_like(extra)
        ny, nx = extra.shape
        rows, columns = slice(max(dy, 0), ny + min(dy, 0)), slice(max(dx, 0), nx + min(dx, 0))
        sources = slice(max(-dy, 0), ny + min(-dy, 0)), slice(max(-dx, 0), nx + min(-dx, 0))
        moved[rows, columns] = extra[sources]
        found += moved * couplings[number]
    return found
