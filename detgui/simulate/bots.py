"""From light to numbers: charge that collects with its noise, moves to the neighbours, fills the pixel and is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.science.dq import DO_NOT_USE, JUMP_DET, REFERENCE_PIXEL, SATURATED
from detgui.simulate.params import BotsParams
from detgui.simulate.scene import Scene, detector_number, rate_of

JUMP_TYPE = np.dtype([("integration", "i4"), ("group", "i4"), ("y", "i4"), ("x", "i4"), ("electrons", "f4"), ("flagged", "?")])
"""One pixel of a cosmic-ray hit: 1-based integration and group, 0-based pixel, e-, whether GROUPDQ says JUMP_DET."""

JUMP_THRESHOLD = 4.0
"""A hit is flagged above this many times the noise of a group difference (default of jwst's jump step)."""

NONLINEARITY = 4e-7
"""DN^-1: true signal = m + NONLINEARITY m^2 for the measured signal m, as jwst's linearity step corrects it."""


@dataclass(frozen=True, slots=True)
class Integration:
    """One simulated integration.

    ``signal`` float32 (ngroups, ny, nx) DN above the zero level (superbias removed, linear); ``groupdq`` uint8 of the same shape;
    ``jumps`` array of `JUMP_TYPE`.
    """

    signal: NDArray[np.float32]
    groupdq: NDArray[np.uint8]
    jumps: NDArray[Any]


def simulate_integration(params: BotsParams, scene: Scene, index: int) -> Integration:
    """Integration ``index`` (0-based); depends on the seed, the detector and the index only, whatever the segments."""
    rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence([params.seed, detector_number(params), 1, index])))
    gain = params.electrons_per_dn
    expected = rate_of(params, scene, index) * (scene.light[index] * gain) + scene.dark * params.tframe
    charge = collect(expected, params.groups, rng)
    jumps = cosmic_rays(params, scene, index, expected, rng)
    for hit in jumps:
        charge[hit["group"] - 1 :, hit["y"], hit["x"]] += hit["electrons"]
    migrate(charge, float(scene.coefficient[index]), params.migration_start * gain, scene.active)
    signal = charge
    signal /= np.float32(gain)
    full = signal >= params.saturation_dn
    np.minimum(signal, np.float32(params.saturation_dn), out=signal)
    read(signal, params, scene, rng)
    return Integration(signal, flag(params, scene, full, jumps), jumps)


