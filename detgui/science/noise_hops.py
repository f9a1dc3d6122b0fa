"""Hops of a pixel between two levels in the groups of its integrations, fitted together with a parabola through each integration.

A parabola takes a steady rate, a drift of it and the curve of the ramp, but part of the hops with them: at which groups a pixel was high
and how large its step is are fitted to what is left, with the parabola taken off the model as it was taken off the values.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEWEST_GROUPS = 8
"""Groups of an integration whose scatter about a parabola tells levels."""

MOST_FLIPS = 30
"""Passes in which every integration changes its state in one group at most."""

FEW_VALUES = 100
"""Values under which the search starts from several states and changes whole ends of integrations: more leave no doubt without."""

REPEATS = 1e-3
"""Chance by which integrations without a common shape are said to have one."""


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """Two levels of every series, shape (pixels,) each: ``step`` between them and ``step_err``, ``sigma`` about them, ``share`` of the
    time that is high, ``hops`` between them, ``gain`` in the logarithm of the likelihood over one level; ``repeats`` where every
    integration has the same shape, which is a curve and no telegraph."""

    step: Floats
    step_err: Floats
    sigma: Floats
    share: Floats
    hops: NDArray[np.intp]
    gain: Floats
    repeats: NDArray[np.bool_]


def basis_of(groups: int) -> Floats:
    """Orthonormal parabolas through the groups of an integration, shape (groups, 3); none for fewer than `FEWEST_GROUPS` groups."""
    if groups < FEWEST_GROUPS:
        return np.zeros((1, 0))
    return np.asarray(np.linalg.qr(np.polynomial.legendre.legvander(np.linspace(-1, 1, groups), 2))[0], np.float64)


def without_parabola(series: Floats, groups: int) -> Floats:
    """Series (integrations x groups, pixels) less the parabola of every integration."""
    ramps = series.reshape(-1, groups, series.shape[1])
    return np.asarray(np.matmul(_projector(groups), ramps).reshape(series.shape), np.float64)


def _projector(groups: int) -> Floats:
    basis = basis_of(groups)
    return np.eye(groups) - basis @ basis.T


@dataclass(slots=True)
class _Fit:
    """States (integrations, groups, pixels), the step, its squared norm in the values, and the sum of squares that is left."""

    state: Floats
    step: Floats
    norm: Floats
    left: Floats


def hops_of(series: Floats, groups: int) -> Levels:
    """Levels of series (integrations x groups, pixels) that have lost a parabola in every integration, no NaN.

    The gain is in the logarithm of the likelihood with the most likely states, over Gaussian scatter about the parabola.
    """
    ramps = series.reshape(-1, groups, series.shape[1])
    keep = _projector(groups)
    spread = np.sqrt((ramps**2).mean(axis=(0, 1)))
    best: _Fit | None = None
    for threshold in _thresholds(groups, series.shape[0]):
        found = _fitted(ramps, (ramps > threshold * spread).astype(np.float64), 2 * spread, keep)
        best = found if best is None else _better(best, found)
    assert best is not None
    freedom = len(ramps) * (groups - basis_of(groups).shape[1])
    left = np.maximum(best.left, 1e-12 * np.maximum((ramps**2).sum(axis=(0, 1)), 1e-300))
    gain = freedom / 2 * np.log(np.maximum((ramps**2).sum(axis=(0, 1)), 1e-300) / left)
    sigma = np.sqrt(left / max(freedom - 1, 1))
    hops = (np.diff(best.state, axis=1) != 0).sum(axis=(0, 1))
    step_err = sigma / np.sqrt(np.maximum(best.norm, 1e-12))
    return Levels(best.step, step_err, sigma, best.state.mean(axis=(0, 1)), hops, gain, _repeats(ramps, freedom // len(ramps)))


def _thresholds(groups: int, values: int) -> Iterator[Floats]:
    """Where a search starts, shape (1, groups, 1): high is above that many standard deviations; tilted as a parabola hides hops."""
    x = np.linspace(-1, 1, groups)[None, :, None]
    yield np.zeros_like(x)
    if values <= FEW_VALUES:
        for shape in (0.6 + 0 * x, 0.8 * x, 1.6 * (x**2 - 1 / 3)):
            yield shape
            yield -shape


def _fitted(ramps: Floats, state: Floats, step: Floats, keep: Floats) -> _Fit:
    """The nearest states, from some on: in every integration the change that brings the model nearest, until none does."""
    few = ramps.shape[0] * ramps.shape[1] <= FEW_VALUES
    for number in range(MOST_FLIPS + 1):
        kept = np.matmul(keep, state)
        norm = (kept**2).sum(axis=(0, 1))
        step = np.where(norm > 0, np.maximum((kept * ramps).sum(axis=(0, 1)) / np.maximum(norm, 1e-12), 0.0), step)
        rest = ramps - kept * step
        if number == MOST_FLIPS:
            break
        new = _nearer(state, rest, step, keep, few)
        if new is None:
            break
        state = new
    return _Fit(state, step, norm, (rest**2).sum(axis=(0, 1)))


def _nearer(state: Floats, rest: Floats, step: Floats, keep: Floats, ends: bool) -> Floats | None:
    """States with the best change of one group in every integration, or with ``ends`` of all groups from one on; None where none is."""
    turn = 1 - 2 * state
    change = step * (step * np.diag(keep)[None, :, None] - 2 * turn * rest)
    groups = state.shape[1]
    if ends:
        change = np.concatenate([change, _of_ends(turn, rest, step, keep)], axis=1)
    at = np.argmin(change, axis=1)[:, None, :]
    nearer = np.take_along_axis(change, at, axis=1) < 0
    if not nearer.any():
        return None
    group = np.arange(groups)[None, :, None]
    turned = nearer & np.where(at < groups, group == at, group >= at - groups)
    return np.where(turned, 1 - state, state)


def _of_ends(turn: Floats, rest: Floats, step: Floats, keep: Floats) -> Floats:
    """Change of the sum of squares where all groups from each one on change their state: slow hops are not found group by group."""
    model, change = np.zeros_like(rest), np.empty_like(rest)
    for group in range(rest.shape[1] - 1, -1, -1):
        model += keep[:, group][None, :, None] * turn[:, group, None, :]
        change[:, group] = step * (step * (model**2).sum(axis=1) - 2 * (model * rest).sum(axis=1))
    return change


def _better(one: _Fit, other: _Fit) -> _Fit:
    """Of every pixel the fit that leaves less."""
    new = other.left < one.left
    return _Fit(
        np.where(new, other.state, one.state),
        np.where(new, other.step, one.step),
        np.where(new, other.norm, one.norm),
        np.where(new, other.left, one.left),
    )


def _repeats(ramps: Floats, freedom: int) -> NDArray[np.bool_]:
    """Pixels whose integrations have a shape in common beyond chance (F test of their mean against what differs from it)."""
    from scipy.special import fdtrc

    count = len(ramps)
    if count < 2:
        return np.zeros(ramps.shape[2], np.bool_)
    common = count * (ramps.mean(axis=0) ** 2).sum(axis=0)
    own = np.maximum((ramps**2).sum(axis=(0, 1)) - common, 1e-300)
    ratio = common / own * (count - 1)
    return np.asarray(fdtrc(freedom, freedom * (count - 1), ratio) < REPEATS, np.bool_)
