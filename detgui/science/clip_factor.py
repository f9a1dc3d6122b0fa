"""What iterated clipping takes from the variance of a Gaussian, and what it does to the error of that variance.

Clipping at 3 standard deviations until nothing more is clipped leaves 0.9699 of the variance in large boxes (the fixed point of
c^2 = 1 - 2 k c phi(k c) / (2 Phi(k c) - 1)), 0.9781 in boxes of 64 pixels and all of it in those of ten. Tabulated by simulation
(`simulate`, seed `SEED`) with the very rule of `clip_kernels.clip`: standard deviation with n inside, variance with n - 1 at the end.
``python -m detgui.science.clip_factor FILE`` makes the table again. LSST's photon transfer code corrects this too; JWST-STScI-004622
does not.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from detgui.errors import BadInput
from detgui.resources import resource
from detgui.science import clip_kernels

LEVELS = (2.5, 3.0, 3.5, 4.0, 5.0)
SIZES = (8, 9, 10, 11, 12, 14, 16, 18, 20, 24, 28, 32, 40, 48, 64, 80, 96, 128, 192, 256, 512, 1024)
SEED = 4622
DRAWS = 200_000_000
AT_ONCE = 1 << 21
TABLE = "clip_factor.ecsv"


def fixed_point(level: float) -> float:
    """Factor on the variance in infinitely large boxes."""
    normal, factor = NormalDist(), 1.0
    for _ in range(1000):
        reach = level * math.sqrt(factor)
        factor = 1.0 - 2.0 * reach * normal.pdf(reach) / (2.0 * normal.cdf(reach) - 1.0)
    return factor


def excess_limit(level: float) -> float:
    """Excess in infinitely large boxes, from the influence function of the fixed point.

    With c^2 the factor, r = k c and P what lies between -r and r, it is (x^2 - c^2) / P / (1 - f') there and 0 outside, f' the derivative
    of the truncated variance; its mean square is compared with the 2 c^4 of a variance.
    """
    normal, factor = NormalDist(), fixed_point(level)
    reach = level * math.sqrt(factor)
    inside, edge = 2.0 * normal.cdf(reach) - 1.0, normal.pdf(reach)
    fourth = 3.0 * inside * factor - 2.0 * reach**3 * edge  # of x^4 between the ends, by parts
    taken = 2.0 * reach * edge / inside
    derivative = taken * (reach + 2.0 * edge / inside - 1.0 / reach) * level / (2.0 * math.sqrt(factor))
    return (fourth / inside - factor**2) / (inside * (1.0 - derivative) ** 2 * 2.0 * factor**2)


def factors(level: float, pixels: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(factor, excess) for boxes of that many pixels before clipping, shapes of ``pixels``.

    The clipped variance is on average ``factor`` times the true one; its relative variance, once divided by the factor, is ``excess``
    times the 2 / (n - 1) of an unclipped one. Ones for ``level`` 0 (no clipping). Raises `BadInput` for a level that is not tabulated.
    """
    if level <= 0:
        return np.ones(np.shape(pixels)), np.ones(np.shape(pixels))
    table = _table()
    rows = table[table[:, 0] == level]
    if not rows.size:
        raise BadInput(f"clipping at {level:g} standard deviations is not tabulated, it is one of {', '.join(f'{x:g}' for x in LEVELS)}")
    inverse = 1.0 / rows[:, 1]
    at = 1.0 / np.maximum(np.asarray(pixels, np.float64), 1.0)
    order = np.argsort(inverse)
    return np.interp(at, inverse[order], rows[order, 2]), np.interp(at, inverse[order], rows[order, 3])


@lru_cache(maxsize=1)
def _table() -> NDArray[np.float64]:
    """Rows of (level, pixels, factor, excess)."""
    lines = [line for line in resource(TABLE).read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return np.array([[float(word) for word in line.split()] for line in lines[1:]])


def simulate(size: int, levels: Sequence[float], draws: int, rng: np.random.Generator) -> list[tuple[float, float]]:
    """(factor, excess) for each level from Gaussian boxes of ``size`` pixels.

    The unclipped variance of the same boxes, whose mean is known to be 1, is the control variate.
    """
    step = max(1, AT_ONCE // size)
    plain, found = [], []
    for _ in range(-(-draws // (step * size))):
        values = rng.standard_normal((step, size), dtype=np.float32)
        plain.append(values.var(axis=1, ddof=1, dtype=np.float64))
        out = np.empty((len(levels), step, 4))
        for row, level in zip(out, levels, strict=True):
            clip_kernels.clip_rows(values.copy(), level, row)
        found.append(out[..., 3])
    return _figures(np.concatenate(found, axis=1), np.concatenate(plain))


def _figures(found: NDArray[np.float64], plain: NDArray[np.float64]) -> list[tuple[float, float]]:
    """(factor, excess) from clipped variances (levels, boxes) and the plain ones (boxes,)."""
    made = []
    for row in found:
        slope = float(np.cov(row, plain)[0, 1] / plain.var(ddof=1))
        factor = float(row.mean() - slope * (plain.mean() - 1.0))
        made.append((factor, float(row.var(ddof=1) / plain.var(ddof=1) / factor**2)))
    return made


def make_table(draws: int = DRAWS) -> str:
    """The table's text (ECSV)."""
    rng = np.random.default_rng(SEED)
    rows: dict[float, list[tuple[float, float, float]]] = {level: [] for level in LEVELS}
    for size in SIZES:
        for level, (factor, excess) in zip(LEVELS, simulate(size, LEVELS, draws, rng), strict=True):
            rows[level].append((size, factor, excess))
    for level in LEVELS:
        rows[level].append((math.inf, fixed_point(level), excess_limit(level)))
    head = [
        "# %ECSV 1.0",
        "# ---",
        "# datatype:",
        *(f"# - {{name: {name}, datatype: float64}}" for name in ("level", "pixels", "factor", "excess")),
        f"# meta: {{seed: {SEED}, draws: {draws}}}",
        "level pixels factor excess",
    ]
    body = [f"{level} {size} {factor:.6f} {excess:.4f}" for level in LEVELS for size, factor, excess in rows[level]]
    return "\n".join([*head, *body]) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(make_table(), encoding="utf-8")
