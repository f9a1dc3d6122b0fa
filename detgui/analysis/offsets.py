"""Offsets between NIRCam's modules and between epochs, from catalogs of one field at several epochs (PEARLS JWIDF, Ma et al. 2023)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np

from detgui.analysis.offset_general import solve_filter, undetermined_notes
from detgui.analysis.offset_origin import origin
from detgui.analysis.offset_rows import make_rows
from detgui.analysis.offset_sources import Crossing, FilterData, crossing, epoch_order, exposure_sides, filter_data, good, pair_sources
from detgui.analysis.offset_types import Alignment, PairResult, Params, Result, step_label
from detgui.data.catalogs import Catalog, read_catalogs
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science import offset_fit
from detgui.science.offset_detectors import NUMBERS
from detgui.science.offset_fit import FEWEST
from detgui.science.offset_match import shifts
from detgui.science.offset_sky import LongAxis, long_axis

__all__ = ["Params", "Result", "run", "run_files"]

Pair = tuple[str, str]
Crossings = dict[tuple[str, str, Pair], Crossing]


def run_files(paths: Sequence[str | Path], params: Params | None = None, progress: Progress = no_progress) -> Result:
    """`run` on the catalogs of some files."""
    params = params or Params()
    catalog = read_catalogs(paths, params.columns, lambda part, text: progress(0.2 * part, text))
    return run(catalog, params, lambda part, text: progress(0.2 + 0.8 * part, text))


def run(catalog: Catalog, params: Params | None = None, progress: Progress = no_progress) -> Result:
    """Match, fit every pair of arrays and epochs, and solve for all detectors and epochs of each filter.

    Raises `BadInput` where no pair can be fitted: a single epoch, no overlap, modules that do not swap, too few sources.
    """
    params = params or Params()
    epochs = epoch_order(catalog.epoch)
    if len(epochs) < 2:
        raise BadInput(f"offsets need catalogs of at least two epochs, these are all of epoch {epochs[0]}")
    _check_pair(params, epochs)
    notes = [*catalog.refused, *catalog.notes]
    data = []
    filters = sorted(set(catalog.filter.tolist()))
    for at, name in enumerate(filters):
        progress(0.2 * at / len(filters), f"matching sources in {name.upper()}")
        data.append(filter_data(catalog.take(catalog.filter == name), epochs, params, notes))
    crossings = _crossings(data, epochs, params)
    pair = params.pair_epochs or _first_pair(crossings, data, epochs, params)
    axis, axis_from = _axis(crossings, data, pair, params, catalog, notes)
    pairs, troubles = _fit_all(crossings, data, axis, pair, params, progress)
    general = tuple(
        solve_filter(each, axis, params, _share(progress, 0.6 + 0.4 * at / len(data), 0.4 / len(data))) for at, each in enumerate(data)
    )
    rows = make_rows(pairs, general, pair, params, troubles)
    notes += _limit_notes(crossings, pair, params) + undetermined_notes(general) + _own_notes(pairs)
    progress(1.0, "offsets measured")
    return Result(
        params,
        catalog,
        epochs,
        pair,
        axis,
        axis_from,
        pairs,
        general,
        tuple(each for one in data for each in _alignments(one, params)),
        rows,
        tuple(dict.fromkeys(notes)),
        tuple(troubles),
        origin(catalog, params, pair),
    )


def _share(progress: Progress, start: float, part: float) -> Progress:
    return lambda fraction, message: progress(start + part * fraction, message)


def _check_pair(params: Params, epochs: tuple[str, ...]) -> None:
    for each in params.pair_epochs or ():
        if each not in epochs:
            raise BadInput(f"there is no epoch {each}: the catalogs are of epochs {', '.join(epochs)}")
    if params.pair_epochs and epochs.index(params.pair_epochs[0]) > epochs.index(params.pair_epochs[1]):
        raise BadInput(f"the earlier epoch comes first: {params.pair_epochs[1]},{params.pair_epochs[0]}")


def _pairs_of(epochs: tuple[str, ...]) -> list[Pair]:
    """All pairs, those of successive epochs first."""
    return sorted(combinations(epochs, 2), key=lambda pair: (epochs.index(pair[1]) - epochs.index(pair[0]), epochs.index(pair[0])))


def _crossings(data: Sequence[FilterData], epochs: tuple[str, ...], params: Params) -> Crossings:
    found = {}
    for each in data:
        numbers = {name[4:] for name in each.detectors}
        for number in (one for one in NUMBERS if one in numbers):
            for pair in _pairs_of(epochs):
                found[each.filter, number, pair] = crossing(each, number, pair, params)
    return found


def _first_pair(crossings: Crossings, data: Sequence[FilterData], epochs: tuple[str, ...], params: Params) -> Pair:
    """The first pair of epochs that has enough sources in both patches of some array; else the one with the most."""
    pairs = _pairs_of(epochs)
    for pair in pairs:
        if any(found.least >= FEWEST for (_, _, other), found in crossings.items() if other == pair):
            return pair
    best = max(pairs, key=lambda pair: sum(found.patch.size for (_, _, other), found in crossings.items() if other == pair))
    if not any(found.patch.size for found in crossings.values()):
        _refuse(crossings, data, params)
    return best


def _refuse(crossings: Crossings, data: Sequence[FilterData], params: Params) -> None:
    """Say why there is no pair of epochs at all."""
    faint = sum(found.rejected for found in crossings.values())
    if faint:
        raise BadInput(f"all {faint} sources that both modules saw are fainter than {params.mag_limit:g} mag: give another --mag-limit")
    if not any(np.unique(each.source).size < np.unique(each.source * len(each.epochs) + each.epoch).size for each in data):
        raise BadInput("there is no overlap: no source was seen in two epochs")
    raise BadInput("no source was seen by an array of module A in one epoch and by that of module B in another")


def _axis(
    crossings: Crossings, data: Sequence[FilterData], pair: Pair, params: Params, catalog: Catalog, notes: list[str]
) -> tuple[LongAxis, str]:
    """The long axis of the sources of one pair of epochs."""
    by_filter = {each.filter: each for each in data}
    ra, dec, patch = [], [], []
    for (name, _, other), found in crossings.items():
        if other == pair:
            ra.append(by_filter[name].ra[found.first])
            dec.append(by_filter[name].dec[found.first])
            patch.append(found.patch)
    if not ra or not sum(each.size for each in patch):
        raise BadInput(f"there is no overlap: no source was seen by one module in epoch {pair[0]} and by the other in epoch {pair[1]}")
    angle, source = params.long_axis_pa, "given"
    if angle is None and catalog.angles:
        angles = ", ".join(f"{each:g}" for each in catalog.angles)
        raise BadInput(f"the catalogs' long_axis_pa_deg differ: {angles}; give --long-axis-pa")
    if angle is None and catalog.long_axis_pa is not None:
        angle, source = catalog.long_axis_pa, "meta of the catalogs"
    sides = np.concatenate(patch)
    if angle is None:
        source = "footprint"
        if np.unique(sides).size < 2:
            angle = 0.0  # no offset can come of a single patch: `make_rows` says so
            notes.append("the long axis has no direction: there are sources in one patch only")
    return long_axis(np.concatenate(ra), np.concatenate(dec), sides, angle), source


def _fit_all(
    crossings: Crossings, data: Sequence[FilterData], axis: LongAxis, pair: Pair, params: Params, progress: Progress
) -> tuple[tuple[PairResult, ...], list[str]]:
    by_filter = {each.filter: each for each in data}
    pairs: list[PairResult] = []
    troubles: list[str] = []
    for at, ((name, number, epochs), found) in enumerate(crossings.items()):
        label = step_label(name, number, epochs)
        progress(0.2 + 0.4 * at / len(crossings), f"fitting {label}")
        if epochs != pair and not found.patch.size:
            continue  # epochs of the same orientation have nothing to compare
        try:
            pairs.append(_fit(by_filter[name], number, epochs, found, axis, params))
        except BadInput as error:
            limit = f" ({found.rejected} more are fainter than {params.mag_limit:g} mag)" if found.rejected else ""
            troubles.append(f"{label}: {error}{limit}")
    return tuple(pairs), troubles


def _fit(data: FilterData, number: str, epochs: Pair, found: Crossing, axis: LongAxis, params: Params) -> PairResult:
    sources = pair_sources(data, found, axis)
    slope = params.slope_free(number)
    medians = offset_fit.medians(sources.delta, sources.in_p)
    sides = exposure_sides(data, found)

    def fit(time: bool) -> offset_fit.PairFit:
        return offset_fit.fit(
            sources.delta,
            sources.err,
            sources.d,
            sources.in_p,
            slope=slope,
            time=time,
            exposures=sides,
            replicates=params.replicates,
            seed=params.seed,
        )

    free = fit(True)
    return PairResult(
        data.filter, number, epochs, sources, medians, free if params.free_time else fit(False), free, slope, sides is not None
    )


def _alignments(data: FilterData, params: Params) -> list[Alignment]:
    """Position differences of the sources that were seen in both epochs, by any detectors."""
    usable = np.flatnonzero(good(data, params) & (data.mag <= params.mag_limit))
    found = []
    for pair in _pairs_of(data.epochs):
        one, two = (usable[data.epoch[usable] == data.epochs.index(each)] for each in pair)
        _, a, b = np.intersect1d(data.source[one], data.source[two], return_indices=True)
        if not a.size:
            continue
        moved = shifts(data.ra[two[b]], data.dec[two[b]], data.ra[one[a]], data.dec[one[a]])
        east, north = (float(np.median(each)) for each in moved)
        mads = (float(np.median(np.abs(each - middle))) for each, middle in zip(moved, (east, north), strict=True))
        found.append(Alignment(data.filter, pair, int(a.size), east, next(mads), north, next(mads)))
    return found


def _limit_notes(crossings: Crossings, pair: Pair, params: Params) -> list[str]:
    """How many sources the magnitude limit leaves out."""
    faint = sum(found.rejected for (_, _, other), found in crossings.items() if other == pair)
    used = sum(found.patch.size for (_, _, other), found in crossings.items() if other == pair)
    return [f"{faint} of {faint + used} sources are fainter than {params.mag_limit:g} mag and left out"] if faint else []


def _own_notes(pairs: Sequence[PairResult]) -> list[str]:
    """What a reader of the table should know."""
    notes = []
    for each in pairs:
        if abs(each.time_test) > 3 and each.fit.time_err == 0:
            notes.append(
                f"{each.label}: T = 0 does not hold, it is {each.free.time:+.4f} +- {each.free.time_err:.4f} mag"
                f" ({abs(each.time_test):.1f} sigma) where it is free"
            )
    if any(each.slope_free for each in pairs):
        notes.append("a gradient is only measured as a difference of two epochs: which of them has it, the data do not tell")
    return notes
