"""Simulated artifacts of the read-out: 1/f noise in time order, alternating columns, noisy lines, snowballs and telegraph pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.science.dq import PIXEL
from detgui.science.read_order import EVEN, ODD, Clock, ReadOrder, clock, read_order
from detgui.simulate.noise_params import NoiseParams

Image = NDArray[np.float32]

SATURATION = 60000.0
"""DN above the zero level at which a pixel of a ramp is full."""

PEDESTAL = 12000.0
"""DN, zero level of raw files."""

KTC = 12.0
"""DN, noise of the reset."""

HALO = 400.0
"""DN at the edge of a snowball's core; the halo falls to a tenth at its own edge."""

CORE = 0.5
"""Radius of a snowball's core, part of the snowball's."""

SNOWBALL_TYPE = [("integration", "i4"), ("group", "i4"), ("x", "f8"), ("y", "f8"), ("radius", "f8"), ("area", "i4"), ("core", "i4")]


@dataclass(frozen=True, slots=True, eq=False)
class NoiseScene:
    """What is true of an exposure.

    ``light`` DN/s (rate: DN/s too) of every pixel; ``half`` (outputs,) alternating columns; ``rows`` places of noisy lines along the fast
    axis; ``snowballs`` of `SNOWBALL_TYPE`; ``telegraph`` (x, y); ``samples`` noisy reference samples along the fast axis; ``frame_time`` s.
    """

    params: NoiseParams
    order: ReadOrder
    clock: Clock
    light: Image
    half: NDArray[np.float64]
    rows: NDArray[np.intp]
    snowballs: NDArray[np.void]
    telegraph: NDArray[np.intp]
    samples: NDArray[np.intp]
    frame_time: float


@dataclass(frozen=True, slots=True, eq=False)
class NoiseIntegration:
    """An integration: ``signal`` (groups, ny, nx), ``groupdq``; ``levels`` (groups, n_slow) of the lines that were added."""

    signal: Image
    groupdq: NDArray[np.uint8]
    levels: NDArray[np.float64]


