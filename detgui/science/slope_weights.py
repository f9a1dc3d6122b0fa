"""The residual late slope of a ramp as one weighted sum over its groups (STScI-009234, section 3.2).

Line through the early groups, subtracted from all groups, line through what is left of the later ones: both fits are linear in the data,
and the early line taken off a straight line changes its slope by the early slope, so the result is the late slope minus the early slope.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

FEWEST_EARLY = 3
FEWEST_LATE = 2


def line_weights(ngroups: int, first: int, last: int) -> FloatArray:
    """Weights, shape (ngroups,), of the least-squares slope per group through groups ``first`` to ``last`` (1-based, inclusive)."""
    weights = np.zeros(ngroups)
    number = np.arange(last - first + 1, dtype=np.float64)
    number -= number.mean()
    weights[first - 1 : last] = number / (number @ number)
    return weights


def late_minus_early(ngroups: int, fit_groups: tuple[int, int]) -> FloatArray:
    """Weights, shape (ngroups,), whose sum with the groups (DN) is the residual late slope (DN/group).

    ``fit_groups`` are the first and last early group, 1-based, inclusive; all groups after them are late, groups before them have no
    weight. The weights add up to zero, so a constant (BZERO, a bias) does not matter.
    """
    return line_weights(ngroups, fit_groups[1] + 1, ngroups) - line_weights(ngroups, *fit_groups)
