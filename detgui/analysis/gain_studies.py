"""How the gain depends on the size of the boxes and on the limit of the signal (JWST-STScI-004622, sections 5.2 and 5.3)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.analysis import gain_map, gain_maps
from detgui.analysis.gain_table import GAIN, Row, sector_rows
from detgui.analysis.gain_types import Estimate, Params, Result
from detgui.data.exposure import Exposure
from detgui.data.tables import Columns, write_table
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.gain_error import FEWEST, classic
from detgui.science.gain_pairs import mean_of_pairs

Array = NDArray[np.float64]

SIZES = (128, 256, 512)
LIMITS = (5000.0, 10000.0, 15000.0)
"""The report's, pixels and DN on the single frame."""

BLOCK, STRIDE = 32, 4
ROOM = 1.1
"""Groups are read until every part of the image is this many times over the limit."""


@dataclass(frozen=True, slots=True)
class Step:
    """The whole map at one ``value`` of what is varied (box size in pixels, limit in DN).

    ``gain`` mean over pixels and its error, e-/DN. ``std`` standard deviation of the difference of two maps (table 2), ``single`` that
    over sqrt 2: the uncertainty of one map's box, with its error; ``mean`` of the mean map's; ``percent`` of the gain ``single`` is;
    ``formal`` what the boxes' own errors say ``single`` is. ``offset``, ``offset_err``, ``offset_std``: per cent above the first step,
    the error of that, and its standard deviation over pixels (table 3; box by box only where the boxes are the same, else NaN).
    """

    value: float
    gain: float
    gain_err: float
    std: float
    single: float
    single_err: float
    mean: float
    percent: float
    formal: float
    n_boxes: int
    offset: float
    offset_err: float
    offset_std: float


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """What ``varied`` ('box', 'limit') does: ``values``, the gain maps, ``steps`` of the whole map, and ``rows`` by sector and region.

    ``rows`` are those of `gain_table.sector_rows` with the value under the name ``varied`` and ``single``, the uncertainty of one box of
    one map in that sector and region from differences of maps, with its error (NaN for fewer than two boxes).
    """

    varied: str
    values: tuple[float, ...]
    results: tuple[Result, ...]
    steps: tuple[Step, ...]
    rows: tuple[Row, ...]
    pairs_used: tuple[int, ...]
    notes: tuple[str, ...]


def box_study(
    flats: Sequence[Exposure],
    params: Params,
    sizes: Sequence[int] = SIZES,
    base: Result | None = None,
    progress: Progress = no_progress,
    workers: int | None = None,
) -> Study:
    """Gain maps with boxes of several ``sizes``, all of the same pairs; ``base`` is a map of these flats that is there already.

    Only groups up to the limit are read. Raises `BadInput` for fewer than two sizes and for what `gain_map.check` finds.
    """
    wanted = check_sizes(flats, params, sizes)
    limit = params.limit if params.limit is not None else gain_map.default_limit(flats[0].geometry.detector)
    last = last_group(flats, limit, params)
    params = replace(params, last_group=last, pairs=params.pairs if base is None else base.pairs_used)
    results: list[Result] = []
    for number, size in enumerate(wanted):
        if base is not None and base.params.box == size and base.limit == limit:
            results.append(base)
            continue

        def share(fraction: float, message: str, number: int = number, size: float = size) -> None:
            progress((number + fraction) / len(wanted), f"boxes of {size:g}: {message}")

        found = gain_map.run(flats, replace(params, box=int(size)), progress=share, workers=workers)
        params = replace(params, pairs=found.pairs_used)
        results.append(found)
    progress(1.0, "done")
    return _study("box", wanted, results)


