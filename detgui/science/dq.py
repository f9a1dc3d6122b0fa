"""Data-quality flags: names, bits and which pixels have them.

Bits of the JWST pixel and group flags (JWST pipeline documentation, "Data Quality Flags"; stdatamodels.jwst.datamodels.dqflags).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.science import kernels

_BY_BIT = (
    "DO_NOT_USE", "SATURATED", "JUMP_DET", "DROPOUT", "OUTLIER", "PERSISTENCE", "AD_FLOOR", "CHARGELOSS",
    "RESERVED", "NON_SCIENCE", "DEAD", "HOT", "WARM", "LOW_QE", "RC", "TELEGRAPH",
    "NONLINEAR", "BAD_REF_PIXEL", "NO_FLAT_FIELD", "NO_GAIN_VALUE", "NO_LIN_CORR", "NO_SAT_CHECK", "UNRELIABLE_BIAS", "UNRELIABLE_DARK",
    "UNRELIABLE_SLOPE", "UNRELIABLE_FLAT", "OPEN", "ADJ_OPEN", "FLUX_ESTIMATED", "MSA_FAILED_OPEN", "OTHER_BAD_PIXEL", "REFERENCE_PIXEL",
)  # fmt: skip

Definitions = Mapping[str, int]
"""Flag name -> value (one bit)."""

PIXEL: Definitions = MappingProxyType({name: 1 << bit for bit, name in enumerate(_BY_BIT)})
"""Flags of DQ and PIXELDQ, lowest bit first. GOOD, which is no bit, is left out."""

_GROUP_NAMES = ("DO_NOT_USE", "SATURATED", "JUMP_DET", "DROPOUT", "PERSISTENCE", "AD_FLOOR", "CHARGELOSS")
GROUP: Definitions = MappingProxyType({name: PIXEL[name] for name in _GROUP_NAMES})
"""Flags of GROUPDQ, lowest bit first."""

DO_NOT_USE = PIXEL["DO_NOT_USE"]
SATURATED = PIXEL["SATURATED"]
JUMP_DET = PIXEL["JUMP_DET"]
REFERENCE_PIXEL = PIXEL["REFERENCE_PIXEL"]


def definitions_of(names: Iterable[str], values: Iterable[int]) -> dict[str, int]:
    """Definitions from the NAME and VALUE columns of a reference file's DQ_DEF table; values that are not one bit are left out."""
    pairs = ((str(name).strip(), int(value)) for name, value in zip(names, values, strict=True))
    return {name: value for name, value in pairs if name and value > 0 and value & (value - 1) == 0}


def definition_rows(flags: Iterable[str]) -> list[tuple[int, int, str, str]]:
    """BIT, VALUE, NAME and DESCRIPTION of a reference file's DQ_DEF table for flags of `PIXEL`."""
    return [(PIXEL[flag].bit_length() - 1, PIXEL[flag], flag, flag) for flag in flags]


def names(value: int, definitions: Definitions | None = None) -> tuple[str, ...]:
    """Names of the bits that are set, lowest first; of names that share a bit the first, and 'BIT n' without any. No flag gives ()."""
    value = int(value) & 0xFFFFFFFF
    by_value = _PIXEL_BY_VALUE if definitions is None else {v: k for k, v in reversed(list(definitions.items()))}
    found = []
    while value:
        lowest = value & -value
        found.append(by_value.get(lowest) or f"BIT {lowest.bit_length() - 1}")
        value ^= lowest
    return tuple(found)


_PIXEL_BY_VALUE = {value: name for name, value in PIXEL.items()}


def bits(flags: Iterable[str], definitions: Definitions | None = None) -> tuple[int, ...]:
    """Values of flag names, in their order; 0 for one without definition."""
    table = PIXEL if definitions is None else definitions
    return tuple(table.get(name, 0) for name in flags)


def mask(dq: NDArray[Any], flags: Iterable[str], definitions: Definitions | None = None) -> NDArray[np.bool_]:
    """Pixels with at least one of the flags, shape of ``dq``."""
    wanted = 0
    for bit in bits(flags, definitions):
        wanted |= bit
    chosen: NDArray[np.bool_] = (_unsigned(dq) & np.uint32(wanted)) != 0
    return chosen


def first_flag_overlay(dq: NDArray[Any], flags: Iterable[str], definitions: Definitions | None = None) -> NDArray[np.uint8]:
    """For every pixel 0, or 1 + the position in ``flags`` of the first that is set; shape of ``dq``."""
    wanted = np.array(bits(flags, definitions), np.uint32)
    if wanted.size > 254:
        raise ValueError("more than 254 flags")
    line = np.ascontiguousarray(_unsigned(dq)).reshape(-1)
    overlay = np.zeros(line.size, np.uint8)
    if kernels.ready():
        kernels.first_flags(line if line.flags.writeable else line.copy(), wanted, overlay)
        return overlay.reshape(dq.shape)
    hit = np.flatnonzero(line & np.bitwise_or.reduce(wanted, initial=0))
    found, position = line[hit], np.zeros(hit.size, np.uint8)
    for number in range(wanted.size, 0, -1):
        position[found & wanted[number - 1] != 0] = number
    overlay[hit] = position
    return overlay.reshape(dq.shape)


def _unsigned(dq: NDArray[Any]) -> NDArray[np.uint32]:
    """DQ as uint32 of native byte order; int32, as older files have it, keeps its bits."""
    if dq.dtype == np.int32:
        return dq.view(np.uint32) if dq.dtype.isnative else dq.astype(np.int32).view(np.uint32)
    return dq.astype(np.uint32, copy=False)
