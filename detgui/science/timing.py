"""When the groups of an integration were read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class GroupTiming:
    """Read-out timing of one integration.

    A group is the average of ``nframes`` frames, ``tframe`` s apart, followed by ``groupgap`` frames that are read and
    dropped; ``tgroup = (nframes + groupgap) * tframe`` (keywords TFRAME, TGROUP, NFRAMES, GROUPGAP).
    ``known`` is False where the file has no timing and one group is counted as one unit of time.
    """

    ngroups: int
    tgroup: float
    tframe: float
    nframes: int = 1
    groupgap: int = 0
    known: bool = True

    def frame_times(self) -> NDArray[np.float64]:
        """Times of the averaged frames since the reset, s, shape (ngroups, nframes): first frame at ``tframe``."""
        start = np.arange(self.ngroups, dtype=np.float64)[:, None] * self.tgroup
        return start + self.tframe * np.arange(1, self.nframes + 1, dtype=np.float64)[None, :]

    def group_times(self) -> NDArray[np.float64]:
        """Mean time of each group since the reset, s, shape (ngroups,)."""
        return np.asarray(self.frame_times().mean(axis=1))

    def tau_times(self) -> NDArray[np.float64]:
        """Variance-weighted mean time of each group, s, shape (ngroups,): mean over pairs of a group's frames of the earlier one's time.

        Brandt 2024, PASP 136, 045004, equation 11; equals the mean time where a group is one frame.
        """
        n = self.nframes
        weights = (2 * (n - np.arange(n)) - 1) / n**2
        return np.asarray(self.frame_times() @ weights, dtype=np.float64)