def limit_study(
    flats: Sequence[Exposure],
    params: Params,
    limits: Sequence[float] = LIMITS,
    base: Result | None = None,
    progress: Progress = no_progress,
    workers: int | None = None,
) -> Study:
    """Gain maps with several ``limits``, DN on the single frame, from moments that were read once.

    No file is read where ``base``, a map of these flats with the same boxes, has the groups up to the largest limit. Raises `BadInput`
    for fewer than two limits, one that leaves fewer than three groups, and for what `gain_map.check` finds.
    """
    wanted = check_limits(flats, params, limits)
    if base is None or not reaches(base, wanted[-1], flats[0].shape[1]):
        last = last_group(flats, wanted[-1], params)
        base = gain_map.run(flats, replace(params, limit=wanted[-1], last_group=last), progress=progress, workers=workers)
    results = [at_limit(base, limit) for limit in wanted]
    progress(1.0, "done")
    return _study("limit", wanted, results)


def check_sizes(flats: Sequence[Exposure], params: Params, sizes: Sequence[int]) -> list[float]:
    """The sizes in order. Raises `BadInput`, before long work, for what no study can be made of."""
    wanted = _checked(sizes, "sizes of boxes")
    for size in wanted:
        gain_map.check(flats, replace(params, box=int(size)))
    return wanted


def check_limits(flats: Sequence[Exposure], params: Params, limits: Sequence[float]) -> list[float]:
    """The limits in order. Raises `BadInput`, before long work, for what no study can be made of."""
    wanted = _checked(limits, "limits")
    gain_map.check(flats, replace(params, limit=wanted[0]))
    return wanted


def _checked(values: Sequence[float], what: str) -> list[float]:
    found = sorted({float(value) for value in values})
    if len(found) < 2 or not all(0 < value < float("inf") for value in found):
        raise BadInput(f"a study needs at least two {what} above 0, not {', '.join(f'{value:g}' for value in values) or 'none'}")
    return found


def reaches(base: Result, limit: float, ngroups: int) -> bool:
    """Whether the moments of a map hold all groups that are within ``limit``."""
    return all(pair.mean.shape[0] >= ngroups or bool(np.nanmin(pair.mean[-1]) > 2.0 * limit) for pair in base.reads)


def last_group(flats: Sequence[Exposure], limit: float, params: Params) -> int:
    """First group (1-based) in which the whole image is over the limit, in the first and the last of the flats; else the last there is."""
    ngroups = flats[0].shape[1] if params.last_group is None else min(params.last_group, flats[0].shape[1])
    found = FEWEST
    for flat in (flats[0], flats[-1]):
        low, high = FEWEST, ngroups
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if _lowest(flat, middle) > ROOM * limit else (middle + 1, high)
        found = max(found, low)
    return min(found, ngroups)


