"""Flats as a list of integrations in the order of the files, and their reads with what must not be used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.data.exposure import Exposure
from detgui.errors import BadInput
from detgui.progress import Progress, no_progress
from detgui.science.dq import PIXEL

GROUP_BAD = PIXEL["DO_NOT_USE"] | PIXEL["SATURATED"] | PIXEL["JUMP_DET"]
PIXEL_NAMES = ("DO_NOT_USE", "SATURATED", "NON_SCIENCE", "DEAD", "HOT", "LOW_QE", "RC", "TELEGRAPH", "NO_LIN_CORR")
PIXEL_BAD = sum(PIXEL[name] for name in PIXEL_NAMES)
BAND = 64
DARK = 100.0
"""DN between the first and the last group below which a flat is dark."""

FEWEST_GROUPS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Flat:
    """One integration of a flat field."""

    exposure: Exposure
    integration: int

    @property
    def name(self) -> str:
        """What messages call it."""
        path = self.exposure.files[self.exposure.segment(self.integration)].path.name if self.exposure.files else self.exposure.name
        return path if self.exposure.shape[0] == 1 else f"{path} integration {self.integration}"

    def read(self, group: int) -> NDArray[np.float32]:
        """Signal of a group (1-based), DN, shape (ny, nx)."""
        return np.asarray(self.exposure.read_image("SCI", self.integration, group), np.float32)

    def pixel_bad(self) -> NDArray[np.uint8]:
        """1 where PIXELDQ says that a pixel is of no use, shape (ny, nx)."""
        if "PIXELDQ" not in self.exposure.planes:
            return np.zeros(self.exposure.shape[2:], np.uint8)
        flags = self.exposure.read_flags("PIXELDQ", self.integration)
        return np.asarray((flags & np.uint32(PIXEL_BAD)) != 0, np.uint8)

    def add_group_bad(self, group: int, bad: NDArray[np.uint8]) -> None:
        """Mark in ``bad`` what GROUPDQ says of a group: bad from that group on."""
        if "GROUPDQ" in self.exposure.planes:
            flags = self.exposure.read_image("GROUPDQ", self.integration, group)
            np.bitwise_or(bad, (flags & flags.dtype.type(GROUP_BAD)) != 0, out=bad, casting="unsafe")


def flats_of(exposures: Sequence[Exposure]) -> list[Flat]:
    """All integrations, in order."""
    return [Flat(exposure, int(number)) for exposure in exposures for number in exposure.integrations]


def check_flats(flats: Sequence[Flat], limit: float, progress: Progress = no_progress, raw: bool = False) -> None:
    """Raise `BadInput`, in one sentence that names the file, for flats that no gain can come from; ``progress`` before each is read.

    ``raw``: flats that are going to be calibrated may be raw; their signal counts from the first group.
    """
    if len(flats) < 2:
        raise BadInput("the gain needs flats in pairs: " + (f"{flats[0].name} alone is none" if flats else "none was given"))
    if len(flats) % 2:
        raise BadInput(f"flats go in pairs (1-2, 3-4, ...): there are {len(flats)}, and {flats[-1].name} has no partner")
    first = flats[0].exposure
    for flat in flats:
        _check_kind(flat, raw)
        _check_same(first, flat)
    for flat in flats:
        progress(0.0, f"looking at {flat.name}")
        _check_signal(flat, limit)


def _check_kind(flat: Flat, raw: bool) -> None:
    exposure = flat.exposure
    if not exposure.is_ramp or exposure.kind not in ("ramp", "uncal", "cube"):  # a cube: ground data, whose only axis is that of groups
        raise BadInput(f"{flat.name}: the gain needs ramps of flats, this is a {exposure.kind} product")
    if exposure.kind == "uncal" and not raw:
        raise BadInput(f"{flat.name} is raw: superbias, reference pixels and non-linearity have to be corrected first (--calibrate)")
    if exposure.shape[1] < FEWEST_GROUPS:
        raise BadInput(f"{flat.name} has {exposure.shape[1]} groups, the line of variance against mean needs at least {FEWEST_GROUPS}")
    if exposure.geometry.interleaved:
        raise BadInput(f"{flat.name} is a raw IRS2 frame, with reference samples between the pixels: use the ramp of the jwst pipeline")


def _check_same(first: Exposure, flat: Flat) -> None:
    other, name = flat.exposure, flat.name
    if first.files and other.files and first.files[0].path.name == other.files[0].path.name and first is not other:
        name = f"{other.files[0].path.parent.name}/{name}"  # of the same name in another folder
    if other.shape[1:] != first.shape[1:]:
        one, two = (" x ".join(map(str, each.shape[1:])) for each in (first, other))
        raise BadInput(f"{name} has {two} (groups, rows, columns), {first.name} has {one}")
    for what in ("detector", "readpatt", "filter", "pupil"):
        expected, found = (getattr(each.meta, what) for each in (first, other))
        if expected != found:
            raise BadInput(f"{name} differs from {first.name}: {what.upper()} is {found}, not {expected}")
    place, here = ((each.geometry.xstart, each.geometry.ystart) for each in (first, other))
    if place != here:
        raise BadInput(f"{name} is of another subarray than {first.name}: it begins at {here}, not at {place}")
    if first.cal_step("ipc") != other.cal_step("ipc"):
        raise BadInput(f"{name} differs from {first.name}: only one of them is corrected for IPC")


def _check_signal(flat: Flat, limit: float) -> None:
    """Looks at a band of rows in the middle of the image."""
    exposure = flat.exposure
    ngroups, ny = exposure.shape[1:3]
    rows = (max(0, (ny - BAND) // 2), min(ny, (ny + BAND) // 2) - 1)
    levels = []
    for group in (1, 2, 3, ngroups):
        block = exposure.read_block("SCI", (flat.integration,) * 2, (group,) * 2, rows)
        levels.append(float(np.nanmedian(block.astype(np.float64))) if np.isfinite(block).any() else np.nan)
    raw = exposure.kind == "uncal"
    if raw:  # whose zero level is not known
        levels = [each - levels[0] for each in levels]
    if not np.isfinite(levels).all():
        raise BadInput(f"{flat.name} has no finite values in the middle of the image")
    if levels[3] - levels[0] < DARK:
        saturated = "saturated from its first group on"
        why = f"dark or {saturated}" if raw else saturated if levels[0] > limit else "dark"
        raise BadInput(f"{flat.name} is no flat: it gains {round(levels[3] - levels[0])} DN from its first to its last group, it is {why}")
    share = _saturated(flat, rows)
    if share > 0.5:
        raise BadInput(f"{flat.name} is saturated: in its third group {100 * share:.0f} % of the pixels in the middle are flagged so")
    if levels[2] > limit:
        raise BadInput(f"{flat.name} has {levels[2]:.0f} DN in its third group: a limit of {limit:g} DN leaves fewer than three groups")


def _saturated(flat: Flat, rows: tuple[int, int]) -> float:
    """Part of the pixels of a band of rows that GROUPDQ calls saturated in the third group."""
    if "GROUPDQ" not in flat.exposure.planes:
        return 0.0
    flags = flat.exposure.read_block("GROUPDQ", (flat.integration,) * 2, (FEWEST_GROUPS,) * 2, rows)
    return float(np.mean((flags & flags.dtype.type(PIXEL["SATURATED"])) != 0))
