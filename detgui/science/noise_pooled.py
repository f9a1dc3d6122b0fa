"""The rms of several images of one exposure, and how much of their white noise is the same in all of them.

What differs from pixel to pixel in every image alike (sensitivity under light, dark current, faint sources) does not average out: the
errors of levels from such images are correlated, by the part of the variance that is the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detgui.science.noise_lines import Rms, Split

Floats = NDArray[np.float64]

SHARED_READS = 1.5
"""Neighbouring differences share a read: their levels and errors have a correlation of -1/2, products of the two one of 1/4."""


@dataclass(slots=True)
class Repeats:
    """Adds up what images ``lag`` apart have in common, pixel by pixel; 2 for differences of groups, whose neighbours share a read."""

    lag: int
    _before: list[Split] = field(default_factory=list)
    _products: float = 0.0
    _squares: float = 0.0

    def add(self, found: Split) -> None:
        """The next image that was taken apart; masked pixels are zero in ``rest``."""
        if len(self._before) == self.lag:
            first = self._before.pop(0)
            own, other = found.rest.reshape(-1), first.rest.reshape(-1)
            both = (found.good & first.good).reshape(-1)
            self._products += float(np.vdot(own, other))
            self._squares += 0.5 * (float(np.vdot(own * both, own)) + float(np.vdot(other * both, other)))
        self._before.append(found)

    @property
    def part(self) -> float:
        """Part of the variance of a pixel that all images share, 0 to 1; 0 where too few images tell."""
        return float(np.clip(self._products / self._squares, 0.0, 1.0)) if self._squares > 0 else 0.0


def pooled(several: list[Rms], levels: Floats, white: Floats, same: float = 0.0, reads: float = 1.0) -> tuple[Rms, float]:
    """Quadratic mean of the rms of several images, and by how much its squared error is larger than that of independent images.

    Parameters
    ----------
    levels, white : (images, n_slow) levels whose rms they are, detrended where that is, and their white variances
    same : part of the white variance that is the same in all images
    reads : factor for reads that images share, `SHARED_READS` for differences of groups
    """
    known = [each for each in several if np.isfinite(each.variance)]
    if len(known) < 2:
        return (known[0] if known else several[0]), 1.0
    variance = float(np.mean([each.variance for each in known]))
    factor = _factor(levels, float(np.nanmean(white)), max(variance, 0.0), same, reads)
    error = float(np.sqrt(factor * np.sum([each.variance_err**2 for each in known])) / len(known))
    rms = float(np.sqrt(max(variance, 0.0)))
    return Rms(rms, error / (rms + float(np.sqrt(rms**2 + error))) if error > 0 else 0.0, variance, error, known[0].lines), factor


def _factor(levels: Floats, white: float, variance: float, same: float, reads: float) -> float:
    """The squared error of one image is 4 v w + 2 w^2 over the lines (`rms_of`); two share 4 l w s + 2 (w s)^2, ``l`` the levels' own."""
    count = len(levels)
    complete = levels[:, np.isfinite(levels).all(axis=0)]
    if white <= 0 or not complete.size:
        return reads
    # The variance of the mean of levels has (v + (n - 1) l) / n of theirs, and (1 + (n - 1) s) / n of the white variance.
    mean = float(complete.mean(axis=0).var())
    common = (count * mean - variance - white * (1 + (count - 1) * same)) / (count - 1)
    common = float(np.clip(common, 0.0, variance))
    return reads + (count - 1) * same * (same * white + 2 * common) / (white + 2 * variance)
