"""Which of many files make series of hot pixels: one detector, read-out and subarray each, with dates and one unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from detgui.analysis.hot_types import Params
from detgui.data.dark_maps import conversion
from detgui.data.dark_words import DN_S, E_S, parse_date
from detgui.data.darks import FLAG, UNITS, DarkFile, describe
from detgui.data.references import ANY_DETECTOR, read_reference
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Files of one series in the order of time, their common ``unit``, the ``gain`` e-/DN that converts, and notes."""

    files: tuple[DarkFile, ...]
    unit: str
    gain: float | None
    notes: tuple[str, ...]


def read_facts(paths: Sequence[Path], params: Params, progress: Progress = no_progress) -> tuple[list[DarkFile], list[str]]:
    """Facts of every file that can be used, and a sentence for every one that cannot; a file named twice is read once."""
    check_params(params)
    typed = {Path(name).name: parse_date(text) for name, text in params.dates}
    units = {Path(name).name: unit for name, unit in params.units}
    found: list[DarkFile] = []
    refused: list[str] = []
    for number, path in enumerate(dict.fromkeys(Path(each) for each in paths)):
        progress(number / max(len(paths), 1), f"looking at {path.name}")
        try:
            found.append(describe(path, typed.get(path.name), units.get(path.name, params.unit)))
        except BadInput as error:
            refused.append(str(error))
    names = {Path(each).name for each in paths}
    for what, given in (("date", typed), ("unit", units)):
        refused += [f"a {what} is given for {name}, which is not among the files" for name in sorted(given.keys() - names)]
    return found, refused


def check_params(params: Params) -> None:
    """Raise `BadInput` for thresholds, a unit or dates that cannot be."""
    if not params.thresholds or not all(0 < each < np.inf for each in params.thresholds):
        raise BadInput("thresholds are rates above 0, such as 1,3,10,100")
    if len(set(params.thresholds)) != len(params.thresholds):
        raise BadInput("each threshold is given once")
    for unit in (*(each for _, each in params.units), *([params.unit] if params.unit is not None else [])):
        if unit not in UNITS:
            raise BadInput(f"the unit is {' or '.join(UNITS)}, not {unit}")
    if isinstance(params.gain, float | int) and not 0 < params.gain < np.inf:
        raise BadInput(f"the gain is a number of e-/DN above 0, not {params.gain:g}")
    for each in params.breaks:
        try:
            parse_date(each)
        except BadInput as error:
            raise BadInput(f"break: {error}") from None


def batches(darks: Sequence[DarkFile], params: Params) -> tuple[list[Batch], list[str]]:
    """Sort files into series; a sentence for every file that belongs to none."""
    refused: list[str] = []
    dated = [dark for dark in darks if dark.date is not None]
    refused += [f"{dark.name} has no date: no USEAFTER, and none in its name; give one" for dark in darks if dark.date is None]
    full = any(dark.subarray == "FULL" for dark in dated)
    kept = []
    for dark in dated:
        if full and dark.subarray != "FULL":
            refused.append(f"{dark.name} is a subarray ({dark.subarray}) among full frames and is left out")
        else:
            kept.append(dark)
    groups: dict[tuple[str, ...], list[DarkFile]] = {}
    for dark in kept:
        what, readout = (dark.kind, "") if dark.is_mask else ("", dark.readout)
        key = (dark.detector, readout, what, dark.subarray, str(dark.shape))
        groups.setdefault(key, []).append(dark)
    found = []
    for _, members in sorted(groups.items()):
        batch, left_out = _batch(members, params)
        refused += left_out
        if batch is not None:
            found.append(batch)
    return found, refused


def _batch(darks: list[DarkFile], params: Params) -> tuple[Batch | None, list[str]]:
    """One series; files whose unit cannot be converted are left out."""
    ordered = sorted(darks, key=lambda dark: (dark.date or datetime.max.replace(tzinfo=UTC), dark.name))
    notes = [f"{dark.name} does not state its unit: taken as DN/s" for dark in ordered if dark.unit_from == "assumed"]
    notes += [f"{dark.name}: {note}" for dark in ordered for note in dark.notes]
    units = {dark.unit for dark in ordered}
    gain = _gain(params, ordered[0]) if len(units) > 1 or E_S in units else None
    if len(units) == 1 and (gain is None or E_S not in units):
        if E_S in units:
            notes.append("rates are in e-/s, and so are the thresholds; with a gain both would be in DN/s")
        return Batch(tuple(ordered), units.pop(), None, tuple(notes)), []
    unit = _common_unit(ordered, gain)
    kept, refused = [], []
    for dark in ordered:
        try:
            conversion(dark, unit, gain)
            kept.append(dark)
        except BadInput as error:
            refused.append(f"{error}: it is left out")
    converted = [dark for dark in kept if dark.unit not in (unit, FLAG)]
    notes += [f"{dark.name}: converted from {dark.unit} to {unit} with {gain or dark.gain:g} e-/DN" for dark in converted]
    return (Batch(tuple(kept), unit, gain, tuple(notes)) if kept else None), refused


def _common_unit(darks: Sequence[DarkFile], gain: float | None) -> str:
    """DN/s, the report's, where all files can have it; else the unit that most of them can have."""

    def usable(unit: str) -> int:
        return sum(dark.unit == unit or gain is not None or dark.gain is not None for dark in darks)

    return max((DN_S, E_S), key=usable)


def _gain(params: Params, dark: DarkFile) -> float | None:
    """e-/DN of the parameters: a number, or the median of a GAIN reference of the same detector."""
    if not isinstance(params.gain, Path):
        return params.gain
    image = read_reference(params.gain)
    if image.reftype not in ("", "GAIN"):
        raise BadInput(f"{image.name} is a {image.reftype} reference, not GAIN")
    if dark.detector and image.detector not in ANY_DETECTOR and image.detector != dark.detector:
        return None
    values = np.asarray(image.values, np.float64)
    good = values[np.isfinite(values) & (values > 0)]
    if not good.size:
        raise BadInput(f"{image.name} has no gain above 0 in it")
    return float(np.median(good))
