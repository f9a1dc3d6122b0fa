"""Single pixels through time: rate against date, classes, and which changes are more than chance among all pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.hot_types import Array, Indices, Series
from detgui.data.dark_maps import DarkMaps, read_maps, read_pixels
from detgui.data.darks import DarkFile
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science import hot_classes, hot_clusters
from detgui.science.robust import sigma_of

Image = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Params:
    """What a lasting change is.

    ``threshold``: one that was counted (None for masks); ``persistence``: epochs in a row, to the end of the series, that a new state has
    to last; ``discovery``: false-discovery rate of the changes called significant.
    """

    threshold: float | None = 1.0
    persistence: int = 2
    discovery: float = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """Pixels that were above the threshold at any epoch.

    ``y``, ``x`` 0-based, ``cluster`` of touching pixels, ``classes`` (see `science.hot_classes.CLASSES`), ``changed`` 0-based epoch of the
    last change of state or -1, ``before`` that at which the pixel was measured last before it or -1, ``z`` of the change, each shape (m,);
    ``rate``, ``err`` (m, n) in the series' unit, NaN where not measured; ``hot`` (m, n); ``centre`` (m,) False where neighbours explained
    the pixel at the last epoch at which it was hot. ``varying``: pixels of all that are measured whose rate is not constant at the
    false-discovery rate, flat indices; ``p_limit`` of the Benjamini-Hochberg procedure for changes; ``scale``: what errors were multiplied
    with, as quiet pixels scatter that much more than their errors say; ``tested`` pixels.
    """

    params: Params
    series: Series
    y: Indices
    x: Indices
    cluster: Indices
    classes: NDArray[np.int8]
    changed: Indices
    before: Indices
    z: Array
    rate: Image
    err: Image
    hot: NDArray[np.bool_]
    centre: NDArray[np.bool_]
    varying: Indices
    p_limit: float
    scale: float
    tested: int
    notes: tuple[str, ...]

    def chosen(self, name: str) -> Indices:
        """Places in the lists of the pixels of a class by its name, such as 'newly hot'."""
        return np.flatnonzero(self.classes == hot_classes.CLASSES.index(name))

    def at_break(self) -> NDArray[np.bool_]:
        """Pixels whose state changed with the definition, shape (m,), no births or deaths: a break is between the change and the epoch at
        which they were measured before."""
        part = self.series.part
        if part is None:
            return np.zeros(self.changed.size, np.bool_)
        return np.asarray((self.changed > 0) & (part[np.maximum(self.changed, 0)] != part[np.maximum(self.before, 0)]))

    def newly_hot(self) -> Indices:
        """Places in the lists of pixels that became hot and stayed so, without those that only a change of definition made hot."""
        return np.flatnonzero((self.classes == hot_classes.NEW) & ~self.at_break())

    def recovered(self) -> Indices:
        """Places in the lists of pixels that recovered for good, without those that a change of definition took away."""
        return np.flatnonzero((self.classes == hot_classes.RECOVERED) & ~self.at_break())

    def numbers(self) -> dict[str, int]:
        """Pixels by class; 'newly hot' and 'recovered' without those that changed with the definition, which come last."""
        found = {name: int(np.count_nonzero(self.classes == at)) for at, name in enumerate(hot_classes.CLASSES) if at}
        found |= {"newly hot": int(self.newly_hot().size), "recovered": int(self.recovered().size)}
        apart = self.at_break() & np.isin(self.classes, (hot_classes.NEW, hot_classes.RECOVERED))
        return found | ({"changed at the break": int(np.count_nonzero(apart))} if self.series.breaks else {})


def run(series: Series, params: Params, progress: Progress = no_progress) -> Result:
    """Follow every pixel that was ever hot, and test all pixels for being constant.

    Two passes over the files, one file in memory at a time beside three images of sums. Raises `BadInput` for a threshold that was not
    counted, a persistence or a rate that cannot be.
    """
    trend = series.trend(params.threshold)
    _check(series, params)
    if any(flat.size != count for flat, count in zip(trend.positions, trend.counts, strict=True)):
        level = "that are flagged" if params.threshold is None else f"above {params.threshold:g}"
        raise BadInput(f"{series.label}: {trend.counts.max():,} pixels {level} are too many to follow one by one")
    union = hot_clusters.union_of(trend.positions)
    y, x = np.divmod(union, series.shape[1])
    scale, varying, tested, notes = _constant(series, params, progress)
    rate, err, measured = _gather(series, y, x, scale, progress)
    hot = hot_clusters.presence(union, trend.positions)
    changed = hot_classes.change_epoch(hot, measured)
    z, significant, limit = _significant(series, params, rate, err, changed, tested)
    progress(1.0, "done")
    return Result(
        params=params,
        series=series,
        y=y,
        x=x,
        cluster=hot_clusters.touching(union, series.shape[1]),
        classes=hot_classes.classify(hot, measured, params.persistence, significant),
        changed=changed,
        before=hot_classes.measured_before(changed, measured),
        z=z,
        rate=rate,
        err=err,
        hot=hot,
        centre=_centres(hot, hot_clusters.presence(union, trend.centre_positions)),
        varying=varying,
        p_limit=limit,
        scale=scale,
        tested=tested,
        notes=tuple(notes),
    )


def _centres(hot: NDArray[np.bool_], centre: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each pixel was a centre at the last epoch at which it was hot."""
    last = hot.shape[1] - 1 - np.argmax(hot[:, ::-1], axis=1)
    return np.asarray(centre[np.arange(hot.shape[0]), last])


