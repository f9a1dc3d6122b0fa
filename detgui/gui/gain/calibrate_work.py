"""What workers do for the Calibrate page. No Qt, no state."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from detgui.errors import BadInput
from detgui.progress import Progress, no_progress

if TYPE_CHECKING:
    from detgui.analysis.flat_calibration import CalibratedFlats, Params

STAGES = {
    "dq_init": ("Data quality", "flags of bad pixels from the MASK reference"),
    "superbias": ("Superbias", "zero level of every pixel from the SUPERBIAS reference"),
    "even_odd": ("Even and odd columns", "their zero levels, from reference pixels of every sector, read by read"),
    "ipc": ("IPC", "with the kernel of the IPC reference; left out where there is none: the gain can be corrected afterwards"),
    "refpix": ("Reference pixels", "drift of the zero level of every read"),
    "saturation": ("Saturation", "flags from the SATURATION reference"),
    "linearity": ("Linearity", "with the polynomials of the LINEARITY reference"),
}
"""In the order in which they run (JWST-STScI-004622, table 1): title, and what it does."""


def calibrate(paths: Sequence[Path], params: Params, folder: Path, progress: Progress = no_progress) -> CalibratedFlats:
    """Calibrate raw flats in a child process that ends with the work."""
    from detgui.analysis import flat_calibration, steps

    progress(0.0, "starting the child process")
    with steps.make_child() as child:
        return flat_calibration.run(paths, params, folder, child=child, progress=progress)


def reference_types(paths: Sequence[Path], progress: Progress = no_progress) -> dict[str, Path]:
    """Reference files by their type, as REFTYPE says. Raises `BadInput` for a file that says none."""
    from astropy.io import fits

    found = {}
    for path in paths:
        progress(0.0, path.name)
        try:
            name = str(fits.getval(path, "REFTYPE")).strip().lower()
        except (OSError, KeyError):
            raise BadInput(f"{path.name} is no reference file: it has no REFTYPE") from None
        found[name] = path
    return found
