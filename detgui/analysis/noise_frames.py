"""The images that noise is diagnosed in: an image as it is, integrations of a cube, or differences of neighbouring groups of a ramp."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.noise_types import Params
from detgui.data.exposure import Exposure
from detgui.errors import BadInput
from detgui.science.detector import AXES
from detgui.science.dq import DO_NOT_USE, GROUP
from detgui.science.noise_lines import Tick, no_tick
from detgui.science.read_order import ReadOrder, read_order

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

RESAMPLED = ("i2d", "s2d", "s3d")
SPOILT = GROUP["DO_NOT_USE"] | GROUP["SATURATED"] | GROUP["JUMP_DET"]


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """An exposure looked at in its read order; images come as (slow, fast), float32.

    ``numbers`` the integrations used, ``ramp`` whether there are differences of groups, ``usable`` pixels that are no reference pixels,
    not flagged DO_NOT_USE and not excluded; ``flagged`` whether jumps are flagged in the ramp;
    ``every``, ``every_group`` all integrations that were asked for and all groups, for events.
    """

    exposure: Exposure
    order: ReadOrder
    numbers: tuple[int, ...]
    groups: tuple[int, ...]
    ramp: bool
    usable: Mask
    notes: tuple[str, ...]
    flagged: bool = False
    every: tuple[int, ...] = ()
    every_group: tuple[int, ...] = ()

    def image(self, integration: int, group: int | None = None, plane: str = "SCI") -> Image:
        """One image, (slow, fast)."""
        return np.ascontiguousarray(self.order.lines(self.exposure.read_image(plane, integration, group)), np.float32)

    def flags(self, integration: int, group: int) -> NDArray[np.uint32] | None:
        """GROUPDQ of a group, None where there is none."""
        if "GROUPDQ" not in self.exposure.planes:
            return None
        return self.order.lines(self.exposure.read_flags("GROUPDQ", integration, group))

    def differences(self, integration: int, groups: tuple[int, ...] | None = None) -> Iterator[tuple[int, Image, Mask | None]]:
        """(group, difference to the group before, pixels with a jump or saturated) of an integration; groups None: those chosen."""
        before: tuple[int, Image, NDArray[np.uint32] | None] | None = None
        for group in self.groups if groups is None else groups:
            if before is None or before[0] != group - 1:
                before = (group - 1, self.image(integration, group - 1), self.flags(integration, group - 1))
            now, flags = self.image(integration, group), self.flags(integration, group)
            spoilt = None
            if flags is not None and before[2] is not None:
                spoilt = ((flags | (before[2] & ~np.uint32(GROUP["JUMP_DET"]))) & np.uint32(SPOILT)) != 0
            yield group, now - before[1], spoilt
            before = (group, now, flags)

    def mean_difference(self, integration: int) -> Image:
        """Mean difference of neighbouring groups, from the first and the last used."""
        last, first = self.groups[-1], self.groups[0] - 1
        return (self.image(integration, last) - self.image(integration, first)) / np.float32(last - first)


def frames(exposure: Exposure, params: Params, exclude: Mask | None = None, tick: Tick = no_tick) -> Frames:
    """The images of an exposure. Raises `BadInput`, one sentence, for what has no lines of a near-infrared detector."""
    name = exposure.files[0].path.name if exposure.files else exposure.name
    if exposure.kind in RESAMPLED:
        raise BadInput(f"{name}: a {exposure.kind} product is resampled, its lines are not those that the detector was read in")
    irs2 = "IRS2" in (exposure.meta.readpatt or "").upper()
    try:
        order = read_order(exposure.geometry, exposure.meta.detector or "", irs2)
    except BadInput as error:
        raise BadInput(f"{name}: {error}") from None
    if min(order.shape) < 8:
        raise BadInput(f"{name}: noise is diagnosed in images of at least 8 x 8 pixels, not {exposure.shape[3]} x {exposure.shape[2]}")
    numbers, ramp = _integrations(exposure, params, name), _is_ramp(exposure)
    every_group = groups = tuple(range(2, exposure.shape[1] + 1)) if ramp else ()
    if ramp:
        ints = max(1, min(len(numbers), params.most_images // max(1, len(groups))))
        groups = groups[: max(1, params.most_images)]
    else:
        ints = min(len(numbers), max(1, params.most_images))
    chosen = [numbers[int(at)] for at in np.unique(np.linspace(0, len(numbers) - 1, ints).round())]
    notes = []
    if len(chosen) < len(numbers) or (ramp and len(groups) < exposure.shape[1] - 1):
        notes.append(f"{len(chosen)} of {len(numbers)} integrations were used" + (f", groups 1-{groups[-1]}" if ramp else ""))
    if not order.placed:
        notes.append("where the image lies on its detector is not known: odd and even columns are counted from its first, outputs are one")
    if exposure.geometry.known and exposure.geometry.noutputs == 0 and not exposure.geometry.full_frame:
        notes.append("the header does not say through how many outputs the subarray was read: one is assumed")
    tick()
    usable = _usable(exposure, order, exclude, notes)
    found = Frames(exposure, order, tuple(chosen), groups, ramp, usable, tuple(notes), False, tuple(numbers), every_group)
    return replace(found, flagged=_has_jump_flags(found, tick))


def _has_jump_flags(found: Frames, tick: Tick) -> bool:
    if not found.ramp or "GROUPDQ" not in found.exposure.planes:
        return False
    if found.exposure.cal_step("jump") == "COMPLETE":
        return True
    for number in found.numbers:
        for group in found.groups:
            tick()
            flags = found.flags(number, group)
            if flags is not None and np.any(flags & np.uint32(GROUP["JUMP_DET"])):
                return True
    return False


def _is_ramp(exposure: Exposure) -> bool:
    return exposure.is_ramp and exposure.kind in ("uncal", "ramp", "reference", "cube", "image")


def _integrations(exposure: Exposure, params: Params, name: str) -> list[int]:
    if params.integrations is None:
        return [int(each) for each in exposure.integrations]
    first, last = params.integrations
    chosen = [int(each) for each in exposure.integrations if first <= each <= last]
    if not chosen:
        raise BadInput(f"{name}: integrations {first}-{last} are not there, it has {exposure.integrations[0]}-{exposure.integrations[-1]}")
    return chosen


def _usable(exposure: Exposure, order: ReadOrder, exclude: Mask | None, notes: list[str]) -> Mask:
    usable = ~order.reference
    plane = next((each for each in ("DQ", "PIXELDQ") if each in exposure.planes), None)
    if plane is not None:
        flags = order.lines(exposure.read_flags(plane))
        bad = (flags & np.uint32(_do_not_use(exposure))) != 0
        if (usable & ~bad).sum() < 0.02 * usable.sum():
            notes.append(f"nearly every pixel is flagged DO_NOT_USE in {plane}: the flags are not used")
        else:
            usable &= ~bad
    if exclude is not None:
        if exclude.shape != exposure.shape[2:]:
            raise BadInput(f"{exposure.name}: a mask of {exclude.shape[1]} x {exclude.shape[0]} pixels does not fit the image")
        usable &= ~order.lines(exclude)
    if not usable.any():
        raise BadInput(f"{exposure.name}: no pixel is left that is neither excluded nor a reference pixel")
    return np.ascontiguousarray(usable)


def _do_not_use(exposure: Exposure) -> int:
    table = exposure.dq_definitions
    return DO_NOT_USE if table is None else int(table.get("DO_NOT_USE", DO_NOT_USE))


def near_infrared(exposure: Exposure) -> bool:
    """Whether the exposure is of a detector whose read order is known."""
    name = (exposure.meta.detector or exposure.geometry.detector or "").upper()
    return exposure.kind not in RESAMPLED and name in AXES and not name.startswith("MIR")
