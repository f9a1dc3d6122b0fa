"""Measurements of one filter sorted by source, epoch and detector, and the sources that two arrays of one number saw in turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.offset_types import Array, PairSources, Params, Texts
from detgui.data.catalogs import Catalog
from detgui.errors import BadInput
from detgui.science.offset_detectors import name_of
from detgui.science.offset_exposures import Side
from detgui.science.offset_match import by_ident, by_position, shifts
from detgui.science.offset_sky import LongAxis, P, Q, along

Index = NDArray[np.int64]

SNR_MAG = 2.5 / np.log(10)
"""Error in mag of a signal-to-noise ratio of 1."""

APART = 1.0
"""Arcsec: measurements of one identifier that are farther apart are not of one source."""


@dataclass(frozen=True, slots=True, eq=False)
class FilterData:
    """Measurements of one filter, those of several exposures of a detector and epoch joined by their weighted mean; arrays (n,).

    ``source``, ``epoch`` (into ``epochs``) and ``detector`` (into ``detectors``) are indices. ``rows`` is the catalog that was joined,
    ``joined`` which measurement each of its rows belongs to.
    """

    filter: str
    epochs: tuple[str, ...]
    detectors: tuple[str, ...]
    source: Index
    epoch: Index
    detector: Index
    ident: Texts
    ra: Array
    dec: Array
    mag: Array
    err: Array
    x: Array
    y: Array
    rows: Catalog
    joined: Index


def match(catalog: Catalog, params: Params, notes: list[str]) -> Index:
    """Number of the source of every measurement of one filter, shape (n,); ``notes`` gets what should be known about it."""
    if params.match == "id" or (params.match == "auto" and catalog.shared_ids):
        if not (catalog.ident != "").all():
            raise BadInput("the catalogs have no column of identifiers for all sources: match by position")
        found = by_ident(catalog.ident)
        far = far_apart(catalog, found)
        name = catalog.filter[0].upper()
        if params.match == "id":
            if far > 0.1:
                notes.append(f"{name}: {100 * far:.0f} % of the sources of one identifier are more than {APART:g} arcsec apart")
            return found
        if far <= 0.1:
            return found
        notes.append(f"{name}: equal identifiers are at different places, sources are matched by position within {params.radius:g} arcsec")
    _, block = np.unique(
        np.char.add(np.char.add(np.char.add(_sorted_epochs(catalog), "|"), np.char.add(catalog.detector, "|")), catalog.exposure),
        return_inverse=True,
    )
    return by_position(catalog.ra, catalog.dec, block.astype(np.int64), params.radius)


def _sorted_epochs(catalog: Catalog) -> Texts:
    order = {name: f"{at:04d}" for at, name in enumerate(epoch_order(catalog.epoch))}
    return np.array([order[each] for each in catalog.epoch.tolist()])


def epoch_order(names: Texts) -> tuple[str, ...]:
    """Epochs in order of time: by number, else by text (dates of ISO 8601 sort so)."""
    distinct = sorted(set(names.tolist()))
    try:
        return tuple(sorted(distinct, key=float))
    except ValueError:
        return tuple(distinct)


def far_apart(catalog: Catalog, source: Index) -> float:
    """Part of the sources seen at least twice whose places are more than `APART` from the first."""
    order = np.argsort(source, kind="stable")
    sorted_ = source[order]
    start = np.searchsorted(sorted_, sorted_)
    first = order[start]
    east, north = shifts(catalog.ra[order], catalog.dec[order], catalog.ra[first], catalog.dec[first])
    again = first != order
    return float(np.mean(np.hypot(east, north)[again] > APART * 1000)) if again.any() else 0.0


def filter_data(catalog: Catalog, epochs: tuple[str, ...], params: Params, notes: list[str]) -> FilterData:
    """The rows of one filter, matched and joined."""
    source = match(catalog, params, notes)
    detectors = tuple(sorted(set(catalog.detector.tolist())))
    epoch = np.array([epochs.index(each) for each in catalog.epoch.tolist()])
    detector = np.array([detectors.index(each) for each in catalog.detector.tolist()])
    key = (source * len(epochs) + epoch) * len(detectors) + detector
    _, first, joined = np.unique(key, return_index=True, return_inverse=True)
    weight = 1.0 / catalog.err**2
    total = np.bincount(joined, weight)

    def mean(values: Array) -> Array:
        return np.bincount(joined, weight * values) / total

    turn = np.mod(catalog.ra - catalog.ra[first][joined] + 180.0, 360.0) - 180.0  # degrees about the first: right at 0 h too
    return FilterData(
        str(catalog.filter[0]),
        epochs,
        detectors,
        source[first],
        epoch[first],
        detector[first],
        catalog.ident[first],
        np.mod(catalog.ra[first] + mean(turn), 360.0),
        mean(catalog.dec),
        mean(catalog.mag),
        1.0 / np.sqrt(total),
        mean(catalog.x),
        mean(catalog.y),
        catalog,
        joined.astype(np.int64),
    )


def good(data: FilterData, params: Params) -> NDArray[np.bool_]:
    """Measurements of at least the signal-to-noise ratio asked for."""
    return np.asarray(data.err * params.snr_limit <= SNR_MAG, np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class Crossing:
    """Indices into a `FilterData` of what the arrays of one number measured in both epochs, shapes (n,), and the patch of each."""

    first: Index
    later: Index
    patch: Index
    rejected: int

    @property
    def least(self) -> int:
        """Sources of the patch with fewer."""
        return int(min((self.patch == P).sum(), (self.patch == Q).sum()))


def crossing(data: FilterData, number: str, pair: tuple[str, str], params: Params) -> Crossing:
    """Sources that one module's array saw in the earlier epoch and the other's in the later."""
    usable = good(data, params)
    firsts, laters, patch = [], [], []
    for where, before, after in ((P, "B", "A"), (Q, "A", "B")):
        one = _seen(data, name_of(before, number), pair[0], usable)
        two = _seen(data, name_of(after, number), pair[1], usable)
        _, a, b = np.intersect1d(data.source[one], data.source[two], assume_unique=True, return_indices=True)
        firsts.append(one[a])
        laters.append(two[b])
        patch.append(np.full(a.size, where))
    first, later, side = np.concatenate(firsts), np.concatenate(laters), np.concatenate(patch)
    bright = (data.mag[first] + data.mag[later]) / 2 <= params.mag_limit
    return Crossing(first[bright], later[bright], side[bright], int((~bright).sum()))


def _seen(data: FilterData, detector: str, epoch: str, usable: NDArray[np.bool_]) -> Index:
    if detector not in data.detectors:
        return np.zeros(0, np.int64)
    return np.flatnonzero((data.detector == data.detectors.index(detector)) & (data.epoch == data.epochs.index(epoch)) & usable)


def pair_sources(data: FilterData, found: Crossing, axis: LongAxis) -> PairSources:
    """The sources of a crossing with their offsets and places."""
    a, b = found.first, found.later
    east, north = shifts(data.ra[b], data.dec[b], data.ra[a], data.dec[a])
    return PairSources(
        source=data.source[a],
        ident=data.ident[a],
        ra=data.ra[a],
        dec=data.dec[a],
        delta=data.mag[b] - data.mag[a],
        err=np.hypot(data.err[a], data.err[b]),
        d=along(data.ra[a], data.dec[a], axis),
        patch=found.patch,
        mag=(data.mag[a] + data.mag[b]) / 2,
        x=np.stack([data.x[a], data.x[b]]),
        y=np.stack([data.y[a], data.y[b]]),
        east=east,
        north=north,
    )


def exposure_sides(data: FilterData, found: Crossing) -> tuple[Side, Side] | None:
    """The single exposures of a crossing's measurements, for drawing them again; None where they are not known or too few."""
    first, later = exposures_of(data, found.first), exposures_of(data, found.later)
    return (first, later) if first is not None and later is not None else None


def exposures_of(data: FilterData, chosen: Index) -> Side | None:
    """The single exposures of the measurements ``chosen`` (m,), which number the side's sources; None where a detector has one only."""
    place = np.full(data.mag.size, -1)
    place[chosen] = np.arange(chosen.size)
    rows = np.flatnonzero(place[data.joined] >= 0)
    labels = data.rows.exposure[rows]
    if not rows.size or (labels == "").any():
        return None
    measured = data.joined[rows]
    group = data.detector[measured] * len(data.epochs) + data.epoch[measured]
    names, exposure = np.unique(np.char.add(np.char.add(group.astype(str), "|"), labels), return_inverse=True)
    groups = np.unique([each.split("|")[0] for each in names.tolist()], return_inverse=True)[1]
    side = Side(place[measured], exposure.astype(np.int64), data.rows.mag[rows], 1.0 / data.rows.err[rows] ** 2, groups.astype(np.int64))
    return side if side.enough else None