def _lowest(flat: Exposure, group: int) -> float:
    """Least of the medians of blocks of the image, DN."""
    image = np.asarray(flat.read_image("SCI", int(flat.integrations[0]), group), np.float64)[::STRIDE, ::STRIDE]
    side = min(BLOCK // STRIDE, *image.shape)
    ny, nx = (length // side for length in image.shape)
    blocks = image[: ny * side, : nx * side].reshape(ny, side, nx, side).swapaxes(1, 2).reshape(ny * nx, -1)
    return float(np.median(blocks, axis=1).min())


def at_limit(base: Result, limit: float) -> Result:
    """The map from the same moments and pairs with another limit (at most what was read); the noise of reads is that of ``base``.

    Raises `BadInput` where no box has three groups within the limit.
    """
    pool = base.boxes.sector * 2 + base.boxes.kind
    lines = [classic(reads, limit, pool, found.noise) for reads, found in zip(base.reads, base.measured, strict=True)]
    gains = np.stack([each.gain for each in lines]) * base.ipc.factor
    errors = np.stack([each.gain_err for each in lines]) * base.ipc.factor
    if not np.isfinite(gains).any():
        raise BadInput(f"{base.flats[0]}: no box has {FEWEST} groups with a signal up to {limit:g} DN")
    rows = [number - 1 for number in base.pairs_used]
    gain, error = mean_of_pairs(gains[rows], errors[rows])
    params = replace(base.params, limit=limit)
    estimators = {"classic": Estimate(gain, error)}
    return replace(
        base, params=params, limit=limit, gain=gain, gain_err=error, pair_gain=gains, pair_gain_err=errors, estimators=estimators
    )


def _study(varied: str, values: Sequence[float], results: Sequence[Result]) -> Study:
    steps = tuple(_step(value, each, results[0]) for value, each in zip(values, results, strict=True))
    rows = tuple(row for value, each in zip(values, results, strict=True) for row in _rows(varied, value, each))
    notes = tuple(dict.fromkeys(note for each in results for note in each.notes))
    return Study(varied, tuple(values), tuple(results), steps, rows, results[0].pairs_used, notes)


def _step(value: float, result: Result, first: Result) -> Step:
    found = gain_maps.uncertainty(result)
    pixels = result.boxes.pixels.astype(np.float64)
    gain, _, boxes = gain_maps.spread(result.gain, pixels)
    error = gain_maps.error_of_mean(result.gain_err, pixels)
    rows = [number - 1 for number in result.pairs_used]
    squares = np.nanmean(result.pair_gain_err[rows] ** 2, axis=0)
    formal = float(np.sqrt(gain_maps.spread(squares, pixels)[0]))
    offset, offset_err, offset_std = _offset(result, first, pixels)
    return Step(
        value, gain, error, found.single * math.sqrt(2.0), found.single, found.single_err, found.mean, found.percent, formal, boxes,
        offset, offset_err, offset_std,
    )  # fmt: skip


def _offset(result: Result, first: Result, pixels: Array) -> tuple[float, float, float]:
    """Per cent above the first map, its error, and its deviation over pixels.

    Both maps share their data: what a wider limit changes is independent of the more exact map, so that the variance of the difference is
    the difference of the variances (the wider limit's fit is the most exact one that is possible).
    """
    if result is first:
        return 0.0, 0.0, 0.0
    if len(result.boxes) != len(first.boxes) or not np.array_equal(result.boxes.labels, first.boxes.labels):
        means = [gain_maps.spread(each.gain, each.boxes.pixels.astype(np.float64))[0] for each in (result, first)]
        return 100.0 * (means[0] / means[1] - 1.0), np.nan, np.nan
    ratio = result.gain / first.gain
    errors = np.sqrt(np.maximum(first.gain_err**2 - result.gain_err**2, 0.0)) / first.gain
    mean, std, _ = gain_maps.spread(ratio, pixels)
    return 100.0 * (mean - 1.0), 100.0 * gain_maps.error_of_mean(np.where(np.isfinite(ratio), errors, np.nan), pixels), 100.0 * std


def _rows(varied: str, value: float, result: Result) -> list[Row]:
    regions = np.array(result.boxes.regions())
    rows = []
    for row in sector_rows(result):
        chosen = (result.boxes.sector == row["sector"]) & (regions == row["region"])
        found = gain_maps.uncertainty(result, chosen)
        rows.append({varied: value} | row | {"single": found.single, "single_err": found.single_err})
    return rows


_KEPT = ("sector", "amplifier", "region", "gain", "gain_err", "single", "single_err", "n_boxes", "n_pixels")


def columns(study: Study) -> Columns:
    """The rows as columns with units, for a table."""
    units = {"box": "pix", "limit": "DN"} | dict.fromkeys(("gain", "gain_err", "single", "single_err"), GAIN)
    names = (study.varied, *_KEPT)
    return {name: (np.array([row[name] for row in study.rows]), units.get(name, "")) for name in names}


def summary(study: Study) -> dict[str, Any]:
    """The study by name, for JSON."""
    return facts(study) | {"sectors": [{name: row[name] for name in (study.varied, *_KEPT)} for row in study.rows]}


def facts(study: Study) -> dict[str, Any]:
    """The same without the rows, for the head of tables."""
    return {
        "varied": study.varied,
        "pairs_used": list(study.pairs_used),
        "steps": [
            {study.varied: step.value} | {name: getattr(step, name) for name in Step.__slots__ if name != "value"} for step in study.steps
        ],
        "notes": list(study.notes),
    }


def write(study: Study, path: str | Path) -> None:
    """Write the rows as ``.ecsv`` or ``.csv`` with the steps in the metadata. Raises `BadInput` as `write_table`."""
    write_table(Path(path), columns(study), facts(study) | {"provenance": study.results[0].provenance})
