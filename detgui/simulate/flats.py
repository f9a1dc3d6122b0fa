"""NIRCam flats read by read: light, coupling between pixels, and what the read-out adds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.science.region_masks import mask_of
from detgui.science.regions import Mask, Polygon
from detgui.simulate.flat_params import FlatParams

CORNER = 0.045
"""Coupling to diagonal neighbours relative to that along rows and columns (JWST-STScI-004622 equation 2)."""

WARM_UP_FLATS = 1.5
"""Flats in which the lamp comes closer to its level by a factor e (figure 9, detector A4)."""

OUTPUT_LEVELS = (10200.0, 10900.0, 10500.0, 11300.0)
"""Zero levels of the four outputs, DN."""


@dataclass(frozen=True, slots=True, eq=False)
class FlatScene:
    """What all flats of a detector have in common; images are (rows, columns).

    ``electrons``: expected e-/group of the lamp at its full level (float64, 0 in reference pixels); ``gain``: e-/DN; ``zero``: DN, what
    is read without light; ``void``; ``active``: no reference pixel; ``forward`` and ``correction``: 3 x 3 IPC kernels; ``lamp`` and
    ``tilt``: level and change of the gradient in each flat; ``output``: 0 to 3 for A to D.
    """

    params: FlatParams
    electrons: NDArray[np.float64]
    gain: NDArray[np.float32]
    zero: NDArray[np.float32]
    void: Mask
    active: Mask
    forward: NDArray[np.float64]
    correction: NDArray[np.float64]
    lamp: NDArray[np.float64]
    tilt: NDArray[np.float64]
    output: NDArray[np.uint8]
    outline: Polygon | None


@dataclass(frozen=True, slots=True, eq=False)
class FlatGroup:
    """One read of one flat: ``raw`` numbers (uint16 DN) and the ``signal`` without zero levels (float32 DN); ``full``: saturated."""

    raw: NDArray[np.uint16]
    signal: NDArray[np.float32]
    full: Mask


def make_scene(params: FlatParams) -> FlatScene:
    """The detector under the lamp; the same for the same parameters."""
    rng = _random(params, 0)
    geometry = params.geometry
    shape = (params.rows, params.columns)
    outputs = np.maximum(geometry.amplifier_map(), 1) - 1
    outline = None if params.void is None else blob(params.void, np.random.default_rng([params.seed, 77]))
    void = np.zeros(shape, np.bool_) if outline is None else mask_of(outline, shape)
    active = ~geometry.reference_pixels()
    void &= active
    gain = np.asarray(params.gains, np.float32)[outputs]
    level = params.rate * (1 + params.gradient * diagonal(shape)) * (1 + params.structure * rng.standard_normal(shape))
    electrons = np.where(active, np.maximum(level, 0) * gain, 0)
    electrons[void] *= params.void_gain * params.void_level
    gain[void] *= np.float32(params.void_gain)
    zero = np.asarray(OUTPUT_LEVELS)[outputs] + even_odd_levels(params) + rng.normal(0, 90, shape)
    flats = np.arange(2 * params.pairs)
    lamp = 1 - params.warm_up * np.exp(-flats / WARM_UP_FLATS)
    forward, correction = ipc_kernels(params.ipc)
    tilt = np.where(flats == 0, params.first_gradient, 0.0)
    return FlatScene(
        params, electrons, gain, zero.astype(np.float32), void, active, forward, correction, lamp, tilt, outputs.astype(np.uint8), outline
    )


def even_odd_levels(params: FlatParams) -> NDArray[np.float32]:
    """What even columns have more than odd ones, counted from 1 on the full frame, DN, shape (1, columns)."""
    columns = np.arange(params.columns) + params.place[0]
    return np.where(columns % 2 == 0, np.float32(params.even_odd), np.float32(0))[None, :]


def diagonal(shape: tuple[int, int]) -> NDArray[np.float64]:
    """From -0.5 in one corner to 0.5 in the opposite one."""
    y, x = (np.linspace(-0.25, 0.25, length) for length in shape)
    return y[:, None] + x[None, :]


def blob(place: tuple[float, float, float], rng: np.random.Generator) -> Polygon:
    """An irregular closed outline about (x, y) of the given mean radius, pixels."""
    x, y, radius = place
    turn = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    size = np.ones(turn.size)
    for wave in range(2, 6):
        size += 0.35 / wave * rng.uniform(0.5, 1) * np.cos(wave * turn + rng.uniform(0, 2 * np.pi))
    points = zip(x + radius * size * np.cos(turn), y + radius * size * np.sin(turn), strict=True)
    return Polygon(tuple((round(float(a), 3), round(float(b), 3)) for a, b in points))


def ipc_kernels(k11: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(coupling, correction), each 3 x 3 with sum 1: the centre of the correction is ``k11``, as in JWST IPC files.

    The correction is the inverse of the coupling cut to 3 x 3 pixels; what is cut (second order, below 1e-3) is left to the edges.
    """
    low, high = 0.0, 0.1
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _inverse(_kernel(middle))[1, 1] < k11 else (low, middle)
    forward = _kernel(low) if k11 > 1 else _kernel(0.0)
    correction = _inverse(forward)
    correction[1, 1] = k11
    others = np.ones((3, 3), np.bool_)
    others[1, 1] = False
    total = correction[others].sum()
    if total:
        correction[others] *= (1 - k11) / total
    return forward, correction


