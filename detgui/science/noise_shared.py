"""What the 1/f noise of several outputs has in common, and what each has for itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detgui.science.noise_lines import OutputLevels

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shared:
    """How much of the 1/f noise all outputs have in common.

    ``common``, ``private`` rms; ``correlation`` of the outputs' levels, free of white noise; variances may be
    negative; NaN with one output. Errors as in `rms_of`, that of the correlation from leaving out eighths of the lines.
    """

    common: float
    common_err: float
    private: float
    private_err: float
    correlation: float
    correlation_err: float
    common_variance: float = np.nan
    common_variance_err: float = np.nan
    private_variance: float = np.nan
    private_variance_err: float = np.nan


def pooled_parts(several: list[Shared], factor: float = 1.0) -> Shared:
    """Quadratic means of the parts in several images; ``factor`` by which errors' squares are larger than those of independent images."""
    known = [each for each in several if np.isfinite(each.common_variance)]
    if len(known) < 2:
        return known[0] if known else several[0]
    common, private = (float(np.mean(each)) for each in zip(*((one.common_variance, one.private_variance) for one in known), strict=True))
    count = len(known)
    common_err, private_err, spread = (
        float(np.sqrt(factor * np.sum(np.square(each))) / count)
        for each in zip(*((one.common_variance_err, one.private_variance_err, one.correlation_err) for one in known), strict=True)
    )
    total = common + private
    correlation = float(np.clip(common / total, -1, 1)) if total > 0 else np.nan
    roots = (*_root(common, common_err), *_root(private, private_err))
    return Shared(*roots, correlation, spread, common, common_err, private, private_err)


def shared(levels: OutputLevels, pieces: int = 8) -> Shared:
    """Common part from the covariances between outputs, which white noise has no part in."""
    known = np.isfinite(levels.level).all(axis=0)
    if len(levels.names) < 2 or known.sum() < 4 * pieces:
        return Shared(*(np.nan,) * 6)
    level, var = levels.level[:, known], levels.var[:, known]
    part = np.arange(level.shape[1]) * pieces // level.shape[1]
    common, private = _parts(level, var)
    error = _part_errors(common, private, var)
    left = np.array([_parts(level[:, part != number], var[:, part != number]) for number in range(pieces)])
    total = common + private
    correlation = float(np.clip(common / total, -1, 1)) if total > 0 else np.nan
    each = left[left.sum(axis=1) > 0, 0] / left.sum(axis=1)[left.sum(axis=1) > 0]
    spread = float(np.sqrt((pieces - 1) / pieces * ((each - each.mean()) ** 2).sum())) if each.size else np.nan
    return Shared(*_root(common, error[0]), *_root(private, error[1]), correlation, spread, common, error[0], private, error[1])


def _part_errors(common: float, private: float, var: Floats) -> tuple[float, float]:
    """Errors of the variances that are really in these lines: only white noise is unknown."""
    outputs, lines = var.shape
    white = float(var.mean())
    total = max(common, 0.0) + max(private, 0.0)
    covariance = (4 * total * white / outputs + 2 * white**2 / (outputs * (outputs - 1))) / lines
    own = (4 * total * white + 2 * white**2) / (outputs * lines)
    return float(np.sqrt(covariance)), float(np.sqrt(covariance + own))


def _parts(level: Floats, var: Floats) -> tuple[float, float]:
    covariance = np.cov(level)
    outputs = level.shape[0]
    off = ~np.eye(outputs, dtype=bool)
    common = float(covariance[off].mean())
    return common, float((np.diag(covariance) - var.mean(axis=1)).mean()) - common


def _root(variance: float, error: float) -> tuple[float, float]:
    true = max(variance, 0.0)
    return float(np.sqrt(true)), float(error / (np.sqrt(true) + np.sqrt(true + error))) if error > 0 else 0.0
