"""Conversion gain of a detector in boxes, from pairs of flats by photon transfer (JWST-STScI-004622).

Flats go in consecutive pairs. Per group and box: clipped mean of the sum and clipped variance of the difference; the line of variance
against mean up to a limit has the slope 1 / gain and the intercept 2 R^2. Beside it, differences of reads give the gain by other ways.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.box_clipper import Clipper
from detgui.analysis.gain_frames import Flat, check_flats, flats_of
from detgui.analysis.gain_ipc import check_ipc, ipc_of
from detgui.analysis.gain_origin import gain_provenance
from detgui.analysis.gain_pass import PairMoments, PairPass, drift_groups
from detgui.analysis.gain_types import Estimate, Ipc, Masks, Params, Result
from detgui.data.exposure import Exposure
from detgui.data.stream import workers_for
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.boxes import Boxes, cut
from detgui.science.clip_factor import factors
from detgui.science.gain_error import ADJACENT, FEWEST, LAG_ONE, NOISE_TERMS, Gains, Noise, classic, extrapolated, read_noise
from detgui.science.gain_pairs import choose, map_uncertainty
from detgui.science.photon_transfer import Moments

__all__ = ["Params", "Result", "check", "default_limit", "run"]

Array = NDArray[np.float64]

LIMIT_SHORT, LIMIT_LONG = 5000.0, 7500.0
LONG_WAVE = ("NRCALONG", "NRCBLONG", "NRCA5", "NRCB5")
MOST_NUMBERS = 4_000_000
"""Of boxes times groups: with more, only the groups within the limit are kept."""

METHOD = (
    "generalised least squares with the covariance of the variances of a ramp's groups, 2 C^2 / (n - 1), C_gh = M_min(g, h) / gain + "
    "2 R^2 [g = h] + 2 K^2 (noise of reads and of the reset), raised by what clipping adds; mean over pairs"
)


def default_limit(detector: str) -> float:
    """Largest signal of the fit on the single frame, DN: the report's 5,000, or 7,500 for the long wave detectors."""
    return LIMIT_LONG if detector.upper() in LONG_WAVE else LIMIT_SHORT


def check(flats: Sequence[Exposure], params: Params) -> None:
    """Raise `BadInput`, in one sentence and before long work, for whatever gives no gain map."""
    _prepared(flats, params)


