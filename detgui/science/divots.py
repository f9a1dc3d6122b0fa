"""Spectra along a trace: box extraction, the profile across it, and what a pixel without a value takes from the spectrum.

Images have the axes (across, along): rows across the dispersion, columns along it. Known issue NS-G03: pixels flagged DO_NOT_USE are left
out of the sum of an extraction aperture, which leaves a divot as deep as the part of the profile that they had.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.science.robust import nan_median, sigma_of

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

WINDOW = 41
"""Columns whose median makes the profile of one; odd."""

NEIGHBOURS = 3
"""Columns on each side that a divot is measured against."""

MEDIAN_LOSS = 1.2533
"""Error of a median over that of a mean."""

WINGS = 0.05
"""Part of the profile's peak from which on it counts for centre and width; of a Gaussian's standard deviation that takes 5 %."""

LEAST_PART = 0.01
"""Part of the profile that a column has to miss to be listed."""


@dataclass(frozen=True, slots=True, eq=False)
class Traced:
    """A spectrum and what it was made of.

    Attributes
    ----------
    weight : (across,) part of each row inside the aperture, 0 to 1
    flux, err : (along,) sum of the good pixels in the aperture; NaN where there is none
    full : (along,) the sum that it would be with the missing pixels, by the profile
    lost : (along,) part of the profile in the aperture that bad pixels have
    profile : (across, along) local profile, sum 1 over all rows
    centre, width : (along,) centre and standard deviation of the profile, rows
    """

    weight: Floats
    flux: Floats
    err: Floats
    full: Floats
    lost: Floats
    profile: Floats
    centre: Floats
    width: Floats


@dataclass(frozen=True, slots=True)
class Divot:
    """A column that misses part of its profile: ``column``; ``rows`` of the pixels; ``lost`` part of the flux by the profile, ``lost_err``
    from the scatter of that part in the columns that the profile is from; ``depth`` that the spectrum shows against its neighbours, and
    ``depth_err``; ``distance`` from the profile's centre of the pixel that costs most, rows; ``near`` where that is within a standard
    deviation of the profile."""

    column: int
    rows: tuple[int, ...]
    lost: float
    lost_err: float
    depth: float
    depth_err: float
    distance: float
    near: bool


def aperture_weights(rows: int, start: float, stop: float) -> Floats:
    """Part of each row between the inclusive limits ``start`` and ``stop`` (0-based pixel numbers, fractions allowed), as extract_1d."""
    row = np.arange(rows, dtype=np.float64)
    return np.asarray(np.clip(np.minimum(row + 0.5, stop + 0.5) - np.maximum(row - 0.5, start - 0.5), 0.0, 1.0), np.float64)


def trace(image: Floats, err: Floats | None, bad: Mask, start: float, stop: float) -> Traced:
    """Extract a box from an image (across, along); ``bad`` pixels have no value."""
    good = ~bad & np.isfinite(image)
    weight = aperture_weights(image.shape[0], start, stop)
    values = np.where(good, image, 0.0)
    some = (good & (weight[:, None] > 0)).any(axis=0)
    flux = np.where(some, weight @ values, np.nan)
    if err is None:
        error = np.full(flux.shape, np.nan)
    else:
        squares = np.where(good & np.isfinite(err), err, 0.0) ** 2
        error = np.where(some, np.sqrt(weight**2 @ squares), np.nan)
    profile = local_profile(np.where(good, image, np.nan))
    inside = weight @ profile
    lost = (weight[:, None] * profile * ~good).sum(axis=0) / np.where(inside > 0, inside, np.nan)
    lost = np.clip(np.nan_to_num(lost), 0.0, 1.0)
    full = np.where(lost < 0.9, flux / np.where(lost < 0.9, 1 - lost, 1.0), np.nan)
    centre, width = _moments(profile)
    return Traced(weight, flux, error, full, lost, profile, centre, width)


def _moments(profile: Floats) -> tuple[Floats, Floats]:
    """Centre and standard deviation of profiles (across, along), rows, of what is above `WINGS` of their peak: noise far out tells more."""
    core = np.where(profile > WINGS * profile.max(axis=0), profile, 0.0)
    core /= np.maximum(core.sum(axis=0), 1e-300)
    row = np.arange(profile.shape[0], dtype=np.float64)
    centre = row @ core
    variance = (((row[:, None] - centre) ** 2) * core).sum(axis=0)
    return centre, np.sqrt(np.maximum(variance, 0.25))


def local_profile(image: Floats) -> Floats:
    """Profile across the dispersion about every column, not negative, sum 1; from medians of `WINDOW` columns scaled to their own sum."""
    along = image.shape[1]
    window = min(WINDOW, along)
    level = np.nansum(np.where(image > 0, image, 0.0), axis=0)
    usual = nan_median(np.where(level > 0, level, np.nan)[None, :], axis=1)[0]
    scaled = image / np.where(level > 0.02 * usual, level, np.nan)[None, :] if np.isfinite(usual) else image * np.nan
    steps = max(1, window // 4)
    centres = np.arange(0, along, steps)
    nodes = np.empty((image.shape[0], centres.size))
    for number, at in enumerate(centres):
        low = int(np.clip(at - window // 2, 0, along - window))
        nodes[:, number] = nan_median(scaled[:, low : low + window], axis=1)
    nodes = np.nan_to_num(np.maximum(nodes - np.nanmin(np.where(np.isfinite(nodes), nodes, np.inf), axis=0), 0.0), posinf=0.0)
    total = nodes.sum(axis=0)
    nodes = np.where(total > 0, nodes / np.where(total > 0, total, 1.0), 1.0 / image.shape[0])
    profile = np.stack([np.interp(np.arange(along), centres, row) for row in nodes])
    return np.asarray(profile / profile.sum(axis=0), np.float64)


def divots(image: Floats, bad: Mask, found: Traced, least: float = LEAST_PART) -> list[Divot]:
    """Columns that miss at least ``least`` of their profile, deepest first."""
    missing = (bad | ~np.isfinite(image)) & (found.weight[:, None] > 0)
    listed = []
    for column in np.flatnonzero(found.lost >= least):
        rows = np.flatnonzero(missing[:, column])
        if not rows.size or rows.size == int((found.weight > 0).sum()):
            continue
        share = found.weight[rows] * found.profile[rows, column]
        worst = rows[int(np.argmax(share))]
        distance = float(worst - found.centre[column])
        depth, error = _depth(found, int(column))
        near = abs(distance) <= float(found.width[column])
        lost, lost_err = float(found.lost[column]), _lost_err(image, missing, found, int(column), rows)
        listed.append(Divot(int(column), tuple(int(row) for row in rows), lost, lost_err, depth, error, distance, near))
    return sorted(listed, key=lambda each: -each.lost)


def _lost_err(image: Floats, missing: Mask, found: Traced, column: int, rows: NDArray[np.intp]) -> float:
    """Error of the part of the profile in some rows, from the columns around that have all their pixels; NaN with under 3.

    The error of their median, and by how much that differs from the profile, which has no negative rows.
    """
    low = int(np.clip(column - WINDOW // 2, 0, max(0, image.shape[1] - WINDOW)))
    near = np.arange(low, min(low + WINDOW, image.shape[1]))
    near = near[~missing[:, near].any(axis=0)]
    if near.size < 3:
        return np.nan
    inside = np.where(found.weight[:, None] > 0, image[:, near], 0.0)
    total, part = found.weight @ inside, found.weight[rows] @ inside[rows]
    usual = float(np.median(total))
    if not usual > 0:
        return np.nan
    # Ratio to the usual sum, not each column's own: where a column has no light its own ratio is wild.
    rest = (part - found.lost[column] * total) / usual
    return float(np.hypot(MEDIAN_LOSS * sigma_of(rest) / np.sqrt(near.size), np.median(rest)))


def _depth(found: Traced, column: int) -> tuple[float, float]:
    """Part by which a column is below its neighbours (those that miss little), and its error from their scatter."""
    places = [at for at in range(column - 2 * NEIGHBOURS, column + 2 * NEIGHBOURS + 1) if 0 <= at < found.flux.size and at != column]
    places = sorted((at for at in places if found.lost[at] < LEAST_PART and np.isfinite(found.flux[at])), key=lambda at: abs(at - column))
    places = places[: 2 * NEIGHBOURS]
    if len(places) < 3 or not np.isfinite(found.flux[column]):
        return np.nan, np.nan
    x, y = np.array(places, np.float64) - column, found.flux[places]
    level, slope = np.linalg.lstsq(np.stack([np.ones_like(x), x], axis=1), y, rcond=None)[0]
    if not level > 0:
        return np.nan, np.nan
    scatter = float(np.sqrt(((y - level - slope * x) ** 2).sum() / max(1, len(places) - 2)))
    return float(1 - found.flux[column] / level), scatter * np.sqrt(1 + 1 / len(places)) / float(level)
