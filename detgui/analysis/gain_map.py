"""Conversion gain of a detector in boxes, from pairs of flats by photon transfer (JWST-STScI-004622).

Flats go in consecutive pairs. Per group and box: clipped mean of the sum and clipped variance of the difference; the line of variance
against mean up to a limit has the slope 1 / gain and the intercept 2 R^2. Beside it, differences of reads give the gain by other ways.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

import numpy as np

from detgui.analysis.box_clipper import Clipper
from detgui.analysis.gain_frames import Flat, check_flats, flats_of
from detgui.analysis.gain_ipc import check_ipc, ipc_of, measured_ipc
from detgui.analysis.gain_judge import JUDGED_BOX, judged, reads_of_pair
from detgui.analysis.gain_notes import notes_of
from detgui.analysis.gain_origin import gain_provenance
from detgui.analysis.gain_pass import PairMoments, PairPass, drift_groups
from detgui.analysis.gain_regions import masks_of
from detgui.analysis.gain_types import Estimate, Ipc, Masks, Params, Result
from detgui.analysis.gain_warm import prepare
from detgui.data.exposure import Exposure
from detgui.data.stream import workers_for
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.boxes import Boxes, cut
from detgui.science.clip_factor import factors
from detgui.science.gain_differences import PairGains, measure_pair
from detgui.science.gain_error import ADJACENT, FEWEST
from detgui.science.gain_pairs import PairFigures, choose, mean_of_pairs
from detgui.science.gain_sectors import sector_figures
from detgui.science.photon_transfer import Moments

__all__ = ["Params", "Result", "check", "default_limit", "run"]

LIMIT_SHORT, LIMIT_LONG = 5000.0, 7500.0
LONG_WAVE = ("NRCALONG", "NRCBLONG", "NRCA5", "NRCB5")
MOST_NUMBERS = 4_000_000
"""Of boxes times groups: with more, only the groups within the limit are kept."""

METHOD = (
    "generalised least squares with the covariance of the variances of a ramp's groups, 2 C^2 / (n - 1), C_gh = M_min(g, h) / gain + "
    "2 R^2 [g = h] + 2 K^2 (noise of reads and of the reset), raised by what clipping adds; 1 / slope less its second-order bias; "
    "mean over pairs"
)

TO_JUDGE = 0.8
"""Fraction of the work after which pairs are judged."""


def default_limit(detector: str) -> float:
    """Largest signal of the fit on the single frame, DN: the report's 5,000, or 7,500 for the long wave detectors."""
    return LIMIT_LONG if detector.upper() in LONG_WAVE else LIMIT_SHORT


def check(flats: Sequence[Exposure], params: Params, raw: bool = False) -> None:
    """Raise `BadInput`, in one sentence and before long work, for whatever gives no gain map; ``raw`` flats are going to be calibrated."""
    _prepared(flats, params, raw=raw)


def _prepared(
    exposures: Sequence[Exposure], params: Params, progress: Progress = no_progress, raw: bool = False
) -> tuple[list[Flat], Boxes, float]:
    flats = flats_of(exposures)
    detector = exposures[0].geometry.detector if exposures else ""
    limit = params.limit if params.limit is not None else default_limit(detector)
    if not limit > 0:
        raise BadInput(f"a limit of {limit:g} DN leaves no group to fit")
    if params.last_group is not None and params.last_group < FEWEST:
        raise BadInput(f"{params.last_group} groups are too few for a line, it needs at least {FEWEST}")
    factors(params.clip, np.ones(1))
    check_ipc(params, detector)
    check_flats(flats, limit, progress, raw)
    _check_pairs(params.pairs, len(flats) // 2)
    progress(0.0, "cutting boxes")
    return flats, _boxes(exposures[0], params, params.box), limit


def _boxes(exposure: Exposure, params: Params, size: int) -> Boxes:
    voids, exclude = voids_of(exposure, params.voids), masks_of(exposure, params.exclude, "exclude")
    name = f"{params.voids.name}: the void" if isinstance(params.voids, Path) else "the void"
    return cut(exposure.geometry, size, voids, exclude, name)


def _check_pairs(wanted: str | tuple[int, ...], count: int) -> None:
    if isinstance(wanted, str) and wanted not in ("auto", "all"):
        raise BadInput(f"pairs are 'auto', 'all' or numbers, not {wanted!r}")
    if not isinstance(wanted, str):
        choose(np.ones((count, 1)), wanted)


def voids_of(exposure: Exposure, voids: Masks | Path) -> Masks:
    """Masks of the epoxy voids; of a region file those of the kind 'void', or all where it gives no kind. Raises `BadInput`."""
    return masks_of(exposure, voids, "void")


def run(
    flats: Sequence[Exposure],
    params: Params,
    engine: Executor | None = None,
    progress: Progress = no_progress,
    workers: int | None = None,
) -> Result:
    """Map the gain with ``workers`` threads (None: the processors, at most 8). Raises `BadInput` for what `check` finds and where no box
    can be measured.

    ``engine`` is not used: two reads of each flat and a few differences are in memory, and going through them takes about as long as
    reading them.
    """
    frames, boxes, limit = _prepared(flats, params, progress)
    prepare(boxes.pixels, lambda _, message: progress(0.0, message))
    pool = boxes.sector * 2 + boxes.kind
    passes = _passes(frames, boxes, params, limit, progress, workers)
    measured = [measure_pair(each.reads, each.differences, limit, pool) for each in passes]
    gains = np.stack([each.line.gain for each in measured])
    if not np.isfinite(gains).any():
        raise BadInput(f"{frames[0].name}: no box has {FEWEST} groups with a signal up to {limit:g} DN")
    pairs_used, figures = _judged(frames, passes, boxes, params, limit, progress, workers)
    chosen = [number - 1 for number in pairs_used]
    last = [each.differences[ADJACENT].mean.shape[0] + 1 if ADJACENT in each.differences else 1 for each in passes]
    ipc, notes = ipc_of(flats[0], params, [measured_ipc(passes[at].ipc, passes[at].reads, last[at]) for at in chosen])
    used = [measured[at] for at in chosen]
    errors = np.stack([each.line.gain_err for each in measured])
    gain, error = mean_of_pairs(gains[chosen] * ipc.factor, errors[chosen] * ipc.factor)
    noise, noise_err = mean_of_pairs(np.stack([each.line.noise for each in used]), np.stack([each.line.noise_err for each in used]))
    read_noise = np.sqrt(np.where(noise > 0, noise, np.nan) / 2.0)
    sectors = sector_figures(used, boxes.sector, boxes.kind, boxes.pixels.astype(np.float64), ipc.factor)
    signal = np.array([each for pair in passes for each in pair.signal])
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
        noise_err=noise_err,
        pair_gain=gains * ipc.factor,
        pair_gain_err=errors * ipc.factor,
        reads=tuple(each.reads for each in passes),
        measured=tuple(measured),
        sectors=sectors,
        estimators={"classic": Estimate(gain, error)} | _others(used, ipc),
        pairs_used=pairs_used,
        pairs=figures,
        flat_signal=signal[:, 0],
        flat_signal_std=signal[:, 1],
        flat_groups=drift_groups(_last_group(frames[0], params)),
        ipc=ipc,
        geometry=flats[0].geometry,
        error_method=METHOD,
        notes=notes + notes_of(frames[0].exposure, params, boxes, measured, figures, sectors),
        provenance=gain_provenance(flats, params),
        header=flats[0].header("PRIMARY"),
    )


