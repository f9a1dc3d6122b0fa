"""How the points of a ramp look: shape and colour by GROUPDQ flag, hollow where the fit left the group out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# GROUPDQ bits (stdatamodels, dqflags.group).
DO_NOT_USE, SATURATED, JUMP_DET = 1, 2, 4


@dataclass(frozen=True, slots=True)
class PointStyle:
    """A class of points: its name in the legend, pyqtgraph symbol, and colour (None: the trace's own)."""

    name: str
    symbol: str
    colour: str | None


GOOD = PointStyle("good", "o", None)
STYLES = (
    GOOD,
    PointStyle("JUMP_DET", "t1", "#E69F00"),
    PointStyle("SATURATED", "s", "#D55E00"),
    PointStyle("DO_NOT_USE", "x", "#CC79A7"),
    PointStyle("other flag", "d", "#009E73"),
)
_JUMP, _SATURATED, _UNUSED, _OTHER = 1, 2, 3, 4


def classify(groupdq: NDArray[np.uint32]) -> NDArray[np.intp]:
    """Position in `STYLES` of every group; of several flags the one that explains most: saturation, jump, do not use, any other."""
    dq = np.asarray(groupdq)
    kind = np.where(dq != 0, _OTHER, 0)
    for bit, position in ((DO_NOT_USE, _UNUSED), (JUMP_DET, _JUMP), (SATURATED, _SATURATED)):
        kind = np.where(dq & bit, position, kind)
    return kind


def flag_names(value: int) -> str:
    """Names of the GROUPDQ bits that a point can carry, '' for a good one; bits without a name here as numbers."""
    known = {DO_NOT_USE: "DO_NOT_USE", SATURATED: "SATURATED", JUMP_DET: "JUMP_DET", 8: "DROPOUT", 16: "OUTLIER", 32: "PERSISTENCE",
             64: "AD_FLOOR", 128: "CHARGELOSS"}  # fmt: skip
    bits = [1 << i for i in range(32) if value >> i & 1]
    return " ".join(known.get(bit, f"bit {bit.bit_length() - 1}") for bit in bits)


def pixel_names(value: int) -> str:
    """Names of PIXELDQ bits; the bits as numbers where the table of names is not there."""
    return " ".join(f"bit {bit}" for bit in range(32) if value >> bit & 1)