def _check(series: Series, params: Params) -> None:
    if not 1 <= params.persistence <= 100:
        raise BadInput(f"a change lasts at least one epoch, not {params.persistence}")
    if not 0 < params.discovery < 1:
        raise BadInput(f"a false-discovery rate is between 0 and 1, not {params.discovery:g}")
    if len(series.files) < 2:
        raise BadInput(f"{series.label}: one file has no history")


def _significant(
    series: Series, params: Params, rate: Image, err: Image, changed: Indices, tested: int
) -> tuple[Array, NDArray[np.bool_], float]:
    """z of each pixel's change, whether it is significant, and the limiting p-value.

    The epoch of a change was looked for among n - 1, and the pixel among all that were tested: p is multiplied by n - 1, and
    Benjamini-Hochberg counts every tested pixel. Without errors (masks) every change is taken as it stands.
    """
    if series.is_mask:
        return np.full(changed.size, np.nan), np.ones(changed.size, np.bool_), 1.0
    z = hot_classes.jump_significance(rate.astype(np.float64), err.astype(np.float64), changed)
    p = np.minimum(hot_classes.two_sided(z) * max(len(series.files) - 1, 1), 1.0)
    limit = hot_classes.benjamini_hochberg(p, params.discovery, tested)
    return z, np.isfinite(p) & (p <= limit), limit


def maps_of(series: Series) -> Iterator[tuple[DarkFile, DarkMaps]]:
    """Maps of every file in the series' unit, with errors: where a file has none, the scatter of its quiet pixels."""
    for dark in series.files:
        maps = read_maps(dark, series.unit, series.gain)
        yield dark, maps


def _with_errors(maps: DarkMaps) -> Image:
    if maps.err is not None:
        return maps.err
    return np.full(maps.rate.shape, np.float32(sigma_of(maps.rate[maps.valid])), np.float32)


