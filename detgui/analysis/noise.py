"""Diagnose the noise of an image or a ramp of a near-infrared detector, in the order in which it was read.

1/f noise, alternating columns, lines of excessive noise, telegraph pixels, noise of the differences of groups, snowballs and showers; each
with a number, its error, arrays for a picture and a sentence on what to try (NIRSpec known issues).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.noise_advice import diagnoses
from detgui.analysis.noise_events import find_clusters, find_telegraphs
from detgui.analysis.noise_frames import Frames, frames, near_infrared
from detgui.analysis.noise_stages import Stages
from detgui.analysis.noise_types import Diagnosis, OneOverF, Params, Result, Telegraph
from detgui.analysis.origin import origin
from detgui.data.exposure import Exposure
from detgui.progress import Progress, no_progress
from detgui.science.noise_columns import Columns, columns
from detgui.science.noise_lines import OutputLevels, Rms, Split, Tick, detrended, output_levels, rms_of, split
from detgui.science.noise_pooled import SHARED_READS, Repeats, pooled
from detgui.science.noise_ramp import RampNoise, RampSums, finish, lags_for
from detgui.science.noise_rows import RowSums, noisy_samples, rows
from detgui.science.noise_shared import Shared, pooled_parts, shared
from detgui.science.noise_spectrum import PowerSum, time_series
from detgui.science.read_order import clock, edge_lines, irs2_neighbours

__all__ = ["Diagnosis", "OneOverF", "Params", "Result", "Telegraph", "near_infrared", "run"]

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]


def run(exposure: Exposure, params: Params | None = None, exclude: Mask | None = None, progress: Progress = no_progress) -> Result:
    """Diagnose an exposure.

    Parameters
    ----------
    exclude : (ny, nx), True for pixels to leave out, such as regions drawn around sources

    Raises
    ------
    BadInput
        for what is no image or ramp of a near-infrared JWST detector; whatever ``progress`` raises.
    """
    params = params or Params()
    stages = Stages(progress)
    stages(0.0, f"reading {exposure.name}")
    exposure.check()
    found = frames(exposure, params, exclude, stages.tick)
    images = _Images(found, params, stages.tick)
    ramp = None
    if found.ramp:
        ramp = _ramp_noise(found, images, stages)
    else:
        images.each(stages)
    one = images.one_over_f()
    level = _columns(found, params, stages.tick) if found.ramp else images.columns()
    row = rows(images.rows, found.order, params.false_alarms)
    stages(0.8, "looking for clusters of jumps")
    clusters, cluster_notes = find_clusters(found, params, images.noise(), stages)
    stages(0.9, "looking for telegraph pixels")
    telegraph, telegraph_notes = find_telegraphs(found, clusters, stages) if params.telegraph else (None, ())
    stages(1.0, "done")
    result = Result(
        exposure=exposure.name,
        params=params,
        unit=exposure.unit,
        what=_what(found),
        images=images.count,
        order=found.order,
        masked=np.ascontiguousarray(found.order.lines(images.masked)),
        one_over_f=one,
        columns=level,
        columns_unit=exposure.unit,
        rows=row,
        reference_samples=_reference_samples(found, params),
        suspects=_suspects(found, row.noisy),
        ramp=ramp,
        clusters=clusters,
        telegraph=telegraph,
        notes=(*found.notes, *cluster_notes, *telegraph_notes),
        provenance=origin(exposure, params, "noise"),
    )
    return _with_diagnoses(result, exposure)


def _with_diagnoses(result: Result, exposure: Exposure) -> Result:
    return replace(result, diagnoses=diagnoses(result, exposure))


def _what(found: Frames) -> str:
    if found.ramp:
        return "differences of neighbouring groups"
    return "integrations" if len(found.numbers) > 1 else "the image"


@dataclass(slots=True)
class _One:
    rms: Rms
    detrended: Rms
    level: NDArray[np.float64]
    err: NDArray[np.float64]
    shared: Shared


class _Images:
    """Takes images apart one after the other and keeps what the diagnoses need."""

    def __init__(self, found: Frames, params: Params, tick: Tick) -> None:
        self._found, self._params, self._tick = found, params, tick
        self.rows = RowSums.empty(found.order.shape[1])
        self._each: list[_One] = []
        self._first: Split | None = None
        self._levels: OutputLevels | None = None
        self._sources: Mask | None = None
        self._known = False
        self._repeats = Repeats(2 if found.ramp else 1)
        self._power = [PowerSum() for _ in found.order.names]
        self._clock = clock(found.order, found.exposure.timing.tframe if found.exposure.timing.known else np.nan)

    @property
    def count(self) -> int:
        """Images taken apart."""
        return len(self._each)

    @property
    def masked(self) -> Mask:
        """Pixels left out of the first image, (slow, fast)."""
        return self._found.usable & ~self._split.good

    @property
    def _split(self) -> Split:
        assert self._first is not None
        return self._first

    def scene(self, mean: Image) -> None:
        """Find sources once, in a mean of the images that follow."""
        if self._params.mask_sources:
            self._sources = split(mean, self._found.usable & np.isfinite(mean), self._found.order, tick=self._tick).sources
            self._known = True

    def add(self, image: Image, spoilt: Mask | None = None, err: Image | None = None) -> None:
        """Take an image apart; ``spoilt`` pixels are left out of it."""
        found = self._found
        usable = found.usable & np.isfinite(image)
        if spoilt is not None:
            usable &= ~spoilt
        look = self._params.mask_sources and not (self._known and found.flagged)
        parts = split(image, usable, found.order, self._sources, look, self._tick)
        self._tick()
        self._first = self._first or parts
        levels = output_levels(parts, found.order, self._tick)
        self._levels = self._levels or levels
        self.rows.add(parts, err)
        self._repeats.add(parts)
        order = self._params.detrend
        whole, about = rms_of(parts.level, parts.level_var), rms_of(parts.level, parts.level_var, order)
        self._each.append(_One(whole, about, parts.level, np.sqrt(parts.level_var), shared(levels)))
        if self._params.spectra:
            for number, power in enumerate(self._power):
                self._tick()
                power.add(time_series(parts, found.order, number, self._clock, len(self._each)))

    def each(self, progress: Progress) -> None:
        """Take the integrations of an image or cube apart."""
        found = self._found
        for number, integration in enumerate(found.numbers):
            progress(0.8 * number / len(found.numbers), f"image {number + 1} of {len(found.numbers)}")
            err = found.image(integration, plane="ERR") if "ERR" in found.exposure.planes else None
            self.add(found.image(integration), err=err)

    def columns(self) -> Columns:
        """Alternating columns of the first image."""
        return columns(self._split, self._found.order)

    def noise(self) -> NDArray[np.float64]:
        """Standard deviation of the pixels at every place along the fast axis."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.sqrt(self.rows.squares / self.rows.count)

    def one_over_f(self) -> OneOverF:
        """All images together."""
        assert self._levels is not None
        spectra = {}
        for name, power in zip(self._found.order.names, self._power, strict=True):
            self._tick()
            if (spectrum := power.spectrum()) is not None:
                spectra[name] = spectrum
        levels, errors = np.array([each.level for each in self._each]), np.array([each.err for each in self._each])
        flat = np.array([detrended(each.level, self._params.detrend) for each in self._each])
        more = self._repeats.part, SHARED_READS if self._found.ramp else 1.0
        rms, factor = pooled([each.rms for each in self._each], levels, errors**2, *more)
        return OneOverF(
            rms,
            pooled([each.detrended for each in self._each], flat, errors**2, *more)[0],
            pooled_parts([each.shared for each in self._each], factor),
            levels,
            errors,
            self._levels,
            spectra,
        )