def make_scene(params: NoiseParams) -> NoiseScene:
    """Draw where everything is."""
    rng = _random(params, 0)
    order = read_order(params.geometry, irs2=params.irs2)
    ticks = clock(order, np.nan)
    active = ~params.geometry.reference_pixels()
    half = np.resize(np.asarray(params.columns_half, np.float64), len(order.names))
    inside = np.flatnonzero(active.any(axis=0 if order.fast_is_x else 1))
    rows = np.sort(rng.choice(inside, min(params.noisy_rows, inside.size), replace=False))
    spots = rng.choice(np.flatnonzero(active), min(params.telegraph, int(active.sum())), replace=False)
    samples = np.flatnonzero(order.output < 0)
    own = samples[(samples >= 640) & (samples < 2560)]
    bad = np.sort(rng.choice(own, min(params.bad_samples, own.size), replace=False)) if own.size else own
    telegraph = np.stack([spots % params.shape[1], spots // params.shape[1]], axis=1)
    return NoiseScene(
        params, order, ticks, _light(params, active, rng), half, rows.astype(np.intp), _snowballs(params, rng), telegraph.astype(np.intp),
        bad.astype(np.intp), ticks.line * ticks.frame * 1e-5,
    )  # fmt: skip


def _light(params: NoiseParams, active: NDArray[np.bool_], rng: np.random.Generator) -> Image:
    ny, nx = params.shape
    y, x = np.linspace(-0.5, 0.5, ny)[:, None], np.linspace(-0.5, 0.5, nx)[None, :]
    light = (params.background + params.gradient * (x + y)).astype(np.float32)
    scale = 20 * max(params.read_noise, 1e-3) / (10.0 if params.ramp else 1.0)
    for _ in range(params.sources):
        cx, cy, width = rng.uniform(0, nx - 1), rng.uniform(0, ny - 1), rng.uniform(1.0, 2.0)
        peak = scale * np.exp(rng.normal(0, 0.8))
        x0, x1, y0, y1 = max(0, int(cx) - 10), min(nx, int(cx) + 11), max(0, int(cy) - 10), min(ny, int(cy) + 11)
        spot = np.exp(-((np.arange(y0, y1)[:, None] - cy) ** 2 + (np.arange(x0, x1)[None, :] - cx) ** 2) / (2 * width**2))
        light[y0:y1, x0:x1] += (peak * spot).astype(np.float32)
    return np.where(active, light, 0).astype(np.float32)


def _snowballs(params: NoiseParams, rng: np.random.Generator) -> NDArray[np.void]:
    """Where and when; apart from each other and from the edge, so that each is one cluster."""
    count = params.snowballs if params.ramp and params.groups >= 2 else 0
    margin = 2 * params.snowball_radius + 6
    listed = np.zeros(count, SNOWBALL_TYPE)
    ny, nx = params.shape
    taken: list[tuple[float, float]] = []
    for ball in listed:
        for _ in range(200):
            x, y = rng.uniform(margin, max(margin, nx - 1 - margin)), rng.uniform(margin, max(margin, ny - 1 - margin))
            if all(np.hypot(x - a, y - b) > 2.5 * params.snowball_radius for a, b in taken):
                break
        taken.append((x, y))
        ball["x"], ball["y"], ball["radius"] = x, y, params.snowball_radius
        ball["integration"], ball["group"] = rng.integers(1, params.integrations + 1), rng.integers(2, params.groups + 1)
        distance = _distance(params.shape, ball)
        ball["area"], ball["core"] = int((distance <= 1).sum()), int((distance <= CORE).sum())
    return listed


def _distance(shape: tuple[int, int], ball: np.void) -> NDArray[np.float64]:
    """Distance from the centre over the radius."""
    y, x = np.arange(shape[0])[:, None], np.arange(shape[1])[None, :]
    return np.asarray(np.hypot(x - ball["x"], y - ball["y"]) / ball["radius"])


def flicker(rng: np.random.Generator, scene: NoiseScene) -> NDArray[np.float64]:
    """1/f noise of one frame at every pixel time, shape (lines, pixel times), whose line levels have a standard deviation of 1.

    White noise shaped by f^(-slope / 2) over the frame; nothing is below one period in a frame.
    """
    from scipy import fft

    ticks = scene.clock
    n = ticks.line * ticks.frame
    size = fft.next_fast_len(n, real=True)
    frequency = np.arange(size // 2 + 1, dtype=np.float32)
    frequency[0] = 1.0
    shape = frequency ** np.float32(-scene.params.slope / 2)
    shape[0] = 0
    noise = rng.standard_normal(size, np.float32)
    series = fft.irfft(fft.rfft(noise) * shape, size)[:n].reshape(ticks.frame, ticks.line)
    lines = series[: scene.order.shape[0]]
    used = int((scene.order.output == 0).sum())
    level = lines[:, :used].mean(axis=1)
    return np.asarray((lines - level.mean()) / max(float(level.std()), 1e-12), np.float64)


def read_noise(scene: NoiseScene, rng: np.random.Generator) -> tuple[Image, NDArray[np.float64]]:
    """Noise of one read, shape (ny, nx), and the level that it adds to each line, (n_slow,): mean over the pixels of all outputs."""
    params, order = scene.params, scene.order
    spread = np.full(order.shape[1], params.read_noise, np.float32)
    spread[scene.rows] *= params.row_factor
    spread[scene.samples] *= params.row_factor
    lines = rng.standard_normal(order.shape, np.float32) * spread[None, :]
    drift = np.zeros(order.shape, np.float32)
    common = flicker(rng, scene) * params.one_over_f if params.one_over_f else None
    for number in range(len(order.names)):
        own = flicker(rng, scene) * params.private if params.private else None
        if common is None and own is None:
            continue
        parts = [each for each in (common, own) if each is not None]
        drift[:, _in_order(order, number)] = _placed(order, number, np.sum(parts, axis=0))
    if order.irs2 and common is not None:
        reference = np.flatnonzero(order.output < 0)
        mean = common.mean(axis=1)
        drift[:, reference] = (mean if order.slow_forward else mean[::-1])[:, None]
    lines += drift
    pixels = order.output >= 0
    return np.ascontiguousarray(order.lines(lines)), np.asarray(drift[:, pixels].mean(axis=1), np.float64)


def _in_order(order: ReadOrder, number: int) -> NDArray[np.intp]:
    """Places of an output along the fast axis in the order of reading."""
    places = np.arange(order.shape[1], dtype=np.float32)[None, :]
    return np.asarray(order.in_time(places, number)[0], np.intp)


def _placed(order: ReadOrder, number: int, series: NDArray[np.float64]) -> Image:
    table = series[:, : order.members(number).size]
    return (table if order.slow_forward else table[::-1]).astype(np.float32)


def column_levels(scene: NoiseScene) -> Image:
    """Alternating columns, broadcastable to an image."""
    order = scene.order
    sign = np.where(order.parity == ODD, 1.0, np.where(order.parity == EVEN, -1.0, 0.0))
    along = (sign * np.where(order.output >= 0, scene.half[np.maximum(order.output, 0)], 0.0)).astype(np.float32)
    return along[None, :] if order.fast_is_x else along[:, None]


def rate_image(scene: NoiseScene) -> tuple[Image, NDArray[np.float64]]:
    """A rate image and the levels that were added to its lines."""
    noise, level = read_noise(scene, _random(scene.params, 1))
    return scene.light + noise + column_levels(scene), level


def integrations(scene: NoiseScene) -> Iterator[NoiseIntegration]:
    """The integrations of a ramp in order."""
    for number in range(1, scene.params.integrations + 1):
        yield integration(scene, number)


def integration(scene: NoiseScene, number: int) -> NoiseIntegration:
    """One integration: photons and snowballs gather, every read has its own noise."""
    params = scene.params
    rng = _random(params, number)
    shape = params.shape
    active = ~params.geometry.reference_pixels()
    expected = np.maximum(scene.light, 0).astype(np.float64) * params.gain * scene.frame_time
    charge = np.where(active, KTC * rng.standard_normal(shape, np.float32), 0).astype(np.float32)
    signal = np.empty((params.groups, *shape), np.float32)
    flags = np.zeros((params.groups, *shape), np.uint8)
    full = np.zeros(shape, np.bool_)
    levels = np.empty((params.groups, scene.order.shape[0]))
    fixed = column_levels(scene)
    for group in range(params.groups):
        charge += (rng.poisson(expected) / params.gain).astype(np.float32)
        for ball in scene.snowballs:
            if (ball["integration"], ball["group"]) == (number, group + 1):
                _strike(ball, charge, flags[group], active)
        full |= charge >= SATURATION
        noise, levels[group] = read_noise(scene, rng)
        signal[group] = np.where(full, SATURATION, charge) + np.where(full, 0, noise) + fixed
        high = rng.random(len(scene.telegraph)) < 0.5
        x, y = scene.telegraph[:, 0], scene.telegraph[:, 1]
        signal[group, y, x] += np.where(high, 0.5, -0.5).astype(np.float32) * np.float32(params.telegraph_step)
        flags[group] |= full.astype(np.uint8) * np.uint8(PIXEL["SATURATED"])
    return NoiseIntegration(signal, flags if params.flags else np.zeros_like(flags), levels)


def _strike(ball: np.void, charge: Image, flags: NDArray[np.uint8], active: NDArray[np.bool_]) -> None:
    distance = _distance((charge.shape[0], charge.shape[1]), ball)
    core, halo = active & (distance <= CORE), active & (distance <= 1) & (distance > CORE)
    charge[core] = SATURATION
    charge[halo] += (HALO * 10 ** (-(distance[halo] - CORE) / (1 - CORE))).astype(np.float32)
    flags[core | halo] |= np.uint8(PIXEL["JUMP_DET"])


def _random(params: NoiseParams, stream: int) -> np.random.Generator:
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence([params.seed, *params.detector.encode(), stream])))
