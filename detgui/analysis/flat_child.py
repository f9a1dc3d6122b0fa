"""Parts of the calibration of flats that jwst does not have, run where its models are: in the child process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detgui.errors import BadInput
from detgui.progress import Progress
from detgui.science.detector import DetectorGeometry
from detgui.science.dq import PIXEL
from detgui.science.even_odd import ReadLayout, read_layout, reference_levels, subtract_levels

UNUSABLE = PIXEL["DO_NOT_USE"]
BROKEN = PIXEL["DEAD"] | PIXEL["HOT"] | PIXEL["BAD_REF_PIXEL"]


def even_odd(path: str, target: str, geometry: DetectorGeometry, clip: float, progress: Progress) -> tuple[str, tuple[str, ...]]:
    """Take the level of even and of odd columns off a ramp file, group by group, and write the result to ``target``.

    Returns the status, 'COMPLETE' or 'SKIPPED', and notes. Where every reference pixel is flagged DO_NOT_USE, those that are not broken
    are used all the same.
    """
    layout: ReadLayout | None = None
    notes: tuple[str, ...] = ()
    try:
        layout = read_layout(geometry)
    except BadInput as reason:
        notes = (str(reason),)
    with _opened(path) as model:
        if layout is not None:
            usable, notes = _usable(model.pixeldq, layout)
            _correct(model.data, layout, usable, clip, progress)
            _say_so(model, "even and odd columns: reference pixels of each sector subtracted (detgui, JWST-STScI-004622 section 3.2)")
        progress(0.9, "even_odd: writing")
        model.save(target)
    return ("SKIPPED" if layout is None else "COMPLETE"), notes


def merge_flags(path: str, flagged: str, target: str, progress: Progress) -> None:
    """Write ``path`` with the flags of ``flagged``, the same ramp in DN as read after the saturation step, to ``target``."""
    from astropy.io import fits

    with _opened(path) as model:
        progress(0.3, "saturation: flags")
        with fits.open(flagged) as hdus:
            model.groupdq |= hdus["GROUPDQ"].data
            model.pixeldq |= hdus["PIXELDQ"].data.astype(np.uint32)
            header = hdus[0].header
            model.meta.cal_step.saturation = header.get("S_SATURA")
            model.meta.ref_file.saturation.name = header.get("R_SATURA")
        progress(0.6, "saturation: writing")
        model.save(target)


@contextmanager
def _opened(path: str) -> Iterator[Any]:
    from stdatamodels.jwst import datamodels

    with datamodels.RampModel(path) as model:
        yield model


def _correct(data: NDArray[Any], layout: ReadLayout, usable: NDArray[np.bool_], clip: float, progress: Progress) -> None:
    """``data`` (nints, ngroups, ny, nx), in place, one group at a time."""
    total = data.shape[0] * data.shape[1]
    for number in range(total):
        progress(0.1 + 0.8 * number / total, f"even_odd: group {number + 1} of {total}")
        group = data[number // data.shape[1], number % data.shape[1]][None]
        subtract_levels(group, layout, reference_levels(group, layout, usable, clip))


def _usable(pixeldq: NDArray[Any] | None, layout: ReadLayout) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    assert pixeldq is not None
    flags = np.asarray(pixeldq, np.uint32)
    usable = (flags & UNUSABLE) == 0
    edges = np.concatenate(layout.edges)
    if (usable[edges, :] if layout.fast_is_x else usable[:, edges]).any():
        return usable, ()
    return (flags & BROKEN) == 0, ("all reference pixels are flagged DO_NOT_USE: those that are not dead or hot were used",)


def _say_so(model: Any, text: str) -> None:
    """A HISTORY line."""
    from stdatamodels.util import create_history_entry

    model.history.append(create_history_entry(text))
