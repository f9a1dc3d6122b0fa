"""Alternating columns: half of what odd detector columns have more than even ones, free of gradients and sources.

(odd - even) / 2 from every column against the mean of its two neighbours, which a gradient has no part in; columns are counted from 1
on the full frame. In NIRSpec files detector columns are image rows. Known issue NS-G06.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.science.noise_lines import CLIP, Split
from detgui.science.read_order import NEITHER, ODD, ReadOrder
from detgui.science.robust import MAD_TO_SIGMA

Floats = NDArray[np.float64]

CLIP_COLUMNS = 4.0
FEWEST_COLUMNS = 8
TRIPLET = 0.375
"""Variance of (2 b - a - c) / 4 for independent a, b, c of variance 1: 6 / 16."""


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Alternating columns of an image.

    Attributes
    ----------
    names : of the outputs
    half, err : (outputs,) half-difference odd - even, image's unit; NaN with too few columns
    own : (n_fast,) each column's own half-difference against its neighbours, NaN at edges, outliers and between outputs
    line, line_err : (outputs, n_slow) half-difference in every line: a cosmic ray or a drift changes it within a frame
    """

    names: tuple[str, ...]
    half: Floats
    err: Floats
    own: Floats
    line: Floats
    line_err: Floats


def columns(found: Split, order: ReadOrder) -> Columns:
    """Alternating columns from an image that was taken apart."""
    own = _triplets(found.place, order)
    usual = np.nanmedian(found.place_var) if np.isfinite(found.place_var).any() else np.nan
    own[~(found.place_var <= 9 * usual)] = np.nan
    half, err = np.full(len(order.names), np.nan), np.full(len(order.names), np.nan)
    for number in range(len(order.names)):
        members = order.members(number)
        values = own[members]
        kept = _kept(values)
        own[members[~kept]] = np.nan
        if kept.sum() >= FEWEST_COLUMNS:
            half[number] = values[kept].mean()
            err[number] = values[kept].std(ddof=1) / np.sqrt(TRIPLET * kept.sum())
    line, line_err = _by_line(found, order, half)
    return Columns(order.names, half, err, own, line, line_err)


def _triplets(place: Floats, order: ReadOrder) -> Floats:
    """Half-difference of each place against its neighbours of the same output, NaN where one is missing."""
    sign = np.where(order.parity == ODD, 1.0, np.where(order.parity == NEITHER, np.nan, -1.0))
    own = np.full(place.shape, np.nan)
    own[1:-1] = sign[1:-1] * (2 * place[1:-1] - place[:-2] - place[2:]) / 4
    joined = (order.output[1:-1] == order.output[:-2]) & (order.output[1:-1] == order.output[2:]) & (order.output[1:-1] >= 0)
    neighbours = np.abs(np.diff(order.column))
    joined &= (neighbours[1:] == 1) & (neighbours[:-1] == 1)
    own[1:-1][~joined] = np.nan
    return own


def _kept(values: Floats) -> NDArray[np.bool_]:
    """Finite and not far from the median: columns of their own level, and their neighbours, say nothing of the others."""
    kept = np.isfinite(values)
    if not kept.any():
        return kept
    middle = np.median(values[kept])
    sigma = MAD_TO_SIGMA * np.median(np.abs(values[kept] - middle))
    if sigma > 0:
        kept &= np.abs(np.where(kept, values, middle) - middle) <= CLIP_COLUMNS * sigma
    return kept


def _by_line(found: Split, order: ReadOrder, half: Floats) -> tuple[Floats, Floats]:
    n_slow = found.rest.shape[0]
    line, err = np.full((len(order.names), n_slow), np.nan), np.full((len(order.names), n_slow), np.nan)
    for number in range(len(order.names)):
        members = order.members(number)
        if members.size < FEWEST_COLUMNS:
            continue
        sign = np.where(order.parity[members] == ODD, 0.25, -0.25).astype(np.float32)[1:-1]
        part = order.part(number)
        rest, good = found.rest[:, part], found.good[:, part]
        whole = good[:, 1:-1] & good[:, :-2] & good[:, 2:]
        each = np.where(whole, (2 * rest[:, 1:-1] - rest[:, :-2] - rest[:, 2:]) * sign, np.float32(0))
        count = whole.sum(axis=1)
        mean = each.sum(axis=1, dtype=np.float64) / np.maximum(count, 1)
        squares = np.where(whole, (each - mean[:, None].astype(np.float32)) ** 2, np.float32(0)).sum(axis=1, dtype=np.float64)
        enough = count >= FEWEST_COLUMNS
        line[number] = np.where(enough, mean + half[number], np.nan)
        err[number] = np.where(enough, np.sqrt(squares / np.maximum(count - 1, 1) / TRIPLET / np.maximum(count, 1)), np.nan)
    return line, err


def changed_lines(found: Columns, number: int) -> NDArray[np.bool_]:
    """Lines of an output whose half-difference is more than `CLIP` errors from the output's, shape (n_slow,)."""
    with np.errstate(invalid="ignore"):
        changed: NDArray[np.bool_] = np.abs(found.line[number] - found.half[number]) > CLIP * found.line_err[number]
    return changed
