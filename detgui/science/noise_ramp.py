"""Noise of a ramp from the differences of its groups: temporal and spatial, and how differences depend on those before.

With differences d_g of neighbouring groups, R the read noise of a group and P the photon variance of a difference, C_0 = P + 2 R^2,
C_1 = -R^2, and C_k = 0 for k > 1 (Brandt 2024, PASP 136, 045004, for one frame in a group); anything beyond lag one is 1/f noise, drift or
pixels that change. The mean difference of a pixel is unknown and subtracted; what that takes from each lag is put back exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detgui.science.noise_lines import Tick, no_tick
from detgui.science.read_order import ReadOrder
from detgui.science.robust import MAD_TO_SIGMA

Floats = NDArray[np.float64]
Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

MOST_LAGS = 3
"""Lags 0, 1 and 2."""

WILD = 5.5
"""Standard deviations of a difference that a jump has; a pixel with one is left out of the integration."""

BOX = 64
"""Pixels on a side of the boxes of the map."""


@dataclass(frozen=True, slots=True, eq=False)
class RampNoise:
    """Noise of the differences of neighbouring groups.

    Attributes
    ----------
    names : outputs
    temporal, temporal_err : (outputs,) rms in time of a pixel's differences, image's unit; NaN with too few groups
    spatial, spatial_err : (outputs,) standard deviation over the pixels of a difference, mean of the differences
    covariance, covariance_err : (outputs, lags) C_0, C_1, C_2 as far as the number of groups allows, unit^2
    read, read_err : (outputs,) sqrt(-C_1): read noise of a group
    photon, photon_err : (outputs,) C_0 + 2 C_1, unit^2
    signal : (outputs,) mean difference of the pixels used
    beyond, beyond_err : map of C_2 in boxes of `BOX` pixels, axes (slow, fast), unit^2; NaN where not known
    differences : how many were used
    """

    names: tuple[str, ...]
    temporal: Floats
    temporal_err: Floats
    spatial: Floats
    spatial_err: Floats
    covariance: Floats
    covariance_err: Floats
    read: Floats
    read_err: Floats
    photon: Floats
    photon_err: Floats
    signal: Floats
    beyond: Floats
    beyond_err: Floats
    differences: int


def lag_matrix(n: int, lags: int) -> Floats:
    """A_kl: what s_k, the mean of products of residuals k apart of ``n`` differences less their mean, has of the covariance C_l."""
    centre = np.eye(n) - 1.0 / n
    bands = [np.eye(n)] + [np.eye(n, k=lag) + np.eye(n, k=-lag) for lag in range(1, lags)]
    matrix = np.empty((lags, lags))
    for k in range(lags):
        pick = np.eye(n, k=k)
        for number, band in enumerate(bands):
            matrix[k, number] = float((centre @ band @ centre * pick).sum()) / (n - k)
    return matrix


def lags_for(n: int) -> int:
    """Lags that ``n`` differences tell, their mean being unknown."""
    return int(np.clip(n - 1, 0, MOST_LAGS))


@dataclass(slots=True)
class RampSums:
    """Adds the differences of integrations one after the other; frames have the axes (slow, fast)."""

    order: ReadOrder
    usable: Mask
    lags: int
    box: int = BOX
    total: dict[str, Floats] = field(default_factory=dict)
    spatial: list[Floats] = field(default_factory=list)
    signal: list[Floats] = field(default_factory=list)
    differences: int = 0

    def integration(self, mean: Image, n: int) -> IntegrationSums:
        """Begin an integration of ``n`` differences whose mean in every pixel is ``mean``."""
        return IntegrationSums(self, mean, n)

    def _box_add(self, name: str, image: Floats) -> None:
        binned = self._binned(image)
        self.total[name] = self.total.get(name, 0.0) + binned

    def _binned(self, image: Floats) -> Floats:
        """Sums in boxes along the slow axis and in `_edges` along the fast one, which no box of two outputs shares."""
        rows = np.add.reduceat(image, np.arange(0, image.shape[0], self.box), axis=0)
        return np.asarray(np.add.reduceat(rows, self.edges[:-1], axis=1), np.float64)

    @property
    def edges(self) -> NDArray[np.intp]:
        """First place of every box along the fast axis, and the end."""
        change = np.flatnonzero(np.diff(self.order.output)) + 1
        starts = np.unique(np.concatenate([np.arange(0, self.order.shape[1], self.box), change]))
        return np.append(starts, self.order.shape[1]).astype(np.intp)


class IntegrationSums:
    """Products of the differences of one integration, pixel by pixel."""

    def __init__(self, sums: RampSums, mean: Image, n: int) -> None:
        self._sums, self._mean, self._n = sums, mean, n
        self._before: list[Image] = []
        self._products = np.zeros((max(sums.lags, 1), *mean.shape), np.float32)
        self._good = sums.usable & np.isfinite(mean)

    def add(self, difference: Image, flagged: Mask | None = None, tick: Tick = no_tick) -> None:
        """The next difference; pixels that are ``flagged`` (jumps, saturation) are left out of the whole integration."""
        sums = self._sums
        rest = difference - self._mean
        good = self._good & np.isfinite(rest)
        if flagged is not None:
            good &= ~flagged
        spread = np.full(len(sums.order.names), np.nan)
        level = np.full(len(sums.order.names), np.nan)
        for number in range(len(sums.order.names)):
            tick()
            members = sums.order.part(number)
            part, fine, whole = rest[:, members], good[:, members], difference[:, members]
            if fine.sum() < 16:
                continue
            values = part[fine]
            some = values[:: max(1, values.size // 100_000)]
            middle = float(np.median(some))
            sigma = MAD_TO_SIGMA * float(np.median(np.abs(some - middle)))
            kept = fine & (np.abs(part - middle) <= WILD * max(sigma, 1e-12))
            own = whole[kept]
            level[number] = float(np.median(own[:: max(1, own.size // 100_000)]))
            spread[number] = _clipped_spread(own - level[number])
            rest[:, members] = np.where(kept, part - middle, np.float32(0))
            good[:, members] = kept
        self._good = good
        sums.spatial.append(spread)
        sums.signal.append(level)
        sums.differences += 1
        for lag in range(sums.lags):
            other = rest if lag == 0 else (self._before[lag - 1] if lag <= len(self._before) else None)
            if other is not None:
                tick()
                self._products[lag] += rest * other
        self._before = [rest, *self._before][: max(sums.lags - 1, 0)]

    def end(self, tick: Tick = no_tick) -> None:
        """All differences were added."""
        sums = self._sums
        if not sums.lags:
            return
        tick()
        counts = self._n - np.arange(sums.lags, dtype=np.float32)
        undo = np.linalg.inv(lag_matrix(self._n, sums.lags))
        sums._box_add("count", self._good.astype(np.float64))
        for number in range(sums.lags):
            values = np.zeros(self._good.shape)
            for weight, product, count in zip(undo[number], self._products, counts, strict=True):
                tick()
                values += (weight / count) * product
            values = np.where(self._good, values, 0.0)
            sums._box_add(f"sum{number}", values)
            tick()
            sums._box_add(f"squares{number}", values**2)


def _clipped_spread(values: Image) -> float:
    sigma = MAD_TO_SIGMA * float(np.median(np.abs(values[:: max(1, values.size // 100_000)])))
    kept = values[np.abs(values) <= 5 * max(sigma, 1e-12)]
    return float(kept.std(ddof=1)) if kept.size > 2 else np.nan


def finish(sums: RampSums) -> RampNoise:
    """The figures of all that was added."""
    order, lags = sums.order, sums.lags
    outputs = len(order.names)
    covariance, error = np.full((outputs, MOST_LAGS), np.nan), np.full((outputs, MOST_LAGS), np.nan)
    count = sums.total.get("count")
    starts = sums.edges[:-1]
    shape = (len(range(0, order.shape[0], sums.box)), starts.size)
    beyond, beyond_err = np.full(shape, np.nan), np.full(shape, np.nan)
    if count is not None:
        for lag in range(lags):
            total, squares = sums.total[f"sum{lag}"], sums.total[f"squares{lag}"]
            for number in range(outputs):
                part = order.output[starts] == number
                covariance[number, lag], error[number, lag] = _mean_and_error(total[:, part], squares[:, part], count[:, part])
            if lag == 2:
                with np.errstate(invalid="ignore", divide="ignore"):
                    fine = count >= 16
                    beyond = np.where(fine, total / count, np.nan)
                    beyond_err = np.where(fine, np.sqrt(np.maximum(squares / count - (total / count) ** 2, 0) / (count - 1)), np.nan)
    temporal, temporal_err = _roots(covariance[:, 0], error[:, 0])
    read, read_err = _roots(-covariance[:, 1], error[:, 1])
    spatial = np.array(sums.spatial) if sums.spatial else np.full((1, outputs), np.nan)
    signal = np.array(sums.signal) if sums.signal else np.full((1, outputs), np.nan)
    scatter = spatial.std(axis=0, ddof=1) / np.sqrt(len(spatial)) if len(spatial) > 1 else np.zeros(outputs)
    pixels = np.array([max(1, int(sums.usable[:, order.members(number)].sum())) for number in range(outputs)])
    floor = spatial.mean(axis=0) / np.sqrt(2 * pixels * len(spatial))
    photon_err = np.sqrt(error[:, 0] ** 2 + 4 * error[:, 1] ** 2)
    return RampNoise(
        order.names,
        temporal,
        temporal_err,
        spatial.mean(axis=0),
        np.maximum(scatter, floor),
        covariance,
        error,
        read,
        read_err,
        covariance[:, 0] + 2 * covariance[:, 1],
        photon_err,
        signal.mean(axis=0),
        beyond,
        beyond_err,
        sums.differences,
    )


def _mean_and_error(total: Floats, squares: Floats, count: Floats) -> tuple[float, float]:
    """Mean over pixels; error from the scatter of pixels, and of boxes where they differ by more."""
    n = float(count.sum())
    if n < 16:
        return np.nan, np.nan
    mean = float(total.sum()) / n
    by_pixels = max(float(squares.sum()) / n - mean**2, 0.0) / n
    fine = count >= 16
    boxes = int(fine.sum())
    if boxes < 4:
        return mean, float(np.sqrt(by_pixels))
    by_boxes = float((((total[fine] - mean * count[fine]) / n) ** 2).sum()) * boxes / (boxes - 1)
    return mean, float(np.sqrt(max(by_pixels, by_boxes)))


def _roots(variance: Floats, error: Floats) -> tuple[Floats, Floats]:
    with np.errstate(invalid="ignore"):
        root = np.sqrt(np.maximum(variance, 0.0))
        return np.where(np.isfinite(variance), root, np.nan), error / (root + np.sqrt(root**2 + error))
