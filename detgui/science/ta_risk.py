"""What unmasked hot pixels do to target acquisition (JWST-STScI-009188, sections 3 and 4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from detgui.errors import BadInput

Array = NDArray[np.float64]

ACTIVE_PIXELS = 2040 * 2040
"""Pixels of an H2RG that see, without its border of reference pixels: hot pixels are counted among them and stamps lie on them."""


@dataclass(frozen=True, slots=True, eq=False)
class Risk:
    """Probabilities; each a number, or of the shape of the months.

    ``p_pixel`` that a pixel became hot, ``p_stamp`` that a stamp has at least one such, ``p_any`` that at least one of the stars' stamps
    does, ``p_fewer`` that fewer stars than needed are left without; ``p_any_rounded``: p_any from p_stamp rounded to full per cent, as the
    report has it.
    """

    p_pixel: Array
    p_stamp: Array
    p_any: Array
    p_fewer: Array
    p_any_rounded: Array


def acquisition_risk(rate: float, months: ArrayLike, stamp: int = 32, stars: int = 8, needed: int = 5, pixels: int = ACTIVE_PIXELS) -> Risk:
    """Risk of an acquisition with a mask that is ``months`` old where ``rate`` pixels a month become hot, anywhere alike.

    p_pixel = rate x months / pixels, p_stamp = 1 - (1 - p_pixel)^(stamp^2), p_any = 1 - (1 - p_stamp)^stars (section 4.3), and the number
    of clean stars is binomial. Raises `BadInput` for what cannot be.
    """
    age = np.asarray(months, np.float64)
    _check(rate, age, stamp, stars, needed, pixels)
    p_pixel = rate * age / pixels
    if (p_pixel > 1).any():
        raise BadInput(f"{rate:g} pixels a month in {age.max():g} months are more than the {pixels:,} pixels there are")
    p_stamp = -np.expm1(stamp**2 * np.log1p(-np.minimum(p_pixel, 1 - 1e-16)))
    return Risk(p_pixel, p_stamp, any_hit(p_stamp, stars), fewer_clean(p_stamp, stars, needed), any_hit(np.round(p_stamp, 2), stars))


def _check(rate: float, months: Array, stamp: int, stars: int, needed: int, pixels: int) -> None:
    checks = (
        (0 <= rate < np.inf, f"the rate is a number of pixels a month, not {rate:g}"),
        (bool(np.isfinite(months).all() and (months >= 0).all()), "the age of a mask is a number of months, 0 or more"),
        (1 <= stamp <= 2048, f"a stamp has 1 to 2048 pixels on a side, not {stamp}"),
        (1 <= stars <= 1000, f"1 to 1000 stars are used, not {stars}"),
        (1 <= needed <= 1000, f"1 to 1000 clean stars are needed, not {needed}"),
        (stamp**2 <= pixels, f"a stamp of {stamp} x {stamp} pixels is larger than the {pixels:,} pixels there are"),
    )
    for good, complaint in checks:
        if not good:
            raise BadInput(complaint)


def any_hit(p_stamp: Array, stars: int) -> Array:
    """Probability that at least one of independent stamps is hit."""
    with np.errstate(divide="ignore"):
        return np.asarray(-np.expm1(stars * np.log1p(-p_stamp)), np.float64)


def fewer_clean(p_stamp: Array, stars: int, needed: int) -> Array:
    """Probability that fewer than ``needed`` of the stars have a clean stamp (binomial); 1 where there are fewer stars than that."""
    from scipy.special import bdtr

    if stars < needed:
        return np.ones_like(p_stamp)
    return np.asarray(bdtr(needed - 1, stars, 1 - p_stamp), np.float64)


def unmasked(rate: float, rate_err: float, months: float) -> tuple[float, float]:
    """Expected number of pixels that became hot in some months, and its error: Poisson noise and the error of the rate."""
    return rate * months, float(np.hypot(np.sqrt(max(rate * months, 0.0)), rate_err * months))


@dataclass(frozen=True, slots=True, eq=False)
class RiskMap:
    """Monte Carlo over masks that grow old where new hot pixels really appear.

    ``p_stamp``: probability that a stamp whose first pixel is at (x, y) is hit, shape (len(y), len(x)); ``mean``, ``mean_err`` over all
    positions and its Monte Carlo error; ``p_any`` and ``p_fewer`` with the stars anywhere, all under the same mask.
    """

    x: NDArray[np.int64]
    y: NDArray[np.int64]
    p_stamp: NDArray[np.float32]
    mean: float
    mean_err: float
    p_any: float
    p_any_err: float
    p_fewer: float
    p_fewer_err: float
    trials: int


@dataclass(frozen=True, slots=True)
class Draw:
    """How masks are drawn: ``stamp`` pixels, ``stars``, ``needed`` clean ones, ``trials``, ``grid`` step of stamp positions in pixels,
    ``jitter`` rms in pixels by which an event is moved from where one was seen, ``seed``."""

    stamp: int = 32
    stars: int = 8
    needed: int = 5
    trials: int = 200
    grid: int = 8
    jitter: float = 64.0
    seed: int = 0


def risk_map(
    y: NDArray[np.int64], x: NDArray[np.int64], labels: NDArray[np.int64], expected: float, shape: tuple[int, int], draw: Draw
) -> RiskMap:
    """Draw masks and count stamps that are hit.

    Parameters
    ----------
    y, x, labels : pixels that really became hot, and the cluster of touching pixels each belongs to, shapes (m,)
    expected : pixels that become hot while the mask grows old
    shape : (ny, nx) of the image; stamps lie inside it

    An event is a cluster with its shape. Their number is Poisson; each happens where one was seen, moved by a Gaussian, so that crowded
    parts of the detector stay crowded without hitting the very same pixels again. Raises `BadInput` without pixels.
    """
    if y.size == 0:
        raise BadInput("a map of risk needs pixels that became hot: there are none")
    generator = np.random.default_rng(draw.seed)
    clusters = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    offsets = [(y[each] - y[each[0]], x[each] - x[each[0]]) for each in clusters]
    seeds = np.array([each[0] for each in clusters])
    events = expected * len(clusters) / y.size
    corner_y, corner_x = (np.arange(0, max(size - draw.stamp, 0) + 1, draw.grid) for size in shape)
    total = np.zeros((corner_y.size, corner_x.size), np.int64)
    hit, some, few = np.empty(draw.trials), np.empty(draw.trials), np.empty(draw.trials)
    for trial in range(draw.trials):
        drawn = generator.integers(0, len(clusters), generator.poisson(events))
        moves = np.rint(generator.normal(0, draw.jitter, (drawn.size, 2))).astype(np.int64)
        rows, columns = _pixels(drawn, moves, y[seeds], x[seeds], offsets, shape)
        struck = _struck(rows, columns, corner_y, corner_x, draw)
        total += struck
        share = np.array(struck.mean())
        hit[trial], some[trial] = share, any_hit(share, draw.stars)
        few[trial] = fewer_clean(share, draw.stars, draw.needed)
    (mean, mean_err), (p_any, any_err), (p_fewer, fewer_err) = (_mean(each) for each in (hit, some, few))
    p_stamp = (total / draw.trials).astype(np.float32)
    return RiskMap(corner_x, corner_y, p_stamp, mean, mean_err, p_any, any_err, p_fewer, fewer_err, draw.trials)


def _mean(values: Array) -> tuple[float, float]:
    """Mean over the trials and its error."""
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(values.size)) if values.size > 1 else float("nan")


def _pixels(
    drawn: NDArray[np.int64],
    moves: NDArray[np.int64],
    y: NDArray[np.int64],
    x: NDArray[np.int64],
    offsets: list[tuple[NDArray[np.int64], NDArray[np.int64]]],
    shape: tuple[int, int],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pixels of the drawn events; what would leave the image is turned back at its edge."""
    rows = [_folded(y[event] + move[0], shape[0]) + offsets[event][0] for event, move in zip(drawn, moves, strict=True)]
    columns = [_folded(x[event] + move[1], shape[1]) + offsets[event][1] for event, move in zip(drawn, moves, strict=True)]
    if not rows:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return np.concatenate(rows), np.concatenate(columns)


def _folded(place: int, size: int) -> int:
    turned = place % (2 * size)
    return int(turned if turned < size else 2 * size - 1 - turned)


def _struck(
    rows: NDArray[np.int64], columns: NDArray[np.int64], corner_y: NDArray[np.int64], corner_x: NDArray[np.int64], draw: Draw
) -> NDArray[np.bool_]:
    """Stamps with a pixel in them, shape (len(corner_y), len(corner_x)): a difference image of rectangles, summed up."""
    edges = np.zeros((corner_y.size + 1, corner_x.size + 1), np.int64)
    low_y, high_y = (np.searchsorted(corner_y, rows - draw.stamp + 1), np.searchsorted(corner_y, rows, "right"))
    low_x, high_x = (np.searchsorted(corner_x, columns - draw.stamp + 1), np.searchsorted(corner_x, columns, "right"))
    for at_y, at_x, sign in ((low_y, low_x, 1), (low_y, high_x, -1), (high_y, low_x, -1), (high_y, high_x, 1)):
        np.add.at(edges, (at_y, at_x), sign)
    return np.asarray(edges.cumsum(axis=0).cumsum(axis=1)[:-1, :-1] > 0)