def _last_group(flat: Flat, params: Params) -> int:
    ngroups = flat.exposure.shape[1]
    return ngroups if params.last_group is None else min(ngroups, params.last_group)


def _passes(frames: list[Flat], boxes: Boxes, params: Params, limit: float, progress: Progress, workers: int | None) -> list[PairMoments]:
    last, found, pairs = _last_group(frames[0], params), [], len(frames) // 2
    last = max(FEWEST, min(last, MOST_NUMBERS // max(1, len(boxes))))
    with Clipper(boxes, params.clip, params.clip_correction, workers_for(workers)) as clipper:
        for pair in range(pairs):
            one, two = frames[2 * pair], frames[2 * pair + 1]

            def tick(done: int, pair: int = pair) -> None:
                progress(TO_JUDGE * (pair + done / last) / pairs, f"pair {pair + 1} of {pairs}, group {done + 1} of {last}")

            found.append(PairPass(one, two, boxes, clipper, limit, params.ipc_measure).run(last, tick))
            for flat in (one, two):
                flat.exposure.check()
    return found


def _judged(
    frames: list[Flat],
    passes: list[PairMoments],
    boxes: Boxes,
    params: Params,
    limit: float,
    progress: Progress,
    workers: int | None,
) -> tuple[tuple[int, ...], tuple[PairFigures, ...]]:
    """Which pairs to use, and how each compares with the others, in boxes that do not depend on those of the map."""
    pairs = len(passes)
    if params.box == JUDGED_BOX or pairs == 1:
        gains, errors = judged([each.reads for each in passes], boxes, limit)
        return choose(gains, params.pairs, errors)
    progress(TO_JUDGE, "comparing pairs")
    exposure, last = frames[0].exposure, _last_group(frames[0], params)
    wide = _boxes(exposure, params, JUDGED_BOX)
    reads: list[Moments] = []
    with Clipper(wide, params.clip, params.clip_correction, workers_for(workers)) as clipper:
        for pair in range(pairs):

            def tick(done: int, pair: int = pair) -> None:
                part = (pair + done / last) / pairs
                progress(TO_JUDGE + (1.0 - TO_JUDGE) * part, f"comparing pair {pair + 1} of {pairs}, group {done + 1}")

            reads.append(reads_of_pair(frames[2 * pair], frames[2 * pair + 1], clipper, limit, last, tick))
    gains, errors = judged(reads, wide, limit)
    return choose(gains, params.pairs, errors)


def _others(used: Sequence[PairGains], ipc: Ipc) -> dict[str, Estimate]:
    """The estimators from differences of reads that all pairs have."""
    found = {}
    for name in used[0].others:
        several = [each.others[name] for each in used if name in each.others]
        if len(several) == len(used) and any(np.isfinite(each.gain).any() for each in several):
            gains, errors = (np.stack(values) * ipc.factor for values in ([e.gain for e in several], [e.gain_err for e in several]))
            found[name] = Estimate(*mean_of_pairs(gains, errors))
    return found
