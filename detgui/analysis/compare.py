"""Compare two exposures of one shape: what a step, or another choice of its settings, made better and what it made worse."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detgui.analysis import noise
from detgui.analysis.compare_changes import Change, changes
from detgui.analysis.compare_flags import FlagChange, flag_changes
from detgui.analysis.origin import origin
from detgui.data.exposure import Exposure
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress

__all__ = ["Change", "Difference", "FlagChange", "Params", "Result", "run"]


@dataclass(frozen=True, slots=True)
class Params:
    """``noise`` what to diagnose in both; ``integration`` and ``group`` of the images whose difference is shown, 1-based (None: the first
    integration, and of ramps the last group less the first)."""

    noise: noise.Params = field(default_factory=noise.Params)
    integration: int | None = None
    group: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """After less before: ``image`` (ny, nx) float32; mean, median, standard deviation and extremes of its finite pixels; ``changed`` how
    many are not zero; ``lost`` and ``gained`` pixels that are finite only before, or only after."""

    image: NDArray[np.float32]
    mean: float
    median: float
    std: float
    least: float
    most: float
    changed: int
    lost: int
    gained: int


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """Two exposures compared.

    Attributes
    ----------
    names : before, after
    difference : of one image
    before, after : noise of each, with power spectra; None where the read order is not known
    flags : by plane and name, those that changed
    changes : numbers before and after, with errors
    better, worse : sentences about changes that are more than their errors
    """

    names: tuple[str, str]
    unit: str
    difference: Difference
    before: noise.Result | None
    after: noise.Result | None
    flags: tuple[FlagChange, ...]
    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()
    provenance: dict[str, object] = field(default_factory=dict)

    @property
    def better(self) -> tuple[str, ...]:
        """Sentences about what got better."""
        return tuple(each.words for each in self.changes if each.better is True)

    @property
    def worse(self) -> tuple[str, ...]:
        """Sentences about what got worse."""
        return tuple(each.words for each in self.changes if each.better is False)


def run(before: Exposure, after: Exposure, params: Params | None = None, progress: Progress = no_progress) -> Result:
    """Compare ``after`` with ``before``. Raises `BadInput` where sizes or units differ or one is a ramp and the other is not."""
    params = params or Params()
    check(before, after)
    progress(0.0, "difference")
    first, second = _images(before, after, params)
    difference = _difference(first, second)
    notes: list[str] = []
    one = two = None
    try:
        one = noise.run(before, params.noise, None, _share(progress, 0.05, 0.4, "before"))
        two = noise.run(after, params.noise, one.masked, _share(progress, 0.45, 0.4, "after"))
    except BadInput as error:
        notes.append(f"the noise was not compared: {error}")
        one = two = None
    flags = flag_changes(before, after, _share(progress, 0.85, 0.15, "flags"))
    progress(1.0, "done")
    return Result(
        (before.name, after.name),
        before.unit,
        difference,
        one,
        two,
        flags,
        changes(one, two, difference.image, first, flags, _steps_between(before, after)),
        tuple(notes),
        origin(after, params, "compare", before),
    )


def _steps_between(before: Exposure, after: Exposure) -> tuple[str, ...]:
    """Steps of the pipeline that are COMPLETE in the second alone."""
    had, has = before.cal_steps, after.cal_steps
    return tuple(step for step, status in has.items() if status == "COMPLETE" != had.get(step))


def check(before: Exposure, after: Exposure) -> None:
    """Raise `BadInput`, one sentence, for exposures that cannot be compared."""
    if before.shape[2:] != after.shape[2:]:
        sizes = " and ".join(f"{each.shape[3]} x {each.shape[2]}" for each in (before, after))
        raise BadInput(f"{before.name} and {after.name} have images of {sizes} pixels and cannot be compared")
    if before.is_ramp != after.is_ramp or before.shape[1] != after.shape[1]:
        groups = " and ".join(str(each.shape[1]) for each in (before, after))
        raise BadInput(f"{before.name} and {after.name} have {groups} groups: compare ramps with ramps and images with images")
    if before.unit and after.unit and before.unit != after.unit:
        raise BadInput(f"{before.name} is in {before.unit} and {after.name} in {after.unit}: their values cannot be compared")


def _images(before: Exposure, after: Exposure, params: Params) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """One image of each."""
    pair = []
    for each in (before, after):
        if params.group is not None or not each.is_ramp:
            pair.append(each.read_image("SCI", params.integration, params.group).astype(np.float32))
        else:
            last, first = (each.read_image("SCI", params.integration, group).astype(np.float32) for group in (each.shape[1], 1))
            pair.append(last - first)
    return pair[0], pair[1]


def _difference(first: NDArray[np.float32], second: NDArray[np.float32]) -> Difference:
    image = second - first
    was, now = np.isfinite(first), np.isfinite(second)
    values = image[was & now].astype(np.float64)
    lost, gained = int((was & ~now).sum()), int((now & ~was).sum())
    if not values.size:
        return Difference(image, np.nan, np.nan, np.nan, np.nan, np.nan, 0, lost, gained)
    mean, median, std = float(values.mean()), float(np.median(values)), float(values.std())
    return Difference(image, mean, median, std, float(values.min()), float(values.max()), int(np.count_nonzero(values)), lost, gained)


def _share(progress: Progress, start: float, part: float, what: str) -> Progress:
    return lambda fraction, message: progress(start + part * fraction, f"{what}: {message}")
