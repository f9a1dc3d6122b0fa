"""Simulated ramps and an exposure in memory, for tests of the ramp analysis."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

from detgui.data.exposure import Exposure, ExposureMeta, FileRecord
from detgui.science.detector import DetectorGeometry
from detgui.science.timing import GroupTiming


def simulate_groups(rng, timing: GroupTiming, rate: float, gain: float, read_noise: float, count: int) -> np.ndarray:
    """Ramps frame by frame: photons of every frame, dropped ones too, add up; each read has its own noise. Shape (count, ngroups), DN."""
    frames_per_group = timing.nframes + timing.groupgap
    total = timing.ngroups * frames_per_group
    electrons = rng.poisson(rate * gain * timing.tframe, size=(count, total)).cumsum(axis=1)
    frames = electrons / gain + rng.normal(0.0, read_noise, electrons.shape)
    return frames.reshape(count, timing.ngroups, frames_per_group)[:, :, : timing.nframes].mean(axis=2)


_times = itertools.count(1_000_000_000.0)  # no two exposures are the same file: what was read of one must not be remembered for another


class MemoryExposure(Exposure):
    """The contract of Exposure over arrays: ``planes`` maps names to (nints, ngroups, ny, nx) or (ny, nx)."""

    def __init__(self, arrays, timing, *, kind="uncal", steps=None, mid=None, **meta) -> None:
        self.arrays = arrays
        self.shape = arrays["SCI"].shape
        self.name, self.kind, self.unit = "memory_uncal", kind, "DN"
        self.planes = tuple(arrays)
        self.dtype = arrays["SCI"].dtype
        self.files = (FileRecord(Path("memory_uncal.fits").resolve(), 10, next(_times)),)
        self.integrations = np.arange(1, self.shape[0] + 1)
        self.warnings = ()
        self.meta = ExposureMeta(**meta)
        self.timing = timing
        self.geometry = DetectorGeometry(self.shape[2], self.shape[3], detector=meta.get("detector", ""), known=True)
        self.steps, self.mid = steps or {}, mid
        self.reads = 0

    def read_pixel(self, x, y, plane="SCI", integrations=None):
        self.reads += 1
        values = self.arrays[plane][..., y, x]
        if values.ndim < 2:  # a plane without integrations
            return np.broadcast_to(values, (1 if integrations is None else len(integrations), values.size))
        return values if integrations is None else values[np.asarray(integrations) - self.integrations[0]]

    def cal_step(self, name):
        return self.steps.get(name)

    def int_times(self):
        return None if self.mid is None else {"int_mid_MJD_UTC": self.mid}
