"""What is true of a simulated exposure, beside its files: everything an analysis may want to be compared with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.simulate.bots import JUMP_TYPE, NONLINEARITY, late_slopes
from detgui.simulate.identity import params_table, truth_header
from detgui.simulate.params import BotsParams
from detgui.simulate.scene import Scene

EARLY_GROUPS = 10
"""Groups of the early line of the late-slope maps (STScI-009234 section 3.2)."""


def write_truth(path: Path, params: BotsParams, scene: Scene, jumps: Sequence[NDArray[Any]], files: Sequence[str]) -> None:
    """Write the truth as FITS.

    HDUs: RATE (DN/group without migration, star alone), LATESLOPE, LATE_TRANSIT, LATE_ECLIPSE (DN/group, noiseless, relative to the
    line through the first ten groups, at relative flux 1, in mid-transit and in the first eclipse), DARK (e-/s), PIXELDQ, SUPERBIAS (DN),
    TRACE (centre per column), LIGHT (relative flux per integration), SHIFTS (px per
    integration along x and y, and its migration coefficient), JUMPS. Parameters: header and PARAMS (JSON).
    """
    from astropy.io import fits
    from astropy.table import Table

    header = truth_header()
    header["GAIN"] = (params.electrons_per_dn, "[e-/DN]")
    header["RDNOISE"] = (params.read_noise, "[DN] single read")
    header["MIGRATE"] = (params.coefficient, "share of the contrast that moves to a neighbour")
    header["MIGSTART"] = (params.migration_start, "[DN] signal above which charge moves")
    header["SATURATE"] = (params.saturation_dn, "[DN]")
    header["NONLIN"] = (NONLINEARITY, "[1/DN] true = m + NONLIN m^2 (uncal)")
    header["SEED"] = params.seed
    header["EARLY"] = (EARLY_GROUPS, "groups of the early line of the late slopes")
    transit, eclipse = (_nearest(params, at) for at in (params.transit, params.eclipses[0]))
    in_transit = late_slopes(params, scene, scene.light[transit], EARLY_GROUPS, float(scene.coefficient[transit]))
    images = {
        "RATE": (scene.rate, "DN/group"),
        "LATESLOPE": (late_slopes(params, scene, 1.0, EARLY_GROUPS), "DN/group"),
        "LATE_TRANSIT": (in_transit, "DN/group"),
        "LATE_ECLIPSE": (late_slopes(params, scene, scene.light[eclipse], EARLY_GROUPS), "DN/group"),
        "DARK": (scene.dark, "e-/s"),
        "SUPERBIAS": (scene.superbias, "DN"),
    }
    hdus = fits.HDUList([fits.PrimaryHDU(header=header)])
    for name, (image, unit) in images.items():
        hdus.append(fits.ImageHDU(np.asarray(image, np.float32), fits.Header({"BUNIT": unit}), name))
    hdus.append(fits.ImageHDU(scene.pixeldq, name="PIXELDQ"))
    hit = np.concatenate([np.empty(0, JUMP_TYPE), *jumps])
    tables = {
        "TRACE": Table({"x": np.arange(params.columns), "y": scene.centre}),
        "LIGHT": Table({"integration": np.arange(1, params.integrations + 1), "flux": scene.light}),
        "SHIFTS": Table({"x": scene.shifts[:, 0], "y": scene.shifts[:, 1], "migration": scene.coefficient}),
        "JUMPS": Table(hit),
        "PARAMS": params_table(params.as_dict(), files),
    }
    for name, table in tables.items():
        hdus.append(fits.BinTableHDU(table, name=name))
    hdus.writeto(path, overwrite=True)


def truth_size(params: BotsParams) -> int:
    """Bytes of the truth, about: seven images of 4-byte pixels, headers and tables."""
    return 28 * params.rows * params.columns + 100_000 + 16 * (params.integrations + params.columns)


def _nearest(params: BotsParams, fraction: float) -> int:
    return min(max(int(fraction * params.integrations), 0), params.integrations - 1)
