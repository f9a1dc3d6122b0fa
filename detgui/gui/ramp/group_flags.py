"""How the points of a ramp look: shape and colour by GROUPDQ flag, hollow where the fit left the group out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.science import dq


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
    flags = np.asarray(groupdq)
    kind = np.where(flags != 0, _OTHER, 0)
    for bit, position in ((dq.DO_NOT_USE, _UNUSED), (dq.JUMP_DET, _JUMP), (dq.SATURATED, _SATURATED)):
        kind = np.where(flags & bit, position, kind)
    return kind


def flag_names(value: int) -> str:
    """Names of DQ bits, '' for none."""
    return " ".join(dq.names(value))
