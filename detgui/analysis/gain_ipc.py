"""How the gain is corrected for inter-pixel capacitance: by a number, a kernel, the flats themselves, or not again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detgui.analysis.gain_types import Ipc, Params
from detgui.data.exposure import Exposure
from detgui.errors import BadInput
from detgui.science.ipc import analytic_factor, analytic_remainder, check_centre, checked_kernel, kernel_factor, neighbour_error
from detgui.science.photon_transfer import Moments

ANY_DETECTOR = ("ANY", "N/A", "GENERIC", "MULTIPLE")
"""What reference files say that are for all detectors."""


def check_ipc(params: Params, detector: str = "") -> None:
    """Raise `BadInput` for a number or a kernel that corrects nothing, for more than one way at once, and for an IPC reference file of
    another ``detector`` than the flats' ('': any)."""
    ways = [params.ipc_centre is not None, params.ipc_kernel is not None, params.ipc_measure]
    if sum(ways) > 1:
        raise BadInput("give one way to correct for IPC: the centre of the kernel, a kernel, or the measurement on the flats")
    if params.ipc_centre is not None:
        check_centre(params.ipc_centre)
    _kernel(params, detector)


def ipc_of(exposure: Exposure, params: Params, measured: Sequence[tuple[float, float]]) -> tuple[Ipc, tuple[str, ...]]:
    """The correction, and what to say about it; ``measured`` (factor, its relative error) of the pairs used. Flats that the pipeline's
    ipc step has corrected are not corrected again."""
    kernel = _kernel(params)
    centre = float(kernel[kernel.shape[0] // 2, kernel.shape[1] // 2]) if kernel is not None else params.ipc_centre
    analytic = None if centre is None else analytic_factor(centre)
    full = None if kernel is None else kernel_factor(kernel)
    found, error = _mean(measured)
    figures = {"analytic": analytic, "kernel": full, "measured": found, "measured_err": error}
    if exposure.cal_step("ipc") == "COMPLETE":
        asked = centre is not None or params.ipc_measure
        notes = ("the flats are corrected for IPC already: the gain is not corrected again",) if asked else ()
        return Ipc(1.0, "header", **figures), notes
    if full is not None:
        return Ipc(full, "kernel", **figures), ()
    if analytic is not None and centre is not None:
        low = 100.0 * analytic_remainder(centre) / analytic
        said = f"the analytic factor for IPC is of the first order, gains read about {low:.2g} % low: an IPC reference file gives all of it"
        return Ipc(analytic, "analytic", **figures), (said,)
    if params.ipc_measure:
        if found is None or error is None:
            raise BadInput(f"{exposure.name}: no covariance of neighbouring pixels could be measured, too few groups are within the limit")
        said = f"the factor for IPC is measured as {found:.4f} +- {error:.4f}: all boxes have that error in common, theirs are without it"
        return Ipc(found, "measured", **figures), (said,)
    return Ipc(), ("not corrected for IPC: the gain reads about 4 to 5 % high for a kernel with the centre 1.025",)


def measured_ipc(factor: float, reads: Moments, last: int) -> tuple[float, float]:
    """(factor, relative error) of one pair from its reads (groups, n): neighbours in group ``last`` and in the first one."""
    pixels = reads.pixels[0]
    high, low = (float(np.nansum(reads.variance[at] * pixels) / max(1.0, pixels.sum())) for at in (last - 1, 0))
    return factor, neighbour_error(high, low, float(pixels.sum()))


def _mean(measured: Sequence[tuple[float, float]]) -> tuple[float | None, float | None]:
    there = np.array([each for each in measured if np.isfinite(each).all()]).reshape(-1, 2)
    if not there.size:
        return None, None
    mean = float(there[:, 0].mean())
    return mean, mean * float(np.sqrt((there[:, 1] ** 2).sum())) / len(there)


def _kernel(params: Params, detector: str = "") -> NDArray[np.float64] | None:
    given = params.ipc_kernel
    if given is None:
        return None
    if not isinstance(given, Path):
        return checked_kernel(given, "the IPC kernel")
    return checked_kernel(_read(given, detector), given.name)


def _read(path: Path, detector: str) -> NDArray[np.float64]:
    from astropy.io import fits

    try:
        with fits.open(path) as hdus:
            kind = str(hdus[0].header.get("REFTYPE", "IPC")).strip().upper()
            of = str(hdus[0].header.get("DETECTOR", "")).strip().upper()
            values = next((hdu.data for hdu in hdus if hdu.name == "SCI" and hdu.data is not None), None)
            if values is None or kind != "IPC":
                why = "it has no SCI" if values is None else f"its REFTYPE is {kind}"
                raise BadInput(f"{path.name} is no IPC reference file: {why}")
            found = np.array(values, np.float64)
            if detector and of not in ("", *ANY_DETECTOR, detector.upper()):
                raise BadInput(f"{path.name} is the IPC reference file of {of}, the flats are of {detector.upper()}")
    except OSError as error:
        raise BadInput(f"{path.name} cannot be read: {error.strerror or error}") from None
    if found.ndim == 4:  # a kernel for every pixel: (rows, columns of the kernel, ny, nx)
        found = np.nanmean(found, axis=(2, 3))
    return found