def _prepared(exposures: Sequence[Exposure], params: Params) -> tuple[list[Flat], Boxes, float]:
    flats = flats_of(exposures)
    limit = params.limit if params.limit is not None else default_limit(exposures[0].geometry.detector if exposures else "")
    if not limit > 0:
        raise BadInput(f"a limit of {limit:g} DN leaves no group to fit")
    if params.last_group is not None and params.last_group < FEWEST:
        raise BadInput(f"{params.last_group} groups are too few for a line, it needs at least {FEWEST}")
    factors(params.clip, np.ones(1))
    check_ipc(params)
    check_flats(flats, limit)
    _check_pairs(params.pairs, len(flats) // 2)
    return flats, cut(exposures[0].geometry, params.box, voids_of(exposures[0], params.voids), params.exclude), limit


def _check_pairs(wanted: str | tuple[int, ...], count: int) -> None:
    if isinstance(wanted, str) and wanted not in ("auto", "all"):
        raise BadInput(f"pairs are 'auto', 'all' or numbers, not {wanted!r}")
    if not isinstance(wanted, str):
        choose(np.ones((count, 1)), wanted)


def voids_of(exposure: Exposure, voids: Masks | Path) -> Masks:
    """Masks of the epoxy voids; of a region file those of the kind 'void', or all where none is. Raises `BadInput`."""
    if not isinstance(voids, Path):
        return voids
    from detgui.data.region_files import read_masks

    found = read_masks(voids, exposure.shape[2:], exposure.geometry, kind="void")
    named = [mask for _, kind, mask in found if kind == "void"]
    if not named:
        raise BadInput(f"{voids.name} has no region of the kind void")
    return tuple(np.asarray(mask, bool) for mask in named)


def run(flats: Sequence[Exposure], params: Params, engine: Executor | None = None, progress: Progress = no_progress) -> Result:
    """Map the gain. Raises `BadInput` for what `check` finds and where no box can be measured.

    ``engine`` is not used yet: two reads of each flat and a few differences are in memory, and threads of this process clip.
    """
    frames, boxes, limit = _prepared(flats, params)
    measured = _passes(frames, boxes, params, limit, progress)
    pool = boxes.sector * 2 + boxes.kind
    noises = [_read_noise(each, pool) for each in measured]
    lines = [classic(each.reads, limit, pool, noise) for each, noise in zip(measured, noises, strict=True)]
    gains = np.stack([each.gain for each in lines])
    if not np.isfinite(gains).any():
        raise BadInput(f"{frames[0].name}: no box has {FEWEST} groups with a signal up to {limit:g} DN")
    pairs_used, figures = choose(gains, params.pairs)
    ipc, notes = ipc_of(flats[0], params, [each.ipc for each in measured])
    chosen = [number - 1 for number in pairs_used]
    gain, error = _mean(gains[chosen] * ipc.factor, np.stack([lines[at].gain_err for at in chosen]) * ipc.factor)
    noise, noise_err = _mean(np.stack([lines[at].noise for at in chosen]), np.stack([lines[at].noise_err for at in chosen]))
    others = _others([measured[at] for at in chosen], [lines[at] for at in chosen], [noises[at] for at in chosen], limit, ipc)
    read_noise = np.sqrt(np.where(noise > 0, noise, np.nan) / 2.0)
    signal = np.array([each for pair in measured for each in pair.signal])
    progress(1.0, "done")
    return Result(
        params=params,
        limit=limit,
        flats=tuple(flat.name for flat in frames),
        boxes=boxes,
        gain=gain,
        gain_err=error,
        read_noise=read_noise,
        read_noise_err=noise_err / (4.0 * read_noise),
        noise=noise,
        pair_gain=gains * ipc.factor,
        pair_gain_err=np.stack([each.gain_err for each in lines]) * ipc.factor,
        reads=tuple(each.reads for each in measured),
        estimators={"classic": Estimate(gain, error)} | others,
        pairs_used=pairs_used,
        pairs=figures,
        flat_signal=signal[:, 0],
        flat_signal_std=signal[:, 1],
        flat_groups=drift_groups(_last_group(frames[0], params)),
        map_err=map_uncertainty(gains * ipc.factor, pairs_used),
        ipc=ipc,
        geometry=flats[0].geometry,
        error_method=METHOD,
        notes=notes + _notes(frames[0].exposure, boxes, pairs_used, len(measured)),
        provenance=gain_provenance(flats, params),
        header=flats[0].header("PRIMARY"),
    )


def _last_group(flat: Flat, params: Params) -> int:
    ngroups = flat.exposure.shape[1]
    return ngroups if params.last_group is None else min(ngroups, params.last_group)


def _passes(frames: list[Flat], boxes: Boxes, params: Params, limit: float, progress: Progress) -> list[PairMoments]:
    last, found, pairs = _last_group(frames[0], params), [], len(frames) // 2
    last = max(FEWEST, min(last, MOST_NUMBERS // max(1, len(boxes))))
    with Clipper(boxes, params.clip, params.clip_correction, workers_for(None)) as clipper:
        for pair in range(pairs):
            one, two = frames[2 * pair], frames[2 * pair + 1]

            def tick(done: int, pair: int = pair) -> None:
                progress((pair + done / last) / pairs, f"pair {pair + 1} of {pairs}, group {done + 1} of {last}")

            found.append(PairPass(one, two, boxes, clipper, limit, params.ipc_measure).run(last, tick))
            for flat in (one, two):
                flat.exposure.check()
    return found


def _mean(values: Array, errors: Array) -> tuple[Array, Array]:
    """Mean over pairs (axis 0) of those that are there, and its error."""
    there = np.isfinite(values) & np.isfinite(errors)
    count = there.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(there, values, 0.0).sum(axis=0) / count
        error = np.sqrt((np.where(there, errors, 0.0) ** 2).sum(axis=0)) / count
    return np.where(count > 0, mean, np.nan), np.where(count > 0, error, np.nan)


def _read_noise(pair: PairMoments, pool: NDArray[np.int64]) -> Noise | None:
    """Noise of reads without that of the reset, None where too few groups are within the limit."""
    adjacent, lag_one = (pair.differences.get(which) for which in (ADJACENT, LAG_ONE))
    return None if adjacent is None or lag_one is None else read_noise(adjacent, lag_one, pool)


def _others(
    measured: Sequence[PairMoments], lines: Sequence[Gains], noises: Sequence[Noise | None], limit: float, ipc: Ipc
) -> dict[str, Estimate]:
    """The estimators from differences of reads that have enough groups."""
    found = {}
    for which in NOISE_TERMS:
        gains, errors = [], []
        for pair, line, noise in zip(measured, lines, noises, strict=True):
            moments, typical = pair.differences.get(which), float(np.nanmedian(line.gain))
            if noise is None or moments is None or moments.mean.shape[0] < FEWEST or not np.isfinite(typical):
                continue
            reads = _first(pair.reads, pair.differences[ADJACENT].mean.shape[0] + 1)
            gain, error = extrapolated(moments, which, reads, typical, noise, limit)
            gains.append(gain)
            errors.append(error)
        if gains:
            found[which] = Estimate(*_mean(np.stack(gains) * ipc.factor, np.stack(errors) * ipc.factor))
    return found


def _first(reads: Moments, groups: int) -> Moments:
    return Moments(reads.mean[:groups], reads.variance[:groups], reads.pixels[:groups], reads.factor[:groups], reads.excess[:groups])


def _notes(exposure: Exposure, boxes: Boxes, pairs_used: tuple[int, ...], pairs: int) -> tuple[str, ...]:
    notes = []
    if exposure.cal_step("linearity") != "COMPLETE":
        notes.append("not corrected for non-linearity: the gain reads high where the signal is large")
    if pairs == 2:
        notes.append("two pairs cannot say which of them is off: both are used unless numbers are given")
    if len(pairs_used) < pairs:
        out = ", ".join(str(number) for number in range(1, pairs + 1) if number not in pairs_used)
        notes.append(f"left out: pair {out}")
    if boxes.small.any():
        notes.append(f"{int(boxes.small.sum())} boxes have less than half of the nominal {boxes.nominal} pixels")
    return tuple(notes)