def _constant(series: Series, params: Params, progress: Progress) -> tuple[float, Indices, int, list[str]]:
    """Scale of the errors, pixels that vary, pixels tested and notes: chi^2 of every pixel about its own weighted mean.

    The level of each file (its median) is taken off: a zero level that moved is no change of a pixel.
    """
    if series.is_mask:
        return 1.0, np.empty(0, np.int64), int(series.measured.min()), []
    weight, first, second = (np.zeros(series.shape, np.float32) for _ in range(3))
    count = np.zeros(series.shape, np.int16)
    previous: tuple[Image, Image] | None = None
    widths = []
    notes = []
    for number, (dark, maps) in enumerate(maps_of(series)):
        progress(0.6 * number / len(series.files), f"testing {dark.name}")
        if maps.err is None:
            notes.append(f"{dark.name} has no errors: the scatter of its quiet pixels is used")
        err = _with_errors(maps)
        level = np.float32(np.median(maps.rate[maps.valid])) if maps.valid.any() else np.float32(0)
        good = maps.valid & (err > 0) & np.isfinite(err)
        value = np.where(good, maps.rate - level, np.float32(np.nan))
        if previous is not None:
            widths.append(hot_classes.error_scale((value - previous[0])[::3] / np.hypot(err, previous[1])[::3]))
        previous = (value, err)
        w = np.where(good, 1.0 / np.where(good, err, 1.0) ** 2, 0.0).astype(np.float32)
        value = np.where(good, value, np.float32(0))
        _add(weight, first, second, w, value)
        count += good
    scale = max(1.0, float(np.median(widths)))
    p = hot_classes.constancy(second / np.float32(scale**2), count - 1)
    limit = hot_classes.benjamini_hochberg(p, params.discovery)
    varying = np.flatnonzero((p <= limit).reshape(-1))
    if scale > 1.05:
        notes.append(f"quiet pixels scatter {scale:.2f} times more than the errors say: errors are multiplied by that")
    return scale, varying, int(np.count_nonzero(count >= 2)), notes


def _add(weight: Image, mean: Image, square: Image, w: Image, value: Image) -> None:
    """West's update (1979, Comm. ACM 22, 532) of weighted mean and sum of squares, which keeps its digits in float32."""
    total = weight + w
    step = value - mean
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(total > 0, w / total, np.float32(0))
    square += weight * share * step**2
    mean += share * step
    weight[:] = total


def _gather(series: Series, y: Indices, x: Indices, scale: float, progress: Progress) -> tuple[Image, Image, NDArray[np.bool_]]:
    """Rates, scaled errors and whether they are measured, of some pixels at every epoch, shapes (m, n)."""
    shape = (y.size, len(series.files))
    rate, err, measured = np.empty(shape, np.float32), np.empty(shape, np.float32), np.empty(shape, np.bool_)
    for number, (dark, maps) in enumerate(maps_of(series)):
        progress(0.6 + 0.4 * number / len(series.files), f"following pixels in {dark.name}")
        measured[:, number] = maps.valid[y, x]
        rate[:, number] = np.where(measured[:, number], maps.rate[y, x], np.float32(np.nan))
        err[:, number] = np.float32(np.nan) if series.is_mask else _with_errors(maps)[y, x] * np.float32(scale)
    return rate, err, measured


@dataclass(frozen=True, slots=True, eq=False)
class PixelHistory:
    """One pixel: ``days`` since 1970, ``rate`` and ``err`` (NaN without) in ``unit``, shapes (n,)."""

    x: int
    y: int
    days: Array
    rate: Image
    err: Image
    unit: str


def pixel(series: Series, x: int, y: int, progress: Progress = no_progress) -> PixelHistory:
    """Rate of any pixel against date, read from the files. Raises `BadInput` for one outside the image."""
    ny, nx = series.shape
    if not (0 <= x < nx and 0 <= y < ny):
        raise BadInput(f"pixel {x}, {y} is outside the {nx} x {ny} pixels of {series.label}")
    found = []
    for number, dark in enumerate(series.files):
        progress(number / len(series.files), f"reading {dark.name}")
        found.append(read_pixels(dark, np.array([y]), np.array([x]), series.unit, series.gain))
    rate, err = (np.concatenate([each[k] for each in found]) for k in (0, 1))
    return PixelHistory(x, y, series.days, rate, err, series.unit)
