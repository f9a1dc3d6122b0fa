"""Figures of a sector and kind from all its boxes: noise of reads and of the reset, and how far the estimators disagree.

Everything is a weighted sum of the measured variances of boxes, so that its error follows from their covariance; boxes and pairs are
independent of each other. The noise of reads, taken off by the estimators from differences, is common to the boxes of a pool: each box's
part in it is counted with that box.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from detgui.science.gain_differences import PairGains
from detgui.science.read_covariance import Linear, cross

Array = NDArray[np.float64]
Chosen = NDArray[np.bool_]

FALSE_ALARMS = 0.01
"""Part of maps without any systematic in which chance makes some estimator of some sector disagree."""


@dataclass(frozen=True, slots=True)
class Difference:
    """An estimator less the classic one, e-/DN, with its statistical error; ``systematic`` what of it goes beyond that error: the root
    of the difference of the squares where it is `significant` errors, else 0. ``own_err`` is the statistical error of the estimator's
    own mean over the boxes, e-/DN. ``extrapolated`` to zero signal, or a mean."""

    value: float
    err: float
    own_err: float
    systematic: float
    extrapolated: bool


@dataclass(frozen=True, slots=True)
class SectorFigures:
    """A sector (1 to 4) and kind (0 bulk, 1 void); NaN where not measured.

    ``read_noise`` DN from the intercept, noise of the reset included; ``single_read_noise`` DN of a read alone and ``reset_noise`` DN
    from differences of reads, each with its error; ``reset_noise`` is 0 where the intercept has none, its error then the noise that would
    be one error of its square. ``differences`` by estimator, ``systematic`` the largest of theirs, e-/DN.
    """

    sector: int
    kind: int
    read_noise: float
    read_noise_err: float
    single_read_noise: float
    single_read_noise_err: float
    reset_noise: float
    reset_noise_err: float
    systematic: float
    differences: dict[str, Difference]


def sector_figures(
    pairs: Sequence[PairGains], sector: NDArray[np.int64], kind: NDArray[np.int64], pixels: Array, factor: float
) -> tuple[SectorFigures, ...]:
    """Figures of every sector and kind from the ``pairs`` used; ``sector``, ``kind``, ``pixels`` by box (n,); ``factor`` of the IPC that
    gains are multiplied with."""
    errors = [_BoxErrors(pair) for pair in pairs]
    chosen = {int(each): np.where(sector * 2 + kind == each, pixels, 0.0) for each in np.unique(sector * 2 + kind)}
    compared = _judged({each: _differences(errors, weights, factor) for each, weights in chosen.items()})
    found = []
    for each, weights in chosen.items():
        intercept, single, reset = (_mean(values) for values in zip(*(_noises(one, weights) for one in errors), strict=True))
        differences = compared[each]
        found.append(
            SectorFigures(
                each // 2, each % 2, *_root(*intercept), *_root(*single), *_root(*reset, at_least_zero=True),
                max((item.systematic for item in differences.values()), default=0.0), differences,
            )
        )  # fmt: skip
    return tuple(found)


class _BoxErrors:
    """A pair with the covariances, by box, of what its boxes are measured by: slope, intercept, noise of reads and the estimators."""

    def __init__(self, pair: PairGains) -> None:
        self.pair = pair
        self._linear: dict[str, Linear] = {"slope": pair.line.linear, "intercept": pair.line.noise_linear}
        self._linear |= {name: other.linear for name, other in pair.others.items()}
        if pair.noise is not None:
            self._linear["noise"] = pair.noise.linear
        self._known: dict[frozenset[str], Array] = {}

    def covariance(self, one: str, other: str) -> Array:
        """Shape (n,), 0 where a box has none."""
        both = frozenset((one, other))
        if both not in self._known:
            self._known[both] = np.nan_to_num(cross(self._linear[one], self._linear[other], self.pair.line.ramp))
        return self._known[both]

    def error(self, weights: dict[str, Array]) -> float:
        """Error of the sum over boxes of the figures with these ``weights``, each (n,)."""
        total = sum(float((weights[one] * weights[two]) @ self.covariance(one, two)) for one in weights for two in weights)
        return math.sqrt(max(0.0, total))


Figure = tuple[float, float]
NOTHING: Figure = (float("nan"), float("nan"))


def _noises(errors: _BoxErrors, weights: Array) -> tuple[Figure, Figure, Figure]:
    """(square, error) of the noise: from the intercept, of a read, of the reset; DN^2."""
    line, read = errors.pair.line, errors.pair.noise
    share = _shares(weights, np.isfinite(line.noise))
    if share is None:
        return NOTHING, NOTHING, NOTHING
    whole = float(share @ np.nan_to_num(line.noise)) / 2.0
    whole_err = errors.error({"intercept": share / 2.0})
    if read is None or not read.share[weights > 0].any():
        return (whole, whole_err), NOTHING, NOTHING
    box = int(np.flatnonzero(weights > 0)[0])
    single, single_err = float(read.value[box]) / 2.0, float(read.err[box]) / 2.0
    reset_err = errors.error({"intercept": share / 2.0, "noise": np.where(weights > 0, -read.share, 0.0) / 2.0})
    return (whole, whole_err), (single, single_err), (whole - single, reset_err)


def significant(comparisons: int) -> float:
    """Errors by which one of so many differences has to be off before it counts: by chance that happens in `FALSE_ALARMS` of maps, or
    less often where the differences are not independent (Bonferroni)."""
    return NormalDist().inv_cdf(1.0 - FALSE_ALARMS / (2.0 * max(1, comparisons)))


def _judged(compared: dict[int, dict[str, Difference]]) -> dict[int, dict[str, Difference]]:
    """The same with the systematic, which depends on how many differences are looked at."""
    least = significant(sum(map(len, compared.values())))
    return {each: {name: _with_systematic(item, least) for name, item in items.items()} for each, items in compared.items()}


def _with_systematic(item: Difference, least: float) -> Difference:
    beyond = math.sqrt(item.value**2 - item.err**2) if abs(item.value) > least * item.err else 0.0
    return replace(item, systematic=beyond)


def _differences(pairs: Sequence[_BoxErrors], weights: Array, factor: float) -> dict[str, Difference]:
    names = [name for name in pairs[0].pair.others if all(name in each.pair.others for each in pairs)]
    found = {}
    for name in names:
        figures = np.array([_difference(each, name, weights) for each in pairs])
        inverse, value, _, _ = figures.mean(axis=0)
        if not np.isfinite(figures).all() or not inverse > 0:
            continue
        scale = factor / inverse**2
        err, own_err = (float(each) for each in np.sqrt((figures[:, 2:] ** 2).sum(axis=0)) / len(figures) * scale)
        straight = all(bool(each.pair.others[name].extrapolated[weights > 0].all()) for each in pairs)
        found[name] = Difference(float(-value * scale), err, own_err, 0.0, straight)
    return found


def _difference(errors: _BoxErrors, name: str, weights: Array) -> tuple[float, float, float, float]:
    """(1 / gain, difference of 1 / gain, its error, the error of the estimator itself) of one pair: mean over the boxes that both have."""
    line, read, other = errors.pair.line, errors.pair.noise, errors.pair.others[name]
    share = _shares(weights, np.isfinite(line.inverse) & np.isfinite(other.value))
    if share is None or read is None:
        return (float("nan"),) * 4
    value = float(share @ np.nan_to_num(other.value - line.inverse))
    common = float(share @ np.nan_to_num(other.noise_weight))
    own = np.where(weights > 0, read.share, 0.0)
    itself = {name: share, "noise": -common * own}
    return float(share @ np.nan_to_num(line.inverse)), value, errors.error(itself | {"slope": -share}), errors.error(itself)


def _shares(weights: Array, there: Chosen) -> Array | None:
    """Weights that add up to 1, of those boxes that are there; None where none is."""
    chosen = np.where(there, weights, 0.0)
    return chosen / chosen.sum() if chosen.sum() > 0 else None


def _mean(figures: Sequence[Figure]) -> Figure:
    """Mean over pairs of what is there."""
    there = np.array([figure for figure in figures if np.isfinite(figure).all()]).reshape(-1, 2)
    if not there.size:
        return NOTHING
    return float(there[:, 0].mean()), float(np.sqrt((there[:, 1] ** 2).sum())) / len(there)


def _root(square: float, error: float, at_least_zero: bool = False) -> Figure:
    """(noise, error) from its square; NaN for a negative one unless it is to be 0 then."""
    if not np.isfinite(square) or (square <= 0 and not at_least_zero):
        return NOTHING
    value = float(np.sqrt(max(square, 0.0)))
    return value, error / (2.0 * value) if value**2 > error else float(np.sqrt(value**2 + error)) - value


def has_reset_noise(figures: Sequence[SectorFigures], errors: float = 4.0) -> bool:
    """True where the square of the noise of the reset, whose relative error is twice that of the noise, is more than so many errors."""
    return any(each.reset_noise > 2.0 * errors * each.reset_noise_err for each in figures)
