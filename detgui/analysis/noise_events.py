"""Events in a ramp: clusters of jumps, and pixels that hop between two levels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.noise_frames import Frames
from detgui.analysis.noise_types import Params, Telegraph
from detgui.progress import Progress
from detgui.science.dq import GROUP
from detgui.science.noise_hops import FEWEST_GROUPS, basis_of
from detgui.science.noise_lines import Tick
from detgui.science.noise_telegraph import FEWEST_VALUES, chance, levels_of, telegraphs
from detgui.science.robust import nan_median
from detgui.science.snowballs import Cluster, clusters, jumps_of

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]

USUAL_OF = 7
"""Differences that the usual one of a pixel is the median of."""

FEWEST_DIFFERENCES = 3
FULL = 60000
"""DN of a raw pixel that is saturated, where there are no flags."""

BESIDE = 3
"""Pixels around a cluster of jumps that are no telegraphs either."""

MOST_VALUES = 400
MOST_TRIED = 500
EXCESS = 5.0
"""Standard deviations of a sample variance above that of the neighbours, for a pixel to be tried as a telegraph."""


def find_clusters(found: Frames, params: Params, noise: Floats, progress: Progress) -> tuple[tuple[Cluster, ...] | None, tuple[str, ...]]:
    """Clusters of jumps of all integrations, largest first in each group; None where there are too few groups.

    From JUMP_DET and new saturation in GROUPDQ; where the jump step was not run, from differences against the pixel's usual one.
    """
    if not found.ramp:
        return None, ()
    if found.flagged:
        return tuple(_flagged(found, params, progress)), ()
    if len(found.every_group) * len(found.every) < FEWEST_DIFFERENCES:
        return None, ("too few groups to tell a jump from the light, and no jumps are flagged: no snowballs are looked for",)
    note = "no jumps are flagged: clusters were looked for in the differences of groups"
    return tuple(_from_differences(found, params, noise, progress)), (note,)


def _flagged(found: Frames, params: Params, progress: Progress) -> list[Cluster]:
    listed: list[Cluster] = []
    for integration in found.every:
        before = found.flags(integration, found.every_group[0] - 1)
        for group in found.every_group:
            progress(0.8, f"clusters of jumps: integration {integration}, group {group}")
            flags = found.flags(integration, group)
            assert flags is not None
            assert before is not None
            jump, full = np.uint32(GROUP["JUMP_DET"]), np.uint32(GROUP["SATURATED"])
            # A jump goes on being flagged for some groups after it; a pixel that was full stays full.
            jumps = (flags & jump != 0) & (before & jump == 0) & (before & full == 0)
            core = (flags & full != 0) & (before & full == 0)
            listed += _clusters(found, jumps, core & _beside(core, jumps), integration, group, params)
            before = flags
    return listed


def _beside(core: Mask, jumps: Mask) -> Mask:
    """Pixels that saturate in a cluster with jumps: a star that fills up has none."""
    from scipy import ndimage

    labels, number = ndimage.label(core | jumps, np.ones((3, 3), np.int8))
    if not number:
        return core
    share = np.bincount(labels.reshape(-1), jumps.reshape(-1)) / np.maximum(np.bincount(labels.reshape(-1)), 1)
    real: Mask = share[labels] > 0.02
    return real


def _clusters(found: Frames, jumps: Mask, core: Mask, integration: int, group: int, params: Params) -> list[Cluster]:
    order = found.order
    usable = ~order.reference
    return clusters(order.lines(jumps & usable), order.lines(core & usable), integration, group, params.least_area)


def _from_differences(found: Frames, params: Params, noise: Floats, progress: Progress) -> list[Cluster]:
    usual = _usual(found, progress)
    sigma = np.where(np.isfinite(noise), noise, np.nanmedian(noise)).astype(np.float32)[None, :]
    raw = found.exposure.kind == "uncal"
    listed: list[Cluster] = []
    for integration in found.every:
        was_full = found.image(integration, found.every_group[0] - 1) >= FULL if raw else None
        for group, difference, _ in found.differences(integration, found.every_group):
            progress(0.85, f"clusters of jumps: integration {integration}, group {group}")
            rest = difference - usual
            difference = difference - np.float32(np.median(rest[found.usable][:: max(1, found.usable.sum() // 100_000)]))
            jumps = jumps_of(difference, usual, sigma, ~found.order.reference)
            core = np.zeros(jumps.shape, np.bool_)
            if was_full is not None:
                full = found.image(integration, group) >= FULL
                core = full & ~was_full & jumps
                was_full = full
            listed += _clusters(found, jumps, core, integration, group, params)
    return listed


def _usual(found: Frames, progress: Progress) -> Image:
    """Median difference of every pixel, of some spread over the exposure; a few frames at a time are in memory."""
    places = [(number, group) for number in found.every for group in found.every_group]
    chosen = [places[int(at)] for at in np.unique(np.linspace(0, len(places) - 1, min(USUAL_OF, len(places))).round())]
    frames = []
    for number, group in chosen:
        progress(0.82, "usual difference of every pixel")
        frames.append(found.image(number, group) - found.image(number, group - 1))
    stack = np.stack(frames)
    return np.median(stack, axis=0).astype(np.float32)


def find_telegraphs(
    found: Frames, clusters: tuple[Cluster, ...] | None, progress: Progress
) -> tuple[tuple[Telegraph, ...] | None, tuple[str, ...]]:
    """Telegraph pixels, from the groups about a parabola, the differences of two groups, or the integrations of a cube.

    None where fewer than `FEWEST_VALUES` values of a pixel tell.
    """
    series = _Series(found)
    if series.values < FEWEST_VALUES:
        if series.values < 2:
            return None, ()
        return None, (f"{series.values} values of a pixel are too few to see telegraph pixels: {FEWEST_VALUES} are needed",)
    variance = series.variances(progress)
    usable = found.usable & ~_hit(found, clusters or ()) & ~series.full
    places = _candidates(variance, usable, series.degrees)
    if not len(places):
        return (), ()
    values = series.at(places, progress)
    levels = levels_of(values, series.groups)
    tested = len(places)
    chosen = np.flatnonzero(telegraphs(levels, series.values, tested, series.groups))
    p = chance(levels.gain, series.values, series.groups)
    listed = []
    for number in chosen:
        slow, fast = places[number]
        x, y = (fast, slow) if found.order.fast_is_x else (slow, fast)
        step = float(levels.step[number])
        listed.append(Telegraph(int(x), int(y), step, float(levels.step_err[number]), float(levels.share[number]),
                                int(levels.hops[number]), float(min(1.0, p[number] * tested))))  # fmt: skip
    return tuple(sorted(listed, key=lambda each: -each.step)), ()


class _Series:
    """Values of every pixel in time."""

    def __init__(self, found: Frames) -> None:
        self._found = found
        groups = len(found.every_group) + 1 if found.ramp else 1
        self._by_groups = groups >= FEWEST_GROUPS
        most = max(1, MOST_VALUES // groups) if self._by_groups else MOST_VALUES
        self._numbers = found.every[:most]
        self.values = len(self._numbers) * groups if self._by_groups else len(self._numbers)
        self._groups = groups
        self.full = np.zeros(found.order.shape, np.bool_)
        self._basis = basis_of(groups)
        self.groups = groups if self._by_groups else 1
        self.degrees = len(self._numbers) * (groups - 3) if self._by_groups else max(1, self.values - 1)

    def variances(self, progress: Progress) -> Floats:
        """Variance of every pixel's values, (slow, fast)."""
        total = np.zeros(self._found.order.shape)
        square = np.zeros(self._found.order.shape)
        for at, integration in enumerate(self._numbers):
            progress(0.9 + 0.05 * at / len(self._numbers), "variance of every pixel")
            if self._by_groups:
                square += self._about_parabola(integration, lambda: progress(0.9, "variance of every pixel"))
            else:
                value = self._value(integration).astype(np.float64)
                value -= np.nanmedian(value)
                total += value
                square += value**2
        n = len(self._numbers)
        if self._by_groups:
            return np.asarray(square / (n * (self._groups - 3)), np.float64)
        return np.asarray((square - total**2 / n) / max(n - 1, 1), np.float64)

    def _value(self, integration: int) -> Image:
        found = self._found
        return found.mean_difference(integration) if found.ramp else found.image(integration)

    def _about_parabola(self, integration: int, tick: Tick) -> Floats:
        """Sum of squares about a parabola through the groups, one group at a time."""
        shape = self._found.order.shape
        parts = np.zeros((3, *shape))
        square = np.zeros(shape)
        first: Image | None = None
        for number in range(self._groups):
            tick()
            image = self._found.image(integration, number + 1)
            first = image if first is None else first
            rise = (image - first).astype(np.float64)
            square += rise**2
            for part, weight in zip(parts, self._basis[number], strict=True):
                part += weight * rise
        flags = self._found.flags(integration, self._groups)
        if flags is not None:
            self.full |= (flags & np.uint32(GROUP["SATURATED"])) != 0
        elif self._found.exposure.kind == "uncal":
            self.full |= image >= FULL
        rest: Floats = square - (parts**2).sum(axis=0)
        return np.maximum(rest, 0)

    def at(self, places: NDArray[np.intp], progress: Progress) -> Floats:
        """Values of some pixels, (values, pixels)."""
        if not self._by_groups:
            stack = []
            for integration in self._numbers:
                value = self._value(integration)
                stack.append(value[places[:, 0], places[:, 1]] - np.nanmedian(value))
            return np.nan_to_num(np.array(stack, np.float64))
        out = []
        for slow, fast in places:
            progress(0.96, "levels of pixels that vary")
            x, y = (fast, slow) if self._found.order.fast_is_x else (slow, fast)
            ramp = self._found.exposure.read_pixel(int(x), int(y), "SCI", self._numbers)[:, : self._groups].astype(np.float64)
            out.append((ramp - (ramp @ self._basis) @ self._basis.T).reshape(-1))
        return np.nan_to_num(np.array(out).T)


def _candidates(variance: Floats, usable: Mask, degrees: int) -> NDArray[np.intp]:
    """Places (slow, fast) whose variance is beyond chance, the largest first."""
    usable = usable & np.isfinite(variance) & (variance > 0)
    logarithm = np.where(usable, np.log(np.maximum(variance, 1e-30)), np.nan)
    usual = nan_median(logarithm[:: max(1, logarithm.shape[0] // 256)], axis=0)
    excess = logarithm - usual[None, :]
    high = usable & (excess > EXCESS * np.sqrt(2 / degrees))
    places = np.argwhere(high)
    order = np.argsort(-excess[high], kind="stable")[:MOST_TRIED]
    return np.asarray(places[order], np.intp)


def _hit(found: Frames, clusters: tuple[Cluster, ...]) -> Mask:
    """Pixels in the boxes of clusters, (slow, fast): their jumps are no hops between levels."""
    hit = np.zeros(found.exposure.shape[2:], np.bool_)
    for each in clusters:
        x0, y0, x1, y1 = each.box
        hit[max(0, y0 - BESIDE) : y1 + 1 + BESIDE, max(0, x0 - BESIDE) : x1 + 1 + BESIDE] = True
    return found.order.lines(hit)
