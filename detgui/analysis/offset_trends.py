"""How offsets of sources depend on something else: straight or bent, and by how much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.science import offset_fit

Array = NDArray[np.float64]

EFFICIENCY = 0.95
"""Of Huber's estimate where there are no outliers, `offset_fit.HUBER`."""

FEWEST = 6


@dataclass(frozen=True, slots=True)
class Trend:
    """delta = ``level`` + ``slope`` (x - ``middle``); slope and its error in mag per unit of x, level in mag.

    ``bend`` is the quadratic term over its error: what speaks against a straight line, in standard deviations.
    """

    slope: float
    slope_err: float
    level: float
    middle: float
    bend: float
    count: int

    def at(self, x: Array) -> Array:
        """The line, mag."""
        out: Array = self.level + self.slope * (np.asarray(x) - self.middle)
        return out

    @property
    def significance(self) -> float:
        """Slope over its error."""
        return self.slope / self.slope_err if self.slope_err > 0 else float("nan")


def trend(x: Array, delta: Array, err: Array) -> Trend | None:
    """A robust line through offsets ``delta`` (n,) with errors ``err``, mag, against ``x`` (n,); what is not finite is left out.

    Errors are those of weighted least squares with the scatter that the points have. None for fewer than 6 points or a single x.
    """
    good = np.isfinite(x) & np.isfinite(delta) & (err > 0)
    x, delta, err = x[good], delta[good], err[good]
    if x.size < FEWEST or not np.ptp(x) > 0:
        return None
    middle, reach = float(np.mean(x)), float(np.ptp(x)) / 2
    u = (x - middle) / reach
    (level, slope), slope_err = _solve(np.stack([np.ones_like(u), u], axis=1), delta, err)
    (_, _, bend), bend_err = _solve(np.stack([np.ones_like(u), u, u**2], axis=1), delta, err)
    return Trend(float(slope / reach), float(slope_err / reach), float(level), middle, float(bend / bend_err), int(x.size))


def _solve(design: Array, delta: Array, err: Array) -> tuple[Array, float]:
    """Values of the parameters, and the error of the last."""
    values, _, scatter = offset_fit.solve(design, delta, err)
    inverse = np.linalg.pinv((design / (err**2 + scatter**2)[:, None]).T @ design)
    return values, float(np.sqrt(inverse[-1, -1] / EFFICIENCY))
