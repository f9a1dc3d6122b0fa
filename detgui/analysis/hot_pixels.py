"""Hot pixels through time: counts with neighbours and of centres alone, growth, the step of a change of definition.

Source: JWST-STScI-009188, sections 2 and 3, table 1. Here errors are those of counts in which the same pixels appear again and again.
"""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from detgui.analysis.hot_check import HotFlags, hot_flags, in_force, of_same_pixels
from detgui.analysis.hot_files import Batch, batches, read_facts
from detgui.analysis.hot_origin import origin
from detgui.analysis.hot_trends import Counted, count_file, trends
from detgui.analysis.hot_types import Indices, Params, Result, Series, date_of
from detgui.data.dark_maps import read_maps
from detgui.data.dark_words import parse_date
from detgui.data.darks import DarkFile
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.hot_growth import months_between
from detgui.science.hot_spill import Cross, combine

__all__ = ["Params", "Result", "Series", "run"]

DEFAULTS = Params()

Memo = MutableMapping[tuple[object, ...], Counted]
"""Counts of files by all that they depend on."""


def run(paths: Sequence[Path], params: Params = DEFAULTS, progress: Progress = no_progress, memo: Memo | None = None) -> Result:
    """Count and fit. One file is in memory at a time, beside the positions of what is hot.

    ``memo`` keeps the counts of files: with it, another break or date does not read them again. Raises `BadInput` for parameters that
    cannot be, and where no file is left; files left out are in ``refused``.
    """
    darks, refused = read_facts(paths, params, lambda fraction, text: progress(0.02 * fraction, text))
    found, left_out = batches(darks, params)
    refused += left_out
    if not found:
        raise BadInput(_nothing_left(refused))
    flags, left_out = hot_flags([dark for batch in found for dark in batch.files])
    refused += left_out
    total = sum(len(batch.files) for batch in found)
    done, series = 0, []
    for batch in found:
        made, bad = _series(batch, params, flags, _share(progress, done, total), memo if memo is not None else {})
        refused += bad
        series += [made] if made is not None else []
        done += len(batch.files)
    if not series:
        raise BadInput(_nothing_left(refused))
    progress(1.0, "done")
    notes = tuple(f"{each.label}: {note}" for each in series for note in each.notes)
    return Result(params, tuple(series), tuple(refused), notes, origin([file for each in series for file in each.files], params))


def _nothing_left(refused: Sequence[str]) -> str:
    if len(refused) < 2:
        return refused[0] if refused else "no dark is given"
    return f"none of {len(refused)} files can be used; the first: {refused[0]}"


def _share(progress: Progress, done: int, total: int) -> Progress:
    return lambda fraction, text: progress(0.02 + 0.98 * (done + fraction) / total, text)


def _series(batch: Batch, params: Params, flags: Sequence[HotFlags], progress: Progress, memo: Memo) -> tuple[Series | None, list[str]]:
    """Count every file and fit; files that cannot be read are left out."""
    files, counted, refused = _count_files(batch, params, flags, progress, memo)
    if not files:
        return None, refused
    dates = [date_of(dark) for dark in files]
    days = np.array([date.timestamp() / 86400 for date in dates])
    months = months_between(list(days))
    breaks, notes = breaks_between(dates, params)
    part = np.array([sum(date >= each for each in breaks) for date in dates]) if breaks else None
    made, changed, more = trends(counted, files[0].shape[1], dates, months, part, params)
    first = files[0]
    return (
        Series(
            detector=first.detector,
            readout="" if first.is_mask else first.readout,
            subarray=first.subarray,
            unit=batch.unit,
            files=tuple(files),
            days=days,
            months=months,
            breaks=breaks,
            part=part,
            changed=changed,
            hot_dq=np.array([each.hot_dq for each in counted], np.int64),
            dq_checks=tuple(each.dq_check for each in counted),
            mask_checks=tuple(each.mask_check for each in counted),
            measured=np.array([each.measured for each in counted], np.int64),
            crosses=tuple(each.cross for each in counted),
            part_crosses=_part_crosses(counted, part),
            trends=tuple(made),
            gain=batch.gain,
            notes=(*notes, *more, *_measured_notes(files, counted), *_mask_notes(files, counted, flags), *batch.notes),
        ),
        refused,
    )


def _count_files(
    batch: Batch, params: Params, flags: Sequence[HotFlags], progress: Progress, memo: Memo
) -> tuple[list[DarkFile], list[Counted], list[str]]:
    """Files of a batch with their counts, and a sentence for each that cannot be counted."""
    files: list[DarkFile] = []
    found: list[Counted] = []
    refused: list[str] = []
    for number, dark in enumerate(batch.files):
        progress(number, f"counting {dark.name}")
        mask = None if dark.is_mask else in_force(flags, dark)
        counting = (params.thresholds, params.hot_threshold, params.centre, params.sigma)
        key = (dark.record, dark.unit, batch.unit, batch.gain, *counting, mask.mask.record if mask is not None else None)
        try:
            if key not in memo:
                memo[key] = count_file(dark, read_maps(dark, batch.unit, batch.gain), params, mask)
        except BadInput as error:
            refused.append(str(error))
            continue
        if not memo[key].measured:
            refused.append(f"{dark.name} has no pixel with a number in it and is left out")
            continue
        files.append(dark)
        found.append(memo[key])
    return files, found, refused


def breaks_between(dates: Sequence[datetime], params: Params) -> tuple[tuple[datetime, ...], list[str]]:
    """Breaks with files on both sides and between them, in the order of time, and a sentence for every other one."""
    found: list[datetime] = []
    notes = []
    for at in sorted({parse_date(each) for each in params.breaks}):
        before = [date < at for date in dates]
        if all(before) or not any(before):
            notes.append(f"all files are {'before' if all(before) else 'after'} the break at {at:%Y-%m-%d}: no step is fitted")
        elif found and not any(found[-1] <= date < at for date in dates):
            notes.append(f"no file is between the breaks at {found[-1]:%Y-%m-%d} and {at:%Y-%m-%d}: one step is fitted for both")
        else:
            found.append(at)
    return tuple(found), notes


def _part_crosses(counted: Sequence[Counted], part: Indices | None) -> tuple[Cross, ...]:
    """The mean cross of the files of each part."""
    if part is None:
        return (combine([each.cross for each in counted]),)
    numbers = range(int(part[-1]) + 1)
    return tuple(combine([each.cross for each, own in zip(counted, part, strict=True) if own == number]) for number in numbers)


def _measured_notes(files: Sequence[DarkFile], counted: Sequence[Counted]) -> list[str]:
    said = [f"{dark.name}: {note}" for dark, each in zip(files, counted, strict=True) for note in each.notes]
    measured = np.array([each.measured for each in counted])
    if not said and int(np.ptp(measured)) > 1e-3 * measured.max():
        said.append(f"the files do not measure the same pixels: between {measured.min():,} and {measured.max():,} count")
    return said


def _mask_notes(files: Sequence[DarkFile], counted: Sequence[Counted], flags: Sequence[HotFlags]) -> list[str]:
    """What is said of darks that a MASK reference is given for but none is in force."""
    if files[0].is_mask or not any(of_same_pixels(each.mask, files[0]) for each in flags):
        return []
    late = [dark.name for dark, each in zip(files, counted, strict=True) if each.mask_check is None]
    return [f"{name}: no MASK reference that is given is in force on its date, so its pixels are not compared with one" for name in late]
