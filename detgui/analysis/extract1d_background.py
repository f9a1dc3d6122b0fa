"""The error of a combined background put into that of the science (known issue NS-G09).

The ``background`` step subtracts the combined background and keeps the science's own error; with ``save_combined_background`` the
background's error is there to be added in quadrature.
"""

from __future__ import annotations

import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.noise_types import Diagnosis
from detgui.data.exposure import Exposure
from detgui.errors import BadInput, DetguiError
from detgui.progress import Progress, no_progress

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """``err`` (ny, nx) both errors in quadrature, ``science`` and ``background`` by themselves; ``diagnosis`` median of err / science."""

    err: Floats
    science: Floats
    background: Floats
    unit: str
    diagnosis: Diagnosis


def run(science: Exposure, background: Exposure, integration: int | None = None, progress: Progress = no_progress) -> Result:
    """Combine the errors. Raises `BadInput` where there are none, or units or sizes do not fit."""
    for each in (science, background):
        if "ERR" not in each.planes:
            raise BadInput(f"{each.name}: there is no ERR plane in it")
    if science.unit != background.unit:
        raise BadInput(
            f"{background.name} is in {background.unit or 'no unit'}, {science.name} in {science.unit or 'no unit'}: not to be added"
        )
    progress(0.1, "reading the errors")
    own = science.read_image("ERR", integration).astype(np.float64)
    other = _cut(background.read_image("ERR").astype(np.float64), science, background)
    both = np.where(np.isfinite(other), np.hypot(own, other), own)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = both / own
    known = ratio[np.isfinite(ratio)]
    growth = float(np.median(known)) if known.size else np.nan
    spread = float(1.2533 * known.std() / np.sqrt(known.size)) if known.size else np.nan
    found = bool(np.isfinite(growth) and growth > 1.01)
    sentence = (
        f"The errors are {100 * (growth - 1):.1f} % larger with the background's: use them, the step does not put them in."
        if found
        else "The error of the background adds less than 1 % to that of the science."
    )
    diagnosis = Diagnosis(
        "background_error", "Error with the background's over the science's own", growth, spread, "", found, sentence, "NS-G09"
    )
    return Result(both, own, other, science.unit, diagnosis)


def _cut(err: Floats, science: Exposure, background: Exposure) -> Floats:
    """The part of the background's image that the science's lies on."""
    ny, nx = science.shape[2:]
    if err.shape == (ny, nx):
        return err
    here, there = science.geometry, background.geometry
    y0, x0 = here.ystart - there.ystart, here.xstart - there.xstart
    if not (here.known and there.known and y0 >= 0 and x0 >= 0 and y0 + ny <= err.shape[0] and x0 + nx <= err.shape[1]):
        raise BadInput(
            f"{background.name} has {err.shape[1]} x {err.shape[0]} pixels, and {science.name}, of {nx} x {ny}, is no part of it"
        )
    return err[y0 : y0 + ny, x0 : x0 + nx]


def write(result: Result, science: Exposure, path: Path) -> None:
    """Write a copy of the science's file with the combined errors in ERR; HISTORY says so. The input is never touched."""
    from astropy.io import fits

    source = science.files[0].path
    if path.exists() and path.samefile(source):
        raise BadInput(f"{path}: the result would replace an input file")
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        shutil.copyfile(source, temporary)
        with fits.open(temporary, mode="update", memmap=False) as hdus:
            plane = hdus["ERR"]
            plane.data[...] = result.err.astype(plane.data.dtype)
            hdus[0].header.add_history("ERR: error of the combined background added in quadrature")
        temporary.replace(path)
    except (OSError, KeyError, ValueError) as error:
        raise DetguiError(f"{path}: writing failed: {error}") from None
    finally:
        temporary.unlink(missing_ok=True)
