"""The residual late slope as an analyst writes it with numpy, and one fit by stcal: what the passes are compared with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from detgui.science.slope_weights import late_minus_early

EARLY = 10


def read(path: Path, integrations: int) -> tuple[np.ndarray, np.ndarray]:
    """SCI and GROUPDQ of the first integrations, native byte order."""
    from astropy.io import fits

    with fits.open(path) as hdus:
        return hdus["SCI"].section[:integrations].astype(np.float32), hdus["GROUPDQ"].section[:integrations]


def by_lstsq(path: Path, integrations: int) -> np.ndarray:
    """Two least-squares fits over all ramps at once: line through the early groups, line through what is left of the late."""
    sci, dq = read(path, integrations)
    n, ngroups, ny, nx = sci.shape
    design = np.stack([np.ones(ngroups), np.arange(ngroups)], axis=1)
    ramps = sci.transpose(1, 0, 2, 3).reshape(ngroups, -1).astype(np.float64)
    early = np.linalg.lstsq(design[:EARLY], ramps[:EARLY], rcond=None)[0]
    late = np.linalg.lstsq(design[EARLY:], (ramps - design @ early)[EARLY:], rcond=None)[0]
    good = (dq == 0).all(axis=1)
    return np.asarray(np.where(good, late[1].reshape(n, ny, nx), 0).sum(axis=0) / good.sum(axis=0))


def by_einsum(path: Path, integrations: int) -> np.ndarray:
    """The same as one weighted sum with einsum."""
    sci, dq = read(path, integrations)
    slopes = np.einsum("g,igyx->iyx", late_minus_early(sci.shape[1], (1, EARLY)).astype(np.float32), sci)
    good = (dq == 0).all(axis=1)
    return np.asarray(np.where(good, slopes, 0).sum(axis=0) / good.sum(axis=0))


def by_stcal(path: Path, integrations: int) -> Any:
    """One fit by stcal's OLS_C, which also finds segments and variances."""
    from stcal.ramp_fitting.ramp_fit import ramp_fit_data
    from stcal.ramp_fitting.ramp_fit_class import RampData
    from stdatamodels.jwst.datamodels import dqflags

    sci, dq = read(path, integrations)
    ny, nx = sci.shape[2:]
    ramp = RampData()
    ramp.set_arrays(sci, np.ascontiguousarray(dq, np.uint8), np.zeros((ny, nx), np.uint32), np.zeros((ny, nx), np.float32))
    ramp.set_meta("NIRSPEC", 0.902, 0.902, 0, 1)
    ramp.set_dqflags(dqflags.pixel)
    ramp.algorithm, ramp.start_row, ramp.num_rows = "OLS_C", 0, ny
    noise, gain = np.full((ny, nx), 11.0, np.float32), np.full((ny, nx), 1.43, np.float32)
    return ramp_fit_data(ramp, False, noise, gain, "OLS_C", "optimal", "none")
