"""Levels of the lines of an image: what is common to all pixels that were read at about the same time.

The image is taken apart as level of the line + level of the place along the fast axis + rest; sources are masked by the rest. 1/f noise is
slow against a pixel, so lines differ by it; the rms of their levels has a white part, the error of each level, which is subtracted in
quadrature.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.science.read_order import ReadOrder
from detgui.science.robust import MAD_TO_SIGMA, nan_median, sigma_of

Floats = NDArray[np.float64]
Image = NDArray[np.float32]
Mask = NDArray[np.bool_]
Tick = Callable[[], None]
"""Called between pieces of work that take some 0.1 s for a full frame; may raise to stop."""


def no_tick() -> None:
    """The tick of somebody who does not stop."""


CLIP = 5.0
"""Standard deviations of a single pixel beyond which it is no noise; Gaussian noise loses 6e-7 of its pixels and 1.5e-5 of its variance."""

SMOOTH = 5
SMOOTH_CLIP = 4.0
GROW = 7
"""Side of the box in which faint sources are looked for, standard deviations of its mean, and side of the box they grow to; pixels."""

PASSES = 3
FEWEST = 8
"""Fewest unmasked pixels of a line (or place along the fast axis) that give it a level."""

SAMPLE = 200_000
"""Pixels that a spread is estimated from."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """An image taken apart; all in the axes (slow, fast).

    Attributes
    ----------
    rest : image less the level of its line and place; masked pixels are 0
    good : pixels that count
    sources : pixels that were masked as no noise (not those that were bad from the start)
    level, level_var : (n_slow,) level of the lines, all outputs together, and the variance that white noise gives it; NaN where too few
    count : (n_slow,) pixels of a line that count
    place, place_var, place_count : (n_fast,) the same of the places along the fast axis
    """

    rest: Image
    good: Mask
    sources: Mask
    level: Floats
    level_var: Floats
    count: NDArray[np.intp]
    place: Floats
    place_var: Floats
    place_count: NDArray[np.intp]


def split(lines: Image, usable: Mask, order: ReadOrder, keep_sources: Mask | None = None, look: bool = True, tick: Tick = no_tick) -> Split:
    """Take an image (slow, fast) apart; ``usable`` are pixels that are finite, no reference pixels and not flagged.

    ``keep_sources``: sources that are known already; ``look`` for more. Raises what ``tick`` raises.
    """
    filled = np.where(usable, lines, 0).astype(np.float32)
    good = usable & np.isfinite(filled)
    filled[~good] = 0
    start_place, start_level = _rough(filled, good)
    tick()
    rest = filled - start_place[None, :] - start_level[:, None]
    known = np.zeros(good.shape, np.bool_) if keep_sources is None else keep_sources
    sources = known | find_sources(rest, good & ~known, order, tick) if look else known
    kept = good & ~sources
    place, level = start_place.astype(np.float64), start_level.astype(np.float64)
    for number in range(PASSES):
        tick()
        step_place = _means(rest, kept, 0)
        rest -= step_place[None, :].astype(np.float32)
        step_level = _means(rest, kept, 1)
        rest -= step_level[:, None].astype(np.float32)
        place += step_place
        level += step_level
        if number == 0:
            kept &= ~_wild(rest, kept)
    rest[~kept] = 0
    count, place_count = kept.sum(axis=1), kept.sum(axis=0)
    squares = rest.astype(np.float32) ** 2
    level_var, place_var = _variance_of_mean(squares, count, 1), _variance_of_mean(squares, place_count, 0)
    level[count < FEWEST], place[place_count < FEWEST] = np.nan, np.nan
    level_var[count < FEWEST], place_var[place_count < FEWEST] = np.nan, np.nan
    return Split(rest, kept, good & ~kept, level, level_var, count, place, place_var, place_count)


def find_sources(rest: Image, good: Mask, order: ReadOrder, tick: Tick = no_tick) -> Mask:
    """Pixels of sources, hot pixels and cosmic rays, shape (slow, fast), from what is left without lines and places.

    Levels of the outputs' own lines are taken off first, so that 1/f noise is no source; twice, the second time without the first's finds.
    """
    found = np.zeros(good.shape, np.bool_)
    for _ in range(2):
        clear = good & ~found
        flat = _without_output_lines(rest, clear, order)
        tick()
        sigma = _place_sigma(flat, clear)
        wild = good & (np.abs(flat) > CLIP * sigma[None, :])
        tick()
        found = wild | _faint(np.where(wild, 0, flat / sigma[None, :]), good & ~wild)
    return found & good


def _faint(flat: Image, good: Mask) -> Mask:
    """Extended sources: means of a box that stick out, grown by their wings."""
    weight = _box_sum(good.astype(np.float32), SMOOTH // 2)
    mean = _box_sum(np.where(good, flat, np.float32(0)).astype(np.float32, copy=False), SMOOTH // 2) / np.maximum(weight, 1)
    known = weight > 0.3 * SMOOTH**2
    sigma = sigma_of(_sample(mean[known]))
    if not sigma > 0:
        return np.zeros(good.shape, np.bool_)
    grown: Mask = _box_sum(known & (mean > SMOOTH_CLIP * sigma), GROW // 2)
    return grown


def _box_sum(values: NDArray[Any], reach: int) -> NDArray[Any]:
    """Sum (of truths: whether there is any) over the pixels within ``reach`` along both axes; nothing is beyond the edges.

    Shifted additions: for a few pixels they take a tenth of the time of a running sum.
    """
    for axis in (0, 1):
        total, n = values.copy(), values.shape[axis]
        low, high = np.moveaxis(total, axis, 0), np.moveaxis(values, axis, 0)
        for shift in range(1, min(reach, n - 1) + 1):
            low[shift:] += high[:-shift]
            low[:-shift] += high[shift:]
        values = total
    return values


def _without_output_lines(rest: Image, good: Mask, order: ReadOrder) -> Image:
    out = np.where(good, rest, 0).astype(np.float32)
    for number in range(len(order.names)):
        part = order.part(number)
        values, fine = rest[:, part], good[:, part].copy()
        limit = 3.0 * sigma_of(_sample(values[fine])) if fine.any() else 0.0
        level = np.zeros(values.shape[0], np.float32)
        for _ in range(2):
            fine &= np.abs(values - level[:, None]) <= limit
            level = _means(values, fine, 1).astype(np.float32)
        out[:, part] = values - level[:, None]
    return out


def _place_sigma(flat: Image, good: Mask) -> NDArray[np.float32]:
    """Spread of every place along the fast axis, at least that of the image: lines of excessive noise are not sources."""
    step = max(1, flat.shape[0] // 256)
    values = np.where(good[::step], np.abs(flat[::step]), np.nan)
    each = MAD_TO_SIGMA * nan_median(values, axis=0)
    whole = sigma_of(_sample(flat[good])) if good.any() else 1.0
    # An image without any noise has nothing that sticks out of it.
    return np.maximum(np.fmax(each, whole), np.finfo(np.float32).tiny * 1e6).astype(np.float32)


def _wild(rest: Image, good: Mask) -> Mask:
    wild: Mask = np.abs(rest) > CLIP * _place_sigma(rest, good)[None, :]
    return wild & good


def _rough(filled: Image, good: Mask) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Medians of places, then of lines, from part of the pixels."""
    step = max(1, filled.shape[0] // 256), max(1, filled.shape[1] // 256)
    some = np.where(good, filled, np.nan)
    place = nan_median(some[:: step[0]], axis=0)
    place = np.where(np.isfinite(place), place, 0.0)
    level = nan_median(some[:, :: step[1]] - place[None, :: step[1]], axis=1)
    return place.astype(np.float32), np.where(np.isfinite(level), level, 0.0).astype(np.float32)


def _sample(values: NDArray[np.float32]) -> NDArray[np.float32]:
    flat = values.reshape(-1)
    return flat[:: max(1, flat.size // SAMPLE)]


def _means(values: Image, good: Mask, axis: int) -> Floats:
    """Mean of what counts along an axis, 0 where nothing does."""
    total = np.where(good, values, np.float32(0)).sum(axis=axis, dtype=np.float64)
    count = good.sum(axis=axis)
    return np.asarray(total / np.maximum(count, 1), np.float64)


def _variance_of_mean(squares: Image, count: NDArray[np.intp], axis: int) -> Floats:
    total = squares.sum(axis=axis, dtype=np.float64)
    return np.asarray(total / np.maximum(count - 1, 1) / np.maximum(count, 1), np.float64)


@dataclass(frozen=True, slots=True)
class Rms:
    """A rms free of white noise, ``err`` of the rms that is really in these lines, ``variance`` (may be negative) and ``lines`` used."""

    rms: float
    err: float
    variance: float
    variance_err: float
    lines: int


def rms_of(levels: Floats, white: Floats, order: int = 0) -> Rms:
    """Standard deviation of levels about a polynomial of ``order`` (0: their mean), white noise of variances ``white`` taken off.

    var = S / (n - order - 1) - <white>. The error of S / n for the levels l that are there is (4 <l^2> <white> + 2 <white^2>) / n in
    square: how well these lines are measured, not how much another realisation would differ. NaN for fewer than three lines.
    """
    known = np.isfinite(levels) & np.isfinite(white)
    n, fitted = int(known.sum()), order + 1
    if n < fitted + 2:
        return Rms(np.nan, np.nan, np.nan, np.nan, n)
    noise = white[known]
    rest = detrended(levels, order)[known]
    variance = float((rest**2).sum() / (n - fitted) - noise.mean())
    true = max(variance, 0.0)
    error = float(np.sqrt((4 * true * noise.mean() + 2 * (noise**2).mean()) / n))
    rms = float(np.sqrt(true))
    return Rms(rms, error / (rms + np.sqrt(true + error)) if error > 0 else 0.0, variance, error, n)


def detrended(levels: Floats, order: int) -> Floats:
    """Levels less their polynomial of ``order`` along the lines; NaN stay."""
    x = np.linspace(-1, 1, levels.size)
    known = np.isfinite(levels)
    basis = np.polynomial.legendre.legvander(x, order)
    if known.sum() <= order:
        return np.full(levels.size, np.nan)
    coefficients = np.linalg.lstsq(basis[known], levels[known], rcond=None)[0]
    return np.asarray(levels - basis @ coefficients, np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class OutputLevels:
    """Levels of the lines of each output: ``level``, ``var`` (outputs, n_slow); see `shared`."""

    names: tuple[str, ...]
    level: Floats
    var: Floats


def output_levels(found: Split, order: ReadOrder, tick: Tick = no_tick) -> OutputLevels:
    """Levels of each output by itself, the common level not taken off."""
    levels, variances = [], []
    common = np.where(np.isfinite(found.level), found.level, 0.0)
    for number in range(len(order.names)):
        tick()
        members = order.part(number)
        good, rest = found.good[:, members], found.rest[:, members]
        count = good.sum(axis=1)
        own = _means(rest, good, 1)
        squares = np.where(good, (rest - own[:, None].astype(np.float32)) ** 2, np.float32(0))
        var = _variance_of_mean(squares, count, 1)
        enough = count >= FEWEST
        levels.append(np.where(enough, own + common, np.nan))
        variances.append(np.where(enough, var, np.nan))
    return OutputLevels(order.names, np.array(levels), np.array(variances))