def collect(expected: NDArray[np.float64], groups: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Charge after each group, e-, float32 (ngroups, ny, nx): Poisson increments of mean ``expected`` (e-/group) added up."""
    charge = np.empty((groups, *expected.shape), np.float32)
    total = np.zeros(expected.shape, np.int64)
    for group in range(groups):
        total += rng.poisson(expected)
        charge[group] = total
    return charge


def migrate(charge: NDArray[np.floating[Any]], coefficient: float, start: float, active: NDArray[np.bool_]) -> None:
    """Move charge from bright pixels to their four neighbours, in place; the sum over pixels stays what it was.

    Between two active neighbours flows ``coefficient`` times the difference of what each holds above ``start`` (same unit as
    ``charge``, shape (..., ny, nx)): nothing moves below, the flow is linear in the contrast above (the behaviour STScI-009234
    sections 3.2 and 4 find: losses in the trace's centre, excesses in its wings, beyond about 10,000 DN).
    """
    if not coefficient or charge.max() <= start:
        return
    for frame in charge.reshape(-1, *charge.shape[-2:]):
        excess = np.where(active, np.maximum(frame - start, 0), 0).astype(frame.dtype)
        if not excess.any():
            continue
        down = coefficient * (excess[:-1] - excess[1:]) * (active[:-1] & active[1:])
        right = coefficient * (excess[:, :-1] - excess[:, 1:]) * (active[:, :-1] & active[:, 1:])
        frame[:-1] -= down
        frame[1:] += down
        frame[:, :-1] -= right
        frame[:, 1:] += right


def cosmic_rays(params: BotsParams, scene: Scene, index: int, expected: NDArray[np.float64], rng: np.random.Generator) -> NDArray[Any]:
    """Hits of one integration, array of `JUMP_TYPE`: the pixel that is hit and its four neighbours, which get 5 to 15 % each."""
    ny, nx = expected.shape
    count = rng.poisson(params.jumps * params.tframe * params.groups * ny * nx)
    group, y, x = (rng.integers(low, high, count) for low, high in ((1, params.groups + 1), (0, ny), (0, nx)))
    amount = np.exp(rng.normal(np.log(1500.0), 1.0, count))
    share = np.concatenate([np.ones((count, 1)), rng.uniform(0.05, 0.15, (count, 4))], axis=1)
    steps = np.array([(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)])
    rows = np.zeros(count * 5, JUMP_TYPE)
    rows["integration"] = index + 1
    rows["group"] = np.repeat(group, 5)
    rows["y"] = (y[:, None] + steps[:, 0]).ravel()
    rows["x"] = (x[:, None] + steps[:, 1]).ravel()
    rows["electrons"] = np.round(amount[:, None] * share).ravel()
    inside = (rows["y"] >= 0) & (rows["y"] < ny) & (rows["x"] >= 0) & (rows["x"] < nx)
    rows = rows[inside]
    rows = rows[scene.active[rows["y"], rows["x"]]]
    noise = np.sqrt(expected[rows["y"], rows["x"]] + 2 * (params.read_noise * params.electrons_per_dn) ** 2)
    # Nothing was read before the first group: a hit there cannot be seen.
    rows["flagged"] = (rows["electrons"] > JUMP_THRESHOLD * noise) & (rows["group"] > 1)
    return np.asarray(rows)


def read(signal: NDArray[np.float32], params: BotsParams, scene: Scene, rng: np.random.Generator) -> None:
    """Add, in place (DN), what the read-out adds: a pedestal for each reset, white noise for each read, 1/f noise."""
    pedestal = rng.standard_normal(signal.shape[1:], dtype=np.float32) * np.float32(params.ktc)
    signal += np.where((scene.pixeldq & np.uint32(REFERENCE_PIXEL)) != 0, np.float32(0), pedestal)
    for frame in signal:
        frame += rng.standard_normal(frame.shape, dtype=np.float32) * np.float32(params.read_noise)
        if params.one_over_f:
            frame += correlated_noise(frame.shape, params, rng)


def correlated_noise(shape: tuple[int, ...], params: BotsParams, rng: np.random.Generator) -> NDArray[np.float32]:
    """1/f noise of one frame, DN, float32 (ny, nx): power falls as 1/frequency along the order in which the pixels are read."""
    ny, nx = shape
    line = ny + 12
    white = np.fft.rfft(rng.standard_normal(nx * line))
    frequency = np.arange(white.size, dtype=float)
    white[1:] /= np.sqrt(frequency[1:])
    white[0] = 0
    stream = np.fft.irfft(white, nx * line)
    stream *= params.one_over_f / stream.std()
    frame = stream.reshape(nx, line)[:, :ny].T
    place = params.geometry
    return np.asarray(frame[:: 1 if place.fastaxis > 0 else -1, :: 1 if place.slowaxis > 0 else -1], np.float32)


def flag(params: BotsParams, scene: Scene, full: NDArray[np.bool_], jumps: NDArray[Any]) -> NDArray[np.uint8]:
    """GROUPDQ, uint8 (ngroups, ny, nx): SATURATED from the first full group on, JUMP_DET where a flagged hit came."""
    dq = np.zeros(full.shape, np.uint8)
    if not params.flags:
        return dq
    if full.any():
        np.multiply(np.logical_or.accumulate(full, axis=0), np.uint8(SATURATED), out=dq)
    hits = jumps[jumps["flagged"]]
    dq[hits["group"] - 1, hits["y"], hits["x"]] |= JUMP_DET
    dq |= (scene.pixeldq & DO_NOT_USE).astype(np.uint8)
    return dq


def digitise(integration: Integration, scene: Scene) -> NDArray[np.uint16]:
    """Raw numbers of one integration, uint16 (ngroups, ny, nx) DN: the detector's non-linearity, its zero level, rounding and clipping."""
    true = integration.signal.astype(np.float64)
    measured = 2 * true / (1 + np.sqrt(np.maximum(1 + 4 * NONLINEARITY * true, 0)))
    return np.asarray(np.clip(np.rint(measured + scene.superbias), 0, 65535), np.uint16)


def rates(integration: Integration, params: BotsParams, scene: Scene) -> dict[str, NDArray[Any]]:
    """Slope image of one integration: SCI and ERR (DN/s), DQ, VAR_POISSON and VAR_RNOISE ((DN/s)^2), each (ny, nx).

    The slope is the mean of the good differences of successive groups (best where photon noise rules), so a jump costs one of them.
    Where none is good SCI is NaN and DQ says DO_NOT_USE.
    """
    dq = integration.groupdq
    bad = (dq & (SATURATED | DO_NOT_USE)) != 0
    good = ~bad[1:] & ~bad[:-1] & ((dq[1:] & JUMP_DET) == 0)
    count = good.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.where(good, np.diff(integration.signal, axis=0), 0).sum(axis=0, dtype=np.float64) / (count * params.tframe)
        # Runs of good differences share their inner reads: only their ends count.
        runs = good[0].astype(int) + (good[1:] & ~good[:-1]).sum(axis=0)
        span = count * params.tframe
        poisson = np.maximum(slope, 0) / (params.electrons_per_dn * span)
        noise = 2 * runs * (params.read_noise / span) ** 2
    flags = np.bitwise_or.reduce(dq, axis=0).astype(np.uint32) & ~np.uint32(DO_NOT_USE | SATURATED)
    if params.flags:
        flags |= scene.pixeldq
    flags[count == 0] |= DO_NOT_USE
    flags[(dq & SATURATED).all(axis=0)] |= SATURATED
    planes = {"SCI": slope, "ERR": np.sqrt(poisson + noise), "VAR_POISSON": poisson, "VAR_RNOISE": noise}
    out: dict[str, NDArray[Any]] = {name: np.where(count > 0, plane, np.nan).astype(np.float32) for name, plane in planes.items()}
    out["DQ"] = flags
    return out


def late_slopes(
    params: BotsParams, scene: Scene, light: float = 1.0, early: int = 10, coefficient: float | None = None
) -> NDArray[np.float64]:
    """Expected late slope without noise, DN/group, shape (ny, nx): line through groups 1 to ``early`` taken off, line through the rest.

    ``coefficient`` None is that of the parameters. NaN where either line has fewer than two groups. STScI-009234 section 3.2.
    """
    if early < 2 or params.groups - early < 2:
        return np.full(scene.rate.shape, np.nan)
    number = np.arange(1, params.groups + 1, dtype=float)
    weights = np.concatenate([-_slope_weights(number[:early]), _slope_weights(number[early:])])
    rate = scene.rate * light + scene.dark * params.tframe / params.electrons_per_dn
    slopes = np.zeros(rate.shape)
    for group, weight in zip(number, weights, strict=True):
        frame = group * rate
        migrate(frame, params.coefficient if coefficient is None else coefficient, params.migration_start, scene.active)
        slopes += weight * np.minimum(frame, params.saturation_dn)
    return slopes


def _slope_weights(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights that turn values at ``x`` into their least-squares slope."""
    centred = x - x.mean()
    return np.asarray(centred / (centred**2).sum())