def _kernel(edge: float) -> NDArray[np.float64]:
    corner = CORNER * edge
    return np.array([[corner, edge, corner], [edge, 1 - 4 * (edge + corner), edge], [corner, edge, corner]])


def _inverse(kernel: NDArray[np.float64], size: int = 32) -> NDArray[np.float64]:
    """Middle 3 x 3 of the kernel's inverse."""
    wide = np.zeros((size, size))
    wide[:3, :3] = kernel
    inverse = np.fft.ifft2(1 / np.fft.fft2(np.roll(wide, (-1, -1), (0, 1)))).real
    middle: NDArray[np.float64] = np.roll(inverse, (1, 1), (0, 1))[:3, :3]
    return middle


def simulate_flat(scene: FlatScene, index: int) -> Iterator[FlatGroup]:
    """The groups of flat ``index`` (0-based) one after the other: charge gathers, and each read has its own noise.

    Memory is that of some ten frames, whatever the number of groups. Photons are Poisson in every group and the charge is their sum.
    The coupling acts on charge; reference pixels take no part in it.
    """
    params = scene.params
    rng = _random(params, 1 + index)
    shape = scene.electrons.shape
    expected = scene.electrons * scene.lamp[index]
    if scene.tilt[index]:
        expected *= 1 + scene.tilt[index] * diagonal(shape)
    pedestal = np.where(scene.active, rng.standard_normal(shape, np.float32) * np.float32(params.ktc), np.float32(0))
    charge = np.zeros(shape, np.float32)
    well = scene.gain * np.float32(params.saturation)
    for _ in range(params.groups):
        charge += rng.poisson(expected)
        full = charge >= well
        signal = couple(np.minimum(charge, well), scene)
        signal /= scene.gain
        signal += pedestal
        signal += rng.standard_normal(shape, np.float32) * np.float32(params.read_noise)
        levels = rng.normal(0, params.bias_drift, 4).astype(np.float32)
        raw = np.clip(np.rint(bend(signal, params.nonlinearity) + scene.zero + levels[scene.output]), 0, 65535).astype(np.uint16)
        yield FlatGroup(raw, signal, full & scene.active)


def bend(signal: NDArray[np.float32], coefficient: float) -> NDArray[np.float32]:
    """Measured signal m, DN, for which m + coefficient m^2 is the true one."""
    if not coefficient:
        return signal
    root: NDArray[np.float32] = np.sqrt(np.maximum(1 + np.float32(4 * coefficient) * signal, 0))
    return 2 * signal / (1 + root)


def couple(charge: NDArray[np.float32], scene: FlatScene) -> NDArray[np.float32]:
    """Charge seen through the coupling; at the edge of the active pixels it is that of a mirror, so that none is lost."""
    from scipy import ndimage

    if scene.forward[1, 1] == 1:
        return charge
    rows, columns = (np.flatnonzero(scene.active.any(axis=axis)) for axis in (1, 0))
    inside = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    charge[inside] = ndimage.convolve(charge[inside], scene.forward.astype(np.float32), mode="reflect")
    return charge


def _random(params: FlatParams, stream: int) -> np.random.Generator:
    detector = sum(ord(letter) << 8 * place for place, letter in enumerate(params.detector))
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence([params.seed, detector, stream])))