def _ramp_noise(found: Frames, images: _Images, progress: Stages) -> RampNoise | None:
    """Noise of the differences; each is read once and taken apart on the way."""
    n = len(found.groups)
    total = len(found.numbers) * n
    between = n == 1
    mean = _mean_of_integrations(found, progress.tick) if between else found.mean_difference(found.numbers[0])
    images.scene(mean)
    sources = images._sources if images._sources is not None else np.zeros(found.order.shape, np.bool_)
    usable = found.usable & ~sources
    sums = RampSums(found.order, usable, min(1, lags_for(len(found.numbers))) if between else lags_for(n))
    part = sums.integration(mean, len(found.numbers)) if between else None
    done = 0
    for integration in found.numbers:
        if not between:
            part = sums.integration(mean if integration == found.numbers[0] else found.mean_difference(integration), n)
        assert part is not None
        for group, difference, spoilt in found.differences(integration):
            progress(0.8 * done / total, f"integration {integration}, group {group}")
            part.add(difference, spoilt, progress.tick)
            images.add(difference, spoilt)
            done += 1
        if not between:
            part.end(progress.tick)
    if between and part is not None:
        part.end(progress.tick)
    return finish(sums)


def _mean_of_integrations(found: Frames, tick: Tick) -> Image:
    total = np.zeros(found.order.shape, np.float64)
    for integration in found.numbers:
        tick()
        total += found.mean_difference(integration)
    return (total / len(found.numbers)).astype(np.float32)


def _columns(found: Frames, params: Params, tick: Tick) -> Columns:
    """Alternating columns of one group of a ramp: differences of groups do not show a zero level that stays."""
    group = min(max(1, params.group), found.exposure.shape[1])
    image = found.image(found.numbers[0], group)
    usable = found.usable & np.isfinite(image)
    return columns(split(image, usable, found.order, look=params.mask_sources, tick=tick), found.order)


def _reference_samples(found: Frames, params: Params) -> NDArray[np.intp]:
    if not found.order.irs2:
        return np.empty(0, np.intp)
    samples = np.flatnonzero(found.order.output < 0)
    group = found.groups[-1] if found.ramp else None
    lines = found.image(found.numbers[0], group)
    if found.ramp:
        lines = lines - found.image(found.numbers[0], found.groups[0] - 1)
    # The reference output is 640 samples of its own kind; interleaved ones are compared with each other.
    own = samples[found.order.reference[:, samples].all(axis=0)]
    first = own < 640 if found.order.fast_forward else own >= found.order.shape[1] - 640
    inside = ~edge_lines(found.order)
    return np.concatenate([noisy_samples(lines[inside], part, params.false_alarms) for part in (own[first], own[~first])])


def _suspects(found: Frames, noisy: NDArray[np.intp]) -> dict[int, tuple[tuple[int, int], ...]]:
    if not found.order.irs2_read:
        return {}
    return {int(row): irs2_neighbours(int(found.order.column[row])) for row in noisy if found.order.column[row] > 0}
